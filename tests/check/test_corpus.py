"""The replay accepts right answers however they are written, and debits a slip where it was made."""

import pytest

from tests.corpus.bases import BASES, Answer
from tests.corpus.forms import FORMS, WHOLE, right_variants, substitute
from tests.corpus.grading import POINTS, Desk
from tests.corpus.labels import factor, in_branch, matches
from tests.corpus.report import QUICK, run

TEXTBOOK, LOOPS, TERSE, IN_PLACE, HELPERS = BASES[:5]

RIGHT = {
    "loops, own prints and temporaries": LOOPS,
    "helper functions, no_grad, checks in between, extra cells": HELPERS,
    "in place, through aliases": IN_PLACE,
    "one-liners, (64,) for (1, 64), no max branch": TERSE,
    "index_add_ for dC": TEXTBOOK,
    "loops for dC": substitute(TEXTBOOK, {"dC": FORMS["dC"][0]}),
    "a one-hot product for dC": substitute(TEXTBOOK, {"dC": FORMS["dC"][4]}),
    "dlogit_maxes as zeros": substitute(TEXTBOOK, {"dlogit_maxes": "dlogit_maxes = torch.zeros_like(logit_maxes)"}),
    "dlogits by scatter_add": substitute(TEXTBOOK, {"dlogits": FORMS["dlogits"][4]}),
    "dlogits += in place": substitute(TEXTBOOK, {"dlogits": FORMS["dlogits"][0]}),
    "db2 with keepdim": substitute(TEXTBOOK, {"db2": FORMS["db2"][1]}),
    "5.2 in place": Answer("5.2", "in place", (WHOLE["5.2"][2],)),
    "5.3 through the intermediate gradients": Answer("5.3", "expanded", (WHOLE["5.3"][6],)),
}

WRONG = {
    "1/n is forgotten": ("dlogprobs", "dlogprobs = torch.zeros_like(logprobs)\ndlogprobs[range(n), Yb] = -1.0"),
    "the sign of the loss is forgotten": ("dlogprobs", "dlogprobs = F.one_hot(Yb, vocab_size) / n"),
    "the upstream gradient is forgotten": ("dprobs", "dprobs = 1 / probs"),
    "the derivative of log is forgotten": ("dprobs", "dprobs = dlogprobs"),
    "no sum over the broadcast axis": ("dcounts_sum_inv", "dcounts_sum_inv = (counts * dprobs).mean(1, keepdim=True)"),
    "the power rule's sign": ("dcounts_sum", "dcounts_sum = counts_sum**-2 * dcounts_sum_inv"),
    "the power rule's exponent": ("dcounts_sum", "dcounts_sum = -(counts_sum**-1) * dcounts_sum_inv"),
    "one branch of counts": ("dcounts", "dcounts = counts_sum_inv * dprobs"),
    "one branch of counts, twice": ("dcounts", "dcounts = counts_sum_inv * dprobs + 2 * dcounts_sum"),
    "exp's derivative at its input": ("dnorm_logits", "dnorm_logits = norm_logits * dcounts"),
    "tanh's derivative at its input": ("dhpreact", "dhpreact = (1 - hpreact**2) * dh"),
    "tanh's derivative with a plus": ("dhpreact", "dhpreact = (1 + h**2) * dh"),
    "the product transposed": ("dW2", "dW2 = (dlogits.T @ h).reshape(W2.shape)"),
    "the neighbour of bnraw": ("dbngain", "dbngain = (bndiff * dhpreact).sum(0, keepdim=True)"),
    "mean for sum": ("dbnbias", "dbnbias = dhpreact.mean(0, keepdim=True)"),
    "epsilon is forgotten": ("dbnvar", "dbnvar = -0.5 * bnvar**-1.5 * dbnvar_inv"),
    "n for n - 1": ("dbndiff2", "dbndiff2 = torch.ones_like(bndiff2) / n * dbnvar"),
    "not spread over the batch": ("dbndiff2", "dbndiff2 = dbnvar / (n - 1)"),
    "the branch through the mean": ("dhprebn", "dhprebn = dbndiff.clone()"),
    "rows read in the wrong order": ("demb", "demb = dembcat.view(3, n, -1).transpose(0, 1)"),
    "the last letter only": ("dC", "dC = torch.zeros_like(C)\ndC[Xb] += demb"),
    "one letter of each context": ("dC", "dC = torch.zeros_like(C).index_add(0, Xb[:, 0], demb[:, 0])"),
}


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_variant_earns_full_marks(desk: Desk, name: str):
    answer = RIGHT[name]
    assert desk.points(answer.exercise, answer.cells) == POINTS[answer.exercise]


@pytest.mark.parametrize("name", WRONG)
def test_a_slip_costs_its_own_gradient_and_no_other(desk: Desk, name: str):
    gradient, source = WRONG[name]
    cells = substitute(TEXTBOOK, {gradient: source}).cells
    outcome = desk.outcome("5.1", cells)
    assert not outcome.error and gradient in outcome.wrong
    assert desk.trial("5.1", cells).debited == {gradient}


def test_a_part_of_the_corpus():
    counts = run(share=QUICK / 3)
    rows = {row.what: row for row in counts.rows()}
    for what in (
        "right variants, full marks",
        "right variants, not flagged",
        "wrong programs, rejected",
        "only the planted gradient debited",
        "mutants that no value shows, accepted",
        "autograd variants, nothing earned or flagged",
    ):
        faults = [note.text for note in counts.notes]
        assert what not in rows or rows[what].got == rows[what].of, f"{what}: {rows[what].outcome}\n" + "\n".join(
            faults
        )


def test_there_are_enough_right_variants_and_they_differ():
    variants = [answer.cells for _, answer in right_variants()]
    assert len(set(variants)) >= 150


def test_a_right_variant_is_right_by_an_oracle_that_shares_nothing_with_the_grader(desk: Desk):
    for name, answer in list(right_variants())[::11]:
        outcome = desk.outcome(answer.exercise, answer.cells)
        assert not outcome.error and not outcome.wrong, name


@pytest.mark.parametrize(
    ("said", "deserved", "right"),
    [
        ("factor:0.96875", factor(31 / 32), True),
        ("factor:0.9687", factor(31 / 32), True),
        ("factor:1.032", factor(31 / 32), False),
        ("sign", factor(-1), True),
        ("sign", in_branch({"sign"}, "dcounts", "probs"), False),
        ("sign:probs", in_branch({"sign"}, "dcounts", "probs"), True),
        ("sign", in_branch({"sign"}, "dlogits", "norm_logits"), True),
        ("branch-doubled:bnraw", in_branch(factor(2), "dbndiff", "bnraw"), True),
        ("branch-missing:counts_sum", {"branch-missing:probs"}, False),
        ("unexplained", set(), False),
    ],
)
def test_a_diagnosis_matches_what_is_deserved(said: str, deserved: set[str], right: bool):
    assert matches(said, deserved) is right
