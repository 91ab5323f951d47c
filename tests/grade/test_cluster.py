"""A class graded by a Dask cluster of two workers, one of which is killed while it works."""

import os
import signal
import time
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.grade.batch import Run
from grader.grade.workers import Job, cluster
from tests.grade.class_of import NAME, hand_in, make_course, quick_grade, scores_of

distributed = pytest.importorskip("distributed", reason="an optional extra: pip install distributed")

EXPECTED = {f"s{n}": {"check-2-1": float(n % 5), "check-2-2": float(n % 3)} for n in range(12)}


def slow_grade(job: Job):
    """Long enough to be killed in; its process's id goes beside the course."""
    (Path(os.environ["WORKING"]) / str(os.getpid())).touch()
    time.sleep(0.2)
    return quick_grade(job)


def test_a_worker_that_is_killed_costs_nobody_anything(tmp_path, quick_gradebook, monkeypatch):
    course = make_course(tmp_path / "course")
    for student in EXPECTED:
        hand_in(course, student, points=int(student[1:]) % 5, more=int(student[1:]) % 3)
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.setenv("WORKING", str(working))
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as here,
        cluster(here.scheduler_address) as workforce,
    ):
        assert workforce.workers == 2
        killed = 0
        for _ in Run(course, NAME, work=slow_grade).outcomes(workforce):
            if not killed:
                killed = int(min(path.name for path in working.iterdir()))
                os.kill(killed, signal.SIGKILL)
    assert killed
    assert len(list(working.iterdir())) >= 2
    assert scores_of(course.db_url) == EXPECTED


def test_a_cluster_that_does_not_answer_is_said():
    with (
        pytest.raises(GraderError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1"),
        cluster("tcp://127.0.0.1:1"),
    ):
        pass
