"""The matrix products that torch carries out while some code runs."""

from collections.abc import Callable

import torch
from torch.utils._python_dispatch import TorchDispatchMode

PRODUCTS = {"mm": 0, "bmm": 0, "mv": 0, "dot": 0, "addmm": 1, "addmv": 1, "baddbmm": 1}


class _Listen(TorchDispatchMode):
    """Notes each product below autograd and torch.func, where only what is computed arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[tuple[int, bool]] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if (first := PRODUCTS.get(func.overloadpacket.__name__)) is not None:
            left, right = args[first : first + 2]
            columns = right.shape[-1] if right.dim() > 1 else 1
            self.made.append((2 * left.numel() * columns, _is_zero(left) or _is_zero(right)))
        return func(*args, **(kwargs or {}))


def products(run: Callable[[], object]) -> list[tuple[int, bool]]:
    """(FLOPs, whether a factor was all zeros) of each matrix product that `run()` makes, in order.

    A multiplication and an addition are two FLOPs, as torch.utils.flop_counter has it.
    """
    with _Listen() as listener:
        run()
    return listener.made


def _is_zero(x: torch.Tensor) -> bool:
    return x._is_zerotensor() or not bool(x.any())
