"""A report for eyes, for a terminal and for programs; and the points."""

import math

import numpy as np
import pytest
import torch

from grader.check.credit import award, award_batches, clamp
from grader.check.heatmap import pattern, picture
from grader.check.show import LOOK, Report, show
from grader.check.verdict import Verdict, compare
from grader.record import RECORD

RIGHT, WRONG = Verdict("da", "right"), Verdict("db", "wrong", difference=0.5, scale=2.0, where=(1, 2))
MIXED = Report("Exercise 9.1", (RIGHT, WRONG, Verdict("dc", "carried"), Verdict("dd", "missing")))


def test_text_has_a_symbol_and_a_word_for_each_line():
    text = MIXED.text()
    assert "1 of 4 right" in text.splitlines()[0]
    assert "Look at db first" in text.splitlines()[0]
    assert "✗ db  wrong  Largest difference 0.5 at [1, 2]" in text
    assert text.count("<- look here first") == 1


def test_every_status_looks_different():
    assert len({(symbol, word) for symbol, word, _ in LOOK.values()}) == len(LOOK)


def contrast(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("colour", sorted({colour for _, _, colour in LOOK.values()}))
def test_white_on_a_status_can_be_read(colour):
    """WCAG 2.1, 1.4.3."""
    assert contrast(colour) >= 4.5


def test_html_has_no_script_and_escapes_what_a_student_wrote():
    report = Report("x", (Verdict("<script>alert(1)</script>", "failed", "<img src=x onerror=alert(1)>"),))
    html = report.html()
    assert "<script" not in html
    assert "<img" not in html
    assert "http" not in MIXED.html()


def test_hints_unfold_one_by_one():
    report = Report("x", (Verdict("db", "wrong", hints=("where", "which", "rule")),))
    assert report.text().count("hint") == 0
    assert report.text(2).splitlines()[-2:] == ["hint 1 of 3: where", "hint 2 of 3: which"]
    assert report.html(2).count("<details open>") == 2
    assert report.html(2).count("<details>") == 1


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ((RIGHT,), "right."),
        ((RIGHT, RIGHT), "all 2 are right."),
        ((Verdict("da", "missing"), Verdict("db", "missing")), "not done yet (2 lines)."),
    ],
)
def test_one_line_is_enough_when_there_is_nothing_to_look_at(verdicts, said):
    assert Report("x", verdicts).text() == f"x: {said}"


def test_the_check_of_a_single_number_does_not_tell_it():
    text = Report("x", (compare("slope", 2.0, torch.tensor(6.25)), RIGHT)).text()
    assert "Off by 68 %." in text
    assert "6.2" not in text


def test_passed_needs_every_line():
    assert Report("x", (RIGHT,)).passed
    assert not MIXED.passed
    assert not Report("x", problem="no").passed
    assert not Report("x", (RIGHT, Verdict("dc", "carried"))).passed


def test_a_picture_says_where_two_matrices_differ():
    g = torch.Generator().manual_seed(4)
    true = torch.randn(4, 7, generator=g)
    rows, columns, some = true.clone(), true.clone(), true.clone()
    rows[[1, 3]] += 1
    columns[:, 2] += 1
    some[0, 0] += 1
    some[2, 5] += 1
    assert pattern(rows, true) == "those of rows 1, 3 differ, the others are right."
    assert pattern(columns, true) == "those of column 2 differ, the others are right."
    assert pattern(some, true) == "2 of 28 differ, in 2 of 4 rows."
    html = picture("dW", some, true)
    assert html.count("<img alt=") == 3
    assert html.count("data:image/png;base64,") == 3


@pytest.mark.parametrize(
    ("earned", "points"),
    [(math.nan, 0.0), (math.inf, 0.0), (-1, 0.0), (5.0000001, 5.0), (np.float64(2.5), 2.5), (torch.tensor(1.0), 1.0)],
)
def test_points_are_a_plain_float_within_bounds(earned, points):
    result = clamp(earned, 5)
    assert (type(result), result) == (float, points)


def test_a_line_earns_what_it_earns_in_its_worst_batch():
    fresh = [[RIGHT, RIGHT], [RIGHT, WRONG], [RIGHT, RIGHT]]
    assert award_batches("9.1", points=10, fresh=fresh, other=[RIGHT, RIGHT]) == 5.5
    assert award_batches("9.1", points=10, fresh=[[RIGHT, RIGHT]], other=[WRONG, WRONG]) == 9.0
    assert award("9.1", [RIGHT, WRONG, WRONG, WRONG], points=2) == 0.5


def test_a_graded_report_carries_its_data(monkeypatch):
    import IPython
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(IPython.display, "display", lambda bundle, raw: shown.append(bundle))
    award_batches("9.1", points=10, fresh=[[RIGHT, WRONG]], other=[RIGHT, WRONG], flags=["look"])
    record = shown[0][RECORD]
    assert (record["exercise"], record["earned"], record["flags"]) == ("9.1", 5.0, ["look"])
    assert [line["status"] for line in record["lines"]] == ["right", "wrong"]
    assert "Flagged for a person: look" in shown[0]["text/plain"]
    show(MIXED)
    assert set(shown[1]) == {"text/plain", "text/html"}
