"""What is left over from another batch earns nothing; what merely comes out the same keeps its credit."""

import pytest
import torch

from grader.check.diagnosis import Diagnosis
from grader.check.graph import ForwardGraph
from grader.check.manual import Graded, without_stale
from grader.check.verdict import Verdict
from tests.check.conftest import CELL

GRAPH = ForwardGraph.parse(CELL)
ONE, OTHER = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(6))


def status(verdict: Verdict, upstream: torch.Tensor) -> str:
    """Of db (4,), which follows from dz: it is the same on both batches, dz is ONE on the first and `upstream` then."""
    db = ONE.sum(0)
    first = Graded({"dz": ONE, "db": db}, [verdict], GRAPH)
    (found,) = without_stale(first, Graded({"dz": upstream, "db": db.clone()}, [], GRAPH))
    return found.status


def test_a_gradient_carried_forward_is_left_over_only_with_what_it_follows_from():
    carried = Verdict("db", "carried")
    assert status(carried, OTHER) == "carried"
    assert status(carried, ONE.clone()) == "wrong"


@pytest.mark.parametrize("how", ["wrong", "shape"])
def test_a_gradient_that_is_not_right_and_never_changes_is_left_over(how):
    assert status(Verdict("db", how), OTHER) == "wrong"


@pytest.mark.parametrize(("cost", "key"), [(4.0, "constant"), (12.0, "stale")])
def test_a_slip_with_a_name_keeps_it_unless_the_name_is_far_fetched(cost, key):
    verdict = Verdict("db", "wrong", diagnoses=(Diagnosis("constant", cost),))
    first = Graded({"db": torch.ones(4)}, [verdict], GRAPH)
    (found,) = without_stale(first, Graded({"db": torch.ones(4)}, [], GRAPH))
    assert [diagnosis.key for diagnosis in found.diagnoses] == [key]
