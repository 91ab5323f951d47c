"""A chapter's one source, a jupytext percent file with short metadata, read into a notebook for nbgrader.

A cell header carries `role`, `id`, `points` and `tags`; everything else of nbgrader's metadata follows from the role:

    forward   a forward-pass cell: read-only, restored at grading, its first line names the exercise
    locked    another given cell that is read-only and restored at grading
    answer    the student's cell, with BEGIN SOLUTION / END SOLUTION regions
    check     the graded cell: one visible line `check("5.1")`, then a BEGIN / END HIDDEN TESTS region

A cell without a role is given and free to edit.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.errors import GraderError

KNOWN_KEYS = {"id", "role", "points", "tags"}
ROLES = {"forward", "locked", "answer", "check"}
BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
SENTINELS = tuple(marker.removeprefix("### ") for marker in (BEGIN_SOLUTION, END_SOLUTION, BEGIN_HIDDEN, END_HIDDEN))
FORWARD_LINE = re.compile(r"# Forward pass for exercise (\d+\.\d+)\b")
CHECK_LINE = re.compile(r"""check\((["'])(\d+\.\d+)\1\)""")
CELL_MARKER = re.compile(r"^# %%(?!%)")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class BuildError(GraderError):
    """Something in the course's sources keeps a notebook from being built; the text says where and what to do."""


@dataclass(frozen=True)
class Chapter:
    """A folder of the source directory: one nbgrader assignment with one notebook.

    `source` is the percent file; `solution` is the generated notebook beside it.
    """

    name: str
    source: Path

    @property
    def folder(self) -> Path:
        return self.source.parent

    @property
    def solution(self) -> Path:
        return self.source.with_suffix(".ipynb")


def course_root(start: Path | None = None) -> Path:
    """The folder that holds nbgrader_config.py: `start` (default: here) or the nearest folder above it.

    Raises BuildError when there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "nbgrader_config.py").exists():
            return folder
    raise BuildError(f"No nbgrader_config.py in {here} or above it: run this inside the course's folder.")


def find_chapters(root: Path, wanted: list[str] | None = None) -> list[Chapter]:
    """The chapters under `root`/solutions in order; `wanted` keeps those that are named, in full or by number.

    Raises BuildError for an unknown name, or a folder that does not hold exactly one percent file.
    """
    chapters = []
    for folder in sorted(path for path in (root / "solutions").glob("*") if path.is_dir()):
        sources = sorted(folder.glob("*.py"))
        if not sources:
            continue
        if len(sources) > 1:
            names = ", ".join(path.name for path in sources)
            raise BuildError(f"solutions/{folder.name} holds {names}: keep one source for each chapter.")
        chapters.append(Chapter(folder.name, sources[0]))
    if not wanted:
        return chapters
    picked = [chapter for chapter in chapters if chapter.name in wanted or chapter.name.split("_")[0] in wanted]
    for name in wanted:
        if not any(name in (chapter.name, chapter.name.split("_")[0]) for chapter in chapters):
            known = ", ".join(chapter.name for chapter in chapters) or "none yet"
            raise BuildError(f"No chapter called {name} in solutions/. There are: {known}.")
    return picked


def cell_slug(name: str) -> str:
    """`name` as a cell id and as an nbgrader grade id: both take 1 to 64 of a-z A-Z 0-9 - _ ("check-5-1")."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "-", name)[:64]


def content_id(cell_type: str, source: str) -> str:
    """An id that follows from a cell's own text, so that it stays when other cells change."""
    return f"{cell_type}-{hashlib.sha256(source.encode()).hexdigest()[:10]}"


def read_source(path: Path) -> NotebookNode:
    """The percent file as a notebook: nbgrader's schema 3 metadata, fixed cell ids, no outputs.

    Raises BuildError, naming file, line and cell, for anything that the roles above do not allow.
    """
    text = path.read_text(encoding="utf-8")
    read = jupytext.reads(text, fmt="py:percent")
    cells: list[NotebookNode] = []
    used: dict[str, str] = {}
    for cell, where in zip(read.cells, _places(path, text, read.cells), strict=True):
        made = _expand(cell, where)
        given = cell.metadata.get("id")
        made.id = cell_slug(given) if given else _unused(content_id(cell.cell_type, cell.source), used)
        if made.id in used:
            raise BuildError(f"{where}: the id {given} is already taken by {used[made.id]}.")
        used[made.id] = where
        cells.append(made)
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat_minor = 5
    return notebook


def own_metadata(cell: NotebookNode) -> dict:
    """What the cell's header says, without jupytext's own notes on blank lines."""
    return {key: value for key, value in cell.metadata.items() if not key.startswith("lines_to_")}


def regions(source: str, begin: str, end: str) -> Iterator[list[str]]:
    """The lines inside each `begin` … `end` region of a cell's source.

    Raises ValueError when the markers are not paired.
    """
    inside: list[str] | None = None
    for line in source.split("\n"):
        if line.strip() == begin:
            if inside is not None:
                raise ValueError(f"two {begin} in a row")
            inside = []
        elif line.strip() == end:
            if inside is None:
                raise ValueError(f"{end} without {begin}")
            yield inside
            inside = None
        elif inside is not None:
            inside.append(line)
    if inside is not None:
        raise ValueError(f"{begin} without {end}")


def _places(path: Path, text: str, cells: list[NotebookNode]) -> list[str]:
    """For each cell, the words that point to it in an error."""
    lines = [number for number, line in enumerate(text.splitlines(), 1) if CELL_MARKER.match(line)]
    at = lines if len(lines) == len(cells) else [None] * len(cells)
    name = f"{path.parent.name}/{path.name}"
    return [
        f"{name}, " + (f"line {line}" if line else f"cell {number}") + _named(cell)
        for number, (line, cell) in enumerate(zip(at, cells, strict=True), 1)
    ]


def _named(cell: NotebookNode) -> str:
    return f" ({cell.metadata['id']})" if "id" in cell.metadata else ""


def _unused(name: str, used: dict[str, str]) -> str:
    numbered, count = name, 1
    while numbered in used:
        count += 1
        numbered = f"{name}-{count}"
    return numbered


def _expand(cell: NotebookNode, where: str) -> NotebookNode:
    """The cell with our short metadata replaced by nbgrader's; all refusals are here."""
    short = own_metadata(cell)
    unknown = sorted(set(short) - KNOWN_KEYS)
    if unknown:
        raise BuildError(f"{where}: unknown metadata {', '.join(unknown)}; use {', '.join(sorted(KNOWN_KEYS))}.")
    if cell.cell_type not in ("code", "markdown"):
        raise BuildError(f"{where}: a {cell.cell_type} cell; only code and markdown are built.")
    role = short.get("role")
    if role is not None and role not in ROLES:
        raise BuildError(f"{where}: unknown role {role!r}; use {', '.join(sorted(ROLES))} or none.")
    if role and "id" not in short:
        raise BuildError(f'{where}: a cell with role {role} needs an id="…".')
    if role in ("forward", "answer", "check") and cell.cell_type != "code":
        raise BuildError(f"{where}: a {cell.cell_type} cell cannot have role {role}; make it a code cell.")
    if "points" in short and role != "check":
        raise BuildError(f"{where}: only a check cell has points.")
    _check_markers(cell.source, role, where)

    metadata: dict = {}
    if role:
        metadata["nbgrader"] = {
            "grade": role == "check",
            "grade_id": cell_slug(short["id"]),
            "locked": role != "answer",
            "schema_version": 3,
            "solution": role == "answer",
            "task": False,
        }
    if role == "forward" and not FORWARD_LINE.match(cell.source):
        raise BuildError(f'{where}: a forward cell begins with "# Forward pass for exercise 5.1: …".')
    if role == "check":
        metadata["nbgrader"]["points"] = _points(short.get("points"), where)
        _check_cell(cell.source, where)
    if short.get("tags"):
        metadata["tags"] = list(short["tags"])
    new = new_code_cell if cell.cell_type == "code" else new_markdown_cell
    return new(cell.source, metadata=metadata)


def _points(points: object, where: str) -> int | float:
    if isinstance(points, bool) or not isinstance(points, int | float) or points <= 0:
        raise BuildError(f"{where}: a check cell needs points=… with a number above 0, not {points!r}.")
    return points


def _check_markers(source: str, role: str | None, where: str) -> None:
    """Solution regions in answer cells, hidden tests in check cells, neither anywhere else."""
    try:
        solution = list(regions(source, BEGIN_SOLUTION, END_SOLUTION))
        hidden = list(regions(source, BEGIN_HIDDEN, END_HIDDEN))
    except ValueError as error:
        raise BuildError(f"{where}: {error}.") from None
    if sum(source.count(marker) for marker in SENTINELS) != 2 * (len(solution) + len(hidden)):
        raise BuildError(f"{where}: write each marker alone on its line, as in {BEGIN_SOLUTION!r}.")
    if role == "answer" and not solution:
        raise BuildError(f"{where}: an answer cell needs a {BEGIN_SOLUTION} … {END_SOLUTION} region.")
    if solution and role != "answer":
        raise BuildError(f'{where}: a solution region outside an answer cell; give the cell role="answer".')
    if hidden and role != "check":
        raise BuildError(f'{where}: hidden tests outside a check cell; give the cell role="check".')


def _check_cell(source: str, where: str) -> None:
    """The visible line, the hidden region, and a last expression for nbgrader to read the points from."""
    lines = source.split("\n")
    if not CHECK_LINE.fullmatch(lines[0]):
        raise BuildError(f'{where}: the first line of a check cell is check("…") and nothing else.')
    hidden = list(regions(source, BEGIN_HIDDEN, END_HIDDEN))
    if len(hidden) != 1 or len(hidden[0]) != len(lines) - 3:
        raise BuildError(f"{where}: after its first line a check cell is one {BEGIN_HIDDEN} … {END_HIDDEN} region.")
    body = ast.parse("\n".join(hidden[0])).body
    if not body or not isinstance(body[-1], ast.Expr):
        raise BuildError(f"{where}: the hidden tests end with an expression whose value is the points earned.")
