"""Chapter 07, custom autograd functions: the visible checks."""

from grader.check.exercises.ch07_rules import (
    judge_clip,
    judge_norm,
    judge_reuse,
    judge_reversal,
    judge_straight_through,
)
from grader.check.exercises.ch07_solvers import judge_batch_norm, judge_fixed_point, judge_mended, judge_swish
from grader.check.exercises.ch07_tools import judge_gradcheck, judge_operator

EXERCISES = {
    "7.1": lambda submission, _: judge_reuse(submission, seed=71, n=3, m=5),
    "7.2": lambda submission, _: judge_straight_through(submission, seed=72, shape=(4, 3)),
    "7.3": lambda submission, _: judge_reversal(submission, seed=73, shape=(2, 5), strength=1.6),
    "7.4": lambda submission, _: judge_clip(submission, seed=74, shape=(3, 4)),
    "7.5": lambda submission, _: judge_fixed_point(submission, seed=75, d=4),
    "7.6": lambda submission, _: judge_norm(submission, seed=76, n=5, m=3),
    "7.7": lambda submission, _: judge_swish(submission, seed=77, shape=(6,)),
    "7.8": lambda submission, _: judge_mended(submission, seed=78, shape=(5,)),
    "7.9": lambda submission, _: judge_gradcheck(submission, seed=79, n=3, m=5, h=0.1),
    "7.10": lambda submission, _: judge_operator(submission, seed=710, shape=(9,), k=5),
    "7.11": lambda submission, _: judge_batch_norm(submission, seed=711, n=6, m=3),
}
