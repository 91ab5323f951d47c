"""check(…) in a real IPython shell."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from grader.check import charmlp
from grader.check.checker import check, report_on
from grader.check.errors import CheckFailed, GraderError
from grader.check.submission import LiveSubmission


@pytest.fixture
def shell(monkeypatch):
    shell = InteractiveShell.instance()
    shell.reset(new_session=True)
    shell.history_manager.enabled = False
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    yield shell
    InteractiveShell.clear_instance()


def run(shell, source):
    return shell.run_cell(source, store_history=True)


def forward(shell, chapter_cells):
    run(shell, "import torch\nimport torch.nn.functional as F\nfrom grader.check import check")
    shell.user_ns.update(charmlp.draw(3))
    run(shell, chapter_cells["5.1"])


def test_a_check_says_not_done_then_wrong_then_right(shell, chapter_cells, capsys):
    forward(shell, chapter_cells)
    run(shell, chapter_cells["5.2"])
    run(shell, "check('5.2')")
    assert "Exercise 5.2: not done yet." in capsys.readouterr().out
    run(shell, "dlogits = torch.softmax(logits, 1)\ndlogits[range(n), Yb] -= 1\ncheck('5.2')")
    said = capsys.readouterr().out
    assert "wrong" in said
    run(shell, "dlogits /= n\ncheck('5.2')")
    assert "Exercise 5.2: right." in capsys.readouterr().out


def test_hints_are_said_on_demand(shell, chapter_cells, capsys):
    forward(shell, chapter_cells)
    run(shell, chapter_cells["5.2"])
    run(shell, "dlogits = torch.softmax(logits, 1)\ndlogits[range(n), Yb] -= 1\ncheck('5.2', hints=2)")
    assert "factor n" in capsys.readouterr().out


def test_validate_gets_an_error_with_the_report(shell, chapter_cells, monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    forward(shell, chapter_cells)
    result = run(shell, "check('5.1')")
    assert isinstance(result.error_in_exec, CheckFailed)
    said = capsys.readouterr().out
    assert "not done yet" in said
    assert "Traceback" not in said
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert run(shell, "check('5.1')").success


def test_a_forward_pass_that_is_out_of_date_is_said(shell, chapter_cells, capsys):
    forward(shell, chapter_cells)
    run(shell, "W1 = W1 + 1\ncheck('5.1')")
    assert "hprebn does not follow from the present parameters" in capsys.readouterr().out


def test_a_check_binds_the_submission_for_the_hidden_tests(shell, chapter_cells):
    forward(shell, chapter_cells)
    run(shell, "submission = 'mine'\ncheck('5.1')")
    assert isinstance(shell.user_ns["submission"], LiveSubmission)


@pytest.mark.parametrize("exercise", ["5.9", "99.1", "five"])
def test_an_unknown_exercise_gets_a_sentence(exercise):
    report = report_on(LiveSubmission({}, list), exercise)
    assert "there is no exercise" in report.text()


def test_outside_a_notebook_it_says_so(monkeypatch):
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    with pytest.raises(GraderError, match="running notebook"):
        check("5.1")
