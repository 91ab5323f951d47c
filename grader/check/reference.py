"""The true gradients of a forward pass, and what is known of their rounding."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from grader.check.graph import Pass, tensor_of
from grader.check.tolerance import largest, tolerance


@dataclass(frozen=True)
class Reference:
    """The true gradients of one forward pass.

    gradients: by tensor name, outputs first. upstream: the output's cotangent where it is given.
    """

    forward: Pass
    gradients: dict[str, torch.Tensor]
    upstream: torch.Tensor | None
    _terms: dict[str, torch.Tensor] = field(default_factory=dict, repr=False, compare=False)
    _negligible: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, forward: Pass, upstream: torch.Tensor | None = None) -> "Reference":
        return cls(forward, forward.backward(upstream), upstream)

    def terms(self, name: str) -> torch.Tensor:
        """For each entry of a gradient, the sum of absolute values of what was added up to give it."""
        if name not in self._terms:
            self._terms[name] = sum_of_terms(self.forward, name, self.gradients)
        return self._terms[name]

    def negligible(self, name: str) -> frozenset[str]:
        """The branches of a gradient that are rounding on the true loss, such as that through a row's maximum.

        Who rightly leaves them out must not be debited when a slip further up makes them appear.
        """
        if name not in self._negligible:
            found = {}
            if len(self.forward.graph.consumers(name)) > 1:
                found = self.forward.branches(name, self.gradients)
                bound = tolerance(self.gradients[name], self.terms(name))
            self._negligible[name] = frozenset(t for t, branch in found.items() if largest(branch) <= bound)
        return self._negligible[name]

    def prepare(self) -> None:
        """Compute now what is otherwise computed when the first answer asks for it."""
        for gradient in self.wanted:
            self.terms(tensor_of(gradient))
            self.negligible(tensor_of(gradient))

    @property
    def wanted(self) -> tuple[str, ...]:
        """The gradients asked for ("dlogprobs", …), outputs first."""
        graph = self.forward.graph
        return graph.find or tuple(f"d{name}" for name in self.gradients if name != graph.output)


def sum_of_terms(forward: Pass, name: str, cotangents: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Sums of absolute values over what is added up to give the gradient of `name`: how large its rounding may be."""
    absolute = {target: cotangent.abs() for target, cotangent in cotangents.items()}
    parts = [b.abs() for b in forward.branches(name, cotangents).values()]
    parts_of_absolute = [b.abs() for b in forward.branches(name, absolute).values()]
    if not parts:
        return cotangents[name].abs()
    return torch.maximum(sum(parts), sum(parts_of_absolute))
