"""What a test can ask of a live notebook, and that only data crosses."""

import numpy as np
import pytest
import torch

from grader.check.data import as_data
from grader.check.errors import ForwardCellError, SubmissionError
from tests.check.conftest import CELL, draw


def test_value_is_a_copy(notebook):
    notebook.run("x = torch.arange(3.0)")
    value = notebook.submission.value("x")
    value += 1
    assert notebook.namespace["x"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("cell", "kind", "words"),
    [
        ("", "missing", "f is not defined"),
        ("f = 3", "missing", "not a function"),
        ("def f(x): return 1 / 0", "raised", "ZeroDivisionError"),
        ("def f(x): raise SystemExit", "raised", "SystemExit"),
        ("class A: pass\ndef f(x): return A()", "not data", "holds a A"),
        ("def f(x): return [lambda: 0]", "not data", "function"),
    ],
)
def test_what_a_call_cannot_give_is_said_in_a_sentence(notebook, cell, kind, words):
    notebook.run(cell)
    with pytest.raises(SubmissionError, match=words) as error:
        notebook.submission.call("f", 2.0)
    assert error.value.kind == kind


def test_arguments_are_copies_and_results_data(notebook):
    notebook.run("def f(x, scale=1):\n    x *= scale\n    return x, {'n': len(x)}, np_array\nimport numpy as np")
    notebook.run("np_array = np.float32([1, 2])")
    x = torch.ones(2)
    moved, size, array = notebook.submission.call("f", x, scale=3)
    assert x.tolist() == [1, 1]
    assert moved.tolist() == [3, 3]
    assert size == {"n": 2}
    assert isinstance(array, np.ndarray)


WARNS = (
    "import sys, warnings\ndef f():\n    warnings.warn('a warning')\n    print('said', file=sys.stderr)\n    return 1"
)


@pytest.mark.parametrize("ask", ["call", "run"])
def test_what_a_function_says_on_stderr_stands_on_stdout(notebook, capsys, ask):
    notebook.run(WARNS)
    answer = notebook.submission.call("f") if ask == "call" else notebook.submission.run("outputs['y'] = f()", {})["y"]
    shown = capsys.readouterr()
    assert answer == 1
    assert not shown.err
    assert "said" in shown.out


def test_an_oracle_is_called_in_the_test(notebook):
    notebook.run("def f(matvec):\n    return [matvec(torch.eye(3)[i]) for i in range(3)]")
    matrix, asked = torch.randn(3, 3, generator=torch.Generator().manual_seed(1)), []

    def matvec(v):
        asked.append(v)
        return matrix @ v

    columns = notebook.submission.call("f", matvec)
    assert torch.allclose(torch.stack(columns, 1), matrix, rtol=1e-6, atol=0)
    assert len(asked) == 3


def test_a_driver_runs_in_the_students_namespace_and_leaves_nothing(notebook):
    notebook.run(
        "class Dual:\n    def __init__(self, v): self.v = v\n    def __mul__(self, o): return Dual(self.v * o.v)"
    )
    outputs = notebook.submission.run("d = Dual(x) * Dual(x)\noutputs['v'] = d.v", {"x": 3.0})
    assert outputs == {"v": 9.0}
    assert "d" not in notebook.namespace
    with pytest.raises(SubmissionError, match="NameError"):
        notebook.submission.run("Missing()", {})


@pytest.mark.parametrize("value", [object(), {1, 2}, {1: 2}, lambda: 0, np.array([object()]), b"bytes"])
def test_only_data_crosses(value):
    with pytest.raises(SubmissionError):
        as_data(value)


def test_a_tensor_subclass_crosses_as_a_plain_tensor():
    class Liar(torch.Tensor):
        def __eq__(self, other):
            return True

    assert type(as_data(torch.ones(2).as_subclass(Liar))) is torch.Tensor


def test_forward_cells_come_in_the_order_of_their_numbers(notebook):
    for number in ("9.10", "9.2", "9.1"):
        notebook.history.append(CELL.replace("9.1:", f"{number}:"))
    notebook.history.append(CELL.replace("9.2:", "9.2:"))
    exercises = [cell.split("exercise ")[1].split(":")[0] for cell in notebook.submission.forward_cells("9.10")]
    assert exercises == ["9.1", "9.2", "9.10"]
    assert len(notebook.submission.forward_cells("9.2")) == 2


def test_a_forward_pass_that_was_not_run_is_named(notebook):
    with pytest.raises(ForwardCellError, match=r"exercise 9\.1 has not been run"):
        notebook.submission.forward_cells("9.1")


def test_cells_with_hidden_tests_are_no_part_of_an_answer(solved):
    solved.history.append("check('9.1')\n### BEGIN HIDDEN TESTS\nraise ValueError\n### END HIDDEN TESTS")
    assert not any("HIDDEN" in cell for cell in solved.submission.answer_cells("9.1"))
    assert solved.submission.replay("9.1", draw(2)).errors == []
