"""How long the notebooks' long loops run: in full for a reader, a few steps where a machine only checks."""

import os


def steps(full: int, quick: int) -> int:
    """`quick` under grading, validation or CI, otherwise `full`: `for step in range(steps(20_000, 200)):`

    Quick where the environment has NBGRADER_EXECUTION (set by nbgrader) or GRADER_QUICK, not empty nor "0".
    Raises ValueError unless 0 < quick <= full.
    """
    if not 0 < quick <= full:
        raise ValueError(f"steps wants 0 < quick <= full, not full={full} and quick={quick}")
    return quick if _is_set("NBGRADER_EXECUTION") or _is_set("GRADER_QUICK") else full


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "") not in {"", "0"}
