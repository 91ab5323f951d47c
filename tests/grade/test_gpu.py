"""A GPU is used only where it is asked for and works; otherwise grading refuses in one sentence."""

import os
import resource
from pathlib import Path

import pytest
import torch

from grader.grade.processes import Warm
from grader.grade.sandbox import Policy, gpu, limits
from grader.grade.sandbox.policy import Refused
from grader.grade.settings import Settings


def test_the_cpu_is_the_default_and_needs_nothing(monkeypatch):
    monkeypatch.delenv("GRADER_DEVICE", raising=False)
    assert Settings().device == "cpu"
    assert gpu.files("cpu") == ()
    gpu.require("cpu", "full")


def test_the_environment_asks_for_a_device(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADER_DEVICE", "cuda")
    assert Settings().policy(tmp_path).device == "cuda"
    monkeypatch.setenv("GRADER_DEVICE", "tpu")
    with pytest.raises(Refused, match=r"^The device is 'tpu'; it must be one of cpu, cuda\.$"):
        Settings()


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")
@pytest.mark.parametrize("isolation", ["full", "none"])
def test_a_machine_without_the_device_refuses(isolation):
    with pytest.raises(Refused, match=r"^Grading refused: a submission cannot compute on cuda here \(.+\); leave"):
        gpu.require("cuda", isolation)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
@pytest.mark.parametrize("isolation", ["full", "none"])
def test_cuda_works_inside_the_walls(isolation):
    gpu.require("cuda", isolation)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_only_a_gpu_s_driver_may_reserve_as_much_as_it_likes(device):
    reading, writing = os.pipe()
    if os.fork() == 0:
        limits.restrict(Policy(Path(), device=device), already_running=10_000)
        os.write(writing, str(resource.getrlimit(resource.RLIMIT_AS)[0]).encode())
        os._exit(0)
    os.wait()
    before = resource.getrlimit(resource.RLIMIT_AS)[0]
    assert (int(os.read(reading, 100)) == before) == (device == "cuda")


def test_a_parent_for_gpus_runs_no_cell_itself(tmp_path):
    cells = ["import torch", "x = torch.ones(2, 3, requires_grad=True)", "x.sum().backward()"]
    with Warm(gpu=True) as parent:
        assert parent.node(cells) is parent.root
        child = parent.root.fork("student", Policy(tmp_path, isolation="none"))
        assert child.channel.ask("execute", plain={"source": "\n".join(cells)}, seconds=60).plain["succeeded"]
        child.end()
