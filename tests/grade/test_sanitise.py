"""A submitted notebook made anew, and what of it may be shown."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.nbgraderformat import MetadataValidator

from grader.grade import harmless
from grader.grade.assignment import Assignment, from_source
from grader.grade.sanitise import LARGEST_FILE, read_submission, sanitise


def cell(source: str, name: str, **meta) -> dict:
    own = {"grade_id": name, "grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3}
    return new_code_cell(source, id=name, metadata={"nbgrader": own | meta})


@pytest.fixture
def assignment() -> Assignment:
    hidden = "### BEGIN HIDDEN TESTS\nsubmission.value('dx')\n2.0\n### END HIDDEN TESTS"
    return from_source(
        "toy",
        "toy",
        new_notebook(
            cells=[
                new_markdown_cell("# A <b>toy</b>", id="title"),
                cell("x = 3.0", "data"),
                cell("### BEGIN SOLUTION\ndx = 6.0\n### END SOLUTION", "answer", solution=True, locked=False),
                cell(f'check("1.1")\n{hidden}', "check", grade=True, points=2),
            ]
        ),
    )


def handed_in() -> dict:
    """As a student would hand it in, as plain JSON."""
    cells = [
        new_markdown_cell("# A <b>toy</b>", id="title"),
        cell("x = 3.0", "data"),
        cell("dx = 2 * x", "answer", solution=True, locked=False),
        cell('check("1.1")', "check", grade=True, points=2),
    ]
    return json.loads(nbformat.writes(new_notebook(cells=cells)))


def marks(notebook) -> dict:
    return {c.metadata.nbgrader.grade_id: c.metadata.nbgrader for c in notebook.cells if "nbgrader" in c.metadata}


def test_an_honest_one_is_left_as_it_is(assignment):
    notebook, remarks = sanitise(handed_in(), assignment)
    assert remarks == []
    assert [c.source for c in notebook.cells] == ["# A <b>toy</b>", "x = 3.0", "dx = 2 * x", 'check("1.1")']
    assert marks(notebook)["check"].points == 2
    MetadataValidator().validate_nb(notebook)
    nbformat.validate(notebook)


def set_in(index: int, **changed):
    def change(raw: dict) -> None:
        raw["cells"][index]["metadata"].setdefault("nbgrader", {}).update(changed)

    return change


def drop(*indices: int):
    def change(raw: dict) -> None:
        raw["cells"] = [c for i, c in enumerate(raw["cells"]) if i not in indices]

    return change


def replaced(index: int, **fields):
    return lambda raw: raw["cells"][index].update(fields)


def again(raw: dict) -> None:
    raw["cells"].append(dict(raw["cells"][3], source="2.0"))


def odd(raw: dict) -> None:
    raw["cells"] += [None, 3, {}, {"cell_type": "code"}, {"cell_type": [], "source": {"a": 1}, "metadata": 4}]


TRICKS = {
    "marked as solution": set_in(3, solution=True),
    "points as a word": set_in(3, points="x"),
    "points raised": set_in(3, points=1000),
    "points negative": set_in(3, points=-1),
    "renamed": set_in(3, grade_id="check2"),
    "a number for a name": set_in(3, grade_id=7),
    "an old schema": set_in(3, schema_version=1),
    "a schema of the future": set_in(3, schema_version=99),
    "not graded": set_in(3, grade=False),
    "answer renamed": set_in(2, grade_id="mine"),
    "metadata gone": lambda raw: [c.pop("metadata") for c in raw["cells"]],
    "ids gone": lambda raw: [c.pop("id") for c in raw["cells"]],
    "another cell type": replaced(3, cell_type="markdown"),
    "a changed test": replaced(3, source="2.0"),
    "a changed given cell": replaced(1, source="x = 0"),
    "outputs forged": replaced(3, outputs=[{"output_type": "execute_result", "data": {"text/plain": "2.0"}}]),
    "checksum": set_in(3, checksum="0" * 32),
    "check missing": drop(3),
    "all but one missing": drop(0, 1, 3),
    "all missing": drop(0, 1, 2, 3),
    "twice": again,
    "strange cells": odd,
    "another kernel": lambda raw: raw["metadata"].update(kernelspec={"name": "bash", "language": "bash"}),
    "a title with a script": lambda raw: raw["metadata"].update(title="</title><script>1</script>", widgets={"a": 1}),
    "nbgrader's delimiters": replaced(2, source="### BEGIN HIDDEN TESTS\ndx = 6.0"),
    "source in a list": replaced(2, source=["dx = ", "6.0"]),
    "no cells": lambda raw: raw.update(cells={}),
}


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_changes_nothing_that_counts(name, assignment):
    raw = handed_in()
    TRICKS[name](raw)
    notebook, _ = sanitise(raw, assignment)
    found = marks(notebook)
    check = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "check")
    assert check.source == 'check("1.1")' and check.outputs == []
    assert dict(found["check"]) | {"checksum": ""} == {
        "cell_type": "code", "checksum": "", "grade": True, "grade_id": "check", "locked": True, "points": 2,
        "schema_version": 3, "solution": False, "task": False,
    }  # fmt: skip
    assert set(found) == {"data", "answer", "check"}
    assert (
        next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "data").source == "x = 3.0"
    )
    order = [c.metadata.nbgrader.grade_id for c in notebook.cells if "nbgrader" in c.metadata]
    assert order == ["data", "answer", "check"]
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    MetadataValidator().validate_nb(notebook)
    nbformat.validate(notebook)
    assert sanitise(notebook, assignment)[0] == notebook, "it may be done twice"


FILES = {
    "broken JSON": b'{"cells": [',
    "no JSON": b"\x80\x04\x95",
    "empty": b"",
    "a list": b"[]",
    "a number for cells": b'{"cells": 3, "nbformat": 4}',
    "deep": b"[" * 100_000,
    "no nbformat": b'{"nbformat": "x", "cells": []}',
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_becomes_an_empty_notebook_that_says_so(name, assignment, tmp_path):
    path = tmp_path / "toy.ipynb"
    path.write_bytes(FILES[name])
    raw, problem = read_submission(path)
    notebook, _ = sanitise(raw, assignment, problem)
    assert "nothing in it could be graded" in notebook.cells[0].source
    assert set(marks(notebook)) == {"data", "answer", "check"}


def test_a_link_and_a_huge_file_are_not_read(tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("{}", encoding="utf-8")
    link = tmp_path / "toy.ipynb"
    link.symlink_to(secret)
    assert "is a link" in read_submission(link)[1]
    huge = tmp_path / "huge.ipynb"
    with huge.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    assert "larger than" in read_submission(huge)[1]


def test_an_old_notebook_is_read(tmp_path, assignment):
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"metadata": {}, "cells": [
        {"cell_type": "code", "language": "python", "input": "dx = 6.0", "outputs": [], "metadata": {}}]}]}  # fmt: skip
    path = tmp_path / "toy.ipynb"
    path.write_text(json.dumps(old), encoding="utf-8")
    raw, problem = read_submission(path)
    assert problem == ""
    assert "dx = 6.0" in [c.source for c in sanitise(raw, assignment)[0].cells]


MARKDOWN = {
    "<script>alert(1)</script>": "&lt;script>alert(1)&lt;/script>",
    "a < b and $a < b$": "a < b and $a < b$",
    "\\<img src=x onerror=alert(1)>": "\\&lt;img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))": "[x]&#40;javascript:alert(1))",
    "[x](\njava\tscript:alert(1))": "[x]&#40;\njava\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))": "[x]&#40;&amp;#106;avascript:alert(1))",
    "[x][y]\n\n[y]: javascript:alert(1)": "[x&#93;[y]\n\n[y&#93;: javascript:alert(1)",
    "![x](data:text/html,1)": "![x]&#40;data:text/html,1)",
    "[paper](https://arxiv.org/abs/1)": "[paper](https://arxiv.org/abs/1)",
    "$\\href{javascript:alert(1)}{x}$": "$&#92;href{javascript:alert(1)}{x}$",
    "$\\frac{a}{b} \\data$": "$\\frac{a}{b} &#92;data$",
    "```mermaid\na\n```": "```text\na\n```",
    "plain\x1b[31m red\x00": "plain red",
}


@pytest.mark.parametrize("text", MARKDOWN)
def test_markdown_holds_nothing_that_runs(text):
    assert harmless.markdown(text) == MARKDOWN[text]
    assert harmless.markdown(MARKDOWN[text]) == MARKDOWN[text]


@pytest.mark.parametrize("text", MARKDOWN)
def test_no_rendered_page_has_a_tag_or_link_of_the_students(text):
    import re

    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    page = markdown2html_mistune(harmless.markdown(text))
    assert not re.search(r"<(script|img|iframe|svg|object|a (?!href=\"https://))", page)
    assert "mermaid" not in page


def test_a_raw_cell_is_text(assignment):
    raw = handed_in()
    raw["cells"].append({"cell_type": "raw", "metadata": {"raw_mimetype": "text/html"}, "source": "<script>1</script>"})
    last = sanitise(raw, assignment)[0].cells[-1]
    assert (last.cell_type, last.source, last.metadata) == ("markdown", "    &lt;script>1&lt;/script>", {})


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


def test_outputs_are_text_and_pictures():
    shown = harmless.outputs(
        [
            {"output_type": "display_data", "data": {"text/html": "<script>1</script>", "text/plain": "a\x1b[2J"}},
            {"output_type": "display_data", "data": {"image/png": PNG, "image/svg+xml": "<svg onload=1>"}},
            {"output_type": "display_data", "data": {"image/png": "<script>", "application/javascript": "1"}},
            {"output_type": "stream", "name": "evil", "text": "\x1b]8;;http://x\x07link\x1b]8;;\x07"},
            {"output_type": "error", "ename": "E", "evalue": "\x1b[1mv", "traceback": ["\x1b[31mred\x1b[0m\x1b[2J", 3]},
            {"output_type": "update_display_data", "data": {}},
            {"output_type": "execute_result", "data": {"text/plain": "1.0", "application/vnd.grader+json": {}}},
            "text",
            None,
        ]
    )
    assert shown == [
        {"output_type": "display_data", "data": {"text/plain": "a"}, "metadata": {}},
        {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {}},
        {
            "output_type": "display_data",
            "data": {"text/plain": "[output of type application/javascript, image/png is not shown on graded pages]"},
            "metadata": {},
        },
        {"output_type": "stream", "name": "stdout", "text": "link"},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31mred\x1b[0m", ""]},
        {"output_type": "execute_result", "data": {"text/plain": "1.0"}, "metadata": {}, "execution_count": None},
    ]
    assert harmless.outputs({"no": "list"}) == []


def test_no_path_of_this_machine():
    import torch

    text = harmless.plain(f"File {torch.__file__}, line 3; {__file__}")
    assert text.startswith("File <packages>/torch/__init__.py, line 3; <course>/tests/grade/test_sanitise.py")
