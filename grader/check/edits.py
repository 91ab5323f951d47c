"""What students do to one step of the chain rule: hypotheses about a wrong gradient.

Each edit says what would come out of a chain if one of its steps, or the cotangent that enters it, were taken wrongly,
with a price in bits: how surprising that mistake is. The prices follow from how often such slips occur; the cheapest
explanation that fits wins (`diagnosis`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch

from grader.check.chains import MAPS, Chain, Step

# The same derivatives written from the output y, as students (rightly) write them.
FROM_OUTPUT = {
    "tanh": lambda y: 1 - y**2,
    "exp": lambda y: y,
    "sigmoid": lambda y: y * (1 - y),
    "sqrt": lambda y: 0.5 / y,
    "log": lambda y: torch.exp(-y),
    "reciprocal": lambda y: -(y**2),
}
# Slips inside a rule that students know by heart.
MISREMEMBERED = {
    "tanh": [
        ("inner-sign", lambda x, y: 1 + y**2),
        ("exponent", lambda x, y: 1 - y),
        ("exponent", lambda x, y: 1 - y**3),
    ],
    "sigmoid": [("inner-sign", lambda x, y: y * (1 + y)), ("exponent", lambda x, y: 1 - y)],
    "log": [("exponent", lambda x, y: x), ("exponent", lambda x, y: x**-2)],
    "exp": [("exponent", lambda x, y: x * torch.exp(x - 1)), ("exponent", lambda x, y: 1 / y)],
    "sqrt": [("exponent", lambda x, y: 0.5 * y), ("exponent", lambda x, y: 0.5 / x)],
}


@dataclass(frozen=True)
class Edit:
    """A chain with one mistake: the value that it would give.

    key: the family and its object ("swapped:bnraw"). cost: in bits. value: what the edited chain adds to the gradient.
    step: where it is, None for the cotangent that enters.
    """

    key: str
    cost: float
    value: torch.Tensor = field(repr=False)
    step: Step | None = field(default=None, repr=False)


def edits(chain: Chain, cotangents: Mapping[str, torch.Tensor], known: Mapping[str, torch.Tensor]) -> Iterator[Edit]:
    """Every edit of one chain.

    cotangents: the gradient that enters ("" for the one used) and, by key, others that might have been taken for it.
    known: the tensors of the pass by name, which might have been taken for one another.
    """
    right = cotangents[""]
    for key, cotangent in cotangents.items():
        if key:
            yield Edit(key, ENTRY_COST[key.split(":")[0]], chain.vjp(cotangent))
    incoming = right
    for position, step in enumerate(chain.steps):
        for key, cost, outgoing in _step_edits(step, incoming, known, _before_constant(chain, position)):
            value = _after(chain, outgoing, position + 1)
            if value is not None:
                yield Edit(key, cost, value, step)
        incoming = step.vjp(incoming)


ENTRY_COST = {
    "upstream-forgotten": 3.5,
    "too-early": 3.5,
    "value-for-gradient": 5.0,
    "wrong-upstream": 6.0,
}


def _after(chain: Chain, cotangent: torch.Tensor, start: int) -> torch.Tensor | None:
    """The rest of the chain, or None where the edited cotangent no longer fits it (a shape that shows later)."""
    if start == len(chain.steps):
        return cotangent
    if cotangent.shape != chain.steps[start].y.shape:
        return None
    return chain.vjp(cotangent, start)


def _before_constant(chain: Chain, position: int) -> torch.Tensor | None:
    """Where the operand of a step is `something + constant`, computed in the same statement: that something."""
    below = chain.steps[position + 1] if position + 1 < len(chain.steps) else None
    if below is not None and below.op in ("add", "sub") and isinstance(below.other, int | float):
        return below.x
    return None


def _step_edits(
    step: Step, g: torch.Tensor, known: Mapping[str, torch.Tensor], bare: torch.Tensor | None
) -> Iterator[tuple[str, float, torch.Tensor]]:
    """(key, cost, cotangent of x) for each way to take one step wrongly."""
    if step.op in ("mul", "div", "pow") or step.op in MAPS:
        for key, cost, slope in _slope_edits(step, known, bare):
            yield from _summed(step, g * slope, key, cost)
    if step.op in ("add", "sub", "mul", "div") and step.x.shape != step.y.shape:
        yield from _sum_edits(step, g * step.slope)
    elif step.op in ("sum", "mean"):
        yield "not-expanded", 2.5, _squeezed_like(step, g)
    elif step.op == "matmul":
        yield from _matmul_edits(step, g, known)
    elif step.op == "index" and step.index is not None:
        yield from _index_edits(step, g)
    elif step.op == "view" and step.x.dim() == 3:
        n, a, b = step.x.shape
        yield "reshaped", 4.0, g.reshape(n, b, a).transpose(1, 2)
        yield "reshaped", 5.0, g.reshape(a, n, b).transpose(0, 1)


def _summed(step: Step, full: torch.Tensor, key: str, cost: float) -> Iterator[tuple[str, float, torch.Tensor]]:
    """A product in the shape of y, summed to that of x, and left unsummed."""
    if full.shape == step.y.shape:
        yield key, cost, full.sum_to_size(step.x.shape) if step.x.shape != step.y.shape else full


def _slope_edits(
    step: Step, known: Mapping[str, torch.Tensor], bare: torch.Tensor | None
) -> Iterator[tuple[str, float, torch.Tensor]]:
    """Other tensors that might have been multiplied by in place of the local derivative.

    bare: the operand without the constant that the statement adds to it, if any.
    """
    one = torch.ones_like(step.y)
    yield "derivative-forgotten", 4.0, one
    x, y = step.x.expand(step.y.shape), step.y
    if step.op in ("mul", "div"):
        yield "reciprocal", 5.5, 1 / step.slope
        yield "derivative-squared", 6.0, step.slope**2
        yield from _swapped(step, known)
        return
    if step.op == "pow" and step.left and isinstance(step.other, int | float):
        k = step.other
        for exponent in (k - 2, k, k + 1, 1 - k, 1):
            if exponent != k - 1:
                yield "exponent", 5.0, k * x**exponent
        if (k - 1) % 2:
            yield "inner-sign", 5.5, k * x.abs() ** (k - 1)
    for family, rule in MISREMEMBERED.get(step.op, ()):
        yield family, 5.0, rule(x, y)
    yield "reciprocal", 5.5, 1 / step.slope
    yield "derivative-squared", 6.0, step.slope**2
    yield "evaluated-at:output", 4.0, step.slope_at(y)
    if bare is not None:
        yield "epsilon", 4.0, step.slope_at(bare)
    from_output = FROM_OUTPUT.get(step.op)
    if from_output is not None:
        yield "evaluated-at:input", 4.0, from_output(x)
    for name, tensor in known.items():
        if _broadcasts(tensor, y) and name != step.x_name:
            yield f"evaluated-at:{name}", 5.5, step.slope_at(tensor)
            if from_output is not None:
                yield f"evaluated-at:{name}", 5.5, from_output(tensor.expand(y.shape))


def _swapped(step: Step, known: Mapping[str, torch.Tensor]) -> Iterator[tuple[str, float, torch.Tensor]]:
    """Another tensor in a product or quotient: the operand itself, the result, then any that fits."""
    for name, tensor in known.items():
        if not _broadcasts(tensor, step.y) or name == step.other_name:
            continue
        near = name == step.x_name or torch.equal(tensor.expand(step.y.shape), step.y)
        same_shape = isinstance(step.other, torch.Tensor) and tensor.shape == step.other.shape
        yield f"swapped:{name}", 5.0 if near else 5.5 if same_shape else 6.5, tensor.expand(step.y.shape)


def _sum_edits(step: Step, full: torch.Tensor) -> Iterator[tuple[str, float, torch.Tensor]]:
    """A broadcast operand's cotangent is summed over the axes along which it was spread out."""
    yield "not-summed", 2.5, full
    lead = full.dim() - step.x.dim()
    spread = {i for i in range(full.dim()) if i < lead or step.x.shape[i - lead] != full.shape[i]}
    for axis in range(full.dim()):
        if {axis} == spread:
            continue
        yield "wrong-axis", 4.0, full.sum(axis, keepdim=True)
        yield "wrong-axis", 4.0, full.sum(axis)
    if spread != set(range(full.dim())):
        yield "wrong-axis", 4.5, full.sum().reshape([1] * full.dim())


def _squeezed_like(step: Step, g: torch.Tensor) -> torch.Tensor:
    """The cotangent of a sum, not handed back to each entry."""
    scale = step.vjp(torch.ones_like(g)).flatten()[0] if step.x.numel() else 1.0
    return g * scale


def _matmul_edits(
    step: Step, g: torch.Tensor, known: Mapping[str, torch.Tensor]
) -> Iterator[tuple[str, float, torch.Tensor]]:
    """y = a @ b: the cotangent of a is g @ bᵀ, that of b aᵀ @ g."""
    other = step.other
    if not isinstance(other, torch.Tensor) or other.dim() != 2 or g.dim() != 2:
        return

    def product(b: torch.Tensor, cotangent: torch.Tensor = g) -> torch.Tensor | None:
        a, b = (cotangent, b.T) if step.left else (b.T, cotangent)
        return a @ b if a.shape[1] == b.shape[0] else None

    if (untransposed := product(other.T)) is not None:
        yield "transposed", 4.0, untransposed
    yield "transposed", 4.0, product(other).T
    if step.left and g.shape == other.shape:
        yield "elementwise-for-matmul", 4.0, g * other
    if not step.left and g.shape == step.x.shape:
        yield "elementwise-for-matmul", 4.5, g * step.x
    for name, tensor in known.items():
        if tensor.dim() == 2 and name != step.other_name and tensor.shape == other.shape:
            yield f"swapped:{name}", 5.5, product(tensor)


def _index_edits(step: Step, g: torch.Tensor) -> Iterator[tuple[str, float, torch.Tensor]]:
    """y = x[i]: the cotangent of x gets g added at i. Repeated indices accumulate."""
    index = tuple(torch.as_tensor(list(part)) if isinstance(part, range) else part for part in step.index)
    if not all(isinstance(part, torch.Tensor | int) for part in index):
        return
    index = tuple(torch.as_tensor(part) for part in index)
    zeros = torch.zeros_like(step.x)
    yield "overwritten", 4.0, zeros.index_put(index, g)
    for axis, part in enumerate(index):
        size = step.x.shape[axis]
        for shift in (1, -1):
            moved = (*index[:axis], (part + shift) % size, *index[axis + 1 :])
            yield "index-shift", 4.5, zeros.index_put(moved, g, accumulate=True)
    if step.y.dim() < step.x.dim() and g.dim() == 1:
        yield "index-everywhere", 4.5, g.unsqueeze(1).expand(step.x.shape).clone()


def _broadcasts(tensor: torch.Tensor, like: torch.Tensor) -> bool:
    """`tensor` can be multiplied with `like` without changing its shape."""
    try:
        return torch.broadcast_shapes(tensor.shape, like.shape) == like.shape
    except RuntimeError:
        return False
