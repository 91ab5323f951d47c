"""A run over a class: everything is graded once, losses are mended, nothing is half done when it is stopped."""

import io
import json
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from grader.errors import GraderError
from grader.grade import command
from grader.grade.batch import Run
from grader.grade.result import Result
from grader.grade.workers import Job, local
from tests.grade.class_of import NAME, SOURCE, hand_in, make_course, quick_grade, rows, scores_of


@pytest.fixture
def course(tmp_path, quick_gradebook):
    course = make_course(tmp_path / "course")
    for number in range(9):
        hand_in(course, f"s{number}", points=number % 5, more=number % 3)
    course.register(NAME)
    return course


EXPECTED = {f"s{n}": {"check-2-1": float(n % 5), "check-2-2": float(n % 3)} for n in range(9)}


class Counting:
    """A worker's work that counts what it was asked for, and fails where it is told to."""

    def __init__(self, fails: dict[str, int] | None = None, error: Exception | None = None):
        self.asked: Counter[str] = Counter()
        self.wanted: dict[str, frozenset[str] | None] = {}
        self.fails, self.error = fails or {}, error or ConnectionError("the worker went away")
        self.at_once, self.most, self.lock = 0, 0, threading.Lock()

    def __call__(self, job: Job) -> Result:
        with self.lock:
            self.asked[job.student] += 1
            self.wanted[job.student] = job.wanted
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            if self.asked[job.student] <= self.fails.get(job.student, 0):
                raise self.error
            return quick_grade(job)
        finally:
            with self.lock:
                self.at_once -= 1


def grade(course, work, jobs=2, **options):
    with local(jobs) as workforce:
        return {o.student: o for o in Run(course, NAME, work=work, **options).outcomes(workforce)}


def test_kept_results_are_not_computed_again(course):
    first, second, fresh = Counting(), Counting(), Counting()
    assert {o.how for o in grade(course, first).values()} == {"graded"}
    assert scores_of(course.db_url) == EXPECTED
    assert {o.how for o in grade(course, second).values()} == {"kept"}
    assert not second.asked
    hand_in(course, "s4", points=2.5)
    assert {s: o.how for s, o in grade(course, second).items() if o.how != "kept"} == {"s4": "graded"}
    assert grade(course, fresh, fresh=True).keys() == EXPECTED.keys()
    assert set(fresh.asked.values()) == {1}


def test_one_changed_test_is_all_that_runs_again(course):
    grade(course, quick_grade)
    make_course(
        Path(course.directory.root), SOURCE.replace('submission.value("more")', '"half", submission.value("more")')
    )
    work = Counting()
    outcomes = grade(course, work)
    assert set(work.wanted.values()) == {frozenset({"check-2-2"})}
    assert {o.how for o in outcomes.values()} == {"regraded"}
    assert scores_of(course.db_url) == {
        student: {"check-2-1": scores["check-2-1"], "check-2-2": scores["check-2-2"] / 2}
        for student, scores in EXPECTED.items()
    }


def test_only_the_students_named_are_graded(course):
    work = Counting()
    assert set(grade(course, work, students=["s1", "s7"])) == set(work.asked) == {"s1", "s7"}


@pytest.mark.parametrize("jobs", [1, 3])
def test_no_more_at_a_time_than_there_are_workers(course, jobs):
    work = Counting()
    grade(course, work, jobs=jobs)
    assert work.most <= jobs
    assert scores_of(course.db_url) == EXPECTED


def test_submissions_are_streamed(course):
    """What is read and not yet graded does not grow with the class."""
    run = Run(course, NAME, work=quick_grade)
    taken = []
    plan = run._plan
    run._plan = lambda hand_in: taken.append(hand_in.student) or plan(hand_in)
    with local(1) as workforce:
        for done, _ in enumerate(run.outcomes(workforce), 1):
            assert len(taken) <= done + 2
    assert len(taken) == 9


def test_a_lost_submission_is_graded_elsewhere_and_costs_no_other(course):
    work = Counting(fails={"s3": 1})
    outcomes = grade(course, work)
    assert scores_of(course.db_url) == EXPECTED
    assert work.asked == Counter(EXPECTED.keys()) + Counter(["s3"])
    assert outcomes["s3"].how == "graded"


def test_one_that_is_lost_twice_earns_nothing_with_the_reason_and_is_not_kept(course):
    outcomes = grade(course, Counting(fails={"s3": 2}))
    assert outcomes["s3"].how == "failed"
    assert "lost 2 times (ConnectionError: the worker went away)" in outcomes["s3"].notes[0]
    assert scores_of(course.db_url) == EXPECTED | {"s3": {"check-2-1": 0.0, "check-2-2": 0.0}}
    page = (course.folder("autograded", NAME, "s3") / "two.ipynb").read_text(encoding="utf-8")
    assert "the worker went away" in page
    again = Counting()
    assert grade(course, again)["s3"].how == "graded"
    assert set(again.asked) == {"s3"}
    assert scores_of(course.db_url) == EXPECTED


def test_where_nothing_can_be_graded_the_run_says_why_and_scores_nobody(course):
    work = Counting(fails=dict.fromkeys(EXPECTED, 9), error=GraderError("No namespaces here: install bubblewrap."))
    with pytest.raises(GraderError, match="install bubblewrap"):
        grade(course, work)
    assert scores_of(course.db_url) == {}


def test_a_submission_that_cannot_be_read_earns_nothing_and_stops_nobody(course):
    (course.folder("submitted", NAME, "s2") / "two.ipynb").write_text("{no notebook", encoding="utf-8")
    grade(course, quick_grade)
    assert scores_of(course.db_url) == EXPECTED | {"s2": {"check-2-1": 0.0, "check-2-2": 0.0}}


def test_a_resubmission_that_fails_does_not_keep_its_earlier_points(course):
    grade(course, quick_grade)
    hand_in(course, "s4", points=3.5, more=2)
    grade(course, Counting(fails={"s4": 2}))
    assert scores_of(course.db_url)["s4"] == {"check-2-1": 0.0, "check-2-2": 0.0}


def run_command(course, monkeypatch, work=quick_grade, **options):
    monkeypatch.setattr(command, "Run", lambda *args, **kwargs: Run(*args, **kwargs, work=work))
    out = io.StringIO()
    status = command.run_class(Path(course.directory.root), "02", console=Console(file=out, width=120), **options)
    return status, out.getvalue()


def test_the_command_prints_a_table_and_says_how_it_went(course, monkeypatch):
    status, text = run_command(course, monkeypatch)
    assert status == 0
    assert "9 submissions in" in text
    assert "9 graded." in text
    assert "\x1b" not in text
    assert [line.split("│")[4].strip() for line in text.splitlines() if line.startswith("│ s8")] == ["5"]
    status, text = run_command(course, monkeypatch, verbose=True)
    assert "9 kept results." in text
    assert "s8  5 of 7  kept results\n" in text


def test_the_command_fails_where_a_submission_could_not_be_graded(course, monkeypatch):
    status, text = run_command(course, monkeypatch, work=Counting(fails={"s3": 2}))
    assert status == 1
    assert "8 graded, 1 not graded." in text


def test_json_is_nothing_but_json(course, monkeypatch):
    status, text = run_command(course, monkeypatch, as_data=True)
    found = json.loads(text)
    assert status == 0
    assert found["assignment"] == NAME
    assert {row["student"]: row["scores"] for row in found["submissions"]} == EXPECTED
    assert {row["total"] for row in found["submissions"]} >= {0.0, 5.0}


@pytest.fixture
def interruptible():
    """Ctrl-C is heard, also where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(course, monkeypatch):
    asked = []

    def interrupted(job):
        asked.append(job.student)
        if len(asked) == 4:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
        return quick_grade(job)

    status, text = run_command(course, monkeypatch, work=interrupted, jobs=1)
    assert status == 130
    assert "of 9 submissions. What is done is in the gradebook" in " ".join(text.split())
    done = scores_of(course.db_url)
    assert all(EXPECTED[student] == scores for student, scores in done.items())
    work = Counting()
    status, _ = run_command(course, monkeypatch, work=work)
    assert status == 0
    assert len(work.asked) <= 9 - len(done)
    assert scores_of(course.db_url) == EXPECTED


def kill_at_random(course, seed: int) -> None:
    """Start a run in a process of its own and kill it at some moment; the gradebook is then whole."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            with local(2) as workforce:
                for _ in Run(course, NAME, work=quick_grade, fresh=True).outcomes(workforce):
                    os.write(writing, b".")
        finally:
            os._exit(0)
    generator = random.Random(seed)
    for _ in range(generator.randrange(8)):
        os.read(reading, 1)
    time.sleep(generator.random() * 0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    with sqlite3.connect(course.db_url.removeprefix("sqlite:///")) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    for student, scores in scores_of(course.db_url).items():
        assert scores == EXPECTED[student], "a score is half written"


@pytest.mark.parametrize("seed", range(int(os.environ.get("KILLS", "3"))))
def test_killed_at_any_moment_no_score_is_half_written_and_running_again_completes(course, seed):
    kill_at_random(course, seed)
    grade(course, quick_grade)
    assert scores_of(course.db_url) == EXPECTED
    undisturbed = rows(course.db_url)
    grade(course, quick_grade, fresh=True)
    assert rows(course.db_url) == undisturbed
