"""A made-up class: a gradebook with scores, and graded notebooks with the records that the grader keeps in them."""

import json
import os
import random
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader.record import RECORD

NAME, NOTEBOOK = "01_slopes", "slopes"
POINTS = {"1.1": 4.0, "1.2": 6.0, "1.10": 2.0}
DUE = datetime(2026, 3, 4, 12, tzinfo=UTC).replace(tzinfo=None)


@dataclass
class Place:
    url: str
    autograded: Path
    feedback: Path

    def add(
        self, student: str, scores: dict[str, float], lines: list[dict], *, late: int = 0, limit: str = "", **record
    ) -> None:
        """Grade a student: scores by exercise; lines of exercise 1.2's record; late in seconds."""
        with Gradebook(self.url) as gradebook, gradebook.db.no_autoflush:
            gradebook.add_student(student)
            when = DUE + timedelta(seconds=late)
            gradebook.add_submission(NAME, student, timestamp=when)
            for exercise, score in scores.items():
                grade = gradebook.find_grade(f"check-{exercise.replace('.', '-')}", NOTEBOOK, NAME, student)
                grade.auto_score, grade.needs_manual_grade = score, bool(record.get("flags"))
            gradebook.db.commit()
        data = {"exercise": "1.2", "earned": scores.get("1.2", 0), "points": 6, "lines": lines, "flags": []} | record
        cell = {
            "cell_type": "code",
            "metadata": {"nbgrader": {"grade": True, "grade_id": "check-1-2"}}
            | ({"grader": {"limit": limit}} if limit else {}),
            "source": "",
            "outputs": [{"output_type": "display_data", "data": {RECORD: data, "text/html": "x"}, "metadata": {}}],
        }
        forged = {**cell, "metadata": {}}
        notebook = {"cells": [forged, cell], "metadata": {"grader": {"isolation": "full"}}, "nbformat": 4}
        for folder, suffix, text in ((self.autograded, "ipynb", json.dumps(notebook)), (self.feedback, "html", "<p>")):
            path = folder / student / NAME / f"{NOTEBOOK}.{suffix}"
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def empty_gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: a new gradebook runs `alembic`, from PATH, for seconds."""
    file = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        with Gradebook(f"sqlite:///{file}") as gradebook:
            gradebook.add_assignment(NAME, duedate=DUE)
            gradebook.add_notebook(NOTEBOOK, NAME)
            for exercise, points in POINTS.items():
                name = f"check-{exercise.replace('.', '-')}"
                gradebook.add_grade_cell(name, NOTEBOOK, NAME, max_score=points, cell_type="code")
    return file


@pytest.fixture
def classroom(empty_gradebook: Path, tmp_path: Path) -> Place:
    shutil.copy(empty_gradebook, tmp_path / "gradebook.db")
    return Place(f"sqlite:///{tmp_path / 'gradebook.db'}", tmp_path / "autograded", tmp_path / "feedback")


def line(name: str, status: str = "wrong", *diagnoses: str) -> dict:
    return {"name": name, "status": status, "diagnoses": list(diagnoses)}


def crowd(place: Place, size: int, seed: int = 5) -> None:
    """`size` students with scores and mistakes drawn at random."""
    draw = random.Random(seed)
    keys = ["branch-missing:counts_sum", "factor:0.96875", "sign", "not-summed", "stale"]
    for number in range(size):
        share = draw.choice([0, 0.5, 0.9, 1, 1])
        lines = [
            line(f"d{name}", "wrong", draw.choice(keys)) for name in draw.sample(["x", "y", "z"], draw.randint(0, 2))
        ]
        scores = {exercise: round(points * share, 2) for exercise, points in POINTS.items()}
        place.add(f"student-{number:03d}", scores, lines, late=draw.choice([0, 0, 0, 5400]))
