"""The percent source: roles, ids, refusals."""

import re
from pathlib import Path

import jupytext
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from grader.build.source import BuildError, course_root, find_chapters, read_source, regions

NBFORMAT_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
ANSWER = "### BEGIN SOLUTION\ny = 1\n### END SOLUTION"
CHECK = 'check("1.1")\n### BEGIN HIDDEN TESTS\n2.0\n### END HIDDEN TESTS'


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "source.py"
    path.write_text(text, encoding="utf-8")
    return path


def toy_source(root: Path) -> Path:
    return root / "solutions" / "01_toy" / "toy.py"


def test_roles_become_valid_nbgrader_metadata(toy):
    notebook = read_source(toy_source(toy))
    MetadataValidator().validate_nb(notebook)
    found = {cell.id: cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata}
    facts = {name: (meta.grade, meta.solution, meta.locked, meta.get("points")) for name, meta in found.items()}
    assert facts == {
        "data-1-1": (False, False, True, None),
        "forward-1-1": (False, False, True, None),
        "answer-1-1-a": (False, True, False, None),
        "check-1-1": (True, False, True, 4),
    }


def test_sources_survive_the_round_trip(toy):
    """What jupytext makes of the built notebook reads back as the same cells."""
    notebook = read_source(toy_source(toy))
    again = jupytext.reads(jupytext.writes(notebook, fmt="py:percent"), fmt="py:percent")
    assert [cell.source for cell in again.cells] == [cell.source for cell in notebook.cells]


def test_ids_are_legal_and_distinct(tmp_path):
    same = "# %%\nx = 1\n\n"
    notebook = read_source(write(tmp_path, same * 3 + '# %% id="a b.c"\ny = 2\n'))
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == 4
    assert all(NBFORMAT_ID.fullmatch(name) for name in ids)
    assert ids[3] == "a-b-c"


def test_an_id_stays_when_other_cells_change(tmp_path):
    before = read_source(write(tmp_path, "# %%\nx = 1\n\n# %%\ny = 2\n"))
    after = read_source(write(tmp_path, "# %% [markdown]\n# New.\n\n# %%\nx = 10\n\n# %%\ny = 2\n"))
    assert after.cells[-1].id == before.cells[-1].id
    assert after.cells[-2].id != before.cells[-2].id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('# %% role="answr" id="a"\nx = 1', "unknown role 'answr'"),
        ('# %% role="locked"\nx = 1', "needs an id"),
        ('# %% colour="red"\nx = 1', "unknown metadata colour"),
        ('# %% id="a"\nx = 1\n\n# %% id="a"\ny = 1', "the id a is already taken by"),
        ('# %% id="a.b"\nx = 1\n\n# %% id="a-b"\ny = 1', "is already taken by"),
        (f'# %% role="check" id="c"\n{CHECK}', "needs points"),
        (f'# %% role="check" id="c" points=0\n{CHECK}', "needs points"),
        (f'# %% role="check" id="c" points=2\nprint(1)\n{CHECK}', "first line of a check cell"),
        (f'# %% role="check" id="c" points=2\n{CHECK}\nprint(1)', "one ### BEGIN HIDDEN TESTS"),
        ('# %% role="check" id="c" points=2\ncheck("1.1")', "one ### BEGIN HIDDEN TESTS"),
        (f'# %% role="check" id="c" points=2\n{CHECK.replace("2.0", "y = 2.0")}', "end with an expression"),
        ('# %% role="answer" id="a"\ny = 1', "needs a ### BEGIN SOLUTION"),
        ('# %% role="answer" id="a"\n### BEGIN SOLUTION\ny = 1', "without ### END SOLUTION"),
        ('# %% role="answer" id="a"\ny = 1  ### BEGIN SOLUTION\n### END SOLUTION', "without ### BEGIN SOLUTION"),
        (f'# %% role="answer" id="a"\n{ANSWER}\n# no END SOLUTION here', "alone on its line"),
        (f"# %%\n{ANSWER}", "outside an answer cell"),
        (f"# %%\n{CHECK}", "outside a check cell"),
        ('# %% role="locked" id="a" points=2\nx = 1', "only a check cell has points"),
        ('# %% role="forward" id="f"\ny = x**2', "begins with"),
        ('# %% [markdown] role="answer" id="a"\n# text', "make it a code cell"),
        ("# %% [raw]\n# text", "only code and markdown"),
    ],
)
def test_refuses_in_one_sentence_with_the_place(tmp_path, text, message):
    path = write(tmp_path, f"# %% [markdown]\n# Title\n\n{text}\n")
    with pytest.raises(BuildError, match=re.escape(message)) as caught:
        read_source(path)
    sentence = str(caught.value)
    assert re.match(rf"{tmp_path.name}/source\.py, line \d+", sentence)
    assert "\n" not in sentence


def test_the_place_is_the_cells_own_line(tmp_path):
    path = write(tmp_path, '# %%\nx = 1\n\n# %% role="answr" id="a"\ny = 2\n')
    with pytest.raises(BuildError, match=r"line 4 \(a\)"):
        read_source(path)


def test_regions_are_the_lines_between_the_markers():
    assert list(regions("a\nB\nb\n E\nB\nc\nE", "B", "E")) == [["b"], ["c"]]


def test_chapters_are_found_by_name_and_by_number(toy):
    assert [chapter.name for chapter in find_chapters(toy, ["01"])] == ["01_toy"]
    assert find_chapters(toy, ["01_toy"]) == find_chapters(toy)
    with pytest.raises(BuildError, match=r"No chapter called 7 .* 01_toy"):
        find_chapters(toy, ["7"])


def test_a_chapter_has_one_source(toy):
    (toy_source(toy).parent / "other.py").write_text("# %%\n", encoding="utf-8")
    with pytest.raises(BuildError, match="keep one source"):
        find_chapters(toy)


def test_the_course_is_found_from_a_folder_inside_it(toy):
    assert course_root(toy_source(toy).parent) == toy.resolve()
    with pytest.raises(BuildError, match=r"No nbgrader_config\.py"):
        course_root(toy.parent)
