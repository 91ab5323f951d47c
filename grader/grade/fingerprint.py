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
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nbformat import NotebookNode

from grader.grade.assignment import Assignment
from grader.grade.figures import drawings

DISTRIBUTIONS = ("torch", "numpy", "scipy", "sympy", "networkx", "ipython", "matplotlib", "safetensors", "nbformat")
# What the environment says that changes a score or an output. The secret is among them: only digests are kept.
VARIABLES = ("GRADER_CARRIED", "GRADER_SECRET", "GRADER_QUICK", "NAMES_FILE")


@dataclass(frozen=True)
class Key:
    """The digests of one submitted notebook: of its execution, and of each graded cell (by grade_id)."""

    notebook: str
    cells: Mapping[str, str]


def fingerprint(
    notebook: NotebookNode,
    assignment: Assignment,
    *,
    data: str,
    settings: Mapping[str, object],
    versions: Mapping[str, str],
) -> Key:
    """The key of a submitted notebook, as `sanitise` makes it: each of the assignment's named cells is there once.

    data: a digest of the files that the notebook can read (`digest_data`). settings: what the grader was told, and the
    environment (`environment`). versions: see `versions`.
    """
    given, tests, alone = _digests(assignment)
    base = digest([given, data, dict(settings), dict(versions)])
    cells: dict[str, str] = {}
    above, whole = [base], [base]
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    left_out = drawings(code, assignment)
    number = 0
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in tests:
            cells[name] = digest([above, tests[name]])
            whole.append(name)
            if not alone:
                above.append(tests[name])
        else:
            shown = digest([cell["cell_type"], cell["source"], name, cell.get("id")])
            whole.append(shown)
            if cell["cell_type"] == "code":
                above.append(f"{shown} {number in left_out}")
        number += cell["cell_type"] == "code"
    return Key(digest(whole), cells)


def separable(assignment: Assignment) -> bool:
    """Whether one test can be run without the others: all run in the verifier, none in the student's process."""
    return all(cell.trusted for cell in assignment.cells if cell.scored)


@lru_cache(16)
def _digests(assignment: Assignment) -> tuple[str, dict[str, str], bool]:
    """Digests of what is given and of each test; whether a test leaves the others alone."""
    given = digest([asdict(cell) for cell in assignment.cells if not cell.scored])
    tests = {cell.grade_id: digest(asdict(cell)) for cell in assignment.cells if cell.scored}
    return given, tests, separable(assignment)


def digest(value: object) -> str:
    """SHA-256 of JSON data, as hex."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digest_data(files: Mapping[str, Path], *folders: Path) -> str:
    """A digest of the files beside a notebook, by relative name, and of all files in `folders` (the course's data)."""
    found = [sorted((name, _digest_file(path)) for name, path in files.items())]
    for folder in folders:
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        found.append([(path.relative_to(folder).as_posix(), _digest_file(path)) for path in paths])
    return digest(found)


def environment(variables: Iterable[str] = VARIABLES) -> dict[str, str | None]:
    """The environment's part of the settings; of a file that a variable names, its content counts as well."""
    found: dict[str, str | None] = {name: os.environ.get(name) for name in variables}
    named = Path(found.get("NAMES_FILE") or "")
    if named.is_file():
        found["names"] = _digest_file(named)
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


def _digest_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _own_source() -> str:
    package = Path(__file__).resolve().parents[1]
    files = sorted(package.rglob("*.py"))
    return digest([(path.relative_to(package).as_posix(), _digest_file(path)) for path in files])
