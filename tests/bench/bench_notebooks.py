"""How long each solution notebook runs, in full and as it is graded: `python -m tests.bench notebooks`, as Markdown.

"own" leaves out the kernel's start and the first code cell, which imports torch. One notebook runs after another.
CLASS_CHAPTER in the environment names the one chapter to be run.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from grader.build.source import find_chapters

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    named = os.environ.get("CLASS_CHAPTER", "")
    print(
        "| notebook | full, s | quick, s | quick, own, s | longest cell of the full run, s |\n|---|---:|---:|---:|---:|"
    )
    for chapter in find_chapters(ROOT, [named] if named else None):
        full, cells = run(chapter.solution, quick=False)
        quick, quick_cells = run(chapter.solution, quick=True)
        own = sum(quick_cells[1:])
        print(f"| {chapter.name} | {full:.1f} | {quick:.1f} | {own:.1f} | {max(cells):.1f} |", flush=True)


def run(path: Path, *, quick: bool) -> tuple[float, list[float]]:
    """Seconds for all of a notebook, and for each of its code cells."""
    notebook = nbformat.read(path, as_version=4)
    os.environ["GRADER_QUICK"] = "1" if quick else "0"
    started, begun, seconds = time.perf_counter(), {}, []
    client = NotebookClient(
        notebook,
        timeout=600,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_execute=lambda cell_index, **_: begun.update({cell_index: time.perf_counter()}),
        on_cell_executed=lambda cell_index, **_: seconds.append(time.perf_counter() - begun[cell_index]),
    )
    client.execute()
    return time.perf_counter() - started, seconds


if __name__ == "__main__":
    main()
