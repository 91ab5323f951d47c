"""The weights with which parts add up to a gradient, fitted by least squares and named in the problem's own numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from grader.check.numbers import Named, name_number
from grader.check.tolerance import largest, relative, rounding

# Bits for "this branch is missing", and for "there is a factor", whose name costs extra.
MISSING = 3.0
FACTOR = 2.5


@dataclass(frozen=True)
class Weight:
    """A fitted weight and the relative error that it may have."""

    value: float
    close: float = 2e-4


@dataclass(frozen=True, eq=False)
class Target:
    """A wrong gradient to be made up from parts.

    value: the student's, float64. off: max|value − true|, infinite where the shapes differ. dtype: in which the
    student computed. terms: how large the terms are that are added up to give the gradient.
    """

    value: torch.Tensor
    off: float
    dtype: torch.dtype
    terms: float

    @property
    def rounding(self) -> float:
        """What is below this is rounding."""
        return rounding(self.terms, self.dtype)

    def equals(self, made: torch.Tensor, terms: float = 0.0) -> bool:
        """Whether `made` (of the value's shape) differs from the value by rounding only.

        It must also be nearer than the truth is, or the truth would explain what is wrong as well.
        """
        return largest(made - self.value) <= min(self._bound(terms), self.off / 2)

    def fit(self, parts: Sequence[torch.Tensor]) -> list[Weight] | None:
        """The weights with which `parts` add up to the value, near 1 where many do; None where none do."""
        if not parts or not all(expands(part, self.value.shape) for part in parts):
            return None
        target = self.value.flatten()
        columns = torch.stack([part.expand(self.value.shape).flatten() for part in parts], 1)
        if not torch.isfinite(columns).all():
            return None
        flat = Target(target, self.off, self.dtype, self.terms)
        # Parts that are multiples of each other have no weights of their own: all right is the simplest reading.
        if flat.equals(columns.sum(1), largest(columns)):
            return [Weight(1.0)] * len(parts)
        scale = columns.abs().amax(0)
        # A part below the rounding of the whole cannot be told from nothing: it keeps its weight of 1.
        size, near = largest(target), relative(self.dtype)
        visible = scale > 30 * near * max(size, 1e-30)
        if not visible.any() or target.numel() < 2 * len(parts):
            return None
        weights = torch.ones(len(parts), dtype=torch.float64)
        weights[visible] = least_squares(columns[:, visible], target - columns[:, ~visible].sum(1))
        uncertainty = near * size / scale.clamp_min(1e-300)
        # Weights within their own uncertainty of 0 are 0.
        weights = torch.where(visible & (weights.abs() < 20 * uncertainty), 0.0, weights)
        if not flat.equals(columns @ weights, largest(columns)):
            return None
        close = (5 * uncertainty).clamp(2e-4, 2e-2)
        return [Weight(w, c) for w, c in zip(weights.tolist(), close.tolist(), strict=True)]

    def ratio(self, other: torch.Tensor) -> float | None:
        """The factor that makes `other` (float64) the value, or None where there is none."""
        if other.shape != self.value.shape or not other.any() or self.value.numel() < 2:
            return None
        factor = ((self.value * other).sum() / (other * other).sum()).item()
        return factor if factor and self.equals(factor * other) else None

    def _bound(self, terms: float) -> float:
        return relative(self.dtype) * largest(self.value) + rounding(max(terms, self.terms), self.dtype)


@dataclass(frozen=True)
class Numbers:
    """The numbers of a problem, by which weights are named: whole numbers by name, and literals of the statements."""

    sizes: Mapping[str, int]
    literals: tuple[float, ...]

    def name(self, weight: Weight) -> Named:
        if weight.value == 0:
            return Named("0", 0.0)
        return name_number(weight.value, self.sizes, self.literals, close=weight.close)


def cost(names: Sequence[Named]) -> float:
    """The bits of the weights of several branches. One factor that all of them share is said once."""
    if len(names) > 1 and len({named.text for named in names}) == 1:
        names = names[:1]
    return sum(_cost(named) for named in names)


def detail(names: Sequence[Named], labels: Sequence[str]) -> str:
    """The weights that are not 1, for a sentence: "the branch through counts_sum is missing"."""
    said = []
    for named, label in zip(names, labels, strict=True):
        if named.text == "0":
            said.append(f"the branch through {label} is missing")
        elif named.text != "1":
            said.append(f"the branch through {label} has an extra factor {named.text}")
    return "; ".join(said)


def least_squares(columns: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Weights (…, k) with which `columns` (…, m, k) come nearest to `target` (m,); the smallest ones where many do.

    By the normal equations of columns of length 1: k is 3 at most, and LAPACK's own routine writes warnings to stderr,
    which would cost a graded cell its points.
    """
    lengths = columns.norm(dim=-2, keepdim=True)
    unit = columns / torch.where(lengths > 0, lengths, 1.0)
    if columns.shape[-1] == 1:
        # The usual case, much cheaper than a pseudo-inverse.
        return ((unit.mT @ target.unsqueeze(1)) / torch.where(lengths > 0, lengths, 1.0)).squeeze(-1)
    gram = unit.mT @ unit
    side = (unit.mT @ target.unsqueeze(1)).squeeze(-1)
    solved = torch.linalg.pinv(gram, hermitian=True, rtol=1e-10) @ side.unsqueeze(-1)
    return solved.squeeze(-1) / torch.where(lengths > 0, lengths, 1.0).squeeze(-2)


def expands(value: torch.Tensor, shape: torch.Size) -> bool:
    """Whether `value` broadcasts to `shape`."""
    padded = (1,) * (len(shape) - value.dim()) + tuple(value.shape)
    return len(padded) == len(shape) and all(own in (1, size) for own, size in zip(padded, shape, strict=True))


def _cost(named: Named) -> float:
    if named.text == "1":
        return 0.0
    if named.text == "0":
        return MISSING
    return FACTOR + named.cost
