"""A gradient beside the true one as a picture: yours, expected, difference.

The colours are those of cividis, whose lightness grows from the smallest value to the largest, so the picture can be
read in greyscale and with any colour vision. The picture is a small PNG inside the HTML: it needs no file, script or
network.
"""

import base64
import io
from html import escape

import numpy as np
import torch
from matplotlib import colormaps
from PIL import Image

from grader.check.tolerance import largest, tolerance

# Wider or taller pictures are thinned out to this many entries a side.
MOST = 96
WIDTH = 150
ALL = "all differ."


def picture(name: str, yours: torch.Tensor, expected: torch.Tensor) -> str:
    """An HTML fragment for two matrices of one shape (rows, columns)."""
    # Beyond the 98th percentile colours saturate, or a few large entries would hide the rest.
    scale = torch.quantile(expected.abs().flatten(), 0.98).item() or largest(expected) or 1.0
    difference = (yours - expected).abs()
    top = largest(difference) or 1.0
    panels = [
        ("yours", _image(yours, -scale, scale)),
        ("expected", _image(expected, -scale, scale)),
        (f"difference, up to {top:.2g}", _image(difference, 0.0, top)),
    ]
    alt = f"{name}: {pattern(yours, expected)}"
    figures = "".join(
        f'<figure style="display:inline-block;margin:0 12px 6px 0"><img alt="{escape(f"{label} of {alt}")}" '
        f'width="{WIDTH}" style="image-rendering:pixelated" src="data:image/png;base64,{data}">'
        f"<figcaption>{label}</figcaption></figure>"
        for label, data in panels
    )
    return f"<div>{figures}<p>{escape(alt)} Dark is low, bright is high; each picture is {_size(expected)}.</p></div>"


def pattern(yours: torch.Tensor, expected: torch.Tensor) -> str:
    """Where two matrices differ, in a sentence."""
    off = (yours - expected).abs() > tolerance(expected)
    rows, columns = off.any(1), off.any(0)
    count, total = int(off.sum()), off.numel()
    if count == total:
        return ALL
    if count == int(rows.sum()) * off.shape[1]:
        return f"those of {_list('row', rows)} differ, the others are right."
    if count == int(columns.sum()) * off.shape[0]:
        return f"those of {_list('column', columns)} differ, the others are right."
    return f"{count} of {total} differ, in {int(rows.sum())} of {len(rows)} rows."


def _image(x: torch.Tensor, low: float, high: float) -> str:
    x = x.detach().to(torch.float64).numpy()
    x = x[:: -(-x.shape[0] // MOST), :: -(-x.shape[1] // MOST)]
    levels = np.nan_to_num(np.clip((x - low) / (high - low), 0, 1))
    pixels = (colormaps["cividis"](levels)[..., :3] * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def _list(noun: str, which: torch.Tensor) -> str:
    numbers = which.nonzero().flatten().tolist()
    shown = ", ".join(map(str, numbers[:5])) + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
    return f"{noun}{'s' if len(numbers) > 1 else ''} {shown}"


def _size(x: torch.Tensor) -> str:
    return f"{x.shape[0]} rows by {x.shape[1]} columns"
