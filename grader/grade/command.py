"""`python -m grader grade ASSIGNMENT`: a class graded, its gradebook written, a table."""

from __future__ import annotations

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from rich.console import Console

from grader.grade.batch import Outcome, Run
from grader.grade.console import as_json, default_console, progress, show, summary, words
from grader.grade.course import Course
from grader.grade.settings import Settings
from grader.grade.workers import Workforce, cluster, local

STOPPED = 130
MOST_ROWS = 60


def run_class(
    root: Path,
    assignment: str,
    *,
    students: Collection[str] = (),
    jobs: int | None = None,
    scheduler: str | None = None,
    fresh: bool = False,
    as_data: bool = False,
    verbose: bool = False,
    settings: Settings | None = None,
    console: Console | None = None,
) -> int:
    """Grade what was handed in; returns the exit status: 0, 1 where a submission could not be graded, 130 if stopped.

    as_data: print JSON instead of the table. Raises GraderError where the run cannot begin.
    """
    console = console or default_console()
    aside = Console(stderr=True, quiet=not verbose) if as_data else console
    started = time.perf_counter()
    course = Course(root)
    name = course.name_of(assignment)
    run = Run(course, name, students=students, settings=settings, fresh=fresh)
    outcomes: list[Outcome] = []
    try:
        with _workers(jobs, scheduler) as workforce, progress(run, aside) as bar, _terminated_as_interrupted():
            for outcome in show(run.outcomes(workforce), bar, aside, verbose=verbose):
                outcomes.append(outcome)
    except KeyboardInterrupt:
        aside.print(
            f"Stopped after {len(outcomes)} of {len(run.hand_ins)} submissions. What is done is in the gradebook and "
            "its results are kept: the same command goes on from here.",
            soft_wrap=True,
        )
        return STOPPED
    if as_data:
        console.print(as_json(name, outcomes), soft_wrap=True, highlight=False, markup=False)
    else:
        _report(outcomes, console, time.perf_counter() - started)
    return 1 if any(outcome.how == "failed" for outcome in outcomes) else 0


def _report(outcomes: list[Outcome], console: Console, seconds: float) -> None:
    """The table (of a large class only the rows that a person should see), and one line of counts."""
    shown = outcomes
    if len(outcomes) > MOST_ROWS:
        shown = [outcome for outcome in outcomes if outcome.notes][:MOST_ROWS]
    if shown:
        console.print(summary(shown))
    if len(shown) < len(outcomes):
        console.print(f"{len(outcomes) - len(shown)} more submissions are in the gradebook; --json lists them all.")
    people = sum(outcome.written is not None and outcome.written.needs_person for outcome in outcomes)
    counts = words(Counter(outcome.how for outcome in outcomes))
    console.print(f"{len(outcomes)} submissions in {seconds:.1f} s: {counts}.", soft_wrap=True)
    if people:
        console.print(f"{people} wait for a person: nbgrader's Formgrader shows them.", soft_wrap=True)


@contextlib.contextmanager
def _workers(jobs: int | None, scheduler: str | None) -> Iterator[Workforce]:
    with cluster(scheduler) if scheduler else local(jobs) as workforce:
        yield workforce


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A polite SIGTERM, as a batch system sends, stops a run as Ctrl-C does."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
