"""Chapter 09, exercise 9.3: forward mode with levels."""

import numpy as np
import torch

from grader.check.exercises.ch09_language import (
    after,
    ask_all,
    by_torch,
    done_before,
    explained,
    function_by_torch,
    make_case,
    random_cases,
    tensors,
    worst,
)
from grader.check.functions import expect_that
from grader.check.submission import Submission
from grader.check.verdict import Verdict

JVPS = """
def D(f, x):
    pair = jvp(f, [x], [1.0])
    return pair if pair is None else pair[1]


def derived(code):
    slope = eval(code, {**globals(), "D": D, "a": a, "b": b})
    return slope if slope is None else settled(slope)


def both(case):
    pair = jvp(function(case), case["inputs"], case["tangents"])
    return pair if pair is None else [settled(part) for part in pair]


def stepped():
    level = Level(jvp_step)
    number = jvp_step(level, "mul", [B, B], {})
    quiet = jvp_step(level, "stop_gradient", [Dual(level, B, B)], {})
    other = jvp_step(level, "mul", [Dual(Level(jvp_step), B, B), Dual(level, B, B)], {})
    return None if number is None else [isinstance(z, Dual) for z in (number, quiet, other, other.primal)]


for number, case in enumerate(cases):
    attempt(number, lambda: both(case))
for number, code in enumerate(nested):
    attempt(f"nested {number}", lambda: derived(code))
attempt("stepped", stepped)
"""

CONFUSION = "Perturbation confusion: the tangent of x entered the derivative with respect to y."
# A line of the check, the expression, values that tell what went wrong.
NESTED = (
    ("x · d/dy (x + y)", "D(lambda x: mul(x, D(lambda y: add(x, y), b)), a)", [(2.0, CONFUSION)]),
    ("x · d/dy (x · y)", "D(lambda x: mul(x, D(lambda y: mul(x, y), b)), a)", [("a + b", CONFUSION)]),
    (
        "x · d/dy (sin x), which is 0",
        "D(lambda x: add(mul(x, x), mul(x, D(lambda y: sin(x), b))), a)",
        [("2 * a + cos(a)", "The inner result has no part at its own level: its tangent there is 0.")],
    ),
    (
        "three levels",
        "D(lambda x: D(lambda y: D(lambda z: exp(mul(mul(x, y), z)), y), mul(x, b)), a)",
        [],
    ),
)

LEVELS_APART = (
    "Each jvp needs a level of its own, and a Dual counts at its own level only; go through bind for the rest."
)


def judge_jvp(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on jvp_step and jvp: plain, nested, and on random programs of matrices (rows, columns)."""
    rng = np.random.default_rng(seed)
    x, y, B = rng.uniform(0.5, 2, (rows, columns)), rng.normal(size=columns), rng.normal(size=(rows, columns))
    single = [
        (
            "a product, both operands moving",
            make_case("mul(x, y)", {"x": x, "y": y}),
            "Add up the shares of all operands that move.",
        ),
        (
            "constants among the operands",
            make_case("sub(mul(x, B), mul(2.0, x))", {"x": x}, B=B),
            "What is no Dual of this level is a constant: its rule is not used.",
        ),
        (
            "a result that does not move",
            make_case("mul(B, B)", {"x": x}, B=B),
            "A result that is no Dual of this level has the tangent zero, in its own shape.",
        ),
        (
            "a list of results",
            make_case(f"[tanh(x), B, matmul(x, reshape(y, ({columns}, 1)))]", {"x": x, "y": y}, B=B),
            "Where f returns a list, both parts of the pair are lists.",
        ),
        ("stop_gradient", make_case("mul(x, stop_gradient(x))", {"x": x}), "A rule that returns None adds nothing."),
    ]
    programs = random_cases(seed + 1, 6, rows, columns)
    cases = [case for _, case, _ in single] + programs
    for case in cases:
        case["tangents"] = [rng.normal(size=array.shape) for array in case["inputs"]]
    a, b = rng.uniform(0.3, 1, 2)
    inputs = {"cases": cases, "nested": [code for _, code, _ in NESTED], "a": float(a), "b": float(b), "B": B}
    lines = [line for line, *_ in (*single, *NESTED)] + ["a Dual only where there is a tangent", "random programs"]
    found = ask_all(submission, JVPS, inputs, lines)
    if isinstance(found, list):
        return found
    verdicts = [_judge_pair(line, found[str(n)], case, because) for n, (line, case, because) in enumerate(single)]
    numbers = {"a": torch.tensor(a), "b": torch.tensor(b)}
    for number, (line, code, slips) in enumerate(NESTED):
        want = by_torch({"code": code, "names": ["D", "a", "b"], "constants": {}}, _derivative, *numbers.values())
        wrong = [
            (eval(value, {"cos": np.cos, "a": a, "b": b}) if isinstance(value, str) else value, why)
            for value, why in slips
        ]
        because = LEVELS_APART
        if "no attribute 'shape'" in str(found[f"nested {number}"]):
            because = "Primals and tangents may be plain numbers: as_array makes arrays of them."
        verdicts.append(explained(line, found[f"nested {number}"], want, because, wrong))
    verdicts.append(_judge_stepped(lines[-2], found["stepped"]))
    tail = [_judge_pair(lines[-1], found[str(n)], cases[n], cases[n]["code"]) for n in range(len(single), len(cases))]
    verdicts.append(worst(lines[-1], tail))
    return after(submission, done_before("9.3"), verdicts)


def _derivative(f: object, x: torch.Tensor) -> torch.Tensor:
    return torch.func.jvp(f, (x,), (torch.ones_like(x),))[1]


def _judge_pair(line: str, got: object, case: dict, because: str) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, because)
    if not isinstance(got, list) or len(got) != 2:
        return Verdict(line, "wrong", "jvp returns a pair: the value and its tangent.")
    value, tangent = torch.func.jvp(function_by_torch(case), tensors(case["inputs"]), tensors(case["tangents"]))
    first = explained(line, got[0], value, f"That is the value, the first part of the pair. {because}")
    if not first.passed:
        return first
    slips = []
    if isinstance(value, torch.Tensor):
        zero = [np.zeros_like(t) for t in case["tangents"][1:]]
        if zero:
            alone = (case["tangents"][0], *zero)
            part = torch.func.jvp(function_by_torch(case), tensors(case["inputs"]), tensors(alone))[1]
            why = "The share of one operand only: shares are added, not assigned."
            slips = [(part, why), (tangent - part, why)]
        slips.append((value, "This is the value where the tangent should be."))
    return explained(line, got[1], tangent, f"That is the tangent. {because}", slips)


def _judge_stepped(line: str, got: object) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, "")
    number, quiet, other, primal = got
    if number or quiet:
        return Verdict(line, "wrong", "Where no rule gives a tangent, jvp_step returns the primal alone, not a Dual.")
    nested = "A Dual of another level stays whole: it is a constant here, and part of the primal."
    return expect_that(line, other and primal, nested)
