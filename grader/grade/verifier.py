"""The instructor's side: a process that runs hidden tests. It holds test texts and the course's secret; no student's
code ever runs in it.
"""

from __future__ import annotations

import ast
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grader.check.challenge import preparing
from grader.check.credit import clamp
from grader.check.errors import ForwardCellError, GraderError, SubmissionError
from grader.check.replay import Replay, describe
from grader.check.show import Report, show
from grader.grade.protocol import Channel, ChannelError, Message, pair
from grader.grade.remote import Lost, RemoteSubmission
from grader.grade.shell import Recorder, Shell
from grader.grade.wire import Packer
from grader.record import RECORD


@dataclass(frozen=True)
class Score:
    """What one hidden test gave.

    earned: a finite float from 0 to the cell's points. outputs: display_data with the report, as nbformat has it.
    record: the verdicts as data. limit: which limit the submission met, in words for the student, "" where none.
    lost: the student process can be asked nothing more. fault: what is wrong with the test itself, for the instructor.
    """

    earned: float
    outputs: list[dict] = field(default_factory=list)
    record: dict = field(default_factory=dict)
    limit: str = ""
    lost: bool = False
    fault: str = ""


def run_test(text: str, submission: RemoteSubmission, *, exercise: str, points: float, shell: Shell) -> Score:
    """Run a hidden test in a namespace that holds `submission` and nothing else; its last expression is the score."""
    shell.recorder = Recorder()
    limit = fault = ""
    earned: object = 0.0
    try:
        earned = evaluate(text, {"submission": submission})
    except Lost as lost:
        limit = str(lost)
    except (SubmissionError, ForwardCellError) as error:
        limit = str(error)
    except Exception as error:
        fault = f"the hidden test of exercise {exercise} stopped: {describe(error)}"
    if submission.lost:  # a test may have caught it
        limit, fault = str(submission.lost), ""
    elif not limit and not fault:
        fault = _improper(earned, exercise)
    if limit or fault:
        earned = 0.0
        shell.recorder = Recorder()
        words = limit or "the test of this exercise could not be run; your instructor has been told."
        record = {"exercise": exercise, "earned": 0.0, "points": points, "lines": [], "flags": []}
        show(Report(f"Exercise {exercise}: 0 of {points:g} points", problem=words), record=record)
    # What a test prints, or warns of, is no part of the result.
    shown = [output for output in shell.recorder.outputs if output["output_type"] == "display_data"]
    records = [output["data"][RECORD] for output in shown if RECORD in output["data"]]
    return Score(
        clamp(earned, points), shown, records[-1] if records else {}, limit, submission.lost is not None, fault
    )


def evaluate(text: str, scope: dict[str, object]) -> object:
    """Run a test's text; the value of its last expression. Raises what the text raises, SyntaxError included."""
    *body, last = ast.parse(text).body
    if not isinstance(last, ast.Expr):
        raise GraderError("its last line is no expression; it must be the points earned.")
    exec(compile(ast.Module(body, []), "<hidden test>", "exec"), scope)
    return eval(compile(ast.Expression(last.value), "<hidden test>", "eval"), scope)


def serve(channel: Channel, student: Channel, shell: Shell) -> None:
    """Run the tests that the grader hands over, one after another, until the channel closes."""
    while True:
        try:
            message = channel.receive()
            score = _serve_one(message, student, shell)
            channel.send("scored", message.id, plain=vars(score))
        except ChannelError:
            return


def prepare(message: Message, shell: Shell) -> None:
    """Run tests for nobody: each finds nothing handed in, and what depends on no answer stays in memory for later."""
    plain = message.plain
    os.environ.update({str(name): str(value) for name, value in _mapping(plain["environment"]).items()})
    token = preparing.set(True)
    try:
        for test in plain["tests"]:
            nobody = _Nobody(plain["forward"])
            run_test(test["text"], nobody, exercise=test["exercise"], points=test["points"], shell=shell)
    finally:
        preparing.reset(token)


class _Nobody(RemoteSubmission):
    """A submission with nothing in it, and no process behind it."""

    def __init__(self, forward: Sequence[str]):
        super().__init__(pair()[0], forward, 0.0)

    def replay(
        self, exercise: str, case: Mapping[str, object], *, disturb: int | None = None, device: str = "cpu"
    ) -> Replay:
        return Replay()

    def _ask(self, kind: str, plain: Mapping[str, object], packer: Packer, data: object) -> tuple[Message, object]:
        raise SubmissionError("missing", "Nothing is handed in.")


def _serve_one(message: Message, student: Channel, shell: Shell) -> Score:
    plain = message.plain
    os.environ.update({str(name): str(value) for name, value in _mapping(plain["environment"]).items()})
    forward: Sequence[str] = plain["forward"]
    submission = RemoteSubmission(student, forward, plain["seconds"])
    return run_test(plain["text"], submission, exercise=plain["exercise"], points=plain["points"], shell=shell)


def _mapping(value: object) -> Mapping:
    return value if isinstance(value, Mapping) else {}


def _improper(earned: object, exercise: str) -> str:
    """Why the value of a test is no score, "" where it is one."""
    if type(earned) not in (int, float):
        return f"the hidden test of exercise {exercise} ends in a {type(earned).__name__}, not in a plain number."
    return (
        "" if math.isfinite(earned) else f"the hidden test of exercise {exercise} ends in {earned}, which is no score."
    )
