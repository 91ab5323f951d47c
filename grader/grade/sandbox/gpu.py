"""A GPU inside of the sandbox: which device files a submission may use then, and whether that works here.

A submission that may use them talks to the GPU's driver in the kernel, which no layer stands in front of; and a driver
reserves more address space than there is memory, so the limit on address space is left out and the memory cgroup, or
the watch, holds alone. What is in the GPU's own memory is not limited.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

from grader.grade.sandbox.policy import Refused

DEVICES = ("cpu", "cuda")
WORKS = "works"
# Found by trying: without it CUDA ends in error 304. It is the process's own /proc, where nothing else is shown.
WRITTEN = (Path("/proc"),)


def device_setting() -> str:
    """The device asked for by GRADER_DEVICE: "cpu" where it is unset. Raises Refused for an unknown word."""
    return known(os.environ.get("GRADER_DEVICE", "cpu"))


def known(device: str) -> str:
    """The device, where submissions can be graded on it. Raises Refused for another word."""
    if device not in DEVICES:
        raise Refused(f"The device is {device!r}; it must be one of {', '.join(DEVICES)}.")
    return device


def files(device: str) -> tuple[Path, ...]:
    """The device files that computing there needs."""
    found = sorted(Path("/dev").glob("nvidia*")) if device == "cuda" else []
    return tuple(path for path in found if path.is_char_device())


def show(device: str) -> None:
    """In a confined process, before it uses torch: let it see the GPU that its parent hides from itself."""
    if device == "cuda":
        os.environ.pop("CUDA_VISIBLE_DEVICES", None)


@functools.cache
def require(device: str, isolation: str) -> None:
    """Raises Refused, in one sentence, where a confined process cannot compute on the device. Tried once."""
    if known(device) == "cpu":
        return
    command = [sys.executable, "-P", "-m", "grader.grade.sandbox.gpu_probe", device, isolation]
    tried = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if tried.stdout.strip() != WORKS:
        words = (tried.stderr or tried.stdout).strip().split("\n")[-1] or "no reason is given"
        raise Refused(
            f"Grading refused: a submission cannot compute on {device} here ({words}); leave --device out, which costs "
            "nobody a point, or see SECURITY.md on GPUs."
        )
