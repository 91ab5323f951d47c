"""Data as JSON and safetensors: what crosses between the processes of grading, and nothing that carries code.

A value is a JSON tree; a tensor or an array in it is a reference into one safetensors file. Each tagged value is an
object with one of the keys in TAGS, so a dictionary of the student's is tagged too.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from grader.check.data import as_data
from grader.check.errors import SubmissionError

TAGS = ("tensor", "array", "dict", "float", "complex", "oracle")
DEEPEST = 64  # lists in lists
MOST_TENSORS = 4096  # in one message


class WireError(ValueError):
    """A tree or payload that is not what `pack` makes."""


class Packer:
    """Turns values into trees and keeps their tensors for one payload."""

    def __init__(self) -> None:
        self.tensors: dict[str, torch.Tensor] = {}
        self.oracles: list[Callable[..., object]] = []

    def pack(self, value: object, what: str = "The answer") -> object:
        """`value` as a tree. A callable is packed as an oracle, whose calls come back to this side.

        Raises SubmissionError ("not data") where `value` holds what cannot cross.
        """
        if callable(value):
            self.oracles.append(value)
            return {"oracle": len(self.oracles) - 1}
        return self._tree(as_data(value, what), what, 0)

    def payload(self) -> bytes:
        """The tensors packed so far as one safetensors file, empty where there are none."""
        return save(self.tensors) if self.tensors else b""

    def _tree(self, value: object, what: str, depth: int) -> object:
        if depth > DEEPEST:
            raise SubmissionError("not data", f"{what} is nested more than {DEEPEST} deep.")
        if isinstance(value, torch.Tensor):
            return {"tensor": self._keep(value, what), **_wide(value.dtype == torch.complex128)}
        if isinstance(value, np.ndarray):
            native = value.astype(value.dtype.newbyteorder("="), order="C", copy=True)
            try:
                tensor = torch.from_numpy(native)
            except TypeError:
                raise SubmissionError(
                    "not data", f"{what} is an array of {value.dtype}, which cannot be sent."
                ) from None
            return {"array": self._keep(tensor, what), **_wide(native.dtype == np.complex128)}
        if isinstance(value, list):
            return [self._tree(item, what, depth + 1) for item in value]
        if isinstance(value, dict):
            return {"dict": {key: self._tree(item, what, depth + 1) for key, item in value.items()}}
        if isinstance(value, complex):
            return {"complex": [_number(value.real), _number(value.imag)]}
        if isinstance(value, int) and value.bit_length() > 10_000:
            raise SubmissionError("not data", f"{what} holds a whole number of more than 3,000 digits.")
        return _number(value) if isinstance(value, float) else value

    def _keep(self, tensor: torch.Tensor, what: str) -> str:
        if len(self.tensors) >= MOST_TENSORS:
            raise SubmissionError("not data", f"{what} holds more than {MOST_TENSORS} tensors.")
        try:
            # safetensors refuses views that share memory; what `as_data` has copied shares none.
            whole = tensor.resolve_conj().resolve_neg().contiguous()
            key = str(len(self.tensors))
            self.tensors[key] = torch.view_as_real(whole) if whole.dtype == torch.complex128 else whole
            save({key: self.tensors[key]}) if whole.dtype not in PLAIN else None
        except (RuntimeError, NotImplementedError, SafetensorError, KeyError, ValueError) as error:
            raise SubmissionError(
                "not data", f"{what} holds a tensor that cannot be sent ({tensor.layout}, {tensor.dtype}): {error}"
            ) from None
        return key


# Dtypes that safetensors is known to take; any other is tried before it is promised.
PLAIN = {
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
    torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128,
}  # fmt: skip


def unpack(tree: object, payload: bytes, oracle: Callable[[int], Callable] | None = None) -> object:
    """The value of a tree and its payload.

    oracle: gives the callable that stands for an oracle's number; without it oracles are refused.
    Raises WireError for anything that `Packer` would not have made.
    """
    try:
        tensors = load(payload) if payload else {}
    except (SafetensorError, KeyError, ValueError, RuntimeError, OverflowError) as error:
        raise WireError(f"no safetensors: {error}") from None
    if len(tensors) > MOST_TENSORS:
        raise WireError("too many tensors")
    unused = set(tensors)

    def tensor(key: object, node: dict) -> torch.Tensor:
        if not isinstance(key, str) or key not in unused:
            raise WireError("a tensor that is not there, or twice")
        unused.discard(key)
        found = tensors[key]
        if node.get("wide") is not True:
            return found
        if found.dtype != torch.float64 or found.ndim == 0 or found.shape[-1] != 2:
            raise WireError("no complex numbers")
        return torch.view_as_complex(found)

    def value(node: object, depth: int) -> object:
        if depth > DEEPEST + 1:
            raise WireError("nested too deep")
        if node is None or type(node) in (bool, int, float, str):
            return node
        if isinstance(node, list):
            return [value(item, depth + 1) for item in node]
        if not isinstance(node, dict) or set(node) - {"wide"} - set(TAGS) or len(set(node) - {"wide"}) != 1:
            raise WireError("an unknown value")
        (tag,) = set(node) - {"wide"}
        held = node[tag]
        if tag == "tensor":
            return tensor(held, node)
        if tag == "array":
            try:
                return tensor(held, node).numpy()
            except TypeError as error:  # bfloat16 and its like
                raise WireError(f"no array: {error}") from None
        if tag == "dict":
            if not isinstance(held, dict):
                raise WireError("no dictionary")
            return {key: value(item, depth + 1) for key, item in held.items()}
        if tag == "float":
            return _special(held)
        if tag == "complex":
            if not isinstance(held, list) or len(held) != 2:
                raise WireError("no complex number")
            real, imaginary = (value(part, depth + 1) for part in held)
            if type(real) is not float or type(imaginary) is not float:
                raise WireError("no complex number")
            return complex(real, imaginary)
        if oracle is None or type(held) is not int:
            raise WireError("an oracle where there can be none")
        return oracle(held)

    found = value(tree, 0)
    if unused:
        raise WireError("a tensor that nothing refers to")
    return found


def _number(value: float) -> object:
    return value if math.isfinite(value) else {"float": repr(value)}


def _special(text: object) -> float:
    if text not in ("nan", "inf", "-inf"):
        raise WireError("no number")
    return float(text)


def _wide(complex128: bool) -> dict[str, bool]:
    """safetensors has no complex128: such a tensor travels as pairs of float64."""
    return {"wide": True} if complex128 else {}
