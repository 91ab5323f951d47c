"""Which given cells a graded run may leave out: those that only draw, and on whose names nothing else depends."""

from __future__ import annotations

from collections.abc import Sequence

from nbformat import NotebookNode

from grader.build.bindings import names, surely_bound
from grader.grade.assignment import Assignment


def drawings(code: Sequence[NotebookNode], assignment: Assignment) -> set[int]:
    """The indices of the code cells that are unchanged given figures, and bind no name that a later cell may read."""
    figures = {cell.source for cell in assignment.cells if cell.figure}
    given = {cell.source for cell in assignment.cells if not cell.solution}
    left_out: set[int] = set()
    read_later: set[str] = set()
    for index in range(len(code) - 1, -1, -1):
        source = code[index].source
        if source in figures and not names(source)[0] & read_later:
            left_out.add(index)
        else:
            if source in given:  # an answer may be stopped before it binds anything
                read_later -= surely_bound(source)
            read_later |= names(source)[1]
    return left_out
