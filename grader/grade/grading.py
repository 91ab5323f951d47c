"""Grade one submission: its cells in a student process, its hidden tests in a verifier process."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from nbformat import NotebookNode

from grader.grade import harmless
from grader.grade.assignment import Assignment, Cell
from grader.grade.figures import drawings
from grader.grade.processes import Child, Node, Warm, warm
from grader.grade.protocol import ChannelError
from grader.grade.result import Result
from grader.grade.sandbox import explain, require
from grader.grade.sandbox.gpu import require as require_device
from grader.grade.sanitise import sanitise
from grader.grade.settings import Settings
from grader.handin.manifest import exercise_of

GRACE = 2.0  # seconds in which a process that has closed its channel may end by itself
UNTRUSTED = "This test ran in the same process as the student's code: its score is not to be trusted."


def grade(
    submission: Mapping[str, object],
    assignment: Assignment,
    settings: Settings | None = None,
    *,
    folder: Path | None = None,
    wanted: Collection[str] | None = None,
) -> Result:
    """Grade one submitted notebook; the one function that nbgrader's path and a whole class's run both use.

    submission: the notebook as nbformat JSON, as it was handed in. folder: the submission's other files, where it has
    any. wanted: the graded cells whose tests are run, all where it is None; what stands below the last is not run, and
    the scores of the others mean nothing. Safe to call from several threads at a time. It never raises for what a
    submission does; BuildError where the grader itself cannot run.
    """
    settings = settings or Settings()
    require(settings.isolation)
    require_device(settings.device, settings.isolation)
    notebook, _ = sanitise(submission, assignment)
    with _own_folder(folder) as place:
        for attempt in (1, 2):
            try:
                with warm() as ours, warm(gpu=settings.device != "cpu") as theirs:
                    return _Run(notebook, assignment, settings, place, ours, theirs, wanted).result()
            except ChannelError:  # the warm parent is gone, perhaps by a submission without walls around it
                if attempt == 2:
                    raise
    raise AssertionError("unreachable")


class _Run:
    """One submission on its way through its processes."""

    def __init__(
        self,
        notebook: NotebookNode,
        assignment: Assignment,
        settings: Settings,
        place: Path,
        processes: Warm,
        students: Warm,
        wanted: Collection[str] | None = None,
    ):
        self.wanted = set(assignment.scored if wanted is None else wanted) & set(assignment.scored)
        self.notebook, self.assignment, self.settings, self.place = notebook, assignment, settings, place
        self.processes, self.students = processes, students
        self.code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        self.node: Node = processes.root
        self.student: Child | None = None
        self.verifier: Child | None = None
        self.executed: list[str] = []  # cells that ran, to be run again by a process that takes over
        self.starts = 0
        self.deadline = time.monotonic() + settings.submission_seconds
        self.limit = ""  # of the exercise that is being answered
        self.scores = dict.fromkeys(assignment.scored, 0.0)
        self.records: dict[str, dict] = {}
        self.flags: dict[str, list[str]] = {}
        self.limits: dict[str, str] = {}
        self.seconds = dict.fromkeys(("fork", "sandbox", "cells", "challenges"), 0.0)

    def result(self) -> Result:
        try:
            self._run()
        finally:
            self._end()
        self.notebook["metadata"]["grader"] = {"isolation": self.settings.isolation}
        for number, cell in enumerate(self.code, 1):
            cell.execution_count = number
            for output in cell.outputs:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = number
        return Result(
            notebook=self.notebook,
            scores=self.scores,
            records=self.records,
            flags=self.flags,
            limits=self.limits,
            isolation=self.settings.isolation,
            seconds=self.seconds,
        )

    def _run(self) -> None:
        started = time.perf_counter()
        shared = _unchanged(self.code, self.assignment)
        self.node = self.students.node([cell.source for cell in self.code[:shared]])
        for cell, shown in zip(self.code, self.node.outputs, strict=False):
            cell.outputs = _as_nodes(harmless.ours(shown))
        self.seconds["fork"] += time.perf_counter() - started
        waiting = set(self.wanted)
        skipped = set() if self.settings.whole else drawings(self.code, self.assignment)
        for index, cell in enumerate(self.code[len(self.node.cells) :], len(self.node.cells)):
            known = self.assignment.cell(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
            if not waiting and not self.settings.whole:
                break
            if known and known.scored:
                if known.grade_id in waiting:
                    self._score(cell, known)
                    waiting.discard(known.grade_id)
                self.limit = ""
            elif index not in skipped:
                cell.outputs = _as_nodes(harmless.outputs(self._execute(cell.source)[0]))

    def _execute(self, source: str) -> tuple[list, bool]:
        """Run a cell; its outputs as the student process gives them, and whether it said that nothing was raised."""
        if not self._is_running():
            return _stopped("This cell was not run. " + self.limit), False
        try:
            outputs, succeeded = self._ask_cell(source)
        except ChannelError as error:
            self.limit = self._why(error)
            return _stopped(f"{self.limit} The cells after this one were run without it."), False
        self.executed.append(source)
        return outputs, succeeded

    def _ask_cell(self, source: str) -> tuple[list, bool]:
        started = time.perf_counter()
        plain = self.student.channel.ask(
            "execute", plain={"source": source}, seconds=self._left(self.settings.cell_seconds)
        ).plain
        passed = time.perf_counter() - started
        own = plain.get("seconds")
        own = min(max(own, 0.0), passed) if isinstance(own, float) else passed
        if not self.executed:  # the first answer waits until the walls stand
            self.seconds["sandbox"] += passed - own
            passed = own
        self.seconds["cells"] += passed
        outputs = plain.get("outputs")
        return outputs if isinstance(outputs, list) else [], plain.get("succeeded") is True

    def _score(self, cell: NotebookNode, known: Cell) -> None:
        """Run a graded cell's test and put its outputs in place: the report, then the score, nothing else."""
        if known.trusted:
            earned, shown = self._verify(known)
        else:
            earned, shown = self._run_untrusted(known)
        self.scores[known.grade_id] = earned
        if self.settings.isolation != "full":
            shown = [*shown, *_sentence(f"Graded with isolation {self.settings.isolation!r}.")]
        value = {"output_type": "execute_result", "data": {"text/plain": repr(earned)}, "metadata": {}}
        cell.outputs = _as_nodes([*shown, value | {"execution_count": None}])
        if known.grade_id in self.limits:
            cell.metadata["grader"] = {"limit": self.limits[known.grade_id]}

    def _verify(self, known: Cell) -> tuple[float, list[dict]]:
        name = known.grade_id
        if not self._is_running():
            self.limits[name] = self.limit
            return 0.0, _sentence(f"{self.limit} This exercise earns nothing.")
        started = time.perf_counter()
        try:
            score = self._ask_verifier(known)
        except ChannelError as error:
            self._end()
            if error.problem == "time":
                self.limits[name] = f"The tests of this exercise did not end within {self.settings.test_seconds:g} s."
                return 0.0, _sentence(self.limits[name] + " It earns nothing.")
            self.flags[name] = [f"the process that runs the hidden test of {name} ended: {error}"]
            return 0.0, _sentence("The test of this exercise could not be run; your instructor has been told.")
        finally:
            self.seconds["challenges"] += time.perf_counter() - started
        if score["record"]:
            self.records[name] = score["record"]
        flags = [*score["record"].get("flags", []), *([score["fault"]] if score["fault"] else [])]
        if flags:
            self.flags[name] = flags
        if score["limit"] or self.limit:
            self.limits[name] = " ".join(words for words in (self.limit, score["limit"]) if words)
        if score["lost"]:
            self._end()
        return score["earned"], harmless.ours(score["outputs"])

    def _ask_verifier(self, known: Cell) -> dict:
        shared = {
            "forward": [cell.source for cell in self.assignment.cells if cell.cell_type == "code" and cell.locked],
            "environment": {"GRADER_CARRIED": self.settings.carried, "GRADER_DEVICE": self.settings.device}
            | ({"GRADER_SECRET": self.settings.secret} if self.settings.secret else {}),
        }
        if self.verifier is None:
            tests = [_test(cell) for cell in self.assignment.cells if cell.trusted]
            node = self.processes.tests({"tests": tests, **shared}, self.settings.test_seconds)
            self.verifier = node.fork("verifier", others=[self.student.channel])
        plain = {**_test(known), "seconds": self.settings.request_seconds, **shared}
        return self.verifier.channel.ask("test", plain=plain, seconds=self._left(self.settings.test_seconds)).plain

    def _run_untrusted(self, known: Cell) -> tuple[float, list[dict]]:
        """An ordinary assert test, in the student's process: all points where nothing is raised, or its last value."""
        outputs, succeeded = self._execute("\n".join(part for part in (known.source, known.hidden) if part))
        shown = harmless.outputs([output for output in outputs if isinstance(output, dict)])
        values = [output["data"].get("text/plain", "") for output in shown if output["output_type"] == "execute_result"]
        earned = known.points if succeeded and not values else 0.0
        if succeeded and values:
            with contextlib.suppress(ValueError):
                earned = float(values[-1])
        if self.limit:
            self.limits[known.grade_id] = self.limit
        errors = [output for output in shown if output["output_type"] == "error"]
        words = f"{errors[-1]['ename']}: {errors[-1]['evalue']}" if errors else ""
        kept = _sentence(" ".join(part for part in (UNTRUSTED, words) if part))
        return max(0.0, min(earned, known.points)) if earned == earned else 0.0, kept

    def _is_running(self) -> bool:
        """Whether a student process is there; where there is none, one is started and runs again what has run."""
        while self.student is None:
            if self.starts > self.settings.restarts:
                self.limit = f"Your code ended its process {self.starts} times, and was not started again."
                return False
            if time.monotonic() > self.deadline:
                self.limit = f"The whole notebook took longer than {self.settings.submission_seconds:g} s."
                return False
            self._start()
        return True

    def _start(self) -> None:
        started = time.perf_counter()
        self.starts += 1
        self.student = self.node.fork("student", self.settings.policy(self.place))
        self.seconds["fork"] += time.perf_counter() - started
        again, self.executed = self.executed, []
        for source in again:
            try:
                self._ask_cell(source)
            except ChannelError:
                self._end()
                self.executed = [cell for cell in again if cell is not source]
                return
            self.executed.append(source)

    def _why(self, error: ChannelError) -> str:
        """Which limit a student process met, in a sentence for the student; the process is ended."""
        if error.problem == "time":
            self._end()
            if time.monotonic() > self.deadline:
                return f"The whole notebook took longer than {self.settings.submission_seconds:g} s."
            return f"This cell did not end within {self.settings.cell_seconds:g} s and was stopped."
        if error.problem == "size":
            self._end()
            return "This cell shows more than can be kept, and was stopped."
        if error.problem == "malformed":
            self._end()
            return "The process that ran this cell sent something that is no answer, and was stopped."
        status = self._end(GRACE)
        if status is None:
            return "This cell ended the process that ran it."
        return explain(status) or "This cell ended the process that ran it."

    def _end(self, grace: float = 0.0) -> int | None:
        """End the student process and its verifier; the student's exit status where it ended by itself."""
        status = None
        if self.verifier is not None:
            self.verifier.end()
        if self.student is not None:
            status = self.student.end(grace)
        self.student = self.verifier = None
        return status

    def _left(self, seconds: float) -> float:
        return max(min(seconds, self.deadline - time.monotonic()), 0.01)


def _test(cell: Cell) -> dict[str, object]:
    return {"text": cell.hidden, "exercise": exercise_of(cell.grade_id), "points": cell.points}


def _unchanged(code: list[NotebookNode], assignment: Assignment) -> int:
    """How many code cells, from the first on, are given ones with the instructor's own text."""
    given = []
    for cell in assignment.cells:
        if cell.cell_type == "code":
            if cell.solution or cell.grade:
                break
            given.append(cell.source)
    count = 0
    for cell, source in zip(code, given, strict=False):
        if cell.source != source:
            break
        count += 1
    return count


@contextlib.contextmanager
def _own_folder(folder: Path | None) -> Iterator[Path]:
    """A folder for one submission, with copies of its files; removed afterwards."""
    place = Path(tempfile.mkdtemp(prefix="submission-"))
    try:
        if folder:
            shutil.copytree(folder, place, dirs_exist_ok=True, symlinks=True, ignore=shutil.ignore_patterns("*.ipynb"))
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _stopped(words: str) -> list[dict]:
    return [{"output_type": "error", "ename": "Stopped", "evalue": words, "traceback": [words]}]


def _sentence(words: str) -> list[dict]:
    return [{"output_type": "display_data", "data": {"text/plain": words}, "metadata": {}}]


def _as_nodes(outputs: list[dict]) -> list[NotebookNode]:
    return [NotebookNode(output) for output in outputs]
