"""Wrong ways to take one step of the chain rule, each with a price in bits: how surprising that slip is.

The prices follow from how often such slips occur. A slip that needs another tensor's name costs more than one that
needs none, and a function written round that name one bit more.
"""

from collections.abc import Iterator, Mapping

import torch

from grader.check.chains import MAPS, Step
from grader.check.weights import expands

# The same derivatives written from the output y, as students (rightly) write them.
FROM_OUTPUT = {
    "tanh": lambda y: 1 - y**2,
    "exp": lambda y: y,
    "sigmoid": lambda y: y * (1 - y),
    "sqrt": lambda y: 0.5 / y,
    "log": lambda y: torch.exp(-y),
    "reciprocal": lambda y: -(y**2),
}
# The operations whose derivative is shorter in the output than in the input.
BY_OUTPUT = {"tanh", "exp", "sigmoid", "sqrt"}
LONGER = 1.1
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
STALE = "stale:"
# Tensors that may have been taken for one another, by name, each with what that costs beyond the usual. Names that
# begin with STALE are those of an earlier pass.
Known = Mapping[str, tuple[torch.Tensor, float]]
# (key, bits, value)
Slips = Iterator[tuple[str, float, torch.Tensor]]


def named(family: str, name: str) -> str:
    """The key of a tensor taken for another: of an earlier pass it is stale, whatever the step."""
    return name if name.startswith(STALE) else f"{family}:{name}"


def wrong_slopes(step: Step, known: Known, bare: torch.Tensor | None) -> Slips:
    """What might have been multiplied by in place of an elementwise operation's local derivative.

    bare: the operand without the constant that the statement adds to it, if any.
    """
    if step.op in ("mul", "div"):
        # A plain number is no derivative to forget: it is named as a factor.
        if isinstance(step.other, torch.Tensor):
            yield from _about_any_slope(step)
            yield from _swapped(step, known)
        return
    if step.op != "pow" and (step.op not in MAPS or step.op == "neg"):
        return
    yield from _about_any_slope(step)
    x, y = step.x.expand(step.y.shape), step.y
    from_output, at_input, at_output = FROM_OUTPUT.get(step.op), LONGER, 0.0
    if step.op in BY_OUTPUT:
        at_input, at_output = 0.0, LONGER
    if step.op == "pow" and step.left and isinstance(step.other, int | float):
        k = step.other
        from_output = _power_by_output(k)
        yield from (("exponent", 5.1, k * x**e) for e in _wrong_exponents(k))
        yield "derivative-forgotten", 4.5, torch.full_like(y, k)
        if k % 1 == 0 and k % 2 == 0:
            yield "inner-sign", 5.5, k * x.abs() ** (k - 1)
    yield from ((key, 5.0, rule(x, y)) for key, rule in MISREMEMBERED.get(step.op, ()))
    if from_output is not None:
        yield "evaluated-at:input", 3.9 + at_input, from_output(x)
    yield "evaluated-at:output", 3.9 + at_output, step.slope_at(y)
    if bare is not None:
        constant = x - bare
        yield "epsilon", 4.0, step.slope_at(bare)
        yield from (("epsilon", 4.5, step.slope_at(bare + other)) for other in (1e-3, 1e-4, 1e-6, 1e-8, 2 * constant))
    for name, (tensor, extra) in known.items():
        if not expands(tensor, y.shape) or name == step.x_name:
            continue
        key = named("evaluated-at", name)
        yield key, 5.2 + at_output + extra, step.slope_at(tensor)
        if bare is not None:
            yield key, 5.2 + at_output + extra, step.slope_at(tensor + constant)
        if from_output is not None:
            yield key, 5.2 + at_input + extra, from_output(tensor.expand(y.shape))


def _about_any_slope(step: Step) -> Slips:
    yield "derivative-forgotten", 4.0, torch.ones_like(step.y)
    yield "reciprocal", 6.6, 1 / step.slope
    yield "derivative-squared", 6.6, step.slope**2


def _power_by_output(k: float):
    """The derivative of x**k in terms of y = x**k; None for k = 0."""
    return (lambda y: k * y ** ((k - 1) / k)) if k else None


def _wrong_exponents(k: float) -> list[float]:
    """Exponents that a student may give the derivative of x**k; the right one is k − 1."""
    right = k - 1
    return [e for e in dict.fromkeys((right - 1, k, k + 1, -right, right / 2, 1)) if e not in (right, 0)]


def _swapped(step: Step, known: Known) -> Slips:
    """Another tensor in a product or quotient: the operand itself, the result, then any that fits."""
    for name, (tensor, extra) in known.items():
        if not expands(tensor, step.y.shape) or name == step.other_name:
            continue
        spread = tensor.expand(step.y.shape)
        near = name == step.x_name or torch.equal(spread, step.y)
        cost = extra + (5.0 if near else 5.5 if tensor.shape == step.other.shape else 6.5)
        yield named("swapped", name), cost, spread
        yield named("swapped", name), cost + (0.0 if step.op == "div" else LONGER), 1 / spread


def sums(step: Step, product: torch.Tensor, g: torch.Tensor, slope: torch.Tensor) -> Slips:
    """A broadcast operand's cotangent is summed over the axes along which it was spread out: rightly, and wrongly.

    product: cotangent times slope, in the shape of the result.
    """
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


def other_slips(step: Step, g: torch.Tensor, known: Known) -> Slips:
    """Each way to take a step that is not elementwise wrongly: what then stands for the cotangent of x."""
    if step.op in ("sum", "mean"):
        yield from _of_sum(step, g)
    elif step.op == "matmul":
        yield from _of_matmul(step, g, known)
    elif step.op == "index" and step.index is not None:
        yield from _of_index(step, g)
    elif step.op == "view" and step.x.dim() == 3:
        n, a, b = step.x.shape
        yield "reshaped", 4.0, g.reshape(n, b, a).transpose(1, 2)
        yield "reshaped", 5.0, g.reshape(a, n, b).transpose(0, 1)
        yield "reshaped", 5.0, g.reshape(-1).reshape(b, a, n).permute(2, 1, 0)
        yield "reshaped", 5.0, g.T.reshape(n, a, b)
        yield "reshaped", 5.0, g.reshape(n, a, b).flip(1)


def _of_sum(step: Step, g: torch.Tensor) -> Slips:
    """y = x.sum(axis): the cotangent of x is g, spread out along that axis."""
    right = step.vjp(g)
    yield "not-expanded", 2.5, g * step.vjp(torch.ones_like(g)).flatten()[0]
    yield from (("partly-filled", cost, part) for _, cost, part in parts_of(right, 4.5))
    if right.dim() == 2 and 1 in g.shape:
        along = 1 - g.shape.index(1)
        size = right.shape[1 - along]
        if g.numel() >= size:
            # As many of its entries as fit, along the other axis.
            yield "wrong-axis", 5.0, g.flatten()[:size].unsqueeze(along).expand(right.shape)


def _of_matmul(step: Step, g: torch.Tensor, known: Known) -> Slips:
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
            yield named("swapped", name), 5.5 + extra, product(tensor)


def _of_index(step: Step, g: torch.Tensor) -> Slips:
    """y = x[i]: the cotangent of x gets g added at i. Repeated indices accumulate."""
    index = tuple(torch.as_tensor(list(part)) if isinstance(part, range) else part for part in step.index)
    if not all(isinstance(part, torch.Tensor | int) for part in index):
        return
    index = tuple(torch.as_tensor(part) for part in index)
    zeros = torch.zeros_like(step.x)
    yield "overwritten", 4.0, zeros.index_put(index, g)
    if len(index) == 1 and index[0].dim() == 2:
        # Column by column of the index: within one the last entry wins, the columns add up.
        columns = zip(index[0].unbind(1), g.unbind(1), strict=True)
        yield "overwritten", 4.5, sum(zeros.index_put((i,), part) for i, part in columns)
    for axis, part in enumerate(index):
        size = step.x.shape[axis]
        for shift in (1, -1):
            moved = (*index[:axis], (part + shift) % size, *index[axis + 1 :])
            yield "index-shift", 4.5, zeros.index_put(moved, g, accumulate=True)
    if step.y.dim() < step.x.dim() and g.dim() == 1:
        yield "index-everywhere", 4.5, g.unsqueeze(1).expand(step.x.shape).clone()


def parts_of(whole: torch.Tensor, cost: float) -> Slips:
    """A loop that stops too early, starts too late or keeps its last turn only: what is left of a tensor, along each
    axis but the last."""
    for axis in range(max(whole.dim() - 1, 0)):
        size = whole.shape[axis]
        if size < 2:
            continue
        places = torch.arange(size).reshape([-1] + [1] * (whole.dim() - axis - 1))
        for place in (size - 1, 0):
            kept = places == place
            yield "overwritten" if axis == 0 else "partly-filled", cost, whole * kept
            if size > 2:
                yield "partly-filled", cost, whole * ~kept
