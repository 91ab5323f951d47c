"""Kill the grader of a real class at random moments: `python -m tests.grade.kills [HOW OFTEN]`, 20 times unless said.

The bundled class of chapter 05 is graded by `grader grade` in a process of its own, which gets SIGKILL at some moment.
Each time the gradebook must open and hold no score other than an undisturbed run's; running again completes it.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.build.source import find_chapters
from tests.bench.bench_class import ROOT, make_class
from tests.grade.class_of import rows, scores_of

CHAPTER = "05"
STUDENTS = 13


def main(often: int = 20) -> int:
    chapter = find_chapters(ROOT, [CHAPTER])[0]
    with tempfile.TemporaryDirectory(prefix="kills-") as place:
        course = make_class(Path(place), chapter, STUDENTS)
        url = course.db_url
        started = time.monotonic()
        assert start(place, "--fresh").wait() == 0
        whole = time.monotonic() - started
        expected, undisturbed = scores_of(url), rows(url)
        generator, faults = random.Random(0), 0
        for number in range(1, often + 1):
            # From nothing each time: what stands in the gradebook was written in this round.
            with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
                database.execute("update grade set auto_score = null")
            moment = generator.uniform(0.2, 1.0) * whole
            run = start(place, "--fresh")
            time.sleep(moment)
            run.send_signal(signal.SIGKILL)
            run.wait()
            with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
                sound = database.execute("pragma integrity_check").fetchone() == ("ok",)
            written = {student: scores for student, scores in scores_of(url).items() if None not in scores.values()}
            half = [s for s, scores in scores_of(url).items() if len({v is None for v in scores.values()}) > 1]
            right = all(scores == expected[student] for student, scores in written.items())
            again = start(place).wait() == 0 and rows(url) == undisturbed
            fault = not sound or bool(half) or not right or not again
            faults += fault
            print(
                f"{number}: killed after {moment / whole:.0%} of a run, {len(written)} of {STUDENTS} written; "
                f"{'FAULT' if fault else 'whole, and completed by running again'}",
                flush=True,
            )
    print(f"{often - faults} of {often} without a fault")
    return int(bool(faults))


def start(place: str, *options: str, chapter: str = CHAPTER) -> subprocess.Popen:
    """`grader grade` on the class, as an instructor starts it."""
    command = [sys.executable, "-m", "grader", "grade", chapter, *options]
    return subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
