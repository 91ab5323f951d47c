"""Replay: the same cells on other inputs, and nothing left behind."""

import numpy as np
import pytest
import torch

from grader.check import manual
from grader.check.replay import preserved, replaying, run_cells, written_names
from tests.check.conftest import ANSWER, CELL, draw

X = torch.randn(3, 2, generator=torch.Generator().manual_seed(3))


def run(*cells, watch=("da", "db"), **names):
    namespace = {"torch": torch, "x": X.clone(), **names}
    return run_cells(list(cells), namespace, watch)


def test_an_alias_does_not_spoil_what_was_right():
    replay = run("da = x.clone()\ndb = da\ndb += 1")
    assert torch.equal(replay.values["da"], X)
    assert torch.equal(replay.values["db"], X + 1)


@pytest.mark.parametrize(
    "cell",
    [
        "da = torch.zeros(3, 2)\nfor i in range(3):\n    da[i] += x[i]",
        "da = torch.zeros(3, 2)\nda.index_add_(0, torch.arange(3), x)",
        "da = torch.zeros(3, 2)\nda.view(-1).add_(x.flatten())",
        "da = torch.zeros(3, 2)\ntorch.add(da, x, out=da)",
        "da = torch.zeros(3, 2)\ndef fill(t):\n    t += x\nfill(da)",
        "def fill():\n    global da\n    da = x.clone()\nfill()",
        "globals()['da'] = x.clone()",
        "da, db = x.clone(), 2 * x",
        "if True:\n    da = x.clone()",
    ],
)
def test_every_way_to_write_a_gradient_is_seen(cell):
    assert torch.equal(run(cell).values["da"], X)


def test_reading_is_not_writing():
    assert written_names(__import__("ast").parse("print(da)").body[0]) == set()
    replay = run("da = x.clone()\nkeep = da\nkeep += 1\nprint(da)\ndb = da.sum()")
    assert torch.equal(replay.values["da"], X)


def test_an_error_ends_its_cell_and_not_the_run():
    replay = run("da = x.clone()\n1 / 0\nda = None", "db = x.clone()", "import sys\nsys.exit()")
    assert torch.equal(replay.values["da"], X)
    assert torch.equal(replay.values["db"], X)
    assert "ZeroDivisionError: division by zero" in replay.errors[0]
    assert "Cell 3" in replay.errors[1]


def test_it_is_silent_and_says_that_it_is_a_replay(capsys):
    run("import sys\nprint('hello')\nprint('there', file=sys.stderr)")
    assert capsys.readouterr() == ("", "")
    assert run("da = float(flag.get())", flag=replaying).values["da"] == 1.0
    assert not replaying.get()


@pytest.mark.parametrize(
    "call",
    [
        "x.requires_grad_().sum().backward()",
        "torch.autograd.grad(x.requires_grad_().sum(), x)",
        "import torch.func\ntorch.func.grad(lambda t: t.sum())(x)",
    ],
)
def test_automatic_differentiation_is_refused_with_a_sentence(call):
    replay = run(call)
    assert "by hand" in replay.errors[0]
    y = X.clone().requires_grad_()
    y.sum().backward()
    assert y.grad is not None


def test_what_is_no_data_is_kept_as_a_sentence():
    assert "not data" in run("da = object()").values["da"]


def test_a_namespace_is_put_back_whole():
    tensor, array, items = X.clone(), np.arange(3.0), [1, 2]
    namespace = {"tensor": tensor, "array": array, "items": items}
    state = torch.random.get_rng_state()
    with preserved(namespace):
        exec("tensor += 1; array[0] = 9; items.append(3); new = 1; del array\nimport torch; torch.rand(2)", namespace)
    assert set(namespace) == {"tensor", "array", "items"}
    assert torch.equal(tensor, X)
    assert array.tolist() == [0, 1, 2]
    assert items == [1, 2]
    assert torch.equal(torch.random.get_rng_state(), state)


def score(notebook, points=9.0):
    return manual.score(notebook.submission, "9.1", points=points, draw=draw)


def test_a_right_answer_scores_on_fresh_inputs_and_leaves_the_notebook_as_it_was(solved):
    before = {name: value.clone() for name, value in solved.namespace.items() if isinstance(value, torch.Tensor)}
    assert score(solved) == 9.0
    after = {name: value for name, value in solved.namespace.items() if isinstance(value, torch.Tensor)}
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_values_that_are_not_computed_score_nothing(solved):
    """The right numbers for the notebook's own batch, pasted."""
    values = {f"d{name}": solved.namespace[f"d{name}"] for name in ("r", "s", "a", "z", "W", "b", "X", "T")}
    solved.namespace["pasted"] = {name: value.clone() for name, value in values.items()}
    solved.history[-1] = "\n".join(f"{name} = pasted['{name}'].clone()" for name in values)
    assert score(solved) == 0.0


def test_another_batch_size_carries_a_tenth(solved):
    solved.history[-1] = ANSWER.replace("r.numel()", "20")
    # dr and dT are wrong there; what follows from dr is carried forward. Eight gradients are asked for.
    assert score(solved) == pytest.approx(9 * (0.9 + 0.1 * 6 / 8), abs=0.01)


def test_answers_may_stand_in_many_cells_with_checks_between(solved):
    lines = ANSWER.strip().split("\n")
    solved.history[-1:] = [*lines[:4], "check('9.1')", "dr.shape", *lines[4:]]
    assert score(solved) == 9.0


def test_running_the_forward_pass_again_starts_the_answer_anew(solved):
    solved.run(CELL)
    assert score(solved) == 0.0
    assert {v.status for v in manual.look(solved.submission, "9.1")} == {"missing"}


def test_an_answer_that_rebuilds_the_pass_is_flagged_and_others_are_not(solved):
    forward = solved.submission.forward_cells("9.1")
    verdicts = manual.grade_case(solved.submission, "9.1", forward, draw(3), 3).verdicts
    assert manual.recomputes(solved.submission, "9.1", forward, draw(4), verdicts) == []
    rebuilt = CELL.split("\n", 1)[1] + ANSWER
    solved.history[-1] = rebuilt
    verdicts = manual.grade_case(solved.submission, "9.1", forward, draw(3), 3).verdicts
    assert "recompute" in manual.recomputes(solved.submission, "9.1", forward, draw(4), verdicts)[0]
