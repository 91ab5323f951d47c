"""Kept results: one JSON file an executed notebook, one a graded cell, named by what they depend on (`fingerprint`).

A file is written beside its place and moved there, so that a reader finds all of it or none, whatever kills the
writer. The folder may be deleted at any time: what is missing is computed again. It holds hidden tests, so it is the
instructor's.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from grader.grade.fingerprint import Key
from grader.grade.result import Result

FORMAT = 1
PER_CELL = ("records", "flags", "limits")
FOLDER = "kept"  # beside the gradebook


class Store:
    """Results in `folder`, which is made when the first one is put."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: Key) -> Result | None:
        """The result, or None where any part of it is missing."""
        found = self.partial(key)
        return found if found is not None and set(found.scores) == set(key.cells) else None

    def partial(self, key: Key) -> Result | None:
        """The executed notebook with those graded cells that are kept, or None where the notebook is not kept.

        The graded cells that are not kept lack a score, and in the notebook they lack outputs.
        """
        kept = self._read("notebooks", key.notebook)
        if kept is None:
            return None
        cells = {grade_id: self._read("cells", name) for grade_id, name in key.cells.items()}
        result = Result(**kept)
        for cell in result.notebook["cells"]:
            grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if found := cells.get(grade_id):
                cell.update(found["cell"])
                result.scores[grade_id] = found["score"]
                for part in PER_CELL:
                    if found[part] is not None:
                        getattr(result, part)[grade_id] = found[part]
        return result

    def put(self, key: Key, result: Result) -> None:
        """Keep a result. Raises ValueError where a score is missing or no finite number."""
        if missing := set(key.cells) - set(result.scores):
            raise ValueError(f"no score for {', '.join(sorted(missing))}")
        whole = asdict(result)
        whole["scores"] = {}
        for part in PER_CELL:
            whole[part] = {name: value for name, value in whole[part].items() if name not in key.cells}
        for cell in whole["notebook"]["cells"]:
            grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if grade_id not in key.cells:
                continue
            kept = {"cell": {name: cell[name] for name in ("source", "outputs", "execution_count")}}
            kept["score"] = result.scores[grade_id]
            kept |= {part: getattr(result, part).get(grade_id) for part in PER_CELL}
            self._write("cells", key.cells[grade_id], kept)
            cell.update(source="", outputs=[], execution_count=None)
        self._write("notebooks", key.notebook, whole)

    def _path(self, kind: str, name: str) -> Path:
        return self.folder / kind / name[:2] / f"{name}.json"

    def _read(self, kind: str, name: str) -> dict | None:
        """What is kept under this name; None where there is nothing, or nothing that can be read."""
        try:
            kept = json.loads(self._path(kind, name).read_bytes())
            return kept["value"] if kept["format"] == FORMAT else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self, kind: str, name: str, value: Mapping) -> None:
        text = json.dumps({"format": FORMAT, "value": value}, allow_nan=False, separators=(",", ":"))
        write_atomically(self._path(kind, name), text.encode())


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file so that its place holds either what was there before or all of `content`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
