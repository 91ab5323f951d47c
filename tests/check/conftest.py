"""A small forward pass that is no char-MLP, and a notebook without a kernel."""

from pathlib import Path

import pytest
import torch

from grader.build.source import read_source
from grader.check.graph import ForwardGraph
from grader.check.reference import Reference
from grader.check.submission import LiveSubmission

ROOT = Path(__file__).resolve().parents[2]

CELL = """# Forward pass for exercise 9.1: find the gradient of every tensor
z = X @ W + b
a = torch.sigmoid(z)
s = a.sum(1, keepdim=True)
r = a / s
loss = (r * r * T).mean()
"""

ANSWER = """
dr = 2 * r * T / r.numel()
ds = (-a / s**2 * dr).sum(1, keepdim=True)
da = dr / s
da += ds
dz = da * a * (1 - a)
dW = X.T @ dz
db = dz.sum(0)
dX = dz @ W.T
dT = r * r / r.numel()
"""


class Notebook:
    """Cells run one after another in one namespace, with the history that a kernel keeps."""

    def __init__(self):
        self.history: list[str] = []
        self.namespace: dict[str, object] = {"__name__": "__main__"}
        self.submission = LiveSubmission(self.namespace, lambda: list(self.history))
        self.run("import torch\nimport torch.nn.functional as F")

    def run(self, source: str) -> None:
        self.history.append(source)
        exec(compile(source, "<cell>", "exec"), self.namespace)


def draw(seed: int, n: int = 5, dtype: torch.dtype = torch.float32, **_: object) -> dict[str, object]:
    """Inputs of CELL: X (n, 3), W (3, 4), b (4,), T (n, 4)."""
    g = torch.Generator().manual_seed(seed)
    shapes = {"X": (n, 3), "W": (3, 4), "b": (4,), "T": (n, 4)}
    return {name: torch.randn(shape, generator=g, dtype=torch.float64).to(dtype) for name, shape in shapes.items()} | {
        "n": n
    }


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def solved(notebook) -> Notebook:
    """The notebook after the forward pass and a right answer."""
    notebook.namespace.update(draw(1))
    notebook.run(CELL)
    notebook.run(ANSWER)
    return notebook


@pytest.fixture
def reference() -> Reference:
    return Reference.of(ForwardGraph.parse(CELL).run(draw(1)))


@pytest.fixture(scope="session")
def chapter_cells() -> dict[str, str]:
    """The forward-pass cells of chapter 05 by exercise."""
    notebook = read_source(ROOT / "solutions/05_manual_backprop/manual_backprop.py")
    sources = [cell.source for cell in notebook.cells if cell.source.startswith("# Forward pass")]
    return {ForwardGraph.parse(source).exercise: source for source in sources}
