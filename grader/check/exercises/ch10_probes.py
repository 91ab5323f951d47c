"""Chapter 10: the divergence (10.1), Hutchinson's samples (10.2), variances of three kinds of probe (10.3)."""

import itertools

import torch

from grader.check.functions import ask
from grader.check.mistakes import Slip, ask_or_slip, expect_or_slip
from grader.check.submission import Submission
from grader.check.verdict import Verdict

SPHERE_PROBES = 20_000

DIVERGENCE = """
import torch
outputs["answer"] = divergence(lambda x: A @ x + b * torch.sin(x) * x[0], x)
"""

# The identity that notes how it is differentiated: a pass is a jvp or a vjp through it.
SAMPLES = """
import torch

class Tap(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def jvp(ctx, tangent):
        passes.append("jvp")
        return tangent.clone()

    @staticmethod
    def backward(ctx, cotangent):
        passes.append("vjp")
        return cotangent.clone()

passes = []
outputs["answer"] = globals()[function](lambda x: torch.tanh(A @ Tap.apply(x)), x, v)
outputs["passes"] = passes
"""

SPHERE = """
import torch
outputs["probes"] = sphere(n, k, torch.Generator().manual_seed(seed))
"""


def judge_divergence(submission: Submission, exercise: str = "10.1", seed: int = 101, n: int = 5) -> list[Verdict]:
    """`divergence` of a linear field, of one that couples all coordinates, in one dimension, in float32."""
    g = torch.Generator().manual_seed(seed)
    A, b, x = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((n, n), (n,), (n,)))
    zero = torch.zeros_like(b)
    cases = {
        "a linear field": (A, zero, x),
        "a field that bends": (A, b, x),
        "one dimension": (A[:1, :1], b[:1], x[:1]),
        "float32": (A.float(), b.float(), x.float()),
    }
    return [_divergence(submission, line, *case) for line, case in cases.items()]


def _divergence(submission: Submission, line: str, A: torch.Tensor, b: torch.Tensor, x: torch.Tensor) -> Verdict:
    J = A + torch.diag(b * x.cos() * x[0])
    J[:, 0] += b * x.sin()
    want, n = J.trace(), len(x)
    slips = [
        Slip(J.sum(), "That adds up all entries of J: one pass with a vector of ones mixes them for good."),
        Slip(J[0].sum(), "That is the sum of row 0: of pass i take entry i, not always the same one."),
        Slip(J[:, 0].sum(), "That is the sum of column 0: of pass i take entry i."),
        Slip(J[-1, -1], "That is the last diagonal entry alone: add up over all passes."),
        Slip(J[0, 0], "That is the first diagonal entry alone: add up over all passes."),
        Slip(want / n, "That is the mean of the diagonal; the trace is its sum."),
        Slip((A @ x + b * x.sin() * x[0]).sum(), "That is the sum of f itself, not of its derivatives."),
        Slip(J.diagonal().abs().sum(), "The diagonal's absolute values: signs count."),
    ]
    inputs = {"A": A, "b": b, "x": x}
    return ask_or_slip(
        submission,
        line,
        lambda: submission.run(DIVERGENCE, inputs)["answer"],
        want=want,
        slips=slips,
        because="One pass with each unit vector, of which one entry is on the diagonal.",
        # a sum of n entries in any order
        tol=1e-5 * (1 + J.abs().sum().item()) if x.dtype == torch.float32 else None,
    )


def judge_samples(
    submission: Submission, exercise: str = "10.2", seed: int = 102, n: int = 6, k: int = 12
) -> list[Verdict]:
    """A sample by each mode, its value and its passes; the z-score of k samples."""
    g = torch.Generator().manual_seed(seed)
    A, x, v = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((n, n), (n,), (n,)))
    v = v.sign() * (0.5 + v.abs())  # of no special length
    samples = 3 + torch.randn(k, generator=g, dtype=torch.float64)
    truth = 2.5
    s, off = samples.std(), samples.mean() - truth
    slips = [
        Slip(-off / s * k**0.5, "The sign: mean minus truth."),
        Slip(off / s, "Divided by the spread of one sample; the mean of k is √k times as precise."),
        Slip(off / s * k, "The factor is √k, not k."),
        Slip(off / s**2 * k**0.5, "Divided by the variance; the standard deviation is its root."),
        Slip(off / samples.std(correction=0) * k**0.5, "s² divides by k - 1 here, not by k."),
        Slip(off, "That is the difference; divide it by its standard error."),
        Slip(off.abs() / s * k**0.5, "A z-score has a sign: it says on which side the mean lies."),
    ]
    return [
        _sample(submission, "sample_by_jvp", "jvp", A, x, v),
        _sample(submission, "sample_by_vjp", "vjp", A, x, v),
        expect_or_slip(
            submission,
            "z_score",
            "z_score",
            samples,
            truth,
            want=off / s * k**0.5,
            slips=slips,
            because="(mean - truth) divided by s/√k.",
        ),
        expect_or_slip(
            submission,
            "z_score below the truth",
            "z_score",
            samples - 5,
            truth,
            want=(off - 5) / s * k**0.5,
            slips=[Slip((5 - off) / s * k**0.5, "A z-score has a sign: it says on which side the mean lies.")],
            because="(mean - truth) divided by s/√k.",
        ),
    ]


def _sample(
    submission: Submission, function: str, mode: str, A: torch.Tensor, x: torch.Tensor, v: torch.Tensor
) -> Verdict:
    J = (1 - torch.tanh(A @ x) ** 2)[:, None] * A
    want = v @ J @ v
    slips = [
        Slip((J @ v).sum(), "That is the sum of Jv; take its dot product with v."),
        Slip((J.T @ v).sum(), "That is the sum of Jᵀv; take its dot product with v."),
        Slip(v @ torch.tanh(A @ x), "That is v·f(x): `jvp` of torch.func returns the value first, then the tangent."),
        Slip(x @ J @ v, "The tangent is paired with x; pair it with v."),
        Slip(want / (v @ v), "No normalisation: v is scaled such that E[vvᵀ] = I already."),
        Slip(want / len(v), "A sum, not a mean, over the coordinates."),
        Slip(J.trace(), "That is the exact trace, by n passes; one sample takes one pass."),
        Slip((J * v[:, None] * v).diagonal().sum(), "Only the diagonal of vᵀJv: that is not what one pass gives."),
    ]
    passes = []

    def question() -> object:
        given = submission.run(SAMPLES, {"A": A, "x": x, "v": v, "function": function})
        passes.extend(given["passes"])
        return given["answer"]

    verdict = ask_or_slip(submission, function, question, want=want, slips=slips, because="vᵀ(Jv), or (Jᵀv)ᵀv.")
    if verdict.passed and set(passes) != {mode}:
        found = ", ".join(dict.fromkeys(passes)) or "none at all"
        return Verdict(function, "wrong", f"The value is right; the pass should be a {mode}, and this makes: {found}.")
    if verdict.passed and len(passes) > 1:
        return Verdict(function, "wrong", f"The value is right, but takes {len(passes)} passes; one is enough.")
    return verdict


def judge_variances(
    submission: Submission, exercise: str = "10.3", seed: int = 103, n: int = 5, k: int = 30
) -> list[Verdict]:
    """`probe_variance` beside moments (a symmetric and a non-symmetric matrix), `sphere`, `measured_variance`."""
    g = torch.Generator().manual_seed(seed)
    A = torch.randn(n, n, generator=g, dtype=torch.float64) + torch.eye(n, dtype=torch.float64)
    symmetric = A + A.T
    lines = [_variance(submission, symmetric, kind, "symmetric") for kind in ("gaussian", "rademacher", "sphere")]
    lines += [_variance(submission, A, kind, "not symmetric") for kind in ("gaussian", "rademacher", "sphere")]
    samples = torch.randn(k, generator=g, dtype=torch.float64) ** 2 + 4
    s2, m4 = samples.var(), ((samples - samples.mean()) ** 4).mean()
    se, biased = ((m4 - s2**2) / k).sqrt(), samples.var(correction=0)
    because = "s² divides by k - 1; the error is √((m₄ - s⁴)/k), with m₄ around the mean."
    slips = [
        Slip([s2.sqrt(), se], "The first is the standard deviation; the variance is its square."),
        Slip([biased, ((m4 - biased**2) / k).sqrt()], "s² divides by k - 1, not by k."),
        Slip([s2, (s2 / k).sqrt()], "That is the standard error of the mean, not of the variance."),
        Slip([s2, (m4 / k).sqrt()], "s⁴, the square of s², is still to be subtracted under the root."),
        Slip([s2, ((m4 - s2) / k).sqrt()], "m₄ - s⁴ is meant: the square of the variance."),
        Slip([s2, (((samples**4).mean() - s2**2) / k).sqrt()], "The fourth moment is taken around the mean."),
        Slip([s2, (m4 - s2**2).sqrt()], "The division by k is missing."),
        Slip([s2, (m4 - s2**2) / k], "The root is missing."),
    ]
    measured = expect_or_slip(
        submission, "measured_variance", "measured_variance", samples, want=[s2, se], slips=slips, because=because
    )
    return [*lines, _sphere(submission, 3, seed), measured]


def _variance(submission: Submission, A: torch.Tensor, kind: str, which: str) -> Verdict:
    n, S = len(A), (A + A.T) / 2
    square, whole, diagonal, trace = (S**2).sum(), (A**2).sum(), (S.diagonal() ** 2).sum(), A.trace()
    by_kind = {
        "gaussian": 2 * square,
        "rademacher": 2 * (square - diagonal),
        "sphere": 2 * n / (n + 2) * (square - trace**2 / n),
    }
    without = "Only the symmetric part counts; this takes A itself: {}"
    slips = [
        Slip(2 * whole, without.format("2‖A‖² where 2‖(A + Aᵀ)/2‖² is meant.")),
        Slip(2 * (whole - diagonal), without.format("replace A by (A + Aᵀ)/2.")),
        Slip(2 * n / (n + 2) * (whole - trace**2 / n), without.format("replace A by (A + Aᵀ)/2.")),
        Slip(by_kind[kind] / 2, "A factor 2 is missing."),
        Slip(by_kind[kind] * 2, "A factor 2 too much."),
        Slip(by_kind[kind].sqrt(), "That is the standard deviation; the variance is its square."),
        Slip(2 * (square - trace**2), "The squares of the diagonal entries are meant, not the square of their sum."),
        Slip(2 * (square - trace), "The diagonal's entries are to be squared before they are added."),
        Slip(2 * n / (n + 2) * (square - trace**2), "The trace's square is divided by n."),
        Slip(2 * n / (n + 2) * (square - diagonal), "The sphere's formula has tr(A)²/n, not the diagonal's squares."),
        Slip(2 * (square - trace**2 / n), "The factor n/(n + 2) of the sphere is missing."),
        Slip(4 * by_kind[kind], "The symmetric part is half of A + Aᵀ: a factor 2 before squaring."),
        Slip(2 * n * (square - trace**2 / n), "The division by n + 2 is missing."),
    ]
    slips += [Slip(value, f"That is the variance of {other} probes.") for other, value in by_kind.items()]
    return expect_or_slip(
        submission,
        f"{kind}, {which}",
        "probe_variance",
        A,
        kind,
        want=_variance_by_moments(A, kind),
        slips=slips,
        because="Use the symmetric part (A + Aᵀ)/2 in the formula.",
    )


def _variance_by_moments(A: torch.Tensor, kind: str) -> torch.Tensor:
    """Σ a_ij a_kl E[v_i v_j v_k v_l] - (tr A)², all sign vectors enumerated, or by the moments of a Gaussian."""
    n = len(A)
    if kind == "rademacher":
        signs = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=n)), dtype=A.dtype)
        return torch.einsum("si,ij,sj->s", signs, A, signs).var(correction=0)
    # Isserlis: E[g_i g_j g_k g_l] has three pairings; on the sphere of radius √n all shrink by n/(n + 2).
    shrink = n / (n + 2) if kind == "sphere" else 1.0
    return shrink * (A.trace() ** 2 + (A * A).sum() + (A * A.T).sum()) - A.trace() ** 2


def _sphere(submission: Submission, n: int, seed: int) -> Verdict:
    """`sphere`: every column of length √n, and its moments within six standard errors."""
    line, k = "sphere", SPHERE_PROBES

    def judge(V: torch.Tensor) -> Verdict:
        if tuple(V.shape) != (n, k):
            return Verdict(line, "wrong", f"The probes have shape {tuple(V.shape)}; as columns they are ({n}, {k}).")
        V = V.double()
        lengths = V.norm(dim=0)
        if (lengths - 1).abs().max() < 1e-5:
            return Verdict(line, "wrong", "Every column has length 1; the radius is √n, or E[vvᵀ] is I/n.")
        if (lengths - n).abs().max() < 1e-5:
            return Verdict(line, "wrong", "Every column has length n; the radius is √n.")
        if (lengths - n**0.5).abs().max() > 1e-5:
            return Verdict(line, "wrong", "The columns have different lengths: one norm for each column, along axis 0.")
        # v_i, v_i² and v_i v_j have standard deviations of at most 1 for n = 3: six standard errors of a mean over k.
        fourth = 3 * n / (n + 2)
        if V.mean(1).abs().max() > 6 / k**0.5 or (V @ V.T / k - torch.eye(n).double()).abs().max() > 6 / k**0.5:
            return Verdict(line, "wrong", "The mean of v is not 0, or that of vvᵀ not I: draw Gaussian entries.")
        if ((V**4).mean(1) - fourth).abs().max() > 6 * (V**4).std() / k**0.5:
            return Verdict(line, "wrong", "Not uniform on the sphere: scaling a cube leaves corners. Scale Gaussians.")
        return Verdict(line, "right")

    question = {"n": n, "k": k, "seed": seed % 2**31}
    return ask(submission, line, lambda: submission.run(SPHERE, question)["probes"], judge)
