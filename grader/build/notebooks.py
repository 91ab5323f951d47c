"""Building chapters, and the check that what is generated is what the sources say."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.build.outputs import code_cells, fill
from grader.build.release import make_release
from grader.build.source import Chapter, find_chapters, read_source

RELEASE = "notebooks"
LARGE = 1 << 16  # characters of a cell that is not worth keeping in memory
# What nbformat writes around the cells of a notebook that has nothing else.
BEFORE_CELLS, AFTER_CELLS = '{\n "cells": [\n', '\n ],\n "metadata": {}\n}'


def build(
    root: Path, wanted: list[str] | None = None, *, execute: bool = False, say: Callable[[str], None] = print
) -> list[Path]:
    """Write each chapter's solution notebook and its release; returns the files whose bytes changed.

    A file that is already right is not touched. Raises BuildError; what was built before the error stays.
    """
    changed: list[Path] = []
    for chapter in find_chapters(root, wanted):
        notebook = read_source(chapter.source)
        released = _release(root, chapter, notebook)
        started = time.perf_counter()
        say(f"{chapter.name}: building")
        ran = fill(notebook, read_stored(chapter.solution), chapter.folder, execute=execute)
        took = f"executed in {time.perf_counter() - started:.0f} s" if ran else "outputs kept"
        files = {chapter.solution: as_bytes(notebook)}
        files |= {root / RELEASE / name: content for name, content in released.items()}
        new = [path for path, content in files.items() if _write(path, content)]
        names = ", ".join(path.relative_to(root).as_posix() for path in new)
        say(f"{chapter.name}: {took}; " + (f"wrote {names}" if new else "nothing to write"))
        changed += new
    return changed


def stale(root: Path) -> list[str]:
    """One sentence for each generated file that is not what its source makes, outputs aside. Executes nothing."""
    found: list[str] = []
    expected: set[Path] = set()
    for chapter in find_chapters(root):
        notebook = read_source(chapter.source)
        files = {root / RELEASE / name: content for name, content in _release(root, chapter, notebook).items()}
        expected |= {chapter.solution, *files}
        found += _differences(root, {chapter.solution: as_bytes(notebook)}, without_outputs=True)
        found += _differences(root, files)
    made = [*(root / "solutions").glob("*/*.ipynb"), *(root / RELEASE).rglob("*.ipynb")]
    for path in sorted(set(made) - expected):
        if ".ipynb_checkpoints" not in path.parts:
            found.append(f"{path.relative_to(root).as_posix()} comes from no source: delete it")
    return found


def as_bytes(notebook: NotebookNode) -> bytes:
    """The notebook as it is stored: nbformat's own layout, one newline at the end.

    Most cells of a class's notebooks are the same, and a layout takes long: each cell's is made once.
    """
    texts = [json.dumps(cell) for cell in notebook.cells]
    cells = ",\n".join((_kept_layout if len(text) < LARGE else _layout)(text) for text in texts)
    rest = nbformat.v4.writes(NotebookNode({**notebook, "cells": []}))
    return (rest.replace('"cells": []', f'"cells": [\n{cells}\n ]' if cells else '"cells": []', 1) + "\n").encode()


def _layout(cell: str) -> str:
    """A cell (JSON) as it stands in a stored notebook: what nbformat writes for it alone, without what is around it."""
    alone = nbformat.from_dict({"cells": [json.loads(cell)], "metadata": {}})
    return nbformat.v4.writes(alone).removeprefix(BEFORE_CELLS).removesuffix(AFTER_CELLS)


# Bounded: a class of any size keeps as much.
_kept_layout = lru_cache(maxsize=256)(_layout)


def read_stored(path: Path) -> NotebookNode | None:
    """The notebook on disk, or None where there is none or it cannot be read (it is generated: it is made anew)."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError):
        return None


def _release(root: Path, chapter: Chapter, notebook: NotebookNode) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as workshop:
        return make_release(root, chapter, notebook, Path(workshop))


def _write(path: Path, content: bytes) -> bool:
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


def _differences(root: Path, files: dict[Path, bytes], *, without_outputs: bool = False) -> list[str]:
    found = []
    for path, content in files.items():
        name = path.relative_to(root).as_posix()
        if not path.exists():
            found.append(f"{name} is missing")
        elif (_canonical(path) if without_outputs else path.read_bytes()) != content:
            found.append(f"{name} is not what its source makes")
    return found


def _canonical(path: Path) -> bytes:
    """A stored solution's bytes with its outputs taken out; its raw bytes where they are not in nbformat's layout."""
    raw = path.read_bytes()
    stored = read_stored(path)
    if stored is None or as_bytes(stored) != raw:
        return raw
    for number, cell in enumerate(code_cells(stored), 1):
        if cell.execution_count != number:
            return raw
        cell.outputs, cell.execution_count = [], None
    return as_bytes(stored)
