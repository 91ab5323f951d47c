"""What the checks of chapter 01 share: a wrong answer explained by the slip that gives just that value."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch

from grader.check.functions import ask, matches
from grader.check.mistakes import Slip, named
from grader.check.submission import Submission
from grader.check.verdict import Verdict


def explained(verdict: Verdict, got: object, slips: Mapping[str, object], tol: float | None = None) -> Verdict:
    """`verdict`, with the sentence of the first slip whose value `got` is, where it is wrong.

    slips: what each slip gives, by the sentence that names it.
    """
    if verdict.status not in ("wrong", "not finite"):
        return verdict
    sentence = named(got, (Slip(value, says) for says, value in slips.items()), tol)
    return replace(verdict, message=sentence) if sentence else verdict


def expect_or_explain(
    submission: Submission,
    line: str,
    function: str,
    *args: object,
    want: object,
    slips: Mapping[str, object],
    because: str = "",
    tol: float | None = None,
) -> Verdict:
    """`grader.check.functions.expect`, with known slips named. `because` is said where none of them fits."""

    def judge(got: object) -> Verdict:
        if np.iscomplexobj(got.numpy() if isinstance(got, torch.Tensor) else got):
            return Verdict(line, "wrong", f"This is complex; a real number is expected. {because}")
        return explained(matches(line, got, want, because=because, tol=tol), got, slips, tol)

    return ask(submission, line, lambda: submission.call(function, *args), judge)


def uniform(seed: int, count: int) -> list[float]:
    """Numbers from 0.5 to 1.5."""
    return (torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.5).tolist()
