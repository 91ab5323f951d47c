"""Exercises whose answer is a function or a value: ask the submission, compare, explain."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch

from grader.check.errors import SubmissionError
from grader.check.submission import Submission
from grader.check.verdict import Verdict, compare


def expect(
    submission: Submission,
    line: str,
    function: str,
    *args: object,
    want: object,
    because: str = "",
    tol: float | None = None,
    **kwargs: object,
) -> Verdict:
    """The verdict on `function(*args, **kwargs)`, a function that the student wrote.

    line: what this case is, in words ("large logits"). want: the right answer (tensor, array, number, string, bool or
    a list of them), from an independent source. because: what a wrong answer here usually means, shown only then.
    tol: the largest absolute difference that is right, where the dtype's own bound (`tolerance`) does not apply.
    """
    try:
        got = submission.call(function, *args, **kwargs)
    except SubmissionError as error:
        return refused(line, error)
    return matches(line, got, want, because=because, tol=tol)


def expect_value(
    submission: Submission, name: str, *, want: object, because: str = "", tol: float | None = None
) -> Verdict:
    """The verdict on a value that the student computed, by its name. See `expect`."""
    try:
        got = submission.value(name)
    except SubmissionError as error:
        return refused(name, error)
    return matches(name, got, want, because=because, tol=tol)


def expect_that(line: str, holds: bool, otherwise: str) -> Verdict:
    """The verdict on a property that a test has computed: right if it holds, else wrong with a sentence."""
    return Verdict(line, "right") if holds else Verdict(line, "wrong", otherwise)


def ask(
    submission: Submission, line: str, question: Callable[[], object], judge: Callable[[object], Verdict]
) -> Verdict:
    """The verdict of `judge` on what `question()` gets from the submission; a refusal or None is judged here."""
    try:
        got = question()
    except SubmissionError as error:
        return refused(line, error)
    return Verdict(line, "missing", "Not done yet.") if got is None else judge(got)


def in_turn(first: Verdict, *later: Verdict) -> list[Verdict]:
    """The lines; where the first is wrong, those that follow from it name no cause of their own."""
    if first.passed or first.status == "missing":
        return [first, *later]
    text = f"Look again once “{first.name}” is right."
    return [first, *(line if line.passed else Verdict(line.name, line.status, text) for line in later)]


def refused(line: str, error: SubmissionError) -> Verdict:
    """The verdict where the submission gave no answer."""
    return Verdict(line, "missing" if error.kind == "missing" else "failed", str(error))


def matches(line: str, got: object, want: object, *, because: str = "", tol: float | None = None) -> Verdict:
    """The verdict on `got` beside `want`: numbers and arrays by `tolerance` or `tol`, everything else by equality."""
    if got is None:
        return Verdict(line, "missing", "Not done yet.")
    if isinstance(want, list | tuple):
        return _matches_each(line, got, want, because, tol)
    if isinstance(want, bool | str) or want is None:
        right = type(got) is type(want) and got == want
        return Verdict(line, "right") if right else Verdict(line, "wrong", _join(f"You have {got!r}.", because))
    verdict = compare(line, got, _reference(want))
    if tol is not None and verdict.status in ("right", "wrong") and verdict.difference is not None:
        verdict = replace(verdict, status="right" if verdict.difference <= tol else "wrong")
    return verdict if verdict.status == "right" else replace(verdict, message=_join(verdict.message, because))


def _matches_each(line: str, got: object, want: Sequence[object], because: str, tol: float | None) -> Verdict:
    if not isinstance(got, list | tuple) or len(got) != len(want):
        have = f"{len(got)} values" if isinstance(got, list | tuple) else f"a {type(got).__name__}"
        return Verdict(
            line, "wrong", _join(f"{len(want)} values are expected in a list or tuple; this is {have}.", because)
        )
    verdicts = [matches(line, g, w, because=because, tol=tol) for g, w in zip(got, want, strict=True)]
    return next(
        (verdict for verdict in verdicts if not verdict.passed), verdicts[0] if verdicts else Verdict(line, "right")
    )


def _reference(want: object) -> torch.Tensor:
    """`want` as a tensor; a plain number is a float64 scalar."""
    if isinstance(want, float | int):
        return torch.tensor(want, dtype=torch.float64)
    return torch.as_tensor(np.asarray(want)) if not isinstance(want, torch.Tensor) else want


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
