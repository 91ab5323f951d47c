"""Chapter 02: where the slope is zero."""

import math

import torch

from grader.check.errors import SubmissionError
from grader.check.functions import refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict


def judge_critical(
    submission: Submission, exercise: str = "2.10", at: float = 0.5, angle: float = 0.3
) -> list[Verdict]:
    """`classify_by_sign` at `at` for derivatives of known functions, `classify_hessian` on rotated 2×2 and 3×3."""
    slopes = {
        "(x - c)²": (lambda x: 2 * (x - at), "minimum"),
        "-(x - c)⁴": (lambda x: -4 * (x - at) ** 3, "maximum"),
        "(x - c)⁴": (lambda x: 4 * (x - at) ** 3, "minimum"),
    }
    flat = {
        "(x - c)³": (lambda x: 3 * (x - at) ** 2, "neither"),
        "-(x - c)³": (lambda x: -3 * (x - at) ** 2, "neither"),
        "cos(x - c)": (lambda x: -math.sin(x - at), "maximum"),
    }
    c, s = math.cos(angle), math.sin(angle)
    R = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)

    def turned(*values: float) -> torch.Tensor:
        return (R * torch.tensor(values, dtype=torch.float64)) @ R.T

    diagonal = [torch.diag(torch.tensor(v, dtype=torch.float64)) for v in ([-1.0, -2.0, 3.0], [-1.0, -2.0, -3.0])]
    bowls = {"eigenvalues 1, 4": (turned(1, 4), "minimum"), "eigenvalues -3, -1": (turned(-3, -1), "maximum")}
    saddles = {
        "[[1, 3], [3, 1]]": (torch.tensor([[1.0, 3.0], [3.0, 1.0]], dtype=torch.float64), "saddle"),
        "eigenvalues -1, -2, 3": (diagonal[0], "saddle"),
        "eigenvalues -1, -2, -3": (diagonal[1], "maximum"),
    }
    flats = {
        "eigenvalues 0, 2": (turned(0, 2), "undecided"),
        "eigenvalues 0, -2, 3": (torch.diag(torch.tensor([0.0, -2.0, 3.0], dtype=torch.float64)), "saddle"),
    }
    return [
        _sorted_right(
            submission,
            "minimum or maximum",
            "classify_by_sign",
            slopes,
            at,
            "The derivative goes from - to + at a minimum, from + to - at a maximum.",
        ),
        _sorted_right(
            submission,
            "no sign change",
            "classify_by_sign",
            flat,
            at,
            "A derivative of 0 is not enough: look at its sign on both sides.",
        ),
        _sorted_right(
            submission,
            "bowls and domes",
            "classify_hessian",
            bowls,
            None,
            "All eigenvalues positive: minimum. All negative: maximum.",
        ),
        _sorted_right(
            submission,
            "saddles",
            "classify_hessian",
            saddles,
            None,
            "The diagonal and the determinant do not decide; the signs of the eigenvalues do.",
        ),
        _sorted_right(
            submission,
            "flat directions",
            "classify_hessian",
            flats,
            None,
            "Both signs make a saddle, whatever else; without both, a zero eigenvalue leaves it undecided.",
        ),
    ]


def _sorted_right(
    submission: Submission, line: str, function: str, cases: dict, at: float | None, because: str
) -> Verdict:
    """One verdict on several cases by name, each an argument and the word wanted."""
    for name, (argument, want) in cases.items():
        try:
            got = submission.call(function, argument, *([] if at is None else [at]))
        except SubmissionError as error:
            return refused(line, error)
        if got is None:
            return Verdict(line, "missing", "Not done yet.")
        if got != want:
            return Verdict(line, "wrong", f"For {name} you have {got!r}; it is {want!r}. {because}")
    return Verdict(line, "right")
