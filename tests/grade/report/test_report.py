"""The page about a class says what the gradebook and the graded notebooks say, and nothing in it can run."""

import csv
import io
import json
import re

import pytest
from nbgrader.api import Gradebook

from grader.errors import GraderError
from grader.grade.report.export import ExerciseExport
from grader.grade.report.figures import gather, words
from grader.grade.report.page import as_csv, as_html, as_json, write_report

from .conftest import NAME, crowd, line

EVIL = "<script>alert(1)</script>"


def class_of(place):
    with Gradebook(place.url) as gradebook:
        return gather(gradebook, NAME, place.autograded, place.feedback)


@pytest.fixture
def small(classroom):
    missing = line("dcounts", "wrong", "branch-missing:counts_sum", "sign")
    classroom.add("ada", {"1.1": 4, "1.2": 3, "1.10": 2}, [missing, line("dh", "carried"), line("db", "right")])
    classroom.add("bob", {"1.1": 4, "1.2": 1}, [missing, line("dh", "wrong")], late=5400)
    classroom.add("cy", {"1.1": 0}, [missing], flags=["recomputes the forward pass"], limit="It ran for over 60 s.")
    with Gradebook(classroom.url) as gradebook:
        gradebook.add_student("dee")
    return classroom


def test_exercises_stand_in_the_course_s_order(small):
    assert list(class_of(small).points) == ["1.1", "1.2", "1.10"]


def test_misconceptions_are_counted_once_a_submission_and_ranked(small):
    of = class_of(small)
    first, *others = of.misconceptions()
    assert (first.miss.line, first.miss.diagnosis, first.students) == (
        "dcounts",
        "branch-missing:counts_sum",
        ["ada", "bob", "cy"],
    )
    assert others == []
    assert [(common.miss.line, common.students) for common in of.unexplained()] == [("dh", ["bob"])]


def test_only_graded_cells_speak(small):
    """A record that a student's own cell displayed stands in a cell without grade, and is passed over."""
    ada = next(row for row in class_of(small).rows if row.student == "ada")
    assert len(ada.misses) == 1


def test_scores_lateness_flags_and_limits(small):
    rows = {row.student: row for row in class_of(small).rows}
    assert rows["ada"].total == 9 and rows["bob"].scores == {"1.1": 4, "1.2": 1, "1.10": 0}
    assert rows["bob"].late == 5400 and not rows["ada"].late
    assert "1.2: recomputes the forward pass" in rows["cy"].flags
    assert rows["cy"].limits == ["1.2: It ran for over 60 s."]
    assert not rows["dee"].submitted


def test_the_histogram_and_the_shares_count_everyone_once(small):
    of = class_of(small)
    assert sum(number for _, _, number in of.bins()) == 3
    assert of.bins()[-1][1] == of.maximum == 12
    assert [(exercise, full, some, none) for exercise, _, full, some, none in of.success()] == [
        ("1.1", 2, 0, 1),
        ("1.2", 0, 2, 1),
        ("1.10", 1, 0, 2),
    ]


def test_a_perfect_score_is_in_the_last_bin(classroom):
    classroom.add("ada", {"1.1": 4, "1.2": 6, "1.10": 2}, [])
    assert [number for _, _, number in class_of(classroom).bins()] == [0] * 9 + [1]


def test_the_page_is_self_contained_and_links_feedback(small, tmp_path):
    text = as_html(class_of(small), tmp_path / "report")
    assert 'href="../feedback/ada/01_slopes/slopes.html"' in text
    assert "branch missing: counts_sum" in text
    assert not re.search(r"<script|https?://|@import|url\(", text)
    assert "full" in text


def test_nothing_of_a_submission_can_run_in_the_page(classroom, tmp_path):
    classroom.add("eve", {"1.2": 1}, [line(EVIL, "wrong", f"equals:{EVIL}")], flags=[EVIL], limit=EVIL)
    text = as_html(class_of(classroom), tmp_path)
    assert EVIL not in text and "&lt;script&gt;" in text


def test_a_spreadsheet_runs_no_formula(classroom):
    classroom.add("=cmd()", {"1.2": 1}, [])
    (row,) = list(csv.DictReader(io.StringIO(as_csv(class_of(classroom)))))
    assert row["student"] == "'=cmd()" and float(row["total"]) == 1


def test_csv_and_json_agree(small):
    of = class_of(small)
    table = {row["student"]: row for row in csv.DictReader(io.StringIO(as_csv(of)))}
    data = {student["student"]: student for student in json.loads(as_json(of))["students"]}
    assert set(table) == set(data) == {"ada", "bob", "cy", "dee"}
    assert float(table["ada"]["total"]) == data["ada"]["total"] == 9
    assert table["dee"]["total"] == "" and table["dee"]["notes"] == "nothing handed in"


def test_no_submissions_and_no_assignment(classroom, tmp_path):
    assert "Nothing has been graded yet" in as_html(class_of(classroom), tmp_path)
    with Gradebook(classroom.url) as gradebook, pytest.raises(GraderError, match="no assignment 02_sums"):
        gather(gradebook, "02_sums")


def test_a_broken_notebook_keeps_its_scores(small):
    (small.autograded / "ada" / NAME / "slopes.ipynb").write_text("{", encoding="utf-8")
    ada = next(row for row in class_of(small).rows if row.student == "ada")
    assert ada.total == 9 and ada.misses == []


def test_nbgrader_exports_it(small, tmp_path):
    with Gradebook(small.url) as gradebook:
        ExerciseExport(to=str(tmp_path / "grades.csv")).export(gradebook)
    assert "ada,4.0,3.0,2.0,9.0,12.0,0," in (tmp_path / "grades.csv").read_text()


def test_a_crowd(classroom, tmp_path):
    crowd(classroom, 12)
    of = class_of(classroom)
    paths = write_report(of, tmp_path / "report")
    assert {path.suffix for path in paths.values()} == {".html", ".csv", ".json"}
    counts = [len(common.students) for common in of.misconceptions()]
    assert counts == sorted(counts, reverse=True)


def test_keys_read_as_words():
    assert words("branch-missing:counts_sum") == "branch missing: counts_sum"
    assert words("sign & factor:0.96875") == "sign and factor: 0.96875"
