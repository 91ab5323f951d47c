"""Exercises in manual backpropagation: the verdict on current values, and the score by replay on fresh ones."""

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from grader.check import charmlp
from grader.check.challenge import challenge_seed, preparing
from grader.check.credit import award_batches, remark
from grader.check.devices import accelerators, require_full_precision
from grader.check.diagnosis import Diagnosis
from grader.check.errors import ForwardCellError, SubmissionError
from grader.check.explain import explain
from grader.check.graph import ForwardGraph, Pass, tensor_of
from grader.check.reference import Reference
from grader.check.replay import written_anywhere
from grader.check.submission import LiveSubmission, Submission
from grader.check.verdict import Verdict, as_tensor, judge

Draw = Callable[..., dict[str, object]]

FRESH = ("fresh batch 1", "fresh batch 2", "fresh batch 3")
OTHER, OTHER_BATCH_SIZE = "another batch size", 20
# What a left-over gradient looks like before it is known to be one.
UNEXPLAINED = ("carried", "shape", "wrong")
# An explanation of this many bits is less likely than that something was left over.
FAR_FETCHED = 9.0
# Of the right gradients of a right answer, about 2 in 26 do not respond; of one that rebuilds the pass, all.
UNMOVED = 0.6

# All tensors that a notebook holds under these names, in one question.
HELD = """
import torch
held = {name: globals().get(name) for name in names}
outputs.update({name: value for name, value in held.items() if isinstance(value, torch.Tensor)})
"""

# Replays that may be remarked upon and never cost points: right answers fail some of them (`torch.zeros(27, 10)` has 27
# written in it, `one_hot(…).float() @ demb` needs float32).
REMARKS: dict[str, dict[str, object]] = {
    "in float64": {"dtype": torch.float64},
    "with 31 letters": {"vocab_size": 31},
    "with 48 hidden units": {"n_hidden": 48},
}


def look(submission: LiveSubmission, exercise: str) -> list[Verdict]:
    """The verdict on the values that the kernel holds now.

    Raises ForwardCellError where the forward pass is out of date.
    """
    require_full_precision()
    graphs = [ForwardGraph.parse(cell) for cell in submission.forward_cells(exercise)]
    graph = graphs[-1]
    # Sizes that only an earlier pass reads, such as n, are what a diagnosis names numbers by.
    names = {name for other in graphs for name in other.inputs if submission.has(name)}
    forward = graph.run({name: _read(submission, name) for name in names})
    _require_current(submission, forward)
    upstream = _read(submission, graph.given) if graph.given else None
    reference = Reference.of(forward, upstream)
    written = written_anywhere(submission.answer_cells(exercise))
    answers = {}
    for gradient in (f"d{name}" for name in reference.gradients):
        if gradient in written and submission.has(gradient):
            answers[gradient] = _read(submission, gradient)
    return explain(reference, judge(reference, answers), answers)


def score(submission: Submission, exercise: str, *, points: float, draw: Draw = charmlp.draw) -> float:
    """The points that an answer earns, from 0 to `points`: nine tenths on fresh batches, one tenth at another size.

    draw: makes a case from a seed, with `n`, `dtype` and the sizes as keywords.
    """
    forward = tuple(submission.forward_cells(exercise))
    sizes = {case: {} for case in FRESH} | {OTHER: {"n": OTHER_BATCH_SIZE}} | REMARKS
    seeds = {case: challenge_seed(exercise, case) for case in sizes}
    challenges = {case: _challenge(draw, forward, seeds[case], seeds[case], **sizes[case]) for case in sizes}
    disturbed = _challenge(draw, forward, challenge_seed(exercise, "disturbed"), _disturbance(exercise))

    def graded(case: str, *, explained: bool = False, device: str = "cpu") -> Graded:
        inputs, reference = challenges[case]
        return grade_case(
            submission,
            exercise,
            forward,
            inputs,
            seeds[case],
            explained=explained,
            reference=reference,
            device=device,
        )

    first = graded(FRESH[0], explained=True)
    if all(verdict.status == "missing" for verdict in first.verdicts):  # and so on every other batch
        return award_batches(exercise, points=points, fresh=[first.verdicts], other=first.verdicts)
    batches = [first, *(graded(case) for case in FRESH[1:])]
    fresh = [without_stale(batch, batches[i - 1]) for i, batch in enumerate(batches)]
    other = without_stale(graded(OTHER), batches[0])
    flags = recomputes(submission, exercise, forward, disturbed[0], fresh[0], reference=disturbed[1])
    # Who has something to mend is not told what would be wrong elsewhere.
    done = all(verdict.credit for verdict in (*fresh[0], *other))
    elsewhere = {case: {"case": case} for case in REMARKS}
    elsewhere |= {f"on {device}": {"case": FRESH[0], "device": device} for device in accelerators()}
    remarks = [_remark(place, fresh[0], functools.partial(graded, **how)) for place, how in elsewhere.items() if done]
    return award_batches(exercise, points=points, fresh=fresh, other=other, remarks=remarks, flags=flags)


@dataclass(frozen=True)
class Graded:
    """One replay of an answer to `graph`: the gradients that it gave, by name, and the verdicts on them."""

    values: Mapping[str, object]
    verdicts: list[Verdict]
    graph: ForwardGraph


def grade_case(
    submission: Submission,
    exercise: str,
    forward_cells: Sequence[str],
    case: Mapping[str, object],
    seed: int,
    *,
    explained: bool = True,
    reference: Reference | None = None,
    device: str = "cpu",
) -> Graded:
    """Replay an answer on one case and judge what it gives against a reference of our own.

    explained: add diagnoses to what is wrong. reference: that of the case and seed, where it is known already. device:
    where the answer computes; the reference is the CPU's.
    """
    reference = reference or reference_of(forward_cells, case, seed)
    given = reference.forward.graph.given
    replay = submission.replay(exercise, {**case, given: reference.upstream} if given else case, device=device)

    def earlier() -> dict[str, object]:
        """The tensors that the notebook holds, from its own batch."""
        graph = reference.forward.graph
        with contextlib.suppress(SubmissionError):
            names = [*graph.inputs, *(statement.target for statement in graph.statements)]
            return submission.run(HELD, {"names": names})
        return {}

    verdicts = judge(reference, replay.values)
    if explained:
        verdicts = explain(reference, verdicts, replay.values, earlier)
    missing = [i for i, verdict in enumerate(verdicts) if verdict.status == "missing"]
    if replay.errors and missing:
        verdicts[missing[0]] = Verdict(verdicts[missing[0]].name, "failed", replay.errors[0])
    return Graded(replay.values, verdicts, reference.forward.graph)


def without_stale(first: Graded, second: Graded) -> list[Verdict]:
    """The verdicts of `first`, but a gradient that is left over from another batch is wrong and earns nothing.

    Left over is what is not right, and the same on another batch. One that was carried forward is so only where the
    gradients that it follows from are the same as well; one with a name for its slip keeps that, unless the name is
    far-fetched.
    """
    return [
        replace(
            verdict,
            status="wrong",
            message="It does not change with the batch: it is not computed from this forward pass.",
            diagnoses=(Diagnosis("stale", 0.0),),
            hints=(),
        )
        if verdict.status in UNEXPLAINED and _left_over(verdict, first, second)
        else verdict
        for verdict in first.verdicts
    ]


def _left_over(verdict: Verdict, first: Graded, second: Graded) -> bool:
    if (verdict.diagnoses and verdict.diagnoses[0].cost < FAR_FETCHED) or not _unchanged(verdict.name, first, second):
        return False
    above = [f"d{reader.target}" for reader in first.graph.consumers(tensor_of(verdict.name))]
    return verdict.status != "carried" or all(_unchanged(name, first, second) for name in above if name in first.values)


def _unchanged(name: str, first: Graded, second: Graded) -> bool:
    one, other = as_tensor(first.values.get(name)), as_tensor(second.values.get(name))
    return one is not None and other is not None and bool(one.any()) and torch.equal(one, other)


def recomputes(
    submission: Submission,
    exercise: str,
    forward_cells: Sequence[str],
    case: Mapping[str, object],
    verdicts: Sequence[Verdict],
    *,
    reference: Reference | None = None,
) -> list[str]:
    """Evidence that an answer rebuilds the forward pass from the parameters instead of using its tensors: for a person.

    The tensors of the forward pass are changed a little while the parameters stay. A backward pass that uses them gives
    other gradients then; one that rebuilds the pass, to differentiate it automatically, still gives the old ones.
    verdicts: those on an undisturbed batch; only gradients that were right there can show anything. reference: that of
    the case, where it is known already.
    """
    right = {verdict.name for verdict in verdicts if verdict.passed}
    if not right:
        return []
    seed = _disturbance(exercise)
    reference = reference or reference_of(forward_cells, case, seed)
    given = reference.forward.graph.given
    replay = submission.replay(exercise, {**case, given: reference.upstream} if given else case, disturb=seed)
    unmoved = [v.name for v in judge(reference, replay.values) if v.name in right and v.passed]
    if len(unmoved) < UNMOVED * len(right):
        return []
    return [
        f"{len(unmoved)} of {len(right)} right gradients do not respond when the tensors of the forward pass are "
        "changed and the parameters stay: the answer seems to recompute the forward pass."
    ]


def _disturbance(exercise: str) -> int:
    return challenge_seed(exercise, "disturbance") % 2**31


@functools.lru_cache(maxsize=64)
def _challenge(
    draw: Draw, forward_cells: tuple[str, ...], seed: int, upstream: int, **sizes: object
) -> tuple[Mapping[str, object], Reference]:
    """A case and its true gradients: the same for a whole class. seed: of the case; upstream: of the cotangent."""
    case = draw(seed, **sizes)
    reference = reference_of(forward_cells, case, upstream)
    if preparing.get():
        reference.prepare()
    return case, reference


def reference_of(forward_cells: Sequence[str], case: Mapping[str, object], seed: int) -> Reference:
    """The true gradients of the last forward cell, the ones before it run first, all from `case`.

    Where the cell's upstream is given, it is drawn from `seed`: random, so that an answer that forgets it fails.
    """
    env: dict[str, object] = dict(case)
    for cell in forward_cells:
        forward = ForwardGraph.parse(cell).run(env)
        env = forward.values
    upstream = None
    if forward.graph.given:
        output = forward.values[forward.graph.output]
        g = torch.Generator().manual_seed(seed % 2**31)
        upstream = torch.randn(output.shape, generator=g, dtype=output.dtype) / output.shape[0]
    return Reference.of(forward, upstream)


def _read(submission: LiveSubmission, name: str) -> object:
    try:
        return submission.value(name)
    except SubmissionError as error:
        if error.kind == "missing":
            raise ForwardCellError(f"{error} Run the cells above the forward pass first.") from error
        return str(error)


def _require_current(submission: LiveSubmission, forward: Pass) -> None:
    """The tensors of the forward pass must be those that follow from the present parameters and batch."""
    for statement in forward.graph.statements:
        name = statement.target
        if not submission.has(name):
            raise ForwardCellError(f"{name} is not defined. Run the forward-pass cell first.")
        value, fresh = _read(submission, name), forward.values[name]
        if not isinstance(value, torch.Tensor) or value.shape != fresh.shape or not _same(value, fresh):
            raise ForwardCellError(
                f"{name} does not follow from the present parameters and batch. Run the forward-pass cell again, "
                "then your answer, then this check."
            )


def _same(value: torch.Tensor, fresh: torch.Tensor) -> bool:
    return torch.allclose(value.to(fresh.dtype), fresh, rtol=1e-4, atol=1e-6, equal_nan=True)


def _remark(place: str, before: Sequence[Verdict], now: Callable[[], Graded]) -> str:
    """What would be wrong in some other place, "" where nothing would."""
    try:
        verdicts = now().verdicts
    except SubmissionError as error:
        return remark(place, "it cannot be run", str(error))
    if not (names := _newly_wrong(before, verdicts)):
        return ""
    stopped = next((verdict.message for verdict in verdicts if verdict.status == "failed"), "")
    return remark(place, f"{names} would not be right", stopped)


def _newly_wrong(before: Sequence[Verdict], now: Sequence[Verdict]) -> str:
    """The names that were right before and are not now, the first three of them."""
    passed = {verdict.name for verdict in before if verdict.credit}
    names = [verdict.name for verdict in now if verdict.name in passed and not verdict.credit]
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
