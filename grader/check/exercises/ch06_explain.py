"""What chapter 06's checks share: a wrong answer is compared with what usual mistakes give."""

from collections.abc import Mapping

from grader.check.functions import matches
from grader.check.mistakes import Slip, named
from grader.check.verdict import Verdict

# Where the exercise asks for a plain number, or a table of them, an answer computed in float32 is as good.
SINGLE = 1e-6


def explain(
    line: str,
    got: object,
    want: object,
    typical: Mapping[str, object],
    otherwise: str = "",
    tol: float | None = None,
    near: float | None = None,
) -> Verdict:
    """The verdict on `got` beside `want`; where it is wrong, the sentence of `typical` whose value it equals.

    typical: sentence -> the value that a usual mistake gives, of the form of `want`. otherwise: said where none fits.
    tol, near: the largest difference from `want`, and from a typical value, where the dtype's own bound does not apply.
    """
    verdict = matches(line, got, want, tol=tol)
    if verdict.passed or verdict.status in ("missing", "failed"):
        return verdict
    mistake = named(got, (Slip(value, words) for words, value in typical.items()), near)
    return matches(line, got, want, because=mistake or otherwise, tol=tol)
