"""Chapter 06: clipping by norm, as a function (6.6) and inside a training step (6.7)."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F

from grader.check.exercises.ch06_explain import explain
from grader.check.functions import ask
from grader.check.submission import Submission
from grader.check.verdict import Verdict

# clip_grad_norm_, a right way to clip, adds 1e-6 to a norm that is above 0.5 here: a relative error below 1e-5.
CLIP_TOL = 1e-5


def judge_clip(submission: Submission, g: torch.Generator) -> list[Verdict]:
    """`clip_by_norm` on lists of which one is too long and one is short enough (the second time: zero)."""
    long = [torch.randn(*shape, generator=g, dtype=torch.float64) for shape in ((3, 4), (4,), (2, 5))]
    limit = 1.7
    return [
        _clipped(submission, "clip, long and short", limit, long, [0.1 * part for part in long]),
        _clipped(submission, "clip, long and zero", 0.6, long[:2], [torch.zeros_like(part) for part in long[:2]]),
    ]


def _clipped(
    submission: Submission, line: str, limit: float, long: Sequence[torch.Tensor], short: Sequence[torch.Tensor]
) -> Verdict:
    def both(clip: Callable[[Sequence[torch.Tensor]], list[torch.Tensor]]) -> list[list[torch.Tensor]]:
        return [clip(long), clip(short)]

    def scaled(gradients: Sequence[torch.Tensor], size: float) -> list[torch.Tensor]:
        return [part * min(1.0, limit / max(size, 1e-30)) for part in gradients]

    def size(gradients: Sequence[torch.Tensor], order: float = 2) -> float:
        return torch.linalg.vector_norm(torch.cat([part.flatten() for part in gradients]), order).item()

    right = both(lambda parts: scaled(parts, size(parts)))
    typical = {
        "One norm for all tensors together: clipping each by itself turns the direction.": both(
            lambda parts: [scaled([part], size([part]))[0] for part in parts]
        ),
        "Clamping the entries turns the direction; scale the whole list by one number.": both(
            lambda parts: [part.clamp(-limit, limit) for part in parts]
        ),
        "The norm is the root of the sum of squares.": both(lambda parts: scaled(parts, size(parts) ** 2)),
        "Add the squares of all entries, not the norms of the tensors.": both(
            lambda parts: scaled(parts, sum(size([part]) for part in parts))
        ),
        "This is a direction of length 1; the clipped length is the limit.": both(
            lambda parts: [part / max(size(parts), 1e-30) for part in parts]
        ),
        "Gradients below the limit must stay as they are: scale by at most 1.": both(
            lambda parts: [part * limit / max(size(parts), 1e-30) for part in parts]
        ),
        "Nothing is clipped.": both(list),
    }
    question = lambda: [submission.call("clip_by_norm", list(parts), limit) for parts in (long, short)]  # noqa: E731

    def judge(got: object) -> Verdict:
        return explain(line, got, right, typical, "min(1, limit / norm) times each tensor.", tol=CLIP_TOL)

    return ask(submission, line, question, judge)


def judge_step(
    submission: Submission, exercise: str = "6.7", *, seed: int = 67, n: int = 8, d: int = 3
) -> list[Verdict]:
    """`clipped_step` where the loss is above the limit, and where only the gradient is."""
    g = torch.Generator().manual_seed(seed)
    w, b, x, noise = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((d,), (1,), (n, d), (n,)))
    steep = 50 * torch.randn(n, d, generator=g, dtype=torch.float64)
    calm = (x, x @ w + b + 0.02 * noise)
    wild = (x, x @ w + b + 40 * noise)
    ravine = (steep, steep @ w + b + 0.3 * noise)
    return [
        _steps(submission, "an outlier, then a calm batch", [w, b], [wild, calm]),
        _steps(submission, "a small loss with a large gradient", [w, b], [ravine, calm]),
    ]


def _steps(submission: Submission, line: str, parameters: list[torch.Tensor], batches: Sequence[tuple]) -> Verdict:
    lr, limit = 0.1, 1.0

    def moved(clip: Callable[[list[torch.Tensor]], Sequence[torch.Tensor]]) -> list:
        return [
            [p - lr * d for p, d in zip(parameters, clip(_slope(parameters, x, y)), strict=True)] for x, y in batches
        ]

    def norm(parts: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.cat([part.flatten() for part in parts]).norm()

    typical = {
        "Where the loss is cut off its gradient is 0: the parameters have not moved. Clip the gradient.": [
            parameters if F.mse_loss(x @ parameters[0] + parameters[1], y) > limit else step
            for (x, y), step in zip(batches, moved(list), strict=True)
        ],
        "The gradient is not clipped: the step is as long as it likes.": moved(list),
        "One norm for all parameters together; clipping each by itself turns the direction.": moved(
            lambda ds: [d * min(1.0, limit / norm([d]).item()) for d in ds]
        ),
        "Clamping the entries turns the direction; scale all of them by one number.": moved(
            lambda ds: [d.clamp(-limit, limit) for d in ds]
        ),
        "A gradient below the limit stays as it is.": moved(lambda ds: [d * limit / norm(ds) for d in ds]),
        "The sign: a step goes against the gradient.": moved(
            lambda ds: [-d * min(1.0, limit / norm(ds).item()) for d in ds]
        ),
    }
    want = moved(lambda ds: [d * min(1.0, limit / norm(ds).item()) for d in ds])
    return ask(
        submission,
        line,
        lambda: [submission.call("clipped_step", parameters, x, y, lr, limit) for x, y in batches],
        lambda got: explain(line, got, want, typical, "p − lr · min(1, max_norm / norm) · gradient.", tol=CLIP_TOL),
    )


def _slope(parameters: Sequence[torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    w, b = (p.clone().requires_grad_() for p in parameters)
    return list(torch.autograd.grad(F.mse_loss(x @ w + b, y), (w, b)))
