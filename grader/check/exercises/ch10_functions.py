"""Chapter 10: traces of functions of a matrix (10.9), triangles and the logarithm by Lanczos."""

import torch

from grader.check.functions import ask
from grader.check.mistakes import Slip, expect_or_slip, judge_or_slip
from grader.check.submission import Submission
from grader.check.verdict import Verdict

# Rounding grows with the number of steps; a full sweep of orthogonalisation keeps it far below.
CLOSE = 1e-7


def judge_functions(
    submission: Submission, exercise: str = "10.9", seed: int = 109, n: int = 20, k: int = 4
) -> list[Verdict]:
    """`triangle_samples` with its count of matvecs; `lanczos` by moments and eigenvalues; `log_form`."""
    g = torch.Generator().manual_seed(seed)
    A = (torch.rand(n, n, generator=g, dtype=torch.float64) < 0.3).double().triu(1)
    basis = torch.linalg.qr(torch.randn(n, n, generator=g, dtype=torch.float64)).Q
    # few far eigenvalues: without orthogonalisation against all, Lanczos finds them again and again
    spread = torch.cat([torch.linspace(1, 2, n - 3, dtype=torch.float64), torch.tensor([1e2, 1e3, 1e4]).double()])
    hard, mild = basis * spread @ basis.T, basis * torch.linspace(1, 9, n, dtype=torch.float64) @ basis.T
    v = 3 * torch.randn(n, generator=g, dtype=torch.float64)
    V = torch.randn(n, k, generator=g, dtype=torch.float64)
    return [
        _triangles(submission, A + A.T, V),
        _moments(submission, mild, v, k),
        _all_steps(submission, hard, v),
        _log_form(submission, mild, v, k),
    ]


def _triangles(submission: Submission, A: torch.Tensor, V: torch.Tensor) -> Verdict:
    line, asked = "triangle_samples", []
    forms = torch.einsum("ik,ij,jl,lm,mk->k", V, A, A, A, V)
    slips = [
        Slip(forms, "Closed walks, not triangles: each triangle is walked 6 times."),
        Slip(forms / 3, "Each triangle is walked 6 times: 3 starts, 2 directions."),
        Slip(forms / 12, "That is a factor 2: each triangle is walked 6 times, not 3 or 12."),
        Slip((A @ V * (A @ V)).sum(0) / 6, "That is vᵀA²v: walks of two steps."),
        Slip(forms.mean() / 6, "The mean; a sample for each column of V is wanted."),
        Slip(forms.sum() / 6, "The sum; a sample for each column of V is wanted."),
        Slip((V * (A @ V)).sum(0) / 6, "The elementwise third power: A³ is a product of matrices."),
    ]

    def matvec(U: torch.Tensor) -> torch.Tensor:
        asked.append(U.shape[1] if U.ndim == 2 else 1)
        return A @ U

    def judge(got: object) -> Verdict:
        verdict = judge_or_slip(line, got, forms / 6, slips, "(Av)ᵀ A (Av) / 6 for each column.")
        if verdict.passed and sum(asked) > 2 * V.shape[1]:
            return Verdict(line, "wrong", f"Right, but {sum(asked)} matvecs for {V.shape[1]} probes; two a probe do.")
        return verdict

    return ask(submission, line, lambda: submission.call("triangle_samples", matvec, V), judge)


def _tridiagonal(line: str, got: object, k: int) -> torch.Tensor | Verdict:
    """T of what `lanczos` returned, or a verdict on its form."""
    if not isinstance(got, list) or len(got) != 2 or any(not isinstance(part, torch.Tensor) for part in got):
        return Verdict(line, "wrong", "Two tensors are wanted, alpha and beta.")
    alpha, beta = (part.double() for part in got)
    if alpha.shape == (k,) and beta.shape == (k,):
        return Verdict(
            line, "wrong", f"beta has {k} entries; k - 1 = {k - 1} stand beside the diagonal, the last has no use."
        )
    if alpha.shape != (k,) or beta.shape != (k - 1,):
        shapes = f"{tuple(alpha.shape)} and {tuple(beta.shape)}"
        return Verdict(line, "wrong", f"alpha and beta have shapes {shapes}; ({k},) and ({k - 1},) are wanted.")
    return torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)


def _moments(submission: Submission, A: torch.Tensor, v: torch.Tensor, k: int) -> Verdict:
    """k steps make e₁ᵀTʲe₁ = vᵀAʲv/‖v‖² for all j up to 2k - 1: a quadrature of Gauss."""
    line, asked = f"{k} steps", []

    def matvec(u: torch.Tensor) -> torch.Tensor:
        asked.append(1 if u.ndim == 1 else u.shape[1])
        return A @ u

    def judge(got: object) -> Verdict:
        T = _tridiagonal(line, got, k)
        if isinstance(T, Verdict):
            return T
        if sum(asked) > k:
            return Verdict(line, "wrong", f"{sum(asked)} matvecs; k steps take k = {k}.")
        if not torch.isclose(T[0, 0], v @ A @ v / (v @ v)):
            if torch.isclose(T[0, 0], v @ A @ v):
                return Verdict(line, "wrong", "v is not scaled to length 1 before the first step.")
            return Verdict(line, "wrong", "The first alpha is q₁ᵀAq₁ with q₁ = v/‖v‖.")
        q = v / v.norm()
        w = A @ q - (q @ A @ q) * q
        if torch.isclose(T[0, 1], (A @ q).norm()):
            return Verdict(line, "wrong", "beta is the length of w after alpha q has been subtracted, not before.")
        if torch.isclose(T[0, 1], w @ w):
            return Verdict(line, "wrong", "beta is the norm of w, not its square.")
        for j in range(1, 2 * k):
            have, want = torch.linalg.matrix_power(T, j)[0, 0], q @ torch.linalg.matrix_power(A, j) @ q
            if (have - want).abs() > CLOSE * want.abs():
                why = "Subtract the part along the vector before, too: beta of the step before times it."
                return Verdict(line, "wrong", f"The {j}th power of T does not have the first entry of Aʲ. {why}")
        return Verdict(line, "right")

    return ask(submission, line, lambda: submission.call("lanczos", matvec, v, k), judge)


def _all_steps(submission: Submission, A: torch.Tensor, v: torch.Tensor) -> Verdict:
    """n steps make a T with the eigenvalues of A, if the basis stays orthogonal."""
    n, line = len(A), "as many steps as dimensions"
    want = torch.linalg.eigvalsh(A)

    def judge(got: object) -> Verdict:
        T = _tridiagonal(line, got, n)
        if isinstance(T, Verdict):
            return T
        if not torch.isfinite(T).all():
            return Verdict(line, "wrong", "NaN or infinite: no division by a norm after the last step.")
        found = torch.linalg.eigvalsh(T)
        if (found - want).abs().max() <= CLOSE * want.max():
            return Verdict(line, "right")
        twice = int(((found[:, None] - want[-3:]).abs() < 1e-3 * want[-3:]).sum()) - 3
        ghosts = f" {twice} copies of large eigenvalues have appeared." if twice > 0 else ""
        because = "The basis has lost its orthogonality: subtract the parts along all earlier vectors."
        return Verdict(line, "wrong", f"The eigenvalues of T are not those of A.{ghosts} {because}")

    return ask(submission, line, lambda: submission.call("lanczos", lambda u: A @ u, v, n), judge)


def _log_form(submission: Submission, A: torch.Tensor, v: torch.Tensor, k: int) -> Verdict:
    """`log_form` of a T given by the test, beside a contour-free oracle: the series of log around the mean."""
    alpha, beta = torch.linspace(3, 5, k, dtype=torch.float64), torch.linspace(0.5, 1, k - 1, dtype=torch.float64)
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    want = _log_by_series(T)
    theta, vectors = torch.linalg.eigh(T)
    slips = [
        Slip((vectors[0] * theta.log()).sum(), "The first entries are to be squared."),
        Slip((vectors[:, 0] ** 2 * theta.log()).sum(), "Eigenvectors are columns: their first entries are row 0."),
        Slip(theta.log().sum(), "That is the trace of log T; its first entry is wanted, with weights."),
        Slip((vectors[0] ** 2 * theta).sum(), "The logarithm is missing."),
        Slip((vectors[-1] ** 2 * theta.log()).sum(), "That is the last entry; the first row of the eigenvectors."),
        Slip(alpha[0].log(), "That is log T₁₁, not (log T)₁₁: beta on one side only, or the logarithm taken last."),
        Slip(theta.log().mean(), "Equal weights; the weight is the square of the first entry of each eigenvector."),
    ]
    return expect_or_slip(
        submission,
        "log_form",
        "log_form",
        alpha,
        beta,
        want=want[0, 0],
        slips=slips,
        because="Σ τ² log θ, with beta on both sides of the diagonal.",
    )


def _log_by_series(T: torch.Tensor) -> torch.Tensor:
    """log T = log c · I - Σ (I - T/c)ʲ/j, for a T whose eigenvalues lie between 0 and 2c."""
    c = T.diagonal().max() + 1
    X = torch.eye(len(T), dtype=T.dtype) - T / c
    total, power = c.log() * torch.eye(len(T), dtype=T.dtype), torch.eye(len(T), dtype=T.dtype)
    for j in range(1, 400):
        power = power @ X
        total = total - power / j
    return total
