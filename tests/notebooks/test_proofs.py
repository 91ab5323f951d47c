"""Every chapter's tests reject its wrong answers and accept its right variants."""

from pathlib import Path

import pytest
import torch

from grader.build.proof import prove
from grader.build.source import find_chapters

ROOT = Path(__file__).resolve().parents[2]
# The solution and the stub are tried too, besides those on file.
LEAST_RIGHT, LEAST_WRONG = 3, 7


@pytest.mark.parametrize("chapter", find_chapters(ROOT), ids=lambda chapter: chapter.name)
def test_chapter(chapter):
    tried: dict[str, dict[str, int]] = {}
    faults = []
    for outcome in prove(ROOT, chapter):
        counts = tried.setdefault(outcome.exercise, {"right": 0, "wrong": 0})
        counts[outcome.answer.kind] += 1
        if outcome.fault:
            faults.append(f"{outcome.exercise}, {outcome.answer.name}: {outcome.fault}")
    assert faults == []
    assert torch.get_default_dtype() == torch.float32  # other tests run in this process
    assert tried
    for exercise, counts in tried.items():
        assert counts["right"] >= LEAST_RIGHT, exercise
        assert counts["wrong"] >= LEAST_WRONG, exercise
