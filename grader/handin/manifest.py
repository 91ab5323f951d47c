"""What each released notebook must hold when it comes back.

The archive that students get carries it as a file; in the course's own folder it is read from the releases.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.errors import GraderError

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Expected:
    """One chapter's notebook. name: its file name. cells: grade_id -> SHA-256 of the released source."""

    name: str
    cells: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """chapters: folder name -> what its notebook must hold."""

    chapters: dict[str, Expected]

    @classmethod
    def of(cls, notebooks: Mapping[str, tuple[str, NotebookNode]]) -> Manifest:
        """From released notebooks: chapter -> (file name, notebook)."""
        return cls(
            {
                chapter: Expected(name, {grade_id: digest(cell.source) for grade_id, cell in graded_cells(notebook)})
                for chapter, (name, notebook) in notebooks.items()
            }
        )

    def dumps(self) -> str:
        return json.dumps({chapter: asdict(expected) for chapter, expected in self.chapters.items()}, indent=1) + "\n"

    @classmethod
    def loads(cls, text: str) -> Manifest:
        return cls({chapter: Expected(**expected) for chapter, expected in json.loads(text).items()})

    @classmethod
    def find(cls, root: Path) -> Manifest:
        """The manifest beside this module, else one made from `root`/notebooks. Raises GraderError without either."""
        file = Path(__file__).with_name(MANIFEST)
        if file.exists():
            return cls.loads(file.read_text(encoding="utf-8"))
        releases = {path.parent.name: path for path in sorted((root / "notebooks").glob("*/*.ipynb"))}
        if not releases:
            raise GraderError(f"No notebooks/ in {root}: run this in the workbook's folder.")
        return cls.of({chapter: (path.name, nbformat.read(path, as_version=4)) for chapter, path in releases.items()})

    def pick(self, wanted: Iterable[str]) -> list[str]:
        """The chapters named, in full or by number; all where none is. Raises GraderError for an unknown name."""
        picked = []
        for name in wanted:
            found = [chapter for chapter in self.chapters if name in (chapter, chapter.split("_")[0])]
            if not found:
                raise GraderError(f"No chapter called {name}. There are: {', '.join(self.chapters)}.")
            picked += found
        return picked or list(self.chapters)


def graded_cells(notebook: NotebookNode) -> list[tuple[str, NotebookNode]]:
    """(grade_id, cell) of every cell that nbgrader knows, in order."""
    found = []
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader")
        if isinstance(meta, dict) and isinstance(meta.get("grade_id"), str):
            found.append((meta["grade_id"], cell))
    return found


def exercise_of(grade_id: str) -> str:
    """ "check-5-1" -> "5.1"."""
    return grade_id.removeprefix("check-").replace("-", ".")


def digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
