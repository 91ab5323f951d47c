"""The coordinator writes what nbgrader's own converter writes, and what it should have written."""

import logging
import shutil
from pathlib import Path

import pytest
from nbformat import from_dict
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor, SaveAutoGrades

from grader.errors import GraderError
from grader.grade.batch import Run
from grader.grade.course import Course
from grader.grade.settings import Settings
from grader.grade.workers import Job, local
from tests.grade.class_of import NAME, SOURCE, hand_in, make_course, quick_grade, rows, scores_of

EARLY, LATE = "2026-01-10 10:00:00 UTC", "2026-01-11 10:00:00 +0100"
DUE = "2026-01-10 12:00:00 UTC"


class QuickExecute(NbGraderPreprocessor):
    """In place of nbgrader's Execute: the outputs that a kernel would give."""

    def preprocess(self, nb, resources):
        assignment = QuickExecute.assignment
        return from_dict(quick_grade(Job("", nb, assignment, Settings())).notebook), resources


@pytest.fixture
def course(tmp_path, quick_gradebook):
    course = make_course(tmp_path / "ours")
    hand_in(course, "ada", stamp=EARLY)
    hand_in(course, "bob", points=1.5, more=0, stamp=LATE)
    hand_in(course, "eve", points=0, data__csv="1,2\n")
    return course


def grade(course: Course, **options):
    with local(2) as workforce:
        return {o.student: o for o in Run(course, NAME, work=quick_grade, **options).outcomes(workforce)}


def grade_by_nbgrader(course: Course, *, force: bool = False) -> None:
    config = course.config.copy()
    config.Autograde.autograde_preprocessors = [QuickExecute, SaveAutoGrades, AssignLatePenalties]
    (QuickExecute.assignment,) = course.register(NAME)
    directory = CourseDirectory(config=config)
    directory.assignment_id = NAME
    converter = Autograde(coursedir=directory, config=config)
    converter.force = force
    converter.log.setLevel(logging.CRITICAL)
    converter.start()


def twin(course: Course, place: Path) -> Course:
    """The same course in another folder, with a gradebook of its own."""
    shutil.copytree(course.directory.root, place, ignore=shutil.ignore_patterns("kept", "autograded"))
    return Course(place)


def both(course: Course, tmp_path: Path, between=lambda course: None, **options) -> tuple[Course, Course]:
    """Graded by us and by nbgrader; then `between` happens, and both grade again."""
    theirs = twin(course, tmp_path / "theirs")
    for one in (course, theirs):
        one.register(NAME)
        with one.gradebook() as gradebook:
            gradebook.update_or_create_assignment(NAME, duedate=DUE)
        for key, value in options.items():
            one.config.LateSubmissionPlugin[key] = value
    grade(course)
    grade_by_nbgrader(theirs)
    assert rows(course.db_url) == rows(theirs.db_url)
    for one in (course, theirs):
        between(one)
    grade(course)
    grade_by_nbgrader(theirs, force=True)
    return course, theirs


@pytest.mark.parametrize("method", ["none", "zero"])
def test_a_late_class_and_a_regrade_are_as_nbgrader_has_them(course, tmp_path, method):
    def resubmit(one: Course):
        hand_in(one, "bob", points=2.5, more=1, stamp=EARLY)
        hand_in(one, "eve", points=3, stamp=LATE)

    ours, theirs = both(course, tmp_path, resubmit, penalty_method=method)
    found = rows(ours.db_url)
    assert found == rows(theirs.db_url)
    penalty = {student: value for student, _, value in found["submissions"]}
    assert penalty == ({"ada": None, "bob": None, "eve": 6.0} if method == "zero" else dict.fromkeys(penalty))


def test_manual_scores_comments_and_extra_credit_stay_as_nbgrader_has_them(course, tmp_path):
    def by_hand(one: Course):
        with Gradebook(one.db_url, one.directory.course_id) as gradebook:
            grade = gradebook.find_grade("check-2-1", "two", NAME, "bob")
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 3.5, 0.5, False
            gradebook.find_comment("answer-2-1", "two", NAME, "bob").manual_comment = "Well tried."
            gradebook.db.commit()
        hand_in(one, "bob", points=0.5, more=2, stamp=EARLY)

    ours, theirs = both(course, tmp_path, by_hand)
    assert rows(ours.db_url) == rows(theirs.db_url)
    assert ("bob", "check-2-1", 0.5, 3.5, 0.5, 1) in rows(ours.db_url)["scores"]
    assert ("bob", "answer-2-1", None, "Well tried.") in rows(ours.db_url)["comments"]
    outcome = grade(ours)["bob"]
    assert outcome.written.scores == {"check-2-1": 4.0, "check-2-2": 2.0}
    assert outcome.written.needs_person


def test_the_autograded_folder_is_as_nbgrader_has_it(course, tmp_path):
    (course.folder("source", NAME) / "given.txt").write_text("given", encoding="utf-8")
    ours, theirs = both(course, tmp_path)

    def tree(one: Course):
        folder = Path(one.directory.root) / one.directory.autograded_directory
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {p.relative_to(folder).as_posix(): (p.stat().st_mode & 0o777, p.read_bytes()) for p in files}

    mine, stock = tree(ours), tree(theirs)
    assert mine.keys() == stock.keys()
    assert f"eve/{NAME}/data.csv" in mine
    assert f"eve/{NAME}/given.txt" in mine
    for name, (mode, content) in mine.items():
        assert mode == stock[name][0]
        if not name.endswith(".ipynb"):
            assert content == stock[name][1]


def test_a_file_that_is_no_longer_handed_in_leaves_the_autograded_folder(course):
    grade(course)
    (course.folder("submitted", NAME, "eve") / "data.csv").unlink()
    grade(course)
    assert [p.name for p in course.folder("autograded", NAME, "eve").iterdir()] == ["two.ipynb"]


def test_a_notebook_that_is_missing_earns_nothing_as_in_nbgrader(course, tmp_path):
    def swap(one: Course):
        (one.folder("submitted", NAME, "bob") / "two.ipynb").rename(one.folder("submitted", NAME, "bob") / "2.ipynb")

    grade(course)
    swap(course)
    outcome = grade(course)["bob"]
    assert outcome.notes == ("two.ipynb was not handed in.",)
    assert scores_of(course.db_url)["bob"] == {"check-2-1": 0.0, "check-2-2": 0.0}


def test_a_flag_asks_for_a_person_with_a_comment_at_the_answer(course):
    hand_in(course, "mal", points="flagged")
    outcome = grade(course)["mal"]
    assert outcome.written.needs_person
    assert outcome.written.scores == {"check-2-1": 4.0, "check-2-2": 3.0}, "a flag costs nothing by itself"
    found = rows(course.db_url)
    assert ("mal", "check-2-1", 4.0, None, None, 1) in found["scores"]
    assert ("mal", "check-2-2", 3.0, None, None, 0) in found["scores"]
    assert ("mal", "answer-2-1", "Flagged for a person: it looks copied.", None) in found["comments"]
    hand_in(course, "mal", points=4.0)
    assert not grade(course)["mal"].written.needs_person
    assert ("mal", "answer-2-1", None, None) in rows(course.db_url)["comments"]


def test_a_time_stamp_that_cannot_be_read_is_said(course):
    hand_in(course, "ada", stamp="yesterday, I think")
    outcome = grade(course)["ada"]
    assert outcome.notes == ("timestamp.txt cannot be read: taken as in time.",)
    assert outcome.written.total == 7.0


def test_students_are_not_added_where_the_course_does_not_want_it(course):
    course.config.Autograde.create_student = False
    outcome = grade(course)["ada"]
    assert outcome.how == "failed"
    assert "no student ada" in outcome.notes[0]
    with Gradebook(course.db_url, course.directory.course_id) as gradebook:
        assert gradebook.students == []


def test_changed_tests_reach_the_gradebook_and_changed_cells_are_refused(course):
    grade(course)
    root = Path(course.directory.root)
    make_course(root, SOURCE.replace('submission.value("more")', '"half"; submission.value("more")'))
    assert grade(course)["ada"].written.scores == {"check-2-1": 4.0, "check-2-2": 1.5}
    make_course(root, SOURCE.replace("2.2", "2.3"))
    with pytest.raises(GraderError, match=r"Cells .* were added to or removed from two.ipynb"):
        grade(course)


def test_links_in_a_submission_are_not_followed(course, tmp_path):
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    folder = course.folder("submitted", NAME, "eve")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "linked").symlink_to(tmp_path)
    grade(course)
    assert {path.name for path in course.folder("autograded", NAME, "eve").iterdir()} == {"data.csv", "two.ipynb"}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [("09", "There is no assignment 09. This course has 02_two"), ("zoe", "Nothing was handed in for 02_two by zoe")],
)
def test_what_is_not_there_is_said(course, wanted, words):
    with pytest.raises(GraderError, match=words):
        if wanted == "zoe":
            Run(course, NAME, students=["zoe", "ada"])
        else:
            course.name_of(wanted)


def test_an_assignment_is_found_by_its_number(course):
    assert course.name_of("02") == course.name_of("02_two") == "02_two"


def test_a_folder_without_settings_is_no_course(tmp_path):
    with pytest.raises(GraderError, match=r"no nbgrader_config\.py"):
        Course(tmp_path)
