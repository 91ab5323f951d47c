"""Chapter 10: the log-likelihood of a continuous flow (10.11)."""

import math

import torch

from grader.check.functions import ask, expect_that
from grader.check.mistakes import Slip, ask_or_slip
from grader.check.submission import Submission
from grader.check.verdict import Verdict

FIELD = """
import torch
outputs["answer"] = field_and_divergence(lambda t, x: t * torch.tanh(x @ A.T), t, x, v)
"""

# The derivative of both results with respect to what the field depends on, and to x.
DIFFERENTIABLE = """
import torch
A, x = A.requires_grad_(), x.requires_grad_()
answer = field_and_divergence(lambda t, x: t * torch.tanh(x @ A.T), t, x, v)
if answer is not None:
    total = (answer[1] * weights).sum()
    outputs["attached"] = bool(getattr(total, "requires_grad", False))
    if outputs["attached"]:
        outputs["gradients"] = list(torch.autograd.grad(total, [A, x], allow_unused=True))
"""

LIKELIHOOD = """
import torch
outputs["answer"] = log_likelihood(lambda t, x: (1 + t) * x @ A.T + b, x, v, count)
"""


def judge_flow(
    submission: Submission, exercise: str = "10.11", seed: int = 111, b: int = 5, n: int = 3, count: int = 2
) -> list[Verdict]:
    """`field_and_divergence` on a field that bends, its derivatives, and `log_likelihood` on a linear one."""
    g = torch.Generator().manual_seed(seed)
    A, x, v = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((n, n), (b, n), (b, n)))
    shift, weights = torch.randn(n, generator=g, dtype=torch.float64), torch.randn(b, generator=g, dtype=torch.float64)
    return [
        _field(submission, A, x, v),
        _differentiable(submission, A, x, v, weights),
        _likelihood(submission, A / (2 * n), shift, x, v, count),
        _likelihood(submission, A / (2 * n), shift, x[:1], v[:1], 1),
    ]


def _field(submission: Submission, A: torch.Tensor, x: torch.Tensor, v: torch.Tensor) -> Verdict:
    t, h = 0.7, torch.tanh(x @ A.T)
    J = t * (1 - h**2)[:, :, None] * A  # (b, n, n), one of each row
    forms = torch.einsum("bi,bij,bj->b", v, J, v)
    slips = [
        Slip([t * h, forms.sum()], "One number for the whole batch: sum over the coordinates only, axis 1."),
        Slip([t * h, torch.einsum("bij,bj->b", J, v)], "The sum of Jv; multiply by v first."),
        Slip([t * h, torch.einsum("bij,bi->b", J, v)], "The sum of Jᵀv; multiply by v first."),
        Slip([t * h, torch.einsum("bij,bj->bi", J, v)], "That is Jv; its dot product with v is wanted, row by row."),
        Slip([t * h, torch.einsum("bij,bi->bj", J, v)], "That is Jᵀv; its dot product with v is wanted, row by row."),
        Slip(
            [t * h, torch.einsum("bii->b", J)], "That is the exact divergence, by n passes; one pass with v is wanted."
        ),
        Slip([t * h, forms / x.shape[1]], "The mean over coordinates; the sum is the sample of the trace."),
        Slip(
            [t * h, -forms], "The sign: the divergence itself is wanted here; log_likelihood takes care of the minus."
        ),
        Slip([forms, t * h], "The two are exchanged: first the field."),
    ]
    return ask_or_slip(
        submission,
        "field and divergence",
        lambda: submission.run(FIELD, {"A": A, "t": t, "x": x, "v": v})["answer"],
        want=[t * h, forms],
        slips=slips,
        because="f(t, x), and for each row v·(Jᵀv).",
    )


def _differentiable(
    submission: Submission, A: torch.Tensor, x: torch.Tensor, v: torch.Tensor, weights: torch.Tensor
) -> Verdict:
    """The gradients of Σ weights · vᵀJv, where v has no part in the graph, beside closed forms."""
    line, t = "differentiable", 0.3
    h, Av = torch.tanh(x @ A.T), v @ A.T
    dx = t * (weights[:, None] * v * Av * -2 * h * (1 - h**2)) @ A
    inner = t * weights[:, None] * v * (1 - h**2)
    outer = t * weights[:, None] * v * Av * -2 * h * (1 - h**2)
    want = [inner.T @ v + outer.T @ x, dx]

    def judge(given: dict[str, object]) -> Verdict:
        if "attached" not in given:
            return Verdict(line, "missing", "Not done yet.")
        cut = "The divergence is cut off from the graph: no detach, and create_graph=True with torch.autograd.grad."
        if not given["attached"] or any(d is None for d in given["gradients"]):
            return Verdict(line, "wrong", cut)
        right = all(torch.allclose(d, w, rtol=1e-8, atol=1e-10) for d, w in zip(given["gradients"], want, strict=True))
        return expect_that(line, right, f"Its gradient with respect to x or the field's parameters is wrong. {cut}")

    inputs = {"A": A, "t": t, "x": x, "v": v, "weights": weights}
    return ask(submission, line, lambda: submission.run(DIFFERENTIABLE, inputs), judge)


def _likelihood(
    submission: Submission, A: torch.Tensor, shift: torch.Tensor, x: torch.Tensor, v: torch.Tensor, count: int
) -> Verdict:
    """On (1 + t) A x + b: RK4 in numpy-like steps on the same grid, the divergence a constant times 1 + t."""
    forms = torch.einsum("bi,ij,bj->b", v, A, v)

    def solve(start: float, end: float) -> torch.Tensor:
        z, h = x, (end - start) / count
        for step in range(count):
            t = start + step * h
            times = (t, t + h / 2, t + h / 2, t + h)
            slope, slopes = torch.zeros_like(z), []
            for time, by in zip(times, (0, h / 2, h / 2, h), strict=True):
                slope = (1 + time) * (z + by * slope) @ A.T + shift
                slopes.append(slope)
            z = z + h / 6 * (slopes[0] + 2 * slopes[1] + 2 * slopes[2] + slopes[3])
        return z

    def log_normal(z: torch.Tensor) -> torch.Tensor:
        return -(z**2).sum(1) / 2 - z.shape[1] / 2 * math.log(2 * math.pi)

    back, forth = log_normal(solve(1.0, 0.0)), log_normal(solve(0.0, 1.0))
    integral = 1.5 * forms  # ∫ (1 + t) dt from 0 to 1, which RK4 has without error
    slips = [
        Slip(back + integral, "The sign of the integral: from 1 back to 0 it comes out negative already."),
        Slip(back, "The integral of the divergence is missing."),
        Slip(forth - integral, "Solved from 0 to 1: data lie at t = 1, run back to 0."),
        Slip(forth + integral, "Solved from 0 to 1: data lie at t = 1, run back to 0."),
        Slip(log_normal(x) - integral, "log N is taken at the landing point z, not at x."),
        Slip(-(back - integral), "That is the negative log-likelihood."),
        Slip((back - integral).mean(), "The mean; one number for each row is wanted."),
        Slip((back - integral).sum(), "The sum; one number for each row is wanted."),
        Slip(-integral, "The log-density of the landing point is missing."),
    ]
    return ask_or_slip(
        submission,
        f"log-likelihood, {len(x)} point{'s' if len(x) > 1 else ''}",
        lambda: submission.run(LIKELIHOOD, {"A": A, "b": shift, "x": x, "v": v, "count": count})["answer"],
        want=back - integral,
        slips=slips,
        because="log N(z) at the landing point, plus what rk4 has integrated from 1 to 0.",
    )
