"""The wrong answers: one slip planted in one gradient of a right answer, with the diagnoses that it deserves.

Everything here was written down before a diagnosis was tried. The operators and styles in HELD_OUT and HELD_OUT_STYLES
were set aside by name: what is made with them is reported apart and never looked at while hypotheses are tuned.
"""

import ast
import copy
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from tests.corpus.bases import BASES, HELD_OUT_STYLES, Answer
from tests.corpus.forms import substitute
from tests.corpus.grading import Desk, Outcome
from tests.corpus.labels import consumers, factor, in_branch
from tests.corpus.operators import ALIKE_GRADIENTS, OPERATORS, branches
from tests.corpus.program import CONSUMERS, names_in, written
from tests.corpus.sites import edited, normal, sites, statements
from tests.corpus.wrong_forms import WRONG_FORMS, WRONG_WHOLE

HELD_OUT = frozenset(
    {
        "double-branch",
        "exponent",
        "index-shift",
        "inner-sign",
        "mean-for-sum",
        "missing-sum",
        "next-step",
        "reshape",
        "value-for-gradient",
        "wrong-number",
    }
)
# The local step that comes after each gradient, folded in too early, and the gradient that then stands there.
NEXT_STEP = {
    "dlogprobs": ("dlogprobs / probs", {"equals:dprobs"}),
    "dprobs": ("dprobs * counts_sum_inv", set()),
    "dcounts_sum_inv": ("dcounts_sum_inv * -(counts_sum**-2)", {"equals:dcounts_sum"}),
    "dcounts": ("dcounts * counts", {"equals:dnorm_logits"}),
    "dh": ("dh * (1 - h**2)", {"equals:dhpreact"}),
    "dhpreact": ("dhpreact * bngain", {"equals:dbnraw"}),
    "dbnraw": ("dbnraw * bnvar_inv", set()),
    "dbnvar_inv": ("dbnvar_inv * -0.5 * (bnvar + 1e-5) ** -1.5", {"equals:dbnvar"}),
    "dbnvar": ("dbnvar / (n - 1)", {"factor:0.0322581"}),
    "dbndiff2": ("2 * bndiff * dbndiff2", set()),
}
MATRICES = ["dprobs", "dnorm_logits", "dhpreact", "dbnraw", "dbndiff", "dhprebn", "dembcat", "dW1", "dW2"]


@dataclass(frozen=True)
class Mutant:
    """A wrong answer: the operator that made it, the gradient it was planted in, and the keys deserved.

    keys: empty where the vocabulary has no name for the slip. slips: of a pair, the keys of each.
    """

    answer: Answer
    operator: str
    gradient: str
    keys: frozenset[str]
    slips: tuple[frozenset[str], ...] = ()

    @property
    def exercise(self) -> str:
        return self.answer.exercise

    @property
    def held_out(self) -> bool:
        styled = (self.exercise, self.answer.style) in HELD_OUT_STYLES
        return styled or any(name in HELD_OUT for name in self.operator.split(" + "))


@dataclass(frozen=True)
class Silent:
    """A mutant that no value on the true loss can show, with the proof.

    worst: the gradient nearest to its bound, its largest difference from the truth over all scoring cases, and the
    bound.
    """

    mutant: Mutant
    worst: tuple[str, float, float]


@dataclass(frozen=True)
class Corpus:
    """singles, pairs: wrong answers, each with other gradients than all before. silent: right by value.

    raising: stopped by an error.
    """

    singles: list[Mutant]
    pairs: list[Mutant]
    silent: list[Silent]
    raising: list[Mutant]


def mutants(base: Answer, gradient: str | None = None) -> Iterator[Mutant]:
    """Every single mutation of one base answer, or of the expressions of one of its gradients."""
    base = normal(base)
    for site in sites(base, gradient):
        if gradient not in (None, site.gradient):
            continue
        for operator in OPERATORS:
            for name, keys, changed in operator(site):
                if operator is not branches and site.branch is None and keys and len(site.readers) > 1:
                    continue
                known = frozenset(keys)
                if operator is not branches:
                    known = in_branch(keys, site.gradient, site.branch, base.exercise)
                yield Mutant(changed, name, site.gradient, known)
    if gradient is None:
        yield from _of_statements(base)
        yield from _of_whole(base)


def hand_made() -> Iterator[Mutant]:
    """The wrong forms on file, each in the plainest base."""
    textbook = normal(BASES[0])
    for gradient, forms in WRONG_FORMS.items():
        for operator, keys, source in forms:
            readers = consumers("5.1", gradient)
            named = in_branch(keys, gradient, None) if len(readers) == 1 else frozenset(keys)
            changed = replace(substitute(textbook, {gradient: source}), style=textbook.style)
            yield Mutant(changed, operator, gradient, named)
    for exercise, forms in WRONG_WHOLE.items():
        gradient = "dlogits" if exercise == "5.2" else "dhprebn"
        for operator, keys, source in forms:
            yield Mutant(
                Answer(exercise, "as on file", (source,)), operator, gradient, in_branch(keys, gradient, None, exercise)
            )


def build(desk: Desk, share: float = 1.0, pairs: int = 150, seed: int = 11) -> Corpus:
    """Make the corpus: every mutant, distinct by the value of the gradient that it was planted in.

    share: make this part only, drawn from `seed`; `pairs` is the number of pairs of the whole.
    """
    rng = random.Random(seed)
    raw = [m for m in hand_made() if rng.random() < share]
    raw += [m for base in BASES for m in mutants(base) if rng.random() < share]
    # The tuned ones first: what is held out is counted only where it gives something else.
    raw.sort(key=lambda mutant: mutant.held_out)
    sieve = Sieve(desk)
    fresh = list(sieve.distinct(raw))
    singles, silent, raising = _sort(desk, fresh)
    pairs = round(pairs * share)
    candidates = [
        m
        for m in singles
        if m.exercise == "5.1" and m.keys and m.operator not in {"zeros", "nan", "stale", "stale-input"}
    ]
    rng.shuffle(candidates)
    twos: list[Mutant] = []
    for first in candidates:
        seconds = [m for m in mutants(first.answer, first.gradient) if _combines(first, m)]
        if seconds:
            second = rng.choice(seconds)
            keys = first.keys | second.keys | _product(first.keys, second.keys)
            both = Mutant(
                second.answer, f"{first.operator} + {second.operator}", first.gradient, keys, (first.keys, second.keys)
            )
            twos += _sort(desk, list(sieve.distinct([both])))[0]
        if len(twos) >= pairs:
            break
    return Corpus(singles, twos[:pairs], silent, raising)


class Sieve:
    """Lets mutants through whose planted gradient has a value that none before had; unites the keys of the others."""

    def __init__(self, desk: Desk):
        self._desk = desk
        self._seen: dict[tuple, list[list]] = {}

    def distinct(self, raw: Sequence[Mutant]) -> Iterator[Mutant]:
        found: list[list] = []
        sources: set[tuple[str, ...]] = set()
        for mutant in raw:
            if mutant.answer.cells in sources:
                continue
            sources.add(mutant.answer.cells)
            value = self._desk.planted(mutant.answer, mutant.gradient)
            if value is None:
                found.append([mutant, None])
                continue
            kin = self._seen.setdefault((mutant.exercise, mutant.gradient, tuple(value.shape)), [])
            twin = next((entry for entry in kin if _same(entry[1], value)), None)
            if twin is None:
                entry = [mutant, value]
                kin.append(entry)
                found.append(entry)
            else:
                twin[0] = replace(twin[0], keys=twin[0].keys | mutant.keys)
        yield from (entry[0] for entry in found)


def _of_statements(base: Answer) -> Iterator[Mutant]:
    """A contribution never added, added twice, or assigned over the first; a gradient read before it is complete."""
    listed = list(statements(base))
    for c, s, statement, gradients in listed:
        if not (isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add)):
            continue
        (gradient,) = gradients
        readers = consumers(base.exercise, gradient)
        branch = next((r for r in readers if f"d{r}" in names_in(statement.value)), None)
        if branch is None or len(readers) == 1:
            continue
        other = next(r for r in readers if r != branch)
        plain = ast.Assign([ast.Name(gradient, ast.Store())], statement.value)
        for operator, keys, new in (
            ("drop-branch", {f"branch-missing:{branch}"}, []),
            ("double-branch", {f"branch-doubled:{branch}", f"factor:2:{branch}"}, [statement, statement]),
            ("assign-for-add", {f"branch-missing:{other}", "not-expanded"}, [plain]),
            ("sign-branch", {f"sign:{branch}"}, [ast.AugAssign(statement.target, ast.Sub(), statement.value)]),
        ):
            if isinstance(statement.target, ast.Name):
                yield Mutant(edited(base, c, s, new), operator, gradient, frozenset(keys))
        yield from _too_early(base, c, s, statement, gradient, listed)


def _too_early(base: Answer, c: int, s: int, statement: ast.AugAssign, gradient: str, listed) -> Iterator[Mutant]:
    snapshot = ast.parse(f"unfinished = {gradient}.clone()").body[0]
    for c2, s2, reader, gradients in listed:
        names = set(written(reader))
        if (c2, s2) <= (c, s) or gradient not in names_in(reader) or gradient in names or len(gradients) != 1:
            continue
        late = copy.deepcopy(reader)
        for node in ast.walk(late):
            if isinstance(node, ast.Name) and node.id == gradient:
                node.id = "unfinished"
        changed = edited(edited(base, c2, s2, [late]), c, s, [snapshot, statement])
        keys = {f"too-early:{gradient}"} | ({"wrong-upstream:dbndiff"} if gradient == "dhprebn" else set())
        target = gradients[0]
        reached = in_branch(keys, target, gradient[1:] if gradient[1:] in CONSUMERS[target[1:]] else None)
        yield Mutant(changed, "too-early", target, reached)


def _of_whole(base: Answer) -> Iterator[Mutant]:
    """A gradient that is another thing altogether, or the right one with something done to it."""
    if base.exercise != "5.1":
        return
    order = [name for _, _, statement, _ in statements(base) for name in written(statement) if name[1:] in CONSUMERS]
    for position, gradient in enumerate(f"d{tensor}" for tensor in CONSUMERS):
        tensor = gradient[1:]

        def made(operator: str, keys: set[str], source: str, gradient: str = gradient) -> Mutant:
            after = _after(base, gradient, f"{gradient} = {source}")
            readers = consumers("5.1", gradient)
            named = in_branch(keys, gradient, None) if len(readers) == 1 else _of_all(keys, gradient)
            return Mutant(after, operator, gradient, named)

        yield made("sign", {"sign"}, f"-{gradient}")
        number, value = (("2", 2.0), ("n", 32.0), ("(1 / n)", 1 / 32), ("vocab_size", 27.0))[position % 4]
        twice = {"branch-doubled:" + "+".join(consumers("5.1", gradient))} if value == 2 else set()
        yield made("extra-number", factor(value) | twice, f"{gradient} * {number}")
        if position % 3 == 0:
            yield made("zeros", {"zeros"}, f"torch.zeros_like({gradient})")
        elif position % 3 == 1:
            yield made("nan", {"nan"}, f"{gradient} * float('nan')")
        else:
            yield made("stale", {"stale"}, f"earlier_{gradient}.clone()")
        yield made(
            "value-for-gradient",
            {"value-for-gradient", f"value-for-gradient:{gradient}", f"equals:{tensor}"},
            f"{tensor}.clone()",
        )
        if gradient in NEXT_STEP:
            source, alias = NEXT_STEP[gradient]
            yield made("next-step", {"next-step", *alias}, source)
        if gradient in MATRICES:
            yield made("index-shift", {"index-shift"}, f"torch.roll({gradient}, 1, 0)")
            mask = f"(torch.arange(len({gradient})) > 0).float().view(-1, 1)"
            yield made("partly-filled", {"partly-filled"}, f"{gradient} * {mask}")
        for row in ALIKE_GRADIENTS:
            for other in row if gradient in row else ():
                if other in order[: order.index(gradient)]:
                    keys = {f"equals:{other}"}
                    if consumers("5.1", gradient) == (other[1:],):
                        keys.add("derivative-forgotten")  # the gradient from above, handed on as it is
                    yield made("equals", keys, f"{other}.clone()")


def _of_all(keys: set[str], gradient: str) -> frozenset[str]:
    """Keys of a slip in a sum of branches as a whole; where one branch is rounding, those of the other as well."""
    main = [r for r in consumers("5.1", gradient) if r != "logit_maxes"]
    return in_branch(keys, gradient, main[0]) if len(main) == 1 else frozenset(keys)


def _after(base: Answer, gradient: str, source: str) -> Answer:
    """The base with a statement after the last one that writes `gradient`."""
    c, s = max((c, s) for c, s, statement, _ in statements(base) if gradient in written(statement))
    return edited(base, c, s + 1, ast.parse(source).body, s + 1)


def _sort(desk: Desk, found: list[Mutant]) -> tuple[list[Mutant], list[Silent], list[Mutant]]:
    """Wrong by value, silent, raising. A slip that changes a gradient further up is no single one: left out."""
    wrong, silent, raising = [], [], []
    for mutant in found:
        outcome = desk.outcome(mutant.exercise, mutant.answer.cells)
        if outcome.error:
            raising.append(mutant)
        elif mutant.gradient in outcome.wrong:
            if outcome.wrong <= _below(mutant.gradient):
                plain = _plain(outcome.values[mutant.gradient])
                wrong.append(replace(mutant, keys=mutant.keys | plain) if plain else mutant)
        elif not outcome.wrong and (proof := _proof(desk, mutant, outcome)):
            silent.append(Silent(mutant, proof))
    return wrong, silent, raising


def _plain(value: object) -> set[str]:
    """What anybody sees who prints the tensor: as good a name as that of the slip behind it."""
    value = torch.as_tensor(value)
    if not value.isfinite().all():
        return {"nan"}
    if not value.any():
        return {"zeros", "constant"}
    return {"constant"} if value.numel() > 1 and (value == value.flatten()[0]).all() else set()


def _proof(desk: Desk, mutant: Mutant, first: Outcome) -> tuple[str, float, float] | None:
    """The gradient nearest to its bound over all scoring cases, or None where one of them shows the slip."""
    outcomes = [first]
    for case in ("fresh batch 2", "fresh batch 3", "another batch size"):
        outcomes.append(desk.outcome(mutant.exercise, mutant.answer.cells, case))
    if any(outcome.wrong or outcome.error for outcome in outcomes):
        return None
    measured = [(name, o.difference(name), o.bound(name)) for o in outcomes for name in o.truth]
    return max(measured, key=lambda entry: entry[1] / entry[2])


def _below(gradient: str) -> set[str]:
    """The gradients that are computed from this one, and itself."""
    found = {gradient}
    grown = True
    while grown:
        more = {f"d{name}" for name, readers in CONSUMERS.items() if any(f"d{r}" in found for r in readers)}
        grown = not more <= found
        found |= more
    return found


def _combines(first: Mutant, second: Mutant) -> bool:
    return (
        second.gradient == first.gradient
        and bool(second.keys)
        and second.operator not in {first.operator, "zeros", "nan", "stale", "stale-input", "equals"}
        and not first.keys & second.keys
    )


def _product(first: frozenset[str], second: frozenset[str]) -> set[str]:
    numbers = [_number(first), _number(second)]
    return set() if None in numbers else factor(numbers[0] * numbers[1])


def _number(keys: frozenset[str]) -> float | None:
    if "sign" in keys:
        return -1.0
    plain = [key for key in keys if key.startswith("factor:") and key.count(":") == 1]
    return float(plain[0].split(":")[1]) if len(plain) == 1 else None


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    # Nearer than the bound of a right answer, so that a forgotten epsilon is no twin of what it was made from.
    return torch.allclose(one, other, rtol=0, atol=3e-6 * float(one.nan_to_num().abs().max()), equal_nan=True)
