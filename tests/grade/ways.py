"""Equal scores in every way of grading: `python -m tests.grade.ways [CHAPTER [WAY…]]`, else chapter 05 and all ways.

The answers to a chapter (everyone.py) go through stock nbgrader (its kernels, tests live), a cold process each, the
warm parent one at a time and in parallel, a run that was killed and resumed, and a Dask cluster of two workers of which
one is killed (where `distributed` is installed). Every cell's score is compared with stock's.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from grader.build.source import Chapter, find_chapters
from grader.grade.batch import Run
from grader.grade.course import Course
from grader.grade.workers import cluster
from tests.bench.bench_class import ROOT, cold, make_class, run, stock
from tests.grade.class_of import scores_of
from tests.grade.everyone import everyone
from tests.grade.kills import start


def main(number: str = "05", *wanted: str) -> int:
    chapter = find_chapters(ROOT, [number])[0]
    os.environ["NBGRADER_EXECUTION"] = "autograde"  # quick mode for nbgrader's kernels too
    faults = 0
    with tempfile.TemporaryDirectory(prefix="ways-") as place:
        root = Path(place)
        course = make_class(root, chapter, students=everyone(chapter))
        course.register(chapter.name)
        first: dict = {}
        for name, way in ways():
            if wanted and not name.startswith(wanted):
                continue
            shutil.rmtree(root / "class" / "kept", ignore_errors=True)
            way(root, chapter)
            scores = {student: dict(cells) for student, cells in scores_of(course.db_url).items()}
            first = first or scores
            wrong = {s: (first.get(s), scores.get(s)) for s in first | scores if first.get(s) != scores.get(s)}
            faults += bool(wrong)
            print(f"{name}: {len(scores)} submissions, {f'OTHER SCORES: {wrong}' if wrong else 'equal'}", flush=True)
    return int(bool(faults))


def ways() -> Iterator[tuple[str, Callable[[Path, Chapter], object]]]:
    """(name, what grades the class) for each way; the first is what the others are compared with."""
    yield "stock nbgrader", twice
    yield "cold", cold
    yield "warm", lambda root, chapter: run(Course(root), chapter, jobs=1, fresh=True)
    yield "parallel", lambda root, chapter: run(Course(root), chapter, jobs=2, fresh=True)
    yield "resumed", resumed
    if importlib.util.find_spec("distributed"):
        yield "Dask, one of two workers killed", dask
    else:
        print("Dask: distributed is not installed, not tried")


def twice(root: Path, chapter: Chapter) -> None:
    """Stock, and again for the submissions that it has lost: a kernel does not start where another takes its port."""
    for _ in range(2):
        stock(root, chapter)


def resumed(root: Path, chapter: Chapter) -> None:
    """`grader grade` killed when a third of the class is kept, then run again."""
    killed = start(str(root), "--fresh", chapter=chapter.name)
    submissions = len(list((root / "class" / "submitted").iterdir()))
    while len(list((root / "class" / "kept").rglob("*.json"))) < submissions // 3:
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert start(str(root), chapter=chapter.name).wait() == 0


def dask(root: Path, chapter: Chapter) -> None:
    """Two workers in processes of their own; one gets SIGKILL after the first submission."""
    import distributed

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as here,
        cluster(here.scheduler_address) as workforce,
        distributed.Client(here.scheduler_address, set_as_default=False) as client,
    ):
        workers = sorted(client.run(os.getpid).values())
        for number, _ in enumerate(Run(Course(root), chapter.name, fresh=True).outcomes(workforce)):
            if not number:
                os.kill(workers[0], signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
