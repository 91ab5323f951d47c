"""Pack a student's notebooks into one file, after running each from top to bottom, and say in words what is missing."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from grader.errors import GraderError
from grader.handin.manifest import Expected, Manifest, digest, exercise_of, graded_cells

CELL_SECONDS = 300
LARGEST = 30_000_000  # bytes; figures make up most of a notebook
NOT_DONE = "not done yet"


@dataclass(frozen=True)
class Readiness:
    """What running one notebook showed.

    done, unfinished: exercises whose check says right, or does not. refusal: why it cannot be handed in, or "".
    remarks: sentences that the student should read; nothing in them stops a hand-in.
    """

    chapter: str
    done: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    refusal: str = ""
    remarks: list[str] = field(default_factory=list)


def find_notebook(root: Path, chapter: str, expected: Expected) -> Path:
    """The student's notebook of a chapter. Raises GraderError where it is not there."""
    path = root / "notebooks" / chapter / expected.name
    if not path.is_file():
        raise GraderError(f"notebooks/{chapter}/{expected.name} is not there. Was it renamed or moved?")
    return path


def read_notebook(path: Path) -> NotebookNode:
    """Raises GraderError where the file is no notebook."""
    if path.stat().st_size > LARGEST:
        size = path.stat().st_size / 1e6
        raise GraderError(f"{path.name} has {size:.0f} MB. In JupyterLab, Edit → Clear Outputs of All Cells, and save.")
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises a dozen kinds for what is no notebook
        raise GraderError(f"{path.name} cannot be read as a notebook ({type(error).__name__}).") from error


def is_touched(notebook: NotebookNode, expected: Expected) -> bool:
    """Whether any cell of the student's differs from the release."""
    return any(
        digest(cell.source) != expected.cells.get(grade_id)
        for grade_id, cell in graded_cells(notebook)
        if cell.metadata["nbgrader"].get("solution")
    )


def look_through(path: Path, chapter: str, expected: Expected) -> Readiness:
    """Run a notebook in a fresh kernel, quick, and say what a grader will find. The file itself is not changed."""
    try:
        notebook = read_notebook(path)
    except GraderError as error:
        return Readiness(chapter, refusal=str(error))
    cells = dict(graded_cells(notebook))
    lost = [grade_id for grade_id in expected.cells if grade_id not in cells]
    if len(lost) == len(expected.cells):
        return Readiness(chapter, refusal=f"{path.name} holds none of this chapter's exercises.")
    remarks = [f"The cell {grade_id} is gone: its exercise earns nothing without it." for grade_id in lost]
    shown = {grade_id: _report(cell) for grade_id, cell in cells.items()}
    try:
        errors = _execute(notebook, path.parent)
    except DeadKernelError:
        return Readiness(chapter, refusal="the kernel died while the notebook ran from top to bottom.")
    except CellTimeoutError:
        return Readiness(chapter, refusal=f"a cell ran for more than {CELL_SECONDS} s.")
    remarks += errors
    done, unfinished = [], []
    for grade_id, cell in graded_cells(notebook):
        if not cell.metadata["nbgrader"].get("grade"):
            continue
        exercise = exercise_of(grade_id)
        now, before = _report(cell), shown.get(grade_id, "")
        (done if _passed(now) else unfinished).append(exercise)
        if _passed(before) and not _passed(now):
            remarks.append(
                f"Exercise {exercise} was right when you last ran its check, and is not when the notebook runs from "
                "top to bottom: does it use something that was defined further down, or deleted?"
            )
    return Readiness(chapter, tuple(done), tuple(unfinished), remarks=remarks)


def pack(root: Path, manifest: Manifest, chapters: list[str], place: Path) -> Path:
    """Write the notebooks of `chapters` into one zip file in the folder `place`; returns its path."""
    numbers = "-".join(chapter.split("_")[0] for chapter in chapters)
    path = place / f"submission-{numbers}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for chapter in chapters:
            file = find_notebook(root, chapter, manifest.chapters[chapter])
            archive.write(file, f"{chapter}/{file.name}")
    return path


def _execute(notebook: NotebookNode, folder: Path) -> list[str]:
    """Run every cell, errors and all; a sentence for each of the first errors, by cell."""
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL_SECONDS,
        allow_errors=True,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    dropped = ("NBGRADER_EXECUTION", "MPLBACKEND")
    client.execute(env={k: v for k, v in os.environ.items() if k not in dropped} | {"GRADER_QUICK": "1"})
    found = []
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
        for output in cell.outputs:
            if output.output_type == "error":
                first = cell.source.strip().split("\n")[0][:60]
                found.append(f"Code cell {number} (`{first}`) stops with {output.ename}: {output.evalue}"[:300])
    return found[:5] + ([f"… and {len(found) - 5} more cells stop."] if len(found) > 5 else [])


def _report(cell: NotebookNode) -> str:
    """What the check last said below this cell, in plain text."""
    return "\n".join(
        str(output.get("data", {}).get("text/plain", "")) for output in cell.get("outputs", []) if "data" in output
    )


def _passed(report: str) -> bool:
    first = report.split("\n")[0]
    return first.endswith((": right.", "are right."))
