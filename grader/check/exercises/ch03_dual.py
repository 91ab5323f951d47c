"""Chapter 03, exercises 3.2 and 3.3: dual numbers and elementary functions.

Dual numbers stay on the student's side; the drivers take them apart.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from grader.check.errors import SubmissionError
from grader.check.exercises.ch03_programs import draw_programs, judge_runs, random_numbers, torch_functions
from grader.check.exercises.ch03_slips import (
    ARITHMETIC,
    ARRAYS,
    FUNCTION_SLIPS,
    Line,
    Slip,
    around,
    by_torch_expression,
    explained,
)
from grader.check.functions import matches, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

# Each expression on fresh dual numbers: [primal, tangent, and the operands afterwards], None, or what stopped it.
EXPRESSIONS = """
for number, source in enumerate(sources):
    duals = {name: Dual(*pair) for name, pair in moving.items()}
    try:
        z = eval(source, {**globals(), **plain, **duals})
        if isinstance(z, Dual):
            outputs[str(number)] = [z.primal, z.tangent, [[duals[n].primal, duals[n].tangent] for n in duals]]
        else:
            outputs[str(number)] = None if z is None else f"It gives {z!r}, not a Dual."
    except Exception as error:
        outputs[str(number)] = f"It stopped: {type(error).__name__}: {error}"
"""

COMPARISONS = """
for number, source in enumerate(sources):
    try:
        outputs[str(number)] = bool(eval(source, {**globals(), **plain, **{n: Dual(*p) for n, p in moving.items()}}))
    except Exception as error:
        outputs[str(number)] = f"It stopped: {type(error).__name__}: {error}"
"""

PROGRAMS = """
for number, source in enumerate(sources):
    space = {**globals(), **{name: Dual(*pair) for name, pair in zip("abc", zip(points[number], seeds[number]))}}
    exec(source, space)
    outputs[str(number)] = None if space["z"] is None else [space["z"].primal, space["z"].tangent]
"""

FUNCTIONS = """
for name, x in points.items():
    function = globals().get(name)
    try:
        z = None if function is None else function(Dual(x, seeds[name]))
        outputs[name] = None if z is None else [z.primal, z.tangent]
    except Exception as error:
        outputs[name] = f"With a Dual of an array it stopped: {type(error).__name__}: {error}."
    try:
        outputs["plain " + name] = None if function is None else function(x)
    except Exception as error:
        outputs["plain " + name] = f"With a plain array it stopped: {type(error).__name__}: {error}."
"""

NEW_ENTRY = """
FUNCTIONS = {**FUNCTIONS, "square": lambda x: x * x}
DERIVATIVES = {**DERIVATIVES, "square": lambda x, y: 2 * x}
square = elementary("square")
z = None if square is None else square(Dual(x, x_dot))
outputs["z"] = None if z is None else [z.primal, z.tangent]
"""


def judge_arithmetic(submission: Submission, seed: int) -> list[Verdict]:
    """Verdicts on `Dual` with numbers: each operation with a dual or plain number on either side, and comparisons."""
    x, y, n = (abs(number) + shift for number, shift in zip(random_numbers(seed, 3), (0.2, 0.4, 0.3), strict=True))
    rates = random_numbers(seed + 1, 3)
    moving = {"x": (x, rates[0]), "y": (y, rates[1]), "n": (-n, rates[2])}
    plain = {"k": abs(random_numbers(seed + 2, 1)[0]) + 2}
    return [*(_judge_line(submission, line, moving, plain) for line in ARITHMETIC), _judge_order(submission, moving)]


def judge_arrays(submission: Submission, seed: int, size: int) -> list[Verdict]:
    """A verdict on `Dual` with arrays of shape (size,) on either side."""
    x, x_dot, w = (np.array(random_numbers(seed + offset, size)) for offset in (3, 4, 5))
    moving = {"x": (x, x_dot), "s": tuple(random_numbers(seed + 6, 2))}
    return [_judge_line(submission, ARRAYS, moving, {"w": w})]


def judge_programs(submission: Submission, exercise: str, seed: int, count: int, steps: Sequence[str]) -> list[Verdict]:
    """Verdicts on random programs run with `Dual`: one for the values, one for the tangents."""
    sources, points, seeds = draw_programs(seed, count, steps)
    return judge_runs(submission, PROGRAMS, sources, points, seeds)


def judge_functions(submission: Submission, seed: int, size: int) -> list[Verdict]:
    """Verdicts on the seven elementary functions of Duals and plain arrays, and on a new entry of the tables."""
    points, seeds = {}, {}
    for offset, name in enumerate(FUNCTION_SLIPS):
        numbers = np.array(random_numbers(seed + 7 + offset, size))
        points[name] = np.abs(numbers) if name in ("log", "sqrt") else numbers
        seeds[name] = np.array(random_numbers(seed + 20 + offset, size))
    # Both sides of relu's kink and the kink itself, where the exercise asks for 0.
    points["relu"][:3] = np.abs(points["relu"][0]), -np.abs(points["relu"][1]), 0.0
    try:
        answer = submission.run(FUNCTIONS, {"points": points, "seeds": seeds})
    except SubmissionError as error:
        return [refused(name, error) for name in (*FUNCTION_SLIPS, "a new entry")]
    lines = [_judge_function(name, answer, points[name], seeds[name]) for name in FUNCTION_SLIPS]
    return [*lines, _judge_new_entry(submission, *random_numbers(seed + 40, 2))]


def _judge_line(
    submission: Submission, line: Line, moving: Mapping[str, tuple], plain: Mapping[str, object]
) -> Verdict:
    """The first expression of a line that is not right, or right."""
    inputs = {
        "sources": list(line.expressions),
        "moving": {k: list(p) for k, p in moving.items()},
        "plain": dict(plain),
    }
    try:
        answer = submission.run(EXPRESSIONS, inputs)
    except SubmissionError as error:
        return refused(line.name, error)
    for number, (expression, slips) in enumerate(line.expressions.items()):
        verdict = _judge_expression(line, expression, answer[str(number)], slips, moving, plain)
        if verdict.status != "right":
            return verdict
    return Verdict(line.name, "right")


def _judge_expression(
    line: Line,
    expression: str,
    got: object,
    slips: Sequence[Slip],
    moving: Mapping[str, tuple],
    plain: Mapping[str, object],
) -> Verdict:
    if got is None:
        return Verdict(line.name, "missing", f"{expression} is not done yet.")
    if isinstance(got, str):
        # A given operation that calls a helper of the student's which returns nothing yet is not done either.
        status = "missing" if "supported" in got or "'NoneType' object" in got else "failed"
        return Verdict(line.name, status, f"{expression}: {got}")
    primal, tangent = by_torch_expression(expression, moving, plain)
    verdict = matches(line.name, got[0], primal, because=f"That is the primal of {expression}. {line.because}")
    if verdict.status != "right":
        return verdict
    scope = around(moving, plain)
    values = [(slip(scope), f"In {expression}: {sentence}") for slip, sentence in slips]
    verdict = explained(line.name, got[1], tangent, f"That is the tangent of {expression}. {line.because}", values)
    if verdict.status in ("right", "shape") and np.shape(got[1]) != np.shape(primal):
        return Verdict(line.name, "wrong", f"The tangent of {expression} has another shape than its primal.")
    if verdict.status == "right" and not _same(got[2], list(moving.values())):
        return Verdict(line.name, "wrong", f"{expression} has changed an operand in place; make a new Dual.")
    return verdict


def _judge_order(submission: Submission, moving: Mapping[str, tuple]) -> Verdict:
    """Comparisons, with tangents ordered the other way round than primals."""
    low, high = sorted((moving["x"][0], moving["x"][0] + 0.7))
    moving = {"x": [low, 2.0], "y": [high, -3.0], "z": [low, -5.0]}
    sources = ["x < y", "x <= z", "y > x", "x >= y", "x == z", "x == y", "k < y", "k >= x", "x != k", "x == k"]
    try:
        answer = submission.run(COMPARISONS, {"sources": sources, "moving": moving, "plain": {"k": low}})
    except SubmissionError as error:
        return refused("comparisons", error)
    for number, source in enumerate(sources):
        got = answer[str(number)]
        if isinstance(got, str):
            return Verdict("comparisons", "missing" if "not supported" in got else "failed", f"{source}: {got}")
        if got != eval(source, {"x": low, "y": high, "z": low, "k": low}):
            return Verdict(
                "comparisons", "wrong", f"{source} is {got}; compare the primals, whatever the tangents are."
            )
    return Verdict("comparisons", "right")


def _judge_function(name: str, answer: Mapping[str, object], x: np.ndarray, x_dot: np.ndarray) -> Verdict:
    got, plain = answer[name], answer[f"plain {name}"]
    if got is None:
        return Verdict(name, "missing", "Not done yet.")
    if isinstance(got, str):
        return Verdict(name, "failed", got)
    primals, tangents = torch.from_numpy(x), torch.from_numpy(x_dot)
    y, y_dot = torch.func.jvp(torch_functions()[name], (primals,), (tangents,))
    slips = [(slip(x, y.numpy()) * x_dot, sentence) for slip, sentence in FUNCTION_SLIPS[name]]
    with np.errstate(divide="ignore", invalid="ignore"):
        slips.append((y_dot.numpy() / x_dot, "The factor ẋ is missing: this is f'(x) alone."))
    verdict = explained(name, got[1], y_dot, "That is the tangent; it should be f'(x) times ẋ.", slips)
    if verdict.status != "right":
        return verdict
    verdict = matches(name, got[0], y, because="That is the primal.")
    if verdict.status != "right":
        return verdict
    if isinstance(plain, str):
        return Verdict(name, "failed", f"{plain} A plain number or array has no rate: return the plain result.")
    return matches(name, plain, y, because="A plain array in gives a plain array out.")


def _judge_new_entry(submission: Submission, x: float, x_dot: float) -> Verdict:
    try:
        got = submission.run(NEW_ENTRY, {"x": x, "x_dot": x_dot})["z"]
    except SubmissionError as error:
        return refused("a new entry", error)
    because = "A function added to both tables should work at once: elementary reads its rule from DERIVATIVES."
    return matches("a new entry", got, [x * x, 2 * x * x_dot], because=because)


def _same(got: Sequence[Sequence[object]], want: Sequence[Sequence[object]]) -> bool:
    return all(
        np.array_equal(mine, true)
        for pair, other in zip(got, want, strict=True)
        for mine, true in zip(pair, other, strict=True)
    )
