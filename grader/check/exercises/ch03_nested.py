"""Chapter 03, exercises 3.6 and 3.7: levels, nested derivatives, Hessian-vector products."""

import random
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import torch

from grader.check.errors import SubmissionError
from grader.check.exercises.ch03_programs import random_numbers
from grader.check.exercises.ch03_slips import explained
from grader.check.functions import matches, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

# Each expression in a, b, `derivative` and `ops`: a number, None, or what stopped it.
EXPRESSIONS = """
for number, source in enumerate(sources):
    try:
        value = eval(source, {**globals(), "a": a, "b": b})
        outputs[str(number)] = "It gives a Nested number." if isinstance(value, Nested) else value
    except RecursionError:
        outputs[str(number)] = (
            "`apply` calls itself without end. Take the partials at the peeled arguments, which are one level lower."
        )
    except Exception as error:
        outputs[str(number)] = f"It stopped: {type(error).__name__}: {error}."
"""

PARTS = """
x = Nested(Nested(a, 1.0, 1), b, 2)
both = parts(x, 2), parts(x, 1), parts(x.primal, 2), parts(a, 2)
if all(pair is not None for pair in both):
    (high, rate), (same, zero), (low, none), (number, nought) = both
    outputs["parts"] = [high is x.primal, rate, same is x, zero, low is x.primal, none, number, nought]
"""

HVP = """
f = eval(source, globals())
outputs["answer"] = hvp(f, x, v)
"""

# One line of the check each: its name, the expression, wrong values that tell what went wrong, the usual mistake.
LEVELS = (
    ("a product", "derivative(lambda x: x * x * x, a)", (), "That is a derivative without nesting: 3a²."),
    (
        "a quotient",
        "derivative(lambda x: b / x - x / b, a)",
        (),
        "The tangent adds partial times rate over all arguments.",
    ),
    (
        "elementary functions",
        "derivative(lambda x: ops.sin(x) * ops.exp(b * x), a)",
        (),
        "The chain rule at one level.",
    ),
    (
        "x · d/dy (x + y)",
        "derivative(lambda x: x * derivative(lambda y: x + y, b), a)",
        (("2.0", "Perturbation confusion: the rate of x entered the derivative with respect to y."),),
        "At the level of y, x is a constant.",
    ),
    (
        "x · d/dy (x * y)",
        "derivative(lambda x: x * derivative(lambda y: x * y, b), a)",
        (("a + b", "Perturbation confusion: the rate of x entered the derivative with respect to y."),),
        "The inner derivative is x, and it still moves at the level of x.",
    ),
    (
        "x · d/dy (x), which is 0",
        "derivative(lambda x: x * derivative(lambda y: x, b) + x * b, a)",
        (("1.0 + b", "The inner function does not depend on y; the tangent of another level was taken."),),
        "A result without a part at the level has the tangent 0 there.",
    ),
    (
        "the inner point moves",
        "derivative(lambda x: derivative(lambda y: y * y * x, x * x), a)",
        (("2 * a * a", "The branch through the inner point is missing."),),
        "The inner derivative is 2 x³: the point x² and the factor x both move.",
    ),
    (
        "three levels",
        "derivative(lambda x: x * derivative(lambda y: y * derivative(lambda z: ops.sin(x * y * z), a), b), a)",
        (),
        "Every derivative needs a level of its own, higher than all before.",
    ),
)

OUTER = (
    "x * {inner}",
    "{inner} + ops.sin(x) * {other}",
    "ops.tanh({inner} - x)",
    "{inner} / (x * x + 1.5)",
    "ops.exp(0.3 * x) * {inner}",
)
INNER = (
    "x * y + ops.sin(y)",
    "y * y * x",
    "ops.tanh(x + 2.0 * y)",
    "x / (y * y + 2.0)",
    "ops.log(y * y + x * x + 1.0)",
    "x * derivative(lambda z: ops.cos(x * z) + y * z, y)",
)
POINTS = ("x", "1.5", "x * x", "0.5 - x")


def judge_levels(submission: Submission, seed: int) -> list[Verdict]:
    """Verdicts on `parts`, and on `derivative` plain and nested, at two random points."""
    a, b = (abs(number) + 0.2 for number in random_numbers(seed, 2))
    try:
        answer = submission.run(PARTS, {"a": a, "b": b}).get("parts")
    except SubmissionError as error:
        first = refused("parts", error)
    else:
        because = "A number, or a Nested of another level, is a constant at this level: (x, 0.0)."
        first = matches("parts", answer, [True, b, True, 0.0, True, 0.0, a, 0.0], because=because)
    try:
        got = submission.run(EXPRESSIONS, {"sources": [line[1] for line in LEVELS], "a": a, "b": b})
    except SubmissionError as error:
        return [first, *(refused(line[0], error) for line in LEVELS)]
    verdicts = [first]
    for number, (name, source, slips, because) in enumerate(LEVELS):
        wrong = [(eval(value, {"a": a, "b": b}), sentence) for value, sentence in slips]
        verdicts.append(_judge(name, got[str(number)], _by_torch(source, a, b), because, wrong))
    return verdicts


def judge_nested_programs(submission: Submission, seed: int, count: int) -> list[Verdict]:
    """A verdict on `count` random derivatives of derivatives."""
    chance = random.Random(seed)
    sources = [_random_nested(chance) for _ in range(count)]
    a, b = (abs(number) + 0.2 for number in random_numbers(seed, 2))
    line = f"{count} random nested derivatives"
    try:
        got = submission.run(EXPRESSIONS, {"sources": sources, "a": a, "b": b})
    except SubmissionError as error:
        return [refused(line, error)]
    verdicts = [_judge(line, got[str(i)], _by_torch(source, a, b), source) for i, source in enumerate(sources)]
    return [next((verdict for verdict in verdicts if verdict.status != "right"), verdicts[0])]


def judge_second(submission: Submission, seed: int, n: int) -> list[Verdict]:
    """Verdicts on `second_derivative` of two functions and on `hvp` of two functions of n numbers."""
    a, b = (abs(number) + 0.2 for number in random_numbers(seed, 2))
    functions = {
        "a cube": "lambda x: x * x * x",
        "exp and sin": "lambda x: ops.exp(x) * ops.sin(2.0 * x) / (1.0 + x * x)",
    }
    sources = [f"second_derivative({function}, a)" for function in functions.values()]
    try:
        got = submission.run(EXPRESSIONS, {"sources": sources, "a": a, "b": b})
    except SubmissionError as error:
        got = dict.fromkeys(("0", "1"), error)
    lines = []
    for number, (name, function) in enumerate(functions.items()):
        want = _by_torch(f"derivative(lambda s: derivative({function}, s), a)", a, b)
        slope = _by_torch(f"derivative({function}, a)", a, b)
        slips = [(slope, "This is the first derivative."), (want / 2, "The factor 2: f''(x), not f''(x)/2.")]
        lines.append(
            _judge(f"second derivative, {name}", got[str(number)], want, "Differentiate the derivative.", slips)
        )
    x, v = random_numbers(seed + 1, n), random_numbers(seed + 2, n)
    ring = " + ".join(f"x[{i}] * x[{i}] * x[{(i + 1) % n}]" for i in range(n))
    quadratic = " + ".join(f"{(i + 1) * (j + 2)}.0 * x[{i}] * x[{j}]" for i in range(n) for j in range(i, n))
    lines.append(_judge_hvp(submission, "Hv, a quadratic", f"lambda x: {quadratic}", x, v))
    lines.append(
        _judge_hvp(submission, "Hv, a curved function", f"lambda x: ops.sin(x[0] * x[{n - 1}]) + {ring}", x, v)
    )
    return lines


def _judge_hvp(submission: Submission, line: str, source: str, x: list[float], v: list[float]) -> Verdict:
    at, along = torch.tensor(x, dtype=torch.float64), torch.tensor(v, dtype=torch.float64)
    f = eval(source, {"ops": _torch_ops()})
    H = torch.func.hessian(f)(at)
    want = H @ along
    slips = [
        (torch.func.grad(f)(at), "This is the gradient; differentiate it once more, along v."),
        (H.diagonal() * along, "Only the diagonal of H: the mixed derivatives are missing."),
        (H.sum(1), "This is H times a vector of ones: v is not used."),
        (H.diagonal(), "This is the diagonal of H alone."),
        (want / 2, "The factor 2 is missing."),
    ]
    try:
        got = submission.run(HVP, {"source": source, "x": x, "v": v})["answer"]
    except SubmissionError as error:
        return refused(line, error)
    if isinstance(got, list) and all(isinstance(entry, int | float) for entry in got) and len(got) == len(x):
        got = torch.tensor(got, dtype=torch.float64)
    elif isinstance(got, list):
        kinds = ", ".join(type(entry).__name__ for entry in got)
        return Verdict(line, "wrong", f"{len(x)} numbers are expected in a list; this has {kinds or 'nothing'}.")
    return explained(line, got, want, "Entry i is the derivative along v of ∂f/∂x_i.", slips)


def _judge(
    line: str, got: object, want: torch.Tensor, because: str, slips: Sequence[tuple[object, str]] = ()
) -> Verdict:
    if isinstance(got, SubmissionError):
        return refused(line, got)
    if isinstance(got, str):
        return Verdict(line, "failed", f"{got} {because}")
    return explained(line, got, want, because, slips)


def _random_nested(chance: random.Random) -> str:
    def inner() -> str:
        return f"derivative(lambda y: {chance.choice(INNER)}, {chance.choice(POINTS)})"

    outer = chance.choice(OUTER).format(inner=inner(), other=inner())
    return f"derivative(lambda x: {outer}, {chance.choice(('a', 'b'))})"


def _by_torch(source: str, a: float, b: float) -> torch.Tensor:
    """The value of an expression in `derivative` and `ops` by nested `torch.func.jvp`, in float64."""
    numbers = {"a": torch.tensor(a, dtype=torch.float64), "b": torch.tensor(b, dtype=torch.float64)}
    return eval(source, {"derivative": _torch_derivative, "ops": _torch_ops(), **numbers})


def _torch_derivative(f: Callable[[torch.Tensor], torch.Tensor], x: object) -> torch.Tensor:
    x = torch.as_tensor(x, dtype=torch.float64)
    return torch.func.jvp(f, (x,), (torch.ones_like(x),))[1]


def _torch_ops() -> SimpleNamespace:
    return SimpleNamespace(**{name: getattr(torch, name) for name in ("exp", "log", "sin", "cos", "tanh")})
