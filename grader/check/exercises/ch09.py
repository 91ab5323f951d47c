"""Chapter 09, linearize and transpose: which judge looks at which exercise, on which sizes."""

from grader.check.exercises.ch09_levels import judge_jvp
from grader.check.exercises.ch09_memory import judge_memory, judge_refusals
from grader.check.exercises.ch09_partial import judge_linearize, judge_partial_eval
from grader.check.exercises.ch09_pull import judge_pull
from grader.check.exercises.ch09_reverse import judge_grad, judge_hvp
from grader.check.exercises.ch09_rules import judge_jvp_rules, judge_values
from grader.check.exercises.ch09_transposes import judge_transposes

EXERCISES = {
    "9.1": lambda submission, exercise: judge_values(submission, 91, rows=4, columns=3),
    "9.2": lambda submission, exercise: judge_jvp_rules(submission, 92, rows=3, columns=4),
    "9.3": lambda submission, exercise: judge_jvp(submission, 93, rows=3, columns=2),
    "9.4": lambda submission, exercise: judge_partial_eval(submission, 94, rows=4, columns=2),
    "9.5": lambda submission, exercise: judge_linearize(submission, 95, rows=3, columns=4),
    "9.6": lambda submission, exercise: judge_transposes(submission, 96, rows=4, columns=3),
    "9.7": lambda submission, exercise: judge_pull(submission, 97, rows=3, columns=4),
    "9.8": lambda submission, exercise: judge_grad(submission, 98, batch=8, hidden=6, embedding=2),
    "9.9": lambda submission, exercise: judge_hvp(submission, 99, batch=6, hidden=5, embedding=2),
    "9.10": lambda submission, exercise: judge_memory(submission, 910, rows=3, columns=4),
    "9.11": lambda submission, exercise: judge_refusals(submission, 911, rows=3, columns=4),
}
