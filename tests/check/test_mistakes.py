"""A wrong value that a known mistake gives is answered with that mistake's sentence, by every chapter's helper."""

import pytest
import torch

from grader.check.exercises import ch01_slips, ch02_slips, ch03_slips, ch06_explain
from grader.check.functions import matches
from grader.check.mistakes import Slip, expect_or_slip, judge_or_slip, named
from grader.check.submission import LiveSubmission

WANT, SIGN, TWICE = torch.tensor([0.3, -1.7]), torch.tensor([-0.3, 1.7]), torch.tensor([0.6, -3.4])
SLIPS = (Slip(SIGN, "The sign is turned."), Slip(TWICE, "There is a factor 2."))
SENTENCES = {slip.says: slip.value for slip in SLIPS}

JUDGES = {
    "shared": lambda got: judge_or_slip("x", got, WANT, SLIPS, "Something else."),
    "01": lambda got: ch01_slips.explained(matches("x", got, WANT, because="Something else."), got, SENTENCES),
    "03": lambda got: ch03_slips.explained("x", got, WANT, "Something else.", [(s.value, s.says) for s in SLIPS]),
    "06": lambda got: ch06_explain.explain("x", got, WANT, SENTENCES, "Something else."),
    "02": lambda got: ch02_slips.expect_or_slip(
        LiveSubmission({"f": lambda: got}, list), "x", "f", want=WANT, slips=SLIPS, because="Something else."
    ),
    "by function": lambda got: expect_or_slip(
        LiveSubmission({"f": lambda: got}, list), "x", "f", want=WANT, slips=SLIPS, because="Something else."
    ),
}


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(
    ("got", "status", "says"),
    [
        (WANT.clone(), "right", ""),
        (SIGN.clone(), "wrong", "The sign is turned."),
        (TWICE.clone(), "wrong", "There is a factor 2."),
        (WANT + 0.1, "wrong", "Something else."),
    ],
)
def test_a_known_mistake_has_its_sentence(judge, got, status, says):
    verdict = JUDGES[judge](got)
    assert verdict.status == status
    assert verdict.message.endswith(says)
    assert status == "right" or verdict.message.count(".") <= 2


def test_the_first_slip_that_fits_is_named_within_the_tolerance_given():
    assert named(WANT + 1e-3, [Slip(WANT, "near"), Slip(WANT, "also")]) == ""
    assert named(WANT + 1e-3, [Slip(WANT, "near"), Slip(WANT, "also")], tol=1e-2) == "near"
