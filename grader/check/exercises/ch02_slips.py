"""Known slips: a wrong value that says which mistake made it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from grader.check.functions import ask, matches
from grader.check.mistakes import Slip, named
from grader.check.submission import Submission
from grader.check.tolerance import RELATIVE
from grader.check.verdict import Verdict

SINGLE = "Right to float32 only: a tensor of Python numbers is float32 unless you say dtype=torch.float64."


def expect_or_slip(
    submission: Submission,
    line: str,
    function: str,
    *args: object,
    want: object,
    slips: Sequence[Slip],
    because: str = "",
    tol: float | None = None,
) -> Verdict:
    """As `expect`; a wrong answer that equals the value of a slip, or is `want` in float32, is told so.

    `because` is also said where the function stops with an error.
    """
    return ask_or_slip(
        submission, line, lambda: submission.call(function, *args), want=want, slips=slips, because=because, tol=tol
    )


def ask_or_slip(
    submission: Submission,
    line: str,
    question: Callable[[], object],
    *,
    want: object,
    slips: Sequence[Slip],
    because: str = "",
    tol: float | None = None,
) -> Verdict:
    """The verdict on what `question()` gets from the submission, with slips as in `expect_or_slip`."""

    def judge(got: object) -> Verdict:
        verdict = matches(line, got, want, tol=tol)
        if verdict.passed:
            return verdict
        single = RELATIVE[torch.float32] * float(torch.as_tensor(want).abs().max())
        says = named(got, slips, tol)
        if not says and matches(line, got, want, tol=single).passed:
            says = SINGLE
        return matches(line, got, want, because=says or because, tol=tol)

    verdict = ask(submission, line, question, judge)
    return replace(verdict, message=f"{verdict.message} {because}".rstrip()) if verdict.status == "failed" else verdict
