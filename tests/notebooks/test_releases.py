"""The released notebooks run from top to bottom with nothing solved, and their checks say so."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grader.build.notebooks import read_stored
from grader.build.source import find_chapters

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = find_chapters(ROOT)
PAGE = 105  # columns of code that fit a page of JupyterLab 1,200 pixels wide


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_no_line_of_code_is_wider_than_the_page(chapter):
    cells = read_stored(ROOT / "notebooks" / chapter.name / chapter.solution.name).cells
    lines = [(cell.id, line) for cell in cells if cell.cell_type == "code" for line in cell.source.split("\n")]
    assert [(name, line) for name, line in lines if len(line) > PAGE] == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_an_untouched_release_runs_and_its_checks_say_not_done(chapter):
    path = ROOT / "notebooks" / chapter.name / chapter.solution.name
    assert path.exists(), "not built yet: make notebooks"
    notebook = nbformat.read(path, as_version=4)
    environment = {
        name: value for name, value in os.environ.items() if name not in ("NBGRADER_EXECUTION", "MPLBACKEND")
    }
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=300, resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute(env={**environment, "GRADER_QUICK": "1"})  # raises where a cell raises
    checks = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert checks
    for cell in checks:
        shown = [output.data["text/plain"] for output in cell.outputs if output.output_type == "display_data"]
        assert len(cell.outputs) == len(shown) == 1, f"{cell.id} shows {cell.outputs}"
        assert ": not done yet" in shown[0].split("\n")[0], f"{cell.id} says {shown[0]}"
