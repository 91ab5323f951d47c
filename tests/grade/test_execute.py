"""nbgrader's own commands on the trusted path: what is handed in, whatever it is, gets a score and a page."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook

from grader.build.source import find_chapters
from grader.grade.classroom import Classroom

RIGHT = "dx = 2 * x"
EVIL = '<script>alert("me")</script> [me](javascript:alert) <img src=x onerror=alert()>'
SHOWS = "from IPython.display import HTML, Javascript\ndisplay(HTML('<script>alert(\"out\")</script>'))"


@pytest.fixture(scope="module")
def room(toy, tmp_path_factory) -> Classroom:
    room = Classroom(toy, find_chapters(toy)[0], tmp_path_factory.mktemp("class") / "room")
    released = room.release()

    def hand_in(student: str, answer: str = RIGHT, change=None) -> None:
        notebook = nbformat.from_dict(released)
        next(cell for cell in notebook.cells if cell.id == "answer-1-1-a").source = answer
        if change:
            change(notebook.cells)
        room.hand_in(student, notebook)

    def check(cells):
        return next(cell for cell in cells if cell.id == "check-1-1")

    hand_in("right")
    hand_in("resubmits")
    list(room.grade(["right", "resubmits"]))
    hand_in("resubmits", "dx = 1", lambda cells: cells.remove(check(cells)))
    hand_in("solution", "dx = 1", lambda cells: check(cells).metadata.nbgrader.update(solution=True))
    hand_in("points", change=lambda cells: check(cells).metadata.nbgrader.update(points="x"))
    hand_in("renamed", change=lambda cells: check(cells).metadata.nbgrader.update(grade_id="mine"))
    hand_in("flagged", "import torch\ndx = torch.zeros(2)")
    hand_in("warns", "import warnings\nwarnings.warn('careful')\ndx = 6.0")
    hand_in("delimiter", "### BEGIN HIDDEN TESTS\ndx = 6.0")
    hand_in("script", f"dx = 1\n{SHOWS}", lambda cells: cells.insert(1, new_markdown_cell(EVIL)))
    hand_in("prints", "print('4.0')\n4.0", lambda cells: cells.append(new_code_cell("4.0")))
    hand_in("broken")
    (room._notebook("submitted", "broken")).write_text('{"cells": [', encoding="utf-8")
    hand_in("links")
    (room._notebook("submitted", "links").parent / "gradebook.txt").symlink_to(room.place / "gradebook.db")
    return room


SCORES = {
    "right": 4.0,
    "resubmits": 0.0,
    "solution": 0.0,
    "points": 4.0,
    "renamed": 4.0,
    "flagged": 0.0,
    "warns": 4.0,
    "delimiter": 4.0,
    "script": 0.0,
    "prints": 0.0,
    "broken": 0.0,
    "links": 4.0,
}


@pytest.fixture(scope="module")
def graded(room) -> dict:
    import os
    import time

    for student in SCORES:  # nbgrader grades again what is newer than its last result
        stamp = room._notebook("submitted", student).parent / "timestamp.txt"
        stamp.write_text("2030-01-01 00:00:00 UTC\n", encoding="utf-8")
        os.utime(stamp, (time.time(), time.time()))
    return {result.student: result for result in room.grade(list(SCORES))}


@pytest.mark.parametrize("student", SCORES)
def test_everything_is_graded_and_gets_a_page(student, graded):
    assert graded[student].scores == {"check-1-1": SCORES[student]}
    assert graded[student].page is not None, graded[student].notes


def test_a_flag_asks_for_a_person_and_says_why(room, graded):
    with Gradebook(room.config.CourseDirectory.db_url) as gradebook:
        where = ("toy", "01_toy")
        asked = {s for s in SCORES if gradebook.find_grade("check-1-1", *where, s).needs_manual_grade}
        comment = gradebook.find_comment("answer-1-1-a", *where, "flagged").auto_comment
    assert asked == {"flagged"}
    assert comment.startswith("Flagged for a person: the hidden test of exercise 1.1 stopped: RuntimeError")


def test_a_broken_file_is_said_on_its_page(graded):
    assert "nothing in it could be graded" in graded["broken"].page.read_text(encoding="utf-8")


def test_a_link_is_not_followed(room, graded):
    for step in ("autograded", "feedback"):
        assert not list(room.place.glob(f"{step}/links/**/gradebook.txt"))


def pages(room) -> list[Path]:
    return [*room.place.glob("autograded/*/*/*.ipynb"), *room.place.glob("feedback/*/*/*.html")]


def test_no_hidden_test_and_no_path_leaves(room, graded):
    assert len(pages(room)) == 2 * len(SCORES)
    for page in pages(room):
        text = page.read_text(encoding="utf-8")
        assert "earned_for_the_square" not in text, page
        assert str(room.place.parent) not in text and "site-packages" not in text, page


def test_nothing_of_a_submission_runs_in_a_browser(room, graded):
    page = graded["script"].page.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert" in page, "it is there, as text"
    assert not re.search(r"<script[^>]*>\s*alert|<img src=x|href=\"javascript", page)


def test_a_graded_cells_outputs_are_the_graders(room, graded):
    for path in room.place.glob("autograded/*/*/*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        (check,) = [cell for cell in cells if cell.id == "check-1-1"]
        results = [output for output in check.outputs if output.output_type == "execute_result"]
        assert [output.data for output in results] == [{"text/plain": repr(SCORES[path.parts[-3]])}]
        assert {output.output_type for output in check.outputs} <= {"display_data", "execute_result"}
