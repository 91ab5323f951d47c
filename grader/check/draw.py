"""Draw the computational graph of flat forward-pass code, one row for each stage.

The graph is read from the text, as the check reads it (`graph`), so the picture cannot differ from the code.
"""

import ast
import builtins
import contextlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from grader.check.errors import ForwardCellError
from grader.check.graph import LIBRARIES, Statement, read_statement

NOT_TENSORS = {*LIBRARIES, *dir(builtins), "n"}
BLUE, ORANGE = "#0072B2", "#E69F00"  # from the Okabe-Ito palette, apart in greyscale too


@dataclass(frozen=True)
class Stage:
    """The statements of one cell under the title that its first line gives."""

    title: str
    statements: tuple[Statement, ...]


def read_stages(cells: Iterable[str]) -> list[Stage]:
    """The stages among `cells`: those whose first line is `# Stage ...`; the last run of a stage counts.

    Raises SyntaxError where such a cell is not Python.
    """
    texts = {cell.splitlines()[0]: cell for cell in cells if cell.startswith("# Stage ")}
    return [Stage(first_line.lstrip("# "), _statements(text)) for first_line, text in texts.items()]


def _statements(text: str) -> tuple[Statement, ...]:
    """The lines that define a tensor, as the check reads them; others, such as a print, are passed over."""
    found = []
    for node in ast.parse(text).body:
        with contextlib.suppress(ForwardCellError):
            found.append(read_statement(node))
    return tuple(found)


def _tensors(statement: Statement) -> list[str]:
    return [name for name in statement.reads if name not in NOT_TENSORS]


def draw_graph(cells: Iterable[str]) -> Axes | None:
    """Draw the stages found in `cells` (in a notebook: `In`); say so and return None where there are none.

    Names in round boxes are tensors, names in grey boxes the parameters and the batch. A thick dashed border
    marks a tensor that more than one statement reads.
    """
    stages = read_stages(cells)
    if not stages:
        print("Nothing to draw yet: run the cells whose first line begins with '# Stage', then this one.")
        return None
    made = [statement.target for stage in stages for statement in stage.statements]
    uses = Counter(name for stage in stages for statement in stage.statements for name in _tensors(statement))
    shared = [name for name in made if uses[name] > 1]
    longest = max(len(stage.statements) for stage in stages)
    _, ax = plt.subplots(figsize=(1.25 * (longest + 1), 1.5 * len(stages)))
    for row, stage in enumerate(stages):
        _draw_stage(ax, stage, -2.2 * row, set(made), set(shared))
    ax.set(xlim=(-0.6, longest + 0.6), ylim=(-2.2 * len(stages) + 1.4, 1.4))
    ax.axis("off")
    ax.set_title(f"{len(made)} statements; {len(shared)} tensors are read twice: {', '.join(shared)}")
    return ax


def _draw_stage(ax: Axes, stage: Stage, y: float, made: set[str], shared: set[str]) -> None:
    here = {statement.target: i + 1 for i, statement in enumerate(stage.statements)}
    ax.text(-0.5, y + 1.05, stage.title, fontsize=11, fontweight="bold", color=BLUE)
    for statement in stage.statements:
        x = here[statement.target]
        _node(ax, statement.target, x, y, statement.target in shared)
        given = [name for name in _tensors(statement) if name not in made]
        for i, name in enumerate(given):
            at = x + 0.62 * (i - (len(given) - 1) / 2)
            ax.text(at, y + 0.78, name, ha="center", va="center", fontsize=9, bbox={"fc": "0.9", "ec": "0.6"})
            _arrow(ax, (at, y + 0.6), (x, y + 0.22))
        for name in [name for name in _tensors(statement) if name in made]:
            start = here.get(name, 0)
            if name not in here:
                _node(ax, name, 0, y, name in shared)
            if x - start == 1:
                _arrow(ax, (start + _half_width(name), y), (x - _half_width(statement.target), y))
            else:
                _arrow(ax, (start, y - 0.2), (x, y - 0.2), bend=0.5 / (x - start))


def _half_width(name: str) -> float:
    return 0.12 + 0.027 * len(name)


def _node(ax: Axes, name: str, x: float, y: float, is_shared: bool) -> None:
    style = {"ec": ORANGE, "lw": 2.4, "ls": "--"} if is_shared else {"ec": "0.3", "lw": 1.0}
    box = {"boxstyle": "round,pad=0.35", "fc": "white", **style}
    ax.text(x, y, name, ha="center", va="center", fontsize=8.5, family="monospace", bbox=box, zorder=3)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], bend: float = 0.0) -> None:
    props = {"arrowstyle": "-|>", "color": "0.25", "lw": 1.1, "connectionstyle": f"arc3,rad={bend}"}
    ax.annotate("", end, start, arrowprops=props, zorder=2)
