"""Chapter 10's Hutch++ and XTrace beside those of curvlinops, at equal numbers of matrix-vector products.

Both get the same dense symmetric matrices with eigenvalues i^-c in a random basis, Gaussian probes, and budgets that
both admit. Prints the ratio of median errors (ours / theirs) with its bootstrap interval of 95 %, and the ratio of
processor time. Needs `curvlinops-for-pytorch`, best in an environment of its own: it may ask for another torch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from grader.build.source import SENTINELS, cell_slug, course_root, find_chapters, read_source

CELLS = ("probes", "answer-10.5", "answer-10.10")
SIZE, DECAYS, BUDGETS, TRIALS = 500, (1.0, 2.0), (24, 96), 400
Estimator = Callable[[torch.Tensor, int], float]


def taught() -> dict[str, Estimator]:
    """The solution's estimators, as functions of a matrix and a budget."""
    (chapter,) = find_chapters(course_root(), ["10"])
    sources = {cell.id: cell.source for cell in read_source(chapter.source).cells}
    lines = [line for name in CELLS for line in sources[cell_slug(name)].split("\n")]
    namespace: dict[str, object] = {"torch": torch}
    exec("\n".join(line for line in lines if not any(marker in line for marker in SENTINELS)), namespace)
    g = torch.Generator().manual_seed(1)
    hutchpp, xtrace = namespace["hutchpp"], namespace["xtrace"]
    return {
        "Hutch++": lambda A, m: float(hutchpp(lambda V: A @ V, len(A), m, g)),
        "XTrace": lambda A, m: float(xtrace(lambda V: A @ V, len(A), m, g)[0]),
    }


def theirs() -> dict[str, Estimator]:
    from curvlinops import hutchpp_trace, xtrace

    return {
        "Hutch++": lambda A, m: float(hutchpp_trace(A, m, distribution="normal")),
        "XTrace": lambda A, m: float(xtrace(A, m, distribution="normal")),
    }


def spectrum_matrix(decay: float) -> torch.Tensor:
    """Symmetric (SIZE, SIZE), eigenvalues i^-decay, eigenvectors uniformly random."""
    g = torch.Generator().manual_seed(2)
    Q = torch.linalg.qr(torch.randn(SIZE, SIZE, generator=g)).Q
    return Q * torch.arange(1.0, SIZE + 1) ** -decay @ Q.T


def errors(estimate: Estimator, A: torch.Tensor, m: int) -> tuple[np.ndarray, float]:
    """Relative errors of TRIALS estimates, and the processor seconds of one."""
    start = time.process_time()
    found = np.array([estimate(A, m) for _ in range(TRIALS)])
    return np.abs(found / A.trace().item() - 1), (time.process_time() - start) / TRIALS


def interval(ours: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """The bootstrap interval of 95 % of the ratio of medians."""
    rng = np.random.default_rng(3)
    medians = [np.median(rng.choice(sample, (2000, TRIALS)), axis=1) for sample in (ours, other)]
    low, high = np.quantile(medians[0] / medians[1], (0.025, 0.975))
    return low, high


def main() -> None:
    if find_spec("curvlinops") is None:
        print("curvlinops is not installed here: pip install curvlinops-for-pytorch, in an environment of its own.")
        return
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(4)
    pairs = {name: (own, theirs()[name]) for name, own in taught().items()}
    table = Table("method", "decay", "m", "error", "curvlinops", "ratio", "95 %", "time ratio")
    for decay in DECAYS:
        A = spectrum_matrix(decay)
        for m in BUDGETS:
            for name, (own, other) in pairs.items():
                (mine, seconds), (yours, their_seconds) = errors(own, A, m), errors(other, A, m)
                low, high = interval(mine, yours)
                medians = np.median(mine), np.median(yours)
                cells = f"{decay:g}", str(m), *(f"{median:.1e}" for median in medians)
                ratio = f"{medians[0] / medians[1]:.2f}", f"{low:.2f}–{high:.2f}", f"{seconds / their_seconds:.2f}"
                table.add_row(name, *cells, *ratio)
    Console().print(table)


if __name__ == "__main__":
    main()
