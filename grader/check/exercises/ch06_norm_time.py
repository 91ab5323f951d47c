"""Chapter 06: batch norm (6.5) and gradients through time (6.6)."""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F

from grader.check.exercises.ch06_clip import judge_clip
from grader.check.exercises.ch06_explain import explain
from grader.check.functions import ask
from grader.check.submission import Submission
from grader.check.verdict import Verdict


def judge_batch_norm(
    submission: Submission, exercise: str = "6.5", *, seed: int = 65, n: int = 6, m: int = 4, momentum: float = 0.1
) -> list[Verdict]:
    """`batch_norm` beside torch's, in training, in evaluation, and for one example alone."""
    g = torch.Generator().manual_seed(seed)
    x = 2 * torch.randn(n, m, generator=g, dtype=torch.float64) + 1
    gain, bias, mean = (torch.randn(m, generator=g, dtype=torch.float64) for _ in range(3))
    var, eps = torch.rand(m, generator=g, dtype=torch.float64) + 0.5, 1e-5

    def torchs(x: torch.Tensor, training: bool) -> list:
        kept = [mean.clone(), var.clone()]
        return [F.batch_norm(x, *kept, gain, bias, training, momentum, eps), kept]

    def line(
        name: str, x: torch.Tensor, training: bool, pick: Callable, typical: Mapping, otherwise: str = ""
    ) -> Verdict:
        def judge(got: object) -> Verdict:
            if not (isinstance(got, list) and len(got) == 2 and isinstance(got[1], list)):
                return Verdict(name, "wrong", "Return y, (mean, var).")
            return explain(name, pick(got), pick(torchs(x, training)), typical, otherwise)

        return ask(
            submission,
            name,
            lambda: submission.call("batch_norm", x, gain, bias, [mean, var], training, momentum, eps),
            judge,
        )

    mu, biased, unbiased = x.mean(0), x.var(0, unbiased=False), x.var(0)
    away = x - mu
    spread = {
        "n and n − 1: torch normalises with the biased variance, divided by n.": gain * away / (unbiased + eps) ** 0.5
        + bias,
        "eps belongs under the root.": gain * away / (biased**0.5 + eps) + bias,
        "eps is missing.": gain * away / biased**0.5 + bias,
        "In training the batch's own mean and variance count, not the running ones.": gain
        * (x - mean)
        / (var + eps) ** 0.5
        + bias,
    }
    keep = 1 - momentum
    statistics = {
        "n and n − 1: the running variance is fed with the unbiased one.": [
            keep * mean + momentum * mu,
            keep * var + momentum * biased,
        ],
        "The two weights are exchanged: momentum is the share of the new value.": [
            momentum * mean + keep * mu,
            momentum * var + keep * unbiased,
        ],
        "These are the batch's own statistics; mix them with the running ones.": [mu, unbiased],
        "The running statistics have not moved; training updates them.": [mean, var],
    }
    moved = torchs(x, True)
    stays = {
        "In evaluation the running mean and variance are used, not the batch's.": [moved[0], [mean, var]],
        "In evaluation nothing of the batch counts; this is the training branch.": moved,
        "Evaluation must leave the running statistics as they are.": [torchs(x, False)[0], moved[1]],
    }
    return [
        line("training, y", x, True, lambda got: got[0], spread),
        line("training, running mean and var", x, True, lambda got: got[1], statistics),
        line("evaluation", x, False, lambda got: got, stays, "y from the running mean and variance; both unchanged."),
        line("evaluation, one example", x[:1], False, lambda got: got, {}, "One example has no variance of its own."),
    ]


def judge_time(
    submission: Submission, exercise: str = "6.6", *, seed: int = 66, T: int = 6, m: int = 5
) -> list[Verdict]:
    """`gradient_norms` for a linear and a tanh recurrence, and `clip_by_norm`."""
    g = torch.Generator().manual_seed(seed)
    W, xs, u = (torch.randn(*shape, generator=g, dtype=torch.float64) for shape in ((m, m), (T, m), (m,)))
    return [_norms(submission, W, xs, u, tanh) for tanh in (False, True)] + judge_clip(submission, g)


def _norms(submission: Submission, W: torch.Tensor, xs: torch.Tensor, u: torch.Tensor, tanh: bool) -> Verdict:
    states = [xs[0].clone().requires_grad_()]
    for x in xs:
        z = states[-1] @ W + x
        states.append(torch.tanh(z) if tanh else z)
    want = torch.stack([d.norm() for d in torch.autograd.grad((states[-1] * u).sum(), states)])
    h = torch.stack(states).detach()
    steps = range(len(xs), 0, -1)

    def back(step: Callable) -> torch.Tensor:
        found = [u]
        for t in steps:
            found.insert(0, step(found[0], t))
        return torch.stack(found).norm(dim=1)

    slope = (1 - h**2) if tanh else torch.ones_like(h)
    typical = {
        "Transpose: with h_t W going forward, W.T comes back.": back(lambda d, t: (d * slope[t]) @ W),
        "The slope 1 − h² of the tanh is missing.": back(lambda d, t: d @ W.T),
        "Take the slope at the tanh's output h_(t+1), not at h_t.": back(lambda d, t: (d * slope[t - 1]) @ W.T),
        "The slope comes before W.T on the way back.": back(lambda d, t: (d @ W.T) * slope[t]),
        "On the way back first the tanh, with the slope at its output h_(t+1), then the matrix.": back(
            lambda d, t: (d @ W.T) * slope[t - 1]
        ),
        "The times run backward: norms[0] belongs to h_0.": want.flip(0),
        "These are squares; take the root.": want**2,
    }
    line = "norms, tanh" if tanh else "norms, linear"
    return ask(
        submission,
        line,
        lambda: submission.call("gradient_norms", W, h, u, tanh),
        lambda got: explain(
            line, _stacked(got), want, typical, "One norm for each of the T + 1 states, the last that of u."
        ),
    )


def _stacked(got: object) -> object:
    """A list of numbers as the tensor that was asked for: the numbers are what counts."""
    if isinstance(got, list) and all(isinstance(x, int | float) or (hasattr(x, "ndim") and x.ndim == 0) for x in got):
        return torch.tensor([float(x) for x in got], dtype=torch.float64)
    return got
