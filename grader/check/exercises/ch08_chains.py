"""Chapter 08: products of many Jacobians, and sparse Jacobians in few passes."""

import math
from collections.abc import Sequence
from itertools import pairwise

import networkx as nx
import numpy as np
import torch

from grader.check.exercises.ch01_slips import explained
from grader.check.exercises.ch08_elimination import is_pair
from grader.check.exercises.ch08_graphs import brackets
from grader.check.exercises.ch08_passes import Passes
from grader.check.functions import ask, in_turn, matches
from grader.check.submission import Submission
from grader.check.verdict import Verdict


def judge_chains(submission: Submission, seed: int, factors: int = 5) -> list[Verdict]:
    """Verdicts on dense_chain, product_count and sparse_chain, for random chains of up to `factors` factors."""
    rng = np.random.default_rng(seed)
    sizes = _telling_sizes(rng, factors)
    A, B = rng.random((4, 7)) < 0.4, rng.random((7, 3)) < 0.5
    mixed = [rng.random((sizes[k + 1], sizes[k])) < (0.3 + 0.6 * (k % 2)) for k in range(factors - 1)]
    return [
        _judge_dense(submission, "dense_chain: three factors", [5, 2, 6, 3]),
        _judge_dense(submission, f"dense_chain: {factors} factors", sizes),
        *in_turn(
            _judge_product(submission, A, B),
            _judge_sparse(submission, "sparse_chain: the dense plan misleads", diagonal_chain(seed)),
            _judge_sparse(submission, f"sparse_chain: {factors - 1} random factors", mixed),
        ),
    ]


def judge_compression(submission: Submission, seed: int, n: int, m: int) -> list[Verdict]:
    """Verdicts on column_colours and compressed_jacobian, for a tridiagonal (n, n) and a random pattern (m, n)."""
    rng = np.random.default_rng(seed)
    band = tridiagonal(n)
    loose = rng.random((m, n)) < 0.22
    loose[0, :2] = True  # two columns that meet
    loose[rng.integers(0, m, n), np.arange(n)] = True  # no empty column
    lines = [_judge_colours(submission, "column_colours: tridiagonal", band, 3)]
    lines.append(_judge_colours(submission, "column_colours: random", loose, None))
    for line, pattern in (("compressed: tridiagonal", band), ("compressed: random, not square", loose)):
        lines.append(_judge_compressed(submission, line, pattern, rng))
    return lines


def tridiagonal(n: int) -> np.ndarray:
    """The pattern (n, n) of a matrix with entries on the diagonal and its two neighbours."""
    return np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= 1


def diagonal_chain(seed: int, n: int | None = None) -> list[np.ndarray]:
    """The patterns of six to thirty, three diagonals, thirty to five, in order of application; other sizes by seed."""
    rng = np.random.default_rng(seed)
    inner, first, last = n or int(rng.integers(10, 20)), (6 if n else 4), (5 if n else 3)
    return [
        np.ones((inner, first), bool),
        *[np.eye(inner, dtype=bool) for _ in range(3)],
        np.ones((last, inner), bool),
    ]


def chain_count(patterns: Sequence[np.ndarray], plan: object) -> int:
    """The multiplications of a bracketed product of matrices with these patterns, [F_1, …, F_p], no cancellation."""

    def product(part: object) -> tuple[np.ndarray, int]:
        if not isinstance(part, list | tuple):
            return patterns[part - 1], 0
        (left, before), (right, after) = product(part[0]), product(part[1])
        pairs = int((left.sum(0) * right.sum(1)).sum())
        return (left.astype(int) @ right.astype(int)) > 0, before + after + pairs

    return product(plan)[1]


def _least_plan(patterns: Sequence[np.ndarray]) -> int:
    return min(chain_count(patterns, plan) for plan in brackets(1, len(patterns)))


def _full(sizes: Sequence[int]) -> list[np.ndarray]:
    return [np.ones((b, a), bool) for a, b in pairwise(sizes)]


def _greedy(sizes: Sequence[int]) -> int:
    """What the chain costs where the cheapest product is always made first."""
    sizes, total = list(sizes), 0
    while len(sizes) > 2:
        products = {k: sizes[k - 1] * sizes[k] * sizes[k + 1] for k in range(1, len(sizes) - 1)}
        k = min(products, key=products.get)
        total += products[k]
        del sizes[k]
    return total


def _telling_sizes(rng: np.random.Generator, factors: int) -> list[int]:
    """Sizes for which neither mode nor the cheapest product first gives the least count."""
    while True:
        sizes = [int(s) for s in rng.integers(2, 12, factors + 1)]
        patterns, steps = _full(sizes), range(1, factors + 1)
        modes = _nested(steps, lambda done, k: [k, done]), _nested(steps[::-1], lambda done, k: [done, k])
        costs = {_least_plan(patterns), _greedy(sizes), *(chain_count(patterns, plan) for plan in modes)}
        if len(costs) == 4:
            return sizes


def _judge_dense(submission: Submission, line: str, sizes: list[int]) -> Verdict:
    slips = {"This takes the cheapest product first, which need not lead to the cheapest chain.": _greedy(sizes)}
    return _judge_plan(submission, line, "dense_chain", sizes, _full(sizes), slips)


def _judge_sparse(submission: Submission, line: str, patterns: list[np.ndarray]) -> Verdict:
    sizes = [patterns[0].shape[1], *[p.shape[0] for p in patterns]]
    dense = [np.ones(p.shape, bool) for p in patterns]
    by_dense = min(brackets(1, len(patterns)), key=lambda plan: chain_count(dense, plan))
    slips = {
        "These are the multiplications of dense matrices; a zero is never multiplied.": chain_count(dense, by_dense),
        "The plan was chosen for dense matrices and then counted: choose it by the sparse counts.": chain_count(
            patterns, by_dense
        ),
        "Every product takes the patterns of the factors that were given: a product has a pattern of its own.": _stale(
            patterns, sizes
        ),
    }
    return _judge_plan(submission, line, "sparse_chain", patterns, patterns, slips)


def _judge_plan(
    submission: Submission,
    line: str,
    function: str,
    argument: object,
    patterns: list[np.ndarray],
    slips: dict[str, float],
) -> Verdict:
    p, best = len(patterns), _least_plan(patterns)
    forward, reverse = list(range(1, p + 1)), list(range(p, 0, -1))
    one_way = _nested(forward, lambda done, k: [k, done])
    other_way = _nested(reverse, lambda done, k: [done, k])
    slips = {
        **slips,
        "This is forward mode's bracketing; a mixed one is cheaper.": chain_count(patterns, one_way),
        "This is reverse mode's bracketing; a mixed one is cheaper.": chain_count(patterns, other_way),
    }

    def judge(got: object) -> Verdict:
        if not is_pair(got):
            return Verdict(
                line, "wrong", "Return two things: the smallest count, then the plan, nested pairs of factor numbers."
            )
        verdict = matches(
            line, got[0], best, because="Split at every place, and add the cost of both parts and their product."
        )
        if not verdict.passed:
            return explained(verdict, got[0], slips)
        if _leaves(got[1]) != reverse:
            backwards = " Yours is the other way round." if _leaves(got[1]) == forward else ""
            text = f"The plan should hold the factors {p}, …, 1 from left to right, in pairs.{backwards}"
            return Verdict(line, "wrong", text)
        if (cost := chain_count(patterns, got[1])) != best:
            return Verdict(line, "wrong", f"The count is right, but the plan that you return costs {cost}.")
        return verdict

    return ask(submission, line, lambda: submission.call(function, argument), judge)


def _judge_product(submission: Submission, A: np.ndarray, B: np.ndarray) -> Verdict:
    line = "product_count"
    product = (A.astype(int) @ B.astype(int)) > 0
    want = int((A.astype(int) @ B.astype(int)).sum())
    slips = {
        "This counts dense matrices: a zero is never multiplied.": A.shape[0] * A.shape[1] * B.shape[1],
        "This is how many entries the product has; each may be a sum of several products.": int(product.sum()),
        "This pairs each row of A with each column of B: entry (i, k) of A meets row k of B.": int(A.sum() * B.sum()),
        "Sum over the inner index: columns of A with rows of B; this takes rows of A or columns of B.": int(
            A.sum() * B.shape[1]
        ),
    }
    return ask(
        submission,
        line,
        lambda: submission.call("product_count", A, B),
        lambda got: explained(
            matches(line, got, want, because="For each inner k: entries in column k of A times entries in row k of B."),
            got,
            slips,
        ),
    )


def _judge_colours(submission: Submission, line: str, pattern: np.ndarray, wanted: int | None) -> Verdict:
    meet = pattern.T.astype(int) @ pattern.astype(int) > 0
    # A greedy colouring in any order needs at most one colour more than a column has neighbours.
    bound = wanted or int(meet.sum(0).max())

    def judge(got: object) -> Verdict:
        colours = np.asarray(got).reshape(-1) if not isinstance(got, dict) else np.array([])
        if colours.shape != (pattern.shape[1],):
            return Verdict(line, "wrong", f"One colour for each of the {pattern.shape[1]} columns is expected.")
        clash = [(i, j) for i, j in np.argwhere(np.triu(meet, 1)) if colours[i] == colours[j]]
        if clash:
            i, j = clash[0]
            rows = np.flatnonzero(pattern[:, i] & pattern[:, j]).tolist()
            text = (
                f"Columns {i} and {j} have the same colour, but both have an entry in row {rows[0]}: they meet there."
            )
            return Verdict(line, "wrong", text)
        if sorted(set(colours.tolist())) != list(range(len(set(colours.tolist())))):
            return Verdict(line, "wrong", "The colours should be numbered 0, 1, 2, … without a gap.")
        if (used := len(set(colours.tolist()))) > bound:
            return Verdict(
                line,
                "wrong",
                f"A valid colouring with {used} colours; {bound} are enough: join columns that never meet.",
            )
        return Verdict(line, "right")

    return ask(submission, line, lambda: submission.call("column_colours", pattern), judge)


def _judge_compressed(submission: Submission, line: str, pattern: np.ndarray, rng: np.random.Generator) -> Verdict:
    J = torch.tensor(np.where(pattern, rng.normal(size=pattern.shape), 0.0))
    conflict = nx.from_numpy_array(np.triu(pattern.T.astype(int) @ pattern.astype(int) > 0, 1))
    colours = [c for _, c in sorted(nx.greedy_color(conflict, "smallest_last").items())]
    passes = max(colours) + 1
    oracle = Passes(J)
    seeds = torch.nn.functional.one_hot(torch.tensor(colours), passes).double()
    spread = (J @ seeds)[:, colours]

    def judge(got: object) -> Verdict:
        slips = {
            "A pass was copied to all columns of its colour; keep it only where the pattern has an entry.": spread,
            "This is the transpose: (outputs, inputs).": J.T,
            "This is the compressed matrix, a column for each colour: spread it out to all columns.": J @ seeds,
        }
        verdict = matches(
            line, got, J, because="Pass c returns, in row i, the entry of the one column of colour c that has row i."
        )
        if not verdict.passed:
            return explained(verdict, got, slips)
        if oracle.forward > passes:
            return Verdict(
                line, "wrong", f"The matrix is right, but you made {oracle.forward} calls of jvp; {passes} are enough."
            )
        return verdict

    return ask(submission, line, lambda: submission.call("compressed_jacobian", oracle.jvp, pattern, colours), judge)


def _stale(patterns: Sequence[np.ndarray], sizes: Sequence[int]) -> float:
    """What a plan seems to cost where products are taken for dense ones."""
    p = len(patterns)
    table = {(i, i): 0 for i in range(p)}
    for width in range(1, p):
        for i in range(p - width):
            j = i + width
            table[i, j] = min(
                table[k + 1, j] + table[i, k] + sizes[j + 1] * sizes[k + 1] * sizes[i] for k in range(i, j)
            )
    return table[0, p - 1] + math.inf * (p < 2)


def _nested(order: Sequence[int], join) -> object:
    plan: object = order[0]
    for k in order[1:]:
        plan = join(plan, k)
    return plan


def _leaves(plan: object) -> list[object]:
    return [leaf for part in plan for leaf in _leaves(part)] if isinstance(plan, list | tuple) else [plan]
