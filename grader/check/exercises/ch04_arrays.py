"""Chapter 04, reverse mode: each array operation by itself, value and vjps, against torch under random cotangents."""

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F

from grader.check.errors import SubmissionError
from grader.check.functions import refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict, compare

# Follows every path from the result to the leaves, so that an operation may be made of others.
EVALUATE_TENSORS = """
answers = []
with np.errstate(all="ignore"):
    for case in cases:
        leaves = {name: Tensor(array, requires_grad=True) for name, array in case["leaves"].items()}
        shares = {id(leaf): [] for leaf in leaves.values()}

        def walk(node, g):
            if id(node) in shares:
                shares[id(node)].append(np.array(g))
            for operand, vjp in node.edges:
                before = np.array(g)
                share = vjp(g)
                if share is None:
                    raise TypeError("a vjp gives back a NoneType")
                once = np.array(share)
                again = vjp(g)
                if not np.array_equal(before, g, equal_nan=True):
                    raise ValueError("a vjp has changed g, which belongs to others: compute a new array")
                if not np.array_equal(once, again, equal_nan=True):
                    raise ValueError("a vjp called a second time gives something else: it changes what it has kept")
                walk(operand, once)

        try:
            result = eval(case["code"], {**globals(), **case["constants"], **leaves})
            if result is not None:
                walk(result, case["g"])
                totals = {}
                for name, leaf in leaves.items():
                    for share in shares[id(leaf)]:
                        totals[name] = totals[name] + share if name in totals else share
                result = {"value": np.array(result.data), "gradients": totals}
            answers.append(result)
        except Exception as error:
            answers.append(f"{type(error).__name__}: {error}")
outputs["answers"] = answers
"""


# What the text of an error holds when an operation, or a gradient, that is not there yet was used.
UNDONE = "NoneType"


@dataclass(frozen=True)
class Case:
    """One line of a check: `code` over leaves and constants (arrays); `because` is the usual slip.

    also: further cases that share the line; it is right when all are.
    """

    line: str
    code: str
    leaves: dict[str, np.ndarray]
    because: str = ""
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    also: tuple["Case", ...] = ()


def _axes(x: torch.Tensor, axis: object) -> tuple[int, ...]:
    return tuple(range(x.dim())) if axis is None else axis if isinstance(axis, tuple) else (axis,)


# The course's functions by torch's own.
TORCH = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "power": torch.pow,
    "exp": torch.exp,
    "log": torch.log,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "matmul": torch.matmul,
    "linear": lambda x, w, b: x @ w + b,
    "reduce_sum": lambda x, axis=None, keepdims=False: x.sum(_axes(x, axis), keepdim=keepdims),
    "reduce_mean": lambda x, axis=None, keepdims=False: x.mean(_axes(x, axis), keepdim=keepdims),
    "reduce_max": lambda x, axis=None, keepdims=False: x.amax(_axes(x, axis), keepdim=keepdims),
    "reshape": torch.reshape,
    "transpose": lambda x, axes=None: x.permute(axes or tuple(reversed(range(x.dim())))),
    "gather": lambda x, index: x[index],
    "log_softmax": lambda x, axis=-1: F.log_softmax(x, axis),
    "cross_entropy": F.cross_entropy,
}


def judge_cases(submission: Submission, cases: list[Case], rng: np.random.Generator) -> list[Verdict]:
    """A verdict for each case; all are run in one call."""
    flat = [single for case in cases for single in (case, *case.also)]
    wanted = [_reference(case, rng) for case in flat]
    inputs = [
        {"code": case.code, "leaves": case.leaves, "constants": case.constants, "g": want["g"].numpy()}
        for case, want in zip(flat, wanted, strict=True)
    ]
    try:
        answers = submission.run(EVALUATE_TENSORS, {"cases": inputs})["answers"]
    except SubmissionError as error:
        return [refused(case.line, error) for case in cases]
    verdicts = iter([_judge_case(*triple) for triple in zip(flat, wanted, answers, strict=True)])
    lines = []
    for case in cases:
        group = [next(verdicts) for _ in range(1 + len(case.also))]
        worst = next((verdict for verdict in group if not verdict.passed), group[0])
        lines.append(Verdict(case.line, worst.status, worst.message))
    return lines


def _reference(case: Case, rng: np.random.Generator) -> dict[str, object]:
    """value, cotangent g, gradients, the local slopes (the gradients under ones): by torch."""
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in case.leaves.items()}
    constants = {name: torch.as_tensor(array) for name, array in case.constants.items()}
    with torch.enable_grad():
        value = eval(case.code, {}, {**TORCH, **constants, **leaves})
        g = torch.tensor(rng.normal(size=tuple(value.shape)), dtype=value.dtype)
        gradients = torch.autograd.grad(value, list(leaves.values()), g, retain_graph=True)
        local = torch.autograd.grad(value, list(leaves.values()), torch.ones_like(value))
    return {
        "value": value.detach(),
        "g": g,
        "gradients": dict(zip(leaves, gradients, strict=True)),
        "local": dict(zip(leaves, local, strict=True)),
    }


def _judge_case(case: Case, want: dict[str, object], answer: object) -> Verdict:
    if answer is None:
        return Verdict(case.line, "missing", "Not done yet.")
    if isinstance(answer, str) and UNDONE in answer:
        return Verdict(case.line, "missing", f"Not done yet: something in `{case.code}` returns None.")
    if isinstance(answer, str):
        return Verdict(case.line, "failed", f"`{case.code}` stopped: {answer}. {case.because}")
    if slip := _differs(answer["value"], want["value"]):
        return Verdict(case.line, "wrong", f"The value of `{case.code}` is wrong: {slip} {case.because}")
    for name, gradient in want["gradients"].items():
        got = answer["gradients"].get(name)
        if got is None:
            return Verdict(case.line, "wrong", f"`{case.code}` has no edge to {name}, so {name} gets no gradient.")
        if slip := _differs(got, gradient):
            hint = _hypothesis(got, gradient, want, name)
            text = f"The value of `{case.code}` is right, the gradient of {name} is not: {slip} {hint} {case.because}"
            return Verdict(case.line, "wrong", " ".join(text.split()))
    return Verdict(case.line, "right")


def _differs(got: np.ndarray, want: torch.Tensor) -> str:
    """What is wrong with an array, shape and dtype first; empty where nothing is."""
    got = torch.as_tensor(np.asarray(got))
    if got.shape != want.shape:
        return f"its shape is {tuple(got.shape)}, it should be {tuple(want.shape)}."
    if got.dtype != want.dtype:
        return f"its dtype is {str(got.dtype)[6:]}, it should be {str(want.dtype)[6:]}."
    verdict = compare("", got, want)
    if verdict.passed:
        return ""
    if verdict.status == "not finite":
        return verdict.message
    where = f" at {list(verdict.where)}" if verdict.where else ""
    return f"the largest difference is {verdict.difference:.2g}{where}, beside entries up to {verdict.scale:.2g}."


def _hypothesis(got: np.ndarray, want: torch.Tensor, reference: dict[str, object], name: str) -> str:
    """A usual slip that this gradient shows, in words; empty where none fits."""
    got = torch.as_tensor(np.asarray(got))

    def close(other: torch.Tensor) -> bool:
        return other.shape == got.shape and compare("", got, other.to(got.dtype)).passed

    others = [other for key, other in reference["gradients"].items() if key != name]
    if not got.any():
        return "It is zero throughout."
    if close(reference["local"][name]):
        return "This is the local slope alone: multiply by the cotangent g."
    if close(-want):
        return "The sign is wrong."
    if any(close(other) for other in others):
        return "This is the gradient of the other operand."
    if got.dim() >= 2 and want.dim() >= 2 and close(want.transpose(-1, -2)):
        return "It is transposed."
    if got.shape == reference["value"].shape != want.shape:
        return "It has the shape of the result: the sum over the broadcast axes is missing."
    if got.shape == want.shape and want.all() and torch.isfinite(got).all():
        ratio = got.double() / want.double()
        if (ratio - ratio.mean()).abs().max() < 1e-6 * ratio.abs().max() and abs(ratio.mean() - 1) > 1e-5:
            return f"It is {ratio.mean():.4g} times what it should be: a factor."
    return ""
