"""What a test can ask of a submission, bound to the live kernel.

A test text talks to `submission` and to nothing else of the student's. The same text runs in an author's JupyterLab,
where `submission` is the kernel that the text runs in, and in grading. Only data crosses (see `data`).
"""

import contextlib
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache
from types import CodeType
from typing import Protocol

import torch

from grader.check.data import as_data
from grader.check.devices import computing_on
from grader.check.errors import ForwardCellError, SubmissionError
from grader.check.graph import ForwardGraph, find_header
from grader.check.replay import Replay, describe, preserved, run_cells

HIDDEN = "### BEGIN HIDDEN TESTS"


class Submission(Protocol):
    """A student's notebook, as a test sees it."""

    def forward_cells(self, exercise: str) -> list[str]:
        """The sources of the forward-pass cells up to that of `exercise`, in the notebook's order."""

    def value(self, name: str) -> object:
        """The value of a name. Raises SubmissionError where it is missing or no data."""

    def call(self, function: str, *args: object, **kwargs: object) -> object:
        """Call a function that the student wrote, on copies of `args`.

        A callable among the arguments is an oracle: each of its calls comes back to the test, as data.
        Raises SubmissionError where the function is missing, raises, or returns no data.
        """

    def replay(
        self, exercise: str, case: Mapping[str, object], *, disturb: int | None = None, device: str = "cpu"
    ) -> Replay:
        """Run the forward-pass cells, then the answer's, on the inputs of `case`; the gradients that they give.

        disturb: a seed; every tensor that the forward pass makes is changed by some per cent before the answer runs.
        device: where they compute ("cpu", "cuda", "mps").
        """

    def run(self, driver: str, inputs: Mapping[str, object]) -> dict[str, object]:
        """Run a driver's source in the student's namespace; what it leaves in the dictionary `outputs`."""


class LiveSubmission:
    """The submission that is the running kernel.

    namespace: the notebook's globals. history: the sources of the cells run so far, oldest first, without magics.
    """

    def __init__(self, namespace: dict[str, object], history: Callable[[], list[str]]):
        self._namespace = namespace
        self._history = history

    def forward_cells(self, exercise: str) -> list[str]:
        latest = {}
        for source in self._history():
            if header := find_header(source):
                latest[header["exercise"]] = source
        if exercise not in latest:
            raise ForwardCellError(
                f"The forward-pass cell of exercise {exercise} has not been run. Run it, then your answer, "
                "then the check."
            )
        return [latest[other] for other in sorted(latest, key=_order) if _order(other) <= _order(exercise)]

    def has(self, name: str) -> bool:
        return name in self._namespace

    def value(self, name: str) -> object:
        return as_data(self._lookup(name), name)

    def call(self, function: str, *args: object, **kwargs: object) -> object:
        callee = self._lookup(function)
        if not callable(callee):
            raise SubmissionError("missing", f"{function} is a {type(callee).__name__}, not a function.")
        handed = [_hand(argument) for argument in args]
        named = {key: _hand(argument) for key, argument in kwargs.items()}
        try:
            with _on_stdout():
                answer = callee(*handed, **named)
        except (Exception, SystemExit) as error:
            raise SubmissionError("raised", f"{function} stopped: {describe(error)}") from error
        return as_data(answer, f"What {function} returns")

    def replay(
        self, exercise: str, case: Mapping[str, object], *, disturb: int | None = None, device: str = "cpu"
    ) -> Replay:
        forward = self.forward_cells(exercise)
        wanted = _watched(forward)
        with self._preserved():
            for name in wanted:
                self._namespace.pop(name, None)
            self._namespace.update(as_data(dict(case)))
            given = [name for name in wanted if name in case]
            with computing_on(device, self._namespace):
                for cell in forward:
                    exec(compiled(cell, "<forward pass>"), self._namespace)
                if disturb is not None:
                    _disturb(self._namespace, forward, disturb)
                return run_cells(self.answer_cells(exercise), self._namespace, [n for n in wanted if n not in given])

    def run(self, driver: str, inputs: Mapping[str, object]) -> dict[str, object]:
        with self._preserved():
            self._namespace.update({key: _hand(value) for key, value in inputs.items()}, outputs={})
            try:
                with _on_stdout():
                    exec(compiled(driver, "<driver>"), self._namespace)
            except (Exception, SystemExit) as error:
                raise SubmissionError("raised", f"Your code stopped: {describe(error)}") from error
            return as_data(self._namespace["outputs"], "What your code computes")

    def _preserved(self) -> AbstractContextManager[None]:
        """Put the namespace back afterwards."""
        return preserved(self._namespace)

    def _lookup(self, name: str) -> object:
        if name not in self._namespace:
            raise SubmissionError("missing", f"{name} is not defined yet.")
        return self._namespace[name]

    def answer_cells(self, exercise: str) -> list[str]:
        """The cells run since the forward-pass cell of `exercise` was last run, without those with hidden tests."""
        cells = self._history()
        last = max(i for i, source in enumerate(cells) if (h := find_header(source)) and h["exercise"] == exercise)
        return [source for source in cells[last + 1 :] if HIDDEN not in source]


@cache
def compiled(source: str, filename: str) -> CodeType:
    """A driver or a given cell as code: a check runs the same few again and again."""
    return compile(source, filename, "exec")


def _on_stdout() -> AbstractContextManager[object]:
    """Show warnings where prints go: nbgrader gives no points to a graded cell with anything on stderr."""
    return contextlib.redirect_stderr(sys.stdout)


def _disturb(namespace: dict[str, object], forward_cells: list[str], seed: int) -> None:
    """Multiply every tensor that these cells define by 1 + 0.05·noise."""
    g = torch.Generator().manual_seed(seed)
    for cell in forward_cells:
        for statement in ForwardGraph.parse(cell).statements:
            value = namespace[statement.target]
            noise = torch.randn(value.shape, generator=g, dtype=torch.float64, device="cpu").to(value)
            namespace[statement.target] = value * (1 + 0.05 * noise)


def _watched(forward_cells: list[str]) -> list[str]:
    """The names that gradients of any tensor of these cells would have."""
    graphs = [ForwardGraph.parse(cell) for cell in forward_cells]
    tensors = dict.fromkeys(name for graph in graphs for name in (*graph.inputs, *(s.target for s in graph.statements)))
    return [f"d{name}" for name in tensors]


def _order(exercise: str) -> tuple[tuple[int, str], ...]:
    """5.10 comes after 5.9."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in exercise.split("."))


def _hand(value: object) -> object:
    """Data is copied; a callable is handed over as an oracle, which answers in data."""
    if not callable(value):
        return as_data(value, "An input")

    def oracle(*args: object) -> object:
        return as_data(value(*[as_data(argument, "What the oracle was asked") for argument in args]))

    return oracle
