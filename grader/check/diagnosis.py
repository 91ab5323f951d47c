"""Why a gradient is wrong: the cheapest mistake that explains every entry of it.

The gradient of a tensor is a sum of branches, one for each statement that reads it, and each branch a chain of
primitive steps. A hypothesis edits one step and lets every branch have a weight; the weights are fitted by least
squares and then named (0: the branch is missing; 2: added twice; 31/32: (n − 1)/n). Hypotheses that leave no residual
above the tolerance are ranked by description length, in bits: the price of the edit plus the price of the names. The
cheapest is said; a second that is about as cheap is said as well; above LIMIT nothing is: "unexplained" is better than
a wrong name.

Description length as a measure of an explanation: Rissanen, Automatica 14 (1978) 465–471.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import torch

from grader.check import weights
from grader.check.chains import ELEMENTWISE, Chain, Step, chains
from grader.check.edits import Edit, edits, edits_of_statement
from grader.check.numbers import Named
from grader.check.reference import Reference
from grader.check.slips import STALE
from grader.check.suspects import Branch, Scene
from grader.check.weights import MISSING, expands
from grader.check.whole import about_whole

LIMIT, PAIR_LIMIT, ROUNDING_LIMIT = 11.0, 14.0, 4.5
SAID_TOO = 1.0
DOUBLED = 3.5
SIGN = 3.5
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
class Place:
    """Branches that one edit changes together, by their positions, and the edits that may have been made there."""

    positions: tuple[int, ...]
    edits: list[Edit]


def diagnose(
    reference: Reference,
    name: str,
    value: torch.Tensor,
    upstream: Mapping[str, torch.Tensor],
    earlier: Mapping[str, object] | None = None,
) -> tuple[Diagnosis, ...]:
    """Explanations of `value`, a wrong gradient of tensor `name`: the best, and a second if it is as good.

    value: the student's gradient, any shape. upstream: the student's gradients by tensor name, in the tensors' shapes.
    earlier: tensors of an earlier pass by name, from which `value` may have been computed.
    An empty answer means that nothing explains it.
    """
    scene = Scene(reference, name, value.detach().to(torch.float64), upstream, earlier or {})
    # Of what is rounding only, many explanations are right; those that name a tensor would be picked at random.
    limit = ROUNDING_LIMIT if scene.is_rounding else LIMIT
    whole = (Diagnosis(key, cost, detail=detail) for key, cost, detail in about_whole(scene))
    found = [*whole, *_by_weights(scene), *_next_steps(scene)]
    # What is dearer than the cheapest so far by more than SAID_TOO need not be tried.
    limit = min([limit, *(diagnosis.cost + SAID_TOO for diagnosis in found)])
    ranked = _ranked((*found, *_by_edits(scene, 1, limit)), limit)
    if ranked or scene.is_rounding:
        return ranked
    return _ranked((two for two in _by_edits(scene, 2, PAIR_LIMIT) if " & " in two.key), PAIR_LIMIT)


def _ranked(diagnoses: Iterable[Diagnosis], limit: float) -> tuple[Diagnosis, ...]:
    """The cheapest explanation within `limit`, and a second that is about as cheap."""
    found: dict[str, Diagnosis] = {}
    for diagnosis in diagnoses:
        # Which tensor of an earlier pass was read is not said.
        key = "stale" if diagnosis.family == "stale" else diagnosis.key
        if diagnosis.cost <= limit and (key not in found or diagnosis.cost < found[key].cost):
            found[key] = diagnosis
    ranked = sorted(found.values(), key=lambda diagnosis: diagnosis.cost)
    return tuple(d for d in ranked[:2] if d.cost <= ranked[0].cost + SAID_TOO)


def _by_weights(scene: Scene) -> Iterator[Diagnosis]:
    """Right branches, wrongly added up."""
    found = scene.target.fit([branch.value for branch in scene.branches])
    if found is None:
        return
    names = [scene.numbers.name(weight) for weight in found]
    labels, texts = [branch.label for branch in scene.branches], [named.text for named in names]
    off = [i for i, text in enumerate(texts) if text != "1"]
    those = "+".join(dict.fromkeys(labels[i] for i in off))
    said = {texts[i] for i in off}
    if not off or (said == {"0"} and len(off) == len(texts)):
        return
    if len(set(texts)) == 1:
        yield _factor(scene, found[0].value, names[0])
    elif said == {"0"}:
        yield Diagnosis(f"branch-missing:{those}", MISSING + len(off) - 1, those)
    elif said == {"2"}:
        yield Diagnosis(f"branch-doubled:{those}", DOUBLED + len(off) - 1, those)
    elif said == {"−1"}:
        yield Diagnosis(f"sign:{those}", SIGN + len(off) - 1, those)
    else:
        first = next(i for i in off if texts[i] != "0")
        key = f"factor:{found[first].value:.5g}"
        yield Diagnosis(key, weights.cost(names), labels[first], detail=weights.detail(names, labels))


def _factor(scene: Scene, weight: float, named: Named) -> Diagnosis:
    """All branches have one and the same factor."""
    if named.text == "−1":
        return Diagnosis("sign", SIGN)
    for branch in scene.branches:
        for size in _summed_sizes(branch.chain):
            if abs(weight * size - 1) < 1e-4:
                return Diagnosis("mean-for-sum", MISSING, branch.label, detail=f"1/{size}")
    return Diagnosis(f"factor:{weight:.5g}", weights.cost([named]), detail=named.text)


def _next_steps(scene: Scene) -> Iterator[Diagnosis]:
    """The gradient, with a local derivative of the tensor's own statement already multiplied in."""
    forward = scene.reference.forward
    own = next((s for s in forward.graph.statements if s.target == scene.name), None)
    if own is None or not scene.branches:
        return
    total = sum(branch.value for branch in scene.branches)
    for chain in chains(forward, own):
        step = chain.steps[0] if chain.steps else None
        if step is None or step.op not in ELEMENTWISE - {"add", "sub", "neg"} or step.y.shape != total.shape:
            continue
        if found := scene.target.fit([total * step.slope.to(torch.float64)]):
            yield Diagnosis(f"next-step:{scene.name}", 4.0 + weights.cost([scene.numbers.name(found[0])]), "", step)


def _by_edits(scene: Scene, most: int, limit: float) -> Iterator[Diagnosis]:
    """One edited step in one branch, the other branches with their weights; with `most` 2, two edited steps."""
    places = [Place((i,), _edits(scene, branch, most, limit)) for i, branch in enumerate(scene.branches)]
    if most == 1:
        places += _joint(scene, limit)
    for place in places:
        yield from _explained(scene, [place])
    if most > 1:
        single = [replace(place, edits=[edit for edit in place.edits if len(edit.keys) == 1]) for place in places]
        for two in combinations(single, 2):
            yield from _explained(scene, two)


def _edits(scene: Scene, branch: Branch, most: int, limit: float) -> list[Edit]:
    made = edits(branch.chain, scene.cotangents(branch), scene.known, most, limit)
    return [edit for edit in made if expands(edit.value, scene.value.shape)]


def _joint(scene: Scene, limit: float) -> Iterator[Place]:
    """The branches that come through one statement, edited together."""
    for consumer in scene.consumers:
        positions = tuple(i for i, b in enumerate(scene.branches) if b.chain.statement is consumer)
        if len(positions) > 1:
            cotangents = scene.cotangents(scene.branches[positions[0]])
            made = edits_of_statement(scene.reference.forward, consumer, scene.name, cotangents, scene.known, limit)
            yield Place(positions, [edit for edit in made if expands(edit.value, scene.value.shape)])


def _explained(scene: Scene, places: Sequence[Place]) -> Iterator[Diagnosis]:
    """A diagnosis for each choice of one edit a place that, with the other branches, adds up to the student's value."""
    changed = {position for place in places for position in place.positions}
    others = [branch for i, branch in enumerate(scene.branches) if i not in changed]
    labels = [scene.branches[place.positions[0]].label for place in places] + [branch.label for branch in others]
    for chosen in _promising(scene, [place.edits for place in places], [branch.value for branch in others]):
        values = [edit.value.to(torch.float64) for edit in chosen]
        found = scene.target.fit([*values, *(branch.value for branch in others)])
        names = [scene.numbers.name(weight) for weight in found or ()]
        if found is None or any(named.text == "0" for named in names[: len(chosen)]):
            continue
        key = " & ".join(_said(key) for edit in chosen for key in edit.keys)
        cost = sum(edit.cost for edit in chosen) + weights.cost(names)
        yield Diagnosis(key, cost, labels[0], chosen[-1].step, weights.detail(names, labels))


def _said(key: str) -> str:
    """A key as it is said: "too-early:dlogits:norm_logits" is "too-early:dlogits"."""
    return key if key.startswith(STALE) else ":".join(key.split(":")[:2])


def _promising(scene: Scene, lists: Sequence[list[Edit]], others: Sequence[torch.Tensor]) -> Iterator[tuple[Edit, ...]]:
    """The choices of one edit from each list that, seen by a few random projections, may explain the gradient."""
    value = scene.value
    if not all(lists) or not all(expands(other, value.shape) for other in others):
        return
    g = torch.Generator().manual_seed(0)
    views = torch.randn(value.numel(), min(PROJECTIONS, value.numel()), generator=g)

    def seen_by_views(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        rows = torch.stack([tensor.expand(value.shape).reshape(-1) for tensor in tensors])
        return (rows.to(views.dtype) @ views).to(torch.float64)

    (target,) = seen_by_views([value])
    seen = [seen_by_views([edit.value for edit in candidates]) for candidates in lists]
    fixed = seen_by_views(others) if others else ()
    grid = torch.cartesian_prod(*(torch.arange(len(candidates)) for candidates in lists)).reshape(-1, len(lists))
    columns = [seen[k][grid[:, k]] for k in range(len(lists))] + [f.expand(len(grid), -1) for f in fixed]
    system = torch.stack(columns, 2)
    usable = torch.isfinite(system).all(2).all(1)
    grid, system = grid[usable], system[usable]
    if not len(grid):
        return
    rest = (system @ weights.least_squares(system, target).unsqueeze(2)).squeeze(2) - target
    rounding = scene.target.rounding * views.norm()
    for row in grid[rest.norm(dim=1) <= 1e-2 * target.norm() + rounding].tolist():
        yield tuple(candidates[i] for candidates, i in zip(lists, row, strict=True))


def _summed_sizes(chain: Chain) -> set[int]:
    """How many entries each broadcast operand of the chain sums over."""
    sizes = set()
    for step in chain.steps:
        if step.op in ("add", "sub", "mul", "div") and step.x.shape != step.y.shape:
            sizes.add(step.y.numel() // max(step.x.numel(), 1))
    return sizes - {1}
