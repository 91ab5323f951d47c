"""What grading one submission gives: plain data, which a worker hands to the coordinator and the store keeps."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    peak_bytes: the student process's peak proportional set size, 0 where it is not known.
    """

    notebook: dict
    scores: dict[str, float]
    records: dict[str, dict] = field(default_factory=dict)
    flags: dict[str, list[str]] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    isolation: str = "none"
    seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: int = 0
