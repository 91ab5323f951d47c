"""How submissions are graded: limits, isolation, credit, secret."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import grader
from grader.grade.sandbox import Policy, isolation_setting
from grader.grade.sandbox.gpu import device_setting


@dataclass(frozen=True)
class Settings:
    """How submissions are graded. Where nothing else is said, GRADER_ISOLATION, GRADER_DEVICE, GRADER_CARRIED and
    GRADER_SECRET say it.

    Times in seconds, sizes in bytes.

    isolation: what a student process runs under: "full", "process" or "none" (see `sandbox.Policy`).
    device: where challenges that take one run once more, "cpu" or "cuda"; no score depends on it.
    carried: what a gradient earns that is right given the student's own wrong ones: "full", "half" or "none".
    secret: the course's secret, from which the challenges' seeds are made; "" for those of the public course.
    cell_seconds: for one cell. request_seconds: for one question of a test. test_seconds: for one hidden test.
    submission_seconds: for all of a submission. restarts: how often a student process that ended is started again.
    whole: cells below the last test, on which no score depends, and given figures are run too.
    """

    isolation: str = field(default_factory=isolation_setting)
    device: str = field(default_factory=device_setting)
    carried: str = field(default_factory=lambda: os.environ.get("GRADER_CARRIED", "full"))
    secret: str = field(default_factory=lambda: os.environ.get("GRADER_SECRET", ""), repr=False)
    cell_seconds: float = 60.0
    request_seconds: float = 30.0
    test_seconds: float = 120.0
    submission_seconds: float = 600.0
    restarts: int = 5
    memory: int = 4 << 30
    processes: int = 64
    processor_seconds: int = 120
    disk: int = 256 << 20
    whole: bool = False

    def policy(self, folder: Path) -> Policy:
        """What a student process may do whose submission's own files lie in `folder`."""
        package = Path(grader.__file__).resolve().parent
        return Policy(
            folder=folder,
            readable=(package, package.parent / "data"),
            isolation=self.isolation,
            device=self.device,
            memory=self.memory,
            processes=self.processes,
            processor_seconds=self.processor_seconds,
            disk=self.disk,
        )
