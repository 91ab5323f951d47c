"""How long the notebooks' long loops run, and whether figures are painted: in full for a reader, less for a machine."""

import os

from IPython import get_ipython


def steps(full: int, quick: int) -> int:
    """`quick` under grading, validation or CI, otherwise `full`: `for step in range(steps(20_000, 200)):`

    Quick where the environment has NBGRADER_EXECUTION (set by nbgrader) or GRADER_QUICK, not empty nor "0".
    Raises ValueError unless 0 < quick <= full.
    """
    if not 0 < quick <= full:
        raise ValueError(f"steps wants 0 < quick <= full, not full={full} and quick={quick}")
    return quick if is_quick() else full


def quick_figures() -> None:
    """In a quick run, show a figure as a line of text and leave it unpainted: painting is most of such a run's time.

    For a notebook's first cell, after matplotlib is imported. Does nothing for a reader, and outside of IPython.
    """
    if is_quick() and get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats()  # no format: neither PNG nor any other


def is_quick() -> bool:
    """Whether this is a quick run: graded, validated, or in CI."""
    return _is_set("NBGRADER_EXECUTION") or _is_set("GRADER_QUICK")


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "") not in {"", "0"}
