"""A course on disk, as its nbgrader_config.py lays it out: assignments, what was handed in, the gradebook's tests."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, Notebook
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import parse_utc
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SAWarning

from grader.build.release import course_config
from grader.build.source import BuildError
from grader.grade.assignment import Assignment, from_gradebook
from grader.grade.beside import files_beside

ANYONE = "*"
NO_STUDENT = "."


@dataclass(frozen=True)
class HandIn:
    """What one student handed in for an assignment.

    notebooks: the notebooks' names, without ".ipynb", that the folder has. timestamp: when, in UTC; None where it is
    not known. notes: what a person should know about the folder, in sentences.
    """

    student: str
    folder: Path
    notebooks: tuple[str, ...]
    timestamp: datetime | None = None
    notes: tuple[str, ...] = ()


class Course:
    """An nbgrader course. Raises BuildError where there is no nbgrader_config.py in `root`."""

    def __init__(self, root: Path, config=None) -> None:
        if config is None and not (root / "nbgrader_config.py").is_file():
            raise BuildError(f"{root} is no course: it has no nbgrader_config.py. Run this in the course's folder.")
        self.config = course_config(root) if config is None else config
        self.directory = CourseDirectory(config=self.config)
        if not self.directory.root:
            self.directory.root = str(root)

    @property
    def db_url(self) -> str:
        return self.directory.db_url

    def folder(self, step: str, assignment: str, student: str = NO_STUDENT) -> Path:
        """The folder of a step ("source", "submitted", "autograded") of one assignment, of one student."""
        name = getattr(self.directory, f"{step}_directory")
        return Path(self.directory.format_path(name, student, assignment))

    def assignments(self) -> list[str]:
        """The names of the assignments whose sources are there."""
        return sorted(path.parent.name for path in self.folder("source", ANYONE).parent.glob("*/*.ipynb"))

    def name_of(self, wanted: str) -> str:
        """The assignment called `wanted`, or the one that begins with it ("05"). Raises BuildError for none or two."""
        known = self.assignments()
        with self.gradebook() as gradebook:
            known = sorted({*known, *(assignment.name for assignment in gradebook.assignments)})
        found = [name for name in known if name == wanted] or [name for name in known if name.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise BuildError(f"{wanted} could be {' or '.join(found)}: give the whole name.")
        listed = ", ".join(known) if known else "none: there is no source folder with a notebook"
        raise BuildError(f"There is no assignment {wanted}. This course has {listed}.")

    def gradebook(self) -> Gradebook:
        """The gradebook, made where it is missing. Raises BuildError where it cannot be opened."""
        url = make_url(self.db_url)
        if url.get_backend_name() == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        try:
            return Gradebook(self.db_url, self.directory.course_id)
        except OperationalError as error:
            raise BuildError(f"The gradebook {self.db_url} cannot be opened: {error.orig}.") from None

    def register(self, name: str) -> tuple[Assignment, ...]:
        """Bring the gradebook up to date with the instructor's notebooks; returns what each of them asks.

        Where the source folder is missing, what the gradebook has is used. Raises BuildError where neither is there,
        or where cells were added or removed after submissions were graded, which nbgrader refuses.
        """
        paths = sorted(self.folder("source", name).glob("*.ipynb"))
        sources = {path.stem: nbformat.read(path, as_version=4) for path in paths}
        with self.gradebook() as gradebook:
            if sources:
                gradebook.update_or_create_assignment(name)
            for path in paths:
                self._save_cells(gradebook, name, path, sources[path.stem])
            try:
                notebooks = [notebook.name for notebook in gradebook.find_assignment(name).notebooks]
            except MissingEntry:
                notebooks = []
            if not notebooks:
                raise BuildError(f"The gradebook has no notebook of {name}, and there is none in its source folder.")
            return tuple(from_gradebook(gradebook, name, notebook, sources.get(notebook)) for notebook in notebooks)

    def hand_ins(self, assignment: str, students: Collection[str] = ()) -> Iterator[HandIn]:
        """What was handed in, by student; of `students` only, where some are named. Raises BuildError for none."""
        pattern = self.folder("submitted", assignment, ANYONE)
        depth = list(pattern.parts).index(ANYONE)
        base = Path(*pattern.parts[:depth])
        rest = Path(*pattern.parts[depth + 1 :])
        excluded = {name.strip() for name in self.directory.student_id_exclude.split(",")}
        there = [path.name for path in sorted(base.iterdir()) if (path / rest).is_dir()] if base.is_dir() else []
        missing = sorted(set(students) - set(there))
        if missing:
            raise BuildError(f"Nothing was handed in for {assignment} by {', '.join(missing)}.")
        chosen = [name for name in there if name not in excluded and (not students or name in students)]
        if not chosen:
            raise BuildError(f"Nothing was handed in for {assignment}: no student has a folder {base}/STUDENT/{rest}.")
        return (self._hand_in(name, base / name / rest) for name in chosen)

    def files(self, assignment: str, hand_in: HandIn) -> dict[str, Path]:
        """The files that a submission's notebooks find beside them: its own, then the assignment's in their place."""
        kept = set(self.config.Autograde.get("exclude_overwriting", {}).get(assignment, []))
        ignore = self.directory.ignore
        given = files_beside([self.folder("source", assignment)], ignore)
        return files_beside([hand_in.folder], ignore) | {name: path for name, path in given.items() if name not in kept}

    def _hand_in(self, student: str, folder: Path) -> HandIn:
        notebooks = tuple(sorted(path.stem for path in folder.glob("*.ipynb") if not path.is_symlink()))
        try:
            text = (folder / "timestamp.txt").read_text(encoding="utf-8").strip()
            return HandIn(student, folder, notebooks, parse_utc(text) if text else None)
        except FileNotFoundError:
            return HandIn(student, folder, notebooks)
        except (OSError, ValueError, OverflowError):
            return HandIn(student, folder, notebooks, notes=("timestamp.txt cannot be read: taken as in time.",))

    def _save_cells(self, gradebook: Gradebook, assignment: str, source: Path, notebook: NotebookNode) -> None:
        """Run nbgrader's own preparation of a release up to where it saves the cells, and save those that changed."""
        notebook = copy.deepcopy(notebook)
        resources = {"nbgrader": {"assignment": assignment, "notebook": source.stem, "db_url": self.db_url}}
        resources |= {"unique_key": source.stem, "metadata": {"path": str(source.parent)}}
        steps = GenerateAssignment(coursedir=self.directory, config=self.config).preprocessors
        for step in steps[: steps.index(SaveCells)]:
            worker = step(config=self.config)
            if worker.enabled:
                notebook, resources = worker.preprocess(notebook, resources)
        with contextlib.suppress(MissingEntry):
            if _as_kept(gradebook.find_notebook(source.stem, assignment)) == _as_written(notebook):
                return
        gradebook.db.remove()  # it is written to through another connection, and read anew after that
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # nbgrader's own use of the gradebook
                SaveCells(config=self.config).preprocess(notebook, resources)
        except RuntimeError:
            raise BuildError(
                f"Cells with a grade_id were added to or removed from {source.name}, and {assignment} has submissions "
                "in the gradebook already: nbgrader cannot follow. Put the cells back, or begin a new gradebook."
            ) from None


def _as_kept(notebook: Notebook) -> dict[str, tuple]:
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    solutions = {cell.name for cell in notebook.solution_cells}
    return {
        cell.name: (cell.checksum, cell.source, cell.locked, points.get(cell.name), cell.name in solutions)
        for cell in notebook.source_cells
    }


def _as_written(notebook: NotebookNode) -> dict[str, tuple]:
    found = {}
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader")
        if marks and (marks.grade or marks.solution or marks.locked or marks.get("task")):
            points = float(marks.points) if marks.grade or marks.get("task") else None
            locked = bool(marks.grade or marks.locked) and not marks.solution
            found[marks.grade_id] = (marks.get("checksum"), cell.source, locked, points, marks.solution)
    return found
