"""Chapter 03, forward mode: what each visible check looks at."""

from grader.check.errors import SubmissionError
from grader.check.exercises.ch03_agrees import judge_agrees
from grader.check.exercises.ch03_dual import judge_arithmetic, judge_arrays, judge_functions
from grader.check.exercises.ch03_hand import judge_hand
from grader.check.exercises.ch03_jvp import judge_jacobian, judge_jvp
from grader.check.exercises.ch03_nested import judge_levels, judge_second
from grader.check.submission import Submission
from grader.check.verdict import Verdict


def _look_at_hand(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_hand(submission)


def _look_at_dual(submission: Submission, exercise: str) -> list[Verdict]:
    return [*judge_arithmetic(submission, seed=32), *judge_arrays(submission, seed=32, size=3)]


def _look_at_functions(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_functions(submission, seed=33, size=4)


def _look_at_jvp(submission: Submission, exercise: str) -> list[Verdict]:
    return _after(submission, "3.2", "Dual(1.0, 1.0) + 1.0", judge_jvp(submission, seed=34, size=3))


def _look_at_jacobian(submission: Submission, exercise: str) -> list[Verdict]:
    return _after(submission, "3.4", "jvp(lambda x: x, 1.0, 1.0)", judge_jacobian(submission, seed=35, m=2, n=5))


def _look_at_levels(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_levels(submission, seed=36)


def _look_at_second(submission: Submission, exercise: str) -> list[Verdict]:
    return _after(submission, "3.6", "derivative(lambda x: x, 1.0)", judge_second(submission, seed=37, n=3))


def _look_at_agrees(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_agrees(submission, seed=38, m=3, n=4)


def _after(submission: Submission, earlier: str, probe: str, verdicts: list[Verdict]) -> list[Verdict]:
    """The verdicts, led by a line that names the earlier exercise where `probe` shows that it is not done."""
    try:
        done = submission.run(f"outputs['done'] = ({probe}) is not None", {})["done"]
    except SubmissionError:
        done = False
    if done or all(verdict.passed for verdict in verdicts):
        return verdicts
    first = Verdict(f"exercise {earlier}", "missing", f"This one builds on exercise {earlier}; do that first.")
    return [first, *verdicts]


EXERCISES = {
    "3.1": _look_at_hand,
    "3.2": _look_at_dual,
    "3.3": _look_at_functions,
    "3.4": _look_at_jvp,
    "3.5": _look_at_jacobian,
    "3.6": _look_at_levels,
    "3.7": _look_at_second,
    "3.8": _look_at_agrees,
}
