"""The proof that a chapter's tests bite: each wrong answer on file is rejected, each right variant accepted.

Answers stand in tests/wrong/<chapter>/<exercise>.py, a percent file, one answer a cell:

    # %% right="a loop over the rows"
    # %% wrong="mean for sum" says="factor"
    # %% wrong="overflows at 1000" only="hidden" cell="answer-2.2-b"

`says` must stand in the visible check's report. `only="hidden"` marks an answer that the visible check lets pass.
`cell` names the answer cell that is replaced, the exercise's first one by default; its other cells keep the solution.
The chapter's own solution is a right answer, and its untouched stub a wrong one, without being written down.
"""

import contextlib
import io
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from grader.build.source import (
    BEGIN_HIDDEN,
    BEGIN_SOLUTION,
    CHECK_LINE,
    END_HIDDEN,
    Chapter,
    cell_slug,
    own_metadata,
    read_source,
    regions,
)

# A cell of an answer that takes longer is cut off: some wrong answers never end.
CELL_SECONDS = 30
STUB = "pass  # your code here"
KEYS = {"right", "wrong", "says", "only", "cell"}


class TooLong(BaseException):
    """An answer or its tests do not end. Not an Exception, which an answer's own `except Exception` would swallow."""


@dataclass(frozen=True)
class Answer:
    """One answer to an exercise. kind: "right" or "wrong". cells: the sources that replace answer cells, by cell id."""

    kind: str
    name: str
    cells: dict[str, str]
    says: str = ""
    only_hidden: bool = False


@dataclass(frozen=True)
class Outcome:
    """What the tests made of one answer. `fault` is empty where they did what they should, else a sentence."""

    exercise: str
    answer: Answer
    earned: float
    points: float
    report: str
    fault: str


class Rehearsal:
    """A chapter's notebook run in this process, cell by cell, as a kernel would."""

    def __init__(self):
        from IPython.display import display

        from grader.check.submission import LiveSubmission

        self.history: list[str] = []
        self.namespace: dict[str, object] = {"__name__": "__main__", "In": self.history, "display": display}
        self.submission = LiveSubmission(self.namespace, lambda: list(self.history))

    def run(self, source: str) -> None:
        """Run one cell; an error ends the cell and is raised."""
        from grader.check.replay import replaying

        self.history.append(source)
        # Checks among the given cells have no kernel to look at.
        token = replaying.set(True)
        try:
            exec(compile(source, f"<cell {len(self.history)}>", "exec"), self.namespace)
        finally:
            replaying.reset(token)

    def grade(self, source: str) -> tuple[str, bool, float]:
        """The visible check's report and whether it passed, and the points of the hidden region of a check cell."""
        import ast

        from grader.check.checker import report_on

        exercise = CHECK_LINE.match(source.split("\n")[0])[2]
        report = report_on(self.submission, exercise)
        (hidden,) = regions(source, BEGIN_HIDDEN, END_HIDDEN)
        body = ast.parse("\n".join(hidden)).body
        scope = {"submission": self.submission}
        exec(compile(ast.Module(body[:-1], []), "<hidden tests>", "exec"), scope)
        earned = eval(compile(ast.Expression(body[-1].value), "<hidden tests>", "eval"), scope)
        # All hints: what a student can unfold is what the check says.
        return report.text(hints=3), report.passed, earned


def prove(root: Path, chapter: Chapter) -> Iterator[Outcome]:
    """Try every answer on file for a chapter, its solution and its stub; an outcome each."""
    from grader.check.replay import preserved

    rehearsal = Rehearsal()
    with contextlib.chdir(chapter.folder), _environment(GRADER_QUICK="1", MPLBACKEND="Agg"), _default_dtype():
        for exercise, given, own in exercises(read_source(chapter.source)):
            with _quiet():
                for cell in given:
                    rehearsal.run(cell.source)
            for answer in answers_to(root, chapter, exercise, own):
                history = list(rehearsal.history)
                with preserved(rehearsal.namespace):
                    yield _try(rehearsal, exercise, answer, own)
                rehearsal.history[:] = history
            with _quiet():
                for cell in own[:-1]:
                    rehearsal.run(cell.source)


def exercises(source: NotebookNode) -> Iterator[tuple[str, list[NotebookNode], list[NotebookNode]]]:
    """Each exercise's number, the code cells given before it, and its own, from its first answer to its check."""
    given: list[NotebookNode] = []
    own: list[NotebookNode] = []
    for cell in (cell for cell in source.cells if cell.cell_type == "code"):
        meta = cell.metadata.get("nbgrader", {})
        (own if own or meta.get("solution") else given).append(cell)
        if meta.get("grade"):
            yield CHECK_LINE.match(cell.source.split("\n")[0])[2], given, own
            given, own = [], []


def answers_to(root: Path, chapter: Chapter, exercise: str, cells: list[NotebookNode]) -> list[Answer]:
    """The answers to an exercise: its solution, its stub, and those on file.

    cells: from the exercise's first answer cell to its check.
    """
    own = [c for c in cells if c.metadata.get("nbgrader", {}).get("solution")]
    mine = [c for c in own if re.match(rf"answer-{re.escape(cell_slug(exercise))}(-|$)", c.id)] or own
    stubs = {c.id: _stub(c.source) for c in mine}
    found = [Answer("right", "the solution", {}), Answer("wrong", "the untouched stub", stubs)]
    path = root / "tests" / "wrong" / chapter.name / f"{exercise}.py"
    if not path.exists():
        return found
    for cell in jupytext.read(path, fmt="py:percent").cells:
        meta = own_metadata(cell)
        if cell.cell_type != "code" or not meta:
            continue
        kind = "right" if "right" in meta else "wrong"
        if set(meta) - KEYS or kind not in meta:
            raise ValueError(
                f"{path.name}: a cell needs right=… or wrong=…, and may have says, only, cell; not {dict(meta)}."
            )
        target = cell_slug(meta.get("cell", mine[0].id))
        if target not in stubs:
            raise ValueError(
                f"{path.name}: there is no answer cell {target}; exercise {exercise} has {', '.join(stubs)}."
            )
        found.append(
            Answer(kind, meta[kind], {target: cell.source}, meta.get("says", ""), meta.get("only") == "hidden")
        )
    return found


def _try(rehearsal: Rehearsal, exercise: str, answer: Answer, cells: list[NotebookNode]) -> Outcome:
    points = cells[-1].metadata["nbgrader"]["points"]
    with _quiet():
        for cell in cells[:-1]:
            # A wrong answer may raise or never end; a notebook would go on with the next cell.
            with contextlib.suppress(Exception, TooLong), _limit(CELL_SECONDS):
                rehearsal.run(answer.cells.get(cell.id, cell.source))
        try:
            with _limit(CELL_SECONDS):
                report, passed, earned = rehearsal.grade(cells[-1].source)
        except TooLong as error:
            return Outcome(exercise, answer, 0.0, points, "", f"its tests do not end: {error}")
    return Outcome(exercise, answer, earned, points, report, _fault(answer, passed, earned, points, report))


def _fault(answer: Answer, passed: bool, earned: float, points: float, report: str) -> str:
    if type(earned) is not float:
        return f"the hidden tests end in a {type(earned).__name__}, not a plain float"
    if answer.kind == "right":
        if earned != points:
            return f"a right answer earns {earned:g} of {points:g}"
        return "" if passed else "the visible check refuses a right answer"
    if answer.name == "the untouched stub" and earned:
        return f"the stub earns {earned:g}"
    if earned >= points:
        return "a wrong answer earns all points"
    if passed and not answer.only_hidden:
        return "the visible check passes a wrong answer"
    if answer.says and answer.says.lower() not in report.lower():
        return f"the visible check does not say {answer.says!r}"
    return ""


def _stub(source: str) -> str:
    """The released cell: nbgrader's way of replacing a solution region, at the region's indentation."""
    lines, inside = [], False
    for line in source.split("\n"):
        if line.strip() == BEGIN_SOLUTION:
            inside = True
            lines.append(line[: len(line) - len(line.lstrip())] + STUB)
        elif inside:
            inside = not line.strip().startswith("### END SOLUTION")
        else:
            lines.append(line)
    return "\n".join(lines)


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Set environment variables, and put back what was there."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _default_dtype() -> Iterator[None]:
    """Put torch's default dtype back: a chapter may set it."""
    import torch

    before = torch.get_default_dtype()
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextlib.contextmanager
def _limit(seconds: int) -> Iterator[None]:
    """Raise TooLong in what runs longer. Does nothing where there are no alarms (Windows)."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise TooLong(f"they run for more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
    import matplotlib.pyplot as plt

    plt.close("all")
