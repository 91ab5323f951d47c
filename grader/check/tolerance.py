"""How near is right: the one place that says so.

No honest formula is bit-exact: two ways to write a sum round differently. The bound has two parts.

* RELATIVE · max|reference|. Over 40 seeds of the char-MLP the worst right float32 formula is off by 1e-6 of the largest
  entry; the smallest real mistake, a forgotten 1e-5 in batch norm, by 6.7e-6. The two parts together allow 4.9e-6.
* FLOOR · eps · max|terms|, for a gradient that is the small remainder of large terms, as that of a bias in front of
  batch norm: its terms are about 1e-2 and their sum about 1e-9, which is all rounding.
"""

import torch

RELATIVE = {torch.float64: 1e-9, torch.float32: 3e-6, torch.float16: 5e-3, torch.bfloat16: 4e-2}
FLOOR = 16


def tolerance(reference: torch.Tensor, terms: torch.Tensor | None = None) -> float:
    """The largest difference from `reference` that is still right.

    reference: the right values, of a floating dtype.
    terms: the sums of absolute values of what was added up to give the reference (same shape), where known.
    """
    size = largest(reference)
    return relative(reference.dtype) * size + rounding(size if terms is None else largest(terms), reference.dtype)


def relative(dtype: torch.dtype) -> float:
    """The relative difference that values computed in `dtype` may have."""
    return RELATIVE[dtype if dtype in RELATIVE else torch.float32]


def rounding(size: float, dtype: torch.dtype) -> float:
    """How far a sum of terms that are `size` in all may be off in `dtype`, however small the sum is."""
    return FLOOR * torch.finfo(dtype if dtype in RELATIVE else torch.float32).eps * size


def largest(x: torch.Tensor) -> float:
    """max|x|, 0.0 for an empty tensor."""
    return x.detach().abs().max().item() if x.numel() else 0.0
