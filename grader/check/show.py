"""A report as a person sees it: HTML in a notebook and on a feedback page, plain text everywhere else.

The HTML has no script and no style sheet, so it survives nbgrader's feedback pages; a status is a symbol, a word and a
colour; text takes the page's own colours, light or dark.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from grader.check.verdict import Status, Verdict
from grader.record import RECORD

CARRIED = "Carried forward: right, given your own gradients further up; the slip is there."

# Symbol, word and colour (white text on it has a contrast of at least 4.5).
LOOK: dict[Status, tuple[str, str, str]] = {
    "right": ("✓", "right", "#00689d"),
    "carried": ("↳", "carried forward", "#00689d"),
    "shape": ("◧", "wrong shape", "#8a5a00"),
    "wrong": ("✗", "wrong", "#b3440a"),
    "not finite": ("✗", "not finite", "#b3440a"),
    "missing": ("○", "not done", "#5f5f5f"),
    "failed": ("!", "error", "#b3440a"),
}


@dataclass(frozen=True)
class Report:
    """A title, a verdict a line, and sentences below them.

    problem: why there is no verdict at all. brief: the table is folded, and plain text has only what cost points.
    """

    title: str
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    brief: bool = False

    @property
    def passed(self) -> bool:
        return not self.problem and all(verdict.passed for verdict in self.verdicts)

    @property
    def carried(self) -> int:
        """How many lines are right given the student's own upstream gradients."""
        return sum(verdict.status == "carried" for verdict in self.verdicts)

    @property
    def first(self) -> Verdict | None:
        """The verdict to look at first: the first that is neither right nor carried forward; done before not done."""
        open_ = [v for v in self.verdicts if v.status not in ("right", "carried")]
        done = [v for v in open_ if v.status != "missing"]
        return (done or open_ or [None])[0]

    def text(self, hints: int = 0) -> str:
        """The report in plain text, a line each. hints: how many steps of the first hint ladder are said."""
        lines = [f"{self.title}: {self.problem or self.summary()}"]
        if not self.problem and not self.passed and any(v.status != "missing" for v in self.verdicts):
            width = max(len(v.name) for v in self.verdicts)
            told = [v for v in self.verdicts if not self.brief or v.credit < 1]
            lines += [_text_line(v, width, v is self.first) for v in told]
            lines += [CARRIED] if self.carried else []
        ladder = self.first.hints if self.first else ()
        lines += [f"{label}: {hint}" for label, hint in _ladder(ladder)[:hints]]
        return "\n".join([*lines, *self.notes])

    def html(self, hints: int = 0) -> str:
        """The report as an HTML fragment. hints: how many steps of each hint ladder are unfolded already."""
        if self.problem:
            return f"<p><strong>{escape(self.title)}</strong>: {escape(self.problem)}</p>"
        head = f"<p><strong>{escape(self.title)}</strong>: {escape(self.summary())}</p>"
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        if not self.verdicts:
            return head + notes
        rows = "".join(_row(v, v is self.first, hints) for v in self.verdicts)
        table = (
            '<table style="border-collapse:collapse;margin:0 0 .5em 0">'
            '<thead><tr><th scope="col" style="text-align:left">name</th>'
            '<th scope="col" style="text-align:left">verdict</th>'
            f'<th scope="col" style="text-align:left">what it means</th></tr></thead><tbody>{rows}</tbody></table>'
        )
        folded = self.brief or self.passed or all(v.status == "missing" for v in self.verdicts)
        if folded and len(self.verdicts) > 1:
            table = f"<details><summary>line by line</summary>{table}</details>"
        legend = f"<p>{CARRIED}</p>" if self.carried else ""
        return head + table + legend + notes

    def summary(self) -> str:
        """One sentence: how many are right, and where to look first."""
        total = len(self.verdicts)
        right = sum(v.status == "right" for v in self.verdicts)
        missing = sum(v.status == "missing" for v in self.verdicts)
        if right == total:
            return "right." if total == 1 else f"all {total} are right."
        if missing == total:
            return "not done yet." if total == 1 else f"not done yet ({total} lines)."
        parts = [f"{right} of {total} right"]
        if self.carried:
            parts.append(f"{self.carried} carried forward")
        if missing:
            parts.append(f"{missing} not done yet")
        look = f" Look at {self.first.name} first." if self.first and self.first.status != "missing" else ""
        return ", ".join(parts) + "." + look


def show(report: Report, *, hints: int = 0, record: dict[str, object] | None = None) -> None:
    """Display a report: HTML where the front end can, its plain text elsewhere.

    hints: how many hints are unfolded. record: data that is kept beside the picture, for programs.
    """
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(report.text(hints))
        return
    if get_ipython() is None:
        print(report.text(hints))
        return
    bundle = {"text/plain": report.text(hints), "text/html": report.html(hints)}
    display(bundle | ({RECORD: record} if record else {}), raw=True)


def chip(status: Status) -> str:
    """A status as a coloured word with its symbol."""
    symbol, word, colour = LOOK[status]
    return (
        f'<span style="background:{colour};color:#fff;border-radius:3px;padding:1px 6px;white-space:nowrap">'
        f"{symbol} {word}</span>"
    )


def _foldable(label: str, html: str, *, unfolded: bool = False) -> str:
    """A part that unfolds below its label. The label keeps its triangle where a page's own style takes it away."""
    is_open = " open" if unfolded else ""
    return f'<details{is_open}><summary style="display:list-item;cursor:pointer">{label}</summary>{html}</details>'


def meaning(verdict: Verdict) -> str:
    """What a verdict says beyond its word."""
    if verdict.status == "missing" and verdict.message == "Not done yet.":
        return ""
    if verdict.status != "wrong" or verdict.difference is None:
        return verdict.message
    if not verdict.where:
        # The size of a single number would give it away.
        percent = 100 * verdict.difference / verdict.scale if verdict.scale else 0.0
        off = f"Off by {percent:{'.0f' if percent >= 10 else '.2g'}} %." if percent else "It is not zero."
        return f"{off} {verdict.message}".strip()
    where = f" at {list(verdict.where)}"
    gap = f"Largest difference {verdict.difference:.2g}{where}; the largest true entry is {verdict.scale:.2g}."
    return f"{gap} {verdict.message}".strip()


def _row(verdict: Verdict, first: bool, hints: int) -> str:
    mark = " <strong>← look here first</strong>" if first and verdict.status != "missing" else ""
    cell = 'style="text-align:left;vertical-align:top;padding:2px 8px"'
    steps = [
        _foldable(escape(label), f'<div style="margin:0 0 4px 1.1em">{_code(text)}</div>', unfolded=i < hints)
        for i, (label, text) in enumerate(_ladder(verdict.hints))
    ]
    if verdict.picture:
        steps.append(_foldable("picture: yours, expected, difference", verdict.picture))
    return (
        f'<tr><th scope="row" {cell}><code>{escape(verdict.name)}</code></th>'
        f"<td {cell}>{chip(verdict.status)}</td><td {cell}>{escape(meaning(verdict))}{mark}{''.join(steps)}</td></tr>"
    )


def _code(text: str) -> str:
    """Escaped text, with what stands in backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def _ladder(hints: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"hint {number} of {len(hints)}", hint) for number, hint in enumerate(hints, start=1)]


def _text_line(verdict: Verdict, width: int, first: bool) -> str:
    symbol, word, _ = LOOK[verdict.status]
    tail = f"  {meaning(verdict)}" if meaning(verdict) else ""
    mark = "  <- look here first" if first and verdict.status != "missing" else ""
    return f"{symbol} {verdict.name:<{width}}  {word}{tail}{mark}"
