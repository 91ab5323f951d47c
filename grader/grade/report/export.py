"""Scores by exercise through nbgrader's own `export`:

nbgrader export --exporter=grader.grade.report.export.ExerciseExport --to=grades.csv
"""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin

from grader.grade.report.figures import gather
from grader.grade.report.page import as_csv


class ExerciseExport(ExportPlugin):
    """A table for each assignment, one line a student, one column an exercise."""

    def export(self, gradebook: Gradebook) -> None:
        wanted = list(self.assignment) or [assignment.name for assignment in gradebook.assignments]
        tables = [f"{name}\n{as_csv(gather(gradebook, name))}" for name in wanted]
        Path(self.to or "grades.csv").write_text("\n".join(tables), encoding="utf-8", newline="")
