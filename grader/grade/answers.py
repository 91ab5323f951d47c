"""A student's answers as a small percent file, and the submitted notebook that they make.

The file's first lines are comments: what the student did, then the score it earns, one or more lines of

    # expected: 5.1=26 5.2=8

A cell `# %% id="answer-5.1-a"` takes the place of that cell of the release; a cell `# %% after="answer-5.1-a"` is
put behind it, as an extra cell of the student's own (several in the order they are written).
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from grader.build.source import CELL_MARKER, BuildError, cell_slug, own_metadata

EXPECTED_LINE = re.compile(r"^# expected: (.+)$", re.MULTILINE)
EXTRA = "extra-"  # how the ids of inserted cells begin
SCORE = re.compile(r"(\d+\.\d+)=(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Answers:
    """What one student hands in.

    student: the file's name without ".py", the student's id in the gradebook.
    about: the file's first comment line.
    expected: exercise -> points, for the exercises that the file names.
    replaced: cell id -> source. inserted: (id of the cell before, source), in order.
    """

    student: str
    about: str
    expected: dict[str, float] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    inserted: tuple[tuple[str, str], ...] = ()


def read_answers(path: Path) -> Answers:
    """Read a student's file; raises BuildError for a line of scores or a cell header that is not as described above."""
    text = path.read_text(encoding="utf-8")
    head, body = _split_head(text)
    expected: dict[str, float] = {}
    for line in EXPECTED_LINE.findall(head):
        for word in line.split():
            score = SCORE.fullmatch(word)
            if not score:
                raise BuildError(f"{path.name}: {word!r} is no score; write an exercise and its points, as 5.1=26.")
            expected[score[1]] = float(score[2])
    replaced: dict[str, str] = {}
    inserted: list[tuple[str, str]] = []
    for cell in jupytext.reads(body, fmt="py:percent").cells if body else []:
        keys = set(own_metadata(cell))
        if keys == {"id"}:
            replaced[cell_slug(cell.metadata["id"])] = cell.source
        elif keys == {"after"}:
            inserted.append((cell_slug(cell.metadata["after"]), cell.source))
        else:
            raise BuildError(f'{path.name}: a cell needs id="…" or after="…", and has {sorted(keys) or "neither"}.')
    about = head.strip().split("\n")[0].lstrip("# ").strip()
    return Answers(path.stem, about, expected, replaced, tuple(inserted))


def read_class(folder: Path) -> list[Answers]:
    """All students' files of a folder, by name. Raises BuildError when there is none."""
    files = sorted(folder.glob("*.py"))
    if not files:
        raise BuildError(f"No submissions (*.py) in {folder}.")
    return [read_answers(path) for path in files]


def submit(answers: Answers, release: NotebookNode) -> NotebookNode:
    """A copy of the release with the student's cells in it. Raises BuildError for an id that the release lacks."""
    release = copy.deepcopy(release)
    positions = {cell.id: cell for cell in release.cells}
    for name in [*answers.replaced, *(before for before, _ in answers.inserted)]:
        if name not in positions:
            raise BuildError(f"{answers.student}: the release has no cell {name}; its ids are {', '.join(positions)}.")
    for name, source in answers.replaced.items():
        positions[name].source = source
    for number, (before, source) in reversed(list(enumerate(answers.inserted, 1))):
        cell = new_code_cell(source, id=f"{EXTRA}{number}")
        release.cells.insert(release.cells.index(positions[before]) + 1, cell)
    return release


def _split_head(text: str) -> tuple[str, str]:
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if CELL_MARKER.match(line)), len(lines))
    return "\n".join(lines[:first]), "\n".join(lines[first:])
