"""Each chapter's class with stock nbgrader and with ours: `python -m tests.bench chapters`, as Markdown.

Wall-clock seconds a submission with stock, and how many times as many submissions ours grades in that time; then where
its time goes, one at a time. CLASS_SIZE and CLASS_CHAPTER in the environment set other numbers than 4 and all.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from grader.build.source import Chapter, find_chapters
from grader.grade.processes import warm
from grader.grade.workers import cores
from tests.bench.bench_class import PHASES, ROOT, make_class, ours, stock


def main() -> None:
    os.environ["NBGRADER_EXECUTION"] = "autograde"  # quick mode for nbgrader's kernels too
    named = os.environ.get("CLASS_CHAPTER", "")
    heads = ["chapter", "stock, s", "one at a time", f"{cores()} at a time", "kept", *PHASES]
    print(f"| {' | '.join(heads)} |\n|---|{'---:|' * (len(heads) - 1)}")
    for chapter in find_chapters(ROOT, [named] if named else None):
        print(f"| {' | '.join(row(chapter, int(os.environ.get('CLASS_SIZE', '4'))))} |", flush=True)


def row(chapter: Chapter, size: int) -> list[str]:
    """One chapter's figures as they are printed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place, warm():
        root = Path(place)
        make_class(root, chapter, size).register(chapter.name)
        first = stock(root, chapter)
        found = [
            ours(root, chapter, way="one", jobs=1, fresh=True),
            ours(root, chapter, way="all", jobs=cores(), fresh=True),
            ours(root, chapter, way="kept", jobs=1, repeat=5),
        ]
    return [chapter.name, f"{first.each:.1f}", *(f"{first.each / one.each:.0f}" for one in found), *found[0].shares]


if __name__ == "__main__":
    main()
