"""Chapter 01, derivatives: the best step of a difference quotient, and the complex step."""

import math
from collections.abc import Callable

import numpy as np
import torch

from grader.check.errors import SubmissionError
from grader.check.exercises.ch01_slips import expect_or_explain, uniform
from grader.check.functions import refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

# e^x / sqrt(sin^3 x + cos^3 x) at 1.5: Squire & Trapp, SIAM Review 40(1), 1998.
SQUIRE_TRAPP = 4.053427893898621


def judge_best_step(submission: Submission, seed: int, dtypes: tuple[torch.dtype, ...] = (torch.float64,)) -> list:
    """Exercise 1.3: `best_step` on a table of errors, `predicted_step`, and the two beside each other."""
    g = torch.Generator().manual_seed(seed)
    hs = torch.logspace(-9, -1, 9, dtype=torch.float64)[torch.randperm(9, generator=g)]
    slope = -2.0 - float(torch.rand((), generator=g))
    errors = 0.3 * hs + 3e-11 / hs
    # The smallest signed error is to be at none of the other places that a slip leads to.
    errors[errors.argsort()[-3]] *= -1
    estimates = {float(h): slope + float(e) for h, e in zip(hs, errors, strict=True)}
    best, low, high = int(errors.abs().argmin()), int(errors.argmin()), int(errors.abs().argmax())
    small = min(estimates, key=lambda h: abs(estimates[h]))

    def pair(i):
        return [float(hs[i]), abs(float(errors[i]))]

    slips = {
        "These are the error and then the h; return the h first.": pair(best)[::-1],
        "This is the index of the best h; return the h itself.": [best, pair(best)[1]],
        "The smallest error is asked without its sign: take abs first.": [float(hs[low]), float(errors[low])],
        "The smallest signed error is the most negative one: take abs first.": pair(low),
        "This is the worst h, not the best.": pair(high),
        "This is the h with the smallest estimate; compare the estimate with the slope.": [
            small,
            abs(estimates[small]),
        ],
        "This error still has its sign: take abs.": [float(hs[best]), float(errors[best])],
        "This is the smallest h. Smaller is not always better.": pair(int(hs.argmin())),
    }
    estimate = {round(math.log10(h), 6): value for h, value in estimates.items()}
    single = (torch.tensor(list(estimates.values()), dtype=torch.float32) - slope).abs()
    rounded = "The estimates were rounded to float32: torch.tensor of Python numbers is float32 unless you say dtype."
    slips[rounded] = [float(hs[single.argmin()]), float(single.min())]
    # One negative, one positive: without abs the root of their quotient does not exist.
    f0, fk, u = -3.7 - slope, 0.9 - slope, torch.finfo(torch.float32).eps / 2
    return [
        expect_or_explain(
            submission,
            "best_step on a table",
            "best_step",
            lambda h: estimate[round(math.log10(float(h)), 6)],
            slope,
            hs,
            want=pair(best),
            slips=slips,
            because="Return [h, error]: the h of the list whose estimate is nearest to the slope, and how near it is.",
            tol=1e-12,
        ),
        *[_judge_prediction(submission, rule, f0, fk, u) for rule in ("forward", "central")],
        _judge_agreement(submission, dtypes),
    ]


def judge_complex_step(submission: Submission, seed: int, h: float = 1e-20) -> list[Verdict]:
    """Exercise 1.4: `complex_step` at full accuracy, and a function of the student's own that fools it."""
    a, b, x, _ = uniform(seed, 4)
    xs = np.array([-x, b, x])
    slopes = np.exp(a * xs) * (a * np.sin(xs) + np.cos(xs))
    values = np.exp(a * xs) * np.sin(xs)
    # A few dozen roundings of half an epsilon each; a central difference is off by 1e-10 at best.
    tol = 1e-13
    return [
        expect_or_explain(
            submission,
            "e^x / sqrt(sin^3 x + cos^3 x) at 1.5",
            "complex_step",
            lambda z: np.exp(z) / np.sqrt(np.sin(z) ** 3 + np.cos(z) ** 3),
            1.5,
            h,
            want=SQUIRE_TRAPP,
            slips={
                "Divide the imaginary part by h.": SQUIRE_TRAPP * h,
                "This is the real part: only the imaginary part carries the slope.": 0.0,
                "The sign is turned round.": -SQUIRE_TRAPP,
            },
            because="Evaluate f once, at x + ih; the slope is the imaginary part divided by h. "
            "A difference of two values cannot do it: it loses digits.",
            tol=tol,
        ),
        expect_or_explain(
            submission,
            "a whole array, h = 1e-200",
            "complex_step",
            lambda z: np.exp(a * z) * np.sin(z),
            xs,
            1e-200,
            want=slopes,
            slips={
                "Here h is 1e-200: use the h that is handed in.": values * 0,
                "Divide the imaginary part by h.": slopes * 1e-200,
            },
            because="The same formula works entry by entry, at any h that is not rounded to 0: nothing is subtracted.",
            tol=tol * 10,
        ),
        _judge_trap(submission, h),
    ]


def _judge_prediction(submission: Submission, rule: str, f0: float, fk: float, u: float) -> Verdict:
    ratio = abs(f0) / abs(fk)
    forward, central = 2 * math.sqrt(u * ratio), (3 * u * ratio) ** (1 / 3)
    want, other = (forward, central) if rule == "forward" else (central, forward)
    power, factor = (1 / 2, 2.0) if rule == "forward" else (1 / 3, 3 ** (1 / 3))
    slips = {
        "This is the other rule's step: h² goes with the forward, h³ with the central difference.": other,
        "The factor in front is missing: set the derivative of the whole bound to 0.": want / factor,
        "Twice as much rounding: u is already half of eps.": want * 2**power,
        "The quotient is upside down: large |f| means more rounding, so a larger h.": want * ratio ** (-2 * power),
        "|f| is missing: rounding is relative to the size of f.": want * abs(f0) ** -power,
        "The root is missing.": want ** (1 / power),
    }
    if rule == "central":
        slips["A square root here; three factors of h need a cube root."] = math.sqrt(3 * u * ratio)
    else:
        slips["The factor 4 goes under the root, or 2 in front of it."] = 4 * math.sqrt(u * ratio)
    return expect_or_explain(
        submission,
        f"predicted_step, {rule}",
        "predicted_step",
        rule,
        f0,
        fk,
        u,
        want=want,
        slips=slips,
        because="Find the minimum of truncation + rounding over h. f and its derivative may be negative: use abs.",
        tol=1e-9 * want,
    )


def _judge_agreement(submission: Submission, dtypes: tuple[torch.dtype, ...]) -> Verdict:
    """Measured and predicted best steps of sin near 1 lie within a factor of ten of each other."""
    line, hs = "measured beside predicted", torch.logspace(-11, -1, 41, dtype=torch.float64)
    for dtype in dtypes:
        for rule, fk in (("forward", -math.sin(1.0)), ("central", -math.cos(1.0))):
            try:
                measured = submission.call("best_step", _typical_error(rule, dtype), 0.0, hs)
                predicted = submission.call("predicted_step", rule, math.sin(1.0), fk, torch.finfo(dtype).eps / 2)
            except SubmissionError as error:
                return refused(line, error)
            if measured is None or predicted is None:
                return Verdict(line, "missing", "Not done yet.")
            try:
                ratio = float(measured[0]) / float(predicted)
            except (TypeError, ValueError, IndexError, KeyError, ZeroDivisionError):
                return Verdict(line, "wrong", "best_step returns [h, error] and predicted_step a number above 0.")
            if not 0.1 <= ratio <= 10:
                where = f"{rule}, {str(dtype).removeprefix('torch.')}"
                return Verdict(
                    line, "wrong", f"{where}: measured over predicted is {ratio:.2g}, not between 0.1 and 10."
                )
    return Verdict(line, "right")


def _typical_error(rule: str, dtype: torch.dtype) -> Callable[[object], float]:
    """A function of h: the median error of sin's slope over 51 points near 1, so that no lucky rounding counts."""
    x, back = torch.linspace(0.9, 1.1, 51, dtype=dtype), int(rule == "central")

    def error(h) -> float:
        slopes = (torch.sin(x + float(h)) - torch.sin(x - back * float(h))) / ((1 + back) * float(h))
        return float((slopes.double() - torch.cos(x.double())).abs().median())

    return error


def _judge_trap(submission: Submission, h: float) -> Verdict:
    """A function that has a slope at a point, of which the complex step knows nothing, and does not say so."""
    line = "trap fools the complex step"
    try:
        at = submission.value("trap_at")
        if not isinstance(at, int | float):
            return Verdict(line, "wrong", "trap_at is one number, the point at which to differentiate.")
        points = [at - 1e-4, at - 1e-6, at, at + 1e-6, at + 1e-4]
        values = [submission.call("trap", float(point)) for point in points]
    except SubmissionError as error:
        return refused(line, error)
    if any(value is None for value in values):
        return Verdict(line, "missing", "Not done yet.")
    try:
        y = [complex(value) for value in values]
    except (TypeError, ValueError):
        return Verdict(line, "wrong", "trap takes one number and returns one number.")
    if any(value.imag or not math.isfinite(value.real) for value in y):
        return Verdict(line, "wrong", "For real x, trap must be real and finite.")
    y = [value.real for value in y]
    slopes = [(y[2] - y[0]) / 1e-4, (y[4] - y[2]) / 1e-4, (y[2] - y[1]) / 1e-6, (y[3] - y[2]) / 1e-6]
    if max(slopes) - min(slopes) > 1e-2 * (1 + abs(slopes[0])):
        message = f"At trap_at the slopes from left and right are {slopes[2]:.3g} and {slopes[3]:.3g}: "
        return Verdict(line, "wrong", message + "choose a point where trap has a derivative.")
    try:
        found = complex(submission.call("trap", complex(at, h))).imag / h
    except SubmissionError as error:
        return Verdict(line, "wrong", f"That is not silent, it raises. {error}")
    if abs(found - slopes[0]) <= 0.1 * (1 + abs(slopes[0])):
        message = f"Here the complex step gives {found:.4g} and the slope is {slopes[0]:.4g}: no failure. "
        return Verdict(line, "wrong", message + "Which operations drop or hide an imaginary part?")
    return Verdict(line, "right")
