"""Each bundled submission earns what its file says, in its processes; some of them in one process as well.

Equal scores live and apart over every chapter's answers: `python -m tests.grade.apart`.
"""

from pathlib import Path

import nbformat
import pytest

from grader.build.source import find_chapters
from grader.grade.answers import read_class, submit
from grader.grade.assignment import Assignment, from_source
from grader.grade.grading import grade
from tests.grade.apart import differences

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = {chapter.name: chapter for chapter in find_chapters(ROOT)}
CLASSES = {
    folder.name: read_class(folder) for folder in sorted((ROOT / "tests" / "classes").iterdir()) if folder.is_dir()
}
CASES = [
    pytest.param(name, answers, id=f"{name}-{answers.student}")
    for name, students in CLASSES.items()
    for answers in students
]


def assignment_of(name: str) -> Assignment:
    return from_source(name, CHAPTERS[name].solution.stem, nbformat.read(CHAPTERS[name].solution, as_version=4))


def release_of(name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / name / CHAPTERS[name].solution.name, as_version=4)


def by_exercise(scores: dict[str, float]) -> dict[str, float]:
    return {name.removeprefix("check-").replace("-", "."): score for name, score in scores.items()}


def test_every_chapter_with_a_class_has_at_least_ten_students():
    assert CLASSES
    assert all(len(students) >= 10 for students in CLASSES.values())


def test_every_file_says_its_score_for_every_exercise():
    for name, students in CLASSES.items():
        exercises = set(by_exercise(assignment_of(name).scored))
        for answers in students:
            assert set(answers.expected) == exercises, answers.student


@pytest.mark.parametrize(("name", "answers"), CASES)
def test_a_submission_earns_its_known_score(name, answers):
    result = grade(submit(answers, release_of(name)), assignment_of(name))
    assert by_exercise(result.scores) == pytest.approx(answers.expected, rel=0, abs=1e-3)


def test_the_solution_earns_full_marks():
    for name in CLASSES:
        assignment = assignment_of(name)
        solved = nbformat.read(CHAPTERS[name].solution, as_version=4)
        assert grade(solved, assignment).scores == assignment.scored


def test_live_and_apart_give_equal_scores():
    """The first chapter's answers on file, each tried in one process and in two."""
    tried = list(differences(ROOT, CHAPTERS["00_start_here"]))
    assert len(tried) >= 10
    assert [trial for trial in tried if trial.live != trial.apart] == []
