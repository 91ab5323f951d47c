"""Grading the whole corpus, and counting."""

import contextlib
import multiprocessing
import re
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial

import torch

from grader.check.verdict import Verdict
from tests.corpus.autograd import AUTOGRAD
from tests.corpus.bases import Answer
from tests.corpus.forms import right_variants
from tests.corpus.grading import POINTS, Desk, Trial
from tests.corpus.labels import matches, parts
from tests.corpus.mutations import Mutant, Silent, build

# The share of the corpus that `make test` grades.
QUICK = 0.06

Progress = Callable[[Iterable, int], Iterable]

# Each row's smallest accepted share, and how the table says it.
BOUNDS: dict[str, tuple[float, str]] = {
    "right variants, full marks": (1.0, "all"),
    "right variants, not flagged": (1.0, "all"),
    "wrong programs, rejected": (1.0, "all"),
    "programs that raise, rejected": (1.0, "all"),
    "only the planted gradient debited": (1.0, "all"),
    "first diagnosis right, tuned": (0.97, "97 %"),
    "  said alone": (0.93, "93 %"),
    "pairs, named at least in part": (0.70, "70 %"),
    "autograd variants, nothing earned or flagged": (1.0, "all"),
}


@dataclass(frozen=True)
class Row:
    """A line of the table: what was counted, among how many, and how often it was so (None: cannot be said yet)."""

    what: str
    of: int
    got: int | None

    @property
    def outcome(self) -> str:
        if self.got is None:
            return "–"
        return f"{self.got} ({100 * self.got / self.of:.1f} %)" if self.of else "0"


@dataclass(frozen=True)
class Note:
    text: str
    held_out: bool = False


@dataclass
class Counts:
    """What came of a run. tally: how often each row's outcome was reached; of: among how many."""

    tally: Counter = field(default_factory=Counter)
    of: Counter = field(default_factory=Counter)
    unknown: set[str] = field(default_factory=set)
    silent: list[Silent] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def count(self, what: str, reached: bool | None) -> None:
        self.of[what] += 1
        self.tally[what] += bool(reached)
        if reached is None:
            self.unknown.add(what)

    def note(self, text: str, held_out: bool = False) -> None:
        self.notes.append(Note(text, held_out))

    def add(self, other: "Counts") -> None:
        """Take in the counts of a part of the run."""
        for what, number in other.of.items():
            self.of[what] += number
            self.tally[what] += other.tally[what]
        self.unknown |= other.unknown
        self.notes += other.notes

    def rows(self) -> list[Row]:
        return [Row(what, self.of[what], None if what in self.unknown else self.tally[what]) for what in self.of]


def run(
    share: float = 1.0,
    workers: int = 0,
    progress: Progress = lambda items, total: items,
    device: str = "cpu",
) -> Counts:
    """Grade the corpus, or a share of it.

    workers: processes to grade in; 0 for this one. progress: wraps what is graded, as it comes, given how much it is.
    device: where answers are replayed; what is right is always found out on the CPU.
    """
    corpus = build(_desk(device), share)
    tasks: list[tuple] = [(grade_right, *variant) for variant in variants(share)]
    tasks += [(grade_single, mutant) for mutant in corpus.singles]
    tasks += [(grade_pair, mutant) for mutant in corpus.pairs]
    tasks += [(grade_raising, mutant) for mutant in corpus.raising]
    tasks += [(grade_silent, silent) for silent in corpus.silent]
    tasks += [(grade_autograd, name) for name in AUTOGRAD]
    total = Counts(silent=corpus.silent)
    with contextlib.ExitStack() as stack:
        results = map(partial(_grade, device), tasks)
        if workers:
            pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
            results = stack.enter_context(pool).map(partial(_grade, device), tasks, chunksize=16)
        for part in progress(results, len(tasks)):
            total.add(part)
    return total


def variants(share: float) -> list[tuple[str, Answer]]:
    """The right variants with their names, or a share of them, evenly spaced."""
    return list(right_variants())[:: 1 if share == 1 else round(0.2 / share)]


@cache
def _desk(device: str) -> Desk:
    """This process's desk."""
    return Desk(device)


def _grade(device: str, task: tuple) -> Counts:
    grade, *arguments = task
    counts = Counts()
    grade(_desk(device), counts, *arguments)
    return counts


def grade_raising(desk: Desk, counts: Counts, mutant: Mutant) -> None:
    counts.count("programs that raise, rejected", desk.rejects(mutant.exercise, mutant.answer.cells))


def grade_silent(desk: Desk, counts: Counts, silent: Silent) -> None:
    rejected = desk.rejects(silent.mutant.exercise, silent.mutant.answer.cells)
    counts.count("mutants that no value shows, accepted", not rejected)
    if rejected:
        counts.note(f"debited though silent: {describe(silent.mutant)}")


def grade_autograd(desk: Desk, counts: Counts, name: str) -> None:
    answer = AUTOGRAD[name]
    earned, flagged = desk.points(answer.exercise, answer.cells), desk.flags(answer.exercise, answer.cells)
    caught = not earned or bool(flagged)
    counts.count("autograd variants, nothing earned or flagged", caught)
    if not caught:
        counts.note(f"autograd, {name}: earns {earned:g} of {POINTS[answer.exercise]:g}, flags {flagged}")


def grade_right(desk: Desk, counts: Counts, name: str, answer: Answer) -> None:
    earned, flagged = desk.points(answer.exercise, answer.cells), desk.flags(answer.exercise, answer.cells)
    counts.count("right variants, full marks", earned == POINTS[answer.exercise])
    counts.count("right variants, not flagged", not flagged)
    if earned != POINTS[answer.exercise] or flagged:
        counts.note(f"right variant {name}: earns {earned:g}, flags {flagged}")


def grade_single(desk: Desk, counts: Counts, mutant: Mutant) -> None:
    trial = desk.trial(mutant.exercise, mutant.answer.cells)
    rejected = mutant.gradient in trial.debited or desk.rejects(mutant.exercise, mutant.answer.cells)
    counts.count("wrong programs, rejected", rejected)
    if not rejected:
        counts.note(f"accepted: {describe(mutant)}", mutant.held_out)
    alone = trial.debited == {mutant.gradient}
    if carries(desk, mutant):
        counts.count("only the planted gradient debited", alone)
        if not alone:
            counts.note(f"debited {sorted(trial.debited)}: {describe(mutant)}", mutant.held_out)
    else:
        counts.count("  with nothing to carry (zeros, NaN, shape, constant)", alone)
    said = diagnoses(trial, mutant.gradient)
    if not mutant.keys:
        counts.count("slips without a name, said unexplained", None if said is None else "unexplained" in said)
        return
    for part in ("held out",) if mutant.held_out else ("tuned",):
        right = None if said is None else any(matches(key, mutant.keys) for key in said)
        alone = None if said is None else bool(right) and len(said) == 1
        counts.count(f"first diagnosis right, {part}", right)
        counts.count("  said alone" if part == "tuned" else "  said alone, held out", alone)
        counts.count(f"  unexplained, {part}", None if said is None else not right and said == ["unexplained"])
        counts.count(f"  another name, {part}", None if said is None else not right and said != ["unexplained"])
    if said is not None and not any(matches(key, mutant.keys) for key in said):
        counts.note(f"said {said}, deserved {sorted(mutant.keys)}: {describe(mutant)}", mutant.held_out)


def grade_pair(desk: Desk, counts: Counts, mutant: Mutant) -> None:
    trial = desk.trial(mutant.exercise, mutant.answer.cells)
    counts.count("pairs, rejected", mutant.gradient in trial.debited)
    said = diagnoses(trial, mutant.gradient)
    named = None if said is None else [part for key in said for part in parts(key)]
    hit = None if named is None else any(matches(part, mutant.keys) for part in named)
    both = None if named is None else all(any(matches(part, slip) for part in named) for slip in mutant.slips)
    counts.count("pairs, named at least in part", hit)
    counts.count("  both named", both)
    counts.count("  unexplained", None if said is None else not hit and said == ["unexplained"])
    if hit is False:
        counts.note(
            f"pair: said {said}, deserved {[sorted(s) for s in mutant.slips]}: {describe(mutant)}", mutant.held_out
        )


def diagnoses(trial: Trial, gradient: str) -> list[str] | None:
    """The keys said of a gradient, [] where it is not debited; None while verdicts carry no diagnosis."""
    verdict: Verdict = trial[gradient]
    if not hasattr(verdict, "diagnoses"):
        return None
    said = [diagnosis.key for diagnosis in verdict.diagnoses]
    return said or (["unexplained"] if gradient in trial.debited else [])


def carries(desk: Desk, mutant: Mutant) -> bool:
    """Whether the planted gradient, wrong as it is, can be carried forward.

    It cannot where it is not finite, zero, of a shape that does not fit, or the same for another batch.
    """
    outcomes = [desk.outcome(mutant.exercise, mutant.answer.cells, case) for case in ("fresh batch 1", "fresh batch 3")]
    first, other = (torch.as_tensor(outcome.values.get(mutant.gradient, 0.0)) for outcome in outcomes)
    _, truth, _ = desk.case(mutant.exercise, "fresh batch 1")
    want = truth[mutant.gradient]
    if tuple(s for s in first.shape if s != 1) != tuple(s for s in want.shape if s != 1):
        try:
            first.expand(want.shape)
        except RuntimeError:
            return False
    return bool(first.isfinite().all() and first.any()) and not torch.equal(first, other)


def describe(mutant: Mutant) -> str:
    """A mutant in one line: operator, gradient, style and the statements that differ from the base's."""
    lines = "\n".join(mutant.answer.cells).split("\n")
    own = [line.strip() for line in lines if re.match(rf"\s*{mutant.gradient}\b", line)]
    return f"{mutant.operator} in {mutant.gradient} ({mutant.exercise} {mutant.answer.style}): {'; '.join(own)[:240]}"


def faults(counts: Counts, named: bool = True) -> list[str]:
    """The rows below their bounds. What cannot be said yet is no fault.

    named: whether diagnoses count. In a part of the corpus they do not: a mutant there may lack the names of its twins.
    """
    found = []
    for row in counts.rows():
        bound = BOUNDS.get(row.what)
        if not named and (bound or (0,))[0] < 1:
            continue
        if bound and row.of and row.got is not None and row.got < bound[0] * row.of:
            found.append(f"{row.what.strip()}: {row.outcome}")
    return found
