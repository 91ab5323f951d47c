"""A student's percent file, and the submission that it makes."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.build.source import BuildError
from grader.grade.answers import Answers, read_answers, read_class, submit

FILE = """# Right, more or less.
# expected: 1.1=4 1.2=2.5
# expected: 1.3=0

# %% id="answer-1.1-a"
dx = 1
# a comment

# %% after="answer-1.1-a"
print("one")

# %% after="answer-1.1-a"
print("two")
"""


def release():
    cells = [
        new_markdown_cell("# T", id="title"),
        new_code_cell("pass", id="answer-1-1-a"),
        new_code_cell("check", id="c"),
    ]
    return new_notebook(cells=cells)


def test_reads_scores_and_cells(tmp_path):
    (tmp_path / "ada.py").write_text(FILE, encoding="utf-8")
    assert read_class(tmp_path) == [
        Answers(
            student="ada",
            about="Right, more or less.",
            expected={"1.1": 4.0, "1.2": 2.5, "1.3": 0.0},
            replaced={"answer-1-1-a": "dx = 1\n# a comment"},
            inserted=(("answer-1-1-a", 'print("one")'), ("answer-1-1-a", 'print("two")')),
        )
    ]


def test_a_submission_is_the_release_with_the_students_cells(tmp_path):
    (tmp_path / "ada.py").write_text(FILE, encoding="utf-8")
    handed_out = release()
    submitted = submit(read_answers(tmp_path / "ada.py"), handed_out)
    assert [cell.source for cell in submitted.cells] == [
        "# T",
        "dx = 1\n# a comment",
        'print("one")',
        'print("two")',
        "check",
    ]
    assert handed_out == release(), "the next student gets a clean one"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Ada.\n# expected: 1.1:4", "'1.1:4' is no score"),
        ("# Ada.\n\n# %%\nx = 1", 'needs id="…" or after="…"'),
        ('# Ada.\n\n# %% id="a" role="answer"\nx = 1', 'needs id="…" or after="…"'),
    ],
)
def test_refuses_a_file_it_does_not_understand(tmp_path, text, message):
    (tmp_path / "ada.py").write_text(text, encoding="utf-8")
    with pytest.raises(BuildError, match=message):
        read_answers(tmp_path / "ada.py")


def test_refuses_a_cell_that_the_release_does_not_have():
    with pytest.raises(BuildError, match="ada: the release has no cell nowhere"):
        submit(Answers("ada", "", replaced={"nowhere": "x = 1"}), release())


def test_an_empty_folder_is_no_class(tmp_path):
    with pytest.raises(BuildError, match="No submissions"):
        read_class(tmp_path)
