"""`check("5.1")`: the visible check under an exercise."""

import os
from importlib import import_module

from grader.check.errors import CheckFailed, GraderError
from grader.check.replay import replaying
from grader.check.show import Report, show
from grader.check.submission import LiveSubmission


def check(exercise: str, hints: int = 0) -> None:
    """Show how far exercise `exercise` ("5.1") is. It never stops a notebook that runs on.

    hints: how many hints about the first mistake to unfold: 1 says where, 2 which branch or shape, 3 the local rule.

    It reads values and runs functions; it changes nothing but the name `submission`, which it binds to the running
    notebook for the tests below it. Under nbgrader's Validate button, which shows errors only, an exercise that is not
    passed raises CheckFailed with the report as plain text.
    """
    if replaying.get():
        return
    submission = _live_submission()
    report = report_on(submission, exercise)
    show(report, hints=hints)
    if not report.passed and os.environ.get("NBGRADER_EXECUTION") == "validate":
        raise CheckFailed(report.text())


def report_on(submission: LiveSubmission, exercise: str) -> Report:
    """The report on one exercise of the notebook behind `submission`."""
    title = f"Exercise {exercise}"
    try:
        verdicts = _exercises(exercise)[exercise](submission, exercise)
    except GraderError as error:
        return Report(title, problem=str(error))
    return Report(title, tuple(verdicts))


def _exercises(exercise: str) -> dict:
    """The checks of an exercise's chapter, by exercise."""
    chapter = str(exercise).split(".")[0]
    name = f"grader.check.exercises.ch{int(chapter):02d}" if chapter.isdigit() else ""
    try:
        exercises = import_module(name).EXERCISES
    except (ModuleNotFoundError, ValueError):
        exercises = {}
    if exercise not in exercises:
        known = f" This chapter has {', '.join(exercises)}." if exercises else ""
        raise GraderError(f"there is no exercise {exercise!r}.{known}")
    return exercises


def _live_submission() -> LiveSubmission:
    try:
        from IPython import get_ipython
    except ImportError:
        shell = None
    else:
        shell = get_ipython()
    if shell is None:
        raise GraderError("check(…) looks at a running notebook; call it in one, below the exercise.")
    submission = LiveSubmission(shell.user_ns, lambda: list(shell.history_manager.input_hist_parsed))
    shell.user_ns["submission"] = submission
    return submission
