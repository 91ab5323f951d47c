"""The course that hostile submissions are handed in to, and their files read: all of it lies in the nest."""

from __future__ import annotations

import copy
import functools
import importlib.util
import json
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from grader.build.source import read_source
from grader.grade.answers import read_answers, submit
from grader.grade.assignment import Assignment, from_source

HERE = Path(__file__).parent
SOURCE = HERE / "course" / "solutions" / "01_toy" / "toy.py"
SUBMISSIONS = HERE / "submissions"
COURSE = Path("/dev/shm/hostile-course")  # where the submissions look for it
SECRET = "secret-canary"  # in the environment, in the gradebook, in a classmate's work
TEST_WORD = "hidden-canary"  # in the hidden tests
# Words that no output may hold: secrets of the course, and what a submission prints where it got through.
FORBIDDEN = (SECRET, TEST_WORD, "hostile-escape")


@dataclass(frozen=True)
class Case:
    """One hostile submission. honest: grade id -> the points that its honest part earns."""

    name: str
    about: str
    honest: dict[str, float]
    notebook: Mapping[str, object]


def assignment() -> Assignment:
    """The toy chapter as its instructor has it."""
    return from_source("01_toy", "toy", _source())


@functools.cache
def _source() -> NotebookNode:
    return read_source(SOURCE)


def release() -> NotebookNode:
    """The notebook that its students get."""
    notebook = copy.deepcopy(_source())
    for cell, known in zip(notebook.cells, assignment().cells, strict=True):
        cell.source = known.source
    return notebook


def honest() -> NotebookNode:
    """A submission that does all exercises, and nothing else."""
    notebook = release()
    right = {
        "answer-1-1-a": "def double(value):\n    return 2 * value",
        "answer-1-2-a": "total = sum(numbers)",
        "answer-1-3-a": "dz = 2 * z\ndx = dz * w",
    }
    for cell in notebook.cells:
        cell.source = right.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""), cell.source)
    return notebook


def read_cases(names: list[str] | None = None) -> list[Case]:
    """The submissions on file, all where no names are given."""
    paths = sorted(SUBMISSIONS.glob("*.py"))
    return [read_case(path) for path in paths if not names or path.stem in names]


def read_case(path: Path) -> Case:
    """A submission is answers to the release (grader.grade.answers), or a function that forges the notebook."""
    answers = read_answers(path)
    if "\ndef forge(" in path.read_text(encoding="utf-8"):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        notebook = module.forge(json.loads(json.dumps(release())))
    else:
        notebook = copy.deepcopy(submit(answers, release()))
    points = {f"check-{exercise.replace('.', '-')}": points for exercise, points in answers.expected.items()}
    return Case(path.stem, answers.about, points, notebook)


def set_up() -> None:
    """Put the course where hostile submissions look for it: solutions, a gradebook, a classmate's work."""
    shutil.rmtree(COURSE, ignore_errors=True)
    shutil.copytree(HERE / "course" / "solutions", COURSE / "solutions")
    classmate = COURSE / "class" / "submitted" / "ada" / "01_toy" / "toy.ipynb"
    classmate.parent.mkdir(parents=True)
    classmate.write_text(json.dumps(honest()).replace("total", SECRET))
    with sqlite3.connect(COURSE / "class" / "gradebook.db") as gradebook:
        gradebook.execute("create table grades (student text, score real, note text)")
        gradebook.execute("insert into grades values ('ada', 3, ?)", [SECRET])
    gradebook.close()
    for path in (COURSE, *COURSE.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)  # as careless as it can be
