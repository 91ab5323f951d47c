"""Chapter 08: a Jacobian from passes, one column or one row at a time."""

from collections.abc import Callable

import torch

from grader.check.exercises.ch01_slips import explained
from grader.check.functions import ask, matches
from grader.check.submission import Submission
from grader.check.verdict import Verdict


class Passes:
    """jvp and vjp of the map v -> J v, and how often each was asked."""

    def __init__(self, J: torch.Tensor):
        self.J, self.forward, self.reverse = J, 0, 0

    def jvp(self, v: object) -> torch.Tensor:
        self.forward += 1
        return self.J @ _vector(v, self.J.shape[1], "jvp", "tangent", "n")

    def vjp(self, u: object) -> torch.Tensor:
        self.reverse += 1
        return _vector(u, self.J.shape[0], "vjp", "cotangent", "m") @ self.J


def judge_passes(submission: Submission, seed: int, n: int, m: int) -> list[Verdict]:
    """Verdicts on by_columns, by_rows and jacobian, for random linear maps of (m, n) and of lopsided shapes."""
    J = _matrix(seed, m, n)
    columns, rows = "by_columns: n passes", "by_rows: m passes"
    lines = [
        _judge(submission, columns, "by_columns", J, lambda p: (p.jvp, n), (n, 0)),
        _judge(submission, rows, "by_rows", J, lambda p: (p.vjp, m), (0, m)),
    ]
    for words, (height, width) in (("wide", (2, n + 4)), ("tall", (m + 6, 2))):
        J = _matrix(seed + height, height, width)
        passes = (0, height) if height < width else (width, 0)
        handed = _both(width, height)
        lines.append(_judge(submission, f"jacobian: a {words} one, 2 passes", "jacobian", J, handed, passes))
    return lines


def _both(n: int, m: int) -> Callable[[Passes], tuple]:
    return lambda p: (p.jvp, p.vjp, n, m)


def _judge(
    submission: Submission,
    line: str,
    function: str,
    J: torch.Tensor,
    handed: Callable[[Passes], tuple],
    passes: tuple[int, int],
) -> Verdict:
    oracle = Passes(J)

    def judge(got: object) -> Verdict:
        verdict = matches(line, got, J, because="Pass i is asked with the i-th unit vector and gives one line of J.")
        if not verdict.passed:
            return explained(verdict, got, _slips(J))
        if (oracle.forward, oracle.reverse) != passes:
            asked = f"{oracle.forward} calls of jvp and {oracle.reverse} of vjp"
            enough = f"{passes[0]} of jvp" if passes[0] else f"{passes[1]} of vjp"
            return Verdict(line, "wrong", f"The matrix is right, but you made {asked}; {enough} are enough.")
        return verdict

    return ask(submission, line, lambda: submission.call(function, *handed(oracle)), judge)


def _slips(J: torch.Tensor) -> dict[str, torch.Tensor]:
    return {
        "This is the transpose: the shape of J is (outputs, inputs), so jvp gives columns and vjp gives rows.": J.T,
        "This is J applied to a vector of ones: it adds the columns up instead of keeping them apart.": J.sum(1),
        "This is a vector of ones times J: it adds the rows up instead of keeping them apart.": J.sum(0),
        "This is one line of J only; one pass for each unit vector, then stack.": J[:, 0],
        "This is one row of J only; one pass for each unit vector, then stack.": J[0],
        "All lines stand in one long vector: stack them, do not concatenate.": J.T.reshape(-1),
        "All rows stand in one long vector: stack them, do not concatenate.": J.reshape(-1),
    }


def _vector(value: object, size: int, name: str, word: str, letter: str) -> torch.Tensor:
    vector = torch.as_tensor(value, dtype=torch.float64)
    if vector.shape != (size,):
        raise ValueError(f"{name} wants a {word} of shape ({letter},) = ({size},), not {tuple(vector.shape)}.")
    return vector


def _matrix(seed: int, m: int, n: int) -> torch.Tensor:
    return torch.randn(m, n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
