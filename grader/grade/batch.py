"""A class graded: kept results where they are right still, workers for the rest, one writer for the gradebook.

Submissions are streamed: as many are read and in flight as keep the workers busy, however large the class is.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from grader.errors import GraderError
from grader.grade.autograded import write_autograded
from grader.grade.course import Course, HandIn
from grader.grade.fingerprint import Key
from grader.grade.gradebook import Coordinator, Written
from grader.grade.kept import key_of, store_of, wanted_of
from grader.grade.result import Result, merge
from grader.grade.sanitise import read_submission, sanitise
from grader.grade.settings import Settings
from grader.grade.store import Store
from grader.grade.workers import Job, Workforce, grade_job
from grader.handin.manifest import exercise_of

ATTEMPTS = 2
AHEAD = 2  # submissions read and waiting, for each worker
LOST = "The process that graded it was lost {times} times ({reason}): it could not be graded, and earns nothing."


@dataclass(frozen=True)
class Outcome:
    """One submission when it is done.

    written: what stands in the gradebook, None where nothing could be written. how: "graded", "kept" (nothing was
    executed), "regraded" (only some tests) or "failed". seconds: phase -> seconds, of what was executed now.
    """

    student: str
    written: Written | None
    how: str
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass
class _Pending:
    """A submission on its way: its notebooks that are done, and the tests wanted of those that are not."""

    hand_in: HandIn
    results: dict[str, Result] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    kept: dict[str, Result] = field(default_factory=dict)
    waiting: int = 0
    executed: bool = False
    parts: bool = False  # only some tests were run
    failure: str = ""


@dataclass(frozen=True)
class _Task:
    pending: _Pending
    notebook: str
    job: Job
    attempt: int = 1


class Run:
    """One run over a class. `running` says, while it goes on, which students are with the workers.

    students: only these, where some are named. fresh: take nothing from the kept results (new ones are kept).
    work: what a worker does with a job; replaced in tests.
    Raises GraderError where the assignment or what was handed in is missing.
    """

    def __init__(
        self,
        course: Course,
        assignment: str,
        *,
        students: Collection[str] = (),
        settings: Settings | None = None,
        store: Store | None = None,
        fresh: bool = False,
        work: Callable[[Job], Result] = grade_job,
    ) -> None:
        self.course, self.name, self.fresh, self.work = course, assignment, fresh, work
        self.settings = settings or Settings()
        self.store = store or store_of(course.directory)
        self.notebooks = {notebook.notebook: notebook for notebook in course.register(assignment)}
        self.hand_ins = list(course.hand_ins(assignment, students))
        self.running: dict[Future, tuple[str, float]] = {}
        self._graded = 0

    def outcomes(self, workforce: Workforce) -> Iterator[Outcome]:
        """Grade and write every submission; each outcome when it is done, in the order in which they are done.

        Raises GraderError where the first submissions cannot be graded at all (a layer of isolation is missing).
        """
        with self.course.gradebook() as gradebook, Coordinator(gradebook, self.name, self.course.config) as coordinator:
            tasks: dict[Future, _Task] = {}
            self.running.clear()
            hand_ins = iter(self.hand_ins)
            try:
                while True:
                    while len(tasks) < AHEAD * workforce.workers and (hand_in := next(hand_ins, None)):
                        pending, jobs = self._plan(hand_in)
                        for task in jobs:
                            self._submit(workforce, tasks, task)
                        if not jobs:
                            yield self._finish(pending, coordinator)
                    if not tasks:
                        return
                    for future in wait(tasks, return_when=FIRST_COMPLETED).done:
                        task = tasks.pop(future)
                        self.running.pop(future, None)
                        if self._settle(task, future, workforce, tasks):
                            yield self._finish(task.pending, coordinator)
            finally:
                for future in tasks:
                    future.cancel()
                self.running.clear()

    def _submit(self, workforce: Workforce, tasks: dict[Future, _Task], task: _Task) -> None:
        future = workforce.executor.submit(self.work, task.job)
        tasks[future] = task
        self.running[future] = (task.job.student, time.monotonic())

    def _plan(self, hand_in: HandIn) -> tuple[_Pending, list[_Task]]:
        """What of a submission is kept, and the tasks for the rest."""
        pending, tasks = _Pending(hand_in), []
        beside = self.course.files(self.name, hand_in)
        for name, assignment in self.notebooks.items():
            if name not in hand_in.notebooks:
                continue
            raw, problem = read_submission(hand_in.folder / f"{name}.ipynb")
            submission, _ = sanitise(raw, assignment, problem)
            key = key_of(submission, assignment, self.course.directory, files=beside, settings=self.settings)
            kept = None if self.fresh else self.store.partial(key)
            pending.keys[name] = key
            if kept is not None:
                pending.kept[name] = kept
            if kept is not None and set(kept.scores) == set(key.cells):
                pending.results[name] = kept
                continue
            wanted = wanted_of(kept, key, assignment)
            files = {name: path.read_bytes() for name, path in beside.items()}
            job = Job(hand_in.student, submission, assignment, self.settings, files, wanted)
            tasks.append(_Task(pending, name, job))
        pending.waiting = len(tasks)
        return pending, tasks

    def _settle(self, task: _Task, future: Future, workforce: Workforce, tasks: dict[Future, _Task]) -> bool:
        """Take what a worker gave; whether the submission is complete. A lost one is handed out once more."""
        pending, name = task.pending, task.notebook
        try:
            result = future.result()
        except Exception as error:
            if task.attempt < ATTEMPTS:
                self._submit(workforce, tasks, _Task(pending, name, task.job, task.attempt + 1))
                return False
            if isinstance(error, GraderError) and not self._graded:
                raise
            reason = f"{type(error).__name__}: {error}".strip(": \n").split("\n")[0]
            pending.failure = LOST.format(times=task.attempt, reason=reason)
            pending.results[name] = _nothing(task.job, pending.failure)
        else:
            self._graded += 1
            kept = pending.kept.get(name)
            if kept is not None and task.job.wanted is not None:
                result = merge(kept, result, task.job.wanted)
                pending.parts = True
            pending.executed = True
            pending.results[name] = result
            self.store.put(pending.keys[name], result)
        pending.waiting -= 1
        return not pending.waiting

    def _finish(self, pending: _Pending, coordinator: Coordinator) -> Outcome:
        """Write the autograded folder, then the gradebook: killed in between, the next run does both again."""
        hand_in, results = pending.hand_in, pending.results
        notes = [*hand_in.notes, *([pending.failure] if pending.failure else [])]
        notes += [f"{name}.ipynb was not handed in." for name in self.notebooks if name not in hand_in.notebooks]
        seconds: dict[str, float] = {}
        for result in results.values() if pending.executed else ():
            for phase, took in result.seconds.items():
                seconds[phase] = seconds.get(phase, 0.0) + took
        started = time.perf_counter()
        try:
            write_autograded(self.course, self.name, hand_in, results)
            written = coordinator.write(hand_in, results)
        except (OSError, SQLAlchemyError, GraderError) as error:
            words = str(getattr(error, "orig", error)).split("\n")[0]
            return Outcome(hand_in.student, None, "failed", (*notes, f"It could not be written down: {words}"))
        seconds["gradebook"] = time.perf_counter() - started
        notes += [
            f"A person should look at {exercise_of(cell)}: {flag}"
            for result in results.values()
            for cell, flags in result.flags.items()
            for flag in flags
        ]
        how = "failed" if pending.failure else "kept"
        if pending.executed and not pending.failure:
            how = "regraded" if pending.parts else "graded"
        return Outcome(hand_in.student, written, how, tuple(notes), seconds)


def _nothing(job: Job, reason: str) -> Result:
    """No points, and the reason at every graded cell; never kept."""
    names = job.assignment.scored
    notebook = copy.deepcopy(dict(job.submission))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") in names:
            value = {"output_type": "execute_result", "data": {"text/plain": "0.0"}, "metadata": {}}
            words = {"output_type": "display_data", "data": {"text/plain": reason}, "metadata": {}}
            cell["outputs"] = [words, value | {"execution_count": None}]
    return Result(notebook, dict.fromkeys(names, 0.0), limits=dict.fromkeys(names, reason))
