"""What students do to one step of the chain rule: hypotheses about a wrong gradient.

Each edit says what would come out of a chain if one of its steps, or the cotangent that enters it, were taken wrongly,
with a price in bits: how surprising that mistake is. The prices follow from how often such slips occur; the cheapest
explanation that fits wins (`diagnosis`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch

from grader.check.chains import ELEMENTWISE, MAPS, Chain, Step

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
        ("exponent", lambda x, y: 1 - y**4),
        ("exponent", lambda x, y: 1 - y.abs().sqrt()),
        ("inner-sign", lambda x, y: 1 + y),
        ("derivative-forgotten", lambda x, y: y**2),
    ],
    "sigmoid": [("inner-sign", lambda x, y: y * (1 + y)), ("exponent", lambda x, y: 1 - y)],
    "log": [("exponent", lambda x, y: x), ("exponent", lambda x, y: x**-2), ("exponent", lambda x, y: x**-0.5)],
    "exp": [("exponent", lambda x, y: x * torch.exp(x - 1)), ("exponent", lambda x, y: 1 / y)],
    "sqrt": [("exponent", lambda x, y: 0.5 * y), ("exponent", lambda x, y: 0.5 / x)],
}
# What an upstream gradient is taken for.
ENTRY_COST = {
    "upstream-forgotten": 3.5,
    "too-early": 3.5,
    "overwritten": 4.5,
    "value-for-gradient": 5.0,
    "wrong-upstream": 6.0,
}
STALE = "stale:"


# Tensors that may have been taken for one another, by name, each with what that costs beyond the usual.
Known = Mapping[str, tuple[torch.Tensor, float]]


@dataclass(frozen=True)
class Edit:
    """A chain with one mistake or two: the value that it would give.

    keys: the family and the object of each ("swapped:bnraw"). cost: in bits. value: what the edited chain adds to the
    gradient. step: where the last mistake is, None for the cotangent that enters.
    """

    keys: tuple[str, ...]
    cost: float
    value: torch.Tensor = field(repr=False)
    step: Step | None = field(default=None, repr=False)


def edits(chain: Chain, cotangents: Mapping[str, torch.Tensor], known: Known, most: int = 1) -> Iterator[Edit]:
    """Every edit of one chain with 1 to `most` mistakes.

    cotangents: the gradient that enters ("" for the one used) and, by key, others that might have been taken for it.
    known: see `Known`; names that begin with STALE are those of an earlier pass.
    """
    states = [Edit((), 0.0, cotangents[""])]
    states += [Edit((key,), ENTRY_COST[key.split(":")[0]], value) for key, value in cotangents.items() if key]
    for position, step in enumerate(chain.steps):
        bare = _before_constant(chain, position)
        states = [
            Edit((*state.keys, *keys), state.cost + cost, value, step if keys else state.step)
            for state in states
            if state.value.shape == step.y.shape
            for keys, cost, value in _outcomes(step, state.value, known, bare, most - len(state.keys))
        ]
    yield from (state for state in states if state.keys)


def _before_constant(chain: Chain, position: int) -> torch.Tensor | None:
    """Where the operand of a step is `something + constant`, computed in the same statement: that something."""
    below = chain.steps[position + 1] if position + 1 < len(chain.steps) else None
    if below is not None and below.op in ("add", "sub") and isinstance(below.other, int | float):
        return below.x
    return None


def _outcomes(
    step: Step, g: torch.Tensor, known: Known, bare: torch.Tensor | None, most: int
) -> Iterator[tuple[tuple[str, ...], float, torch.Tensor]]:
    """(keys, cost, cotangent of x): the step taken rightly, and with up to `most` mistakes."""
    if step.op not in ELEMENTWISE:
        yield (), 0.0, step.vjp(g)
        if most:
            yield from (((key,), cost, value) for key, cost, value in _other_edits(step, g, known))
        return
    slopes = [("", 0.0, step.slope)]
    if most and (step.op in ("mul", "div", "pow") or step.op in MAPS):
        slopes += _slopes(step, known, bare)
    for key, cost, slope in slopes:
        product = g * slope
        if product.shape != step.y.shape:
            continue
        for sum_key, sum_cost, value in _sums(step, product, g, slope):
            keys = tuple(k for k in (key, sum_key) if k)
            if len(keys) <= most:
                yield keys, cost + sum_cost, value


def _slopes(step: Step, known: Known, bare: torch.Tensor | None) -> Iterator[tuple[str, float, torch.Tensor]]:
    """(key, cost, values): other tensors that might have been multiplied by in place of the local derivative.

    bare: the operand without the constant that the statement adds to it, if any.
    """
    yield "derivative-forgotten", 4.0, torch.ones_like(step.y)
    yield "reciprocal", 5.5, 1 / step.slope
    yield "derivative-squared", 6.0, step.slope**2
    if step.op in ("mul", "div"):
        yield from _swapped(step, known)
        return
    x, y = step.x.expand(step.y.shape), step.y
    from_output = FROM_OUTPUT.get(step.op)
    if step.op == "pow" and step.left and isinstance(step.other, int | float):
        k = step.other
        if k == -1:
            from_output = FROM_OUTPUT["reciprocal"]
        yield from (("exponent", 5.0, k * x**e) for e in _wrong_exponents(k))
        if k % 1 == 0 and k % 2 == 0:
            yield "inner-sign", 5.5, k * x.abs() ** (k - 1)
    yield from ((key, 5.0, rule(x, y)) for key, rule in MISREMEMBERED.get(step.op, ()))
    if from_output is not None:
        yield "evaluated-at:input", 3.9, from_output(x)
    yield "evaluated-at:output", 4.0, step.slope_at(y)
    if bare is not None:
        yield "epsilon", 4.0, step.slope_at(bare)
        yield from (("epsilon", 4.5, step.slope_at(bare + tiny)) for tiny in (1e-3, 1e-4, 1e-6, 1e-8))
    constant = 0.0 if bare is None else x - bare
    for name, (tensor, extra) in known.items():
        if _broadcasts(tensor, y) and name != step.x_name:
            if bare is not None:
                yield _named("evaluated-at", name), 5.5 + extra, step.slope_at(tensor + constant)
            yield _named("evaluated-at", name), 5.5 + extra, step.slope_at(tensor)
            if from_output is not None:
                yield _named("evaluated-at", name), 5.5 + extra, from_output(tensor.expand(y.shape))


def _wrong_exponents(k: float) -> list[float]:
    """Exponents that a student may give the derivative of x**k; the right one is k − 1."""
    right = k - 1
    return [e for e in dict.fromkeys((right - 1, k, k + 1, -right, right / 2, 1)) if e != right]


def _swapped(step: Step, known: Known) -> Iterator[tuple[str, float, torch.Tensor]]:
    """Another tensor in a product or quotient: the operand itself, the result, then any that fits."""
    for name, (tensor, extra) in known.items():
        if not _broadcasts(tensor, step.y) or name == step.other_name:
            continue
        near = name == step.x_name or torch.equal(tensor.expand(step.y.shape), step.y)
        same_shape = isinstance(step.other, torch.Tensor) and tensor.shape == step.other.shape
        cost = extra + (5.0 if near else 5.5 if same_shape else 6.5)
        yield _named("swapped", name), cost, tensor.expand(step.y.shape)
        if step.op == "div":
            yield _named("swapped", name), cost, 1 / tensor.expand(step.y.shape)


def _named(family: str, name: str) -> str:
    """The key of a tensor taken for another: of an earlier pass it is stale, whatever the step."""
    return name if name.startswith(STALE) else f"{family}:{name}"


def _sums(
    step: Step, product: torch.Tensor, g: torch.Tensor, slope: torch.Tensor
) -> Iterator[tuple[str, float, torch.Tensor]]:
    """A broadcast operand's cotangent is summed over the axes along which it was spread out: rightly, and wrongly."""
    yield "", 0.0, product.sum_to_size(step.x.shape) if product.shape != step.x.shape else product
    if product.shape == step.x.shape:
        return
    yield "not-summed", 2.5, product
    lead = product.dim() - step.x.dim()
    spread = {i for i in range(product.dim()) if i < lead or step.x.shape[i - lead] != product.shape[i]}
    axes = sorted(spread)
    # Operator precedence: one factor is summed and the product is not.
    yield "not-summed", 3.0, slope * g.sum(axes, keepdim=True)
    if step.op in ("mul", "div"):
        yield "not-summed", 3.5, slope.sum(axes, keepdim=True) * g
    for axis in range(product.dim()):
        if {axis} != spread:
            yield "wrong-axis", 4.0, product.sum(axis, keepdim=True)
            yield "wrong-axis", 4.0, product.sum(axis)
    if spread != set(range(product.dim())):
        yield "wrong-axis", 4.5, product.sum().reshape([1] * product.dim())


def _other_edits(step: Step, g: torch.Tensor, known: Known) -> Iterator[tuple[str, float, torch.Tensor]]:
    """(key, cost, cotangent of x) for each way to take a step that is not elementwise wrongly."""
    if step.op in ("sum", "mean"):
        scale = step.vjp(torch.ones_like(g)).flatten()[0] if step.x.numel() else 1.0
        yield "not-expanded", 2.5, g * scale
    elif step.op == "matmul":
        yield from _matmul_edits(step, g, known)
    elif step.op == "index" and step.index is not None:
        yield from _index_edits(step, g)
    elif step.op == "view" and step.x.dim() == 3:
        n, a, b = step.x.shape
        yield "reshaped", 4.0, g.reshape(n, b, a).transpose(1, 2)
        yield "reshaped", 5.0, g.reshape(a, n, b).transpose(0, 1)
        yield "reshaped", 5.0, g.reshape(-1).reshape(b, a, n).permute(2, 1, 0)
        yield "reshaped", 5.0, g.T.reshape(n, a, b)
        yield "reshaped", 5.0, g.reshape(n, a, b).flip(1)


def _matmul_edits(step: Step, g: torch.Tensor, known: Known) -> Iterator[tuple[str, float, torch.Tensor]]:
    """y = a @ b: the cotangent of a is g @ bᵀ, that of b aᵀ @ g."""
    other = step.other
    if not isinstance(other, torch.Tensor) or other.dim() != 2 or g.dim() != 2:
        return

    def product(b: torch.Tensor) -> torch.Tensor | None:
        left, right = (g, b.T) if step.left else (b.T, g)
        return left @ right if left.shape[1] == right.shape[0] else None

    if (untransposed := product(other.T)) is not None:
        yield "transposed", 4.0, untransposed
    yield "transposed", 4.0, product(other).T
    if step.left and g.shape == other.shape:
        yield "elementwise-for-matmul", 4.0, g * other
    if not step.left and g.shape == step.x.shape:
        yield "elementwise-for-matmul", 4.5, g * step.x
    for name, (tensor, extra) in known.items():
        if tensor.dim() == 2 and name != step.other_name and tensor.shape == other.shape:
            yield _named("swapped", name), 5.5 + extra, product(tensor)


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
