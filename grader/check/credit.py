"""From verdicts to points."""

import math
from collections.abc import Sequence
from dataclasses import replace

from grader.check.show import Report, show
from grader.check.verdict import Verdict, fraction

# How much of the points the notebook's own sizes carry; the rest is for another batch size.
OWN_SIZES = 0.9


def award(exercise: str, lines: Sequence[Verdict], *, points: float) -> float:
    """The points that a list of verdicts earns, each line weighing the same, and a report of why.

    A line judged on an accelerator weighs nothing; it becomes a remark where nothing else is left to mend.
    """
    scored = [line for line in lines if not line.on]
    earned = clamp(points * fraction(scored), points)
    done = all(line.credit for line in scored)
    remarks = [_elsewhere(line) for line in lines if done and line.on and not line.credit]
    title = f"Exercise {exercise}, graded on other inputs: {earned:g} of {points:g} points"
    show(Report(title, _told(scored), tuple(remarks), brief=True), record=_record(exercise, earned, points, scored))
    return earned


def award_batches(
    exercise: str,
    *,
    points: float,
    fresh: Sequence[Sequence[Verdict]],
    other: Sequence[Verdict],
    remarks: Sequence[str] = (),
    flags: Sequence[str] = (),
) -> float:
    """The points earned over several batches, and a report of why.

    fresh: one list of verdicts a batch, at the notebook's own sizes; a line earns what it earns in its worst batch.
    other: the verdicts at another batch size. flags: what a person should look at; it costs nothing by itself.
    """
    worst = [min(lines, key=lambda verdict: verdict.credit) for lines in zip(*fresh, strict=True)]
    share = OWN_SIZES * fraction(worst) + (1 - OWN_SIZES) * fraction(other)
    earned = clamp(points * share, points)
    notes = (_other_size(other, worst), *remarks, *(f"Flagged for a person: {flag}" for flag in flags))
    title = f"Exercise {exercise}, graded on other batches: {earned:g} of {points:g} points"
    show(
        Report(title, _told(worst), tuple(note for note in notes if note), brief=True),
        record=_record(exercise, earned, points, worst, flags),
    )
    return earned


def _told(lines: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts without what shows the size or place of a true entry: the whole class is graded on these inputs."""
    return tuple(replace(verdict, picture="", where=()) for verdict in lines)


def clamp(earned: float, points: float) -> float:
    """`earned` as a plain float between 0 and `points`, to two decimals; 0.0 where it is not finite.

    nbgrader gives full points to a cell that ends in nan or a numpy number, and loses the submission on 5.0000001 of 5.
    """
    earned = float(earned)
    if not math.isfinite(earned):
        return 0.0
    return round(min(max(earned, 0.0), float(points)), 2)


def _record(
    exercise: str, earned: float, points: float, lines: Sequence[Verdict], flags: Sequence[str] = ()
) -> dict[str, object]:
    """The outcome as data, kept beside the picture of it in the graded notebook."""
    return {
        "exercise": exercise,
        "earned": earned,
        "points": points,
        "lines": [
            {"name": v.name, "status": v.status, "diagnoses": [diagnosis.key for diagnosis in v.diagnoses]}
            for v in lines
        ],
        "flags": list(flags),
    }


def remark(place: str, finding: str, why: str = "") -> str:
    """What would be found in another place ("in float64", "on cuda"), where no points depend on it."""
    return f"{place[0].upper()}{place[1:]}, {finding}. This costs nothing. {why}".rstrip()


def _elsewhere(line: Verdict) -> str:
    name = line.name.removesuffix(f", on {line.on}")
    return remark(f"on {line.on}", f"{name} would not be right", line.message)


def _other_size(other: Sequence[Verdict], worst: Sequence[Verdict]) -> str:
    lost = [v.name for v, w in zip(other, worst, strict=True) if v.credit < w.credit]
    if not lost:
        return ""
    names = ", ".join(lost[:3]) + (" and others" if len(lost) > 3 else "")
    return f"At another batch size, {names} would not be right. Is the batch size written as a number?"
