"""How the corpus's answers are run and graded: by replay, as a submission is, with the notebook's own forward cells."""

import ast
import contextlib
import copy
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import jupytext
import torch
import torch.nn.functional as F

from grader.check import charmlp, check, manual
from grader.check.challenge import challenge_seed
from grader.check.graph import find_header
from grader.check.replay import Replay
from grader.check.submission import LiveSubmission
from grader.check.tolerance import FLOOR, RELATIVE, largest
from grader.check.verdict import Verdict
from tests.corpus.bases import BASES, Answer
from tests.corpus.program import GRADIENTS, flat, written

SOURCE = Path(__file__).resolve().parents[2] / "solutions" / "05_manual_backprop" / "manual_backprop.py"
POINTS = {"5.1": 26.0, "5.2": 8.0, "5.3": 12.0}
EARLIER = "earlier_"
CASES = (*manual.FRESH, "another batch size")


def forward_cells() -> dict[str, str]:
    """The notebook's forward-pass cells, by exercise, in order."""
    sources = (cell.source for cell in jupytext.read(SOURCE, fmt="py:percent").cells)
    return {header["exercise"]: source for source in sources if (header := find_header(source))}


@dataclass
class Trial:
    """One replay judged: the verdicts, and the names that earn less than all."""

    verdicts: list[Verdict]
    debited: set[str]

    def __getitem__(self, name: str) -> Verdict:
        return next(verdict for verdict in self.verdicts if verdict.name == name)


class Elsewhere(LiveSubmission):
    """A live submission whose every replay computes on one device."""

    def __init__(self, namespace: dict[str, object], history: Callable[[], list[str]], device: str):
        super().__init__(namespace, history)
        self.device = device

    def replay(self, exercise: str, case: Mapping[str, object], **options: object) -> Replay:
        return super().replay(exercise, case, **{"device": self.device, **options})


class Desk:
    """The notebook of one student who has run the forward-pass cells, ready for one answer after another.

    device: where answers are replayed.
    """

    def __init__(self, device: str = "cpu"):
        self.device = device
        torch.set_num_threads(1)
        self.forward = forward_cells()
        self.live = charmlp.draw(seed=1)
        self._cases = {}
        self._prefixes: dict[tuple[str, str], list[tuple[str, dict]]] = {}

    def submission(self, exercise: str, cells: Sequence[str]) -> LiveSubmission:
        """The submission of someone who ran the forward cells up to `exercise` and then `cells`."""
        history = [*self._forward_to(exercise), *cells]
        namespace = {"__name__": "__main__", "torch": torch, "F": F, "check": check, "display": print}
        namespace |= self.live | self._earlier | {"block_size": 3, "parameters": charmlp.parameters(self.live)}
        for cell in self._forward_to(exercise):
            exec(cell, namespace)
        return Elsewhere(namespace, lambda: list(history), self.device)

    def points(self, exercise: str, cells: Sequence[str]) -> float:
        """What the answer earns, as a graded cell would say."""
        with contextlib.redirect_stdout(io.StringIO()):
            return manual.score(self.submission(exercise, cells), exercise, points=POINTS[exercise])

    def trial(self, exercise: str, cells: Sequence[str], case: str = "fresh batch 1") -> Trial:
        """The verdicts of one scoring case, with their diagnoses, and what they debit."""
        submission = self.submission(exercise, cells)
        forward = submission.forward_cells(exercise)
        graded = manual.grade_case(submission, exercise, forward, *_drawn(exercise, case))
        # As in a score, a gradient is also seen beside that of another batch; it needs no verdicts of its own.
        drawn, seed = _drawn(exercise, manual.FRESH[-1])
        reference = manual.reference_of(forward, drawn, seed)
        given = {reference.forward.graph.given: reference.upstream} if reference.forward.graph.given else {}
        beside = manual.Graded(submission.replay(exercise, drawn | given).values, [], reference.forward.graph)
        verdicts = manual.without_stale(graded, beside) if case != manual.FRESH[-1] else graded.verdicts
        return Trial(verdicts, {verdict.name for verdict in verdicts if verdict.credit < 1})

    def flags(self, exercise: str, cells: Sequence[str]) -> list[str]:
        """What a person is told of the answer."""
        submission = self.submission(exercise, cells)
        forward = submission.forward_cells(exercise)
        verdicts = manual.grade_case(submission, exercise, forward, *_drawn(exercise, CASES[0])).verdicts
        return manual.recomputes(submission, exercise, forward, _drawn(exercise, "disturbed")[0], verdicts)

    def rejects(self, exercise: str, cells: Sequence[str]) -> bool:
        """Whether any of the scoring cases debits anything."""
        return any(self.trial(exercise, cells, case).debited for case in CASES)

    def outcome(self, exercise: str, cells: Sequence[str], case: str = "fresh batch 1") -> "Outcome":
        """What the cells compute, run plainly, with no part of the grader: gradients, or the error that stops them."""
        _, truth, terms = self.case(exercise, case)
        namespace = self._shared(exercise, case)
        error, found = "", {}
        with contextlib.redirect_stdout(io.StringIO()):
            for cell in cells:
                try:
                    for statement in flat(ast.parse(cell).body):
                        exec(compile(ast.Module([statement], []), "<answer>", "exec"), namespace)
                        # As it is when finished: a later edit through an alias does not count.
                        for name in (name for name in written(statement) if name in truth):
                            value = namespace[name]
                            found[name] = value.clone() if isinstance(value, torch.Tensor) else value
                except Exception as exception:
                    error = error or f"{type(exception).__name__}: {exception}"
        return Outcome(found, truth, terms, error)

    def planted(self, answer: Answer, gradient: str) -> torch.Tensor | None:
        """The value of one gradient on the first fresh batch, or None where an error comes first.

        What the answer shares with the base of its style is not run again.
        """
        body = [s for cell in answer.cells for s in flat(ast.parse(cell).body)]
        last = max((i for i, s in enumerate(body) if gradient in written(s)), default=-1)
        known = self._prefix(answer.exercise, answer.style)
        texts = [ast.unparse(statement) for statement in body[: len(known)]]
        k = next((i for i, (text, _) in enumerate(known) if i >= len(texts) or text != texts[i]), len(known))
        k = max(min(k, len(known) - 1), 0)
        namespace = self._shared(answer.exercise) | (copy.deepcopy(known[k][1]) if known else {})
        with contextlib.redirect_stdout(io.StringIO()):
            for statement in body[k : last + 1]:
                try:
                    exec(compile(ast.Module([statement], []), "<answer>", "exec"), namespace)
                except Exception:
                    return None
        value = namespace.get(gradient)
        return value.double() if isinstance(value, torch.Tensor) else None

    def _prefix(self, exercise: str, style: str) -> list[tuple[str, dict[str, object]]]:
        """The statements of a base answer, each with what the ones before it had defined."""
        if (exercise, style) not in self._prefixes:
            states = self._prefixes[exercise, style] = []
            shared = self._shared(exercise)
            namespace = dict(shared)
            base = next((base for base in BASES if (base.exercise, base.style) == (exercise, style)), None)
            with contextlib.redirect_stdout(io.StringIO()):
                for statement in (s for cell in base.cells for s in flat(ast.parse(cell).body)) if base else ():
                    own = {x: v for x, v in namespace.items() if shared.get(x) is not v and x != "__builtins__"}
                    states.append((ast.unparse(statement), copy.deepcopy(own)))
                    exec(compile(ast.Module([statement], []), "<answer>", "exec"), namespace)
        return self._prefixes[exercise, style]

    def _shared(self, exercise: str, case: str = "fresh batch 1") -> dict[str, object]:
        values, _, _ = self.case(exercise, case)
        fixed = {"torch": torch, "F": F, "check": lambda exercise: None, "display": print}
        # Clones: an answer may write into the forward pass's tensors through an alias.
        return {
            k: v.clone() if isinstance(v, torch.Tensor) else v for k, v in {**values, **self._earlier}.items()
        } | fixed

    def case(self, exercise: str, case: str) -> tuple[dict[str, object], dict[str, torch.Tensor], dict[str, float]]:
        """One scoring case: the namespace after the forward pass, the true gradients in float64, and how large the
        terms of each may be."""
        if (exercise, case) not in self._cases:
            drawn, seed = _drawn(exercise, case)
            drawn, n, given = drawn | {"block_size": 3}, drawn["n"], None
            values = drawn | {"torch": torch, "F": F}
            for cell in self._forward_to(exercise):
                exec(cell, values)
            if exercise == "5.3":
                g = torch.Generator().manual_seed(seed % 2**31)
                given = torch.randn(values["hpreact"].shape, generator=g) / n
                values["dhpreact"] = given
            self._cases[exercise, case] = (values, *truth(exercise, drawn, given))
        return self._cases[exercise, case]

    @cached_property
    def _earlier(self) -> dict[str, object]:
        """Tensors and gradients of the batch in the notebook, as a student may have kept them under other names."""
        drawn = self.live
        values = drawn | {"torch": torch, "F": F}
        exec(self.forward["5.1"], values)
        gradients, _ = truth("5.1", drawn)
        tensors = {k: v for k, v in values.items() if isinstance(v, torch.Tensor)} | {
            k: v.float() for k, v in gradients.items()
        }
        return {f"{EARLIER}{name}": value for name, value in tensors.items()}

    def _forward_to(self, exercise: str) -> list[str]:
        return [source for other, source in self.forward.items() if other <= exercise]


@dataclass(frozen=True)
class Outcome:
    """What an answer computes, beside the truth.

    values: the gradients. truth: by autograd, float64. terms: the largest absolute sums behind each. error: or "".
    """

    values: Mapping[str, object]
    truth: Mapping[str, torch.Tensor]
    terms: Mapping[str, float]
    error: str

    def bound(self, name: str) -> float:
        """The largest difference that float32 arithmetic cannot tell from right."""
        eps = torch.finfo(torch.float32).eps
        return RELATIVE[torch.float32] * largest(self.truth[name]) + FLOOR * eps * self.terms[name]

    def difference(self, name: str) -> float:
        """max|answer − truth|; infinite where the shape differs, but for leading axes of 1, or it is missing."""
        value, want = self.values.get(name), self.truth[name]
        if not isinstance(value, torch.Tensor) or _trimmed(value.shape) != _trimmed(want.shape):
            return float("inf")
        gap = (value.detach().double().reshape(want.shape) - want).abs().max().item()
        return gap if gap == gap else float("inf")

    @cached_property
    def wrong(self) -> set[str]:
        """The gradients that differ from the truth by more than rounding."""
        return {name for name in self.truth if self.difference(name) > self.bound(name)}


def _drawn(exercise: str, case: str) -> tuple[dict[str, object], int]:
    seed = challenge_seed(exercise, case)
    return charmlp.draw(seed, n=manual.OTHER_BATCH_SIZE if case == CASES[-1] else 32), seed


def truth(
    exercise: str, drawn: Mapping[str, object], given: torch.Tensor | None = None
) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    """The gradients that an exercise asks for, by autograd in float64 over the whole forward pass at once."""
    case = {k: v.double() if isinstance(v, torch.Tensor) and v.is_floating_point() else v for k, v in drawn.items()}
    leaves = dict(zip(("C", "W1", "b1", "W2", "b2", "bngain", "bnbias"), charmlp.parameters(case), strict=True))
    values = case | {k: v.clone().requires_grad_() for k, v in leaves.items()} | {"torch": torch, "F": F}
    exec(forward_cells()["5.1"], values)
    tensors = {g: values[g[1:]] for g in sorted(GRADIENTS)}
    wanted = {"5.1": sorted(GRADIENTS), "5.2": ["dlogits"], "5.3": ["dhprebn"]}[exercise]
    if given is None:
        output, upstream = values["loss"], torch.ones((), dtype=torch.float64)
    else:
        output, upstream = values["hpreact"], given.double()
    found = torch.autograd.grad(output, [tensors[g] for g in wanted], upstream)
    gradients = dict(zip(wanted, found, strict=True))
    terms = {name: largest(gradient) for name, gradient in gradients.items()}
    if exercise == "5.1":
        # Sums that cancel: of these rows and columns.
        terms["dlogit_maxes"] = gradients["dnorm_logits"].abs().sum(1).max().item()
        terms["db1"] = gradients["dhprebn"].abs().sum(0).max().item()
        terms["dbnmeani"] = gradients["dbndiff"].abs().sum(0).max().item()
    return gradients, terms


def _trimmed(shape: Sequence[int]) -> tuple[int, ...]:
    sizes = list(shape)
    while sizes and sizes[0] == 1:
        sizes.pop(0)
    return tuple(sizes)
