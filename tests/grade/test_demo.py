"""The demonstration from end to end, through nbgrader, on the toy chapter."""

import io
import re
from dataclasses import replace

import nbformat
import pytest
from rich.console import Console

from grader.build.source import BuildError, find_chapters
from grader.grade.answers import Answers
from grader.grade.classroom import Classroom, Graded, few, last_words, remarks
from grader.grade.demo import demonstrate, surprises


@pytest.fixture(scope="module")
def demonstration(toy):
    """Run twice in one place: what stands in it from the first run must not matter."""
    place = toy / "class" / "demo"
    (place / "submitted" / "somebody_else").mkdir(parents=True)
    (place / "gradebook.db").write_text("not a database", encoding="utf-8")
    out = io.StringIO()
    code = demonstrate(toy, "01", console=Console(file=out, width=120))
    return place, code, out.getvalue()


def test_every_submission_earns_what_its_file_says(demonstration):
    _, code, text = demonstration
    assert code == 0, text
    rows = {line.split("│")[1].strip(): line.split("│") for line in text.splitlines() if line.startswith("│")}
    assert {student: row[3].strip() for student, row in rows.items()} == {
        "does_not_run": "0",
        "process_ends": "0",
        "right": "4",
        "untouched": "0",
    }
    assert "SyntaxError in answer-1-1-a" in rows["does_not_run"][4]
    assert "Stopped in answer-1-1-a" in rows["process_ends"][4]


def test_the_pages_and_the_gradebook_are_where_it_says(demonstration):
    place, _, text = demonstration
    pages = sorted(page.parents[1].name for page in place.rglob("feedback/*/01_toy/toy.html"))
    assert pages == ["does_not_run", "process_ends", "right", "untouched"]
    assert "Feedback: 4 pages" in text
    assert (place / "gradebook.db").read_bytes().startswith(b"SQLite format 3")
    assert not (place / "submitted" / "somebody_else").exists()


def test_a_page_shows_the_students_work(demonstration):
    place, _, _ = demonstration
    page = (place / "feedback/right/01_toy/toy.html").read_text(encoding="utf-8")
    assert "Score: 4.0 / 4.0" in page


def test_a_page_shows_maths_and_needs_no_network(demonstration):
    place, _, _ = demonstration
    page = (place / "feedback/right/01_toy/toy.html").read_text(encoding="utf-8")
    assert "<math" in page and "<msup>" in page and "$y" not in page
    assert '<html lang="en">' in page and "too faint" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']?https?:", page)


def test_progress_is_in_plain_lines_away_from_a_terminal(demonstration):
    _, _, text = demonstration
    assert " of 4: right 4\n" in text
    assert "\x1b" not in text


def test_an_unexpected_score_is_named():
    known = Answers("ada", "", expected={"1.1": 4.0, "1.2": 2.0})
    result = Graded("ada", {"check-1-1": 3.5, "check-1-2": 2.0}, {"check-1-1": 4.0, "check-1-2": 2.0})
    assert surprises(known, result) == ["ada: 1.1 earned 3.5, its file says 4."]
    assert surprises(replace(known, expected={}), result) == []


def test_remarks_name_flags_errors_and_what_was_lost():
    record = {
        "exercise": "5.1",
        "earned": 2.0,
        "lines": [{"name": "dh", "status": "wrong"}, {"name": "dW2", "status": "carried"}],
        "flags": ["it rebuilds the forward pass"],
    }
    check = nbformat.v4.new_code_cell("check", metadata={"nbgrader": {"grade": True}})
    check.outputs = [nbformat.v4.new_output("display_data", data={"application/vnd.grader+json": record})]
    cells = [check]
    for name, solution in (("answer-5-1", True), ("extra-1", False), ("given", False)):
        error = nbformat.v4.new_output("error", ename="NameError", evalue="", traceback=[])
        metadata = {"nbgrader": {"solution": True}} if solution else {}
        cells.append(nbformat.v4.new_code_cell("x", id=name, metadata=metadata, outputs=[error]))
    assert remarks(nbformat.v4.new_notebook(cells=cells)) == [
        "a person should look at 5.1: it rebuilds the forward pass",
        "NameError in answer-5-1 and 1 more",
        "5.1: dh",
    ]


def test_few():
    assert few(["a", "b", "c"], 2) == "a, b and 1 more"
    assert few(["a", "b"], 2) == "a, b"


def test_last_words_prefer_the_exception():
    log = "[ERROR] Traceback\n  x\nnbclient.exceptions.DeadKernelError: Kernel died\n[ERROR] Please see the above"
    assert last_words({"log": log}) == "nbclient.exceptions.DeadKernelError: Kernel died"
    assert last_words({"error": "one\ntwo\n"}) == "two"


def test_a_release_that_fails_says_why(toy, tmp_path):
    chapter = find_chapters(toy)[0]
    room = Classroom(toy, chapter, tmp_path / "room")
    room.api.coursedir.source_directory = "elsewhere"
    with pytest.raises(BuildError, match="could not make the release of 01_toy"):
        room.release()
