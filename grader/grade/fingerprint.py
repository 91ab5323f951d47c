"""What a result depends on, as digests: the names under which results are kept.

A graded cell's score depends on the student's cells above it, on its own tests, on the files beside the notebook, on
the versions of what runs them and on the grader's settings. The executed notebook depends on all of that but the tests.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DISTRIBUTIONS = ("torch", "numpy", "scipy", "sympy", "networkx", "ipython", "matplotlib", "safetensors", "nbformat")
# What the environment says that changes a score or an output. The secret is among them: only digests are kept.
VARIABLES = ("GRADER_CARRIED", "GRADER_SECRET", "GRADER_QUICK", "NAMES_FILE", "OMP_NUM_THREADS")
NOT_DATA = ("*.ipynb", "timestamp.txt")


@dataclass(frozen=True)
class Key:
    """The digests of one submitted notebook: of its execution, and of each graded cell (by grade_id)."""

    notebook: str
    cells: Mapping[str, str]


def fingerprint(notebook: Mapping, *, data: str, settings: Mapping[str, object], versions: Mapping[str, str]) -> Key:
    """The key of a submitted notebook whose locked and graded cells have been restored.

    notebook: nbformat JSON. data: a digest of the files beside it (`digest_files`). settings: what the grader was told,
    and the environment (`environment`). versions: see `versions`.
    """
    base = {"data": data, "settings": dict(settings), "versions": dict(versions)}
    shown = [_shown(cell) for cell in notebook["cells"]]
    kernel = notebook.get("metadata", {}).get("kernelspec", {}).get("name")
    whole = [{"grade_id": cell["grade_id"]} if _is_test(cell) else cell for cell in shown]
    cells: dict[str, str] = {}
    above: list[dict] = []
    for cell in shown:
        if _is_test(cell):
            cells[cell["grade_id"]] = digest([base, kernel, above, cell])
        elif cell["cell_type"] == "code":
            above.append(cell)
    return Key(digest([base, kernel, whole]), cells)


def is_test(cell: Mapping) -> bool:
    """Whether the grader fills this cell: a graded code cell that is not the student's own answer."""
    return _is_test(_shown(cell))


def digest(value: object) -> str:
    """SHA-256 of JSON data, as hex."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digest_files(*folders: Path) -> str:
    """A digest of the names and contents of all files in these folders, without notebooks and time stamps.

    A folder that is missing counts as empty; symbolic links are passed over.
    """
    found = []
    for folder in folders:
        files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        found.append(
            [
                (path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
                for path in files
                if not any(path.match(pattern) for pattern in NOT_DATA)
            ]
        )
    return digest(found)


def environment(variables: Iterable[str] = VARIABLES) -> dict[str, str | None]:
    """The environment's part of the settings; of a file that a variable names, its content counts as well."""
    found: dict[str, str | None] = {name: os.environ.get(name) for name in variables}
    named = Path(found.get("NAMES_FILE") or "")
    if named.is_file():
        found["names"] = hashlib.sha256(named.read_bytes()).hexdigest()
    return found


@cache
def versions() -> dict[str, str]:
    """Versions of Python, of the packages that a notebook computes with, and a digest of the grader's own source."""
    found = {"python": platform.python_version(), "machine": platform.machine(), "grader": _own_source()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def _own_source() -> str:
    package = Path(__file__).resolve().parents[1]
    files = sorted(package.rglob("*.py"))
    return digest(
        [(path.relative_to(package).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    )


def _shown(cell: Mapping) -> dict:
    """What of a cell can change a result: no outputs, no counts, no editor's metadata."""
    metadata = cell.get("metadata", {})
    marks = metadata.get("nbgrader", {})
    return {
        "id": cell.get("id"),
        "cell_type": cell["cell_type"],
        "source": "".join(cell["source"]),
        "tags": sorted(metadata.get("tags", [])),
        **{name: marks.get(name) for name in ("grade_id", "grade", "solution", "locked", "task", "points")},
    }


def _is_test(shown: Mapping) -> bool:
    return bool(shown["grade"] and not shown["solution"] and shown["cell_type"] == "code" and shown["grade_id"])
