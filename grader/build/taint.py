"""Which of a solution's outputs may be shown to a reader who has not solved anything."""

from __future__ import annotations

from collections.abc import Iterator

from nbformat import NotebookNode

from grader.build.bindings import names, surely_bound
from grader.build.outputs import code_cells


def untainted(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """The given code cells that read no name which an answer binds, directly or through other given cells.

    Checks are left out, and cells that ask the kernel for names in ways that cannot be read off their text.
    """
    tainted: set[str] = set()
    for cell in code_cells(notebook):
        role = cell.metadata.get("nbgrader", {})
        bound, read = names(cell.source)
        if role.get("solution") or role.get("grade") or read & tainted or read & {"globals", "locals", "eval", "exec"}:
            tainted |= bound
            continue
        tainted -= surely_bound(cell.source)
        yield cell
