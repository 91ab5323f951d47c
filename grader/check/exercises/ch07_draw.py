"""Chapter 07: diagrams of boxes and arrows. Solid and blue goes forward, dashed and vermilion comes back."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

BLUE, ORANGE, VERMILION = "#0072B2", "#E69F00", "#D55E00"
FORWARD = {"arrowstyle": "-|>", "color": BLUE, "lw": 2}
BACK = {"arrowstyle": "-|>", "color": VERMILION, "lw": 2, "ls": "--"}


def canvas(width: float, height: float, xlim: tuple, ylim: tuple, title: str) -> Axes:
    """Axes without axes."""
    _, ax = plt.subplots(figsize=(width, height))
    ax.set(xlim=xlim, ylim=ylim, title=title)
    ax.axis("off")
    return ax


def box(ax: Axes, x: float, y: float, text: str, thick: bool = False) -> None:
    style = {"fc": "white", "ec": "black", "pad": 8, "lw": 3 if thick else 1}
    ax.text(x, y, text, ha="center", va="center", bbox=style)


def draw_function(title: str) -> None:
    """Three boxes in a row, values forward, cotangents back, and the saved tensors below the middle one."""
    ax = canvas(9, 2.7, (-0.2, 8.2), (-1.2, 1.2), title)
    for left, name in [(0, "f"), (3, "your Function"), (6, "g")]:
        ax.add_patch(plt.Rectangle((left, 0), 2, 1, fc="white", ec="black", lw=3 if left == 3 else 1))
        ax.text(left + 1, 0.5, name, ha="center", va="center")
    for left, value in [(2, "x"), (5, "y")]:
        ax.annotate("", (left + 1, 0.8), (left, 0.8), arrowprops=FORWARD)
        ax.annotate("", (left, 0.2), (left + 1, 0.2), arrowprops=BACK)
        ax.text(left + 0.5, 0.92, value, color=BLUE, ha="center")
        ax.text(left + 0.5, -0.12, f"grad_{value}", color=VERMILION, ha="center")
    ax.add_patch(plt.Rectangle((3.4, -1.1), 1.2, 0.5, fc="0.9", ec="black", hatch="//"))
    ax.text(4.75, -0.9, "saved tensors")
    ax.annotate("", (3.7, -0.6), (3.7, 0), arrowprops=FORWARD)
    ax.annotate("", (4.3, 0), (4.3, -0.6), arrowprops=BACK)


def draw_tape(names: list[str], thick: str, title: str) -> None:
    """The boxes of a tape from the last one back; the one called `thick` has a thick border."""
    ax = canvas(9, 1.2, (-0.8, len(names) - 0.4), (-0.6, 0.6), title)
    for k, name in enumerate(names):
        ax.annotate("", (k - 0.34, 0), (k - 0.68, 0), arrowprops=BACK)
        box(ax, k, 0, name, thick=name == thick)


def draw_players(title: str) -> None:
    """Features with two heads, one of them behind a reversal."""
    ax = canvas(9, 2.5, (-1, 7.2), (-1.5, 1.2), title)
    for start, end, word in [
        ((0.5, 0.2), (5.35, 0.8), "+ gradient"),
        ((0.5, -0.15), (2.5, -0.65), "− λ · gradient"),
        ((3.5, -0.7), (5.3, -0.7), "+ gradient"),
    ]:
        ax.annotate("", end, start, arrowprops=FORWARD)
        ax.annotate("", (start[0], start[1] - 0.2), (end[0], end[1] - 0.2), arrowprops=BACK)
        ax.text((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 0.5, word, color=VERMILION, ha="center", fontsize=9)
    for name, x, y in [("features", 0, 0), ("which digit?", 6, 0.7), ("reversal", 3, -0.8), ("which camera?", 6, -0.8)]:
        box(ax, x, y, name, thick=name == "reversal")


def draw_history(kept: Mapping[str, bool], title: str) -> None:
    """What was kept, by name, and whether backward finds it with its history."""
    ax = canvas(8, 0.45 * len(kept) + 0.5, (-2.2, 5.2), (-len(kept) + 0.4, 1.2), title)
    ax.text(1, 0.6, "save_for_backward", ha="center")
    for k, (name, alive) in enumerate(kept.items()):
        style = {**FORWARD} if alive else {"arrowstyle": "-", "color": VERMILION, "lw": 2, "ls": ":"}
        ax.text(0, -k, name, ha="right", va="center")
        ax.annotate("", (2, -k), (0.1, -k), arrowprops=style)
        word = "with its history" if alive else "✕ a constant: its terms are lost"
        ax.text(2.1, -k, word, va="center", color=style["color"])


def draw_verdicts(verdicts: Mapping[str, Mapping[str, bool | None]], title: str) -> None:
    """A table of words: by function, by check, whether it passes, is caught, or was not tried (None)."""
    _, ax = plt.subplots(figsize=(9, 0.6 * len(verdicts) + 0.6))
    looks = {True: ("passes", "white"), False: ("caught", ORANGE), None: ("–", "0.9")}
    for i, row in enumerate(verdicts.values()):
        for j, passed in enumerate(row.values()):
            word, shade = looks[passed]
            ax.text(j, -i, word, ha="center", va="center", bbox={"fc": shade, "ec": "black", "pad": 6})
    checks = list(next(iter(verdicts.values())))
    ax.set(xlim=(-0.6, len(checks) - 0.4), ylim=(0.4 - len(verdicts), 0.6), title=title)
    ax.set(xticks=range(len(checks)), xticklabels=checks)
    ax.set(yticks=[-i for i in range(len(verdicts))], yticklabels=list(verdicts))
    ax.grid(False)
