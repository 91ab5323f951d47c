"""Chapter 04, reverse mode: which judge looks at which exercise, on which sizes."""

from grader.check.exercises.ch04_engine import judge_backward
from grader.check.exercises.ch04_nodes import judge_fan_out, judge_nodes, judge_order
from grader.check.exercises.ch04_operations import judge_elementwise, judge_gather, judge_products, judge_softmax
from grader.check.exercises.ch04_uses import judge_cheap_gradient, judge_checkpoints, judge_training

EXERCISES = {
    "4.1": lambda submission, exercise: judge_nodes(submission, 41),
    "4.2": lambda submission, exercise: judge_fan_out(submission, 42, nodes=9),
    "4.3": lambda submission, exercise: judge_order(submission, 43, nodes=12, chain=2_000, rungs=40),
    "4.4": lambda submission, exercise: judge_elementwise(submission, 44, rows=3, columns=4),
    "4.5": lambda submission, exercise: judge_products(submission, 45, rows=2, columns=3),
    "4.6": lambda submission, exercise: judge_gather(submission, 46, rows=5, columns=2),
    "4.7": lambda submission, exercise: judge_softmax(submission, 47, rows=4, columns=5),
    "4.8": lambda submission, exercise: judge_backward(submission, 48, programs=40, chain=2_000),
    "4.9": lambda submission, exercise: judge_training(submission, 49, batch=32, hidden=64, embedding=10),
    "4.10": lambda submission, exercise: judge_cheap_gradient(submission, 410, n=7),
    "4.11": lambda submission, exercise: judge_checkpoints(submission, 411, lengths=((20, 5), (23, 5), (4, 9))),
}
