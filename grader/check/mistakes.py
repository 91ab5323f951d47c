"""Known mistakes in a function: a wrong value that says which mistake made it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from grader.check.functions import ask, matches
from grader.check.submission import Submission
from grader.check.verdict import Verdict


@dataclass(frozen=True)
class Slip:
    """What a common mistake would give, and the sentence that names it."""

    value: object
    says: str


def named(got: object, slips: Iterable[Slip], tol: float | None = None) -> str:
    """The sentence of the first of `slips` that gives `got`; "" where none does. tol: see `expect`."""
    return next((slip.says for slip in slips if matches("", got, slip.value, tol=tol).passed), "")


def judge_or_slip(
    line: str, got: object, want: object, slips: Iterable[Slip], because: str = "", tol: float | None = None
) -> Verdict:
    """The verdict on `got`; a wrong answer that has the value of a slip is answered with that slip's sentence.

    because: said where no slip fits. Answers may be lists of values.
    """
    verdict = matches(line, got, want, tol=tol)
    if verdict.status in ("right", "missing"):
        return verdict
    return matches(line, got, want, because=named(got, slips, tol) or because, tol=tol)


def ask_or_slip(
    submission: Submission,
    line: str,
    question: Callable[[], object],
    *,
    want: object,
    slips: Iterable[Slip],
    because: str = "",
    tol: float | None = None,
) -> Verdict:
    """The verdict on what `question()` gets from the submission, by `judge_or_slip`."""
    return ask(submission, line, question, lambda got: judge_or_slip(line, got, want, slips, because, tol))


def expect_or_slip(
    submission: Submission,
    line: str,
    function: str,
    *args: object,
    want: object,
    slips: Iterable[Slip],
    because: str = "",
    tol: float | None = None,
) -> Verdict:
    """The verdict on `function(*args)`, a function that the student wrote, by `judge_or_slip`."""
    return ask_or_slip(
        submission, line, lambda: submission.call(function, *args), want=want, slips=slips, because=because, tol=tol
    )
