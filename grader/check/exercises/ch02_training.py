"""Chapter 02: the softmax regression on counts, and learning rates on a quadratic."""

import itertools
import math
from collections.abc import Callable, Sequence
from functools import cache

import torch
import torch.nn.functional as F

from grader.check.errors import SubmissionError
from grader.check.exercises.ch02_slips import ask_or_slip, expect_or_slip
from grader.check.functions import ask, expect, matches
from grader.check.mistakes import Slip
from grader.check.names import read_names, split_names
from grader.check.submission import Submission
from grader.check.verdict import Verdict

LETTERS = ".abcdefghijklmnopqrstuvwxyz"
STEPS, WITHIN = 300, 0.01  # exercise 2.6: so near to the optimum in so many steps

DESCENT = """
before = W.clone()
outputs["after"] = descend(W, counts, rate, 4)
outputs["moved"] = float((W - before).abs().max())
"""


def judge_regression(submission: Submission, exercise: str = "2.6", seed: int = 26, k: int = 5) -> list[Verdict]:
    """`loss_and_gradient` and `descend` on (k, k) counts, and the student's `learning_rate` on the names."""
    g = torch.Generator().manual_seed(seed)
    counts = torch.randint(0, 9, (k, k), generator=g).double() + torch.eye(k, dtype=torch.float64)
    W = torch.randn(k, k, generator=g, dtype=torch.float64)
    loss, dW = _pairwise(W, counts)
    total, rows = counts.sum(), counts.sum(1, keepdim=True)
    p = torch.softmax(W, 1)
    loss_slips = [Slip(-loss, "The sign of the loss."), Slip(loss * total, "The sum; divide by the number of pairs.")]
    gradient_slips = [
        Slip(-dW, "The sign: it is predicted minus counted."),
        Slip(dW * total, "That is the gradient of the sum; divide by the number of pairs."),
        Slip(p - counts / rows, "Each row counts as often as its letter occurs: multiply by the row's count / total."),
        Slip((p - counts / rows) / k, "All rows weigh the same here; a row counts as often as its letter occurs."),
        Slip(
            (p - counts) / total,
            "One softmax for each pair: row i of the probabilities occurs sum_j counts[i, j] times.",
        ),
        Slip(rows * p / total, "The counted part is missing: subtract counts / total."),
    ]

    def part(index: int) -> Callable[[], object]:
        def question() -> object:
            answer = submission.call("loss_and_gradient", W, counts)
            if answer is not None and not (isinstance(answer, list) and len(answer) == 2):
                raise SubmissionError("not data", "loss_and_gradient returns two things: the loss and dW.")
            return answer if answer is None else answer[index]

        return question

    lr = 3.0
    after = [_sgd(W, counts, lr, steps) for steps in range(6)]
    descend_slips = [
        Slip(after[1], "Only one step was made."),
        Slip(after[3], "One step too few."),
        Slip(after[5], "One step too many."),
        Slip(W, "W has not moved."),
        Slip(_sgd(W, counts, -lr, 4), "Uphill: step against the gradient, with a minus sign."),
        Slip(W - 4 * lr * dW, "The gradient was taken once, at the start; take it anew at each step."),
    ]
    return [
        ask_or_slip(
            submission,
            "loss",
            part(0),
            want=loss,
            slips=loss_slips,
            because="The mean over all pairs of -log softmax(W)[first, second].",
        ),
        ask_or_slip(
            submission,
            "dW",
            part(1),
            want=dW,
            slips=gradient_slips,
            because="For each pair: softmax of its row minus one-hot, divided by the number of pairs.",
        ),
        _judge_descent(submission, W, counts, lr, after[4], descend_slips),
        ask(submission, "learning_rate", lambda: submission.value("learning_rate"), _judge_rate),
    ]


def _judge_descent(
    submission: Submission, W: torch.Tensor, counts: torch.Tensor, rate: float, want: torch.Tensor, slips: list[Slip]
) -> Verdict:
    """`descend` for 4 steps, and the W that it was handed, which stays as it was."""
    line, moved = "descend, 4 steps", 0.0

    def question() -> object:
        nonlocal moved
        outputs = submission.run(DESCENT, {"W": W, "counts": counts, "rate": rate})
        moved = outputs["moved"]
        return outputs["after"]

    because = "Return W after the steps; each is W - learning_rate * dW."
    verdict = ask_or_slip(submission, line, question, want=want, slips=slips, because=because)
    if verdict.passed and moved:
        return Verdict(
            line, "wrong", "The W that was handed in has changed: write W = W - …, for W -= … works in place."
        )
    own = _own_descent(submission, W, counts, rate) if verdict.status == "wrong" else None
    if own is not None and ask(submission, line, question, lambda got: matches(line, got, own)).passed:
        return Verdict(line, "wrong", "This follows your own dW, which is wrong: mend that first.")
    return verdict


def _own_descent(submission: Submission, W: torch.Tensor, counts: torch.Tensor, rate: float) -> torch.Tensor | None:
    """Four steps by the gradient of the student's own `loss_and_gradient`, None where it has none."""
    try:
        for _ in range(4):
            W = W - rate * submission.call("loss_and_gradient", W, counts)[1]
    except (SubmissionError, TypeError, IndexError, RuntimeError):
        return None
    return W if isinstance(W, torch.Tensor) else None


def judge_quadratic(submission: Submission, exercise: str = "2.7", seed: int = 27, k: int = 4) -> list[Verdict]:
    """`power_iteration`, `divergence_threshold`, `quadratic_path` on symmetric positive definite (k, k) matrices."""
    g = torch.Generator().manual_seed(seed)
    Q = torch.linalg.qr(torch.randn(k, k, generator=g, dtype=torch.float64)).Q
    values = torch.cat([torch.tensor([5.0, 2.0]), torch.linspace(1.2, 0.4, k - 2)]).double()
    H = (Q * values) @ Q.T
    H = (H + H.T) / 2
    twins = torch.tensor([[2.0, -1.0], [-1.0, 2.0]], dtype=torch.float64)  # eigenvalues 1, along (1, 1), and 3
    x0 = torch.randn(k, generator=g, dtype=torch.float64)
    path = _path(H, x0, 0.3, 6)
    slips = [
        Slip(2.0, "That is the second largest eigenvalue: has the iteration converged?"),
        Slip(values.min(), "That is the smallest eigenvalue."),
        Slip(25.0, "That is the square of the largest eigenvalue."),
        Slip(values.sum(), "That is the trace, the sum of all eigenvalues."),
        Slip(H.diagonal().max(), "That is the largest diagonal entry, which is not an eigenvalue."),
        Slip(0.2, "That is 1/λmax."),
    ]
    threshold_slips = [
        Slip(0.2, "That is 1/λmax, where the steepest direction is fastest; it diverges beyond twice that."),
        Slip(2 / values.min(), "2/λmin: the steepest direction, with the largest eigenvalue, diverges first."),
        Slip(2.5, "That is λmax/2; the inverse of it."),
        Slip(2 / values.sum(), "2/trace is a safe rate, but smaller than the threshold."),
        Slip(2 / H.diagonal().max(), "The largest diagonal entry is not the largest eigenvalue."),
    ]
    path_slips = [
        Slip(path[1:], "The starting point is missing: steps + 1 rows."),
        Slip(path[:-1], "One row too few: the start and one row for each step."),
        Slip(_path(H, x0, -0.3, 6), "Uphill: step against the gradient."),
        Slip(_path(H, x0, 0.6, 6), "Twice the gradient: that of ½ xᵀHx is Hx."),
        Slip(_path(H, x0, 0.15, 6), "Half the gradient: that of ½ xᵀHx is Hx."),
        Slip(path[-1:].expand(7, k), "All rows are the last point: store a copy at each step, not one tensor."),
    ]
    exact = 1e-6  # 50 steps or more: the error shrinks by (2/5)² or faster at each
    return [
        expect_or_slip(
            submission,
            "power_iteration",
            "power_iteration",
            H,
            want=5.0,
            slips=slips,
            tol=exact,
            because="Multiply by H and divide by the norm, many times; then λ = vᵀHv.",
        ),
        expect(
            submission,
            "start on a symmetry",
            "power_iteration",
            twins,
            want=3.0,
            tol=exact,
            because="A start of all ones is orthogonal to the top eigenvector here; start from a random vector.",
        ),
        expect(
            submission,
            "large entries",
            "power_iteration",
            1e4 * H,
            want=5e4,
            tol=1e4 * exact,
            because="Without dividing by the norm at each step the vector overflows.",
        ),
        expect_or_slip(
            submission,
            "divergence_threshold",
            "divergence_threshold",
            H,
            want=0.4,
            slips=threshold_slips,
            tol=exact,
            because="The factor 1 - ηλ must stay between -1 and 1 for every eigenvalue λ.",
        ),
        expect_or_slip(
            submission,
            "quadratic_path",
            "quadratic_path",
            H,
            x0,
            0.3,
            6,
            want=path,
            slips=path_slips,
            because="x ← x - η H x, each point kept as a row.",
        ),
    ]


@cache
def train_counts() -> torch.Tensor:
    """Bigrams of the training names, float64 (27, 27), the row the first letter."""
    text = "." + ".".join(split_names(read_names())[0]) + "."
    codes = torch.tensor([LETTERS.index(letter) for letter in text])
    return torch.bincount(27 * codes[:-1] + codes[1:], minlength=729).view(27, 27).double()


def _pairwise(W: torch.Tensor, counts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Loss and gradient by autograd, over the list of pairs that `counts` counts."""
    first, second = counts.nonzero().repeat_interleave(counts[counts > 0].long(), 0).T
    leaf = W.clone().requires_grad_()
    with torch.enable_grad():
        loss = F.cross_entropy(leaf[first], second)
        return loss.detach(), torch.autograd.grad(loss, leaf)[0]


def _sgd(W: torch.Tensor, counts: torch.Tensor, lr: float, steps: int) -> torch.Tensor:
    for _ in range(steps):
        W = W - lr * _pairwise(W, counts)[1]
    return W


def _judge_rate(rate: object) -> Verdict:
    """300 steps of our own from zeros with the student's rate."""
    line = "learning_rate"
    try:
        lr = float(rate)
    except (TypeError, ValueError):
        return Verdict(line, "wrong", "A number is expected.")
    counts = train_counts()
    share, rows = counts / counts.sum(), counts.sum(1, keepdim=True)
    target = -torch.xlogy(share, counts / rows).sum().item()
    W, gaps = torch.zeros_like(counts), []
    for _ in range(STEPS + 1):
        logs = torch.log_softmax(W, 1)
        gaps.append(-(share * logs).sum().item() - target)
        W = W - lr * (share.sum(1, keepdim=True) * logs.exp() - share)
    if gaps[-1] < WITHIN:
        return Verdict(line, "right", f"After {STEPS} steps the loss is {gaps[-1]:.4f} above the optimum.")
    too_large = not math.isfinite(gaps[-1]) or gaps[-1] > min(gaps) + 1e-3 or max(map(abs, _rises(gaps))) > 1e-3
    why = "too large, the loss jumps up and down" if too_large else "too small, the loss is still on its way down"
    return Verdict(line, "wrong", f"After {STEPS} steps the loss is {gaps[-1]:.4f} above the optimum: {why}.")


def _rises(gaps: Sequence[float]) -> list[float]:
    return [max(0.0, after - before) for before, after in itertools.pairwise(gaps)]


def _path(H: torch.Tensor, x0: torch.Tensor, lr: float, steps: int) -> torch.Tensor:
    """The points (I - ηH)ᵗ x0 as rows, by powers of the matrix."""
    A = torch.eye(len(H), dtype=H.dtype) - lr * H
    return torch.stack([torch.linalg.matrix_power(A, t) @ x0 for t in range(steps + 1)])
