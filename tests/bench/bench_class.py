"""A class graded in every way that there is, side by side: stock nbgrader, a process each, warm, parallel, kept.

`python -m tests.bench class` grades N submissions of chapter 05, made from its bundled class, in quick mode for all.
CLASS_SIZE, CLASS_CHAPTER and CLASS_SCALE in the environment set other numbers than 6, 05 and none; CLASS_SCALE=500 adds
a line on how the time for a submission and the coordinator's memory go from 10 submissions to so many.

Processor seconds are those of the whole tree of processes. On a busy machine they say more than wall-clock times.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SAWarning

from grader.build.notebooks import as_bytes, read_stored
from grader.build.source import Chapter, find_chapters
from grader.grade.answers import Answers, submit
from grader.grade.batch import Outcome, Run
from grader.grade.course import Course
from grader.grade.processes import warm
from grader.grade.workers import cores, local
from tests.grade.people import people

ROOT = Path(__file__).resolve().parents[2]
PHASES = ("fork", "sandbox", "cells", "challenges", "gradebook")


@dataclass
class Measured:
    """One way of grading. wall and processor: seconds for all submissions. seconds: phase -> seconds, of all."""

    way: str
    submissions: int
    wall: float
    processor: float
    seconds: dict[str, float] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def each(self) -> float:
        """Wall-clock seconds a submission."""
        return self.wall / self.submissions

    @property
    def work(self) -> float:
        """Processor seconds a submission."""
        return self.processor / self.submissions

    @property
    def shares(self) -> list[str]:
        """What part of the time each of PHASES took, as it is printed; "" where that is not known."""
        whole = sum(self.seconds.values()) or 1.0
        return [f"{self.seconds[phase] / whole:.0%}" if phase in self.seconds else "" for phase in PHASES]


def main() -> None:
    size = int(os.environ.get("CLASS_SIZE", "6"))
    chapter = find_chapters(ROOT, [os.environ.get("CLASS_CHAPTER", "05")])[0]
    os.environ["NBGRADER_EXECUTION"] = "autograde"  # quick mode for nbgrader's kernels too
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        root = Path(place)
        course = make_class(root, chapter, size)
        course.register(chapter.name)
        print_missing("otter", "otter grade")
        found = []
        for way in ways():
            found.append(way(root, chapter))
            print_line(found[-1], found[0])
        report(found)
        print_memory(root, chapter)
        if scale := int(os.environ.get("CLASS_SCALE", "0")):
            print_scale(root / "large", chapter, scale)


def ways() -> Iterator[Callable[[Path, Chapter], Measured]]:
    """One after another, the warm parent started where it is first needed."""
    yield stock
    yield cold
    with warm():
        for jobs in sorted({1, cores()}):
            yield functools.partial(ours, way=f"ours, warm, {jobs} at a time", jobs=jobs, fresh=True)
        yield functools.partial(ours, way="ours, kept results", jobs=1, repeat=5)


def print_line(one: Measured, first: Measured) -> None:
    """One way's figures as soon as they are there: a long run that is stopped has said something."""
    print(
        f"{one.way}: {one.submissions} submissions, {one.each:.3f} s and {one.work:.3f} processor seconds each; "
        f"{first.work / one.work:.1f} times stock by processor seconds",
        flush=True,
    )


def make_class(root: Path, chapter: Chapter, size: int = 0, students: list[Answers] | None = None) -> Course:
    """A course in a folder of its own, and the students' submissions, each its own text.

    size: how many, evenly spaced in the class or the class over and over; 0 for the class once.
    students: the chapter's class (`people`) unless given.
    """
    for name in ("solutions", "notebooks", "data"):
        folder = chapter.name if name != "data" else ""
        shutil.copytree(ROOT / name / folder, root / name / folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    course = Course(root)
    release = read_stored(ROOT / "notebooks" / chapter.name / chapter.solution.name)
    students = students or people(chapter)
    size = size or len(students)
    step = max(1, len(students) // size)
    for number in range(size):
        answers = students[number * step % len(students)]
        notebook = submit(answers, release)
        first = next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution"))
        first.source += f"\n# {number}"
        folder = course.folder("submitted", chapter.name, f"{number:05d}_{answers.student}")
        folder.mkdir(parents=True)
        (folder / chapter.solution.name).write_bytes(as_bytes(notebook))
    return course


def stock(root: Path, chapter: Chapter) -> Measured:
    """nbgrader's own converter with its own preprocessors: a kernel for each submission, one after another."""
    course = Course(root)
    config = course.config
    for name in ("sanitize_preprocessors", "autograde_preprocessors", "exporter_class", "pre_convert_hook"):
        config.Autograde.pop(name, None)
    config.CourseDirectory.autograded_directory = "class/autograded_stock"
    config.Execute.timeout = 600
    directory = CourseDirectory(config=config)
    directory.assignment_id = chapter.name
    converter = Autograde(coursedir=directory, config=config)
    converter.log.setLevel(logging.CRITICAL)
    with clock("stock nbgrader autograde") as measured, contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own use of the gradebook
        converter.start()
    measured.submissions = len(list((root / "class" / "autograded_stock").glob("*/*")))
    return measured


def cold(root: Path, chapter: Chapter) -> Measured:
    """Ours, but each submission in a process that imports everything anew."""
    students = sorted(path.name for path in (root / "class" / "submitted").iterdir())
    found: list[dict] = []
    with clock("ours, a cold process each") as measured:
        for student in students:
            command = ["grader", "grade", chapter.name, "--fresh", "--json", "--students", student]
            run = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=True)
            found += json.loads(run.stdout)["submissions"]
    measured.submissions = len(found)
    for row in found:
        _add(measured, row["student"], row["total"], row["seconds"])
    return measured


def ours(root: Path, chapter: Chapter, *, way: str, jobs: int, fresh: bool = False, repeat: int = 1) -> Measured:
    """Ours with the warm parent that is there; `repeat` times over, so that what is quick is measured well."""
    with warm() as processes:  # started, and the class's given cells run, before the clock runs
        first = run(Course(root), chapter, jobs=1, fresh=fresh, only_first=True)
        assert first and processes.alive
    outcomes: list[Outcome] = []
    with clock(way) as measured:
        for _ in range(repeat):
            outcomes += run(Course(root), chapter, jobs=jobs, fresh=fresh)
    measured.submissions = len(outcomes)
    for outcome in outcomes:
        _add(measured, outcome.student, outcome.written.total, outcome.seconds)
    return measured


def run(
    course: Course, chapter: Chapter, *, jobs: int, fresh: bool, only_first: bool = False, each: Callable | None = None
) -> list[Outcome]:
    found = Run(course, chapter.name, fresh=fresh)
    if only_first:
        found.hand_ins = found.hand_ins[:1]
    outcomes = []
    with local(jobs) as workforce:
        for outcome in found.outcomes(workforce):
            outcomes.append(outcome)
            if each:
                each(len(outcomes))
    return outcomes


def print_scale(root: Path, chapter: Chapter, size: int) -> None:
    """Seconds a submission over the first 10 and over all, the coordinator's memory then, and all again from kept."""
    course = make_class(root, chapter, size)
    course.register(chapter.name)
    process = psutil.Process()
    started, at = time.perf_counter(), {}

    def note(done: int) -> None:
        if done in (10, size // 2, size):
            at[done] = ((time.perf_counter() - started) / done, process.memory_info().rss >> 20, processor_seconds())

    before = processor_seconds()
    run(course, chapter, jobs=cores(), fresh=True, each=note)
    for done, (each, memory, processor) in at.items():
        print(
            f"{done} submissions: {each:.3f} s and {(processor - before) / done:.3f} processor seconds each, "
            f"coordinator {memory} MB"
        )
    with clock("kept") as kept:
        run(course, chapter, jobs=1, fresh=False)
    print(f"{size} kept results: {kept.wall / size:.3f} s and {kept.processor / size:.3f} processor seconds each")


def report(found: list[Measured]) -> None:
    """The table, and whether all of ours gave the same scores."""
    first = found[0]
    table = Table(title="A class, side by side", header_style="bold")
    for name in ("", "submissions/s", "times stock", "processor s each", "times stock", *PHASES):
        table.add_column(name, justify="right")
    for one in found:
        wall = f"{1 / one.each:.2f}", f"{first.each / one.each:.1f}"
        table.add_row(one.way, *wall, f"{one.work:.3f}", f"{first.work / one.work:.1f}", *one.shares)
    Console(width=160).print(table)
    scores = [one.scores for one in found if one.scores]
    print("equal scores in all of ours" if all(one == scores[0] for one in scores) else f"SCORES DIFFER: {scores}")


def print_memory(root: Path, chapter: Chapter) -> None:
    """Memory that each submission being graded adds to all processes of the grader, at the worst moment."""
    for jobs in sorted({1, cores()}):
        with warm():
            run(Course(root), chapter, jobs=1, fresh=True, only_first=True)
            before = tree_bytes()
            peak, done = [before], threading.Event()

            def watch(peak: list[int] = peak, done: threading.Event = done) -> None:
                while not done.wait(0.02):
                    peak.append(tree_bytes())

            watcher = threading.Thread(target=watch)
            watcher.start()
            run(Course(root), chapter, jobs=jobs, fresh=True)
            done.set()
            watcher.join()
        each = (max(peak) - before) / jobs / 2**20
        print(
            f"{jobs} at a time: at most {each:.0f} MB more for each ({before >> 20} MB before), by PSS of all processes"
        )


def tree_bytes() -> int:
    """The proportional set size of this process and of all below it, in bytes: pages shared among them count once."""
    total = 0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        with contextlib.suppress(psutil.Error, OSError):
            total += process.memory_full_info().pss
    return total


def print_missing(module: str, name: str) -> None:
    if importlib.util.find_spec(module) is None:
        print(f"{name}: not installed, not compared with")


@contextlib.contextmanager
def clock(way: str) -> Iterator[Measured]:
    """Measures what happens inside, in wall-clock and processor seconds."""
    measured = Measured(way, 0, 0.0, 0.0)
    started, before = time.perf_counter(), processor_seconds()
    yield measured
    measured.wall, measured.processor = time.perf_counter() - started, processor_seconds() - before


def processor_seconds() -> float:
    """Of this process, of all below it, and of those of them that have ended and were waited for."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def _add(measured: Measured, student: str, total: float, seconds: dict[str, float]) -> None:
    measured.scores[student] = round(total, 9)
    for phase, took in seconds.items():
        measured.seconds[phase] = measured.seconds.get(phase, 0.0) + took


if __name__ == "__main__":
    main()
