"""A chapter in a course that was there before: the guide's own lines, an ordinary assert assignment beside it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook

from grader.build.notebooks import as_bytes
from grader.build.source import find_chapters, read_source
from grader.grade.grading import UNTRUSTED
from tests.grade.class_of import REPOSITORY

THEIRS = """
import os
c = get_config()
c.CourseDirectory.course_id = "theirs"
c.CourseDirectory.root = os.getcwd()
c.Exchange.root = os.getcwd()
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.py"]
"""
ASSERTS = "### BEGIN HIDDEN TESTS\nassert double(4) == 8\n### END HIDDEN TESTS\nassert double(3) == 6"


def ordinary() -> nbformat.NotebookNode:
    """An assignment as nbgrader's guide has it: a solution cell, a cell of asserts worth 2 points."""
    meta = {"schema_version": 3, "task": False}
    answer = {"grade_id": "double", "solution": True, "grade": False, "locked": False, **meta}
    tests = {"grade_id": "test_double", "solution": False, "grade": True, "locked": True, "points": 2, **meta}
    solution = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    cells = [
        new_code_cell(solution, metadata={"nbgrader": answer}, id="double"),
        new_code_cell(ASSERTS, metadata={"nbgrader": tests}, id="test"),
    ]
    return new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    )


@pytest.fixture(scope="module")
def course(toy, tmp_path_factory) -> Path:
    """A course of their own with two assignments, one student in each, graded by nbgrader's own commands."""
    root = tmp_path_factory.mktemp("theirs")
    guide = (REPOSITORY / "grader" / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(from grader\.grade\.execute.*?)```", guide, re.DOTALL)
    (root / "nbgrader_config.py").write_text(THEIRS + lines, encoding="utf-8")
    (root / "source" / "ps1").mkdir(parents=True)
    nbformat.write(ordinary(), root / "source" / "ps1" / "problems.ipynb")
    (root / "source" / "01_toy").mkdir()
    chapter = read_source(find_chapters(toy)[0].source)
    (root / "source" / "01_toy" / "toy.ipynb").write_bytes(as_bytes(chapter))
    for assignment, answers in (
        ("ps1", {"double": "def double(x):\n    return x + x"}),
        ("01_toy", {"answer-1-1-a": "dx = 2 * x"}),
    ):
        nbgrader(root, "generate_assignment", assignment)
        (released,) = (root / "release" / assignment).glob("*.ipynb")
        notebook = nbformat.read(released, as_version=4)
        for cell in notebook.cells:
            cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
        place = root / "submitted" / "ada" / assignment
        place.mkdir(parents=True)
        nbformat.write(notebook, place / released.name)
        nbgrader(root, "autograde", assignment)
        nbgrader(root, "generate_feedback", assignment)
    return root


def nbgrader(root: Path, *words: str) -> None:
    """nbgrader's command as an instructor runs it in that course."""
    scripts = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": scripts + os.pathsep + os.environ["PATH"]}
    command = [sys.executable, "-m", "nbgrader", *words]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(("assignment", "notebook", "score"), [("ps1", "problems", 2.0), ("01_toy", "toy", 4.0)])
def test_both_assignments_are_graded(course, assignment, notebook, score):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "theirs") as gradebook:
        assert gradebook.find_submission_notebook(notebook, assignment, "ada").score == score


def test_their_own_asserts_are_marked_and_ours_are_not(course):
    theirs = (course / "feedback/ada/ps1/problems.html").read_text(encoding="utf-8")
    ours = (course / "feedback/ada/01_toy/toy.html").read_text(encoding="utf-8")
    assert UNTRUSTED.split(":")[0] in theirs and UNTRUSTED.split(":")[0] not in ours
    assert "double(4)" not in theirs and "earned_for_the_square" not in ours
