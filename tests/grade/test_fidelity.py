"""A warm fork shows what a cold kernel shows."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from grader.grade import harmless
from grader.grade.assignment import Assignment
from grader.grade.grading import grade
from grader.grade.settings import Settings

SOURCES = [
    "import sys, torch, numpy as np\nimport matplotlib.pyplot as plt\nprint('one'); print('two', file=sys.stderr); 3",
    "x = torch.linspace(0, 1, 5)\nx",
    "x;",
    "fig, ax = plt.subplots(figsize=(3, 2))\nax.plot(x, x**2)\nplt.show()",
    "plt.hist([1, 2, 2, 3])",
    "fig",
    "def f(n):\n    return 1 / n\nf(0)",
    "print(_, __)\nIn[1][:6], len(In)",
    "from IPython.display import display, clear_output\ndisplay('a', 5)\nprint('gone')\nclear_output()\nprint('kept')",
    "x = (",
    "undefined_name",
    "for i in range(3):\n    print(i, end=' ')\n'last'",
    "!echo shell",
    "%who_ls function",
    "import warnings\nwarnings.simplefilter('always')\nnp.array([1.0]) / 0",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "class A:\n    def __repr__(self): return 'an A'\n[A(), {'a': A()}]",
    "import os\nos.environ['NBGRADER_EXECUTION']",
]


def shown(cell) -> list:
    """A cell's outputs, but for counts, colours, and where a traceback's and a warning's lines point."""
    kept = []
    for output in harmless.outputs([dict(output) for output in cell.outputs]):
        output.pop("execution_count", None)
        if output["output_type"] == "error":
            output["evalue"] = output["evalue"].split(" (")[0]  # a SyntaxError names the cell's file
            output["traceback"] = harmless.plain(output["traceback"][-1])
        if output["output_type"] == "stream" and "Warning" in output["text"]:
            output["text"] = output["text"].split(":", 2)[-1]
        kept.append(output)
    return kept


@pytest.fixture(scope="module")
def both() -> tuple[list, list]:
    notebook = new_notebook(cells=[new_code_cell(source) for source in SOURCES])
    cold = nbformat.from_dict(notebook)
    environment = {"NBGRADER_EXECUTION": "autograde", "OMP_NUM_THREADS": "1"}
    import os

    client = NotebookClient(cold, kernel_name="python3", timeout=120, allow_errors=True)
    client.execute(env=os.environ | environment)
    warm = grade(notebook, Assignment("a", "a", ()), Settings(isolation="none", whole=True)).notebook
    return cold.cells, warm.cells


@pytest.mark.parametrize("number", range(len(SOURCES)))
def test_a_cell_shows_the_same(number, both):
    cold, warm = (cells[number] for cells in both)
    assert shown(warm) == shown(cold)
