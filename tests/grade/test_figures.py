"""Which given figures a graded run leaves out."""

import pytest
from nbformat.v4 import new_code_cell

from grader.grade.assignment import Assignment, Cell
from grader.grade.figures import drawings

FIGURE = "x, fig = 1, plot()"


def left_out(*later: str, answer: str = "", figure: str = FIGURE) -> bool:
    """Whether a figure is, before a student's answer and these given cells."""
    given = [Cell("", "code", source) for source in later]
    cells = (Cell("", "code", figure, figure=True), Cell("answer", "code", "pass", solution=True), *given)
    code = [new_code_cell(source) for source in (FIGURE, answer, *later)]
    return 0 in drawings(code, Assignment("a", "a", cells))


@pytest.mark.parametrize(
    ("later", "answer", "out"),
    [
        pytest.param([], "", True, id="nothing is read"),
        pytest.param(["y = x"], "", False, id="a given cell reads it"),
        pytest.param([], "y = x", False, id="an answer reads it"),
        pytest.param(["x = 2", "y = x"], "", True, id="a given cell binds it first"),
        pytest.param(["y = x", "x = 2"], "", False, id="a given cell binds it too late"),
        pytest.param(["y = x"], "x = 2", False, id="an answer binds it, which may be stopped before"),
        pytest.param(["if y:\n    x = 2", "y = x"], "", False, id="a given cell may bind it"),
        pytest.param(["x = x + 1"], "", False, id="a given cell binds it from itself"),
    ],
)
def test_a_figure_is_left_out_where_no_cell_may_need_its_names(later, answer, out):
    assert left_out(*later, answer=answer) is out


def test_a_figure_that_was_changed_is_run():
    assert not left_out(figure="x, fig = 2, plot()")


def test_what_only_figures_read_does_not_count():
    cells = [Cell("", "code", "x = 1", figure=True), Cell("", "code", "plot(x)", figure=True)]
    code = [new_code_cell(cell.source) for cell in cells]
    assert drawings(code, Assignment("a", "a", tuple(cells))) == {0, 1}
