"""Hypotheses about a wrong gradient: one statement's share of it, with a slip in one step or in two.

A slip is in a step of a chain (`slips`), in the cotangent that enters it, or in what a whole statement is taken for.
"""

import ast
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch

from grader.check.chains import ELEMENTWISE, Chain, Step
from grader.check.graph import LIBRARIES, Pass, Statement
from grader.check.slips import Known, named, other_slips, parts_of, sums, wrong_slopes

# What an upstream gradient is taken for.
ENTRY_COST = {
    "upstream-forgotten": 3.5,
    "too-early": 3.5,
    "overwritten": 4.5,
    "partly-filled": 4.5,
    "value-for-gradient": 5.0,
    "wrong-upstream": 4.8,
}
# What it costs at least to say that one tensor was taken for another.
CHEAPEST_NAME = 5.0
# A number this small in a statement is there against a division by zero.
SMALL = 1e-2


@dataclass(frozen=True)
class Edit:
    """A branch with one mistake or two: the value that it would give.

    keys: the family and the object of each ("swapped:bnraw"). cost: in bits. value: what the edited branch adds to the
    gradient. step: where the last mistake is, None for the cotangent that enters.
    """

    keys: tuple[str, ...]
    cost: float
    value: torch.Tensor = field(repr=False)
    step: Step | None = field(default=None, repr=False)


def edits(
    chain: Chain, cotangents: Mapping[str, torch.Tensor], known: Known, most: int = 1, limit: float = math.inf
) -> Iterator[Edit]:
    """Every edit of one chain with 1 to `most` mistakes that costs at most `limit` bits.

    cotangents: the gradient that enters ("" for the one used) and, by key, others that might have been taken for it.
    """
    known = known if limit >= CHEAPEST_NAME else {}
    states = list(_entries(cotangents, most, limit))
    for position, step in enumerate(chain.steps):
        wrong = list(wrong_slopes(step, known, _before_constant(chain, position))) if step.op in ELEMENTWISE else []
        states = [
            Edit((*state.keys, *keys), state.cost + cost, value, step if keys else state.step)
            for state in states
            if state.value.shape == step.y.shape
            for keys, cost, value in _outcomes(step, state.value, known, wrong, most - len(state.keys))
            if state.cost + cost <= limit
        ]
    yield from (state for state in states if state.keys)


def edits_of_statement(
    forward: Pass,
    statement: Statement,
    name: str,
    cotangents: Mapping[str, torch.Tensor],
    known: Known,
    limit: float = math.inf,
) -> Iterator[Edit]:
    """Edits of a statement that reads `name` more than once, by all its chains together, for at most `limit` bits:
    another gradient enters, a factor is forgotten or is another tensor, a small constant is left out."""
    known = known if limit >= CHEAPEST_NAME else {}
    for entry in _entries(cotangents, 1, limit):
        if entry.keys:
            yield Edit(entry.keys, entry.cost, _vjp(forward, statement, name, entry.value))
    g = cotangents[""]
    for other in statement.reads:
        tensor = forward.values.get(other)
        if other == name or not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
            continue
        forgotten = {other: torch.ones_like(tensor)}
        yield Edit(("derivative-forgotten",), 4.0, _vjp(forward, statement, name, g, forgotten))
        for taken, (value, extra) in known.items():
            if value.shape == tensor.shape and taken != other:
                swapped = _vjp(forward, statement, name, g, {other: value})
                yield Edit((named("swapped", taken),), 5.5 + extra, swapped)
    tree = ast.parse(statement.source, mode="eval")
    small = [x for x in ast.walk(tree) if isinstance(x, ast.Constant) and type(x.value) is float and x.value < SMALL]
    for constant in small:
        right = constant.value
        for wrong, cost in ((0.0, 4.0), (2 * right, 4.5), (1e-3, 4.5), (1e-8, 4.5)):
            constant.value = wrong
            code = compile(tree, "<another constant>", "eval")
            yield Edit(("epsilon",), cost, _vjp(forward, statement, name, g, code=code))
        constant.value = right


def _vjp(
    forward: Pass,
    statement: Statement,
    name: str,
    cotangent: torch.Tensor,
    replaced: Mapping[str, torch.Tensor] | None = None,
    code=None,
) -> torch.Tensor:
    """The cotangent of `name` through a statement whose other tensors, or whose text, are replaced."""
    x = forward.values[name].detach().clone().requires_grad_(True)
    with torch.enable_grad():
        y = eval(code or statement.code, {**forward.values, **LIBRARIES, **(replaced or {}), name: x})
        (gradient,) = torch.autograd.grad((y * cotangent).sum(), x)
    return gradient


def _entries(cotangents: Mapping[str, torch.Tensor], most: int, limit: float) -> Iterator[Edit]:
    """What may enter a branch, whole or in part."""
    for key, value in cotangents.items():
        entry = Edit((key,) if key else (), _entry_cost(key), value)
        if entry.cost > limit:
            continue
        yield entry
        if len(entry.keys) < most:
            for part, cost, value_of_part in parts_of(value, ENTRY_COST["partly-filled"]):
                yield Edit((*entry.keys, part), entry.cost + cost, value_of_part)


def _entry_cost(key: str) -> float:
    family, *names = key.split(":")
    if not family:
        return 0.0
    # Another gradient, and before it was finished: two things at once.
    return ENTRY_COST[family] + (1.3 if family == "wrong-upstream" and len(names) > 1 else 0.0)


def _before_constant(chain: Chain, position: int) -> torch.Tensor | None:
    """Where the operand of a step is `something + constant`, computed in the same statement: that something."""
    below = chain.steps[position + 1] if position + 1 < len(chain.steps) else None
    if below is not None and below.op in ("add", "sub") and isinstance(below.other, int | float):
        return below.x
    return None


def _outcomes(
    step: Step, g: torch.Tensor, known: Known, wrong: list[tuple[str, float, torch.Tensor]], most: int
) -> Iterator[tuple[tuple[str, ...], float, torch.Tensor]]:
    """(keys, cost, cotangent of x): the step taken rightly, and with up to `most` mistakes.

    wrong: the slopes that an elementwise step might be taken with.
    """
    if step.op not in ELEMENTWISE:
        yield (), 0.0, step.vjp(g)
        if most:
            yield from (((key,), cost, value) for key, cost, value in other_slips(step, g, known))
        return
    for key, cost, slope in [("", 0.0, step.slope), *(wrong if most else ())]:
        product = g * slope
        if product.shape != step.y.shape:
            continue
        for sum_key, sum_cost, value in sums(step, product, g, slope):
            keys = tuple(k for k in (key, sum_key) if k)
            if len(keys) <= most:
                yield keys, cost + sum_cost, value
