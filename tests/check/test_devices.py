"""On another device the same bounds hold, nothing costs points, and what does not work there is said."""

from collections.abc import Iterator, Mapping

import pytest
import torch

from grader.check import manual
from grader.check.credit import award
from grader.check.devices import accelerators, computing_on, put, widest
from grader.check.errors import ForwardCellError, SubmissionError
from grader.check.replay import Replay
from grader.check.verdict import Verdict
from tests.check.conftest import draw
from tests.corpus.bases import BASES
from tests.corpus.grading import POINTS, Desk

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
POINT = 4.0


@pytest.fixture
def tf32() -> Iterator[None]:
    products = torch.backends.cuda.matmul
    before, products.fp32_precision = products.fp32_precision, "tf32"
    yield
    products.fp32_precision = before


def test_a_graded_run_looks_only_where_it_is_asked_to(monkeypatch):
    monkeypatch.setenv("GRADER_QUICK", "1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for asked, found in {"": [], "cpu": [], "cuda": ["cuda"], "mps": ["mps"], "tpu": []}.items():
        monkeypatch.setenv("GRADER_DEVICE", asked)
        assert accelerators() == found


def test_a_reader_s_kernel_looks_wherever_it_can(monkeypatch):
    monkeypatch.delenv("GRADER_QUICK", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    for cuda, mps in ((True, False), (False, True), (False, False)):
        monkeypatch.setattr(torch.cuda, "is_available", lambda cuda=cuda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda mps=mps: mps)
        assert accelerators() == ["cuda"] * cuda + ["mps"] * mps


def test_mps_has_no_float64():
    assert widest(torch.float64, "mps") == torch.float32
    assert widest(torch.complex128, "mps") == torch.complex64
    assert widest(torch.int64, "mps") == torch.int64
    assert widest(torch.float64, "cuda") == torch.float64


def test_what_is_no_tensor_stays_as_it_is():
    assert put("cuda", "cuda") == "cuda"
    assert put([1.5], "cuda") == [1.5]


def test_tf32_is_off_while_a_challenge_runs_and_back_afterwards(tf32):
    namespace = {"x": torch.ones(2, 3), "n": 3}
    with computing_on("meta", namespace):
        assert torch.backends.cuda.matmul.fp32_precision == "ieee"
        assert namespace["x"].device.type == torch.zeros(2).device.type == "meta"
    assert torch.backends.cuda.matmul.fp32_precision == "tf32"
    assert torch.zeros(2).device.type == "cpu"


def test_a_kernel_that_rounds_products_is_told_so(tf32, monkeypatch, solved):
    assert all(verdict.passed for verdict in manual.look(solved.submission, "9.1"))  # nothing is on a GPU
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    with pytest.raises(ForwardCellError, match="set_float32_matmul_precision"):
        manual.look(solved.submission, "9.1")


class Pretended:
    """A submission with a GPU that gives what the CPU gives, changed by `spoil`."""

    def __init__(self, submission, spoil):
        self.submission, self.spoil, self.asked = submission, spoil, []

    def __getattr__(self, name: str):
        return getattr(self.submission, name)

    def replay(self, exercise: str, case: Mapping[str, object], *, disturb=None, device: str = "cpu") -> Replay:
        self.asked.append(device)
        replay = self.submission.replay(exercise, case, disturb=disturb)
        return self.spoil(replay) if device == "cuda" else replay


def _halved(replay: Replay) -> Replay:
    return Replay({name: value / 2 for name, value in replay.values.items()}, replay.errors)


def _refused(replay: Replay) -> Replay:
    raise SubmissionError("raised", "Your code stopped: out of memory.")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda replay: replay, ""),
        (_halved, "On cuda, dT, dr would not be right"),
        (_refused, "On cuda, it cannot be run"),
    ],
)
def test_a_device_costs_no_point(spoil, said, monkeypatch, solved, capsys):
    monkeypatch.setenv("GRADER_QUICK", "1")
    monkeypatch.setenv("GRADER_DEVICE", "cuda")
    submission = Pretended(solved.submission, spoil)
    assert manual.score(submission, "9.1", points=POINT, draw=draw) == POINT
    assert submission.asked.count("cuda") == 1
    text = capsys.readouterr().out
    assert said in text
    assert ("costs nothing" in text) == bool(said)


def test_who_has_something_to_mend_is_not_told_of_a_device(monkeypatch, solved):
    monkeypatch.setenv("GRADER_QUICK", "1")
    monkeypatch.setenv("GRADER_DEVICE", "cuda")
    solved.run("db = dz.sum(0) * 2")
    submission = Pretended(solved.submission, _halved)
    assert manual.score(submission, "9.1", points=POINT, draw=draw) < POINT
    assert "cuda" not in submission.asked


def test_a_line_judged_on_a_device_weighs_nothing(capsys):
    right, wrong = Verdict("values", "right"), Verdict("values", "wrong")
    there = Verdict("values, on cuda", "wrong", "A new tensor is on the CPU.", on="cuda")
    assert award("9.2", [right, there], points=POINT) == POINT
    assert (
        "On cuda, values would not be right. This costs nothing. A new tensor is on the CPU." in capsys.readouterr().out
    )
    assert award("9.2", [wrong, right, there], points=POINT) == POINT / 2
    assert "on the CPU" not in capsys.readouterr().out


@needs_cuda
@pytest.mark.parametrize("answer", BASES, ids=lambda answer: f"{answer.exercise} {answer.style}")
def test_right_answers_are_right_on_cuda(answer):
    assert not Desk("cuda").rejects(answer.exercise, answer.cells)


@needs_cuda
def test_a_notebook_whose_tensors_are_on_cuda_is_looked_at(monkeypatch):
    answer = BASES[0]
    submission = Desk().submission(answer.exercise, answer.cells)
    with computing_on("cuda", submission._namespace):
        for cell in (*submission.forward_cells(answer.exercise), *answer.cells):
            exec(cell, submission._namespace)
    assert submission._namespace["logits"].is_cuda
    assert all(verdict.passed for verdict in manual.look(submission, answer.exercise))
    assert manual.score(submission, answer.exercise, points=POINTS[answer.exercise]) == POINTS[answer.exercise]
