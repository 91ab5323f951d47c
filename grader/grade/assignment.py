"""An assignment as the instructor has it: each known cell by its grade_id, hidden tests and points.

Nothing here is taken from a submission. A submission's cells get back from here what a student may not change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry

from grader.build.source import BEGIN_HIDDEN, BEGIN_SOLUTION, END_HIDDEN, END_SOLUTION, BuildError, regions

SUBMISSION = re.compile(r"\bsubmission\b")
STUB = "pass  # your code here"


@dataclass(frozen=True)
class Cell:
    """One cell that the instructor wrote.

    grade_id: nbgrader's name, "" for a given cell that students may edit. source: the text as students get it.
    hidden: the text of the hidden tests, "" where there are none. points: of a graded cell, else 0.
    locked, grade, solution, task: as in nbgrader's metadata. figure: it only draws (tagged so in the chapter's source).
    checksum: nbgrader's, "" where it is not known.
    """

    grade_id: str
    cell_type: str
    source: str
    hidden: str = ""
    points: float = 0.0
    locked: bool = False
    grade: bool = False
    solution: bool = False
    task: bool = False
    figure: bool = False
    checksum: str = ""

    @property
    def scored(self) -> bool:
        """Its score is made by a test, not by a person."""
        return self.grade and not self.solution and self.cell_type == "code"

    @property
    def trusted(self) -> bool:
        """Its hidden test talks to `submission`, so that it runs where the student's code cannot reach."""
        return self.scored and bool(SUBMISSION.search(self.hidden))


@dataclass(frozen=True)
class Assignment:
    """A notebook of an assignment: its cells in order, those without a grade_id too where the source is at hand."""

    name: str
    notebook: str
    cells: tuple[Cell, ...]

    def cell(self, grade_id: str) -> Cell | None:
        """The cell of that grade_id, None where the assignment has none."""
        return next((cell for cell in self.cells if grade_id and cell.grade_id == grade_id), None)

    @property
    def scored(self) -> dict[str, float]:
        """grade_id -> points, of every cell whose score is made by a test."""
        return {cell.grade_id: cell.points for cell in self.cells if cell.scored}


def from_source(name: str, notebook_name: str, source: NotebookNode) -> Assignment:
    """The assignment that an instructor's notebook (with solutions and hidden tests) makes."""
    return Assignment(name, notebook_name, tuple(_cell(cell) for cell in source.cells))


def from_gradebook(
    gradebook: Gradebook, name: str, notebook_name: str, source: NotebookNode | None = None
) -> Assignment:
    """The assignment as the gradebook has it since its release was made.

    source: the instructor's notebook, where it is at hand; it adds the given cells that the gradebook does not keep.
    What the gradebook keeps wins. Raises BuildError where it has no such assignment.
    """
    try:
        kept = gradebook.find_notebook(notebook_name, name)
    except MissingEntry:
        raise BuildError(
            f"The gradebook has no notebook {notebook_name} of {name}: run `nbgrader generate_assignment {name}`."
        ) from None
    points = {cell.name: float(cell.max_score) for cell in (*kept.grade_cells, *kept.task_cells)}
    graded = {cell.name for cell in kept.grade_cells}
    solutions = {cell.name for cell in kept.solution_cells}
    tasks = {cell.name for cell in kept.task_cells}
    known = {
        cell.name: Cell(
            grade_id=cell.name,
            cell_type=cell.cell_type,
            source=visible(cell.source),
            hidden=hidden_tests(cell.source),
            points=points.get(cell.name, 0.0),
            locked=bool(cell.locked),
            grade=cell.name in graded,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            checksum=cell.checksum or "",
        )
        for cell in kept.source_cells
    }
    drawn_from = from_source(name, notebook_name, source).cells if source else ()
    cells = [replace(known.pop(c.grade_id), figure=c.figure) if c.grade_id in known else c for c in drawn_from]
    return Assignment(name, notebook_name, (*(c for c in cells if not c.grade_id or c.checksum), *known.values()))


def visible(source: str) -> str:
    """A cell's text without its hidden-test regions, as nbgrader releases it."""
    kept, inside = [], False
    for line in source.split("\n"):
        if line.strip() == BEGIN_HIDDEN:
            inside = True
        elif line.strip() == END_HIDDEN:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept).rstrip("\n") if len(kept) < source.count("\n") + 1 else source


def hidden_tests(source: str) -> str:
    """The text of a cell's hidden-test regions, "" where there are none."""
    try:
        return "\n".join(line for region in regions(source, BEGIN_HIDDEN, END_HIDDEN) for line in region)
    except ValueError:
        return ""


def as_stub(source: str) -> str:
    """An answer cell as students get it: each solution region is one line at its indentation."""
    kept, inside = [], False
    for line in source.split("\n"):
        if line.strip() == BEGIN_SOLUTION:
            inside = True
            kept.append(line[: len(line) - len(line.lstrip())] + STUB)
        elif line.strip() == END_SOLUTION:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def _cell(cell: NotebookNode) -> Cell:
    meta = cell.metadata.get("nbgrader", {})
    return Cell(
        grade_id=meta.get("grade_id", ""),
        cell_type=cell.cell_type,
        source=as_stub(visible(cell.source)),
        hidden=hidden_tests(cell.source),
        points=float(meta.get("points", 0) or 0),
        locked=bool(meta.get("locked")),
        grade=bool(meta.get("grade")),
        solution=bool(meta.get("solution")),
        task=bool(meta.get("task")),
        figure="figure" in _tags(cell),
        checksum=meta.get("checksum", ""),
    )


def _tags(cell: NotebookNode) -> Iterable[str]:
    return cell.metadata.get("tags", [])
