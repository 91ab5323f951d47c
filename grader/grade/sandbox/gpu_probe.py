"""`python -m grader.grade.sandbox.gpu_probe DEVICE ISOLATION`: whether a confined process can compute on a device."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import torch

from grader.grade.sandbox.confinement import confine
from grader.grade.sandbox.gpu import WORKS, show
from grader.grade.sandbox.policy import Policy


def main(device: str, isolation: str) -> None:
    """Multiply a matrix on the device in a confined process; print that it works, or why not."""
    reading, writing = os.pipe()

    def body() -> None:
        show(device)
        try:
            x = torch.ones(2, 3, device=device)
            words = WORKS if (x @ x.T).sum().item() == 12 else "a product comes out wrong"
        except Exception as error:
            words = " ".join(str(error).split()) or type(error).__name__
        os.write(writing, words.encode())

    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            confine(Policy(Path(folder), keep=(writing,), isolation=isolation, device=device), body)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            print(pipe.read() or "it ended without a word")
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
