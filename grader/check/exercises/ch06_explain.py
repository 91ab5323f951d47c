"""What chapter 06's checks share: a wrong answer is compared with what usual mistakes give."""

from collections.abc import Mapping

from grader.check.functions import matches
from grader.check.verdict import Verdict


def explain(
    line: str,
    got: object,
    want: object,
    typical: Mapping[str, object],
    otherwise: str = "",
    tol: float | None = None,
) -> Verdict:
    """The verdict on `got` beside `want`; where it is wrong, the sentence of `typical` whose value it equals.

    typical: sentence -> the value that a usual mistake gives, of the form of `want`. otherwise: said where none fits.
    """
    verdict = matches(line, got, want, tol=tol)
    if verdict.passed or verdict.status in ("missing", "failed"):
        return verdict
    mistake = next((words for words, value in typical.items() if matches(line, got, value).passed), otherwise)
    return matches(line, got, want, because=mistake, tol=tol)
