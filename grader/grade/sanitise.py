"""A submitted notebook made anew: cells in the student's order, everything that nbgrader goes by from the assignment.

Nothing that a submission says about itself counts: not its metadata, points, checksums, cell types, kernel or outputs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from grader.build.source import KERNEL, cell_slug, content_id
from grader.grade import harmless
from grader.grade.assignment import Assignment, Cell

LARGEST_FILE = 64 << 20  # bytes
MOST_CELLS = 5000
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def read_submission(path: Path) -> tuple[dict, str]:
    """The notebook in a submitted file, and "" or a sentence on why it could not be read (then it has no cells)."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return {"cells": []}, f"The file handed in is larger than {LARGEST_FILE >> 20} MB, and was not read."
        if path.is_symlink():
            return {"cells": []}, "The file handed in is a link to another file, and was not read."
        raw = json.loads(path.read_bytes())
        if not isinstance(raw, dict):
            raise ValueError("no notebook")
        if raw.get("nbformat") != 4:
            raw = nbformat.convert(nbformat.from_dict(raw), 4)
        if not isinstance(raw.get("cells"), list):
            raise ValueError("no cells")
    except OSError as error:
        return {"cells": []}, f"The file handed in could not be read: {error.strerror}."
    except Exception:  # nbformat raises many kinds for what is no notebook
        return {"cells": []}, "The file handed in is not a notebook that can be read, so nothing in it could be graded."
    return dict(raw), ""


def sanitise(raw: Mapping[str, object], assignment: Assignment, problem: str = "") -> tuple[NotebookNode, list[str]]:
    """The notebook to be graded, and a sentence for each thing that was put right.

    raw: a submission as nbformat JSON, whatever is in it. problem: what the student should read at its top.
    """
    remarks: list[str] = []
    raw_cells = raw.get("cells")
    raw_cells = [cell for cell in raw_cells if isinstance(cell, Mapping)] if isinstance(raw_cells, list) else []
    if len(raw_cells) > MOST_CELLS:
        remarks.append(f"it has {len(raw_cells)} cells; the first {MOST_CELLS} are graded")
        raw_cells = raw_cells[:MOST_CELLS]
    given_texts = {cell.source for cell in assignment.cells if cell.cell_type == "markdown"}
    cells = [
        _known(known, _source(cell), remarks) if known else _free(cell, given_texts)
        for cell, known in zip(raw_cells, _recognised(raw_cells, assignment), strict=True)
    ]
    _add_missing(cells, assignment, remarks)
    if problem:
        cells.insert(0, _markdown(f"**{problem}**"))
    _name(cells)
    # Not validated, which takes longer than all else here: nothing in it has a form that the submission chose.
    metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    return NotebookNode(cells=cells, metadata=metadata, nbformat=4, nbformat_minor=5), remarks


def _recognised(raw_cells: list[Mapping], assignment: Assignment) -> list[Cell | None]:
    """The assignment's cell that each submitted cell is: by its grade_id, else by its cell id; each at most once."""
    claimed: dict[str, int] = {}
    for read in (_grade_id, lambda cell: cell.get("id")):
        for index, cell in enumerate(raw_cells):
            name = read(cell)
            if (
                isinstance(name, str)
                and name not in claimed
                and index not in claimed.values()
                and assignment.cell(name)
            ):
                claimed[name] = index
    at = {index: name for name, index in claimed.items()}
    return [assignment.cell(at[index]) if index in at else None for index in range(len(raw_cells))]


def _grade_id(cell: Mapping) -> object:
    metadata = cell.get("metadata")
    own = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    return own.get("grade_id") if isinstance(own, Mapping) else None


def _source(cell: Mapping) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    # A lone surrogate cannot be written to a file.
    return source.encode("utf-8", "replace").decode() if isinstance(source, str) else ""


def _known(known: Cell, source: str, remarks: list[str]) -> NotebookNode:
    """One of the assignment's cells: its kind and metadata, and its text unless it is the student's to write."""
    if not known.solution and source != known.source:
        if source.rstrip() != known.source.rstrip():
            remarks.append(f"{known.grade_id} had been changed and was put back")
        source = known.source
    if known.cell_type == "code":
        cell = _code(source)
    else:
        cell = _markdown(harmless.markdown(source) if known.solution else source)
    cell.metadata["nbgrader"] = {
        "cell_type": known.cell_type,
        "grade": known.grade,
        "grade_id": known.grade_id,
        "locked": known.locked,
        "schema_version": 3,
        "solution": known.solution,
        "task": known.task,
    }
    if known.grade or known.task:
        cell.metadata.nbgrader["points"] = known.points
    # nbgrader says "No response" where an answer's checksum is still that of the release.
    released = NotebookNode({**cell, "source": known.source})
    cell.metadata.nbgrader["checksum"] = (known.solution and known.checksum) or compute_checksum(released)
    return cell


def _free(cell: Mapping, given_texts: set[str]) -> NotebookNode:
    """A cell that students may edit or have added. A raw cell could hold HTML: it becomes a block of text."""
    kind, source = cell.get("cell_type"), _source(cell)
    if kind == "code":
        made = _code(source)
    elif kind == "markdown":
        made = _markdown(source if source in given_texts else harmless.markdown(source))
    else:
        made = _markdown("\n".join("    " + line for line in harmless.markdown(source).split("\n")))
    made.id = cell["id"] if isinstance(cell.get("id"), str) and CELL_ID.fullmatch(cell["id"]) else ""
    return made


def _code(source: str) -> NotebookNode:
    return NotebookNode(
        id="", cell_type="code", metadata=NotebookNode(), execution_count=None, source=source, outputs=[]
    )


def _markdown(source: str) -> NotebookNode:
    return NotebookNode(id="", cell_type="markdown", metadata=NotebookNode(), source=source)


def _add_missing(cells: list[NotebookNode], assignment: Assignment, remarks: list[str]) -> None:
    """Put back the assignment's code cells, and all that earn points, where a submission lacks them."""

    def present() -> dict[str, int]:
        return {c.metadata.nbgrader.grade_id: i for i, c in enumerate(cells) if "nbgrader" in c.metadata}

    before: list[str] = []
    places = present()
    for known in assignment.cells:
        wanted = known.grade or known.task or known.solution or (known.locked and known.cell_type == "code")
        if known.grade_id and wanted and known.grade_id not in places:
            at = max((places[name] + 1 for name in before[-1:] if name in places), default=0)
            cells.insert(at, _known(known, known.source, remarks))
            remarks.append(f"{known.grade_id} was missing and was put back")
            places = present()
        if known.grade_id and known.grade_id in places:
            before.append(known.grade_id)


def _name(cells: list[NotebookNode]) -> None:
    """Give each cell an id of its own: its grade_id's, else the one it has, else one made from its text."""
    used = {cell_slug(cell.metadata.nbgrader.grade_id) for cell in cells if "nbgrader" in cell.metadata}
    for cell in cells:
        if "nbgrader" in cell.metadata:
            cell.id = cell_slug(cell.metadata.nbgrader.grade_id)
            continue
        name = cell.id if cell.id and cell.id not in used else content_id(cell.cell_type, cell.source)
        number, base = 1, name
        while name in used:
            number += 1
            name = f"{base[:58]}-{number}"
        cell.id = name
        used.add(name)
