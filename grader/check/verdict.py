"""The verdict on each gradient of a manual backward pass: shape, dtype, finite, then values.

A gradient that differs from the true one is compared once more, with what the local chain rule gives for the student's
own upstream gradients. If it agrees there, the slip is further up and this gradient is not debited: the error was
carried forward.
"""

import functools
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import torch

from grader.check.errors import GraderError
from grader.check.graph import tensor_of
from grader.check.reference import Reference, sum_of_terms
from grader.check.tolerance import largest, tolerance

Terms = torch.Tensor | Callable[[], torch.Tensor]
Status = Literal["right", "carried", "shape", "wrong", "not finite", "missing", "failed"]

# What a status earns of its part of the points. An error carried forward earns what the course sets.
CREDIT: dict[Status, float] = {"right": 1.0, "shape": 0.5}
CARRIED = {"full": 1.0, "half": 0.5, "none": 0.0}


@dataclass(frozen=True)
class Verdict:
    """What is to be said of one line of a check.

    name: what was judged ("dlogits", "softmax of large numbers").
    status: right; carried (right given the student's own upstream gradients); shape (right values in another shape);
        wrong; not finite; missing; failed (an error was raised).
    message: a sentence, empty where the status says it all.
    difference, scale: max|yours − true| and max|true|, where both could be compared.
    where: the index of the largest difference.
    hints, diagnoses, picture: why it is wrong, where that could be found out (`explain`); the picture is HTML.
    on: the accelerator that it was judged on, "" for the CPU; no points depend on one.
    """

    name: str
    status: Status
    message: str = ""
    difference: float | None = None
    scale: float | None = None
    where: tuple[int, ...] | None = None
    hints: tuple[str, ...] = field(default=())
    diagnoses: tuple = field(default=(), repr=False)
    picture: str = field(default="", repr=False)
    on: str = ""

    @property
    def credit(self) -> float:
        """The part of this line's points that it earns, from 0 to 1."""
        return carried_credit() if self.status == "carried" else CREDIT.get(self.status, 0.0)

    @property
    def passed(self) -> bool:
        return self.status == "right"


def carried_credit() -> float:
    """What an error carried forward earns: GRADER_CARRIED is full (the default), half or none.

    Raises GraderError for another word.
    """
    word = os.environ.get("GRADER_CARRIED", "full")
    if word not in CARRIED:
        raise GraderError(f"GRADER_CARRIED is {word!r}; set it to one of {', '.join(CARRIED)}.")
    return CARRIED[word]


def judge(reference: Reference, answers: Mapping[str, object]) -> list[Verdict]:
    """A verdict for each wanted gradient, in backward order.

    answers: the student's values by gradient name ("dlogits"): tensors, arrays or numbers.
    """
    graph = reference.forward.graph
    known = {name: as_gradient(value) for name, value in answers.items()}
    # The output's own cotangent is given, never the student's.
    upstream = {graph.output: reference.gradients[graph.output]}
    for name in reference.gradients:
        if name not in upstream and (value := known.get(f"d{name}")) is not None:
            upstream[name] = value
    return [_judge_one(reference, gradient, known, answers, upstream) for gradient in reference.wanted]


def compare(name: str, got: object, want: torch.Tensor, terms: Terms | None = None) -> Verdict:
    """The verdict on one value: what it is, its shape, finite, then its values against `want`.

    got: a tensor, array, number or None. terms: see `tolerance`; as a function it is asked only where the verdict
    hangs on it.
    """
    if got is None:
        return Verdict(name, "missing", "Not done yet.")
    value = as_tensor(got)
    if value is None:
        return Verdict(
            name, "wrong", f"This is {_a(type(got).__name__)}; a tensor of shape {_shape(want)} is expected."
        )
    if value.is_complex() and not want.is_complex():
        if value.imag.any():
            return Verdict(name, "wrong", "Its entries are complex numbers; real ones are expected.")
        value = value.real
    if value.shape != want.shape:
        return _compare_shapes(name, value, want, terms)
    if value.dtype == want.dtype and torch.equal(value, want):
        return Verdict(name, "right", "", 0.0, largest(want), (0,) * want.dim() if want.numel() else None)
    difference, where = _difference(value, want)
    if not math.isfinite(difference) and torch.isfinite(want).all() and (bad := int((~torch.isfinite(value)).sum())):
        return Verdict(name, "not finite", f"{bad} of {value.numel()} entries are NaN or infinite.")
    found = Verdict(name, "right", "", difference, largest(want), where)
    # A NaN on both sides leaves `difference` NaN, which no bound admits.
    if difference <= tolerance(want) or (
        terms is not None and difference <= tolerance(want, terms() if callable(terms) else terms)
    ):
        other = isinstance(got, torch.Tensor | np.ndarray) and value.dtype != want.dtype
        return replace(found, message=f"Right; its dtype is {_dtype(value)}, not {_dtype(want)}." if other else "")
    return replace(found, status="wrong")


def fraction(verdicts: Iterable[Verdict]) -> float:
    """The part of the points that a list of verdicts earns, each line weighing the same."""
    credits = [verdict.credit for verdict in verdicts]
    return sum(credits) / len(credits) if credits else 0.0


def fit(value: torch.Tensor | None, like: torch.Tensor) -> torch.Tensor | None:
    """`value` in the shape of `like` where only axes of size 1 differ or it broadcasts to it; None otherwise."""
    if value is None:
        return None
    if _squeezed(value) == _squeezed(like):
        return value.reshape(like.shape)
    try:
        return value.expand(like.shape)
    except RuntimeError:
        return None


def _judge_one(
    reference: Reference,
    gradient: str,
    known: Mapping[str, torch.Tensor | None],
    answers: Mapping[str, object],
    upstream: Mapping[str, torch.Tensor],
) -> Verdict:
    name = tensor_of(gradient)
    if gradient not in answers:
        return Verdict(gradient, "missing", "Not done yet.")
    true = reference.gradients[name]
    verdict = compare(gradient, answers[gradient], true, lambda: reference.terms(name))
    if verdict.status == "wrong" and (carried := carried_forward(reference, name, upstream)) is not None:
        for local in carried.sums:
            terms = functools.partial(sum_of_terms, reference.forward, name, carried.cotangents)
            if compare(gradient, known[gradient], local, terms).status == "right":
                return replace(verdict, status="carried")
    return verdict


@dataclass(frozen=True)
class Carried:
    """What the student's own upstream gradients lead to. sums: with and without branches that are only rounding."""

    sums: tuple[torch.Tensor, ...]
    cotangents: dict[str, torch.Tensor]


def carried_forward(reference: Reference, name: str, upstream: Mapping[str, torch.Tensor]) -> Carried | None:
    """What the local chain rule gives for `name` with the student's own upstream gradients.

    upstream: the student's gradients by tensor name. None where one of them is missing, not finite, zero throughout
    (then every gradient below is zero and shows nothing), or of a shape that does not fit; but not for a branch that is
    only rounding.
    """
    forward, negligible = reference.forward, reference.negligible(name)
    cotangents = {}
    for consumer in forward.graph.consumers(name):
        target = consumer.target
        if target not in reference.gradients:
            continue
        cotangent = fit(upstream.get(target), reference.gradients[target])
        if cotangent is None or not torch.isfinite(cotangent).all() or not cotangent.any():
            if target in negligible:
                continue
            return None
        cotangents[target] = cotangent.to(reference.gradients[target])
    if not cotangents:
        return None
    branches = forward.branches(name, cotangents)
    if not branches:
        return None
    sums = [sum(branches.values())]
    kept = [branch for target, branch in branches.items() if target not in negligible]
    if kept and len(kept) < len(branches):
        sums.append(sum(kept))
    return Carried(tuple(sums), cotangents)


def _compare_shapes(name: str, value: torch.Tensor, want: torch.Tensor, terms: Terms | None) -> Verdict:
    """A value of another shape: right where only leading axes of size 1 differ, half where its values are right."""
    shapes = f"its shape is {_shape(value)}, that of the tensor {_shape(want)}"
    fitted = fit(value, want)
    if fitted is not None and (inner := compare(name, fitted, want, terms)).status == "right":
        if _without_leading_ones(value) == _without_leading_ones(want):
            return replace(inner, message=f"Right; {shapes}.")
        return replace(inner, status="shape", message=f"The values are right, but {shapes}.")
    if fitted is not None and inner.status == "not finite":
        return inner
    return Verdict(name, "wrong", f"{shapes[0].upper()}{shapes[1:]}.")


def as_tensor(value: object) -> torch.Tensor | None:
    """`value` as a detached plain tensor, or None where it is no array of numbers."""
    if isinstance(value, torch.Tensor):
        return value.detach().as_subclass(torch.Tensor)
    if isinstance(value, bool | int | float | complex | np.generic | np.ndarray):
        try:
            # By way of numpy, which keeps the 64 bits of a plain float.
            return torch.as_tensor(np.asarray(value))
        except TypeError:
            return None
    return None


def as_gradient(value: object) -> torch.Tensor | None:
    """`value` as a tensor of real numbers, or None where it is none."""
    found = as_tensor(value)
    if found is None or not found.is_complex():
        return found
    return None if found.imag.any() else found.real


def _difference(value: torch.Tensor, want: torch.Tensor) -> tuple[float, tuple[int, ...] | None]:
    if not want.numel():
        return 0.0, None
    dtype = torch.complex128 if want.is_complex() else torch.float64
    difference = (value.to(dtype) - want.to(dtype)).abs().flatten()
    at = int(difference.argmax())
    return difference[at].item(), tuple(int(i) for i in np.unravel_index(at, tuple(want.shape)))


def _squeezed(x: torch.Tensor) -> tuple[int, ...]:
    return tuple(size for size in x.shape if size != 1)


def _without_leading_ones(x: torch.Tensor) -> tuple[int, ...]:
    shape = list(x.shape)
    while shape and shape[0] == 1:
        shape.pop(0)
    return tuple(shape)


def _shape(x: torch.Tensor) -> str:
    return str(tuple(x.shape))


def _dtype(x: torch.Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0].lower() in "aeiou" else f"a {noun}"
