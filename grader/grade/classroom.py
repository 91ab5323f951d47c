"""A class graded, in a folder of its own: release, submissions, gradebook, feedback pages."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning

from grader.build.notebooks import as_bytes, read_stored
from grader.build.outputs import code_cells
from grader.build.release import IGNORED_FILES, course_config
from grader.build.source import BuildError, Chapter, read_source
from grader.grade.answers import EXTRA
from grader.grade.batch import Run
from grader.grade.course import Course
from grader.grade.workers import local
from grader.record import RECORD

EXCEPTION_LINE = re.compile(r"^[\w.]*(Error|Exception): .")
STEPS = ("source", "release", "submitted", "autograded", "feedback")


@dataclass(frozen=True)
class Graded:
    """One submission after grading.

    scores, maximum: graded cell's id ("check-5-1") -> points. notes: what a person should know, in words.
    page: the feedback page, None where there is none.
    """

    student: str
    scores: dict[str, float]
    maximum: dict[str, float]
    notes: list[str] = field(default_factory=list)
    page: Path | None = None

    @property
    def total(self) -> float:
        return sum(self.scores.values())


class Classroom:
    """One chapter, one folder, one gradebook. Whatever an earlier run left in the folder is replaced.

    root: the course's folder (nbgrader_config.py). place: the classroom's own folder, made when missing.
    """

    def __init__(self, root: Path, chapter: Chapter, place: Path) -> None:
        self.chapter, self.place = chapter, place.resolve()
        self.place.mkdir(parents=True, exist_ok=True)
        for step in STEPS:
            shutil.rmtree(self.place / step, ignore_errors=True)
        (self.place / "gradebook.db").unlink(missing_ok=True)
        self.config = course_config(root)
        directory = self.config.CourseDirectory
        directory.root, directory.db_url = str(self.place), f"sqlite:///{self.place / 'gradebook.db'}"
        for step in STEPS:
            directory[f"{step}_directory"] = step
        self.api = NbGraderAPI(coursedir=CourseDirectory(config=self.config), config=self.config)

    def release(self) -> NotebookNode:
        """Make the release and the gradebook; returns the released notebook. Raises BuildError when nbgrader fails."""
        source = self.place / "source" / self.chapter.name
        shutil.copytree(self.chapter.folder, source, ignore=IGNORED_FILES)
        (source / self.chapter.solution.name).write_bytes(as_bytes(read_source(self.chapter.source)))
        result = self._run(self.api.generate_assignment)
        if not result["success"]:
            raise BuildError(f"nbgrader could not make the release of {self.chapter.name}:\n{last_words(result)}")
        return nbformat.read(self._notebook("release"), as_version=4)

    def hand_in(self, student: str, notebook: NotebookNode) -> None:
        """Put a submission where nbgrader looks for it, with the time of now."""
        path = self._notebook("submitted", student)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_bytes(notebook))
        stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        (path.parent / "timestamp.txt").write_text(stamp + "\n", encoding="utf-8")

    def grade(self, students: list[str]) -> Iterator[Graded]:
        """Grade as `grader grade` does, and write each feedback page; in the order in which submissions are done."""
        course = Course(self.place, self.config)
        with local() as workforce:
            for outcome in Run(course, self.chapter.name, students=students).outcomes(workforce):
                if outcome.how == "failed":
                    yield self._read_grades(outcome.student, [f"not graded: {' '.join(outcome.notes)}"])
                    continue
                notes = remarks(read_stored(self._notebook("autograded", outcome.student)))
                feedback = self._run(self.api.generate_feedback, outcome.student)
                if not feedback["success"]:
                    notes.append(f"no feedback page: {last_words(feedback)}")
                yield self._read_grades(outcome.student, notes)

    def _run(self, step: Callable[..., dict], *arguments: str) -> dict:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own use of the gradebook
            result = step(self.chapter.name, *arguments)
        if "KeyboardInterrupt" in result.get("error", ""):  # nbgrader catches it; a person who presses Ctrl-C means it
            raise KeyboardInterrupt
        return result

    def _read_grades(self, student: str, notes: list[str]) -> Graded:
        with Gradebook(self.config.CourseDirectory.db_url) as gradebook:
            cells = [
                cell for book in gradebook.find_assignment(self.chapter.name).notebooks for cell in book.grade_cells
            ]
            maximum = {cell.name: float(cell.max_score) for cell in sorted(cells, key=lambda cell: cell.name)}
            scores = dict.fromkeys(maximum, 0.0)
            try:
                books = gradebook.find_submission(self.chapter.name, student).notebooks
            except MissingEntry:  # nbgrader failed before it wrote anything down
                books = []
            for grade in (grade for book in books for grade in book.grades):
                scores[grade.cell.name] = float(grade.score or 0)
        page = self._notebook("feedback", student).with_suffix(".html")
        return Graded(student, scores, maximum, notes, page if page.exists() else None)

    def _notebook(self, step: str, student: str = ".") -> Path:
        return self.place / step / student / self.chapter.name / self.chapter.solution.name


def remarks(notebook: NotebookNode) -> list[str]:
    """What a graded notebook says beside its scores: errors, what was flagged, what earned less than all its points.

    The errors are those of the student's own cells: the given cells below them fail of themselves.
    """
    errors, flags, lost = [], [], []
    for cell in code_cells(notebook):
        meta = cell.metadata.get("nbgrader", {})
        for output in cell.outputs:
            if output.output_type == "error" and (meta.get("solution") or cell.id.startswith(EXTRA)):
                errors.append(f"{output.ename} in {cell.id}")
            record = output.get("data", {}).get(RECORD)
            if record:
                flags += [f"a person should look at {record['exercise']}: {flag}" for flag in record["flags"]]
                names = [line["name"] for line in record["lines"] if line["status"] not in ("right", "carried")]
                if record["earned"]:
                    lost += [f"{record['exercise']}: {few(names)}"] if names else []
    return [*flags, *([few(errors, 1)] if errors else []), *lost]


def few(names: list[str], most: int = 4) -> str:
    """The first names and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def last_words(result: dict) -> str:
    """The last exception's line in what an nbgrader step logged, or its last line."""
    lines = [line.strip() for line in (result.get("log") or result.get("error") or "no reason was given").split("\n")]
    raised = [line for line in lines if EXCEPTION_LINE.match(line)]
    return (raised or [line for line in lines if line])[-1]
