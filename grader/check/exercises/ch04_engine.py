"""Chapter 04, reverse mode: backward and its manners, and random programs through the whole engine."""

from collections.abc import Callable
from functools import partial

import numpy as np

from grader.check.errors import SubmissionError
from grader.check.exercises.ch04_arrays import UNDONE
from grader.check.exercises.ch04_programs import RUN_PROGRAMS, judge_program, one_thread, random_program
from grader.check.functions import ask, expect_that, matches, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

# The graphs below are made with `record` alone, so that they do not depend on the student's operations.
MANNERS = """
def square(t):
    x = t.data
    return record(x * x, (t, lambda g: g * x), (t, lambda g: g * x))


def scaled(t, by):
    return record(t.data * by, (t, lambda g: g * by))


def handed_on(s, t):
    return record(s.data + t.data, (s, lambda g: g), (t, lambda g: g))


def stopped_by(run):
    try:
        run()
    except Exception as error:
        return type(error).__name__
    return "nothing"


x = Tensor(start, requires_grad=True)
"""

PROBES = {
    "fan": """
s = square(x)
backward(handed_on(s, square(s)), g)
outputs["grad"] = x.grad
""",
    "number": """
y = scaled(x, 2.0)
outputs["raised"] = stopped_by(lambda: backward(y))
t = Tensor([2.0], requires_grad=True)
backward(scaled(t, 3.0))
outputs["one"] = t.grad
""",
    "again": """
s = square(x)
y = square(s)
backward(y, g)
outputs["first"] = x.grad + 0
outputs["raised"] = stopped_by(lambda: backward(y, g))
outputs["second"] = x.grad
outputs["freed"] = [len(y.edges), len(s.edges), y.freed, s.freed, x.freed]
""",
    "part": """
s, t = square(x), Tensor(start, requires_grad=True)
backward(handed_on(s, t), g)
before = [x.grad + 0, t.grad + 0]
u = handed_on(t, s)
outputs["raised"] = stopped_by(lambda: backward(u, g))
outputs["changed"] = [float(np.abs(leaf.grad - old).max()) for leaf, old in zip([x, t], before)]
""",
    "keep": """
s = square(x)
y = square(s)
for call in ("first", "second", "third"):
    backward(y, g, keep_graph=call != "third")
    outputs[call] = x.grad + 0
""",
    "own": """
t = Tensor(start, requires_grad=True)
backward(handed_on(x, t), g)
x.grad *= 0
outputs["other"] = t.grad + 0
backward(scaled(t, 2.0), g)
outputs["sum"] = t.grad
zero_grad([x, t])
outputs["zeroed"] = [x.grad, t.grad]
""",
    "constant": """
c = Tensor(start)
backward(square(handed_on(x, scaled(c, 2.0))), g)
outputs["grad"], outputs["constant"] = x.grad, c.grad
""",
    "off": """
with no_grad():
    with no_grad():
        pass
    y = square(x)
outputs["edges"] = len(y.edges)
outputs["after"] = len(square(x).edges)
try:
    with no_grad():
        1 / 0
except ZeroDivisionError:
    pass
outputs["raised"] = len(square(x).edges)
tape["recording"] = False
with no_grad():
    pass
outputs["still"] = len(square(x).edges)
""",
    "deep": """
y = x
for _ in range(depth):
    y = scaled(y, 1.0)
backward(y, g)
outputs["grad"] = x.grad
""",
}


def judge_backward(submission: Submission, seed: int, programs: int, chain: int) -> list[Verdict]:
    """Verdicts on backward, no_grad and zero_grad, the last line over `programs` random programs."""
    rng = np.random.default_rng(seed)
    x, g = rng.uniform(0.5, 2, (2, 3)), rng.normal(size=(2, 3))

    def probe(name: str, line: str, judge: Callable[[str, dict], Verdict]) -> Verdict:
        question = partial(_probe, submission, name, {"start": x, "g": g, "depth": chain})
        return ask(submission, line, question, lambda found: _done(line, found) or judge(line, found))

    fan, fourth = g * (2 * x + 4 * x**3), g * 4 * x**3
    return [
        probe(
            "fan",
            "fan-out in two stages",
            lambda line, o: matches(line, o["grad"], fan, because=_fan_slip(o["grad"], x, g)),
        ),
        probe("number", "no cotangent given", _judge_number),
        probe("again", "a second call", lambda line, o: _judge_again(line, o, fourth)),
        probe("part", "a freed part in a new graph", _judge_part),
        probe("keep", "keep_graph, three calls", lambda line, o: _judge_kept(line, o, fourth)),
        probe("own", "gradients of one's own", lambda line, o: _judge_own(line, o, g)),
        probe("constant", "a constant operand", lambda line, o: _judge_constant(line, o, g * 6 * x)),
        probe("off", "no_grad", _judge_off),
        probe(
            "deep",
            f"a chain of {chain:,}",
            lambda line, o: matches(line, o["grad"], g, because="The gradient is g itself."),
        ),
        judge_programs(submission, seed, programs),
    ]


def judge_programs(submission: Submission, seed: int, programs: int) -> Verdict:
    """The verdict on the gradients of `programs` random programs, beside torch's."""
    line = f"{programs} random programs"
    with one_thread():
        drawn = [random_program(seed + i) for i in range(programs)]
    try:
        answers = submission.run(RUN_PROGRAMS, {"programs": [program.inputs for program in drawn]})["answers"]
    except SubmissionError as error:
        return refused(line, error)
    if all(isinstance(answer, list) and all(grad is None for grad in answer) for answer in answers):
        return Verdict(line, "missing", "Not done yet.")
    found = [(p, slip) for p, answer in zip(drawn, answers, strict=True) if (slip := judge_program(p, answer))]
    if not found:
        return Verdict(line, "right")
    program, slip = min(found, key=lambda pair: len(pair[0].text))
    if all(UNDONE in slip for _, slip in found):
        text = f"Not done yet: {len(found)} of {programs} use an operation of 4.4 to 4.7 that returns None."
        return Verdict(line, "missing", f"{text} The shortest: {program.text}.")
    return Verdict(
        line, "wrong", f"{len(found)} of {programs} differ from torch. The shortest: {program.text}. There {slip}"
    )


def _probe(submission: Submission, name: str, inputs: dict[str, object]) -> dict[str, object] | None:
    """What a probe finds; None where it used a gradient that is not there, which is the untouched stub."""
    try:
        return submission.run(MANNERS + PROBES[name], inputs)
    except SubmissionError as error:
        if UNDONE in str(error):
            return None
        raise


def _done(line: str, found: dict) -> Verdict | None:
    """ "Missing" where nothing has come back from a walk that adds to no gradient at all."""
    shown = [value for key, value in found.items() if key in ("grad", "first", "other", "edges")]
    return Verdict(line, "missing", "Not done yet.") if shown and shown[0] is None else None


def _fan_slip(got: object, x: np.ndarray, g: np.ndarray) -> str:
    if got is not None and np.shape(got) == x.shape:
        slips = {
            "This is the gradient without the cotangent g: begin with g, not with ones.": 2 * x + 4 * x**3,
            "One share is lost at a node with two readers: was it assigned where it should be added?": g * x**3,
            "Each node with two edges to one operand gives two shares; both are added.": g * (x + x**3),
        }
        for sentence, value in slips.items():
            if np.allclose(got, value):
                return sentence
    return "A node's shares are added, and it hands on its own only when it has all of them."


def _judge_number(line: str, found: dict) -> Verdict:
    if found["one"] is None:
        return Verdict(line, "missing", "Not done yet.")
    if found["raised"] != "ValueError":
        return Verdict(
            line,
            "wrong",
            f"For an output of six entries and no g a ValueError is wanted; this raised {found['raised']}.",
        )
    return matches(line, found["one"], np.array([3.0]), because="With one entry and no g, the cotangent is 1.")


def _judge_again(line: str, found: dict, want: np.ndarray) -> Verdict:
    first = matches(line, found["first"], want)
    if not first.passed:
        return first
    if found["raised"] != "RuntimeError":
        return Verdict(
            line,
            "wrong",
            f"The first call freed the graph, so the second should raise RuntimeError; it raised {found['raised']}.",
        )
    if found["freed"] != [0, 0, True, True, False]:
        return Verdict(
            line,
            "wrong",
            "After backward every node that had edges has edges = () and freed = True; leaves are not freed.",
        )
    return matches(
        line, found["second"], want, because="The call that was refused has changed x.grad: look for freed nodes first."
    )


def _judge_part(line: str, found: dict) -> Verdict:
    if found["raised"] != "RuntimeError":
        return Verdict(
            line,
            "wrong",
            f"A new graph with a freed node in it should raise RuntimeError; it raised {found['raised']}.",
        )
    return expect_that(
        line,
        found["changed"] == [0, 0],
        "It was refused too late: some grad had changed by then. Look for freed nodes before walking.",
    )


def _judge_kept(line: str, found: dict, want: np.ndarray) -> Verdict:
    verdict = matches(line, found["first"], want)
    if verdict.passed and np.allclose(found["second"], found["first"]):
        return Verdict(line, "wrong", "The second call should add to x.grad; it has replaced it.")
    left = (
        "Each call adds the same once more. More than that: cotangents of intermediate nodes were left over from the "
        "call before."
    )
    for calls, name in ((2, "second"), (3, "third")):
        verdict = verdict if not verdict.passed else matches(line, found[name], calls * want, because=left)
    return verdict


def _judge_own(line: str, found: dict, g: np.ndarray) -> Verdict:
    other = matches(
        line,
        found["other"],
        g,
        because="Two leaves share one array: changing x.grad in place changed t.grad. Give each leaf a copy.",
    )
    if not other.passed:
        return other
    added = matches(line, found["sum"], 3 * g, because="A second loss adds to grad: g first, 2·g more.")
    if not added.passed:
        return added
    if any(grad is not None for grad in found["zeroed"]):
        return Verdict(line, "wrong", "zero_grad sets every parameter's grad to None.")
    return Verdict(line, "right")


def _judge_constant(line: str, found: dict, want: np.ndarray) -> Verdict:
    verdict = matches(line, found["grad"], want)
    if not verdict.passed:
        return verdict
    return expect_that(line, found["constant"] is None, "A tensor that does not require derivatives gets no grad.")


def _judge_off(line: str, found: dict) -> Verdict:
    if found["edges"]:
        return Verdict(
            line,
            "wrong",
            "In `with no_grad():`, after an inner block has ended, operations are recorded: restore what was there "
            "before, not True.",
        )
    if not found["after"]:
        return Verdict(line, "wrong", "After the block nothing is recorded: restore tape['recording'].")
    if not found["raised"]:
        return Verdict(line, "wrong", "After a block that raised, nothing is recorded: restore in a `finally`.")
    return expect_that(
        line,
        not found["still"],
        "Recording was off before the block and is on after it: restore what was there before.",
    )
