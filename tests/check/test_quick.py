import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats

from grader.check import quick
from grader.check.quick import quick_figures, steps


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


@pytest.fixture
def formats(monkeypatch):
    """The formats in which a shell shows a figure."""
    had_one = InteractiveShell.initialized()
    shell = InteractiveShell.instance()
    monkeypatch.setattr(quick, "get_ipython", lambda: shell)
    set_matplotlib_formats("png")
    figure = Figure()
    figure.subplots()  # without axes there is nothing to paint
    yield lambda: set(shell.display_formatter.format(figure)[0])
    if not had_one:
        InteractiveShell.clear_instance()


def test_a_reader_sees_figures(formats):
    quick_figures()
    assert formats() == {"image/png", "text/plain"}


def test_a_quick_run_names_figures_and_paints_none(formats, monkeypatch):
    monkeypatch.setenv("GRADER_QUICK", "1")
    quick_figures()
    assert formats() == {"text/plain"}


def test_figures_outside_of_ipython(monkeypatch):
    monkeypatch.setenv("GRADER_QUICK", "1")
    monkeypatch.setattr(quick, "get_ipython", lambda: None)
    monkeypatch.setattr("matplotlib_inline.backend_inline.set_matplotlib_formats", lambda: pytest.fail("not here"))
    quick_figures()
