"""The numbers of a class, from the gradebook and the graded notebooks."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

from nbgrader.api import Gradebook, MissingEntry

from grader.errors import GraderError
from grader.handin.manifest import exercise_of
from grader.record import RECORD

FINE = ("right", "carried")
DISPLAYED = "display_data"


@dataclass(frozen=True)
class Miss:
    """A line of a check that a submission did not get right. diagnosis: its first name, "" where it has none."""

    exercise: str
    line: str
    status: str
    diagnosis: str = ""


@dataclass
class Row:
    """One student. scores: exercise -> points, None where nothing was handed in. late: seconds. page: feedback."""

    student: str
    scores: dict[str, float] = field(default_factory=dict)
    submitted: bool = False
    late: float = 0.0
    misses: list[Miss] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    isolation: str = ""
    page: str = ""

    @property
    def total(self) -> float:
        return round(sum(self.scores.values()), 2)


@dataclass(frozen=True)
class Common:
    """A miss that several submissions share, with who they are."""

    miss: Miss
    students: list[str]


@dataclass(frozen=True)
class Class:
    """A class on one assignment. points: exercise -> its points, in order. rows: by student id."""

    assignment: str
    points: dict[str, float]
    rows: list[Row]

    @property
    def maximum(self) -> float:
        return sum(self.points.values())

    @property
    def submitted(self) -> list[Row]:
        return [row for row in self.rows if row.submitted]

    @property
    def middle(self) -> float:
        return median(row.total for row in self.submitted)

    @property
    def average(self) -> float:
        return mean(row.total for row in self.submitted)

    def bins(self, count: int = 10) -> list[tuple[float, float, int]]:
        """(from, to, submissions) over the range of points, in `count` equal parts."""
        width = self.maximum / count
        filled = [0] * count
        for row in self.submitted:
            filled[min(int(row.total / width), count - 1)] += 1
        return [(i * width, (i + 1) * width, number) for i, number in enumerate(filled)]

    def success(self) -> Iterator[tuple[str, float, int, int, int]]:
        """(exercise, mean share of its points, with all points, with some, with none), of what was handed in."""
        for exercise, points in self.points.items():
            scores = [row.scores.get(exercise, 0.0) for row in self.submitted]
            full = sum(score >= points for score in scores)
            none = sum(score <= 0 for score in scores)
            yield exercise, mean(scores) / points if points else 0.0, full, len(scores) - full - none, none

    def misconceptions(self) -> list[Common]:
        """Named mistakes, the most frequent first; a submission counts once for each."""
        return self._shared(lambda miss: bool(miss.diagnosis) and miss.diagnosis != "unexplained")

    def unexplained(self) -> list[Common]:
        """Lines that were missed without a name for the mistake, the most frequent first."""
        return self._shared(lambda miss: (not miss.diagnosis or miss.diagnosis == "unexplained") and miss.line != "")

    def _shared(self, wanted) -> list[Common]:
        who: dict[Miss, dict[str, None]] = defaultdict(dict)
        for row in self.submitted:
            for miss in row.misses:
                if wanted(miss):
                    who[miss][row.student] = None
        common = [Common(miss, list(students)) for miss, students in who.items()]
        return sorted(common, key=lambda c: (-len(c.students), c.miss.exercise, c.miss.line, c.miss.diagnosis))


def gather(
    gradebook: Gradebook, assignment: str, autograded: Path | None = None, feedback: Path | None = None
) -> Class:
    """The class of an assignment. autograded, feedback: nbgrader's folders; without them, scores alone.

    Raises GraderError where the gradebook has no such assignment.
    """
    try:
        known = gradebook.find_assignment(assignment)
    except MissingEntry:
        raise GraderError(f"The gradebook has no assignment {assignment}: grade it first.") from None
    cells = [cell for notebook in known.notebooks for cell in notebook.grade_cells]
    points = {exercise_of(cell.name): float(cell.max_score) for cell in sorted(cells, key=lambda c: _order(c.name))}
    rows = {student.id: Row(student.id) for student in gradebook.students}
    for submission in gradebook.assignment_submissions(assignment):
        row = rows[submission.student_id]
        row.submitted, row.late = True, float(submission.total_seconds_late or 0)
        for notebook in submission.notebooks:
            row.scores |= {exercise_of(grade.cell.name): float(grade.score or 0) for grade in notebook.grades}
            waiting = [exercise_of(grade.cell.name) for grade in notebook.grades if grade.needs_manual_grade]
            row.flags += [f"{exercise} waits for a person" for exercise in waiting]
            place = Path(row.student) / assignment
            if autograded is not None:
                _read(row, autograded / place / f"{notebook.name}.ipynb")
            if feedback is not None and (page := feedback / place / f"{notebook.name}.html").exists():
                row.page = page.as_posix()
    return Class(assignment, points, [rows[student] for student in sorted(rows)])


def words(diagnosis: str) -> str:
    """A diagnosis's key as it reads: "branch-missing:counts_sum" -> "branch missing: counts_sum"."""
    return " and ".join(
        ": ".join(word.replace("-", " ") if i == 0 else word for i, word in enumerate(part.split(":")))
        for part in diagnosis.split(" & ")
    )


def _read(row: Row, path: Path) -> None:
    """Add what a graded notebook says: its records, and what it ran under. A missing or broken file adds nothing."""
    try:
        notebook = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return
    row.isolation = notebook.get("metadata", {}).get("grader", {}).get("isolation", "")
    for cell in notebook["cells"]:
        if not cell.get("metadata", {}).get("nbgrader", {}).get("grade"):
            continue
        if limit := cell["metadata"].get("grader", {}).get("limit"):
            row.limits.append(f"{exercise_of(cell['metadata']['nbgrader']['grade_id'])}: {limit}")
        for output in cell.get("outputs", []):
            record = output.get("data", {}).get(RECORD) if output["output_type"] == DISPLAYED else None
            if record:
                _take(row, record)


def _take(row: Row, record: dict) -> None:
    exercise = record["exercise"]
    for line in record.get("lines", []):
        if line["status"] not in FINE:
            names = line.get("diagnoses") or [""]
            row.misses.append(Miss(exercise, line["name"], line["status"], names[0]))
    row.flags += [f"{exercise}: {flag}" for flag in record.get("flags", [])]


def _order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in name.split("-")]
