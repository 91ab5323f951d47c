"""Chapter 03, exercise 3.1: a program's graph, values and tangents, written by hand."""

from collections.abc import Mapping, Sequence

import torch

from grader.check.errors import SubmissionError
from grader.check.exercises.ch03_slips import explained
from grader.check.functions import refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict


def judge_hand(submission: Submission) -> list[Verdict]:
    """Verdicts on the two resistors: the graph, the values, the tangents of two seeds."""

    def circuit(r1: torch.Tensor, r2: torch.Tensor) -> tuple[torch.Tensor, ...]:
        u, v = r1 * r2, r1 + r2
        w = u / v
        return u, v, w, 9 / w

    at = (torch.tensor(3.0, dtype=torch.float64), torch.tensor(6.0, dtype=torch.float64))
    one, zero = torch.ones_like(at[0]), torch.zeros_like(at[0])
    (u, v, w, i), (du, dv, dw, di) = torch.func.jvp(circuit, at, (one, zero))
    mixed = torch.func.jvp(circuit, at, (one, -2 * one))[1][3]
    parents = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
    got = {name: _value(submission, name) for name in ("graph", "values", "tangents", "mixed_tangent")}
    slips = {
        "w": [
            ((du * v + u * dv) / v**2, "The sign: the quotient rule subtracts the second term."),
            (du / v, "The branch through v is missing: v moves too."),
            (du * v - u * dv, "The factor 1/v² is missing."),
            (du / dv, "A quotient's tangent is not the quotient of the tangents."),
        ],
        "i": [
            (9 / w**2 * dw, "The sign: 9/w falls when w grows."),
            (-9 / w**2, "This is the local derivative; the factor ẇ is missing."),
            (9 / dw, "A quotient's tangent is not the quotient of the tangents."),
        ],
    }
    return [
        _judge_graph(got["graph"], parents),
        _judge_entries("values", got["values"], {"u": u, "v": v, "w": w, "i": i}, {}),
        _judge_entries("tangents of u, v", got["tangents"], {"u": du, "v": dv}, {}),
        _judge_entries("tangent of w", got["tangents"], {"w": dw}, slips),
        _judge_entries("tangent of i", got["tangents"], {"i": di}, slips),
        _judge_mixed(got["mixed_tangent"], mixed, di),
    ]


def _judge_mixed(got: object, want: torch.Tensor, first: torch.Tensor) -> Verdict:
    if isinstance(got, SubmissionError):
        return refused("both move", got)
    because = "Run the pass again with the seed (1, -2); tangents are linear in the seed."
    slips = [(first, "This is the tangent for the seed (1, 0); the branch of r2 is missing.")]
    return explained("both move", got, want, because, slips)


def _judge_graph(got: object, parents: Mapping[str, list[str]]) -> Verdict:
    if isinstance(got, SubmissionError):
        return refused("graph", got)
    if got is None:
        return Verdict("graph", "missing", "Not done yet.")
    if not isinstance(got, dict):
        return Verdict("graph", "wrong", "Write a dictionary: {name: [the names that its statement reads]}.")
    for name, reads in parents.items():
        mine = got.get(name)
        if not isinstance(mine, list) or set(mine) != set(reads):
            direct = " Only what the statement itself reads, not what that came from." if name in ("w", "i") else ""
            return Verdict("graph", "wrong", f"{name} has {mine!r}; look at the names right of the = sign.{direct}")
    return Verdict("graph", "right")


def _judge_entries(
    line: str, got: object, wants: Mapping[str, torch.Tensor], slips: Mapping[str, Sequence[tuple[object, str]]]
) -> Verdict:
    if isinstance(got, SubmissionError):
        return refused(line, got)
    if got is None:
        return Verdict(line, "missing", "Not done yet.")
    if not isinstance(got, dict):
        return Verdict(line, "wrong", "Write a dictionary with the entries u, v, w and i.")
    for name, want in wants.items():
        verdict = explained(line, got.get(name), want, f"That is the entry {name}.", slips.get(name, ()))
        if verdict.status != "right":
            return verdict
    return Verdict(line, "right")


def _value(submission: Submission, name: str) -> object:
    """A value, or the error that says why there is none."""
    try:
        return submission.value(name)
    except SubmissionError as error:
        return error
