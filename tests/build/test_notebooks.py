"""Building a chapter: same bytes, outputs kept or made anew, the stale check."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from grader.build.notebooks import as_bytes, build, stale
from grader.build.outputs import fill, refuse_machine_made, tidy, unchanged
from grader.build.release import make_release
from grader.build.source import BuildError, find_chapters, read_source


def files(root: Path) -> dict[str, bytes]:
    paths = [path for folder in ("solutions", "notebooks") for path in (root / folder).rglob("*.ipynb")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def edit(root: Path, old: str, new: str) -> None:
    path = root / "solutions" / "01_toy" / "toy.py"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def quietly(root: Path, **options) -> list[str]:
    return [path.relative_to(root).as_posix() for path in build(root, say=lambda line: None, **options)]


def test_a_second_build_changes_nothing(built):
    before = files(built)
    assert set(before) == {"solutions/01_toy/toy.ipynb", "notebooks/01_toy/toy.ipynb"}
    assert quietly(built) == []
    assert quietly(built, execute=True) == []
    assert files(built) == before
    assert stale(built) == []


def test_the_release_has_stubs_and_no_hidden_test(built):
    release = nbformat.read(built / "notebooks/01_toy/toy.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in release.cells}
    assert sources["answer-1-1-a"] == "# dx: a float, the derivative of y at x\npass  # your code here"
    assert sources["check-1-1"] == 'check("1.1")'
    assert all(cell.get("execution_count") is None and not cell.get("outputs") for cell in release.cells)
    assert "tags" not in release.cells[-2].metadata
    assert release.metadata == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def test_the_release_does_not_depend_on_who_ran_the_solution(built, tmp_path):
    """Outputs, times, random ids of cells without a grade id, versions: none of it reaches the release."""
    chapter = find_chapters(built)[0]
    ran = nbformat.read(chapter.solution, as_version=4)
    ran.metadata.language_info.version = "3.99"
    ran.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    for number, cell in enumerate(ran.cells):
        cell.metadata["execution"] = {"iopub.execute_input": "2020-01-01T00:00:00Z"}
        if "nbgrader" not in cell.metadata:
            cell.id = f"{number:08x}"
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
    again = make_release(built, chapter, ran, tmp_path / "a")
    assert again == make_release(built, chapter, read_source(chapter.source), tmp_path / "b")
    assert again == {"01_toy/toy.ipynb": (built / "notebooks/01_toy/toy.ipynb").read_bytes()}


def test_outputs_before_the_first_change_are_kept(built):
    """The stored text is doctored: it stays above the changed cell, and gives way from there on."""
    path = built / "solutions/01_toy/toy.ipynb"
    stored = nbformat.read(path, as_version=4)
    for cell in stored.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = "doctored\n"
    path.write_bytes(as_bytes(stored))
    edit(built, "print(sum(numbers))", "print(max(numbers))")
    quietly(built)
    streams = {
        cell.id: output.text
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    }
    assert streams.pop("check-1-1") == "doctored\n"
    assert list(streams.values()) == ["4.0\n"]


def test_a_changed_text_keeps_all_outputs(built):
    chapter = find_chapters(built)[0]
    stored = nbformat.read(chapter.solution, as_version=4)
    edit(built, "# Two exercises", "# One exercise")
    notebook = read_source(chapter.source)
    assert unchanged(notebook, stored) == 6
    assert fill(notebook, stored, chapter.folder) is False


def test_a_cell_that_raises_stops_the_build(built):
    edit(built, "dx_of_the_square = 2 * x", "dx_of_the_square = 2 * undefined_name")
    with pytest.raises(BuildError, match="Cell answer-1-1-a raised NameError: name 'undefined_name' is not defined"):
        quietly(built)


@pytest.mark.parametrize("code", ["object()", "import os; print(os.getcwd())", "print('/home/somebody/x')"])
def test_an_output_of_this_machine_stops_the_build(built, code):
    edit(built, "print(sum(numbers))", code)
    with pytest.raises(BuildError, match="another machine would not print"):
        quietly(built)


def test_addresses_and_paths_inside_pictures_are_not_looked_for(tmp_path):
    picture = new_output("display_data", data={"image/png": "AAAA/home/BBBB0x7fffffffff", "text/plain": "a figure"})
    refuse_machine_made(new_code_cell("x", outputs=[picture]), tmp_path)


def test_tidy_merges_streams_and_drops_widgets():
    widget = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "HBox()"}
    outputs = [
        new_output("stream", name="stdout", text="10%\r"),
        new_output("stream", name="stdout", text="90%\rdone\nnext"),
        new_output("stream", name="stderr", text="!"),
        new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {}}),
        new_output("display_data", data=widget),
        new_output("execute_result", data={"text/plain": "1"}, execution_count=40),
    ]
    kept = tidy(outputs, 3)
    assert [output.get("text") for output in kept[:2]] == ["done\nnext", "!"]
    assert kept[2].data == {"text/plain": "HBox()"}
    assert kept[3].execution_count == 3
    assert len(kept) == 4


def test_unchanged_counts_only_what_has_run():
    new = new_notebook(cells=[new_code_cell("a"), new_code_cell("b")])
    stored = new_notebook(cells=[new_code_cell("a", execution_count=1), new_code_cell("b")])
    assert (unchanged(new, stored), unchanged(new, None)) == (1, 0)


@pytest.mark.parametrize("name", ["notebooks/01_toy/toy.ipynb", "solutions/01_toy/toy.ipynb"])
def test_the_stale_check_sees_any_byte(built, name):
    path = built / name
    path.write_bytes(path.read_bytes().replace(b"A toy chapter", b"A toy Chapter"))
    assert stale(built) == [f"{name} is not what its source makes"]
    path.write_bytes(path.read_bytes().replace(b"A toy Chapter", b"A toy chapter") + b"\n")
    assert stale(built) == [f"{name} is not what its source makes"]
    path.unlink()
    assert stale(built) == [f"{name} is missing"]


def test_the_stale_check_sees_a_changed_source(built):
    edit(built, "numbers = [1.5", "numbers = [1.25")
    assert [sentence.split()[0] for sentence in stale(built)] == [
        "solutions/01_toy/toy.ipynb",
        "notebooks/01_toy/toy.ipynb",
    ]


def test_the_stale_check_passes_over_outputs(built):
    path = built / "solutions/01_toy/toy.ipynb"
    data = json.loads(path.read_text(encoding="utf-8"))
    outputs = [output for cell in data["cells"] for output in cell.get("outputs", []) if "text" in output]
    outputs[-1]["text"] = ["another machine's number\n"]
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert stale(built) == []


def test_a_notebook_without_a_source_is_stale(built):
    orphan = built / "notebooks/02_gone/gone.ipynb"
    orphan.parent.mkdir()
    orphan.write_bytes((built / "notebooks/01_toy/toy.ipynb").read_bytes())
    assert stale(built) == ["notebooks/02_gone/gone.ipynb comes from no source: delete it"]


def test_the_layout_is_nbformats_own():
    """Put together from cells laid out alone; a text that looks like the frame around them stays where it is."""
    output = {"application/json": {"a": [1, {}]}, "text/plain": "a\nb"}
    cells = [
        nbformat.v4.new_markdown_cell('"cells": []\n', attachments={"a.png": {"image/png": "x"}}),
        nbformat.v4.new_code_cell("é\u2028x", outputs=[nbformat.v4.new_output("execute_result", output)]),
        nbformat.v4.new_code_cell("1", metadata={"trusted": True}),
        nbformat.v4.new_raw_cell("x" * 100_000),
    ]
    for count in range(len(cells) + 1):
        notebook = nbformat.v4.new_notebook(cells=cells[:count], metadata={"cells": [], "x": 1})
        for _ in range(2):  # made, and kept
            assert as_bytes(notebook) == (nbformat.v4.writes(notebook) + "\n").encode()
