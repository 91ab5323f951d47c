"""Where submissions are executed: threads on this machine, each asking for a fork, or the workers of a Dask cluster.

Both are executors in the sense of `concurrent.futures`. A worker is handed data and gives back a Result.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import GraderError
from grader.grade.assignment import Assignment
from grader.grade.grading import grade
from grader.grade.result import Result
from grader.grade.settings import Settings


@dataclass(frozen=True)
class Job:
    """One notebook to be graded.

    submission: the notebook as it was handed in, as JSON. files: the files beside it, by relative name.
    wanted: the graded cells whose tests are to be run; None for all.
    """

    student: str
    submission: Mapping[str, object]
    assignment: Assignment
    settings: Settings
    files: Mapping[str, bytes] = field(default_factory=dict)
    wanted: frozenset[str] | None = None


@dataclass(frozen=True)
class Workforce:
    """An executor, and how many submissions it executes at a time."""

    executor: Executor
    workers: int


def grade_job(job: Job) -> Result:
    """Grade one notebook in this process's place; a function of the module, so that a cluster can name it."""
    if not job.files:
        return grade(job.submission, job.assignment, job.settings, wanted=job.wanted)
    with tempfile.TemporaryDirectory(prefix="grader-") as place:
        for name, content in job.files.items():
            path = Path(place) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return grade(job.submission, job.assignment, job.settings, folder=Path(place), wanted=job.wanted)


@contextlib.contextmanager
def local(jobs: int | None = None) -> Iterator[Workforce]:
    """`jobs` threads, by default one for each core that this process may use."""
    jobs = jobs or cores()
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="grader")
    try:
        yield Workforce(executor, jobs)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Workforce]:
    """The workers of the Dask scheduler at `address`. Raises GraderError where Dask or the cluster is not there."""
    try:
        from distributed import Client
    except ImportError:
        raise GraderError("--scheduler needs Dask: pip install 'grader[cluster]', or distributed.") from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise GraderError(f"No Dask scheduler answers at {address}: {error}") from None
    with client:
        workers = sum(client.nthreads().values())
        if not workers:
            raise GraderError(
                f"The Dask scheduler at {address} has no workers: start some with `dask worker {address}`."
            )
        yield Workforce(client.get_executor(pure=False), workers)


def cores() -> int:
    """The cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
