"""Chapter 04, reverse mode: the cases of each array operation."""

import numpy as np
import torch

from grader.check.exercises.ch04_arrays import Case, judge_cases
from grader.check.functions import expect
from grader.check.submission import Submission
from grader.check.verdict import Verdict


def judge_elementwise(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on unbroadcast and the elementwise operations, on (rows, columns) and what broadcasts to it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns))
    column, row = rng.normal(size=(rows, 1)), rng.normal(size=columns)
    positive, away = (
        rng.uniform(0.5, 2, (rows, columns)),
        rng.uniform(0.5, 2, (rows, 1)) * rng.choice([-1, 1], (rows, 1)),
    )
    single = x.astype(np.float32)
    with_zero = np.where(np.arange(columns) == 0, 0.0, x)
    summed = "The reverse of a broadcast is a sum over the copies."
    cases = [
        Case(
            "column − row, broadcast",
            "a - b",
            {"a": column, "b": row},
            f"The second operand has a minus sign. {summed}",
        ),
        Case(
            "matrix · row, broadcast", "a * b", {"a": x, "b": row}, f"Each share is g times the other operand. {summed}"
        ),
        Case(
            "a · a, an operand used twice",
            "a * a",
            {"a": x},
            "Two edges to the same operand; their shares add up to 2·a·g.",
        ),
        Case(
            "matrix / column, broadcast",
            "a / b",
            {"a": x, "b": away},
            f"The denominator's share is −g·a / b². {summed}",
        ),
        Case(
            "a number on either side",
            "(2 - a) * 3 + 1.5 / b",
            {"a": x, "b": away},
            "With a number on the left, sub and div get the number as `a`: a number has no edge, the Tensor still has.",
        ),
        Case("powers 3 and −0.5", "power(a, 3) + power(a, -0.5)", {"a": positive}, "The power rule: g · p · x^(p−1)."),
        Case("exp and log", "exp(a) * log(a)", {"a": positive}, "exp: g times the result. log: g / x."),
        Case("tanh", "tanh(a)", {"a": x}, "The slope of tanh is 1 − tanh(x)², with the output, not the input."),
        Case("relu, also at 0", "relu(a)", {"a": with_zero}, "The cotangent passes where x > 0; at 0 the slope is 0."),
        Case(
            "float32 stays float32",
            "a * b",
            {"a": single, "b": row},
            "The cotangent of a float32 array is float32, also where the other operand makes g float64.",
            also=(Case("", "tanh(a * 2) * relu(a)", {"a": single}, "float32 and a plain number give float32."),),
        ),
    ]
    return [_judge_unbroadcast(submission, rng, rows, columns), *judge_cases(submission, cases, rng)]


def judge_products(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on matmul, linear, the reductions, reshape and transpose."""
    rng = np.random.default_rng(seed)
    return judge_cases(submission, _product_cases(rng, rows, columns, columns + 2), rng)


def _product_cases(rng: np.random.Generator, n: int, k: int, m: int) -> list[Case]:
    x, w, b = rng.normal(size=(n, k)), rng.normal(size=(k, m)), rng.normal(size=m)
    square, cube = rng.normal(size=(2, k, k)), rng.normal(size=(n, k, m))
    ties = np.floor(rng.normal(size=(n, k)))
    ties[:, 0] = ties[:, 1] = 5.0
    index = "Write it by indices: (Ḡ Bᵀ) for the first operand, (Aᵀ Ḡ) for the second."
    stack = Case(
        "", "matmul(a, b)", {"a": cube, "b": rng.normal(size=(m, 2))}, f"{index} Leading axes are broadcast: sum."
    )
    back = "Put the reduced axis back (np.expand_dims) before broadcasting to the operand's shape."
    sums = [
        Case(
            "",
            f"reduce_sum(a, {arguments})",
            {"a": cube},
            f"With {arguments}: every entry receives the whole cotangent. {back}",
        )
        for arguments in ("axis=1", "axis=(0, -1)", "axis=-1, keepdims=True", "axis=None")
    ]
    means = [
        Case(
            "",
            f"reduce_mean(a, {arguments})",
            {"a": cube},
            f"With {arguments}: divide by the number of entries averaged. {back}",
        )
        for arguments in ("axis=-2", "axis=(1, 2), keepdims=True", "axis=None")
    ]
    maxima = [
        Case(
            "",
            f"reduce_max(a, {arguments})",
            {"a": cube},
            f"With {arguments}: the winner receives the cotangent, the others 0. {back}",
        )
        for arguments in ("axis=1", "axis=(0, 2)", "axis=0, keepdims=True", "axis=None")
    ]
    tie = Case(
        "maximum with ties", "reduce_max(a, axis=1)", {"a": ties}, "Entries that tie share the cotangent equally."
    )
    turned = "The reverse of a transposition is the inverse one: np.argsort(axes)."
    fused = "linear is x @ W + b; b (m,) was broadcast along the rows: sum over them."
    return [
        Case("matrix product", "matmul(a, b)", {"a": x, "b": w}, index, also=(stack,)),
        Case("square matrices", "matmul(a, b)", {"a": square[0], "b": square[1]}, index),
        Case("linear", "linear(x, w, b)", {"x": x, "w": w, "b": b}, fused),
        _together("sum over axes", sums),
        _together("mean over axes", means),
        _together("maximum over axes", maxima),
        tie,
        Case(
            "reshape, of an operand used twice",
            "reshape(a, (-1, 2)) * reshape(a * a, (-1, 2))",
            {"a": rng.normal(size=(n, 2, k))},
        ),
        Case(
            "transpose",
            "transpose(a, (2, 0, 1))",
            {"a": cube},
            turned,
            also=(Case("", "transpose(a) * 2.0", {"a": cube}, turned),),
        ),
        _together(
            "float32 stays float32",
            [
                Case("", "matmul(a, b)", {"a": x.astype("f4"), "b": w.astype("f4")}),
                Case("", "reduce_mean(a, axis=0)", {"a": x.astype("f4")}, "Divide by a plain number."),
                Case("", "reduce_max(a)", {"a": x.astype("f4")}, "A float32 array divided by an int64 one is float64."),
            ],
        ),
    ]


def judge_gather(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on gather with repeated, two-dimensional and tuple indices."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(rows, columns))
    repeated = np.concatenate([[1, 1, 1], rng.integers(0, rows, rows)])
    added = "Where an index repeats, the cotangents add up: `total[index] += g` keeps only the last; see np.add.at."
    pairs = {"i": rng.integers(0, rows, 2 * rows), "j": rng.integers(0, columns, 2 * rows)}
    cases = [
        Case("repeated rows", "gather(a, i)", {"a": table}, added, {"i": repeated}),
        Case("an index of shape (n, 3)", "gather(a, i)", {"a": table}, added, {"i": rng.integers(0, rows, (rows, 3))}),
        Case(
            "pairs of indices, used twice",
            "gather(a, (i, j)) * gather(a, (j, i * 0))",
            {"a": rng.normal(size=(rows, rows))},
            added,
            pairs,
        ),
        Case(
            "a slice, and float32",
            "gather(a, slice(1, None)) * 2",
            {"a": table.astype("f4")},
            "Any index that numpy takes; the table's cotangent has its shape and dtype.",
            {},
        ),
    ]
    return judge_cases(submission, cases, rng)


def judge_softmax(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on log_softmax and cross_entropy, for ordinary and for large logits, and upstream cotangents not 1."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(rows, columns))
    huge = z * 2000
    targets = {"y": rng.integers(0, columns, rows)}
    spread = "z̄ = ḡ − softmax(z) · (sum of ḡ along the axis)."
    shift = "exp overflows above 709: subtract each row's largest entry first, and work with logarithms throughout."
    loss = "The gradient is (p − one-hot) / n, times the cotangent of the loss."
    cases = [
        Case("log_softmax", "log_softmax(a)", {"a": z}, spread),
        Case("log_softmax over axis 0", "log_softmax(a, axis=0) * a", {"a": z}, f"The axis is an argument. {spread}"),
        Case("log_softmax of large logits", "log_softmax(a)", {"a": huge}, shift),
        Case("cross_entropy", "cross_entropy(a, y)", {"a": z}, loss, targets),
        Case(
            "cross_entropy, scaled and reused",
            "cross_entropy(a, y) * 3 + cross_entropy(a * a, y)",
            {"a": z},
            loss,
            targets,
        ),
        Case("cross_entropy of large logits", "cross_entropy(a, y)", {"a": huge}, shift, targets),
        Case(
            "float32 stays float32",
            "log_softmax(a) * cross_entropy(a, y)",
            {"a": z.astype("f4")},
            "n is a number, not an array of float64.",
            targets,
        ),
    ]
    return judge_cases(submission, cases, rng)


def _together(line: str, cases: list[Case]) -> Case:
    first, *rest = cases
    return Case(line, first.code, first.leaves, first.because, first.constants, tuple(rest))


def _judge_unbroadcast(submission: Submission, rng: np.random.Generator, rows: int, columns: int) -> Verdict:
    """Shapes in front, stretched axes, both, neither, and the dtype, as one line."""
    line = "unbroadcast"
    shapes = [
        ((rows, columns), (columns,)),
        ((rows, columns), (rows, 1)),
        ((2, rows, columns), (rows, 1)),
        ((2, rows, columns), ()),
        ((rows, 1), (rows, 1)),
        ((2, rows, columns), (1, 1, columns)),
    ]
    verdict = Verdict(line, "missing", "Not done yet.")
    for dtype in (np.float64, np.float32):
        for stretched, own in shapes:
            g, x = rng.normal(size=stretched), rng.normal(size=own).astype(dtype)
            leaf = torch.zeros(own, dtype=torch.float64, requires_grad=True)
            with torch.enable_grad():
                (want,) = torch.autograd.grad(leaf.expand(stretched), leaf, torch.tensor(g))
            because = f"g {stretched} for x {own}: sum over the axes in front, and with keepdims over those of size 1."
            want = want.to(torch.tensor(x).dtype)
            verdict = expect(submission, line, "unbroadcast", g, x, want=want, because=because)
            if verdict.passed and "dtype" in verdict.message:
                return Verdict(line, "wrong", f"The values are right, but the dtype should be that of x, {x.dtype}.")
            if not verdict.passed:
                return verdict
    return verdict
