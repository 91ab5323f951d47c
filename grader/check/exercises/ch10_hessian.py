"""Chapter 10: Hessian-vector products in three orders (10.7), samples of a Hessian's trace (10.8)."""

from collections.abc import Sequence

import torch

from grader.check.functions import ask, matches
from grader.check.mistakes import Slip, ask_or_slip, judge_or_slip
from grader.check.submission import Submission
from grader.check.verdict import Verdict

WAVES = """
import torch
outputs["answer"] = globals()[function](lambda x: (c * torch.sin(x @ a.T)).sum(), x, v)
"""

# Two layers of matrix products, counted while the student's function runs.
COUNT = """
import torch
from grader.check.exercises.ch10_products import products

def f(x):
    return torch.tanh(torch.tanh(x @ W1) @ W2).sum()

own = sum(flops for flops, _ in products(lambda: f(x)))
kept = []
made = products(lambda: kept.append(globals()[function](f, x, v)))
outputs["cost"] = None if kept[0] is None else sum(flops for flops, _ in made) / own
"""

HESSIAN = """
import torch

def loss(parameters):
    theta = torch.cat([p.flatten() for p in parameters])
    return theta @ M @ theta / 2 + (c * theta**3).sum() / 6 + b @ theta

parameters = [p.requires_grad_() for p in point]
outputs["answer"] = hessian_samples(loss, parameters, V)
"""

ORDERS = ("reverse_over_reverse", "forward_over_reverse", "reverse_over_forward")


def judge_orders(
    submission: Submission, exercise: str = "10.7", seed: int = 107, n: int = 5, waves: int = 3
) -> list[Verdict]:
    """Each order on a sum of sine waves, whose Hessian is known, and the products it makes on a small net."""
    g = torch.Generator().manual_seed(seed)
    a, c, x, v = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((waves, n), (waves,), (n,), (n,)))
    W1, W2 = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((n, 6), (6, 4)))
    net = {"W1": W1, "W2": W2, "x": torch.stack([x, v, x + v]), "v": torch.stack([v, x, x])}
    return [_order(submission, function, {"a": a, "c": c, "x": x, "v": v}, net) for function in ORDERS]


def _order(
    submission: Submission, function: str, waves: dict[str, torch.Tensor], net: dict[str, torch.Tensor]
) -> Verdict:
    a, c, x, v = waves.values()
    H = -(a.T * (c * torch.sin(a @ x))) @ a
    gradient = a.T @ (c * torch.cos(a @ x))
    slips = [
        Slip(gradient, "That is the gradient; v has no part in it."),
        Slip(gradient * v, "That is the gradient times v; one derivative is still to be taken."),
        Slip(gradient @ v, "That is the directional derivative of f, a number; take its gradient."),
        Slip(v @ H @ v, "That is vᵀHv, a number; Hv is wanted."),
        Slip(H.sum(1), "v is missing: that is H times a vector of ones."),
        Slip(H.diagonal() * v, "Only the diagonal of H; the mixed derivatives are missing."),
        Slip(H @ x, "That is H times x: the direction is v."),
        Slip(2 * H @ v, "Twice Hv: a factor 2 too much."),
        Slip(-H @ v, "The sign: -Hv."),
    ]
    question = {"function": function, **waves}
    want, because = H @ v, "Hv is the derivative of the gradient along v."
    exact = 1e-12 * want.abs().max().item()  # rounding; the best finite difference is off by 1e-10

    def judge(got: object) -> Verdict:
        near = matches(function, got, want, tol=1e6 * exact).passed
        nearly = "Right to a few digits only: a finite difference? Both derivatives are to be automatic."
        return judge_or_slip(function, got, want, slips, nearly if near else because, tol=exact)

    verdict = ask(submission, function, lambda: submission.run(WAVES, question)["answer"], judge)
    if not verdict.passed:
        return verdict
    return ask(
        submission,
        function,
        lambda: submission.run(COUNT, {"function": function, **net})["cost"],
        lambda cost: _judge_cost(function, cost),
    )


def _judge_cost(function: str, cost: float) -> Verdict:
    """In eager torch reverse over reverse makes 4 times f's products, forward over reverse 6; what lies between, or
    far above (forward_ad without torch.func, 8 to 12), is reverse over forward."""
    found = ORDERS[2]
    if cost < 4.01:
        found = ORDERS[0]
    elif 5.99 < cost < 6.01:
        found = ORDERS[1]
    if cost < 3.99:
        return Verdict(function, "wrong", f"{cost:.1f} times the products of f: that is no exact second derivative.")
    if found == function:
        return Verdict(function, "right")
    words = found.replace("_", " ")
    return Verdict(
        function, "wrong", f"The value is right, but it takes {cost:.1f} times the products of f, as {words} does."
    )


def judge_hessian_samples(
    submission: Submission,
    exercise: str = "10.8",
    seed: int = 108,
    shapes: Sequence[tuple[int, ...]] = ((2, 3), (4,)),
    k: int = 4,
) -> list[Verdict]:
    """`hessian_samples` of a cubic loss of several parameters, at a random point; the diagonal by unit vectors."""
    g = torch.Generator().manual_seed(seed)
    point = [torch.randn(*shape, generator=g, dtype=torch.float64) for shape in shapes]
    theta = torch.cat([p.flatten() for p in point])
    n = len(theta)
    M = torch.randn(n, n, generator=g, dtype=torch.float64)
    c, b = torch.randn(2, n, generator=g, dtype=torch.float64)
    H = (M + M.T) / 2 + torch.diag(c * theta)
    gradient = (M + M.T) / 2 @ theta + c * theta**2 / 2 + b
    blocks = torch.block_diag(*[torch.ones(p.numel(), p.numel(), dtype=torch.float64) for p in point])
    V = torch.randn(n, k, generator=g, dtype=torch.float64)
    inputs = {"point": point, "M": (M + M.T) / 2, "c": c, "b": b}

    def line(name: str, V: torch.Tensor) -> Verdict:
        forms = ((V.T @ H) * V.T).sum(1)
        slips = [
            Slip(((V.T @ (H * blocks)) * V.T).sum(1), "The blocks between different parameters are missing from H."),
            Slip((gradient @ V) ** 2, "That is the square of the gradient along v, not the curvature along v."),
            Slip(gradient @ V, "That is the first derivative along v; one more is to be taken."),
            Slip((H @ V).sum(0), "The sum of Hv; take its dot product with v."),
            Slip((H.diagonal()[:, None] * V**2).sum(0), "Only the diagonal of H: the mixed derivatives are missing."),
            Slip(forms.mean(), "The mean; a sample for each column of V is wanted."),
            Slip(forms.sum(), "The sum; a sample for each column of V is wanted."),
            Slip(H @ V, "That is HV; a number for each column is wanted, v·Hv."),
            Slip(forms / n, "No division: vᵀHv is a sample of the whole trace."),
            Slip(
                ((V.T @ (H - torch.diag(c * theta))) * V.T).sum(1), "The Hessian at zero, not at the parameters given."
            ),
        ]
        return ask_or_slip(
            submission,
            name,
            lambda: submission.run(HESSIAN, {**inputs, "V": V})["answer"],
            want=forms,
            slips=slips,
            because="v·(Hv) for each column, with Hv the gradient of (gradient·v) with respect to all parameters.",
        )

    return [
        line("random probes", V),
        line("one probe", V[:, :1]),
        line("unit vectors", torch.eye(n, dtype=torch.float64)),
    ]
