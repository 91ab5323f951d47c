"""Chapter 09, exercises 9.1 and 9.2: value rules and jvp rules, each by itself against torch."""

from dataclasses import dataclass, field

import numpy as np
import torch

from grader.check.exercises.ch09_language import TORCH, Slip, ask_all, explained, worst
from grader.check.submission import Submission
from grader.check.verdict import Verdict, compare

VALUES = """
for number, (name, operands, params) in enumerate(cases):
    attempt(number, lambda: settled(VALUE[name](*operands, **tuples(params))) if name in VALUE else None)
"""

JVP_RULES = """
outputs["linear"] = [str(name) for name in LINEAR]
for number, (name, position, t, out, operands, params) in enumerate(cases):
    rule = lambda *args: JVP[name][position](*args, **tuples(params)) if name in JVP else None
    attempt(number, lambda: settled(rule(t, out, *operands)))
    attempt(f"probed {number}", lambda: settled(bare(rule(probe(t), probe(out), *map(probe, operands)))))
"""


@dataclass(frozen=True)
class Primitive:
    """One use of a primitive. line: where it is shown. slips: wrong answers that tell, as values."""

    line: str
    name: str
    operands: list
    params: dict = field(default_factory=dict)
    because: str = ""
    position: int = 0

    def value(self, *operands: torch.Tensor) -> torch.Tensor:
        return TORCH[self.name](*operands, **self.params)

    @property
    def tensors(self) -> list:
        return [torch.as_tensor(x) if isinstance(x, np.ndarray) else x for x in self.operands]


def judge_values(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on the value rules of 9.1, on matrices (rows, columns) and an array of three axes."""
    rng = np.random.default_rng(seed)
    x, solid = rng.uniform(0.5, 2, (rows, columns)), rng.normal(size=(2, rows, columns))
    row, index = rng.normal(size=columns), rng.integers(0, rows, (2, rows))
    index[0, :3] = index[1, 0] = index[0, 0]  # repeated for certain
    many = rng.normal(size=(2, rows, columns))
    entry = [Primitive("log, sin, cos, tanh", name, [x]) for name in ("log", "sin", "cos", "tanh")]
    uses = [
        *entry,
        *(Primitive("power", "power", [x], {"p": p}, "The exponent comes as p.") for p in (-0.5, 3)),
        *(_reduction("reduce_sum", solid, axes) for axes in ((0,), (1,), (0, 2))),
        *(_reduction("reduce_max", solid, axes) for axes in ((0,), (1,), (0, 2))),
        Primitive(
            "broadcast", "broadcast", [row], {"shape": (rows, columns)}, "A row is repeated along new axes in front."
        ),
        Primitive(
            "broadcast", "broadcast", [x[:, :1]], {"shape": (2, rows, columns)}, "An axis of length 1 is repeated, too."
        ),
        Primitive("transpose", "transpose", [solid], {"axes": (1, 2, 0)}, "Axis i of the result is axis axes[i] of x."),
        Primitive("gather", "gather", [x], {"index": index}, "The rows x[index], in the index's own shape."),
        Primitive(
            "scatter_add",
            "scatter_add",
            [many],
            {"index": index, "shape": (rows + 1, columns)},
            "Rows with the same index add up.",
        ),
    ]
    lines = list(dict.fromkeys(use.line for use in uses))
    found = ask_all(submission, VALUES, {"cases": [(use.name, use.operands, use.params) for use in uses]}, lines)
    if isinstance(found, list):
        return found
    verdicts = []
    for number, use in enumerate(uses):
        want = use.value(*use.tensors)
        verdicts.append(explained(use.line, found[str(number)], want, use.because, _value_slips(use, want)))
    return [worst(line, [verdict for verdict in verdicts if verdict.name == line]) for line in lines]


def _reduction(name: str, x: np.ndarray, axes: tuple[int, ...]) -> Primitive:
    return Primitive(name, name, [x], {"axes": axes}, "Reduce over all the axes named in `axes`, and over no other.")


def _value_slips(use: Primitive, want: torch.Tensor) -> list[Slip]:
    (x,) = use.tensors
    if use.name.startswith("reduce"):
        kept = want
        for axis in sorted(use.params["axes"]):
            kept = kept.unsqueeze(axis)
        other = x.amax if use.name == "reduce_sum" else x.sum
        return [
            (kept, "The axes that are reduced disappear: no keepdims."),
            (other(use.params["axes"]), "This is the other reduction."),
            (x.mean(use.params["axes"]), "This is the mean: a factor of the number of entries is missing."),
        ]
    if use.name == "transpose":
        return [(x.permute(tuple(np.argsort(use.params["axes"]))), "This is the inverse permutation of the axes.")]
    if use.name == "scatter_add":
        index, last = torch.as_tensor(use.params["index"]), torch.zeros_like(want)
        last[index] = x
        lost = "Where an index is repeated only the last row is kept: out[index] += x adds once. Rows add up."
        return [(last, lost)]
    return []


NOT_LINEAR = {
    "exp": "exp(2x) is not 2·exp(x).",
    "log": "log(2x) is not 2·log(x).",
    "sin": "sin(2x) is not 2·sin(x).",
    "cos": "cos(2x) is not 2·cos(x).",
    "tanh": "tanh(2x) is not 2·tanh(x).",
    "power": "(2x)² is not 2·x²; it is linear for p = 1 only.",
    "reduce_max": "max(x) + max(z) is not max(x + z): scaling alone does not make it linear.",
}
MOVES = {
    "neg": "−(x + z) = −x − z.",
    "reduce_sum": "sums of sums can be regrouped.",
    "broadcast": "copying entries is linear.",
    "reshape": "moving entries is linear.",
    "transpose": "moving entries is linear.",
    "gather": "picking entries is linear, whatever the index.",
    "scatter_add": "adding entries up is linear.",
}


def judge_jvp_rules(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on LINEAR and on each jvp rule of 9.2, on matrices (rows, columns)."""
    rng = np.random.default_rng(seed)
    x, y, square = rng.uniform(0.5, 2, (rows, columns)), rng.normal(size=(rows, columns)), rng.normal(size=(columns, 3))
    uses = [
        *(
            Primitive("add, sub", name, [x, y], {}, "A summand's tangent passes; a subtrahend's changes its sign.", i)
            for name in ("add", "sub")
            for i in (0, 1)
        ),
        *(
            Primitive("mul", "mul", [x, y], {}, "The tangent of one operand times the other operand.", i)
            for i in (0, 1)
        ),
        *(Primitive("matmul", "matmul", [x, square], {}, "The order matters: dX·Y and X·dY.", i) for i in (0, 1)),
        *(Primitive(name, name, [x if name == "log" else y]) for name in ("exp", "log", "sin", "cos", "tanh")),
        *(
            Primitive(
                "power", "power", [x], {"p": p}, "p·x^(p−1)·t: the exponent falls by one, and comes down as a factor."
            )
            for p in (3, -0.5)
        ),
    ]
    asked, wanted = [], []
    for use in uses:
        operands = use.tensors
        t = rng.normal(size=use.operands[use.position].shape)
        out, tangent = _jvp(use, operands, torch.as_tensor(t))
        asked.append((use.name, use.position, t, out.numpy(), use.operands, use.params))
        wanted.append(tangent)
    # A result that is not the true one shows whether a rule uses it.
    for name in ("exp", "tanh"):
        t, out = rng.normal(size=(2, columns))
        asked.append((name, 0, t, out, [x[0]], {}))
        wanted.append(torch.as_tensor(t * out if name == "exp" else t * (1 - out * out)))
    lines = [
        "LINEAR",
        *dict.fromkeys(use.line for use in uses),
        "exp and tanh use out",
        "in the language's own functions",
    ]
    found = ask_all(submission, JVP_RULES, {"cases": asked}, lines)
    if isinstance(found, list):
        return found
    verdicts = [_judge_linear(found["linear"])]
    for number, (use, want) in enumerate(zip(uses, wanted, strict=False)):
        verdicts.append(
            explained(use.line, found[str(number)], want, use.because, _jvp_slips(use, asked[number], want))
        )
    reuse = (
        "The result is there already, as out: exp' = out, tanh' = 1 − out². Computing it again makes one residual more."
    )
    tail = range(len(uses), len(asked))
    verdicts += [explained(lines[-2], found[str(n)], wanted[n], reuse) for n in tail]
    verdicts += judge_probed(lines[-1], found, range(len(asked)))
    return [worst(line, [verdict for verdict in verdicts if verdict.name == line]) for line in lines]


def _jvp(use: Primitive, operands: list[torch.Tensor], t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    def f(x: torch.Tensor) -> torch.Tensor:
        return use.value(*(x if i == use.position else other for i, other in enumerate(operands)))

    return torch.func.jvp(f, (operands[use.position],), (t,))


def _jvp_slips(use: Primitive, asked: tuple, want: torch.Tensor) -> list[Slip]:
    t, out, operands = torch.as_tensor(asked[2]), torch.as_tensor(asked[3]), use.tensors
    slips = [(-want, "The sign is wrong."), (t, "This is the tangent unchanged: the factor is missing.")]
    if use.name in ("exp", "log", "sin", "cos", "tanh", "power"):
        slips.append((want / t, "This is the derivative alone: multiply by the tangent t."))
        slips.append((out * t, "This is the value times the tangent; the derivative is another function."))
    if use.name == "mul":
        slips.append(
            (t * operands[use.position], "The tangent is multiplied by its own operand, not by the other one.")
        )
    if use.name == "tanh":
        slips.append((t * (1 - out), "1 − tanh², with the square."))
    if use.name == "power":
        x, p = operands[0], use.params["p"]
        slips += [(t * p * x**p, "The exponent does not fall by one."), (t * x ** (p - 1), "The factor p is missing.")]
    return slips


def _judge_linear(names: list[str]) -> Verdict:
    if not names:
        return Verdict("LINEAR", "missing", "Not done yet.")
    for name in names:
        if name not in MOVES:
            reason = NOT_LINEAR.get(name, "it has two operands, and is no primitive of one operand that is linear.")
            return Verdict("LINEAR", "wrong", f"{name} is not linear: {reason}")
    missing = [name for name in MOVES if name not in names]
    if missing:
        return Verdict("LINEAR", "wrong", f"{missing[0]} is missing: it is linear, for {MOVES[missing[0]]}")
    return Verdict("LINEAR", "right")


def judge_probed(line: str, found: dict, numbers: range) -> list[Verdict]:
    """The same rules on values that numpy cannot see into: they must give the same."""
    verdicts = []
    for number in numbers:
        plain, probed = found[str(number)], found[f"probed {number}"]
        if plain is None or isinstance(plain, str):
            verdicts.append(Verdict(line, "missing", "Not done yet."))
        elif not isinstance(probed, np.ndarray) or not compare("", probed, torch.as_tensor(plain)).passed:
            reason = probed if isinstance(probed, str) else "The result is not the same."
            because = "Write rules with mul, cos, matmul, … and not with numpy: they have to work on tracers, too."
            verdicts.append(Verdict(line, "wrong", f"{reason} {because}"))
        else:
            verdicts.append(Verdict(line, "right"))
    return verdicts
