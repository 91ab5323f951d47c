"""The one writer of the gradebook: graded submissions of one assignment, each in a transaction of its own.

The meaning of every field is nbgrader's (its converters `Autograde`, `SaveAutoGrades` and `AssignLatePenalties`): a
manual score, a manual comment and extra credit stay, a graded cell with a manual score needs a person again, a late
submission costs what the course's plugin says. Beyond that every automatic score is set to 0 first, so that a
resubmission without a cell does not keep its old points, and a flag asks for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode, from_dict
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from traitlets.config import Config

from grader.build.source import BuildError
from grader.grade.course import HandIn
from grader.grade.result import Result

NO_RESPONSE = "No response."


@dataclass(frozen=True)
class Written:
    """What stands in the gradebook for one submission.

    scores, maximum: grade_id -> points, manual scores and extra credit included. late: seconds. penalty: points.
    needs_person: whether a person is asked to look.
    """

    scores: dict[str, float]
    maximum: dict[str, float]
    late: float = 0.0
    penalty: float = 0.0
    needs_person: bool = False

    @property
    def total(self) -> float:
        return sum(self.scores.values()) - self.penalty


@dataclass(frozen=True)
class _Book:
    """A notebook's rows in the gradebook: name -> id, and points of what is graded."""

    id: str
    graded: dict[str, str] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    commented: dict[str, str] = field(default_factory=dict)
    tasks: frozenset[str] = frozenset()


class Coordinator:
    """Writes the submissions of one assignment; a context manager. Raises BuildError where the gradebook has none."""

    def __init__(self, gradebook: Gradebook, assignment: str, config: Config) -> None:
        self._engine, self._course = gradebook.engine, gradebook.course_id
        self._late = AssignLatePenalties(config=config)
        self._late.init_plugin()
        self._create_student = bool(config.Autograde.get("create_student", True))
        with Session(self._engine) as session:
            found = session.scalar(select(Assignment).where(Assignment.name == assignment))
            if found is None:
                raise BuildError(f"The gradebook has no assignment {assignment}.")
            self._assignment, self._due = found.id, found.duedate
            self._books = {book.name: _read(book) for book in found.notebooks}
        gradebook.close()

    def __enter__(self) -> Coordinator:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def write(self, hand_in: HandIn, results: Mapping[str, Result]) -> Written:
        """Write one submission in one transaction.

        results: notebook's name -> its result; a notebook of the assignment that is not among them was not handed in.
        Raises BuildError for a student who is not in the gradebook, where the course does not add students.
        """
        with Session(self._engine) as session, session.begin():
            submission = self._submission(session, hand_in)
            for notebook in submission.notebooks:
                name = next(name for name, book in self._books.items() if book.id == notebook.notebook_id)
                self._score(notebook, self._books[name], results.get(name))
            session.flush()
            for notebook in submission.notebooks:
                self._penalise(session, submission, notebook)
            return self._written(submission)

    def _submission(self, session: Session, hand_in: HandIn) -> SubmittedAssignment:
        """The student's submission with a row for every cell, made where it is missing."""
        query = select(SubmittedAssignment).where(
            SubmittedAssignment.assignment_id == self._assignment, SubmittedAssignment.student_id == hand_in.student
        )
        rows = selectinload(SubmittedAssignment.notebooks)
        loaded = (rows.selectinload(SubmittedNotebook.grades), rows.selectinload(SubmittedNotebook.comments))
        submission = session.scalar(query.options(*loaded))
        if submission is None:
            if session.get(Student, hand_in.student) is None:
                if not self._create_student:
                    raise BuildError(f"The gradebook has no student {hand_in.student}, and the course adds none.")
                session.add(Student(id=hand_in.student))
                session.flush()
            submission = SubmittedAssignment(assignment_id=self._assignment, student_id=hand_in.student)
            session.add(submission)
        if hand_in.timestamp is not None:
            submission.timestamp = hand_in.timestamp
        there = {notebook.notebook_id: notebook for notebook in submission.notebooks}
        for book in self._books.values():
            notebook = there.get(book.id)
            if notebook is None:
                notebook = SubmittedNotebook(notebook_id=book.id)
                submission.notebooks.append(notebook)
            grades, comments = {g.cell_id for g in notebook.grades}, {c.cell_id for c in notebook.comments}
            for cell in book.graded.values():
                if cell not in grades:
                    notebook.grades.append(Grade(cell_id=cell))
            for cell in book.commented.values():
                if cell not in comments:
                    notebook.comments.append(Comment(cell_id=cell))
        return submission

    @staticmethod
    def _score(notebook: SubmittedNotebook, book: _Book, result: Result | None) -> None:
        executed = result.notebook["cells"] if result else []
        cells = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in executed if _named(cell)}
        names = {cell: name for name, cell in (book.graded | book.commented).items()}
        asked = {} if result is None else _flagged(result, list(cells), book)
        for grade in notebook.grades:
            name = names[grade.cell_id]
            if name in book.tasks and result is not None:
                continue  # a person's from the beginning: nbgrader leaves it alone
            grade.auto_score = _auto_score(name, cells.get(name), result)
            grade.needs_manual_grade = result is not None and (
                grade.manual_score is not None or grade.auto_score is None or name in result.flags
            )
        for comment in notebook.comments:
            name = names[comment.cell_id]
            if name in asked:
                comment.auto_comment = asked[name]
            elif name in cells:
                comment.auto_comment = NO_RESPONSE if _untouched(_node(cells[name])) else None

    def _penalise(self, session: Session, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> None:
        notebook.late_submission_penalty = None
        if self._due is None or submission.total_seconds_late <= 0:
            return
        session.refresh(notebook, ["score"])
        penalty = self._late.plugin_inst.late_submission_penalty(
            submission.student_id, notebook.score, submission.total_seconds_late
        )
        if penalty is not None:
            notebook.late_submission_penalty = self._late._check_late_penalty(notebook, penalty)

    def _written(self, submission: SubmittedAssignment) -> Written:
        names = {cell: name for book in self._books.values() for name, cell in book.graded.items()}
        points = {name: value for book in self._books.values() for name, value in book.points.items()}
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        scores = dict.fromkeys(sorted(points), 0.0)
        for grade in grades:
            earned = grade.manual_score if grade.manual_score is not None else grade.auto_score
            scores[names[grade.cell_id]] = (earned or 0.0) + (
                (grade.extra_credit or 0.0) if earned is not None else 0.0
            )
        return Written(
            scores,
            {name: points[name] for name in scores},
            late=0.0 if self._due is None else float(submission.total_seconds_late),
            penalty=sum(notebook.late_submission_penalty or 0.0 for notebook in submission.notebooks),
            needs_person=any(grade.needs_manual_grade for grade in grades),
        )


def _read(book: Notebook) -> _Book:
    graded = [*book.grade_cells, *book.task_cells]
    return _Book(
        book.id,
        {cell.name: cell.id for cell in graded},
        {cell.name: float(cell.max_score) for cell in graded},
        {cell.name: cell.id for cell in (*book.solution_cells, *book.task_cells)},
        frozenset(cell.name for cell in book.task_cells),
    )


def _auto_score(name: str, found: Mapping | None, result: Result | None) -> float | None:
    """A test's score; for a cell that a person grades what nbgrader says: 0 where untouched, else None; else 0."""
    if result is not None and name in result.scores:
        return result.scores[name]
    cell = None if found is None else _node(found)
    if cell is None or not utils.is_grade(cell) or (cell.cell_type == "code" and not utils.is_solution(cell)):
        return 0.0
    return utils.determine_grade(cell)[0]


def _flagged(result: Result, order: list[str], book: _Book) -> dict[str, str]:
    """The answer cell above each flagged graded cell -> the flags: nbgrader shows comments at answers only."""
    found: dict[str, list[str]] = {}
    for name, flags in result.flags.items():
        above = [other for other in order[: order.index(name)] if other in book.commented] if name in order else []
        place = above[-1] if above else next(iter(book.commented), None)
        if flags and place:
            found.setdefault(place, []).extend(flags)
    return {name: "Flagged for a person: " + " ".join(flags) for name, flags in found.items()}


def _named(cell: Mapping) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get("grade_id"))


def _node(cell: Mapping) -> NotebookNode:
    """A cell as nbgrader's functions want it, with its source in one string."""
    return from_dict({**cell, "source": "".join(cell["source"])})


def _untouched(cell: NotebookNode) -> bool:
    checksum = cell.metadata.nbgrader.get("checksum")
    return checksum == utils.compute_checksum(cell) and not utils.is_task(cell)
