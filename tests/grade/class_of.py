"""A small course in a folder, a class that hands in, and a grader that is quick and knows its scores."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import create_engine, text

from grader.build.notebooks import as_bytes
from grader.build.source import find_chapters, read_source
from grader.grade.course import Course
from grader.grade.result import Result
from grader.grade.workers import Job

REPOSITORY = Path(__file__).resolve().parents[2]
NAME = "02_two"
SOURCE = """# %% [markdown] id="title"
# # Two exercises

# %% id="setup"
x = 3.0

# %% [markdown] id="exercise-2.1"
# ## Exercise 2.1

# %% role="answer" id="answer-2.1"
### BEGIN SOLUTION
points = 4.0
### END SOLUTION

# %% role="check" id="check-2.1" points=4
check("2.1")
### BEGIN HIDDEN TESTS
submission.value("points")
### END HIDDEN TESTS

# %% role="answer" id="answer-2.2"
### BEGIN SOLUTION
more = 3.0
### END SOLUTION

# %% role="check" id="check-2.2" points=3
check("2.2")
### BEGIN HIDDEN TESTS
submission.value("more")
### END HIDDEN TESTS
"""


def make_course(root: Path, source: str = SOURCE) -> Course:
    """A course with one assignment of two exercises, worth 4 and 3 points."""
    folder = root / "solutions" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "two.py").write_text(source, encoding="utf-8")
    (folder / "two.ipynb").write_bytes(as_bytes(read_source(find_chapters(root)[0].source)))
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    return Course(root)


def hand_in(course: Course, student: str, points: object = 4.0, more: object = 3.0, stamp: str = "", **extra: str):
    """The submission of someone whose answers say these points. extra: source of cells put at the end."""
    notebook = read_source(Path(course.directory.root) / "solutions" / NAME / "two.py")
    for cell in notebook.cells:
        if cell.id == "answer-2-1":
            cell.source = f"points = {points}"
        if cell.id == "answer-2-2":
            cell.source = f"more = {more}"
    folder = course.folder("submitted", NAME, student)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in extra.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    (folder / "two.ipynb").write_bytes(as_bytes(notebook))
    if stamp:
        (folder / "timestamp.txt").write_text(stamp + "\n", encoding="utf-8")


def quick_grade(job: Job) -> Result:
    """What a grader would say: each graded cell earns the number that the answer above it assigns."""
    notebook = copy.deepcopy(dict(job.submission))
    scores, flags, latest = {}, {}, 0.0
    points = job.assignment.scored
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        cell["source"] = source
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in points:
            known = job.assignment.cell(name)
            cell["metadata"]["nbgrader"]["checksum"] = known.checksum
            earned = float(latest) if "half" not in known.hidden else float(latest) / 2
            scores[name] = earned
            result = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
            cell["outputs"] = [result | {"data": {"text/plain": repr(earned)}}]
        elif name and "=" in source:
            latest = source.split("=")[1].strip()
            if latest == "flagged":
                flags["check-2-1"], latest = ["it looks copied."], 4.0
    for name in points:
        scores.setdefault(name, 0.0)
    return Result(notebook, scores, flags=flags, seconds={"cells": 0.0}, isolation="none")


def rows(db_url: str) -> dict[str, list[tuple]]:
    """What a gradebook says, without its random ids: scores, comments and submissions, in a fixed order."""
    queries = {
        "scores": """
            select student_id, base_cell.name, auto_score, manual_score, extra_credit, needs_manual_grade
            from grade join base_cell on cell_id = base_cell.id
            join submitted_notebook on grade.notebook_id = submitted_notebook.id
            join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id order by 1, 2""",
        "comments": """
            select student_id, base_cell.name, auto_comment, manual_comment
            from comment join base_cell on cell_id = base_cell.id
            join submitted_notebook on comment.notebook_id = submitted_notebook.id
            join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id order by 1, 2""",
        "submissions": """
            select student_id, timestamp, late_submission_penalty
            from submitted_notebook
            join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id order by 1""",
    }
    engine = create_engine(db_url)
    try:
        with engine.connect() as connection:
            return {name: [tuple(row) for row in connection.execute(text(query))] for name, query in queries.items()}
    finally:
        engine.dispose()


def scores_of(db_url: str) -> Mapping[str, Mapping[str, float]]:
    """student -> cell -> automatic score."""
    found: dict[str, dict[str, float]] = {}
    for student, cell, auto, *_ in rows(db_url)["scores"]:
        found.setdefault(student, {})[cell] = auto
    return found
