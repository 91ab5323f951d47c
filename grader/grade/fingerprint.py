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
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from grader.grade.assignment import Assignment

DISTRIBUTIONS = ("torch", "numpy", "scipy", "sympy", "networkx", "ipython", "matplotlib", "safetensors", "nbformat")
# What the environment says that changes a score or an output. The secret is among them: only digests are kept.
VARIABLES = ("GRADER_CARRIED", "GRADER_SECRET", "GRADER_QUICK", "NAMES_FILE", "OMP_NUM_THREADS")
NOT_DATA = ("*.ipynb", "timestamp.txt")


@dataclass(frozen=True)
class Key:
    """The digests of one submitted notebook: of its execution, and of each graded cell (by grade_id)."""

    notebook: str
    cells: Mapping[str, str]


def fingerprint(
    submission: Mapping,
    assignment: Assignment,
    *,
    data: str,
    settings: Mapping[str, object],
    versions: Mapping[str, str],
) -> Key:
    """The key of a submitted notebook, as it was handed in.

    data: a digest of the files beside it (`digest_files`). settings: what the grader was told, and the environment
    (`environment`). versions: see `versions`.

    Where the submission has each of the assignment's named cells once, a graded cell depends on the code cells above
    it; otherwise the grader mends the notebook, and each depends on all of it.
    """
    given = [asdict(cell) for cell in assignment.cells if not cell.scored]
    base = digest([given, data, dict(settings), dict(versions)])
    tests = {cell.grade_id: digest(asdict(cell)) for cell in assignment.cells if cell.scored}
    try:
        shown = [_shown(cell) for cell in submission["cells"]]
        rest = {name: value for name, value in submission.items() if name != "cells"}
    except (AttributeError, KeyError, TypeError):
        whole = digest([base, submission])
        return Key(whole, {name: digest([whole, test]) for name, test in tests.items()})
    whole = digest([base, rest, [cell["grade_id"] if cell["grade_id"] in tests else cell for cell in shown]])
    named = [cell["grade_id"] for cell in shown if cell["grade_id"]]
    if sorted(named) != sorted(cell.grade_id for cell in assignment.cells if cell.grade_id):
        return Key(whole, {name: digest([whole, test]) for name, test in tests.items()})
    cells: dict[str, str] = {}
    above = [base, digest(rest)]
    for cell in shown:
        if cell["grade_id"] in tests:
            cells[cell["grade_id"]] = digest([above, tests[cell["grade_id"]]])
        elif cell["cell_type"] == "code":
            above.append(digest(cell))
    return Key(whole, cells)


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
    """What of a cell can change a result: no outputs, no counts, no editor's metadata. Raises where it is no cell."""
    metadata = cell.get("metadata", {})
    marks = metadata.get("nbgrader", {})
    return {
        "id": cell.get("id"),
        "cell_type": cell["cell_type"],
        "source": "".join(cell["source"]),
        "tags": metadata.get("tags"),
        "marks": marks,
        "grade_id": str(marks.get("grade_id") or ""),
    }
