"""How a run over a class looks: a progress bar on a terminal, one line at the end elsewhere, a table, or JSON."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from grader.grade.batch import Outcome, Run
from grader.handin.manifest import exercise_of

MOST_SHOWN = 4
HOW = {"graded": "graded", "regraded": "graded in part", "kept": "kept results", "failed": "not graded"}


def default_console() -> Console:
    """A terminal's own width; elsewhere (a pipe, a log) wide enough for the table, in plain text."""
    console = Console()
    return console if console.is_terminal else Console(width=120)


@contextmanager
def progress(run: Run, console: Console) -> Iterator[Progress]:
    """A bar with the time left, and whose submissions the workers have; nothing away from a terminal."""
    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[counts]}"),
        _Workers(run),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task("", total=len(run.hand_ins), counts="")
        yield bar


def show(outcomes: Iterable[Outcome], bar: Progress, console: Console, *, verbose: bool = False) -> Iterator[Outcome]:
    """Pass outcomes on while the bar moves; with `verbose` each leaves a line."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts[outcome.how] += 1
        if verbose:
            console.print(line(outcome), soft_wrap=True, highlight=False)
        if bar.tasks:
            bar.update(bar.tasks[0].id, advance=1, counts=words(counts))
        yield outcome


def line(outcome: Outcome) -> str:
    """One submission in one line: "ada  52 of 60  graded in 0.3 s"."""
    took = sum(outcome.seconds.values())
    spent = f" in {took:.2f} s" if outcome.how in ("graded", "regraded") else ""
    scored = (
        "" if outcome.written is None else f"{outcome.written.total:g} of {sum(outcome.written.maximum.values()):g}  "
    )
    notes = f"  {' '.join(outcome.notes)}" if outcome.notes else ""
    return f"{outcome.student}  {scored}{HOW[outcome.how]}{spent}{notes}"


def words(counts: Counter[str]) -> str:
    """ "12 graded, 300 kept results"."""
    return ", ".join(f"{counts[how]} {name}" for how, name in HOW.items() if counts[how])


def summary(outcomes: Sequence[Outcome]) -> Table:
    """One row a submission: exercises, total, how it was graded, what a person should know."""
    maximum = next((outcome.written.maximum for outcome in outcomes if outcome.written), {})
    table = Table(header_style="bold")
    table.add_column("student", no_wrap=True)
    for name, points in maximum.items():
        table.add_column(f"{exercise_of(name)}\nof {points:g}", justify="right")
    table.add_column(f"total\nof {sum(maximum.values()):g}", justify="right")
    table.add_column("notes")
    for outcome in sorted(outcomes, key=lambda outcome: outcome.student):
        written = outcome.written
        scores = [f"{written.scores.get(name, 0):g}" if written else "–" for name in maximum]
        notes = list(outcome.notes)
        if written and written.late:
            notes.insert(0, f"{written.late / 3600:.1f} h late, penalty {written.penalty:g}.")
        total = f"{written.total:g}" if written else "–"
        table.add_row(outcome.student, *scores, total, Text(" ".join(notes)))
    return table


def as_json(assignment: str, outcomes: Sequence[Outcome]) -> str:
    """All outcomes as one JSON document, for programs."""
    rows = [
        {
            "student": outcome.student,
            "how": outcome.how,
            "total": outcome.written.total if outcome.written else None,
            "scores": outcome.written.scores if outcome.written else None,
            "maximum": outcome.written.maximum if outcome.written else None,
            "seconds_late": outcome.written.late if outcome.written else None,
            "penalty": outcome.written.penalty if outcome.written else None,
            "needs_person": outcome.written.needs_person if outcome.written else None,
            "notes": list(outcome.notes),
            "seconds": dict(outcome.seconds),
        }
        for outcome in sorted(outcomes, key=lambda outcome: outcome.student)
    ]
    return json.dumps({"assignment": assignment, "submissions": rows}, indent=2)


class _Workers(TextColumn):
    """Whose submissions the workers have, and since when."""

    def __init__(self, run: Run) -> None:
        super().__init__("")
        self._run = run

    def render(self, task) -> Text:
        now = time.monotonic()
        busy = [
            f"{student} {now - since:.0f} s"
            for future, (student, since) in list(self._run.running.items())
            if future.running()
        ]
        more = len(busy) - MOST_SHOWN
        return Text(" · ".join(busy[:MOST_SHOWN]) + (f" · {more} more" if more > 0 else ""), style="dim")
