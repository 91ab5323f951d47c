"""What stands around a wrong gradient: its true branches, and the tensors that may have been taken for one another."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch

from grader.check.chains import Chain, chains
from grader.check.graph import Statement
from grader.check.reference import Reference
from grader.check.slips import STALE, Known
from grader.check.tolerance import largest
from grader.check.verdict import fit
from grader.check.weights import Numbers, Target

# A gradient, or a tensor of an earlier pass, in the place of a tensor is less usual than another tensor of the pass.
UNUSUAL = 1.0


@dataclass(frozen=True, eq=False)
class Branch:
    """One chain of the true sum. label: the statement it comes through, with the step where that is not enough.

    cotangent: the student's gradient of the statement's tensor, the true one where it is of no use. value: float64.
    """

    label: str
    chain: Chain
    cotangent: torch.Tensor
    value: torch.Tensor


@dataclass(frozen=True, eq=False)
class Scene:
    """A wrong gradient, and what the student had at hand when writing it.

    name: the tensor. value: its gradient by the student, float64, any shape. upstream: the student's gradients by
    tensor name, in the tensors' shapes. earlier: tensors of an earlier pass.
    """

    reference: Reference
    name: str
    value: torch.Tensor
    upstream: Mapping[str, torch.Tensor]
    earlier: Mapping[str, object]

    @cached_property
    def true(self) -> torch.Tensor:
        return self.reference.gradients[self.name].to(torch.float64)

    @cached_property
    def target(self) -> Target:
        off = largest(self.value - self.true) if self.value.shape == self.true.shape else float("inf")
        return Target(self.value, off, self.dtype, largest(self.reference.terms(self.name)))

    @property
    def is_rounding(self) -> bool:
        """Whether the student's value is so small that it is rounding and nothing else."""
        return largest(self.value) <= self.target.rounding

    @property
    def dtype(self) -> torch.dtype:
        return self.reference.gradients[self.name].dtype

    @cached_property
    def consumers(self) -> list[Statement]:
        """The statements that read the tensor, of those that the loss depends on."""
        graph = self.reference.forward.graph
        return [c for c in graph.consumers(self.name) if c.target in self.reference.gradients]

    @cached_property
    def numbers(self) -> Numbers:
        values = self.reference.forward.values
        shapes = [self.true.shape, *(values[consumer.target].shape for consumer in self.consumers)]
        return Numbers(_sizes(values, shapes), tuple(_literals(consumer.source for consumer in self.consumers)))

    @cached_property
    def tensors(self) -> dict[str, torch.Tensor]:
        """The tensors of the forward pass; a single number is taken for none of them."""
        values = self.reference.forward.values
        return {name: tensor for name, tensor in values.items() if _is_float(tensor) and tensor.numel() > 1}

    @cached_property
    def gradients(self) -> dict[str, torch.Tensor]:
        """The gradients that were there already: not those computed from this one.

        Of one that grows branch by branch each branch is there as well, as "dbndiff:bnraw".
        """
        forward, found = self.reference.forward, {}
        all_gradients = {**self.reference.gradients, **self.upstream}
        later = forward.graph.ancestors(self.name) | {self.name}
        for name, gradient in all_gradients.items():
            if name == self.name or gradient.numel() < 2:
                continue
            if name not in later:
                found[name] = gradient
            readers = [c.target for c in forward.graph.consumers(name) if c.target in all_gradients]
            if len(readers) > 1:
                before = {target: all_gradients[target] for target in readers if target not in later}
                found |= {f"{name}:{target}": part for target, part in forward.branches(name, before).items()}
        return found

    @cached_property
    def known(self) -> Known:
        """What may stand in the place of a factor."""
        return {
            **{name: (tensor, 0.0) for name, tensor in self.tensors.items()},
            **{f"d{name}": (gradient.to(self.dtype), UNUSUAL) for name, gradient in self.gradients.items()},
            **{f"{STALE}{name}": (old.to(self.dtype), UNUSUAL) for name, old in self.earlier.items() if _is_float(old)},
        }

    @cached_property
    def branches(self) -> list[Branch]:
        """The true branches, given the student's gradients further up."""
        forward, found = self.reference.forward, []
        for consumer in self.consumers:
            true = self.reference.gradients[consumer.target]
            own = fit(self.upstream.get(consumer.target), true)
            usable = own is not None and bool(torch.isfinite(own).all()) and bool(own.any())
            cotangent = own.to(true) if usable else true
            mine = [chain for chain in chains(forward, consumer) if chain.name == self.name]
            for chain in mine:
                label = consumer.target if len(mine) == 1 else chain.steps[-1].source
                for part, value in _parts(chain, cotangent):
                    found.append(Branch(part or label, chain, cotangent, value.to(torch.float64)))
        return found

    def cotangents(self, branch: Branch) -> dict[str, torch.Tensor]:
        """What may have entered a branch in place of the right gradient, by key; "" is the right one."""
        target, right = branch.chain.statement.target, branch.cotangent
        found = {"": right, "upstream-forgotten": torch.ones_like(right)}
        for name, gradient in self.gradients.items():
            if gradient.shape == right.shape and name != target:
                of, _, through = name.partition(":")
                key = f"too-early:d{of}:{through}" if of == target else f"wrong-upstream:d{name}"
                found[key] = gradient.to(right)
        if target in self.tensors:
            found[f"value-for-gradient:d{target}"] = self.tensors[target]
        for name, tensor in self.tensors.items():
            if name != target and tensor.shape == right.shape:
                found[f"wrong-upstream:{name}"] = tensor
        return found


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


def _sizes(values: Mapping[str, object], shapes: Iterable[torch.Size]) -> dict[str, int]:
    """The whole numbers of a problem: those with a name, then the axes of the tensors at hand."""
    named = {name: value for name, value in values.items() if type(value) is int and value > 1}
    taken = set(named.values())
    for size in dict.fromkeys(size for shape in shapes for size in shape):
        if size not in taken and size > 1:
            named[str(size)] = size
    return named


def _literals(sources: Iterable[str]) -> Iterator[float]:
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value:
                yield float(node.value)


def _is_float(value: object) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()
