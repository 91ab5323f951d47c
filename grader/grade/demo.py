"""The bundled class, graded from end to end: `python -m grader demo`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from grader.build.source import BuildError, Chapter, find_chapters
from grader.grade.answers import Answers, read_class, submit
from grader.grade.classroom import Classroom, Graded
from grader.grade.console import default_console
from grader.handin.manifest import exercise_of

CLASSES = "tests/classes"


def demonstrate(root: Path, number: str = "05", place: Path | None = None, console: Console | None = None) -> int:
    """Release, hand in, grade and report the bundled class of a chapter; returns the process's exit code.

    1 where a submission earned another score than its file says, else 0.
    place: where to work; default `root`/class/demo, which is emptied first.
    """
    console = console or default_console()
    started = time.perf_counter()
    chapter = _only_chapter(root, number)
    students = read_class(root / CLASSES / chapter.name)
    place = place or root / "class" / "demo"
    console.print(f"Releasing {chapter.name} to a class of {len(students)}.")
    order = [answers.student for answers in students]
    graded = sorted(grade_class(root, chapter, students, place, console), key=lambda one: order.index(one.student))
    console.print(as_table(students, graded))
    console.print(f"Graded {len(students)} submissions in {time.perf_counter() - started:.0f} s.")
    pages = [result.page for result in graded if result.page]
    if pages:
        folder = pages[0].parents[2]
        where = f"{_short(folder)}/STUDENT/{chapter.name}/{pages[0].name}"
        console.print(f"Feedback: {len(pages)} pages, {where}", soft_wrap=True)
    console.print(f"Gradebook: {_short(place / 'gradebook.db')}", soft_wrap=True)
    wrong = [line for known, result in zip(students, graded, strict=True) for line in surprises(known, result)]
    for line in wrong:
        console.print(line, style="bold")
    return 1 if wrong else 0


def grade_class(
    root: Path, chapter: Chapter, students: list[Answers], place: Path, console: Console
) -> Iterator[Graded]:
    """Hand in and grade every student's answers, with a progress bar on a terminal and plain lines elsewhere."""
    room = Classroom(root, chapter, place)
    release = room.release()
    for answers in students:
        room.hand_in(answers.student, submit(answers, release))
    results = room.grade([answers.student for answers in students])
    if not console.is_terminal:
        for number, result in enumerate(results, 1):
            console.print(f"{number} of {len(students)}: {result.student} {result.total:g}")
            yield result
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("grading", total=len(students))
        for result in results:
            progress.update(task, advance=1, description=f"graded {result.student}")
            yield result


def as_table(students: list[Answers], graded: list[Graded]) -> Table:
    """One row a student: the score of each exercise, the total, and what a person should know."""
    maximum = graded[0].maximum
    table = Table(title=None, header_style="bold")
    table.add_column("student", no_wrap=True)
    for name, points in maximum.items():
        table.add_column(f"{exercise_of(name)}\nof {points:g}", justify="right")
    table.add_column(f"total\nof {sum(maximum.values()):g}", justify="right")
    table.add_column("what they did; notes")
    for known, result in zip(students, graded, strict=True):
        scores = [f"{result.scores.get(name, 0):g}" for name in maximum]
        words = ". ".join([known.about.rstrip("."), *result.notes])
        table.add_row(result.student, *scores, f"{result.total:g}", words)
    return table


def surprises(known: Answers, result: Graded) -> list[str]:
    """A sentence for each exercise whose score is not the one that the student's file says (to a thousandth)."""
    scores = {exercise_of(name): score for name, score in result.scores.items()}
    return [
        f"{known.student}: {exercise} earned {scores.get(exercise, 0):g}, its file says {points:g}."
        for exercise, points in known.expected.items()
        if abs(scores.get(exercise, 0) - points) > 1e-3
    ]


def _only_chapter(root: Path, number: str) -> Chapter:
    chapters = find_chapters(root, [number])
    if len(chapters) != 1:
        raise BuildError(f"{number} names {len(chapters)} chapters; give one folder's name.")
    return chapters[0]


def _short(path: Path) -> str:
    """The path relative to the working directory where it lies below it."""
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else str(path)
