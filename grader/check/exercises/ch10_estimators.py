"""Chapter 10: Hutch++ (10.5) and XTrace (10.10), judged by what they ask.

The matrix stays here. An estimator asks for products, and what it asks shows the sketch, the basis and the probes; with
these the estimate itself can be computed, so that a wrong factor or projection shows without any statistics.
"""

from collections.abc import Sequence
from itertools import permutations

import torch

from grader.check.functions import ask, matches
from grader.check.mistakes import Slip, judge_or_slip
from grader.check.submission import Submission
from grader.check.verdict import Verdict

RUNS = 300  # of the statistical line

# Rounding of a QR and of sums over n < 100 terms of size 10, in float64.
CLOSE = 1e-8

ONE = """
import torch
outputs["answer"] = globals()[function](matvec, n, m, torch.Generator().manual_seed(seed))
"""

MANY = """
import torch
g = torch.Generator().manual_seed(seed)
answers = [hutchpp(lambda V: A @ V, len(A), m, g) for _ in range(runs)]
outputs["answers"] = None if answers[0] is None else torch.stack([torch.as_tensor(a).reshape(()) for a in answers])
"""


class Asked:
    """An oracle that multiplies with A, keeps what it was asked, and stops beyond the budget.

    columns: (n, m) of all questions in order. over: whether more was asked than `budget`.
    """

    def __init__(self, A: torch.Tensor, budget: int):
        self.A, self.budget, self.over, self._blocks = A, budget, False, []

    def __call__(self, V: torch.Tensor) -> torch.Tensor:
        block = V.reshape(len(V), -1)
        self._blocks.append(block.double())
        self.over = self.over or self.columns.shape[1] > self.budget
        if self.over:
            raise RuntimeError(f"the budget of {self.budget} matvecs is exceeded")
        return self.A @ V.double()

    @property
    def columns(self) -> torch.Tensor:
        return torch.cat(self._blocks, 1) if self._blocks else self.A[:, :0]


def judge_hutchpp(
    submission: Submission, exercise: str = "10.5", seed: int = 105, n: int = 30, budgets: Sequence[int] = (12, 13, 3)
) -> list[Verdict]:
    """`hutchpp` on a random non-symmetric matrix at each budget, on one of low rank, and its mean over many runs."""
    g = torch.Generator().manual_seed(seed)
    seed %= 2**31
    A = torch.randn(n, n, generator=g, dtype=torch.float64) + 2 * torch.eye(n, dtype=torch.float64)
    lines = [_one_run(submission, A, m, seed + m) for m in budgets]
    left, right = torch.randn(2, n, 3, generator=g, dtype=torch.float64)
    low = left @ right.T
    lines.append(_one_run(submission, low, 9, seed, exact="rank 3, m = 9"))
    small = torch.randn(8, 8, generator=g, dtype=torch.float64) + torch.eye(8, dtype=torch.float64)
    return [*lines, _on_average(submission, small, 7, seed)]


def _one_run(submission: Submission, A: torch.Tensor, m: int, seed: int, exact: str = "") -> Verdict:
    line, asked = exact or f"m = {m}", Asked(A, m)
    inputs = {"function": "hutchpp", "matvec": asked, "n": len(A), "m": m, "seed": seed}
    verdict = ask(
        submission,
        line,
        lambda: submission.run(ONE, inputs)["answer"],
        lambda got: _judge_run(line, got, asked, m, seed, bool(exact)),
    )
    if asked.over:
        return Verdict(line, "wrong", f"The budget is overspent: {_split(m)}.")
    return verdict


def _judge_run(line: str, got: object, asked: Asked, m: int, seed: int, exact: bool) -> Verdict:
    A, columns, k = asked.A, asked.columns, m // 3
    if columns.shape[1] != m:
        return Verdict(line, "wrong", f"{columns.shape[1]} matvecs are asked for; {_split(m)}.")
    if exact:
        because = (
            "The sketch spans all of A's range, so Q's part is the trace and the rest is 0: tr(QᵀAQ), P = I - QQᵀ."
        )
        return matches(line, got, A.trace(), because=because, tol=CLOSE * A.norm().item())
    blocks = _blocks(A, columns, k)
    if isinstance(blocks, str):
        return Verdict(line, "wrong", blocks)
    S, Q, W = blocks
    if (fault := _probes_at_fault(S, Q, W)) is not None:
        return Verdict(line, "wrong", fault)
    PW = W - Q @ (Q.T @ W)
    found, rest = (Q * (A @ Q)).sum(), (PW * (A @ PW)).sum()
    want = found + rest / (m - 2 * k)
    slips = [
        Slip(
            found + 3 / m * rest, f"The factor 3/m is right only if 3 divides m; here {m - 2 * k} probes are averaged."
        ),
        Slip(found + rest / k, f"Divided by k = {k}; the rest has {m - 2 * k} probes of its own."),
        Slip(found + rest / m, "Divided by m; average over the probes of the rest alone."),
        Slip(found + rest, "A sum over the probes of the rest; take their mean."),
        Slip(rest / (m - 2 * k), "The exact part tr(QᵀAQ) is missing."),
        Slip(found, "Only the exact part: the rest is missing."),
        Slip(found - rest / (m - 2 * k), "The rest is to be added."),
        Slip(found / k + rest / (m - 2 * k), "The exact part is a trace, not a mean: no division by k."),
        Slip(((Q @ Q.T) * (A @ Q @ Q.T)).sum() / len(A) + rest / (m - 2 * k), "The exact part is tr(QᵀAQ), undivided."),
    ]
    for G in (W, _likely_probes(S, PW, seed)):
        if G is not None:
            PG, AG = G - Q @ (Q.T @ G), A @ G
            one_sided = "The projection is missing on one side of A: gᵀP A P g has it on both."
            slips += [
                Slip(found + (G * (A @ PG)).sum() / (m - 2 * k), one_sided),
                Slip(found + (PG * AG).sum() / (m - 2 * k), one_sided),
                Slip(found + (G * AG).sum() / (m - 2 * k), "No projection: Q's part is counted twice, PG is meant."),
            ]
    because = "Check the two parts one by one: tr(QᵀAQ), and the mean of gᵀPAPg with P on both sides."
    return judge_or_slip(line, got, want, slips, because, tol=CLOSE * A.norm().item())


def _split(m: int) -> str:
    k = m // 3
    return f"m = {m} means {k} for the sketch, {k} for Q and {m - 2 * k} for the rest"


def _blocks(A: torch.Tensor, columns: torch.Tensor, k: int) -> tuple[torch.Tensor, ...] | str:
    """(S, Q, W), the columns asked, in whatever order they came; else a sentence on what is wrong with Q."""
    sizes = {"S": k, "Q": k, "W": columns.shape[1] - 2 * k}
    for order in permutations("SQW"):
        parts = dict(zip(order, columns.split([sizes[name] for name in order], 1), strict=True))
        if _is_basis(parts["Q"], A @ parts["S"]):
            return parts["S"], parts["Q"], parts["W"]
    S, Q, W = columns.split(list(sizes.values()), 1)
    if _is_basis(Q, S):
        return "Q is a basis of the sketch S itself. Orthonormalise A S: a product leans towards large eigenvectors."
    if _is_basis(Q, A.T @ S):
        return "Q spans Aᵀ S; A S is meant."
    if _is_basis(W, A @ S):
        return "The exact part has too few columns: Q, with k columns, is asked as a whole."
    if _is_span(Q, A @ S):
        return "The columns of Q span A S, but are not orthonormal: QᵀQ = I is what makes QQᵀ a projection."
    if _is_span(Q, Q) and torch.allclose(Q.T @ Q, torch.eye(k, dtype=Q.dtype), atol=1e-6):
        return "Q is orthonormal, but not a basis of A S for the sketch S that was asked. Was another sketch drawn?"
    return (
        "Of the three groups of products none is with an orthonormal basis of A S. Orthonormalise by QR, then ask A Q."
    )


def _is_span(Q: torch.Tensor, Y: torch.Tensor) -> bool:
    """Whether the columns of Q span those of Y."""
    if Q.shape != Y.shape:
        return False
    basis = torch.linalg.qr(Q).Q
    return bool((Y - basis @ (basis.T @ Y)).norm() <= 1e-6 * Y.norm())


def _is_basis(Q: torch.Tensor, Y: torch.Tensor) -> bool:
    return _is_span(Q, Y) and torch.allclose(Q.T @ Q, torch.eye(Q.shape[1], dtype=Q.dtype), atol=1e-6)


def _probes_at_fault(S: torch.Tensor, Q: torch.Tensor, W: torch.Tensor) -> str | None:
    """What is wrong with the probes of the rest, if it shows in one run."""
    PW, PS = W - Q @ (Q.T @ W), S - Q @ (Q.T @ S)
    for probe in PW.T:
        if min((PS - probe[:, None]).norm(dim=0).min(), (PS + probe[:, None]).norm(dim=0).min()) < 1e-8 * PS.norm():
            return "The probes of the rest are those of the sketch, used again: Q depends on them. Draw fresh ones."
    # |PG|² is at most as spread as a chi-square of (n - k)·columns degrees: beyond these bounds once in 10⁷ at most.
    degrees = (W.shape[0] - Q.shape[1]) * W.shape[1]
    size, deviation = (PW**2).sum().item() / degrees, (2 / degrees) ** 0.5
    if not max(0.05, 1 - 6 * deviation) < size < 1 + 8 * deviation:
        return f"The probes have E[v²] near {size:.2g}, not 1: neither Gaussian nor random signs."
    return None


def _likely_probes(S: torch.Tensor, PW: torch.Tensor, seed: int) -> torch.Tensor | None:
    """The unprojected probes, where they were drawn by the notebook's own functions; for the diagnosis only."""
    draws = (
        lambda g, k: torch.randn(len(S), k, generator=g, dtype=torch.float64),
        lambda g, k: torch.randint(0, 2, (len(S), k), generator=g) * 2.0 - 1,
    )
    for draw in draws:
        g = torch.Generator().manual_seed(seed)
        if torch.equal(draw(g, S.shape[1]).double(), S):
            return draw(g, PW.shape[1]).double()
    return None


def _on_average(submission: Submission, A: torch.Tensor, m: int, seed: int) -> Verdict:
    """The mean of many runs within six standard errors of the trace, and the runs not all the same."""
    line = "on average"

    def judge(answers: torch.Tensor) -> Verdict:
        if answers.shape != (RUNS,):
            return Verdict(line, "wrong", "The estimate is one number.")
        error = answers.double().std().item() / RUNS**0.5
        if error < 1e-12:
            return Verdict(line, "wrong", "All runs give the same number: draw from the generator g, not from a seed.")
        z = (answers.double().mean() - A.trace()).item() / error
        if abs(z) <= 6:
            return Verdict(line, "right")
        said = f"Biased: the mean of {RUNS} runs lies {z:.0f} standard errors off the trace."
        return Verdict(line, "wrong", f"{said} Are the probes fresh, with mean 0 and E[v²] = 1?")

    inputs = {"A": A, "m": m, "runs": RUNS, "seed": seed}
    return ask(submission, line, lambda: submission.run(MANY, inputs)["answers"], judge)


def judge_xtrace(
    submission: Submission, exercise: str = "10.10", seed: int = 110, n: int = 24, budgets: Sequence[int] = (8, 14, 4)
) -> list[Verdict]:
    """`xtrace` on a random matrix at each budget: estimate and error beside the leave-one-out definition."""
    g = torch.Generator().manual_seed(seed)
    A = torch.randn(n, n, generator=g, dtype=torch.float64) + 2 * torch.eye(n, dtype=torch.float64)
    return [_one_xtrace(submission, A, m, seed + m) for m in budgets]


def _one_xtrace(submission: Submission, A: torch.Tensor, m: int, seed: int) -> Verdict:
    line, asked, half = f"m = {m}", Asked(A, m), m // 2

    def judge(got: object) -> Verdict:
        columns = asked.columns
        if columns.shape[1] != m:
            return Verdict(line, "wrong", f"{columns.shape[1]} matvecs are asked for; {half} for Ω and {half} for Q.")
        omega, Q = columns[:, :half], columns[:, half:]
        if not _is_basis(Q, A @ omega):
            return Verdict(line, "wrong", "The second half of the products is not with an orthonormal basis of A Ω.")
        t, one_sided = _leave_one_out(A, omega)
        spread = t.std()
        want = [t.mean(), spread / half**0.5]
        slips = [
            Slip([t.mean(), spread], "The error is that of the mean: divide the spread of the t by √l."),
            Slip([t.mean(), t.std(correction=0) / half**0.5], "The error's denominator is l(l - 1), not l²."),
            Slip([t.mean(), t.var() / half], "The error is the root of that."),
            Slip([t.sum(), want[1]], "The estimate is the mean of the t, not their sum."),
            Slip([one_sided.mean(), one_sided.std() / half**0.5], "The projection is missing on one side of A."),
        ]
        because = "Each tᵢ has a basis of its own, without column i of A Ω."
        return judge_or_slip(line, got, want, slips, because, tol=CLOSE * A.norm().item())

    inputs = {"function": "xtrace", "matvec": asked, "n": len(A), "m": m, "seed": seed}
    verdict = ask(submission, line, lambda: submission.run(ONE, inputs)["answer"], judge)
    return Verdict(line, "wrong", f"The budget of {m} matvecs is exceeded.") if asked.over else verdict


def _leave_one_out(A: torch.Tensor, omega: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The t of XTrace by their definition, a QR each; and with the projection on one side only."""
    both, one = [], []
    for i in range(omega.shape[1]):
        others = [j for j in range(omega.shape[1]) if j != i]
        Q = torch.linalg.qr(A @ omega[:, others]).Q
        rest = omega[:, i] - Q @ (Q.T @ omega[:, i])
        exact = (Q.T @ A @ Q).trace()
        both.append(exact + rest @ A @ rest)
        one.append(exact + omega[:, i] @ A @ rest)
    return torch.stack(both), torch.stack(one)
