"""A diagnosis in words, as a ladder of hints: where the slip is, which branch or shape, what the local rule says.

Each step of the ladder says more; none gives the answer.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch

from grader.check.chains import chains
from grader.check.diagnosis import Diagnosis, diagnose
from grader.check.graph import tensor_of
from grader.check.heatmap import ALL, pattern, picture
from grader.check.reference import Reference
from grader.check.verdict import Verdict, as_gradient, fit

# How many wrong gradients of one check are explained: the first ones matter, and the time is bounded.
MOST = 4

RULES = {
    "add": "an addition hands its cotangent to each operand unchanged; an operand that was broadcast gets the sum",
    "sub": "a subtraction hands its cotangent to the left operand, and its negative to the right one; an operand that "
    "was broadcast gets the sum",
    "mul": "a product hands each operand the cotangent times the other one; an operand that was broadcast gets the sum",
    "div": "a quotient a/b hands a the cotangent over b, and b the cotangent times −a/b²",
    "pow": "a power x**k hands x the cotangent times k·x**(k − 1), with the very x that was raised",
    "neg": "a negation hands the negative of its cotangent on",
    "matmul": "for y = a @ b, the cotangent of a is that of y times bᵀ, and that of b is aᵀ times that of y",
    "sum": "a sum hands its cotangent back to every entry that it added up, so it is spread over the summed axis",
    "mean": "a mean over n entries hands every entry the cotangent over n",
    "var": "a variance depends on every entry twice, directly and through the mean, and here it divides by n − 1",
    "max": "a maximum hands its cotangent to the entry that was the largest, and zero to all others",
    "exp": "the derivative of exp(x) is exp(x), which is the output itself",
    "log": "the derivative of log(x) is 1/x",
    "tanh": "the derivative of tanh(x) is 1 − tanh(x)², so it is written with the output",
    "sqrt": "the derivative of √x is 1/(2√x)",
    "index": "indexing hands each picked entry its cotangent; an entry picked twice gets the sum, all others zero",
    "view": "a change of shape hands the same numbers back in the old shape",
    "cross_entropy": "the gradient of the mean cross-entropy with respect to a row of logits is (softmax − one-hot)/n",
}


def explain(
    reference: Reference,
    verdicts: Sequence[Verdict],
    answers: Mapping[str, object],
    earlier: Callable[[], Mapping[str, object]] = dict,
) -> list[Verdict]:
    """The verdicts, the first wrong ones with diagnoses and hints.

    answers: the student's values by gradient name. earlier: gives tensors of an earlier pass by name; asked only where
    something is wrong.
    """
    values = {name: as_gradient(value) for name, value in answers.items()}
    upstream = {}
    for name, true in reference.gradients.items():
        own = fit(values.get(f"d{name}"), true)
        if own is not None and torch.isfinite(own).all():
            upstream[name] = own
    upstream[reference.forward.graph.output] = reference.gradients[reference.forward.graph.output]
    wrong = [i for i, verdict in enumerate(verdicts) if verdict.status in ("wrong", "shape", "not finite")][:MOST]
    found, before = list(verdicts), earlier() if wrong else {}
    for i in wrong:
        found[i] = _explained(reference, verdicts[i], values, upstream, before)
    return found


def _explained(
    reference: Reference,
    verdict: Verdict,
    values: Mapping[str, torch.Tensor | None],
    upstream: Mapping[str, torch.Tensor],
    earlier: Mapping[str, object],
) -> Verdict:
    name = tensor_of(verdict.name)
    value = values.get(verdict.name)
    if value is None or name not in reference.gradients:
        return verdict
    if verdict.status == "not finite":
        return replace(verdict, diagnoses=(Diagnosis("nan", 0.0),), hints=(_born(reference, name, upstream),))
    true = reference.gradients[name]
    diagnoses = ()
    fitted = fit(value, true) if value.numel() == true.numel() else None
    if verdict.status == "shape":
        diagnoses = (Diagnosis("not-expanded", 0.0),)
    else:
        others = {key: gradient for key, gradient in upstream.items() if key != name}
        # A hint that cannot be computed, on numbers that nobody foresaw, must not cost the verdict.
        with contextlib.suppress(RuntimeError):
            diagnoses = diagnose(reference, name, value if fitted is None else fitted, others, earlier)
            # What has too few entries may also be the right kind of thing that has not been spread out.
            if not diagnoses and fitted is None and (spread := fit(value, true)) is not None:
                diagnoses = diagnose(reference, name, spread, others, earlier)
    hints, shown = _ladder(reference, name, diagnoses), ""
    if fitted is not None and true.dim() == 2 and min(true.shape) > 1:
        shown = picture(verdict.name, fitted.to(true), true)
        if (where := pattern(fitted.to(true), true)) != ALL:
            hints = (hints[0], f"{hints[1]} Of its entries, {where}", *hints[2:])
    return replace(verdict, diagnoses=diagnoses, hints=hints, picture=shown)


def _born(reference: Reference, name: str, upstream: Mapping[str, torch.Tensor]) -> str:
    consumers = [c.target for c in reference.forward.graph.consumers(name) if c.target in reference.gradients]
    finite = all(target in upstream for target in consumers)
    above = " and ".join(f"d{target}" for target in consumers)
    if finite:
        return (
            f"{above} is finite, so the NaN or infinity is born in d{name} itself: look for 0/0, log(0) or an overflow."
        )
    return f"It may be carried: {above} is not finite or not there."


def _ladder(reference: Reference, name: str, diagnoses: Sequence[Diagnosis]) -> tuple[str, ...]:
    graph = reference.forward.graph
    consumers = [c for c in graph.consumers(name) if c.target in reference.gradients]
    read = " and ".join(f"`{c.target} = {c.source}`" for c in consumers)
    ways = "one way" if len(consumers) == 1 else f"{len(consumers)} ways"
    where = f"The slip is in d{name} itself. {name} acts on the loss in {ways}: through {read}."
    if not diagnoses:
        return (where, "No single slip that this check knows explains the difference.", _rules(reference, name, ()))
    which = " Or: ".join(sentence(d, name) for d in diagnoses)
    return (where, which, _rules(reference, name, diagnoses))


def _rules(reference: Reference, name: str, diagnoses: Sequence[Diagnosis]) -> str:
    """The local rules at stake: of the steps that were taken wrongly, else of all that lead to the tensor."""
    operations = dict.fromkeys(d.step.op for d in diagnoses if d.step is not None)
    if not operations:
        forward = reference.forward
        operations = dict.fromkeys(
            step.op
            for consumer in forward.graph.consumers(name)
            if consumer.target in reference.gradients
            for chain in chains(forward, consumer)
            if chain.name == name
            for step in chain.steps
        )
    rules = [RULES[op] for op in operations if op in RULES]
    return f"The local rule: {'; '.join(rules)}." if rules else "Derive the local rule of that statement on paper."


def sentence(diagnosis: Diagnosis, name: str) -> str:
    """One diagnosis as a sentence about d`name`; one of two slips as two sentences."""
    if diagnosis.family == "factor":
        return _factor(diagnosis, name)
    if diagnosis.key == "sign":
        return f"The sign of d{name} is turned."
    step = f" in `{diagnosis.step.source}`" if diagnosis.step is not None else ""
    said = []
    for key in diagnosis.key.split(" & "):
        family, _, thing = key.partition(":")
        place = step if key == diagnosis.key else ""
        said.append(_SENTENCES[family].format(d=f"d{name}", x=name, thing=thing, step=place, detail=diagnosis.detail))
    if diagnosis.detail and diagnosis.family not in _OWN_DETAIL:
        said.append(f"Besides, {diagnosis.detail}.")
    return " ".join(said)


def _factor(diagnosis: Diagnosis, name: str) -> str:
    if diagnosis.branch:
        return f"In d{name}, {diagnosis.detail}."
    hint = {
        "(n − 1)/n": " It looks as if you divided by n where the forward pass divides by n − 1.",
        "n/(n − 1)": " It looks as if you divided by n − 1 where the forward pass divides by n.",
        "n": " It looks as if a division by n is missing.",
        "1/n": " It looks as if you divided by n once too often.",
    }.get(diagnosis.detail, "")
    return f"d{name} is right but for a factor {diagnosis.detail}.{hint}"


_OWN_DETAIL = {"factor", "stale", "zeros", "constant", "mean-for-sum"}
_SENTENCES = {
    "branch-missing": "{d} lacks the branch through {thing}; what is there is right. Was it overwritten (= for +=)?",
    "branch-doubled": "The branch through {thing} is in {d} twice. Was a cell with += run twice?",
    "sign": "The sign of the branch through {thing} is turned.",
    "factor": "",
    "mean-for-sum": "{d} is a mean where a sum is due: it is too small by the length of the summed axis ({detail}).",
    "transposed": "{d} is transposed, or a factor of a matrix product is.",
    "not-summed": "{x} was broadcast in the forward pass{step}; its gradient has not been summed over that axis.",
    "wrong-axis": "The gradient is summed over the wrong axis{step}.",
    "not-expanded": "The numbers are right, but they have not been spread out to the shape of {x}.",
    "upstream-forgotten": "The gradient that comes from above has been left out: this is the local derivative alone.",
    "too-early": "{thing} was read before all of its branches had been added.",
    "derivative-forgotten": "The gradient from above is passed on as it is; the local derivative{step} is missing.",
    "derivative-squared": "The local derivative{step} is there twice.",
    "evaluated-at": "The local derivative{step} is taken at the wrong tensor ({thing}).",
    "swapped": "The product{step} is taken with {thing}, which is not the other factor.",
    "reciprocal": "Multiplied where a division is due, or divided where a product is due{step}.",
    "exponent": "The power rule{step} has a wrong exponent.",
    "inner-sign": "A sign inside the local derivative{step} is turned.",
    "epsilon": "The small constant{step} has been left out of the derivative.",
    "next-step": "The next step is folded in: the derivative of the statement that makes {x} is already multiplied in.",
    "value-for-gradient": "The value of a tensor stands where its gradient ({thing}) is due.",
    "equals": "{d} equals {thing}.",
    "wrong-upstream": "The gradient from above is taken from {thing}, which is another tensor's.",
    "overwritten": "What is written to one place several times keeps the last value only; the contributions have to be "
    "added up.",
    "index-shift": "The index is off by one.",
    "index-everywhere": "Every entry of a row has the value that only the picked one should have.",
    "elementwise-for-matmul": "An elementwise product stands where a matrix product is due{step}.",
    "reshaped": "The numbers are in the wrong order: the shape was changed along other axes than in the forward pass.",
    "partly-filled": "A part of {d} is left out: does a loop or an index start too late or stop too early?",
    "stale": "{d} is computed from something of another batch or an earlier forward pass. Run its cells again.",
    "zeros": "{d} is zero everywhere{detail}.",
    "constant": "{d} has the same number ({detail}) everywhere.",
    "nan": "{d} has entries that are not finite.",
}
