"""What a class shares: tests that have run once for nobody, references, memory; and that none of it changes a score."""

import ctypes
from dataclasses import replace

import pytest
import torch

from grader.check import charmlp, manual
from grader.check.challenge import preparing
from grader.check.replay import LARGE, Snapshot
from grader.grade import memory
from grader.grade.grading import grade
from grader.grade.processes import warm
from grader.grade.protocol import ChannelError
from tests.grade.test_grading import ALL, HIDDEN, RIGHT, SETTINGS, course, submitted

FORWARD = "# Forward pass for exercise 9.1: find the gradient of every tensor\nh = Xb @ W1\nloss = (h * h).mean()"


def test_tests_that_have_run_for_nobody_give_the_same_scores():
    assignment = course(HIDDEN)
    for answers in (RIGHT, {}, RIGHT):
        scores = grade(submitted(assignment, answers), assignment, SETTINGS).scores
        assert scores == (ALL if answers else dict.fromkeys(ALL, 0.0))


@pytest.mark.parametrize("ending", ["import os\nos._exit(0)", "while True:\n    pass"])
def test_a_test_that_ends_or_hangs_where_nobody_answers_does_no_harm(ending):
    first = f"""
try:
    doubled = submission.call("double", 3)
except Exception:
    {ending.replace(chr(10), chr(10) + "    ")}
2.0 * (doubled == 6)"""
    assignment = course(HIDDEN | {"1.1": first})
    with warm() as processes:
        before = len(processes._nodes)
        settings = SETTINGS if "exit" in ending else replace(SETTINGS, test_seconds=2.0)
        assert grade(submitted(assignment, RIGHT), assignment, settings).scores == ALL
        assert list(processes._nodes.values())[before:].count(processes.root) == 1


def test_a_process_of_tests_that_has_died_is_made_anew():
    assignment = course(HIDDEN | {"1.3": "3.0 * (submission.value('z') == 'zed')"})
    assert grade(submitted(assignment, RIGHT), assignment, SETTINGS).scores == ALL
    with warm() as processes:
        node = list(processes._nodes.values())[-1]
        node.child.end()
        with pytest.raises(ChannelError):
            node.fork("verifier")
    assert grade(submitted(assignment, RIGHT), assignment, SETTINGS).scores == ALL


def test_a_case_and_its_reference_are_computed_once_and_a_sum_of_terms_with_them():
    def draw(seed, n=5):
        case = charmlp.draw(seed, n=24)
        return {"Xb": case["Xb"].float(), "W1": case["W1"][:3]}

    one = manual._challenge(draw, (FORWARD,), 7, 7)
    assert manual._challenge(draw, (FORWARD,), 7, 7)[1] is one[1]
    assert manual._challenge(draw, (FORWARD,), 8, 7)[1] is not one[1]
    assert not one[1]._terms
    token = preparing.set(True)
    try:
        assert set(manual._challenge(draw, (FORWARD,), 9, 9)[1]._terms) == {"h", "Xb", "W1"}
    finally:
        preparing.reset(token)


def test_a_snapshot_puts_back_what_was_there_as_often_as_it_is_asked():
    x, names = torch.arange(6.0), ["a", "b"]
    half = torch.arange(4, dtype=torch.bfloat16)
    namespace = {"x": x, "half": half, "names": names, "n": 3}
    snapshot = Snapshot(namespace)
    for change in range(1, 4):
        with snapshot.restored():
            namespace["x"].data.add_(change)
            namespace["half"] += change
            namespace["names"].append("c")
            namespace["n"] = namespace["new"] = change
        assert namespace == {"x": x, "half": half, "names": names, "n": 3}
        assert x.tolist() == [0, 1, 2, 3, 4, 5] and half.tolist() == [0, 1, 2, 3] and names == ["a", "b"]


def test_a_data_set_is_put_back_where_torch_has_counted_a_change():
    rows, once = torch.zeros(LARGE + 1), torch.inference_mode()
    with once:
        fixed = torch.zeros(LARGE + 1)
    namespace = {"rows": rows, "fixed": fixed}
    snapshot = Snapshot(namespace)
    for _ in range(2):
        with snapshot.restored():
            rows += 1
        assert not rows.any()


def test_gathered_memory_holds_what_it_held():
    held = ctypes.create_string_buffer(b"held" * (1 << 20))
    address = ctypes.addressof(held)
    assert any(start <= address < end for start, end in memory._private())
    memory.collapse()
    assert held.raw[:-1] == b"held" * (1 << 20)
