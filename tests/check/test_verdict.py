"""What is right, what is wrong, and what is right given the student's own gradients further up."""

import numpy as np
import pytest
import torch

from grader.check import charmlp
from grader.check.errors import GraderError
from grader.check.graph import ForwardGraph
from grader.check.reference import Reference
from grader.check.tolerance import tolerance
from grader.check.verdict import compare, fraction, judge
from tests.check.conftest import CELL, draw

WANT = torch.randn(5, 4, generator=torch.Generator().manual_seed(2))


def answers(reference):
    return {f"d{name}": gradient.clone() for name, gradient in reference.gradients.items() if name != "loss"}


def statuses(reference, values):
    return {verdict.name: verdict.status for verdict in judge(reference, values)}


@pytest.mark.parametrize(
    ("got", "status"),
    [
        (WANT, "right"),
        (WANT * (1 + 1e-6), "right"),
        (WANT.numpy(), "right"),
        (WANT.double(), "right"),
        (torch.complex(WANT, torch.zeros(5, 4)), "right"),
        (torch.complex(WANT, WANT), "wrong"),
        (torch.complex(torch.zeros(5, 4), WANT), "wrong"),
        (WANT[None], "right"),
        (WANT * (1 + 1e-4), "wrong"),
        (-WANT, "wrong"),
        (torch.zeros(5, 4), "wrong"),
        (WANT.T, "wrong"),
        (WANT.flatten(), "wrong"),
        (WANT[:, :3], "wrong"),
        (WANT.mean(), "wrong"),
        (float("nan"), "not finite"),
        (WANT.clone().index_fill_(0, torch.tensor([1]), float("nan")), "not finite"),
        (WANT.clone().index_fill_(0, torch.tensor([1]), float("inf")), "not finite"),
        (None, "missing"),
        ("0", "wrong"),
        ([1.0], "wrong"),
    ],
)
def test_one_value(got, status):
    assert compare("x", got, WANT).status == status


def test_a_row_and_a_vector_are_one_but_a_column_is_not():
    row = WANT[:1]
    assert compare("x", row[0], row).status == "right"
    assert "shape" in compare("x", row[0], row).message
    column = WANT[:, :1]
    assert compare("x", column[:, 0], column).status == "shape"


def test_values_that_are_right_once_broadcast_earn_half():
    spread = WANT[:1].expand(5, 4)
    verdict = compare("x", WANT[:1], spread)
    assert (verdict.status, verdict.credit) == ("shape", 0.5)


def test_a_plain_float_keeps_its_64_bits():
    assert compare("x", 0.1, torch.tensor(0.1, dtype=torch.float64)).status == "right"
    assert compare("x", np.float32(0.1), torch.tensor(0.1, dtype=torch.float64)).status == "wrong"


def test_nan_on_both_sides_is_not_right():
    assert compare("x", torch.tensor([1.0, torch.nan]), torch.tensor([1.0, torch.nan])).status == "wrong"


def test_a_right_answer_is_right_and_a_missing_one_missing(reference):
    assert set(statuses(reference, answers(reference)).values()) == {"right"}
    assert set(statuses(reference, {}).values()) == {"missing"}


def test_an_early_slip_costs_one_tensor(reference):
    values = answers(reference)
    forward = reference.forward
    values["dr"] = 3 * values["dr"]
    node = forward.nodes
    values["ds"] = node["r"].vjp(values["dr"])["s"]
    values["da"] = node["r"].vjp(values["dr"])["a"] + node["s"].vjp(values["ds"])["a"]
    values["dz"] = node["a"].vjp(values["da"])["z"]
    values |= {f"d{name}": g for name, g in node["z"].vjp(values["dz"]).items()}
    found = statuses(reference, values)
    assert found.pop("dr") == "wrong"
    assert found.pop("dT") == "right"
    assert set(found.values()) == {"carried"}


def test_zeros_carry_nothing_forward(reference):
    zeros = {name: torch.zeros_like(value) for name, value in answers(reference).items()}
    assert set(statuses(reference, zeros).values()) == {"wrong"}


def test_a_wrong_gradient_after_a_wrong_one_is_wrong(reference):
    values = answers(reference)
    values["dr"] = 3 * values["dr"]
    values["ds"] = torch.randn(5, 1, generator=torch.Generator().manual_seed(8))
    assert statuses(reference, values)["ds"] == "wrong"


@pytest.mark.parametrize(("word", "credit"), [("full", 1.0), ("half", 0.5), ("none", 0.0)])
def test_carried_credit_is_a_setting(reference, monkeypatch, word, credit):
    monkeypatch.setenv("GRADER_CARRIED", word)
    values = answers(reference)
    values["dz"] = 2 * values["dz"]
    values["db"] = 2 * values["db"]
    carried = [verdict for verdict in judge(reference, values) if verdict.status == "carried"]
    assert [(verdict.name, verdict.credit) for verdict in carried] == [("db", credit)]
    monkeypatch.setenv("GRADER_CARRIED", "some")
    with pytest.raises(GraderError, match="full, half, none"):
        fraction(carried)


@pytest.mark.parametrize("seed", range(12))
def test_tolerance_lies_between_rounding_and_the_smallest_mistakes(chapter_cells, seed):
    """1/n for 1/(n−1) and a forgotten epsilon are wrong; the same formulas in float64, rounded, are right."""
    case = charmlp.draw(seed)
    reference = Reference.of(ForwardGraph.parse(chapter_cells["5.1"]).run(case))
    exact = Reference.of(ForwardGraph.parse(chapter_cells["5.1"]).run(charmlp.draw(seed, dtype=torch.float64)))
    rounded = {f"d{name}": g.float() for name, g in exact.gradients.items() if name != "loss"}
    assert set(statuses(reference, rounded).values()) == {"right"}
    v, n = reference.forward.values, case["n"]
    bessel = reference.gradients["bndiff2"] * (n - 1) / n
    assert compare("dbndiff2", bessel, reference.gradients["bndiff2"]).status == "wrong"
    epsilon = -0.5 * v["bnvar"] ** -1.5 * reference.gradients["bnvar_inv"]
    assert compare("dbnvar", epsilon, reference.gradients["bnvar"]).status == "wrong"


def test_tolerance_knows_the_terms_of_a_cancelling_sum():
    sum_of_terms = torch.tensor([1e-9])
    assert tolerance(sum_of_terms) < 1e-9
    assert tolerance(sum_of_terms, torch.tensor([1e-2])) > 1e-9
    assert tolerance(sum_of_terms, torch.tensor([1e-2])) < 1e-6


def test_other_dtypes_have_other_bounds():
    exact = Reference.of(ForwardGraph.parse(CELL).run(draw(1, dtype=torch.float64)))
    off = {name: value * (1 + 1e-7) for name, value in answers(exact).items()}
    assert set(statuses(exact, off).values()) <= {"wrong", "carried"}
