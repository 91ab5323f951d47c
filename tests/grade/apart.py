"""Equal scores in both places: each answer on file tried in the live kernel's way and in its processes.

python -m tests.grade.apart            # every chapter
python -m tests.grade.apart 05 08      # some
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from grader.build.proof import answers_to, exercises, prove
from grader.build.source import Chapter, find_chapters, read_source
from grader.grade.assignment import Assignment, from_source
from grader.grade.grading import grade
from grader.grade.settings import Settings

LIMITS = {"cell_seconds": 120.0, "request_seconds": 120.0, "test_seconds": 300.0}


@dataclass(frozen=True)
class Trial:
    """What one answer earns in one process and in two."""

    exercise: str
    kind: str
    name: str
    live: float
    apart: float
    why: str = ""


def differences(root: Path, chapter: Chapter) -> Iterator[Trial]:
    """Every answer on file for a chapter, its solution and its stub."""
    live = {(o.exercise, o.answer.kind, o.answer.name): o.earned for o in prove(root, chapter)}
    source = read_source(chapter.source)
    whole = from_source(chapter.name, chapter.solution.stem, source)
    above: list[nbformat.NotebookNode] = []
    for exercise, given, own in exercises(source):
        above += given
        assignment = _up_to(whole, above, own)
        for answer in answers_to(root, chapter, exercise, own):
            cells = [c.source for c in above] + [answer.cells.get(c.id, c.source) for c in own[:-1]]
            result = grade(_notebook(cells, own[-1]), assignment, Settings(**LIMITS))
            key = (exercise, answer.kind, answer.name)
            why = " ".join([*result.limits.values(), *(flag for flags in result.flags.values() for flag in flags)])
            yield Trial(*key, live[key], result.scores[own[-1].id], why)
        above += own[:-1]


def _up_to(whole: Assignment, given: list, waiting: list) -> Assignment:
    """The assignment up to one exercise, in which all that stands above it, earlier solutions too, is given."""
    own = {cell.id for cell in waiting}
    first = [replace(whole.cell(c.id) or _free(c.source), source=c.source, solution=False, figure=False) for c in given]
    rest = [cell for cell in whole.cells if cell.grade_id in own]
    return replace(whole, cells=(*first, *rest))


def _free(source: str):
    from grader.grade.assignment import Cell

    return Cell("", "code", source)


def _notebook(sources: list[str], check: nbformat.NotebookNode) -> nbformat.NotebookNode:
    cells = [new_code_cell(source) for source in sources]
    return new_notebook(cells=[*cells, new_code_cell("", metadata={"nbgrader": {"grade_id": check.id}})])


def main(wanted: list[str]) -> int:
    root = Path(__file__).resolve().parents[2]
    unequal = 0
    for chapter in find_chapters(root, wanted):
        count = 0
        for trial in differences(root, chapter):
            count += 1
            if trial.live != trial.apart:
                unequal += 1
                print(f"{trial.exercise}, {trial.kind} answer {trial.name!r}: live {trial.live:g}, "
                      f"apart {trial.apart:g}. {trial.why}", flush=True)  # fmt: skip
        print(f"{chapter.name}: {count} answers tried", flush=True)
    print(f"{unequal} differ." if unequal else "Every answer earns the same in both places.")
    return 1 if unequal else 0


if __name__ == "__main__":
    tempfile.tempdir = tempfile.mkdtemp(prefix="apart-")
    sys.exit(main(sys.argv[1:]))
