"""Chapter 09, exercise 9.6: each transpose rule by itself, the dot-product test against torch's vjp."""

import numpy as np
import torch

from grader.check.exercises.ch09_language import Slip, ask_all, explained, worst
from grader.check.exercises.ch09_rules import Primitive, judge_probed
from grader.check.submission import Submission
from grader.check.verdict import Verdict

TRANSPOSE_RULES = """
for number, (name, position, ct, operands, params) in enumerate(cases):
    ins = [Var(tuple(x.shape)) if i == position else x for i, x in enumerate(operands)]
    rule = lambda *args: TRANSPOSE[name][position](*args, **tuples(params)) if name in TRANSPOSE else None
    attempt(number, lambda: settled(rule(ct, *ins)))
    attempt(f"probed {number}", lambda: settled(bare(rule(probe(ct), *ins))))
"""


def judge_transposes(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on each transpose rule of 9.6, the dot-product test against torch's vjp."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, rows, columns))
    right, solid = rng.normal(size=(columns, 3)), rng.normal(size=(2, rows, columns))
    row, column, index = rng.normal(size=columns), rng.normal(size=(rows, 1)), rng.integers(0, rows, (2, rows))
    index[0, :2] = index[1, 0]
    shape = (rows + 1, columns)
    uses = [
        *(
            Primitive(
                "add, sub, neg", name, [x, y], {}, "Both operands of a sum receive ct, that which is taken away −ct.", i
            )
            for name in ("add", "sub")
            for i in (0, 1)
        ),
        Primitive("add, sub, neg", "neg", [x], {}, "The transpose of −1 is −1."),
        *(
            Primitive("mul", "mul", [x, y], {}, "The map is t·y: its transpose multiplies ct by the same y.", i)
            for i in (0, 1)
        ),
        Primitive("mul", "mul", [x, 0.25], {}, "The other operand may be a plain number."),
        Primitive("matmul, variable on the left", "matmul", [x, right], {}, "X ↦ XB has the transpose ct ↦ ct·Bᵀ."),
        Primitive("matmul, variable on the right", "matmul", [x, right], {}, "X ↦ AX has the transpose ct ↦ Aᵀ·ct.", 1),
        *(
            Primitive(
                "reduce_sum",
                "reduce_sum",
                [solid],
                {"axes": axes},
                "Every entry of a sum receives the sum's ct: put the lost axes back, then broadcast.",
            )
            for axes in ((0,), (1,), (0, 2), (0, 1, 2))
        ),
        *(
            Primitive(
                "broadcast",
                "broadcast",
                [a],
                {"shape": (2, rows, columns)},
                "What was repeated receives the sum over its copies: over new axes in front and those of length 1.",
            )
            for a in (row, column, rng.normal(size=(1, 1, columns)), np.array(0.5))
        ),
        Primitive("reshape", "reshape", [solid], {"shape": (rows, 2 * columns)}, "Back to the operand's shape."),
        Primitive("transpose", "transpose", [solid], {"axes": (1, 2, 0)}, "The inverse permutation: np.argsort(axes)."),
        *(
            Primitive(
                "gather",
                "gather",
                [a],
                {"index": i},
                "Every row that was picked gets its ct back, added up where it was picked twice.",
            )
            for a, i in ((x, index), (row, index[0] % columns))
        ),
        Primitive(
            "scatter_add",
            "scatter_add",
            [solid],
            {"index": index, "shape": shape},
            "Row i went to index[i]: it receives that row of ct.",
        ),
    ]
    asked, wanted = [], []
    for use in uses:
        operands = use.tensors
        with torch.enable_grad():
            operands[use.position] = operands[use.position].clone().requires_grad_()
            value = use.value(*operands)
            ct = torch.as_tensor(rng.normal(size=tuple(value.shape)))
            wanted += torch.autograd.grad(value, operands[use.position], ct)
        asked.append((use.name, use.position, ct.numpy(), use.operands, use.params))
    lines = [*dict.fromkeys(use.line for use in uses), "in the language's own functions"]
    found = ask_all(submission, TRANSPOSE_RULES, {"cases": asked}, lines)
    if isinstance(found, list):
        return found
    verdicts = []
    for number, (use, want) in enumerate(zip(uses, wanted, strict=True)):
        slips = _transpose_slips(use, torch.as_tensor(asked[number][2]), want)
        verdicts.append(explained(use.line, found[str(number)], want, use.because, slips))
    verdicts += judge_probed(lines[-1], found, range(len(asked)))
    return [worst(line, [verdict for verdict in verdicts if verdict.name == line]) for line in lines]


def _transpose_slips(use: Primitive, ct: torch.Tensor, want: torch.Tensor) -> list[Slip]:
    slips = [(-want, "The sign is wrong.")]
    if ct.shape == want.shape:
        slips.append((ct, "This is ct unchanged: the map's own factor is missing."))
    elif use.name == "broadcast":
        slips.append((ct, "This has the shape of the result: what was repeated receives the sum over its copies."))
    if use.name == "broadcast":
        slips.append((want * want.numel() / ct.numel(), "This is the mean over the copies; the transpose is the sum."))
    if use.name == "reduce_sum":
        share = want.numel() / max(ct.numel(), 1)
        slips.append((want / share, "ct is divided among the entries; each receives all of it."))
    if use.name == "transpose":
        slips.append((ct.permute(use.params["axes"]), "The same permutation once more is not its inverse."))
    if use.name == "gather":
        last = torch.zeros_like(want)
        last[torch.as_tensor(use.params["index"])] = ct
        slips.append((last, "A row that was picked twice keeps only the last ct: they add up."))
    return slips
