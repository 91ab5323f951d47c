"""Chapter 03, exercise 3.8: does the student's test of tangents accept right ones and refuse wrong ones?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grader.check.errors import SubmissionError
from grader.check.functions import refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Trial:
    """A function, a point and a direction, with a right tangent and a wrong one.

    accepted, refused: what it usually means when the wrong tangent passes, when the right one does not.
    """

    name: str
    f: Function
    x: np.ndarray
    v: np.ndarray
    right: np.ndarray
    wrong: np.ndarray
    accepted: str
    refused: str


def judge_agrees(submission: Submission, seed: int, m: int, n: int) -> list[Verdict]:
    """Verdicts on `agrees`, a line a trial: right only if the right tangent is accepted and the wrong one refused."""
    return [_judge(submission, trial) for trial in _trials(seed, m, n)]


def _trials(seed: int, m: int, n: int) -> list[Trial]:
    chance = np.random.default_rng(seed)
    A, x, v = chance.normal(size=(m, n)), chance.normal(size=n), chance.normal(size=n)

    def f(x: np.ndarray) -> np.ndarray:
        return np.sin(A @ x) + A @ (x * x)

    def slope(x: np.ndarray, v: np.ndarray) -> np.ndarray:
        return np.cos(A @ x) * (A @ v) + A @ (2 * x * v)

    t = slope(x, v)
    spoiled = t.copy()
    spoiled[np.abs(t).argmin()] += 1e-4 * np.abs(t).max()
    # A direction in which |x|² does not change: the tangent is zero, the function is not.
    level = v - (v @ x) / (x @ x) * x
    tilt = 1e-3 * np.ones(1)
    far, wide, step = 1e5, 1e4, "the step is not right for this size."
    loose, tight = "Is the tolerance too loose?", "Is the tolerance too tight, or the step too small or too large?"
    return [
        Trial("a factor of 1.001", f, x, v, t, 1.001 * t, loose, tight),
        Trial("the sign", f, x, v, t, -t, "Compare differences by absolute value.", tight),
        Trial("one entry", f, x, v, t, spoiled, "One wrong entry is enough: take the largest gap.", tight),
        Trial("the direction", f, x, v, t, slope(x, np.ones(n)), "Is v used?", "Move x along v, not along ones."),
        Trial(
            "x of size 1e5", lambda x: f(x / far), far * x, v, t / far, t / far * (1 + 1e-5),
            f"With a large x {step}", f"With a large x {step}",
        ),
        Trial(
            "v of size 1e4", f, x, wide * v, wide * t, wide * t * (1 + 1e-5),
            f"With a large v {step} Divide by |v|.", f"With a large v {step} Divide by |v|.",
        ),
        Trial(
            "values of size 1e-8", lambda x: 1e-8 * f(x), x, v, 1e-8 * t, 1.001e-8 * t,
            "A fixed absolute tolerance accepts everything that is small.", tight,
        ),
        Trial(
            "values of size 1e7", lambda x: 1e7 * f(x), x, v, 1e7 * t, 1.001e7 * t, loose,
            "A fixed absolute tolerance refuses everything that is large.",
        ),
        Trial(
            "the tangent 0", lambda x: (x @ x) * np.ones(1), x, level, np.zeros(1), tilt, loose,
            "The bound has a part for rounding, 10 u |f| / h, which does not vanish with the tangent.",
        ),
    ]  # fmt: skip


def _judge(submission: Submission, trial: Trial) -> Verdict:
    calls = 0

    def counted(x: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        return trial.f(np.asarray(x))

    try:
        right = submission.call("agrees", counted, trial.x, trial.v, trial.right)
        used = calls
        wrong = submission.call("agrees", counted, trial.x, trial.v, trial.wrong)
    except SubmissionError as error:
        return refused(trial.name, error)
    if right is None:
        return Verdict(trial.name, "missing", "Not done yet.")
    if type(right) is not bool or type(wrong) is not bool:
        return Verdict(trial.name, "wrong", f"A bool is expected; this is a {type(right).__name__}.")
    if not right:
        return Verdict(trial.name, "wrong", f"A right tangent is refused. {trial.refused}")
    if wrong:
        return Verdict(trial.name, "wrong", f"A wrong tangent is accepted. {trial.accepted}")
    if used > 3:
        return Verdict(trial.name, "wrong", f"f was evaluated {used} times; two are enough.")
    return Verdict(trial.name, "right")
