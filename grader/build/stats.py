"""Measures of a chapter beside the shape the course aims for."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass

from nbformat import NotebookNode

from grader.build.source import BEGIN_HIDDEN, END_HIDDEN, regions

# The line that says how hard an exercise is: "●●○ · about 30 minutes · 8 points".
MINUTES = re.compile(r"^[●○]{3}.*?(\d+) minutes", re.MULTILINE)
ALT_LINE = re.compile(r"^\s*[*_]Figure\b", re.MULTILINE)


@dataclass(frozen=True)
class Measure:
    """One line of the report: `value` beside `target`, and whether it lies within."""

    name: str
    value: str
    target: str
    within: bool


def measure(notebook: NotebookNode) -> list[Measure]:
    """The measures of a source notebook: words of markdown, code lines that are not blank, no hidden tests."""
    code = [_visible_lines(cell) for cell in notebook.cells if cell.cell_type == "code"]
    words = [len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown"]
    cells = len(notebook.cells)
    figures = [number for number, cell in enumerate(notebook.cells) if "figure" in cell.metadata.get("tags", [])]
    described = [number for number in figures if _described(notebook, number)]
    points = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells)
    minutes = sum(int(found) for cell in notebook.cells for found in MINUTES.findall(cell.source))
    middle, tail = statistics.median(code or [0]), _percentile(code, 0.9)
    text, longest = statistics.median(words or [0]), max(words, default=0)
    spacing = cells / len(figures) if figures else float("inf")
    return [
        Measure("code lines, median", f"{middle:.0f}", "6 to 10", 6 <= middle <= 10),
        Measure("code lines, p90", f"{tail:.0f}", "at most 20", tail <= 20),
        Measure("words a text cell, median", f"{text:.0f}", "30 to 60", 30 <= text <= 60),
        Measure("words a text cell, most", f"{longest}", "at most 150", longest <= 150),
        Measure("cells a figure", f"{spacing:.1f}" if figures else "no figure", "3 to 4", 3 <= spacing <= 4),
        Measure("figures with a text", f"{len(described)} of {len(figures)}", "all", len(described) == len(figures)),
        Measure("cells", str(cells), "", True),
        Measure("points", f"{points:g}", "", True),
        Measure("minutes of the exercises", str(minutes), "", True),
    ]


def _visible_lines(cell: NotebookNode) -> int:
    hidden = [line for region in regions(cell.source, BEGIN_HIDDEN, END_HIDDEN) for line in (*region, "begin", "end")]
    lines = [line for line in cell.source.split("\n") if line.strip()]
    return len(lines) - len([line for line in hidden if line.strip()])


def _percentile(values: list[int], share: float) -> float:
    ordered = sorted(values or [0])
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _described(notebook: NotebookNode, number: int) -> bool:
    """Whether the figure of cell `number` has an alternative text: a "*Figure: …*" in the next markdown cell."""
    after = notebook.cells[number + 1 : number + 2]
    return bool(after) and after[0].cell_type == "markdown" and bool(ALT_LINE.search(after[0].source))
