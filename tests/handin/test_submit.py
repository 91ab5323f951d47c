"""What a student hears before handing in, and the file that is packed."""

import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader.errors import GraderError
from grader.handin.manifest import Manifest, graded_cells
from grader.handin.submit import LARGEST, find_notebook, is_touched, look_through, pack, read_notebook

SAY = "from IPython.display import display\ndef check(words): display({'text/plain': words}, raw=True)\nx = None"
KERNEL = {"name": "python3", "display_name": "", "language": "python"}
STUB = "pass  # your code here"


def cell(source: str, grade_id: str, *, grade: bool = False):
    meta = {"grade_id": grade_id, "grade": grade, "solution": not grade, "locked": grade, "schema_version": 3}
    return new_code_cell(source, metadata={"nbgrader": meta})


def release():
    cells = [new_code_cell(SAY)]
    for n in (1, 2):
        check = f"check('Exercise 1.{n}: ' + ('right.' if x == {n} else 'not done yet.'))"
        cells += [cell(STUB, f"answer-1-{n}"), cell(check, f"check-1-{n}", grade=True)]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks/01_slopes"
    folder.mkdir(parents=True)
    nbformat.write(release(), folder / "slopes.ipynb")
    return tmp_path


@pytest.fixture
def manifest(workbook: Path) -> Manifest:
    return Manifest.find(workbook)


def answered(workbook: Path, **sources: str) -> Path:
    """Put answers into the student's notebook: answer_1_1="x = 1"; None takes the cell out."""
    path = workbook / "notebooks/01_slopes/slopes.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for name, source in sources.items():
        place = dict(graded_cells(notebook))[name.replace("_", "-")]
        if source is None:
            notebook.cells.remove(place)
        else:
            place.source = source
    nbformat.write(notebook, path)
    return path


def test_says_what_is_done_and_leaves_the_file_alone(workbook, manifest):
    path = answered(workbook, answer_1_1="x = 1")
    before = path.read_bytes()
    ready = look_through(path, "01_slopes", manifest.chapters["01_slopes"])
    assert (ready.done, ready.unfinished, ready.refusal, ready.remarks) == (("1.1",), ("1.2",), "", [])
    assert path.read_bytes() == before


def test_warns_where_top_to_bottom_is_not_what_the_student_saw(workbook, manifest):
    path = answered(workbook, answer_1_1="x = defined_further_down", answer_1_2="defined_further_down = 1")
    notebook = nbformat.read(path, as_version=4)
    shown = nbformat.v4.new_output("display_data", data={"text/plain": "Exercise 1.1: right."})
    notebook.cells[2].outputs = [shown]
    nbformat.write(notebook, path)
    ready = look_through(path, "01_slopes", manifest.chapters["01_slopes"])
    assert ready.done == ()
    first, second = ready.remarks
    assert first.startswith("Code cell 2 (`x = defined_further_down`) stops with NameError")
    assert second.startswith("Exercise 1.1 was right when you last ran its check")


def test_a_lost_cell_is_named_and_a_dead_kernel_refused(workbook, manifest):
    path = answered(workbook, check_1_2=None, answer_1_1="import os; os._exit(1)")
    assert "kernel died" in look_through(path, "01_slopes", manifest.chapters["01_slopes"]).refusal
    path = answered(workbook, answer_1_1="x = 1")
    ready = look_through(path, "01_slopes", manifest.chapters["01_slopes"])
    assert ready.remarks == ["The cell check-1-2 is gone: its exercise earns nothing without it."]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_notebook_is_refused_in_a_sentence(workbook, manifest, content):
    path = workbook / "notebooks/01_slopes/slopes.ipynb"
    path.write_bytes(content)
    refusal = look_through(path, "01_slopes", manifest.chapters["01_slopes"]).refusal
    assert "slopes.ipynb" in refusal and "\n" not in refusal


def test_a_notebook_of_another_chapter_and_one_too_large(workbook, manifest):
    path = workbook / "notebooks/01_slopes/slopes.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1")]), path)
    assert "none of this chapter's" in look_through(path, "01_slopes", manifest.chapters["01_slopes"]).refusal
    path.write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(GraderError, match="Clear Outputs"):
        read_notebook(path)


def test_touched_means_an_answer_changed(workbook, manifest):
    expected = manifest.chapters["01_slopes"]
    path = find_notebook(workbook, "01_slopes", expected)
    assert not is_touched(read_notebook(path), expected)
    answered(workbook, check_1_1="check('Exercise 1.1: right.')")
    assert not is_touched(read_notebook(path), expected)
    answered(workbook, answer_1_2="x = 3")
    assert is_touched(read_notebook(path), expected)


def test_packs_the_notebooks_alone(workbook, manifest):
    (workbook / "notebooks/01_slopes/timestamp.txt").write_text("1999", encoding="utf-8")
    packed = pack(workbook, manifest, ["01_slopes"], workbook)
    assert packed.name == "submission-01.zip"
    with zipfile.ZipFile(packed) as archive:
        assert archive.namelist() == ["01_slopes/slopes.ipynb"]


def test_chapters_by_number_and_name(manifest):
    assert manifest.pick(["01"]) == manifest.pick(["01_slopes"]) == manifest.pick([]) == ["01_slopes"]
    with pytest.raises(GraderError, match="No chapter called 07"):
        manifest.pick(["07"])
    assert Manifest.loads(manifest.dumps()) == manifest


def test_a_moved_notebook_is_named(workbook, manifest):
    path = workbook / "notebooks/01_slopes/slopes.ipynb"
    path.rename(path.with_name("copy.ipynb"))
    with pytest.raises(GraderError, match="Was it renamed"):
        find_notebook(workbook, "01_slopes", manifest.chapters["01_slopes"])
