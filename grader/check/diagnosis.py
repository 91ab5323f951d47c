"""Why a gradient is wrong: the cheapest mistake that explains every entry of it.

The gradient of a tensor is a sum of branches, one for each statement that reads it, and each branch a chain of
primitive steps. A hypothesis edits one step and lets every branch have a weight; the weights are fitted by least
squares and then named (0: the branch is missing; 2: added twice; 31/32: (n − 1)/n). Hypotheses that leave no residual
above the tolerance are ranked by description length, in bits: the price of the edit plus the price of the names. The
cheapest is said; a second within two bits is said as well; above LIMIT nothing is: "unexplained" is better than a
wrong name.

Description length as a measure of an explanation: Rissanen, Automatica 14 (1978) 465–471.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

import torch

from grader.check.chains import ELEMENTWISE, Chain, Step, chains
from grader.check.edits import STALE, Edit, edits
from grader.check.numbers import Named, name_number
from grader.check.tolerance import RELATIVE, largest
from grader.check.verdict import Reference, fit

LIMIT, PAIR_LIMIT = 11.0, 14.0
SAID_TOO = 1.0
MISSING, DOUBLED = 3.0, 3.5
FACTOR = 2.5
# A gradient, or a tensor of an earlier pass, in the place of a tensor is less usual than another tensor of the pass.
UNUSUAL = 1.0
# Candidates are first compared by this many random projections of them.
PROJECTIONS = 12


@dataclass(frozen=True)
class Diagnosis:
    """One explanation. key: family and object ("branch-missing:counts_sum", "factor:0.96875"). cost: in bits.

    branch: the statement through which the edited branch comes. step: the primitive that was taken wrongly.
    detail: what a sentence about it needs, such as the name of a number.
    """

    key: str
    cost: float
    branch: str = ""
    step: Step | None = field(default=None, repr=False, compare=False)
    detail: str = ""

    @property
    def family(self) -> str:
        return self.key.split(":")[0]


@dataclass(frozen=True, eq=False)
class Branch:
    """One chain of the true sum. label: the statement it comes through, with the step where that is not enough."""

    label: str
    chain: Chain
    cotangent: torch.Tensor
    value: torch.Tensor


def diagnose(
    reference: Reference,
    name: str,
    value: torch.Tensor,
    upstream: Mapping[str, torch.Tensor],
    earlier: Mapping[str, torch.Tensor] | None = None,
) -> tuple[Diagnosis, ...]:
    """Explanations of `value`, a wrong gradient of tensor `name`: the best, and a second if it is as good.

    value: the student's gradient, any shape. upstream: the student's gradients by tensor name, in the tensors' shapes.
    earlier: tensors of an earlier pass by name, from which `value` may have been computed.
    An empty answer means that nothing explains it.
    """
    case = _Case(reference, name, value.detach().to(torch.float64), upstream, earlier or {})
    ranked = _ranked((*case.whole(), *case.weighted(), *case.edited(most=1)), LIMIT)
    return ranked or _ranked(case.edited(most=2), PAIR_LIMIT)


def _ranked(diagnoses: Iterable[Diagnosis], limit: float) -> tuple[Diagnosis, ...]:
    """The cheapest explanation within `limit`, and a second that is about as cheap."""
    found: dict[str, Diagnosis] = {}
    for diagnosis in diagnoses:
        if diagnosis.cost <= limit and (diagnosis.key not in found or diagnosis.cost < found[diagnosis.key].cost):
            found[diagnosis.key] = diagnosis
    ranked = sorted(found.values(), key=lambda diagnosis: diagnosis.cost)
    return tuple(d for d in ranked[:2] if d.cost <= ranked[0].cost + SAID_TOO)


class _Case:
    """One wrong gradient with everything that may explain it, in float64."""

    def __init__(self, reference, name, value, upstream, earlier):
        self.reference, self.name, self.value = reference, name, value
        forward = reference.forward
        self.true = reference.gradients[name].to(torch.float64)
        self.gradients = {**reference.gradients, **upstream}
        self.tensors = {other: tensor for other, tensor in forward.values.items() if _is_float(tensor)}
        dtype = reference.gradients[name].dtype
        self.known = {
            **{other: (tensor, 0.0) for other, tensor in self.tensors.items()},
            **{f"d{other}": (g.to(dtype), UNUSUAL) for other, g in self.gradients.items() if other != name},
            **{f"{STALE}{other}": (old.to(dtype), UNUSUAL) for other, old in earlier.items() if _is_float(old)},
        }
        shapes = [self.true.shape, *(forward.values[c.target].shape for c in self._consumers())]
        self.sizes = _sizes(forward.values, shapes)
        self.literals = tuple(_literals(c.source for c in self._consumers()))
        self.branches = self._branches()
        self.bound = RELATIVE.get(reference.gradients[name].dtype, 1e-5)

    def whole(self) -> Iterator[Diagnosis]:
        """The tensor as a whole is something else: zeros, another tensor, transposed, partly filled, stale."""
        value, true, name = self.value, self.true, self.name
        if not value.any():
            yield Diagnosis("zeros", 1.0)
            return
        if value.dim() == 2 and self._equal(value.T, true):
            yield Diagnosis("transposed", 3.0)
        if value.shape == true.shape:
            for axis in range(true.dim()):
                if any(self._equal(value, true.roll(shift, axis)) for shift in (1, -1)):
                    yield Diagnosis("index-shift", 4.5)
            done = value != 0
            if done.any() and not done.all() and self._equal(value, torch.where(done, true, 0.0)):
                yield Diagnosis("partly-filled", 4.0, detail=f"{int(done.sum())} of {done.numel()}")
        for other, gradient in self.gradients.items():
            if other != name:
                yield from self._same_as(f"equals:d{other}", 6.0, gradient)
        for other, tensor in self.tensors.items():
            own = other == name
            key = f"value-for-gradient:d{name}" if own else f"equals:{other}"
            yield from self._same_as(key, 4.5 if own else 6.5, tensor)
        if value.numel() > 1 and self._equal(value, value.flatten()[0].expand(value.shape)):
            yield Diagnosis("constant", 7.0, detail=f"{value.flatten()[0].item():.4g}")

    def weighted(self) -> Iterator[Diagnosis]:
        """Right branches, wrongly added up."""
        values = [branch.value for branch in self.branches]
        for weights in self._fits(values):
            names = [self._named(w) for w in weights]
            if diagnosis := self._about_weights(weights, names):
                yield diagnosis

    def edited(self, most: int) -> Iterator[Diagnosis]:
        """One edited step in one branch, the other branches with their weights; with `most` 2, two edited steps."""
        lists = [self._edits(branch, most) for branch in self.branches]
        for position, candidates in enumerate(lists):
            others = [b.value for i, b in enumerate(self.branches) if i != position]
            for (edit,) in self._promising([candidates], others):
                yield from self._explained([(position, edit)], others)
        if most > 1:
            for i, j in combinations(range(len(self.branches)), 2):
                singles = [[edit for edit in lists[k] if len(edit.keys) == 1] for k in (i, j)]
                others = [b.value for k, b in enumerate(self.branches) if k not in (i, j)]
                for pair in self._promising(singles, others):
                    yield from self._explained(list(zip((i, j), pair, strict=True)), others)
            return
        for key, candidate, step in self._next_steps():
            for weights in self._fits([candidate]):
                named = self._named(weights[0])
                yield Diagnosis(key, 4.0 + _weight_cost(named), "", step)

    def _edits(self, branch: "Branch", most: int) -> list[Edit]:
        found = edits(branch.chain, self._cotangents(branch), self.known, most)
        fitting = [edit for edit in found if edit.cost <= PAIR_LIMIT and _expands(edit.value, self.value.shape)]
        return [replace(edit, value=edit.value.to(torch.float64).expand(self.value.shape)) for edit in fitting]

    def _explained(self, chosen: list[tuple[int, Edit]], others: list[torch.Tensor]) -> Iterator[Diagnosis]:
        """The diagnosis that these edits make, where they and the other branches add up to the student's gradient."""
        positions = [position for position, _ in chosen]
        labels = [self.branches[p].label for p in positions]
        labels += [b.label for i, b in enumerate(self.branches) if i not in positions]
        for weights in self._fits([*(edit.value for _, edit in chosen), *others]):
            names = [self._named(w) for w in weights]
            if any(named.text == "0" for named in names[: len(chosen)]):
                continue
            # "too-early:dlogits:norm_logits" is said as "too-early:dlogits", "overwritten:-1" as "overwritten".
            keys = [":".join(key.split(":")[: 1 + (key[:11] != "overwritten")]) for _, e in chosen for key in e.keys]
            cost = sum(edit.cost for _, edit in chosen) + sum(_weight_cost(named) for named in names)
            _, last = chosen[-1]
            yield Diagnosis(" & ".join(keys), cost, labels[0], last.step, _weights_detail(names, labels))

    def _promising(self, lists: list[list[Edit]], others: list[torch.Tensor]) -> Iterator[tuple[Edit, ...]]:
        """The choices of one edit from each list that, seen by a few random projections, may explain the gradient."""
        if not all(lists) or not all(_expands(other, self.value.shape) for other in others):
            return
        g = torch.Generator().manual_seed(0)
        views = torch.randn(min(PROJECTIONS, self.value.numel()), self.value.numel(), generator=g, dtype=torch.float64)
        target = views @ self.value.flatten()
        seen = [torch.stack([edit.value.flatten() for edit in candidates]) @ views.T for candidates in lists]
        fixed = [(views @ other.expand(self.value.shape).flatten()) for other in others]
        grid = torch.cartesian_prod(*(torch.arange(len(candidates)) for candidates in lists)).reshape(-1, len(lists))
        columns = [seen[k][grid[:, k]] for k in range(len(lists))] + [f.expand(len(grid), -1) for f in fixed]
        system = torch.stack(columns, 2)
        usable = torch.isfinite(system).all(2).all(1)
        grid, system = grid[usable], system[usable]
        if not len(grid):
            return
        rest = (system @ _least_squares(system, target).unsqueeze(2)).squeeze(2) - target
        good = rest.norm(dim=1) <= 1e-2 * target.norm()
        for row in grid[good].tolist():
            yield tuple(candidates[i] for candidates, i in zip(lists, row, strict=True))

    def _consumers(self):
        return [c for c in self.reference.forward.graph.consumers(self.name) if c.target in self.reference.gradients]

    def _branches(self) -> list[Branch]:
        forward = self.reference.forward
        found = []
        for consumer in self._consumers():
            true = self.reference.gradients[consumer.target]
            own = fit(self.gradients.get(consumer.target), true)
            usable = own is not None and bool(torch.isfinite(own).all()) and bool(own.any())
            cotangent = own.to(true) if usable else true
            mine = [chain for chain in chains(forward, consumer) if chain.name == self.name]
            for chain in mine:
                label = consumer.target if len(mine) == 1 else chain.steps[-1].source
                for part, value in _parts(chain, cotangent):
                    found.append(Branch(part or label, chain, cotangent, value.to(torch.float64)))
        return found

    def _cotangents(self, branch: Branch) -> dict[str, torch.Tensor]:
        """What may have entered a branch in place of the right gradient, by key."""
        target, shape = branch.chain.statement.target, branch.cotangent.shape
        found = {"": branch.cotangent, "upstream-forgotten": torch.ones_like(branch.cotangent)}
        if branch.cotangent.dim() > 1 and len(branch.cotangent) > 1:
            for row in (-1, 0):
                found[f"overwritten:{row}"] = torch.zeros_like(branch.cotangent)
                found[f"overwritten:{row}"][row] = branch.cotangent[row]
        partial = self.reference.forward.branches(target, self.reference.gradients)
        if len(partial) > 1:
            for through, part in partial.items():
                found[f"too-early:d{target}:{through}"] = part
        found[f"value-for-gradient:d{target}"] = self.tensors[target]
        for other, gradient in self.gradients.items():
            if other != target and gradient.shape == shape:
                found[f"wrong-upstream:d{other}"] = gradient.to(branch.cotangent)
        for other, tensor in self.tensors.items():
            if other != target and tensor.shape == shape:
                found[f"wrong-upstream:{other}"] = tensor
        return found

    def _next_steps(self):
        """The gradient, with a local derivative of the tensor's own statement already multiplied in."""
        forward = self.reference.forward
        own = next((s for s in forward.graph.statements if s.target == self.name), None)
        total = sum(branch.value for branch in self.branches)
        if own is None or not self.branches:
            return
        for chain in chains(forward, own):
            step = chain.steps[0] if chain.steps else None
            if step is not None and step.op in ELEMENTWISE - {"add", "sub", "neg"} and step.y.shape == total.shape:
                yield f"next-step:{self.name}", total * step.slope.to(torch.float64), step

    def _fits(self, values: list[torch.Tensor]) -> Iterator[list["Weight"]]:
        """The weights with which `values` add up to the student's gradient, where they do; weights near 1 preferred."""
        if not values or not all(_expands(value, self.value.shape) for value in values):
            return
        target = self.value.flatten()
        columns = torch.stack([value.expand(self.value.shape).flatten() for value in values], 1)
        if not torch.isfinite(columns).all():
            return
        # Branches that are multiples of each other have no weights of their own: all right is the simplest reading.
        if self._within(columns.sum(1), target, columns):
            yield [Weight(1.0)] * len(values)
            return
        scale = columns.abs().amax(0)
        # A branch below the rounding of the whole cannot be told from nothing: it keeps its weight of 1.
        visible = scale > 30 * self.bound * max(target.abs().max().item(), 1e-30)
        if not visible.any() or target.numel() < 2 * len(values):
            return
        weights = torch.ones(len(values), dtype=torch.float64)
        rest = target - (columns[:, ~visible]).sum(1)
        weights[visible] = _least_squares(columns[:, visible], rest)
        weights = self._snapped(weights, visible, scale)
        if self._within(columns @ weights, target, columns):
            close = 5 * self.bound * target.abs().max() / scale.clamp_min(1e-300)
            yield [Weight(w, c) for w, c in zip(weights.tolist(), close.clamp(2e-4, 2e-2).tolist(), strict=True)]

    def _snapped(self, weights: torch.Tensor, visible: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        """Weights within their own uncertainty of 0 are 0."""
        uncertainty = 20 * self.bound * self.value.abs().max() / scale.clamp_min(1e-300)
        return torch.where(visible & (weights.abs() < uncertainty), 0.0, weights)

    def _within(self, made: torch.Tensor, target: torch.Tensor, columns: torch.Tensor) -> bool:
        eps = torch.finfo(torch.float32).eps if self.bound > 1e-7 else torch.finfo(torch.float64).eps
        bound = self.bound * target.abs().max().item() + 16 * eps * largest(columns)
        return (made - target).abs().max().item() <= bound

    def _equal(self, value: torch.Tensor, other: torch.Tensor) -> bool:
        return value.shape == other.shape and (
            value - other.to(torch.float64)
        ).abs().max().item() <= 2 * self.bound * max(largest(other), 1e-30)

    def _same_as(self, key: str, cost: float, other: torch.Tensor) -> Iterator[Diagnosis]:
        other = other.to(torch.float64)
        if other.shape != self.value.shape or not other.any() or self.value.numel() < 2:
            return
        ratio = ((self.value * other).sum() / (other * other).sum()).item()
        if ratio and self._equal(self.value, ratio * other):
            named = self._named(Weight(ratio))
            yield Diagnosis(key, cost + _weight_cost(named), detail="" if named.text == "1" else named.text)

    def _named(self, weight: "Weight") -> Named:
        if weight.value == 0:
            return Named("0", 0.0)
        return name_number(weight.value, self.sizes, self.literals, close=weight.close)

    def _about_weights(self, weights: list["Weight"], names: list[Named]) -> Diagnosis | None:
        labels = [branch.label for branch in self.branches]
        texts = [n.text for n in names]
        off = [i for i, text in enumerate(texts) if text != "1"]
        if not off:
            return None
        if len(set(texts)) == 1:
            return self._about_factor(weights[0].value, names[0])
        if all(texts[i] == "0" for i in off):
            missing = "+".join(dict.fromkeys(labels[i] for i in off))
            return Diagnosis(f"branch-missing:{missing}", MISSING + len(off) - 1, missing)
        if all(texts[i] in ("0", "2") for i in off) and sum(texts[i] == "2" for i in off) == len(off):
            doubled = "+".join(labels[i] for i in off)
            return Diagnosis(f"branch-doubled:{doubled}", DOUBLED + len(off) - 1, doubled)
        if all(texts[i] == "−1" for i in off):
            turned = "+".join(labels[i] for i in off)
            return Diagnosis(f"sign:{turned}", 3.5 + len(off) - 1, turned)
        cost = sum(_weight_cost(n) for n in names)
        first = next(i for i in off if texts[i] != "0")
        return Diagnosis(
            f"factor:{weights[first].value:.5g}", cost, labels[first], detail=_weights_detail(names, labels)
        )

    def _about_factor(self, weight: float, named: Named) -> Diagnosis:
        if named.text == "−1":
            return Diagnosis("sign", 3.5)
        for branch in self.branches:
            for size in _summed_sizes(branch.chain):
                if abs(weight * size - 1) < 1e-4:
                    return Diagnosis("mean-for-sum", 3.0, branch.label, detail=f"1/{size}")
        return Diagnosis(f"factor:{weight:.5g}", FACTOR + named.cost, detail=named.text)


def _least_squares(columns: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Weights (…, k) with which `columns` (…, m, k) come nearest to `target` (m,); the smallest ones where many do.

    By the normal equations of columns of length 1: k is 3 at most, and LAPACK's own routine writes warnings to stderr,
    which would cost a graded cell its points.
    """
    lengths = columns.norm(dim=-2, keepdim=True)
    unit = columns / torch.where(lengths > 0, lengths, 1.0)
    gram = unit.mT @ unit
    side = (unit.mT @ target.unsqueeze(1)).squeeze(-1)
    solved = torch.linalg.pinv(gram, hermitian=True, rtol=1e-10) @ side.unsqueeze(-1)
    return solved.squeeze(-1) / torch.where(lengths > 0, lengths, 1.0).squeeze(-2)


def _is_float(value: object) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


@dataclass(frozen=True)
class Weight:
    """A fitted weight and the relative error that it may have."""

    value: float
    close: float = 2e-4


def _expands(value: torch.Tensor, shape: torch.Size) -> bool:
    try:
        return torch.broadcast_shapes(value.shape, shape) == shape
    except RuntimeError:
        return False


def _weight_cost(named: Named) -> float:
    if named.text == "1":
        return 0.0
    if named.text == "0":
        return MISSING
    return FACTOR + named.cost


def _weights_detail(names: list[Named], labels: list[str]) -> str:
    """The weights that are not 1, for a sentence: "counts_sum is missing"."""
    said = []
    for named, label in zip(names, labels, strict=True):
        if named.text == "0":
            said.append(f"the branch through {label} is missing")
        elif named.text != "1":
            said.append(f"the branch through {label} has an extra factor {named.text}")
    return "; ".join(said)


def _parts(chain: Chain, cotangent: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    """The value of a chain; cross-entropy in its two parts, softmax and labels."""
    whole = chain.vjp(cotangent)
    first = chain.steps[0]
    if first.op == "cross_entropy" and len(chain.steps) == 1 and first.x.dim() == 2:
        # The mean over n examples of (softmax − one-hot).
        softmax = torch.softmax(first.x, 1) * cotangent / len(whole)
        yield "softmax", softmax
        yield "labels", whole - softmax
        return
    yield "", whole


def _summed_sizes(chain: Chain) -> set[int]:
    """The lengths of the axes that the chain sums over, and their product."""
    sizes = set()
    for step in chain.steps:
        if step.op in ("add", "sub", "mul", "div") and step.x.shape != step.y.shape:
            sizes.add(step.y.numel() // max(step.x.numel(), 1))
    return sizes - {1}


def _sizes(values: Mapping[str, object], shapes: list[torch.Size]) -> dict[str, int]:
    """The whole numbers of a problem: those with a name, then the axes of the tensors at hand."""
    named = {name: value for name, value in values.items() if type(value) is int and value > 1}
    taken = set(named.values())
    for size in dict.fromkeys(size for shape in shapes for size in shape):
        if size not in taken and size > 1:
            named[str(size)] = size
    return named


def _literals(sources) -> Iterator[float]:
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value:
                yield float(node.value)
