"""A workbook on automatic differentiation, and the grader that checks it.

A notebook needs no more than `from grader import check, read_names, split_names, steps`.
"""

from importlib import import_module

_HOMES = {
    "check": "grader.check.checker",
    "read_names": "grader.check.names",
    "split_names": "grader.check.names",
    "steps": "grader.check.steps",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    # Loaded on first use, so that an instructor's command does not wait for torch.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"grader has no {name!r}; a notebook can import {', '.join(_HOMES)}.")
