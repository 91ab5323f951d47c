"""The class of a chapter: the bundled one, or where there is none, one that hands in every answer on file."""

from __future__ import annotations

from grader.build.notebooks import read_stored
from grader.build.proof import answers_to, exercises
from grader.build.source import BEGIN_SOLUTION, END_SOLUTION, Chapter, read_source
from grader.grade.answers import Answers, read_class
from tests.grade.class_of import REPOSITORY

# A submission that ends its process or takes hours makes nbgrader fail; all ways of grading are to grade the same ones.
LEFT_OUT = {"kernel_dies", "walks instead of halving"}


def people(chapter: Chapter) -> list[Answers]:
    """What each student of the chapter's class hands in."""
    return bundled(chapter) or on_file(chapter)


def bundled(chapter: Chapter) -> list[Answers]:
    """The files of tests/classes, but those left out; none for most chapters."""
    folder = REPOSITORY / "tests" / "classes" / chapter.name
    return [answers for answers in read_class(folder) if answers.student not in LEFT_OUT] if folder.exists() else []


def on_file(chapter: Chapter) -> list[Answers]:
    """The answers on file (`grader.build.proof`), each handed in by somebody.

    The first hands in all solutions, the second the untouched release, and each of the others the next answer to every
    exercise, or its solution where there are no more.
    """
    solved = {cell.id: _without_markers(cell.source) for cell in read_stored(chapter.solution).cells}
    tried = []
    for exercise, _, own in exercises(read_source(chapter.source)):
        solution = {c.id: solved[c.id] for c in own if c.metadata.get("nbgrader", {}).get("solution")}
        answers = answers_to(REPOSITORY, chapter, exercise, own)
        tried.append([solution | answer.cells for answer in answers if answer.name not in LEFT_OUT])
    found = []
    for number in range(max(len(answers) for answers in tried)):
        cells = [answers[number if number < len(answers) else 0] for answers in tried]
        replaced = {name: source for answer in cells for name, source in answer.items()}
        found.append(Answers(f"on_file_{number:02d}", "the answers on file", replaced=replaced))
    return found


def _without_markers(source: str) -> str:
    return "\n".join(line for line in source.split("\n") if line.strip() not in (BEGIN_SOLUTION, END_SOLUTION))
