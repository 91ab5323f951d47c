import pytest

from grader.check.quick import steps


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("GRADER_QUICK", raising=False)


def test_full_for_a_reader():
    assert steps(20_000, 300) == 20_000


@pytest.mark.parametrize(
    ("variable", "value"),
    [("NBGRADER_EXECUTION", "autograde"), ("NBGRADER_EXECUTION", "validate"), ("GRADER_QUICK", "1")],
)
def test_quick_where_a_machine_checks(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    assert steps(20_000, 300) == 300


@pytest.mark.parametrize("value", ["", "0"])
def test_an_empty_or_zero_variable_is_not_set(monkeypatch, value):
    monkeypatch.setenv("GRADER_QUICK", value)
    assert steps(20_000, 300) == 20_000


@pytest.mark.parametrize(("full", "quick"), [(100, 0), (100, 101), (-5, -7)])
def test_counts_the_wrong_way_round(full, quick):
    with pytest.raises(ValueError, match="quick <= full"):
        steps(full, quick)
