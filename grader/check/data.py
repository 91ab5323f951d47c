"""What may cross between a submission and its tests: data, never objects that carry code.

Tensors, arrays, numbers, strings, None, and lists, tuples and dictionaries of them.
"""

import numpy as np
import torch

from grader.check.errors import SubmissionError


def as_data(value: object, what: str = "The answer") -> object:
    """A copy of `value` that shares nothing with it: tensors detached, cloned and on the CPU, tuples as lists.

    Raises SubmissionError ("not data") where `value` holds anything else, naming its type.
    """
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided:
            raise SubmissionError("not data", f"{what} holds a sparse tensor; make it dense with to_dense().")
        return value.detach().as_subclass(torch.Tensor).cpu().clone()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        return np.array(value)
    if isinstance(value, np.generic):
        return value.item()
    if value is None or type(value) in (bool, int, float, complex, str):
        return value
    if isinstance(value, list | tuple):
        return [as_data(item, what) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: as_data(item, what) for key, item in value.items()}
    raise SubmissionError(
        "not data",
        f"{what} holds a {type(value).__name__}; only tensors, arrays, numbers, strings, None, and lists and "
        "dictionaries of them can be handed in.",
    )
