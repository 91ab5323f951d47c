"""Chapter 01, derivatives: secants and difference quotients here; the other exercises in the modules beside it.

Each judge takes a seed, so that the hidden tests ask the same questions with other numbers.
"""

import math

import torch

from grader.check.exercises.ch01_paths import judge_paths, judge_steepest
from grader.check.exercises.ch01_slips import expect_or_explain, explained, uniform
from grader.check.exercises.ch01_steps import judge_best_step, judge_complex_step
from grader.check.exercises.ch01_ways import judge_four_ways, judge_kinks
from grader.check.functions import ask, matches
from grader.check.submission import Submission
from grader.check.verdict import Verdict

LEFT_AS_IT_WAS = """
before = x.clone()
outputs["forward"] = forward_difference(f, x, h)
outputs["central"] = central_difference(f, x, h)
outputs["moved"] = float((x - before).abs().max())
"""


def judge_secant(submission: Submission, seed: int) -> list[Verdict]:
    """Exercise 1.1: `secant_slope` on a cubic and on the exponential, and the limit read from the table."""
    a, b, x, h = uniform(seed, 4)
    rise = a * (x + h) ** 3 + b * (x + h) - a * x**3 - b * x
    slips = {
        "This is the rise f(x + h) - f(x); divide it by the run, h.": rise,
        "The sign is turned round: the rise is f(x + h) - f(x).": -rise / h,
        "This is the slope of the tangent, the limit; asked is the secant over the h that is given.": 3 * a * x**2 + b,
        "This secant runs from x - h to x + h; asked is the one from x to x + h.": a * (3 * x**2 + h**2) + b,
        "The run is h, the distance between the two points, not x + h.": rise / (x + h),
        "A bracket is missing: without one, only f(x) is divided by h.": rise + (a * x**3 + b * x) * (1 - 1 / h),
        "This is the rise times the run; the slope is rise divided by run.": rise * h,
    }
    return [
        expect_or_explain(
            submission,
            "a cubic",
            "secant_slope",
            lambda t: a * t**3 + b * t,
            x,
            h,
            want=rise / h,
            slips=slips,
            because="The slope is rise over run: how much f changes from x to x + h, for each unit of h.",
        ),
        expect_or_explain(
            submission,
            "a point to the left, h < 0",
            "secant_slope",
            lambda t: math.exp(t),
            x,
            -h,
            want=math.exp(x) * math.expm1(-h) / -h,
            slips={
                "h may be negative: divide by h itself, not by its absolute value.": math.exp(x) * math.expm1(-h) / h
            },
            because="With h < 0 the second point lies to the left; the same formula holds.",
        ),
        ask(submission, "speed_at_2", lambda: submission.value("speed_at_2"), _judge_limit),
    ]


def judge_differences(
    submission: Submission, seed: int, n: int, dtype: torch.dtype = torch.float64, h: float = 0.25
) -> list[Verdict]:
    """Exercise 1.2: both quotients of f(x) = x·Ax + Σ c x³, whose values at a finite h have a closed form."""
    g = torch.Generator().manual_seed(seed)
    A = torch.randn(n, n, generator=g, dtype=torch.float64).to(dtype)
    x, c = (torch.rand(n, generator=g, dtype=torch.float64).to(dtype) + 0.5 for _ in range(2))

    def f(x):
        return x @ A @ x + (c * x**3).sum()

    gradient = (A + A.T) @ x + 3 * c * x**2
    forward = gradient + h * A.diag() + c * (3 * x * h + h**2)
    central = gradient + c * h**2
    # Coordinate i moved while those before it are still moved.
    heap = [f(x + h * (torch.arange(n) < k)) for k in range(n + 1)]
    piled = torch.stack([(heap[i + 1] - f(x)) / h for i in range(n)])
    stairs = torch.stack([(heap[i + 1] - heap[i]) / h for i in range(n)])
    # A stray answer is told from a right one by far more than this.
    tol = 1e-4 * float(forward.abs().max()) if dtype == torch.float32 else None
    forward_slips = {
        "This is the central difference; the forward one looks from x to x + h only.": central,
        "This is the backward difference, from x - h to x.": 2 * central - forward,
        "This is the gradient itself; with this h the quotient is not quite that.": gradient,
        "Divide by h, the distance between the two points, not by 2h.": forward / 2,
        "Divide the difference by h.": forward * h,
        "The sign is turned round: f(x + h) - f(x).": -forward,
        "All coordinates moved at once; move one, keep the others.": ((f(x + h) - f(x)) / h).expand(n),
        "The coordinates before it are still moved: put each back, or move a fresh copy (clone).": piled,
        "Earlier coordinates stay moved: put each back, or move a fresh copy (clone) of x.": stairs,
    }
    central_slips = {
        "Divide by 2h: the two points lie 2h apart.": 2 * central,
        "Without brackets, / 2 * h multiplies by h.": central * h * h,
        "This is the forward difference; the central one uses x - h as well.": forward,
        "This is the gradient itself; with this h the quotient is not quite that.": gradient,
        "The sign is turned round: f(x + h) - f(x - h).": -central,
        "Divide the difference by 2h.": 2 * h * central,
        "Both points are the same tensor: a = x gives it a second name, x.clone() makes a copy.": torch.zeros_like(x),
    }
    lines = []
    for rule, want, slips in [("forward", forward, forward_slips), ("central", central, central_slips)]:
        lines.append(
            ask(
                submission,
                f"{rule}, h = {h:g}",
                lambda rule=rule: submission.call(f"{rule}_difference", f, x, h),
                lambda got, rule=rule, want=want, slips=slips: _rounded_away(
                    explained(matches(f"{rule}, h = {h:g}", got, want, tol=tol), got, slips, tol), got, want
                ),
            )
        )
    return [*lines, _judge_left_alone(submission, f, x, h, {"forward": forward, "central": central}, tol)]


EXERCISES = {
    "1.1": lambda submission, _: judge_secant(submission, seed=11),
    "1.2": lambda submission, _: judge_differences(submission, seed=12, n=3),
    "1.3": lambda submission, _: judge_best_step(submission, seed=13),
    "1.4": lambda submission, _: judge_complex_step(submission, seed=14),
    "1.5": lambda submission, _: judge_four_ways(submission, seed=15, sizes=(3, 4)),
    "1.6": lambda submission, _: judge_kinks(submission, seed=16),
    "1.7": lambda submission, _: judge_steepest(submission, seed=17),
    "1.8": lambda submission, _: judge_paths(submission, seed=18, vertices=6),
}


def _judge_limit(got: object) -> Verdict:
    """The speed at t = 2 of a car at 30 t - 3 t²; the average over h seconds is 18 - 3h."""
    if matches("speed_at_2", got, 18.0, tol=1e-3).passed:
        return Verdict("speed_at_2", "right")
    averages = {h: 18.0 - 3.0 * h for h in (2.0, 1.0, 0.5, 0.1, 0.01, 0.001)}
    h = next((h for h, average in averages.items() if matches("", got, average, tol=1e-6).passed), None)
    if h:
        message = f"That is the average over {h:g} s. Which number do the averages approach as h shrinks?"
    elif matches("", got, 48.0, tol=1e-3).passed:
        message = "That is the position; asked is how fast it changes."
    else:
        message = "Read down the table: which number do the slopes approach as h shrinks?"
    return Verdict("speed_at_2", "wrong", message)


def _rounded_away(verdict: Verdict, got: object, want: torch.Tensor) -> Verdict:
    """Says so where a float64 quotient was kept in a float32 tensor."""
    if verdict.status != "wrong" or not isinstance(got, torch.Tensor) or got.dtype == want.dtype:
        return verdict
    near = matches(verdict.name, got, want, tol=1e-4 * float(want.abs().max())).passed
    message = f"x is {want.dtype} and your result is {got.dtype}: make it with x's dtype, as zeros_like(x) does."
    return Verdict(verdict.name, "wrong", message.replace("torch.", "")) if near else verdict


def _judge_left_alone(submission, f, x, h, want, tol) -> Verdict:
    """x after both calls is what it was; no answer passes that is not right on this x first."""
    line = "x is left as it was"

    def judge(outputs) -> Verdict:
        verdicts = [matches(line, outputs.get(rule), value, tol=tol) for rule, value in want.items()]
        if outputs["moved"]:
            return Verdict(line, "wrong", "After the call the caller's x has changed. Work on a copy: x.clone().")
        if all(verdict.passed for verdict in verdicts):
            return Verdict(line, "right")
        missing = any(verdict.status == "missing" for verdict in verdicts)
        return Verdict(line, "missing" if missing else "wrong", "It is; but see the other lines first.")

    return ask(submission, line, lambda: submission.run(LEFT_AS_IT_WAS, {"f": f, "x": x, "h": h}), judge)
