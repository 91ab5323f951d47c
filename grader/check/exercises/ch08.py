"""Chapter 08, Jacobians and their optimal accumulation: the visible checks."""

from grader.check.exercises.ch08_chains import judge_chains, judge_compression
from grader.check.exercises.ch08_elimination import judge_counts, judge_elimination, judge_linearise
from grader.check.exercises.ch08_orders import judge_brute_force, judge_hourglass, judge_markowitz, judge_subsets
from grader.check.exercises.ch08_own import judge_one_output, judge_theorems, judge_trap
from grader.check.exercises.ch08_passes import judge_passes
from grader.check.submission import Submission
from grader.check.verdict import Verdict


def _passes(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_passes(submission, seed=8, n=5, m=3)


def _linearised(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_linearise(submission, seed=81) + judge_counts(submission)


def _elimination(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_elimination(submission, seed=83, n=3, inner=5, m=2)


def _brute_force(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_brute_force(submission, seed=84, inner=4) + judge_hourglass(submission, ((4, 3, 4), (2, 5, 3)))


def _one_output(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_one_output(submission)


def _markowitz(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_markowitz(submission, seed=86, inner=6) + judge_trap(submission)


def _chains(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_chains(submission, seed=87)


def _subsets(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_subsets(submission, seed=88, inner=7)


def _compression(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_compression(submission, seed=89, n=12, m=9)


def _theorems(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_theorems(submission)


EXERCISES = {
    "8.1": _passes,
    "8.2": _linearised,
    "8.3": _elimination,
    "8.4": _brute_force,
    "8.5": _one_output,
    "8.6": _markowitz,
    "8.7": _chains,
    "8.8": _subsets,
    "8.9": _compression,
    "8.10": _theorems,
}
