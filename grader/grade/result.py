"""What grading one submission gives: plain data, which a worker hands to the coordinator and the store keeps."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Result:
    """One graded submission of one notebook.

    notebook: the executed notebook as nbformat JSON; a graded cell's outputs are the grader's own, never the student's.
    scores: grade_id ("check-5-1") -> points earned, for every graded cell; finite, between 0 and the cell's points.
    records: grade_id -> what the verdicts were, as data (exercise, earned, points, lines with name, status, diagnoses).
    flags: grade_id -> sentences for a person; they cost nothing by themselves.
    limits: grade_id -> a sentence that a student understands: which limit was met, where one was.
    isolation: what the submission ran under: "full", "process" or "none".
    seconds: phase ("fork", "sandbox", "cells", "challenges") -> wall-clock seconds.
    """

    notebook: dict
    scores: dict[str, float]
    records: dict[str, dict] = field(default_factory=dict)
    flags: dict[str, list[str]] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    isolation: str = "none"
    seconds: dict[str, float] = field(default_factory=dict)


def merge(kept: Result, graded: Result, wanted: Collection[str]) -> Result:
    """`kept`, with the graded cells named in `wanted` from `graded`: what regrading after one changed test gives."""
    new = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell
        for cell in graded.notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") in wanted
    }
    cells = [new.get(cell["metadata"].get("nbgrader", {}).get("grade_id"), cell) for cell in kept.notebook["cells"]]

    def mixed(part: str) -> dict:
        old = {name: value for name, value in getattr(kept, part).items() if name not in wanted}
        return old | {name: value for name, value in getattr(graded, part).items() if name in wanted}

    return replace(
        kept,
        notebook={**kept.notebook, "cells": cells},
        **{part: mixed(part) for part in ("scores", "records", "flags", "limits")},
        seconds=graded.seconds,
    )
