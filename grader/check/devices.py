"""Computing elsewhere than on the CPU: where that is looked at, and what differs there.

Values cross to the tests as CPU tensors and are judged there, by the same bounds (`tolerance`): what a GPU adds up in
another order, atomically and so never twice alike, is off by no more than another right formula on the CPU. Two things
are not covered by the bounds and are seen to here: TF32, which rounds the entries of a product to ten bits, is off
while a challenge runs; and Apple's MPS has no float64, so what is float64 elsewhere is float32 there.
"""

import contextlib
import os
from collections.abc import Iterator, MutableMapping

import torch

from grader.check.errors import ForwardCellError
from grader.check.quick import is_quick

REQUEST = "GRADER_DEVICE"
KNOWN = ("cuda", "mps")
NARROWER = {torch.float64: torch.float32, torch.complex128: torch.complex64}


def accelerators() -> list[str]:
    """Where answers are looked at besides the CPU: what is there; in a graded run, what GRADER_DEVICE asks for."""
    if is_quick():
        asked = os.environ.get(REQUEST, "cpu")
        return [asked] if asked in KNOWN else []
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return [device for device in KNOWN if present[device]]


def widest(dtype: torch.dtype, device: str) -> torch.dtype:
    """`dtype`, or the nearest that the device has."""
    return NARROWER.get(dtype, dtype) if device == "mps" else dtype


def put(value: object, device: str) -> object:
    """A tensor on the device; anything else as it is."""
    return value.to(device, widest(value.dtype, device)) if isinstance(value, torch.Tensor) else value


@contextlib.contextmanager
def computing_on(device: str, namespace: MutableMapping[str, object]) -> Iterator[None]:
    """The tensors of `namespace` are on the device, and so is what is made without naming one; no TF32."""
    if device == "cpu":
        yield
        return
    namespace.update({name: put(value, device) for name, value in namespace.items()})
    products = torch.backends.cuda.matmul
    before, products.fp32_precision = products.fp32_precision, "ieee"
    try:
        with torch.device(device):
            yield
    finally:
        products.fp32_precision = before


def require_full_precision() -> None:
    """Raises ForwardCellError where this process computes on a GPU and rounds products to TF32."""
    if torch.cuda.is_initialized() and torch.backends.cuda.matmul.fp32_precision == "tf32":
        raise ForwardCellError(
            "Matrix products are rounded to ten bits here (TF32), which is too coarse to tell a right gradient. Run "
            'torch.set_float32_matmul_precision("highest"), then the notebook from the top.'
        )
