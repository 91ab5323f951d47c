"""Chapter 02: schedules of the learning rate, minibatches."""

import itertools
import math
from collections.abc import Callable

import torch

from grader.check.exercises.ch02_slips import ask_or_slip, expect_or_slip
from grader.check.functions import ask
from grader.check.mistakes import Slip
from grader.check.submission import Submission
from grader.check.verdict import Verdict

TRIALS = 1000

SAMPLE = """
import torch
generator = torch.Generator().manual_seed(seed)
answers = [minibatch_gradient(per_example, batch, replacement, generator) for _ in range(trials)]
outputs["estimates"] = None if answers[0] is None else torch.stack([torch.as_tensor(a) for a in answers])
"""

CURVE = """
outputs["rates"] = [globals()[function](step, *settings) for step in grid]
"""


def judge_schedules(submission: Submission, exercise: str = "2.8", total: int = 40, lr: float = 0.8) -> list[Verdict]:
    """The three schedules on steps 0 to `total`, beside other forms of the same formulas.

    Not beside torch.optim's: importing it takes seconds.
    """
    every, factor, half = max(2, total // 4), 0.3, total / 5
    grid = list(range(total + 1))
    drops = torch.tensor([factor if t and t % every == 0 else 1.0 for t in grid], dtype=torch.float64)

    def curve(rule: Callable[[float], float]) -> torch.Tensor:
        return torch.tensor([rule(t) for t in grid], dtype=torch.float64)

    step_slips = [
        Slip(
            curve(lambda t: lr * factor ** (t / every)),
            "It decays a little at each step; the rate should stay flat between drops (whole-number division).",
        ),
        Slip(curve(lambda t: lr * factor ** ((t - 1) // every)), "The drop comes one step late."),
        Slip(curve(lambda t: lr * factor ** ((t + 1) // every)), "The drop comes one step early."),
        Slip(curve(lambda t: lr * factor if t >= every else lr), "It drops once; it should drop every so many steps."),
        Slip(curve(lambda t: lr * factor * (t // every)), "A product with the count of drops; it is a power."),
        Slip(curve(lambda t: lr - factor * (t // every)), "It subtracts; each drop is a multiplication by factor."),
    ]
    inverse_slips = [
        Slip(
            curve(lambda t: lr / (1 + half * t)), "Multiplied by half; the rate is halved after `half` steps: t / half."
        ),
        Slip(curve(lambda t: lr * 0.5 ** (t / half)), "That halves again and again: exponential decay."),
        Slip(curve(lambda t: lr / max(1.0, t / half)), "The 1 in the denominator is missing."),
        Slip(curve(lambda t: lr / math.sqrt(1 + t / half)), "There is no square root here."),
    ]
    cosine_slips = [
        Slip(curve(lambda t: lr * math.cos(math.pi * t / total)), "It ends at -lr: add 1 and halve."),
        Slip(curve(lambda t: lr * (1 + math.cos(math.pi * t / total))), "The factor ½ is missing: it starts at 2·lr."),
        Slip(curve(lambda t: lr * math.cos(math.pi / 2 * t / total)), "A quarter wave; (1 + cos)/2 over half a wave."),
        Slip(curve(lambda t: lr / 2 * (1 + math.cos(2 * math.pi * t / total))), "A whole wave: it comes back up."),
        Slip(curve(lambda t: lr / 2 * (1 + math.cos(t / total))), "π is missing inside the cosine."),
        Slip(curve(lambda t: lr * (1 - t / total)), "That is linear decay."),
    ]
    cases = [
        ("step_decay", (lr, every, factor), lr * drops.cumprod(0), step_slips),
        ("inverse_decay", (lr, half), curve(lambda t: lr * half / (half + t)), inverse_slips),
        ("cosine_decay", (lr, total), curve(lambda t: lr * math.cos(math.pi * t / total / 2) ** 2), cosine_slips),
    ]
    return [
        ask_or_slip(
            submission,
            name,
            lambda n=name, s=settings: _rates(submission, n, grid, s),
            want=want,
            slips=slips,
            because="Compare your rate at step 0, in the middle and at the end with the formula.",
            tol=1e-6 * lr,  # a rate may be a float32 tensor
        )
        for name, settings, want, slips in cases
    ]


def judge_minibatch(
    submission: Submission, exercise: str = "2.9", seed: int = 29, n: int = 40, k: int = 3
) -> list[Verdict]:
    """`minibatch_gradient` by its mean and variance over many draws, `predicted_variance` by enumeration.

    A statistical line is right within six standard errors, and fails a right answer less than once in 10⁷ seeds.
    """
    g = torch.Generator().manual_seed(seed)
    per_example = torch.randn(n, k, generator=g, dtype=torch.float64) + torch.arange(1, k + 1)
    tiny = torch.randn(5, k, generator=g, dtype=torch.float64)
    with_slips = [
        Slip(_enumerated(tiny, 2, False), "That is the variance without replacement."),
        Slip(
            tiny.var(0, correction=1).sum() / 2, "The variance over all examples is meant: divide by N, not by N - 1."
        ),
        Slip(tiny.var(0, correction=0).sum(), "The variance of one example; a mean of B has a B-th of it."),
        Slip(tiny.var(0, correction=0).sum() / 4, "Divided by B²; the variance of a mean of B falls as 1/B."),
        Slip(_enumerated(tiny, 2, True).sqrt(), "That is the standard deviation; the variance is its square."),
    ]
    without_slips = [
        Slip(
            _enumerated(tiny, 2, True), "That is the variance with replacement: the factor (N - B)/(N - 1) is missing."
        ),
        Slip(_enumerated(tiny, 2, True) * 3 / 5, "The factor is (N - B)/(N - 1); this has N below."),
        Slip(
            _enumerated(tiny, 2, True) * 4 / 3, "The factor is upside down: without replacement there is less variance."
        ),
    ]
    return [
        _judge_draws(submission, per_example, n // 2, True, seed),
        _judge_draws(submission, per_example, n // 2, False, seed + 1),
        _judge_whole(submission, per_example, seed),
        expect_or_slip(
            submission,
            "predicted, with replacement",
            "predicted_variance",
            tiny,
            2,
            True,
            want=_enumerated(tiny, 2, True),
            slips=with_slips,
            because="σ²/B, summed over coordinates.",
        ),
        expect_or_slip(
            submission,
            "predicted, without",
            "predicted_variance",
            tiny,
            2,
            False,
            want=_enumerated(tiny, 2, False),
            slips=without_slips,
            because="σ²/B times (N - B)/(N - 1), summed over coordinates.",
        ),
    ]


def _rates(submission: Submission, function: str, grid: list[int], settings: tuple) -> object:
    answers = submission.run(CURVE, {"function": function, "grid": grid, "settings": settings})["rates"]
    if any(answer is None for answer in answers):
        return None
    return torch.tensor([float(answer) for answer in answers], dtype=torch.float64)


def _enumerated(per_example: torch.Tensor, batch: int, replacement: bool) -> torch.Tensor:
    """The total variance of a minibatch mean, over every possible minibatch."""
    indices = range(len(per_example))
    draws = itertools.product(indices, repeat=batch) if replacement else itertools.combinations(indices, batch)
    means = torch.stack([per_example[list(draw)].mean(0) for draw in draws])
    return means.var(0, correction=0).sum()


def _draw(
    submission: Submission, per_example: torch.Tensor, batch: int, replacement: bool, seed: int, trials: int
) -> object:
    inputs = {"per_example": per_example, "batch": batch, "replacement": replacement, "seed": seed, "trials": trials}
    return submission.run(SAMPLE, inputs)["estimates"]


def _judge_draws(
    submission: Submission, per_example: torch.Tensor, batch: int, replacement: bool, seed: int
) -> Verdict:
    """Mean and total variance of many estimates, each within six standard errors."""
    line = f"drawn {'with' if replacement else 'without'} replacement, B = {batch}"
    n, k = per_example.shape
    single = per_example.var(0, correction=0)
    variance = {True: single / batch, False: single / batch * (n - batch) / (n - 1)}
    right, other = variance[replacement].sum(), variance[not replacement].sum()
    # The variance of a sample variance, nearly Gaussian: 2σ⁴/T; coordinates taken as fully dependent.
    spread = 6 * math.sqrt(2 / TRIALS) * right

    def judge(estimates: torch.Tensor) -> Verdict:
        if estimates.shape != (TRIALS, k):
            return Verdict(
                line, "wrong", f"An estimate has shape {tuple(estimates.shape[1:])}; that of the gradient is ({k},)."
            )
        mean, found = estimates.double().mean(0), estimates.double().var(0).sum()
        off = (mean - per_example.mean(0)).abs()
        noise = torch.maximum(variance[replacement], estimates.double().var(0))
        if (off > 6 * (noise / TRIALS).sqrt() + 1e-9).any():
            return Verdict(line, "wrong", _why_biased(mean, per_example, batch, found))
        if (found - right).abs() <= spread:
            return Verdict(line, "right")
        return Verdict(
            line,
            "wrong",
            f"The variance is {found:.3f}; {right:.3f} is expected. {_why_spread(found, other, spread)}",
        )

    return ask(submission, line, lambda: _draw(submission, per_example, batch, replacement, seed, TRIALS), judge)


def _why_biased(mean: torch.Tensor, per_example: torch.Tensor, batch: int, found: torch.Tensor) -> str:
    full = per_example.mean(0)
    if torch.allclose(mean, batch * full, rtol=0.05, atol=0.0):
        return "Biased: on average it is B times the gradient. Take the mean over the batch, not the sum."
    if torch.allclose(mean, batch / len(per_example) * full, rtol=0.1, atol=0.0):
        return "Biased: on average too small, by the factor B/N. Divide by the size of the batch."
    if found < 1e-12:
        return "The same examples are drawn each time: draw anew at each call, from the generator g."
    return "Biased: its average over many draws is not the full gradient. Are all examples drawn equally often?"


def _why_spread(found: torch.Tensor, other: torch.Tensor, spread: float) -> str:
    if found < 1e-12:
        return "The same examples are drawn each time: draw anew at each call, from the generator g."
    if (found - other).abs() <= spread:
        return "It is the variance of the other way of drawing: does your code look at `replacement`?"
    return "Is the batch of the size asked for, and drawn evenly?"


def _judge_whole(submission: Submission, per_example: torch.Tensor, seed: int) -> Verdict:
    line, n = "without replacement, B = N", len(per_example)
    because = "Without replacement a batch of all N examples holds each once: exactly the full gradient."
    want = per_example.mean(0).expand(3, -1)
    return ask_or_slip(
        submission,
        line,
        lambda: _draw(submission, per_example, n, False, seed, 3),
        want=want,
        slips=[],
        because=because,
    )
