"""Chapter 01, derivatives: four ways to one derivative, and kinks."""

import math

import sympy
import torch

from grader.check.errors import SubmissionError
from grader.check.exercises.ch01_slips import expect_or_explain, explained, uniform
from grader.check.functions import ask, expect, expect_that, matches, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

SYMBOLS = """
answer = by_symbols(text, at)
outputs["slope"] = None if answer is None else float(answer)  # sympy numbers are not data
"""

AUTODIFF = """
import torch
outputs["slope"] = by_autodiff(lambda x: torch.exp(a * x) * torch.sin(x) + x**3, x)
"""

SECOND_PROGRAM = """
import torch
outputs["values"] = relu_again(xs.clone())
if outputs["values"] is not None:
    x = xs.clone().requires_grad_()
    (outputs["slopes"],) = torch.autograd.grad(relu_again(x).sum(), x)
"""


def judge_four_ways(submission: Submission, seed: int, sizes: tuple[int, ...]) -> list[Verdict]:
    """Exercise 1.5: four functions, each for another way, and the swell of the logistic map for n in `sizes`."""
    a, x = uniform(seed, 2)
    e = math.exp(2 * x)
    slope = math.exp(a * x) * (a * math.sin(x) + math.cos(x)) + 3 * x**2
    hand_slips = {
        "The inner derivative of e^(2x) is missing: the chain rule brings a factor 2.": 6 * x + e,
        "The power rule keeps the factor 3 and lowers the exponent: 3·2x.": 2 * x + 2 * e,
        "This is the function itself.": 3 * x**2 + e,
        "e^(2x) is not a power of x: the exponent does not come down as x^n's does.": 6 * x
        + 2 * x * math.exp(2 * x - 1),
        "The derivative of e^(2x) is 2 e^(2x), with 2x still in the exponent.": 6 * x + 2 * math.exp(x),
    }
    text = f"exp({a!r}*x)*sin(x) + x**3"
    inexact = "sympy.diff is exact: no difference quotient is needed. Put `at` in for the symbol x."
    symbol_slips = {
        "This is the value of the expression; differentiate it first.": math.exp(a * x) * math.sin(x) + x**3
    }
    return [
        expect_or_explain(
            submission,
            "by_hand",
            "by_hand",
            x,
            want=6 * x + 2 * e,
            slips=hand_slips,
            because="Differentiate 3x² and e^(2x) by themselves, then add.",
        ),
        expect(
            submission,
            "by_differences",
            "by_differences",
            lambda t: math.exp(a * t) * math.sin(t) + t**3,
            x,
            want=slope,
            because="Near, but with the step of section 3 it is right to six digits at least. Which h do you use?",
            # A forward difference at its best step is right to about 1e-8; a hundred times that is still careful.
            tol=1e-6 * abs(slope),
        ),
        ask(
            submission,
            "by_symbols",
            lambda: submission.run(SYMBOLS, {"text": text, "at": x}).get("slope"),
            lambda got: explained(matches("by_symbols", got, slope, because=inexact), got, symbol_slips),
        ),
        _judge_autodiff(submission, a, x, slope),
        *[_judge_swell(submission, n) for n in sizes],
    ]


def judge_kinks(submission: Submission, seed: int) -> list[Verdict]:
    """Exercise 1.6: `one_sided`, `differentiable` and `relu_again`."""
    a, b = uniform(seed, 2)
    h = 0.125
    left, right = b * (2 * a - h) - 1, b * (2 * a + h) + 1
    slips = {
        "Left and right are exchanged.": [right, left],
        "The left slope has the wrong sign: divide f(x) - f(x - h) by h.": [-left, right],
        "This is the same slope twice; the left one uses x - h.": [right, right],
    }
    return [
        expect_or_explain(
            submission,
            "one_sided of a kink",
            "one_sided",
            lambda t: b * t**2 + abs(t - a),
            a,
            h,
            want=[left, right],
            slips=slips,
            because="Return [left, right]: the slope of the secant from x - h to x, then from x to x + h.",
        ),
        _judge_differentiable(submission, a),
        _judge_second_program(submission, seed),
    ]


def _judge_autodiff(submission: Submission, a: float, x: float, slope: float) -> Verdict:
    def judge(got) -> Verdict:
        verdict = matches("by_autodiff", got, slope, because="Which function was differentiated, and where?")
        if verdict.status == "wrong" and matches("", got, slope, tol=1e-5 * abs(slope)).passed:
            message = "Right to float32 only: torch.tensor of a Python number is float32 unless you say dtype."
            return Verdict("by_autodiff", "wrong", message)
        return verdict

    return ask(submission, "by_autodiff", lambda: submission.run(AUTODIFF, {"a": a, "x": x}).get("slope"), judge)


def _judge_swell(submission: Submission, n: int) -> Verdict:
    x = sympy.symbols("x")
    terms = [x]
    for _ in range(n):
        terms.append(4 * terms[-1] * (1 - terms[-1]))
    counts = {k: [int(sympy.count_ops(e)) for e in (terms[k], sympy.diff(terms[k], x))] for k in (n - 1, n, n - 2)}
    simplified = [counts[n - 1][0], int(sympy.count_ops(sympy.expand(sympy.diff(terms[n - 1], x))))]
    return expect_or_explain(
        submission,
        f"swell, n = {n}",
        "swell",
        n,
        want=counts[n - 1],
        slips={
            "One map too many: l_1 is x itself, so l_n takes n - 1 maps.": counts[n],
            "One map too few: l_n takes n - 1 maps.": counts[n - 2],
            "The derivative's count comes second.": counts[n - 1][::-1],
            "You count after expand or simplify; count what sympy.diff returns.": simplified,
        },
        because="Return [operations of l_n, operations of its derivative as sympy.diff returns it].",
    )


def _judge_differentiable(submission: Submission, a: float) -> Verdict:
    """One line for all functions: a constant answer earns nothing."""
    line = "differentiable"
    cases = [
        ("|x|", lambda t: abs(t), 0.0, False, "left slope -1, right slope 1"),
        ("|x|", lambda t: abs(t), a, True, "it is a straight line there, up to rounding: leave room for it"),
        (
            "x·|x|",
            lambda t: t * abs(t),
            0.0,
            True,
            "both slopes go to 0; that there is a corner further up does not matter",
        ),
        ("max(x, 3x)", lambda t: max(t, 3 * t), 0.0, False, "left slope 1, right slope 3"),
        ("sin(2x)", lambda t: math.sin(2 * t), a, True, "left and right differ only because h is not 0"),
        (
            "the sign of x",
            lambda t: float((t > 0) - (t < 0)),
            0.0,
            False,
            "it jumps: the slopes agree and grow like 1/h",
        ),
        (
            "the cube root",
            lambda t: math.copysign(abs(t) ** (1 / 3), t),
            0.0,
            False,
            "the slopes agree and grow as h shrinks",
        ),
        ("max(0, x) + 5", lambda t: max(0.0, t) + 5, -a, True, "it is constant there, and its slope is 0"),
        ("a step", lambda t: float(t > 0), 0.0, False, "the left slope is 0 and the right one 1/h"),
    ]
    for name, f, x, want, reason in cases:
        try:
            got = submission.call("differentiable", f, x)
        except SubmissionError as error:
            return refused(line, error)
        if got is None:
            return Verdict(line, "missing", "Not done yet.")
        if not matches(line, got, want).passed:
            answer = f"{name} at {x:.3g}: you have {got!r}, the answer is {want}; {reason}."
            return Verdict(line, "wrong", answer if isinstance(got, bool) else f"Return True or False, not {got!r}.")
    return Verdict(line, "right")


def _judge_second_program(submission: Submission, seed: int) -> Verdict:
    line = "relu_again"
    xs = torch.tensor([-2.0, -0.1, 0.0, 0.4, 3.0], dtype=torch.float64)
    xs = xs * uniform(seed, 1)[0]

    def judge(outputs) -> Verdict:
        if outputs.get("values") is None:
            return Verdict(line, "missing", "Not done yet.")
        values = matches(line, outputs["values"], torch.relu(xs), because="It must have relu's values for every x.")
        if not values.passed:
            return values
        slopes = [float(slope) for slope in outputs["slopes"]]
        away = zip(slopes[:2] + slopes[3:], [0.0, 0.0, 1.0, 1.0], strict=True)
        if any(not math.isclose(slope, truth, abs_tol=1e-9) for slope, truth in away):
            return Verdict(line, "wrong", f"Away from 0 the slopes must be 0, 0, 1, 1; torch gives {slopes}.")
        same = f"At 0 torch gives {slopes[2]:g}; asked is a number that is not 0. Compose relu from other kinks."
        return expect_that(line, slopes[2] != 0 and math.isfinite(slopes[2]), same)

    try:
        return ask(submission, line, lambda: submission.run(SECOND_PROGRAM, {"xs": xs}), judge)
    except (TypeError, ValueError):
        return Verdict(line, "wrong", "relu_again takes a tensor and returns one of the same shape.")
