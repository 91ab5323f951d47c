"""Chapter 03: the operations that 3.2 and 3.3 ask for, and the wrong tangents that people write for them.

A slip is a wrong tangent as a function of what stands around it, and the sentence that explains it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import torch

from grader.check import mistakes
from grader.check.functions import matches
from grader.check.verdict import Verdict

CONSTANT = "a plain number stands still: its tangent is 0."
Slip = tuple[Callable[..., object], str]


@dataclass(frozen=True)
class Line:
    """One line of a check. expressions: each to be right, with its slips, functions of a namespace of x, x_dot, …"""

    name: str
    expressions: Mapping[str, Sequence[Slip]] = field(default_factory=dict)
    because: str = ""


ARITHMETIC = (
    Line(
        "x + y, with a number too",
        {
            "x + y": [
                (lambda s: s.x_dot, "the branch through y is missing."),
                (lambda s: s.x_dot * s.y_dot, "the rates of a sum add up."),
            ],
            "x + k": [(lambda s: s.x_dot + 1, CONSTANT), (lambda s: s.x_dot + s.k, CONSTANT)],
            "k + x": [(lambda s: s.x_dot + 1, CONSTANT), (lambda s: s.x_dot + s.k, CONSTANT)],
        },
    ),
    Line(
        "x - y, with a number too",
        {
            "-x": [(lambda s: s.x_dot, "the sign of the tangent is wrong.")],
            "x - y": [(lambda s: s.x_dot + s.y_dot, "the sign of the second term is wrong.")],
            "x - k": [(lambda s: s.x_dot - 1, CONSTANT), (lambda s: s.x_dot - s.k, CONSTANT)],
            "k - x": [(lambda s: s.x_dot, "the sign: here x is subtracted.")],
        },
        because="k - x is not x - k.",
    ),
    Line(
        "x * y, with a number too",
        {
            "x * y": [
                (
                    lambda s: s.x_dot * s.y_dot,
                    "the product of the tangents is of second order; the product rule has two other terms.",
                ),
                (lambda s: s.x_dot * s.y, "the branch through y is missing: both operands move."),
                (lambda s: s.x * s.y_dot, "the branch through x is missing: both operands move."),
                (lambda s: s.x_dot * s.y - s.x * s.y_dot, "the sign of the second term is wrong."),
                (lambda s: s.x_dot * s.x + s.y * s.y_dot, "each rate goes with the value of the other operand."),
            ],
            "x * k": [(lambda s: s.x_dot, "the factor k is missing."), (lambda s: s.x_dot * s.k + s.x, CONSTANT)],
            "k * x": [(lambda s: s.x_dot, "the factor k is missing."), (lambda s: s.x_dot * s.k + s.x, CONSTANT)],
            "x * x": [(lambda s: s.x * s.x_dot, "both operands move: there are two terms.")],
        },
    ),
    Line(
        "x / y, with a number too",
        {
            "x / y": [
                (lambda s: (s.x_dot * s.y + s.x * s.y_dot) / s.y**2, "the sign of the second term is wrong."),
                (lambda s: (s.x * s.y_dot - s.x_dot * s.y) / s.y**2, "the sign: the order of the two terms is wrong."),
                (lambda s: s.x_dot / s.y_dot, "a quotient's tangent is not the quotient of the tangents."),
                (lambda s: s.x_dot / s.y, "the branch through y is missing."),
                (lambda s: s.x_dot * s.y - s.x * s.y_dot, "the factor 1/y² is missing."),
                (lambda s: (s.x_dot * s.y - s.x * s.y_dot) / s.y, "the factor 1/y² is there once only."),
            ],
            "x / k": [(lambda s: s.x_dot, "the factor 1/k is missing.")],
            "k / x": [
                (lambda s: s.k * s.x_dot / s.x**2, "the sign: k / x falls when x grows."),
                (lambda s: s.x_dot / s.k, "the operands have changed places."),
            ],
        },
        because="k / x is not x / k.",
    ),
    Line(
        "powers with a plain exponent",
        {
            "x ** k": [
                (lambda s: s.k * s.x ** (s.k - 1), "the factor ẋ is missing."),
                (lambda s: s.x ** (s.k - 1) * s.x_dot, "the factor k is missing."),
                (lambda s: s.k * s.x**s.k * s.x_dot, "the exponent falls by one."),
            ],
            "n ** 3": [
                (lambda s: 3 * s.n**2, "the factor of the rate is missing."),
                (lambda s: 3 * s.n**3 * s.n_dot, "the exponent falls by one."),
            ],
            "n ** -1": [(lambda s: s.n**-2 * s.n_dot, "the sign: the exponent -1 comes down as a factor.")],
        },
        because="n is negative here, and ln n does not exist: a plain exponent needs a rule without logarithm.",
    ),
    Line(
        "powers with a moving exponent",
        {
            "k ** x": [
                (lambda s: s.k**s.x * s.x_dot, "the factor ln k is missing."),
                (
                    lambda s: s.x * s.k ** (s.x - 1) * s.x_dot,
                    "the power rule is for a moving base; here the exponent moves.",
                ),
                (lambda s: s.k * s.x ** (s.k - 1) * s.x_dot, "the base and the exponent have changed places."),
            ],
            "x ** y": [
                (lambda s: s.y * s.x ** (s.y - 1) * s.x_dot, "the branch through the exponent is missing."),
                (lambda s: s.x**s.y * np.log(s.x) * s.y_dot, "the branch through the base is missing."),
                (lambda s: s.y / s.x * s.x_dot + np.log(s.x) * s.y_dot, "the factor x**y is missing."),
            ],
        },
    ),
)
ARRAYS = Line(
    "arrays",
    {
        "w * x + x": [],
        "x / w - w": [],
        "s + w": [],
        "w / s": [],
        "(w - x) * s": [],
    },
    because="w is a plain array, x a Dual of arrays, s a Dual of numbers; the tangent has the primal's shape.",
)

# By function: slips of its derivative, as functions of x and y = f(x).
FUNCTION_SLIPS: dict[str, Sequence[Slip]] = {
    "exp": [(lambda x, y: x * np.exp(x - 1), "The power rule is for a moving base; exp is its own derivative.")],
    "log": [(lambda x, y: 1 / y, "The derivative is 1/x, at the input; this is 1/y.")],
    "sin": [(lambda x, y: -np.cos(x), "The sign is wrong.")],
    "cos": [(lambda x, y: np.sin(x), "The sign is wrong: cos falls where sin is positive.")],
    "tanh": [
        (lambda x, y: 1 - x * x, "This is 1 - x²; it should be 1 - y², with the result y."),
        (lambda x, y: 1 + y * y, "The sign: 1 - y²."),
        (lambda x, y: 1 - y, "The square is missing: 1 - y²."),
    ],
    "sqrt": [
        (lambda x, y: 1 / y, "The factor 1/2 is missing."),
        (lambda x, y: 0.5 / x, "This divides by the input x; it should be the result y, the root."),
        (lambda x, y: 0.5 * y, "The exponent is -1/2: divide by the root."),
    ],
    "relu": [
        (lambda x, y: np.ones_like(x), "The branch below zero is missing: there relu does not move."),
        (lambda x, y: (x >= 0) * 1.0, "At 0 this exercise asks for the slope 0."),
        (lambda x, y: np.sign(x), "The branch below zero has the slope 0, not -1."),
        (lambda x, y: y, "This is relu itself, not its slope."),
    ],
}


def by_torch_expression(
    expression: str, moving: Mapping[str, tuple], plain: Mapping[str, object]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The value and the tangent of an expression by `torch.func.jvp`, in float64.

    moving: (primal, tangent) by name. plain: constants by name. Arrays have shape (n,).
    """
    names = list(moving)
    constants = {name: torch.as_tensor(value, dtype=torch.float64) for name, value in plain.items()}
    primals, tangents = (
        tuple(torch.as_tensor(moving[name][part], dtype=torch.float64) for name in names) for part in (0, 1)
    )

    def evaluate(*values: torch.Tensor) -> torch.Tensor:
        return eval(expression, {**constants, **dict(zip(names, values, strict=True))})

    return torch.func.jvp(evaluate, primals, tangents)


def around(moving: Mapping[str, tuple], plain: Mapping[str, object]) -> SimpleNamespace:
    """What a slip of 3.2 reads: x, x_dot and so on."""
    primals = {name: pair[0] for name, pair in moving.items()}
    rates = {f"{name}_dot": pair[1] for name, pair in moving.items()}
    return SimpleNamespace(**primals, **rates, **plain)


def explained(line: str, got: object, want: object, because: str, slips: Sequence[tuple[object, str]] = ()) -> Verdict:
    """`matches`, where a wrong answer that equals one of `slips` (value, sentence) is explained by its sentence."""
    verdict = matches(line, got, want, because=because)
    if verdict.status != "wrong":
        return verdict
    sentence = mistakes.named(got, (mistakes.Slip(value, says) for value, says in slips))
    return matches(line, got, want, because=sentence) if sentence else verdict
