"""Each kind of leak, planted in the toy's release and seen."""

from pathlib import Path

import nbformat
import pytest

from grader.build.leak import leaks, secret_lines, split_comments
from grader.build.notebooks import as_bytes
from grader.build.source import read_source


def release(root: Path) -> Path:
    return root / "notebooks/01_toy/toy.ipynb"


def plant(root: Path, source: str, cell_type: str = "markdown") -> None:
    notebook = nbformat.read(release(root), as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == cell_type)
    cell.source += "\n" + source
    release(root).write_bytes(as_bytes(notebook))


def test_a_clean_release_has_none(built):
    assert leaks(built) == []


def test_the_secrets_are_the_lines_that_are_not_given(built):
    secrets = secret_lines(read_source(built / "solutions/01_toy/toy.py"))
    assert secrets == {
        "dx_of_the_square = 2 * x": "a solution line",
        "dx = dx_of_the_square": "a solution line",
        "The power rule leaves twice the base.": "a solution line",
        'earned_for_the_square = 4.0 if submission.value("dx") == 6.0 else 0.0': "a hidden test line",
        "earned_for_the_square": "a hidden test line",
    }


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        ("Try `dx_of_the_square=2*x` first.", "a solution line of 01_toy: dx_of_the_square = 2 * x"),
        (
            "The power rule leaves\n  twice the base.",
            "a solution line of 01_toy: The power rule leaves twice the base.",
        ),
        (
            'earned_for_the_square = 4.0 if submission.value("dx") == 6.0 else 0.0',
            "a hidden test line of 01_toy: earned_for_the_square = ",
        ),
        ("### BEGIN SOLUTION", "the marker 'BEGIN SOLUTION'"),
        ("### END HIDDEN TESTS", "the marker 'END HIDDEN TESTS'"),
    ],
)
@pytest.mark.parametrize("cell_type", ["markdown", "code"])
def test_sees_a_planted_text(built, planted, seen, cell_type):
    plant(built, planted, cell_type)
    assert any(sentence.startswith(f"notebooks/01_toy/toy.ipynb: {seen}") for sentence in leaks(built))


def test_sees_a_stored_output(built):
    notebook = nbformat.read(release(built), as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="1.5\n")]
    release(built).write_bytes(as_bytes(notebook))
    assert leaks(built) == [f"notebooks/01_toy/toy.ipynb: stored output in cell {notebook.cells[1].id}"]


def test_sees_an_execution_count(built):
    notebook = nbformat.read(release(built), as_version=4)
    notebook.cells[1].execution_count = 7
    release(built).write_bytes(as_bytes(notebook))
    assert len(leaks(built)) == 1


def test_sees_the_source(built):
    copy = built / "notebooks/01_toy/toy.py"
    copy.write_bytes((built / "solutions/01_toy/toy.py").read_bytes())
    found = leaks(built)
    assert "notebooks/01_toy/toy.py: a Python source" in found
    assert any("a solution line" in sentence for sentence in found)


def test_sees_a_picture_of_the_solution(built):
    path = built / "solutions/01_toy/toy.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("display_data", data={"image/png": "iVBORw0KGgoAAAA="})]
    path.write_bytes(as_bytes(notebook))
    plant(built, '<img src="data:image/png;base64,iVBORw0KGgoAAAA=">')
    assert leaks(built) == ["notebooks/01_toy/toy.ipynb: a picture stored in the solution of 01_toy"]


def test_a_line_in_a_file_beside_the_notebook_is_seen(built):
    (built / "notebooks/01_toy/hints.txt").write_text("dx_of_the_square = 2 * x", encoding="utf-8")
    assert len(leaks(built)) == 1


def test_comments_are_lines_of_their_own():
    assert split_comments(["x = 1  # one, at last", "    return '# no comment'"]) == [
        "x = 1",
        "return '# no comment'",
        "one, at last",
    ]
    assert split_comments(["    def f(x):", "  return ("]) == ["def f(x):", "return ("]
