"""Grade hostile submissions in a nest, and look for anything that one of them gained, left behind or spoilt."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.grade.assignment import Assignment
from grader.grade.grading import grade
from grader.grade.result import Result
from grader.grade.sandbox import limits
from grader.grade.sandbox.policy import own_name
from grader.grade.settings import Settings
from tests.hostile import course
from tests.hostile.browser import running
from tests.hostile.course import Case
from tests.hostile.listeners import listeners

PORT = 47111
# Small, so that what runs into a limit does so soon.
SETTINGS = Settings(
    cell_seconds=4.0, request_seconds=4.0, test_seconds=20.0, submission_seconds=40.0, restarts=3,
    memory=768 << 20, processes=32, disk=16 << 20,
)  # fmt: skip
SETTLED = 5.0  # seconds within which a submission's processes and folders must be gone


@dataclass
class Outcome:
    """What grading one case gave. scores: the hostile one's; faults: what should not be, a sentence each."""

    case: Case
    scores: dict[str, float]
    seconds: float
    faults: list[str] = field(default_factory=list)

    @property
    def gained(self) -> float:
        """Points beyond those of the honest part."""
        return sum(max(0.0, score - self.case.honest[name]) for name, score in self.scores.items())


class Harness:
    """A course in the nest, its warm grader, a bystander and services that must not be reached."""

    def __init__(self, log: Path, bystander: subprocess.Popen, assignment: Assignment, isolation: str) -> None:
        self.log, self.bystander, self.assignment = log, bystander, assignment
        self.settings = replace(SETTINGS, isolation=isolation)
        self.honest = course.honest()
        self.undisturbed = grade(self.honest, assignment, self.settings)
        self.ours = own_name().rpartition("-")[0]  # others may be grading on this machine too
        self.before = self._world()

    def judge(self, case: Case) -> Outcome:
        """Grade a case, then the honest submission, and look around after each."""
        start = time.perf_counter()
        try:
            result = grade(case.notebook, self.assignment, self.settings)
        except Exception as error:
            return Outcome(case, {}, 0.0, [f"grading it raised {type(error).__name__}: {error}"])
        outcome = Outcome(case, result.scores, time.perf_counter() - start)
        outcome.faults += self._faults_of(case, result)
        outcome.faults += self._traces()
        after = grade(self.honest, self.assignment, self.settings)
        if after.scores != self.undisturbed.scores:
            outcome.faults.append(f"the honest submission after it got {after.scores}")
        if shown(after) != shown(self.undisturbed):
            outcome.faults.append("the honest submission after it shows other outputs")
        return outcome

    def _faults_of(self, case: Case, result: Result) -> Iterator[str]:
        for name, honest in case.honest.items():
            score = result.scores[name]
            if type(score) is not float or score != honest:
                yield f"{name} earned {score!r}; its honest part earns {honest:g}"
        text = json.dumps([cell.get("outputs", []) for cell in result.notebook["cells"]])
        yield from (f"its outputs hold {word!r}" for word in course.FORBIDDEN if word in text)
        yield from (f"{what} would run where it is shown" for what in running(result.notebook))

    def _traces(self) -> Iterator[str]:
        """What is there now and was not before, or is gone, once processes that are ending have ended."""
        deadline = time.monotonic() + SETTLED
        while (now := self._world()) != self.before and time.monotonic() < deadline:
            time.sleep(0.1)
        for kind, things in now.items():
            changed = things ^ self.before[kind]
            if changed:
                yield f"{kind} changed: {sorted(map(str, changed))[:5]}"
        self.before = now
        if self.bystander.poll() is not None:
            yield "it ended another process"
        if visitors := self.log.read_text():
            yield f"it reached a service: {visitors.split()}"

    def _world(self) -> dict[str, set]:
        places = (course.COURSE, Path(tempfile.gettempdir()), Path("/tmp"), Path("/dev/shm"))
        return {
            "files": {entry for place in places for entry in _files(place)},
            "processes": _processes(),
            "cgroups": {str(path) for path in limits.leftover_cgroups() if path.name.startswith(self.ours)},
        }


@contextlib.contextmanager
def harness(isolation: str = "full") -> Iterator[Harness]:
    """Everything set up; only in a nest."""
    course.set_up()
    log = Path(tempfile.gettempdir()) / "visitors"
    log.write_text("")
    os.environ["HOSTILE_SECRET"] = course.SECRET
    with listeners(PORT, log):
        bystander = subprocess.Popen(["sleep", "3600"])
        try:
            yield Harness(log, bystander, course.assignment(), isolation)
        finally:
            bystander.kill()
            bystander.wait()


def shown(result: Result) -> str:
    """The outputs of a graded notebook."""
    return json.dumps([cell.get("outputs", []) for cell in result.notebook["cells"]], sort_keys=True)


def _files(place: Path) -> Iterator[tuple]:
    """What lies below a folder. What goes away while it is looked at (os.walk passes over that) is gone."""
    for folder, folders, files in os.walk(place):
        for name in (*folders, *files):
            path = Path(folder, name)
            with contextlib.suppress(OSError):
                stat = path.lstat()
                if not path.is_dir():
                    yield str(path), stat.st_size, stat.st_mtime_ns, stat.st_mode, stat.st_nlink
                elif "__pycache__" not in path.parts:
                    yield str(path), stat.st_mode


def _processes() -> set[str]:
    """Processes of the nest by number; those that wait for their parent to read their status are gone already."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.add(entry.name)
    return found
