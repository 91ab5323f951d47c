"""Chapter 03, exercises 3.4 and 3.5: `jvp` on any structure, and the Jacobian by columns."""

from collections.abc import Mapping

import numpy as np

from grader.check.errors import SubmissionError
from grader.check.exercises.ch03_programs import ARITHMETIC_STEPS, draw_programs, judge_runs, random_numbers
from grader.check.exercises.ch03_slips import explained
from grader.check.functions import matches, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

JVP = """
calls = []
f = eval(source, globals())
def counted(x):
    calls.append(None)
    return f(x)
outputs["answer"] = jvp(counted, x, v)
outputs["calls"] = len(calls)
"""

JVP_PROGRAMS = """
for number, source in enumerate(sources):
    def program(x):
        space = {**globals(), **x}
        exec(source, space)
        return {"z": space["z"]}
    answer = jvp(program, dict(zip("abc", points[number])), dict(zip("abc", seeds[number])))
    outputs[str(number)] = None if answer is None else [answer[0]["z"], answer[1]["z"]]
"""

JACOBIAN = """
calls = []
f = eval(source, globals())
def counted(x):
    calls.append(None)
    return f(x)
outputs["answer"] = jacobian(counted, x)
outputs["calls"] = len(calls)
"""


def judge_jvp(submission: Submission, seed: int, size: int) -> list[Verdict]:
    """Verdicts on `jvp` for numbers, a pair, a dictionary of arrays of shape (size,), and a constant output."""
    a, b, a_dot, b_dot = (abs(number) for number in random_numbers(seed, 4))
    w, x, c, w_dot, x_dot, c_dot = (np.array(random_numbers(seed + offset, size)) for offset in range(1, 7))
    tree, rates = {"w": w, "in": [x, c]}, {"w": w_dot, "in": [x_dot, c_dot]}
    product = w * x
    cases = [
        ("one number", "lambda x: x * x / (x + 2)", a, a_dot),
        ("e = (a*b)*(b+1), a moves", "lambda p: (p[0] * p[1]) * (p[1] + 1)", [a, b], [1.0, 0.0]),
        ("e = (a*b)*(b+1), b moves", "lambda p: (p[0] * p[1]) * (p[1] + 1)", [a, b], [0.0, 1.0]),
        ("arrays in a dictionary", "lambda p: {'y': p['w'] * p['in'][0] + p['in'][1]}", tree, rates),
        ("a constant among the outputs", "lambda p: [p[0] * p[1], 5.0]", [a, b], [a_dot, b_dot]),
    ]
    wants = [
        (a * a / (a + 2), (a * a + 4 * a) / (a + 2) ** 2 * a_dot),
        (a * b * (b + 1), b * (b + 1)),
        (a * b * (b + 1), a * (2 * b + 1)),
        ({"y": product + c}, {"y": w_dot * x + w * x_dot + c_dot}),
        ([a * b, 5.0], [a_dot * b + a * b_dot, 0.0]),
    ]
    return [_judge_jvp(submission, *case, want) for case, want in zip(cases, wants, strict=True)]


def judge_jvp_programs(submission: Submission, seed: int, count: int) -> list[Verdict]:
    """Verdicts on `jvp` of random programs of three inputs, arithmetic only."""
    sources, points, seeds = draw_programs(seed, count, ARITHMETIC_STEPS)
    return judge_runs(submission, JVP_PROGRAMS, sources, points, seeds)


def judge_jacobian(submission: Submission, seed: int, m: int, n: int) -> list[Verdict]:
    """Verdicts on `jacobian` for two maps from (n,) to (m,), and on the number of passes."""
    W = np.array(random_numbers(seed, m * n)).reshape(m, n)
    c, x = np.array(random_numbers(seed + 1, m)), np.array(random_numbers(seed + 2, n))
    curved = ("lambda x: W @ (x * x) + x[0] * c", 2 * W * x + np.outer(c, np.eye(n)[0]))
    size = (x * x).sum()
    scaled = ("lambda x: (W @ x) / (x * x).sum()", W / size - np.outer(W @ x, 2 * x) / size**2)
    names = (f"curved, {n} inputs to {m} outputs", f"divided by a sum, {n} to {m}")
    return [
        _judge_jacobian(submission, name, source, want, {"W": W, "c": c, "x": x})
        for name, (source, want) in zip(names, (curved, scaled), strict=True)
    ]


def _judge_jvp(submission: Submission, line: str, source: str, x: object, v: object, want: tuple) -> Verdict:
    try:
        answer = submission.run(JVP, {"source": source, "x": x, "v": v})
    except SubmissionError as error:
        return refused(line, error)
    got = answer["answer"]
    if got is None:
        return Verdict(line, "missing", "Not done yet.")
    if not (isinstance(got, list) and len(got) == 2):
        return Verdict(line, "wrong", "jvp returns two things: f(x) and J v.")
    for part, name in ((0, "primals"), (1, "tangents")):
        mine, true = _leaves(got[part]), _leaves(want[part])
        if list(mine) != list(true):
            return Verdict(line, "wrong", f"The {name} have not the structure of f(x): {got[part]!r}.")
        slips = [([np.zeros(np.shape(leaf)) for leaf in true.values()], "This is zero: was v the seed?")]
        slips.append((list(_leaves(want[1 - part]).values()), "Primals and tangents have changed places."))
        verdict = explained(
            line, list(mine.values()), list(true.values()), f"Those are the {name}; the seed of x is v.", slips
        )
        if verdict.status != "right":
            return verdict
    if answer["calls"] != 1:
        return Verdict(line, "wrong", f"f was called {answer['calls']} times; one pass gives both results.")
    return Verdict(line, "right")


def _judge_jacobian(
    submission: Submission, line: str, source: str, want: np.ndarray, inputs: Mapping[str, object]
) -> Verdict:
    try:
        answer = submission.run(JACOBIAN, {"source": source, **inputs})
    except SubmissionError as error:
        return refused(line, error)
    got = answer["answer"]
    m, n = want.shape
    if np.shape(got) == (n, m) and np.allclose(got, want.T, rtol=1e-9, atol=0):
        return Verdict(line, "wrong", f"This is transposed: the tangents are columns, the shape is {(m, n)}.")
    if np.shape(got) == (m,):
        return Verdict(line, "wrong", f"One pass gives one direction; {n} unit seeds give the {n} columns.")
    verdict = matches(line, got, want, because=f"Column j is the tangent for the unit seed j; the shape is {(m, n)}.")
    if verdict.status == "right" and answer["calls"] != n:
        return Verdict(line, "wrong", f"Right, but f was run {answer['calls']} times; {n} passes are enough.")
    return verdict


def _leaves(tree: object, path: str = "") -> dict[str, object]:
    """The leaves of nested lists and dictionaries, by their path."""
    if isinstance(tree, dict):
        return {k: leaf for key in sorted(tree) for k, leaf in _leaves(tree[key], f"{path}[{key!r}]").items()}
    if isinstance(tree, list | tuple):
        return {k: leaf for i, item in enumerate(tree) for k, leaf in _leaves(item, f"{path}[{i}]").items()}
    return {path: tree}
