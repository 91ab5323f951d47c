"""A class's run and nbgrader's own path share their kept results, whichever comes first, and agree."""

import logging
from pathlib import Path

import pytest
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from grader.grade import execute
from grader.grade.batch import Run
from grader.grade.course import Course
from grader.grade.settings import Settings
from grader.grade.workers import local
from tests.grade.class_of import NAME, hand_in, make_course, rows, scores_of


@pytest.fixture
def course(tmp_path, quick_gradebook, monkeypatch):
    """A class whose hidden tests are really run, by the trusted path, without walls: they are tested elsewhere."""
    monkeypatch.setenv("GRADER_ISOLATION", "none")
    course = make_course(tmp_path / "course")
    hand_in(course, "ada")
    hand_in(course, "bob", points="1.5  # not quite", more="1 / 0")
    hand_in(course, "eve", points="open('data.csv').read().count(',') * 2.0", data__csv="1,2\n")
    course.register(NAME)
    return course


EXPECTED = {
    "ada": {"check-2-1": 4.0, "check-2-2": 3.0},
    "bob": {"check-2-1": 1.5, "check-2-2": 0.0},
    "eve": {"check-2-1": 2.0, "check-2-2": 3.0},
}


def by_run(course: Course, **options) -> list[str]:
    with local(2) as workforce:
        return [outcome.how for outcome in Run(course, NAME, settings=Settings(), **options).outcomes(workforce)]


def by_nbgrader(course: Course) -> None:
    directory = CourseDirectory(config=course.config)
    directory.assignment_id = NAME
    converter = Autograde(coursedir=directory, config=course.config)
    converter.force = True
    converter.log.setLevel(logging.CRITICAL)
    converter.start()


def must_not_run(*_, **__):
    raise AssertionError("its result is kept")


def outputs(course: Course) -> dict[str, bytes]:
    folder = Path(course.directory.root, course.directory.autograded_directory)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.ipynb")}


def test_nbgrader_finds_what_a_run_has_computed(course, monkeypatch):
    assert by_run(course) == ["graded"] * 3
    found, pages = rows(course.db_url), outputs(course)
    assert scores_of(course.db_url) == EXPECTED
    monkeypatch.setattr(execute, "grade", must_not_run)
    by_nbgrader(course)
    assert rows(course.db_url) == found
    assert outputs(course) == pages


def test_a_run_finds_what_nbgrader_has_computed_and_both_agree_when_nothing_is_kept(course):
    by_nbgrader(course)
    found = rows(course.db_url)
    assert scores_of(course.db_url) == EXPECTED
    assert by_run(course, work=must_not_run) == ["kept"] * 3
    assert rows(course.db_url) == found
    assert by_run(course, fresh=True) == ["graded"] * 3
    assert rows(course.db_url) == found
