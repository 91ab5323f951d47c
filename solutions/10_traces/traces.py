# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 10 · Traces
#
# - **You will be able to** estimate the trace of a matrix that you can only multiply with, say how wrong the estimate is,
#   and spend a budget of products well: Hutchinson, Hutch++, XTrace.
# - **You need** jvp and vjp (chapters 03 and 04), variance, eigenvalues, QR. Nothing is imported from earlier chapters.
# - **Time:** 180 minutes, and 30 more for the challenge. **Points:** 35 in ten exercises, 2 to 6 each; the challenge and the
#   further part carry none.
# - **Where it stands:** an elective. Derivatives gave you products with $J$ and $H$; here is what else they are good for.

# %% role="locked" id="setup"
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from grader.check import check, quick_figures, read_names, split_names, steps

torch.set_num_threads(1)  # everything here is small
torch.set_default_dtype(torch.float64)
plt.rcParams.update({"figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "image.cmap": "cividis"})
quick_figures()  # under grading figures are not painted
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"

# %% [markdown]
# ## The idea in one picture
#
# A matrix $A$, $(n, n)$, is locked in a box: you hand in $v$ and get $Av$. Its trace $\operatorname{tr}A = \sum_i a_{ii}$ takes $n$
# questions, one for each diagonal entry. Or ask with *random* signs: the number $v^{\mathsf T}Av$ is right on average,
# whatever $n$ is.

# %% tags=["figure"] id="figure-idea"
g = torch.Generator().manual_seed(1)
A = torch.randn(60, 60, generator=g) / 4 + torch.diag(torch.linspace(2, 0, 60))  # (n, n)
V = torch.randint(0, 2, (60, 400), generator=g) * 2.0 - 1  # (n, k), random signs
running = (V * (A @ V)).sum(0).cumsum(0) / torch.arange(1, 401)
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained", width_ratios=(2, 3))
left.imshow(A, vmin=-2, vmax=2)
left.set(title="wanted: the sum of the diagonal", xlabel="column", ylabel="row")
left.grid(False)
right.semilogx(range(1, 401), running, color=BLUE, label="mean of $v^TAv$ over the probes so far")
right.axhline(A.trace(), color="black", ls="--", label="trace, 60 questions")
right.set(xlabel="random probes", ylabel="estimate",
          title="Random signs find it, slowly but at any size")
right.legend()
plt.show()

# %% [markdown]
# *Figure: left, a 60 by 60 matrix with a bright diagonal. Right, the mean of random probes on a logarithmic axis: it swings at first
# and settles on the dashed line of the exact trace.*

# %% [markdown]
# ## 1 · Why a divergence is expensive
#
# A vector field $f:\mathbb R^n\to\mathbb R^n$ has the Jacobian $J_{ij} = \partial f_i/\partial x_j$, $(n, n)$, and the **divergence**
#
# $$\operatorname{div} f = \sum_{i=1}^n \frac{\partial f_i}{\partial x_i} = \operatorname{tr} J .$$
#
# One jvp gives $Jv$, one vjp gives $J^{\mathsf T}u$, both $(n,)$. Neither forms $J$.


# %% role="locked" id="passes"
def jvp(f, x, v):
    """J v, one forward pass. f: (n,) -> (n,); x, v (n,); returns (n,)."""
    return torch.func.jvp(f, (x,), (v,))[1]


def vjp(f, x, u):
    """Jᵀ u, one reverse pass. f: (n,) -> (n,); x, u (n,); returns (n,)."""
    return torch.func.vjp(f, x)[1](u)[0]


def make_field(n, seed=1):
    """A vector field on R^n that couples all coordinates, and a point (n,)."""
    g = torch.Generator().manual_seed(seed)
    A = torch.randn(n, n, generator=g) / n**0.5 - 0.6 * torch.eye(n)
    return lambda x: torch.tanh(A @ x) + 0.1 * x**2, torch.randn(n, generator=g)


# %% tags=["figure"] id="figure-columns"
f, x = make_field(6)
J = torch.stack([jvp(f, x, e) for e in torch.eye(6)], 1)  # (n, n), a column each pass
fig, axes = plt.subplots(1, 3, figsize=(9, 2.8), layout="constrained")
for i, ax in enumerate(axes):
    shown = torch.full_like(J, torch.nan)
    shown[:, : 2 * i + 1] = J[:, : 2 * i + 1]
    ax.imshow(shown, cmap="PuOr", vmin=-1, vmax=1)
    ax.plot(range(2 * i + 1), range(2 * i + 1), "ks", ms=12, mfc="none")
    ax.set(title=f"after {2 * i + 1} pass{'es' * (i > 0)}", xlabel="column j", xticks=range(6),
           yticks=range(6))
    ax.grid(False)
axes[0].set_ylabel("row i")
fig.suptitle("Each pass brings one column, and one entry of it lies on the diagonal")
plt.show()

# %% [markdown]
# *Figure: a 6 by 6 Jacobian filled column by column after 1, 3 and 5 passes. Squares mark the diagonal entries found so far: as
# many as there are columns.*
#
# Each diagonal entry lies in a column of its own and in a row of its own. A pass with the unit vector $e_i$ brings $n$
# numbers, of which one is wanted. Could a single cleverer pass bring all $n$ wanted ones?
#
# > **Often said: “the outputs are summed anyway, so one reverse pass of the sum will do.”** It gives the column sums
# > $J^{\mathsf T}\mathbf 1$. Their total adds up *all* $n^2$ entries. Once entries are mixed, nothing takes the diagonal out again.

# %% id="not-the-divergence"
print(f"trace of J               {J.trace():8.4f}")
print(f"one pass with all ones   {vjp(f, x, torch.ones(6)).sum():8.4f}")
print(f"sum of all entries of J  {J.sum():8.4f}")

# %% [markdown] id="exercise-10.1"
# ### 10.1 The exact divergence
#
# ●○○ easy · about 7 minutes · 3 points
#
# Add up the diagonal, with one pass for each coordinate:
#
# $$\operatorname{div} f(x) = \sum_{i=1}^n e_i^{\mathsf T} J e_i \qquad e_i, x:\ (n,)$$
#
# `jvp` and `vjp` from above are yours to use.


# %% role="answer" id="answer-10.1"
def divergence(f, x):
    """The trace of the Jacobian of f at x, by n passes.
    f: (n,) -> (n,); x (n,) of any float dtype; a number."""
    ### BEGIN SOLUTION
    unit_vectors = torch.eye(len(x), dtype=x.dtype)
    return sum(jvp(f, x, e)[i] for i, e in enumerate(unit_vectors))
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Pass number $i$ brings column $i$ (or row $i$). Which of its entries do you want?
# <details><summary>Hint 2: the equation</summary>
#
# $(J e_i)_i = J_{ii}$, and also $(J^{\mathsf T} e_i)_i = J_{ii}$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# A loop over the rows of `torch.eye(n)`, in the dtype of `x`; an index; a sum.
# </details></details></details>

# %% role="check" id="check-10.1" points=3
check("10.1")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch10_probes import judge_divergence

lines = judge_divergence(submission, "10.1", seed=challenge_seed("10.1", "fields"), n=7)
award("10.1", lines, points=3)
### END HIDDEN TESTS


# %% id="time-passes"
def seconds(run, repeat=steps(full=5, quick=1)):
    """The least processor time of a few runs."""
    taken = []
    for _ in range(repeat):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


sizes = [4, 16, 64, 256][: steps(full=4, quick=2)]
one = [seconds(lambda: jvp(*make_field(n), torch.ones(n))) for n in sizes]
all_n = [seconds(lambda: divergence(*make_field(n))) for n in sizes]

# %% tags=["figure", "nbval-ignore-output"] id="figure-cost"
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.loglog(sizes, all_n, "o-", color=VERMILION, label="divergence, n passes")
ax.loglog(sizes, one, "s--", color=BLUE, label="one jvp")
ax.set(xlabel="dimension $n$", ylabel="seconds", xticks=sizes, xticklabels=sizes)
ax.set_title("The divergence costs n times as much as one product with J")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: seconds over n on logarithmic axes. One jvp stays near a fixed cost at these sizes; the divergence rises with
# slope 1 or more, a hundred times above it and more at n = 256.*
#
# **What just happened.** A gradient is cheap in reverse mode because one output has all its partials in one row. The trace has one
# entry in each row and each column, so no mode has an advantage: $n$ passes.

# %% [markdown]
# ## 2 · Hutchinson's estimator
#
# Let $v$ be random with mean zero, independent coordinates and $\mathbb E[v_i^2] = 1$, in short $\mathbb E[vv^{\mathsf T}] = I$. Then
#
# $$\mathbb E\big[v^{\mathsf T}Av\big] = \sum_{i,j} a_{ij}\,\mathbb E[v_i v_j] = \sum_i a_{ii} = \operatorname{tr}A .$$
#
# Off-diagonal entries are multiplied by $v_iv_j$, whose mean is 0: they cancel *on average*.

# %% role="locked" id="probes"
def gaussian(n, k, g):
    """k probes of independent N(0, 1) entries, as columns (n, k), from the generator g."""
    return torch.randn(n, k, generator=g)


def rademacher(n, k, g):
    """k probes of independent random signs, as columns (n, k), from the generator g."""
    return torch.randint(0, 2, (n, k), generator=g) * 2.0 - 1


# %% tags=["figure"] id="figure-signs"
V = rademacher(6, 4, torch.Generator().manual_seed(2))  # (n, k)
fig, axes = plt.subplots(1, 5, figsize=(11, 2.4), layout="constrained")
for ax, v in zip(axes, V.T):
    ax.imshow(J * v[:, None] * v, cmap="PuOr", vmin=-1, vmax=1)
    ax.set_title(f"$v^TJv$ = {v @ J @ v:.2f}")
everything = rademacher(6, 4000, torch.Generator().manual_seed(3))
axes[4].imshow(J * (everything @ everything.T) / 4000, cmap="PuOr", vmin=-1, vmax=1)
axes[4].set_title(f"mean of 4,000, trace {J.trace():.2f}")
for ax in axes:
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
fig.suptitle("Random signs flip the off-diagonal entries and never the diagonal")
plt.show()

# %% [markdown]
# *Figure: the entries of J times the signs of four probes, then the mean over 4,000. The diagonal looks the same in all five; the
# rest changes its colours and fades to nothing in the mean.*
#
# For $A = J$ one sample takes *one* pass, a jvp or a vjp as you like: $v^{\mathsf T}(Jv) = (J^{\mathsf T}v)^{\mathsf T}v$. A jvp needs no tape; a vjp
# is what a reverse-mode library has at hand.
#
# To test that an estimator is unbiased, compare the mean $\bar q$ of $k$ samples with the truth in units of its own
# **standard error**, $s/\sqrt k$ with $s^2 = \frac{1}{k-1}\sum_j (q_j-\bar q)^2$. That is the **z-score**.

# %% [markdown] id="exercise-10.2"
# ### 10.2 One probe, one pass
#
# ●●○ medium · about 10 minutes · 4 points
#
# $$q = v^{\mathsf T} J v \qquad\qquad z = \frac{\bar q - \text{truth}}{s/\sqrt k} \qquad v:\ (n,)\quad q_1,\dots,q_k:\ (k,)$$
#
# Write the sample in both modes, each with a single pass and never the whole $J$, and the z-score.


# %% role="answer" id="answer-10.2"
def sample_by_jvp(f, x, v):
    """vᵀJv by one forward pass. f: (n,) -> (n,); x, v (n,); a number."""
    ### BEGIN SOLUTION
    return v @ jvp(f, x, v)
    ### END SOLUTION


def sample_by_vjp(f, x, v):
    """vᵀJv by one reverse pass. f: (n,) -> (n,); x, v (n,); a number."""
    ### BEGIN SOLUTION
    return vjp(f, x, v) @ v
    ### END SOLUTION


def z_score(samples, truth):
    """How many standard errors the mean of the samples (k,) lies above the truth, a number."""
    ### BEGIN SOLUTION
    standard_error = samples.std() / len(samples) ** 0.5  # std divides by k - 1
    return (samples.mean() - truth) / standard_error
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Push the probe through $J$ from one side; what is left is a dot product with the same probe.
# <details><summary>Hint 2: the equation</summary>
#
# $v^{\mathsf T}(Jv)$ and $(J^{\mathsf T}v)^{\mathsf T}v$: the same number, two passes of different kind.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `@` of two vectors is their dot product. `std()` of a tensor divides by $k-1$ already.
# </details></details></details>

# %% role="check" id="check-10.2" points=4
check("10.2")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch10_probes import judge_samples

lines = judge_samples(submission, "10.2", seed=challenge_seed("10.2", "probes"), n=9, k=31)
award("10.2", lines, points=4)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-histogram"
f, x = make_field(40)
J = torch.func.jacrev(f)(x)  # (40, 40), here only to know the truth
V = rademacher(40, 4000, torch.Generator().manual_seed(4))
samples = (V * (J @ V)).sum(0)  # (4000,), what 4,000 passes would give
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.hist(samples, bins=60, color=BLUE, alpha=0.7, label="4,000 single samples")
error = samples.std() / 4000**0.5
ax.axvspan(samples.mean() - 2 * error, samples.mean() + 2 * error, color=ORANGE,
           label="mean ± 2 standard errors")
ax.axvline(J.trace(), color="black", ls="--", label="trace")
ax.set(xlabel="$v^TJv$", ylabel="count",
       title="One sample is rough; the mean of many is centred on the trace")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a bell-shaped histogram of 4,000 samples between about -28 and 5. The dashed line of the trace lies in the narrow band
# of the mean.*

# %% tags=["figure"] id="figure-z-scores"
g = torch.Generator().manual_seed(5)
draws = {"random signs": rademacher,
         "uniform on [-1, 1]": lambda n, k, g: 2 * torch.rand(n, k, generator=g) - 1}
fig, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
for row, (draw, marker) in enumerate(zip(draws.values(), "os")):
    sets = [draw(40, 400, g) for _ in range(steps(full=40, quick=2))]
    z = [z_score((V * (J @ V)).sum(0), J.trace()) for V in sets]
    if None not in z:
        ax.plot(z, [row] * len(z), marker, color=[BLUE, VERMILION][row], alpha=0.5)
ax.axvspan(-5, 5, color="0.85", label="chance")
ax.set(xlabel="z of 400 samples", yticks=[0, 1], yticklabels=list(draws), ylim=(-0.6, 1.6))
ax.set_title("Chance moves z by a few units, this bias by a hundred")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# *Figure: forty values of z in each of two rows. Those of random signs lie in the shaded band from -5 to 5; those of uniform
# probes, where $E[v_i^2]$ is a third and not 1, lie far to its right.*

# %% tags=["figure"] id="figure-root-k"
counts = torch.tensor([1, 4, 16, 64, 256])
signs = rademacher(40, 256 * steps(full=200, quick=2), torch.Generator().manual_seed(6))
many = (signs * (J @ signs)).sum(0).view(-1, 256)  # 200 experiments of 256 samples
errors = torch.stack([(many[:, :k].mean(1) - J.trace()).abs().median() for k in counts])
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
ax.loglog(counts, errors, "o-", color=BLUE, label="median error of the mean, 200 experiments")
ax.loglog(counts, errors[0] / counts**0.5, "k:", label="slope −1/2")
ax.set(xlabel="samples $k$", ylabel="error", xticks=counts, xticklabels=counts.tolist())
ax.set(yticks=(0.5, 1, 2, 4), yticklabels=(0.5, 1, 2, 4),
       title="Four times the passes for half the error")
ax.minorticks_off()
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the median error of the mean of k samples on logarithmic axes. Circles for k = 1 to 256 follow the dotted line of slope -1/2.*
#
# **What just happened.** An unbiased estimator has $|z| < 3$ in 997 of 1,000 experiments. Probes uniform on $[-1, 1]$ look random enough,
# but $\mathbb E[v_i^2] = \frac13$, and the test says so at once. Random signs cost a pass, not $n$ passes. What they cost in accuracy is next.

# %% [markdown]
# ## 3 · How wrong is one sample?
#
# Only the **symmetric part** $S = \tfrac12(A + A^{\mathsf T})$ counts, since $v^{\mathsf T}Av = v^{\mathsf T}A^{\mathsf T}v$. For random signs $v_i^2 = 1$:
#
# $$v^{\mathsf T}Av - \operatorname{tr}A = \sum_{i<j} 2 s_{ij}\, v_iv_j .$$
#
# The products $v_iv_j$, $i<j$, have mean 0, variance 1, and are uncorrelated. So the variance is
#
# $$4\sum_{i<j} s_{ij}^2 = 2\Big(\lVert S\rVert_F^2 - \sum_i s_{ii}^2\Big).$$

# %% [markdown]
# For **Gaussian** probes rotate to the eigenvectors of $S$: independent $g_i \sim N(0,1)$ again, and $v^{\mathsf T}Sv = \sum_i\lambda_i g_i^2$.
# You need the variance of $g^2$; $\mathbb E[g^4]=3$. A **sphere** probe is a Gaussian one scaled to length $\sqrt n$, with
#
# $$\mathbb E[v_i^4] = \frac{3n}{n+2}\qquad \mathbb E[v_i^2v_j^2] = \frac{n}{n+2}\quad(i\ne j).$$
#
# Its formula is
# $\dfrac{2n}{n+2}\Big(\lVert S\rVert_F^2 - \dfrac{(\operatorname{tr}A)^2}{n}\Big)$: check it with a pencil, from $\mathbb E[(\sum_i\lambda_iv_i^2)^2]$.

# %% tags=["figure"] id="figure-probes"
g = torch.Generator().manual_seed(3)
clouds = {"Gaussian": gaussian(2, 20_000, g), "random signs": rademacher(2, 20_000, g)}
clouds["sphere"] = F.normalize(gaussian(2, 20_000, g), dim=0) * 2**0.5
fig, axes = plt.subplots(1, 3, figsize=(8, 2.8), sharex=True, sharey=True, layout="constrained")
for ax, (name, V), marker in zip(axes, clouds.items(), ("o", "s", "^")):
    ax.plot(*V[:, :400], marker, ms=8 if marker == "s" else 3, color=BLUE, alpha=0.5)
    ax.set(title=f"{name}: mean $v_1^4$ = {(V[0] ** 4).mean():.1f}", xlabel="$v_1$", aspect="equal")
axes[0].set_ylabel("$v_2$")
fig.suptitle("Same mean, same covariance: what differs is the fourth moment")
plt.show()

# %% [markdown]
# *Figure: 400 probes of each kind in two dimensions. Gaussian: a round cloud, fourth moment 3. Signs: the four corners of a square, 1. Sphere: a
# circle through these corners, 1.5.*
#
# A measured variance has an error of its own. For $k$ samples with mean $\bar q$, sample variance $s^2$ and fourth moment
# $m_4 = \frac1k\sum_j(q_j - \bar q)^4$, the standard error of $s^2$ is about
#
# $$\operatorname{se}(s^2) = \sqrt{\frac{m_4 - s^4}{k}} .$$

# %% [markdown] id="exercise-10.3"
# ### 10.3 Three variances
#
# ●●● hard · about 22 minutes · 4 points
#
# Derive the Gaussian variance on paper. Then write all three for any square $A$, symmetric or not, draw sphere probes, and measure a
# variance together with its standard error.


# %% role="answer" id="answer-10.3"
def probe_variance(A, kind):
    """The variance of vᵀAv. A (n, n), any square matrix; kind "gaussian",
    "rademacher" or "sphere". A number."""
    ### BEGIN SOLUTION
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)
    ### END SOLUTION


def sphere(n, k, g):
    """k probes uniform on the sphere of radius √n, as columns (n, k), from the generator g."""
    ### BEGIN SOLUTION
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)
    ### END SOLUTION


def measured_variance(samples):
    """(s², its standard error) of samples (k,): two numbers."""
    ### BEGIN SOLUTION
    s2 = samples.var()  # divides by k - 1
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Symmetrise first; then each formula is about the same few sums. A Gaussian vector has no preferred direction.
# <details><summary>Hint 2: the equations</summary>
#
# $\operatorname{Var}(\sum_i\lambda_ig_i^2) = \sum_i\lambda_i^2\operatorname{Var}(g_i^2)$ and $\sum_i\lambda_i^2 = \lVert S\rVert_F^2$.
# $\operatorname{Var}(g^2) = \mathbb E[g^4] - \mathbb E[g^2]^2$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `(S**2).sum()`, `S.diagonal()`, `A.trace()`, and three `return`s. For the sphere: one norm for each *column*, `dim=0`.
# </details></details></details>

# %% role="check" id="check-10.3" points=4
check("10.3")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch10_probes import judge_variances

lines = judge_variances(submission, "10.3", seed=challenge_seed("10.3", "matrices"), n=7, k=45)
award("10.3", lines, points=4)
### END HIDDEN TESTS

# %% [markdown]
# Now measure. Two matrices, one of them not symmetric, 20,000 probes of each kind:

# %% id="measure-variances"
g = torch.Generator().manual_seed(10)
M = torch.randn(40, 40, generator=g)
matrices = {"symmetric": (M + M.T) / 2 + torch.eye(40), "not symmetric": M + torch.eye(40)}
kinds = {"gaussian": gaussian, "rademacher": rademacher, "sphere": sphere}
rows = []
for matrix, A in matrices.items():
    for kind, draw in kinds.items():
        V = draw(40, steps(full=20_000, quick=50), g)
        found = None if V is None else measured_variance((V * (A @ V)).sum(0))
        if found is not None and probe_variance(A, kind) is not None:
            rows.append((f"{kind}\n{matrix}", float(probe_variance(A, kind)), *map(float, found)))

# %% tags=["figure", "nbval-ignore-output"] id="figure-variances"
fig, ax = plt.subplots(figsize=(9, 3.2), layout="constrained")
if rows:
    names, predicted, measured, errors = zip(*rows)
    ax.bar(names, predicted, color=[BLUE, ORANGE, GREEN] * 2, edgecolor="black", alpha=0.6,
           label="formula")
    ax.errorbar(names, measured, yerr=3 * np.array(errors), fmt="k_", capsize=8,
                label="measured ± 3 standard errors")
    ax.legend(loc="upper center")
ax.axhline(2 * (matrices["not symmetric"] ** 2).sum(), color=VERMILION, ls="--")
ax.text(5.4, 2 * (matrices["not symmetric"] ** 2).sum(), "$2\\|A\\|_F^2$ of the right matrix",
        ha="right", va="bottom")
ax.set(ylabel="variance of one sample", ylim=(0, 4300),
       title="The formulas hold, and only the symmetric part counts")
plt.show()

# %% [markdown]
# *Figure: six bars of predicted variance, three for a symmetric and three for a non-symmetric matrix, all near 1,600, each met by
# a measured value with a short error bar. A dashed line near 3,300 shows what the squared norm of the non-symmetric matrix
# itself would say.*
#
# > **Often said: “the variance is $2\lVert A\rVert_F^2$.”** For Gaussian probes and a *symmetric* matrix. A Jacobian is rarely symmetric; there
# > it is $\lVert A\rVert_F^2 + \operatorname{tr}(A^2)$, here about half as much.

# %% tags=["figure"] id="figure-rotated"
angles = torch.linspace(0, torch.pi / 2, steps(full=46, quick=4))
turns = [torch.tensor([[a.cos(), -a.sin()], [a.sin(), a.cos()]]) for a in angles]
turned = [R @ torch.diag(torch.tensor([3.0, -1.0])) @ R.T for R in turns]
ones = torch.ones(8, 8)
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained", width_ratios=[3, 2])
for kind, color, style in zip(kinds, [BLUE, ORANGE, GREEN], ["-", "--", ":"]):
    if probe_variance(ones, kind) is not None:
        variances = [float(probe_variance(A, kind)) for A in turned]
        left.plot(angles.rad2deg(), variances, style, color=color, lw=2, label=kind)
        right.bar(kind, float(probe_variance(ones, kind)), color=color, edgecolor="black")
        left.legend(loc="upper center", ncols=3)
left.set(xlabel="angle of rotation (degrees)", ylabel="variance", xticks=range(0, 91, 15), ylim=(0, 29),
         title="diag(3, −1), rotated")
right.set(ylabel="variance", title="the 8 × 8 matrix of ones")
fig.suptitle("The signs alone depend on the basis, and the sphere may beat them")
plt.show()

# %% [markdown]
# *Figure: left, variance over the angle by which a diagonal matrix is turned: level lines for Gaussian (20) and sphere (8); that of
# the signs is 0 at 0 and 90 degrees and 16 at 45. Right, bars for the matrix of ones: 128, 112, and about 90 for the sphere.*
#
# **What just happened.** Random signs never lose against Gaussian probes, and are exact for a diagonal $A$. But they depend on
# the basis, and the sphere can beat both.

# %% [markdown]
# ## 4 · Count what you ask
#
# The currency from here on is the **matvec**, a product of $A$ with one column. Methods differ in how they spend them, and papers in
# how they count. Published reference code for the method of the next section spends about $4m/3$ where the text says $m$. A wrapper that counts
# settles it.

# %% tags=["figure"] id="figure-overspent"
promised = torch.arange(3, 61, 3)
fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
ax.plot(promised, promised, color=BLUE, label="as the text says: m")
ax.plot(promised, promised + (promised / 3).round(), "s--", ms=4, color=VERMILION,
        label="as that code spends: m + m/3")
ax.set(xlabel="budget $m$ asked for", ylabel="matvecs made",
       title="Who does not count compares 80 products with 60")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: matvecs made over the budget asked for. A solid line of slope 1, and squares on a line of slope 4/3: at 60 asked, 80 made.*

# %% [markdown] id="exercise-10.4"
# ### 10.4 A counter with a budget
#
# ●○○ easy · about 7 minutes · 2 points
#
# `Counter(matvec, budget)` behaves like the function `matvec` and keeps count of *columns*: a vector $(n,)$ counts 1, a block
# $(n, k)$ counts $k$. A product that would exceed the budget raises `RuntimeError`; it is neither made nor counted.


# %% role="answer" id="answer-10.4"
class Counter:
    """Calls like matvec: (n,) -> (n,) or (n, k) -> (n, k).
    `count` is the columns so far; budget None: no limit."""

    def __init__(self, matvec, budget=None):
        ### BEGIN SOLUTION
        self.matvec, self.budget, self.count = matvec, budget, 0
        ### END SOLUTION

    def __call__(self, V):
        ### BEGIN SOLUTION
        columns = 1 if V.ndim == 1 else V.shape[1]
        if self.budget is not None and self.count + columns > self.budget:
            raise RuntimeError(
                f"{self.count} of {self.budget} matvecs are spent; {columns} more do not fit."
            )
        self.count += columns
        return self.matvec(V)
        ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# State lives on `self`. Look at the price before you buy.
# <details><summary>Hint 2: the equation</summary>
#
# The price is 1 for a vector and the size of the *second* axis for a block.
# <details><summary>Hint 3: the shape of the code</summary>
#
# Three attributes in `__init__`. In `__call__`: a price, an `if` that raises, a sum, a `return`. A budget met exactly is not exceeded.
# </details></details></details>

# %% role="check" id="check-10.4" points=2
check("10.4")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch10 import judge_counter

lines = judge_counter(submission, "10.4", seed=challenge_seed("10.4", "blocks"), n=11, k=4)
award("10.4", lines, points=2)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** The wrapper knows nothing of traces and serves every method below. The hidden tests of the next
# exercises use one like it, with a hard budget.

# %% [markdown]
# ## 5 · Hutch++
#
# Hutchinson's error falls as $1/\sqrt m$: a hundred times the work for one more digit. It suffers most from few large eigenvalues.
# So find those, take their part of the trace *exactly*, and leave to chance only what remains
# ([Meyer, Musco, Musco, Woodruff, 2021](https://arxiv.org/abs/2010.09649)).

# %% tags=["figure"] id="figure-split"
eigenvalues = torch.arange(1, 31.0) ** -1.5
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
ax.bar(range(1, 9), eigenvalues[:8], color=BLUE, edgecolor="black", hatch="//",
       label="found by the sketch: exactly")
ax.bar(range(9, 31), eigenvalues[8:], color=ORANGE, edgecolor="black", label="the rest: by chance")
share = (eigenvalues[8:] ** 2).sum() / (eigenvalues**2).sum()
ax.set(xlabel="eigenvalue number $i$", ylabel="$\\lambda_i = i^{-1.5}$")
ax.set_title(f"Take out 8 of 30 eigenvalues and {100 * share:.1f} % of the variance are left")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: thirty bars falling as i to the power -1.5. The first eight, hatched, are found by the sketch; the others are small.*
#
# With $k = \lfloor m/3\rfloor$, three groups of columns and $m$ matvecs in all:
#
# 1. **Sketch:** $S$, $(n, k)$, random; $Q$, $(n, k)$, an orthonormal basis of the columns of $AS$.
# 2. **Exact part:** $\operatorname{tr}(Q^{\mathsf T}AQ)$.
# 3. **Rest:** with $P = I - QQ^{\mathsf T}$ and *fresh* probes $G$, $(n, m-2k)$, the mean of $g^{\mathsf T}PAPg$ over its columns.
#
# $$\operatorname{tr}A \approx \operatorname{tr}(Q^{\mathsf T}AQ) + \frac{1}{m-2k}\operatorname{tr}(G^{\mathsf T}PAPG)$$
#
# Often the factor is printed as $3/m$, which it is only when 3 divides $m$. $P$ is never formed: $PG = G - Q(Q^{\mathsf T}G)$ costs $O(nk)$ a
# column and no matvec. With a projection on one side only the estimate stays unbiased, and part of the large
# eigenvalues' noise comes back.

# %% tags=["figure"] id="figure-four-parts"
box = torch.Generator().manual_seed(5)
basis = torch.linalg.qr(gaussian(30, 30, box)).Q
full_matrix = basis * eigenvalues @ basis.T
found = torch.linalg.qr(full_matrix @ gaussian(30, 8, box)).Q  # (30, 8)
inside = found @ found.T
outside = torch.eye(30) - inside
cross = inside @ full_matrix @ outside + outside @ full_matrix @ inside
parts = [full_matrix, inside @ full_matrix @ inside, outside @ full_matrix @ outside, cross]
fig, axes = plt.subplots(1, 4, figsize=(11, 2.8), layout="constrained")
for ax, part, name in zip(axes, parts, ["$A$", "$QQ^TAQQ^T$", "$PAP$", "the two mixed parts"]):
    ax.imshow(part, cmap="PuOr", vmin=-0.08, vmax=0.08)
    ax.set(title=f"{name}: trace {part.trace():.2f},\nnorm {part.norm():.2f}".replace("-0.00", "0.00"),
           xticks=[], yticks=[])
    ax.grid(False)
fig.suptitle(
    "The mixed parts have no trace; most of the norm, which sets the noise, is in the exact part"
)
plt.show()

# %% [markdown]
# *Figure: a 30 by 30 matrix and the three parts that add up to it. The part inside the span of Q holds nearly all of the norm and most of the trace, the part outside the rest;
# the mixed parts have trace zero.*

# %% tags=["figure"] id="figure-budget"
budgets = torch.arange(3, 15)
k = budgets // 3
parts = {"sketch $AS$": (k, BLUE, ""), "exact $AQ$": (k, GREEN, "//"),
         "rest $APG$": (budgets - 2 * k, ORANGE, "..")}
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
bottom = torch.zeros(12)
for name, (size, color, hatch) in parts.items():
    ax.bar(budgets, size, bottom=bottom, color=color, hatch=hatch, edgecolor="black", label=name)
    bottom = bottom + size
for m, rest in zip(budgets, budgets - 2 * k):
    ax.text(m, m + 0.2, f"1/{rest}", ha="center")
ax.set(xlabel="budget $m$", ylabel="columns", xticks=budgets, ylim=(0, 17))
ax.set_title("Every budget is spent to the last column; on top, the factor of the rest")
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# *Figure: stacked bars for budgets 3 to 14 in three parts. At 12 all parts are 4 and the factor is 1/4; at 13 the rest has 5 columns, at 14
# it has 6, and the factors are 1/5 and 1/6.*

# %% [markdown] id="exercise-10.5"
# ### 10.5 Hutch++ with an honest budget
#
# ●●● hard · about 20 minutes · 6 points
#
# Write it for any $m \ge 3$, with exactly $m$ matvecs. `matvec` takes vectors $(n,)$ and blocks $(n, k)$. Draw Gaussian or
# Rademacher probes from `g`. $A$ need not be symmetric; assume that $AS$ has full rank.


# %% role="answer" id="answer-10.5"
def hutchpp(matvec, n, m, g):
    """The Hutch++ estimate of tr A, a number.
    matvec: (n, k) -> (n, k), of A (n, n); m >= 3 matvecs; g a generator."""
    ### BEGIN SOLUTION
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q  # (n, k), an orthonormal basis of A S
    G = gaussian(n, m - 2 * k, g)  # fresh: S has already shaped Q
    PG = G - Q @ (Q.T @ G)  # GᵀPAPG = (PG)ᵀ A (PG), since P is symmetric
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Three calls of `matvec`, with $k$, $k$ and $m-2k$ columns. What each is asked depends on the answer before.
# <details><summary>Hint 2: the equations</summary>
#
# $\operatorname{tr}(X^{\mathsf T}Y) = \sum_{ij}X_{ij}Y_{ij}$, so no small matrix is needed. And $G^{\mathsf T}PAPG = (PG)^{\mathsf T}A\,(PG)$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `torch.linalg.qr(...)` returns `Q` and `R`. Then a draw, a projection by two thin products, and a sum of two elementwise
# products, the second one divided by its own number of columns.
# </details></details></details>

# %% role="check" id="check-10.5" points=6
check("10.5")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch10_estimators import judge_hutchpp

lines = judge_hutchpp(submission, "10.5", seed=challenge_seed("10.5", "sketches"), n=33, budgets=(11, 16, 4))
award("10.5", lines, points=6)
### END HIDDEN TESTS

# %% tags=["figure", "nbval-ignore-output"] id="figure-low-rank"
g = torch.Generator().manual_seed(12)
U, tail = torch.linalg.qr(gaussian(200, 200, g)).Q, torch.full((195,), 0.01)
# five large eigenvalues, a small floor
A = U * torch.cat([torch.tensor([9.0, 7.0, 5.0, 3.0, 1.0]), tail]) @ U.T
trials = steps(full=400, quick=3)
by_hutchinson = [((V := gaussian(200, 30, g)) * (A @ V)).sum().item() / 30 for _ in range(trials)]
by_hutchpp = [hutchpp(lambda V: A @ V, 200, 30, g) for _ in range(trials)]
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
ax.hist(by_hutchinson, bins=np.arange(18, 41, 0.5), color=ORANGE, edgecolor="black", label="Hutchinson")
if by_hutchpp[0] is not None:
    ax.hist([float(x) for x in by_hutchpp], bins=np.arange(18, 41, 0.5), color=BLUE, hatch="//",
            label="Hutch++", alpha=0.8)
ax.axvline(A.trace(), color="black", ls="--", label="trace")
ax.set(xlabel="estimate", ylabel=f"count of {trials}", ylim=(0, 110))
ax.set_title("With 30 matvecs each: the large eigenvalues are no longer left to chance")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: estimates of Hutchinson spread from 19 to 40 around the dashed trace of about 27; those of Hutch++ fill one or two bins at
# it and run out of the picture above.*
#
# **What just happened.** The sketch multiplies random vectors by $A$, and a product with $A$ leans towards the large eigenvectors.
# Ten columns catch five of them easily. What chance has to do is then small.

# %% [markdown]
# ## 6 · How fast does the error fall?
#
# Let $\lambda_i = i^{-c}$. The error of the rest is about $\lVert A - A_k\rVert_F/\sqrt m$ with $A_k$ the best rank-$k$ part, and
# $\lVert A - A_k\rVert_F^2 = \sum_{i>k} i^{-2c}\approx k^{1-2c}$ for $c > \frac12$. Hence for $n\to\infty$
#
# $$\text{Hutch++: } m^{-\max(c,\,1/2)} \qquad\qquad \text{Hutchinson: } m^{-1/2} .$$
#
# On log-log axes a power is a straight line, and its exponent the slope.

# %% tags=["figure"] id="figure-tails"
i, k = torch.arange(1, 1001.0), torch.tensor([4, 8, 16, 32, 64])
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for c, marker, color in zip((0.5, 1.0, 1.5, 2.0), "osD^", (VERMILION, ORANGE, GREEN, BLUE)):
    tails = torch.stack([(i[m:] ** (-2 * c)).sum().sqrt() for m in k]) / (i ** (-2 * c)).sum().sqrt()
    ax.loglog(k, tails, f"{marker}-", color=color, label=f"decay {c}")
ax.set(xlabel="eigenvalues taken out, $k$", ylabel="$\\|A-A_k\\|_F\\,/\\,\\|A\\|_F$", xticks=k,
       xticklabels=k.tolist())
ax.set_title("What is left after the k largest: next to nothing, or nearly all")
ax.minorticks_off()
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the share of the norm that is left over k from 4 to 64 for four decays. At decay 2 it falls to a thousandth; at 0.5 it stays
# above a half.*

# %% [markdown] id="exercise-10.6"
# ### 10.6 Two tools for a convergence plot
#
# ●○○ easy · about 8 minutes · 2 points
#
# `median_error` calls `estimate()` again and again and returns the median of $|\text{estimate}-\text{truth}|/|\text{truth}|$.
# `fitted_slope` is the exponent $a$ of the least-squares line $\log\varepsilon \approx a\log m + b$, over all points.


# %% role="answer" id="answer-10.6"
def median_error(estimate, truth, trials):
    """The median relative error. estimate: () -> number; truth a number, not 0; trials odd; a number."""
    ### BEGIN SOLUTION
    errors = [abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)]
    return sorted(errors)[trials // 2]
    ### END SOLUTION


def fitted_slope(ms, errors):
    """The least-squares slope of log(error) over log(m).
    ms, errors: lists of positive numbers; a number."""
    ### BEGIN SOLUTION
    slope, _ = np.polyfit(np.log(ms), np.log(errors), 1)
    return slope
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# A median is the middle of a sorted list; unlike a mean it does not mind one wild trial. A slope in log-log is a line fitted to logarithms.
# <details><summary>Hint 2: the equation</summary>
#
# With $x=\log m$, $y=\log\varepsilon$: $a = \sum(x-\bar x)(y-\bar y)\big/\sum(x-\bar x)^2$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# A list comprehension that calls `estimate()` afresh each time. For the slope `np.polyfit` of degree 1, or the formula in two lines.
# </details></details></details>

# %% role="check" id="check-10.6" points=2
check("10.6")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch10 import judge_convergence

lines = judge_convergence(submission, "10.6", seed=challenge_seed("10.6", "series") % 10**6, trials=31)
award("10.6", lines, points=2)
### END HIDDEN TESTS

# %% [markdown]
# A diagonal matrix makes the matvec cheap, $V \mapsto \lambda\odot V$. With Gaussian probes it loses nothing: rotate $A$, and the rotated
# probes are Gaussian again. With random signs it would be a trap:

# %% tags=["figure"] id="figure-trap"
lam = torch.arange(1, 1001.0) ** -1.0  # (n,)
fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
for draw, marker, color in ((gaussian, "o", BLUE), (rademacher, "s", VERMILION)):
    V = draw(1000, 20, torch.Generator().manual_seed(1))
    ax.plot(range(1, 21), (V * (lam[:, None] * V)).sum(0), marker, color=color, label=draw.__name__)
ax.axhline(lam.sum(), color="black", ls="--", label="trace")
ax.set(xlabel="probe", ylabel="sample", xticks=range(1, 21), ylim=(3, 16))
ax.set_title("On a diagonal matrix random signs are never wrong: a trap for benchmarks")
ax.legend(ncols=3)
plt.show()

# %% [markdown]
# *Figure: samples of twenty probes. Gaussian ones scatter between 5 and 14; those of random signs all lie exactly on the trace.*
#
# Random signs give the trace of a diagonal matrix without any error, at $m = 1$. A benchmark on diagonal matrices with random
# signs measures nothing. So: Gaussian.


# %% id="convergence"
def hutchinson(matvec, n, m, g):
    """The mean of m Gaussian samples."""
    V = gaussian(n, m, g)
    return (V * matvec(V)).sum() / m


ms, decays = [12, 24, 48, 96, 192][: steps(full=5, quick=2)], [0.5, 1.0, 1.5, 2.0]
errors, g = {}, torch.Generator().manual_seed(0)
tried = hutchpp(lambda V: 2 * V, 4, 3, g), median_error(lambda: 1.0, 2.0, 1)
tried += (fitted_slope([1, 2], [1.0, 2.0]),)
ready = None not in tried  # exercises 10.5 and 10.6 are written
methods = {"Hutchinson": hutchinson, "Hutch++": hutchpp} if ready else {}
for c in decays:
    lam = torch.arange(1, 1001.0) ** -c
    for name, method in methods.items():
        run = [lambda m=m: method(lambda V: lam[:, None] * V, 1000, m, g) for m in ms]
        errors[c, name] = [median_error(one, lam.sum().item(), steps(full=41, quick=1)) for one in run]

# %% tags=["figure", "nbval-ignore-output"] id="figure-convergence"
fig, axes = plt.subplots(1, 4, figsize=(12, 3.2), sharey=True, layout="constrained")
for ax, c in zip(axes, decays):
    for name, marker, color in (("Hutchinson", "s--", ORANGE), ("Hutch++", "o-", BLUE)):
        if (c, name) in errors:
            ax.loglog(ms, errors[c, name], marker, color=color,
                      label=f"{name}: {fitted_slope(ms, errors[c, name]):.2f}")
    ax.set(title=f"$\\lambda_i = i^{{-{c}}}$: theory {-max(c, 0.5)}", xlabel="matvecs $m$", xticks=ms,
           xticklabels=ms)
    ax.set_ylim(3e-6, 0.5)
    ax.minorticks_off()
    ax.legend(title="fitted slope", loc="lower left")
axes[0].set_ylabel("median relative error")
fig.suptitle("The faster the eigenvalues fall, the steeper Hutch++; Hutchinson stays near -1/2")
plt.show()

# %% [markdown]
# *Figure: four log-log panels for decays 0.5 to 2. Hutchinson's squares fall with slope near -0.5 in all. Hutch++'s circles lie near them at
# 0.5 and fall with slopes near -1, -1.5 and -2 in the others.*

# %% tags=["figure", "nbval-ignore-output"] id="figure-who-wins"
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for c, marker, color in zip(decays, "osD^", (VERMILION, ORANGE, GREEN, BLUE)):
    if errors:
        ratio = np.array(errors[c, "Hutchinson"]) / np.array(errors[c, "Hutch++"])
        ax.loglog(ms, ratio, f"{marker}-", color=color, label=f"decay {c}")
        ax.legend(ncols=2)
ax.axhspan(0.1, 1, color="0.9", hatch="//", ec="0.7", zorder=0)
ax.text(190, 0.14, "Hutchinson is better", ha="right")
ax.set(xlabel="matvecs $m$", ylabel="error ratio", xticks=ms, xticklabels=ms, ylim=(0.1, 1000))
ax.set_title("With slow decay Hutch++ has nothing to take out")
ax.minorticks_off()
plt.show()

# %% [markdown]
# *Figure: the error of Hutchinson divided by that of Hutch++ over m. For decays 1.5 and 2 it rises to 50 and to several hundred; for
# 1 to about 5; for 0.5 it stays around or below 1, in the hatched region where Hutchinson is better.*
#
# > **Often said: “Hutch++ is always better.”** At $c=\frac12$ two of three matvecs go into a subspace that holds little, and Hutchinson is ahead
# > or level up to $m\approx100$. A flat spectrum, like that of a random orthogonal matrix, has nothing to take out.

# %% [markdown]
# ## 7 · Products with a Hessian
#
# The Hessian $H$ of $f:\mathbb R^n\to\mathbb R$ is the Jacobian of its gradient, so $Hv$ costs about what a gradient costs. Two
# derivatives, two modes each. Three orders are useful:
#
# - **reverse over reverse:** the gradient of $x\mapsto \nabla f(x)^{\mathsf T}v$;
# - **forward over reverse:** the jvp of $\nabla f$ along $v$;
# - **reverse over forward:** the gradient of the directional derivative $x \mapsto \mathrm{jvp}(f, x, v)$.

# %% tags=["figure"] id="figure-hvp"
H2 = torch.tensor([[2.0, 0.8], [0.8, 0.6]])
start, along = torch.tensor([-1.2, 0.9]), torch.tensor([1.0, 0.5])
side = torch.linspace(-3, 3, 60)
points = torch.cartesian_prod(side, side)  # (3600, 2)
height = ((points @ H2) * points).sum(1).view(60, 60) / 2
fig, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.contour(side, side, height.T, levels=[0.05, 0.2, 0.5, 1, 2, 3, 4.5, 6], colors="0.7")
for tip, tail, color, style, name in [
    (along, start, "black", "-", "v"),
    (0.5 * (H2 @ start), start, ORANGE, "-", "∇f(x)"),
    (0.5 * (H2 @ (start + along)), start + along, BLUE, "-", "∇f(x + v)"),
    (0.5 * (H2 @ along), start + along + 0.5 * (H2 @ start), VERMILION, "--", "H v: the change"),
]:
    ax.annotate("", tail + tip, tail,
                arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2, "ls": style})
    ax.plot([], [], style, color=color, label=name)
ax.annotate("", start + along + 0.5 * (H2 @ start), start + along,
            arrowprops={"arrowstyle": "-|>", "color": ORANGE, "ls": ":"})
ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(-3, 1.5), ylim=(-0.5, 2))
ax.set_title("H v is how the gradient changes along v (gradients at half length)")
ax.legend(loc="lower left", fontsize=8)
plt.show()

# %% [markdown]
# *Figure: contour lines of a quadratic valley. Arrows show the gradient at x and at x + v; a copy of the first one is set at x + v, and the dashed arrow from its tip to that of the
# second is H v.*

# %% role="locked" id="one-layer"
from grader.check.exercises.ch10_products import products

g = torch.Generator().manual_seed(7)
W = gaussian(30, 20, g) / 30**0.5  # (30, 20)
x, v = gaussian(50, 30, g), gaussian(50, 30, g)  # a batch as one variable, and a direction


def layer(x):
    """One layer and a sum: (50, 30) -> a number."""
    return torch.tanh(x @ W).sum()


print("products of f:       ", products(lambda: layer(x)))
print("products of grad f:  ", products(lambda: torch.func.grad(layer)(x)))

# %% [markdown]
# `products` lists the matrix products that torch really carries out, each as its FLOPs (one multiplication and one addition are two) and
# whether a factor was all zeros. In units of $f$, the gradient costs 2. What do the Hessian products cost?

# %% [markdown] id="exercise-10.7"
# ### 10.7 Three orders
#
# ●●○ medium · about 12 minutes · 4 points
#
# Write $Hv$ in the three orders; $x$, $v$ and $Hv$ have the same shape. `torch.func.grad(f)` is the gradient as a function, `torch.func.jvp(f, (x,), (v,))`
# returns the value and the tangent. `torch.autograd` is fine as well. The check looks at the value and, by the FLOPs, at the order.


# %% role="answer" id="answer-10.7"
def reverse_over_reverse(f, x, v):
    """H v as the gradient of ∇f·v. f: tensor -> scalar tensor; x, v of one shape; returns that shape."""
    ### BEGIN SOLUTION
    return torch.func.grad(lambda x: (torch.func.grad(f)(x) * v).sum())(x)
    ### END SOLUTION


def forward_over_reverse(f, x, v):
    """H v as the jvp of ∇f."""
    ### BEGIN SOLUTION
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]
    ### END SOLUTION


def reverse_over_forward(f, x, v):
    """H v as the gradient of the directional derivative of f along v."""
    ### BEGIN SOLUTION
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[1])(x)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# “B over A”: A is taken of $f$ and stands inside; B is taken of what comes out.
# <details><summary>Hint 2: the equations</summary>
#
# $\nabla_x\big(\nabla f(x)\cdot v\big)$, $\quad\frac{d}{dt}\nabla f(x+tv)\big|_0$, $\quad\nabla_x\big(\frac{d}{dt}f(x+tv)\big|_0\big)$. In all of them $v$ is a constant.
# <details><summary>Hint 3: the shape of the code</summary>
#
# One line each. A `lambda x:` makes the inner derivative a function of $x$, with a scalar result where `grad` is to be taken of it.
# </details></details></details>

# %% role="check" id="check-10.7" points=4
check("10.7")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch10_hessian import judge_orders

lines = judge_orders(submission, "10.7", seed=challenge_seed("10.7", "waves"), n=7, waves=4)
award("10.7", lines, points=4)
### END HIDDEN TESTS

# %% id="flops"
orders = [reverse_over_reverse, reverse_over_forward, forward_over_reverse]
of_f = sum(flops for flops, _ in products(lambda: layer(x)))
table = {}
for order in orders:
    made = products(lambda: order(layer, x, v))
    useful, idle = (sum(flops for flops, zero in made if zero == kind) / of_f for kind in (False, True))
    table[order.__name__.replace("_", " ")] = useful, idle
    print(f"{order.__name__:22} {useful + idle:.0f} times f, of which {idle:.0f} with a factor of zeros")

# %% tags=["figure"] id="figure-flops"
useful, idle = zip(*table.values())
fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
ax.barh(list(table), useful, color=BLUE, edgecolor="black", label="useful")
ax.barh(list(table), idle, left=useful, color=ORANGE, hatch="//", edgecolor="black", label="times zero")
ax.axvline(2, color="black", ls="--")
ax.text(2.05, -0.55, "a gradient")
ax.set(xlabel="FLOPs of matrix products, in units of $f$",
       title="Eager forward mode multiplies by zero tangents", xlim=(0, 7.5))
ax.set_ylim(2.6, -0.8)
ax.legend(loc="upper right")
plt.show()

# %% [markdown]
# *Figure: three horizontal bars. Reverse over reverse: 4, all useful. Reverse over forward: 3 useful and 2 with zeros. Forward over reverse: 4 useful
# and 2 with zeros.*
#
# The product rule for $xW$ is $\dot xW + x\dot W$. The weights have the tangent $\dot W = 0$, and torch's eager mode carries the product
# with zeros out.
#
# **What just happened.** 4, 5 and 6. A compiler sees the whole program: it drops products with zeros, and those whose result nobody uses, such as the
# value of $\nabla f\cdot v$ when only its gradient is wanted. Then all three orders do the same work; measured with XLA, 3.91 times $f$ each, for
# a deeper net.
#
# > **Often said: “forward over reverse is the fastest.”** In eager torch it is the slowest of the three. Its merit is memory: no second tape.

# %% [markdown]
# ## 8 · The curvature of the letters
#
# The trace of a loss's Hessian, $\operatorname{tr}H = \sum_p \partial^2L/\partial\theta_p^2$, is the total curvature: the loss rises by about
# $\tfrac12\sigma^2\operatorname{tr}H$ when the parameters are shaken by noise of size $\sigma$. Here is the character MLP, three letters in, one out, in two sizes.

# %% role="locked" id="char-mlp"
stoi = {letter: i for i, letter in enumerate(".abcdefghijklmnopqrstuvwxyz")}
text = "..." + "...".join(split_names(read_names())[0][:200]) + "..."
windows = torch.tensor([stoi[letter] for letter in text]).unfold(0, 4, 1)[:1000]  # (1000, 4)


def char_mlp_loss(parameters):
    """Mean cross-entropy over 1,000 windows.
    C (27, d), W1 (3d, h), b1 (h,), W2 (h, 27), b2 (27,); a number."""
    C, W1, b1, W2, b2 = parameters
    hidden = torch.tanh(C[windows[:, :3]].flatten(1) @ W1 + b1)
    return F.cross_entropy(hidden @ W2 + b2, windows[:, 3])


def char_mlp(d, h, seed=0):
    """Random parameters for embedding d and hidden width h, a list of five."""
    g = torch.Generator().manual_seed(seed)
    scaled = [((27, d), 1.0), ((3 * d, h), (3 * d) ** -0.5), ((h,), 0.1), ((h, 27), 0.3 * h**-0.5),
              ((27,), 0.1)]
    return [(scale * torch.randn(*shape, generator=g)).requires_grad_() for shape, scale in scaled]


small, full = char_mlp(2, 6), char_mlp(10, 64)
print("parameters:", sum(p.numel() for p in small), "and", sum(p.numel() for p in full))

# %% [markdown] id="exercise-10.8"
# ### 10.8 Probing a Hessian
#
# ●●○ medium · about 14 minutes · 3 points
#
# All parameters together make one vector $\theta$, $(P,)$: flattened, in the order of the list. Return $v^{\mathsf T}Hv$ for every column $v$ of
# $V$, $(P, k)$, with $H$ the Hessian with respect to *all* of $\theta$. No $(P, P)$ matrix.


# %% role="answer" id="answer-10.8"
def hessian_samples(loss, parameters, V):
    """vᵀHv for each column of V (P, k). loss: list -> scalar; parameters: list of leaves with
    requires_grad; (k,)."""
    ### BEGIN SOLUTION
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    # (P,), with its graph
    gradient = flat(torch.autograd.grad(loss(parameters), parameters, create_graph=True))
    samples = [v @ flat(torch.autograd.grad(gradient @ v, parameters, retain_graph=True)) for v in V.T]
    return torch.stack(samples)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One gradient, kept as a graph. For each probe, the gradient of a dot product. The blocks between layers count, too.
# <details><summary>Hint 2: the equation</summary>
#
# $Hv = \nabla_\theta\,(\nabla_\theta L\cdot v)$, then $v\cdot(Hv)$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# A helper that flattens and concatenates a list. `create_graph=True` for the first gradient, `retain_graph=True` for those of the
# loop, so that the graph can be used again.
# </details></details></details>

# %% role="check" id="check-10.8" points=3
check("10.8")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch10_hessian import judge_hessian_samples

lines = judge_hessian_samples(submission, "10.8", seed=challenge_seed("10.8", "losses"), shapes=((4, 2), (3,), (1, 5)), k=6)
award("10.8", lines, points=3)
### END HIDDEN TESTS

# %% tags=["nbval-ignore-output"] id="exact-hessian-trace"
count = sum(p.numel() for p in small)
some = steps(full=count, quick=2)  # in full, the unit vectors give the exact diagonal
diagonal = hessian_samples(char_mlp_loss, small, torch.eye(count)[:, :some])
probes = rademacher(count, steps(full=400, quick=2), torch.Generator().manual_seed(11))
samples = hessian_samples(char_mlp_loss, small, probes)
if samples is not None:
    error = samples.std() / len(samples) ** 0.5
    print(f"{some} exact products: {diagonal.sum():.3f}")
    print(f"{len(samples)} random signs: {samples.mean():.3f} ± {error:.3f}")

# %% tags=["figure"] id="figure-hessian"
fig, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
if samples is not None and len(diagonal) == count:
    parts = [part.sum().item() for part in diagonal.split([p.numel() for p in small])]
    ax.bar(["C", "W1", "b1", "W2", "b2"], parts, color=BLUE, edgecolor="black")
ax.set(xlabel="parameter", ylabel="share of the trace",
       title="The output layer has most of it")
plt.show()

# %% [markdown]
# *Figure: bars of the trace by parameter: W2 about 2.5, b2 about 1, C and b1 near 0, W1 slightly below 0.*

# %% tags=["figure"] id="figure-running-mean"
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
if samples is not None and len(diagonal) == count:
    k = torch.arange(2, len(samples) + 1)
    mean = samples.cumsum(0)[1:] / k
    band = 2 * ((samples**2).cumsum(0)[1:] / k - mean**2).clamp(min=0).sqrt() / k**0.5
    ax.plot(k, mean, color=BLUE, label="mean ± 2 standard errors")
    ax.fill_between(k, mean - band, mean + band, color=BLUE, alpha=0.25)
    ax.axhline(diagonal.sum(), color="black", ls="--", label=f"exact, {count} products")
    ax.set(xscale="log", ylim=(0, 2 * diagonal.sum()))
    ax.legend()
ax.set(xlabel="probes", ylabel="trace of H", title="A few dozen probes do")
plt.show()

# %% [markdown]
# *Figure: the running mean of the probes with its band around the dashed exact trace, within about ten per cent after 30 probes.*

# %% tags=["figure", "nbval-ignore-output"] id="figure-shaken"
shaken, sizes_of_noise = [], [0.02, 0.04, 0.06, 0.08, 0.1]
noise = torch.Generator().manual_seed(12)
with torch.no_grad():
    rest = char_mlp_loss(small)
    for sigma in sizes_of_noise if samples is not None else []:
        draws = range(steps(full=200, quick=1))
        moved = [char_mlp_loss([p + sigma * torch.randn(p.shape, generator=noise) for p in small])
                 for _ in draws]
        shaken.append((torch.stack(moved).mean() - rest).item())
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
if shaken:
    ax.plot(sizes_of_noise, shaken, "o", color=VERMILION, label="rise of the loss, mean of 200 shakes")
    ax.plot(sizes_of_noise, 0.5 * np.square(sizes_of_noise) * samples.mean().item(), color=BLUE,
            label="½ σ² tr H, estimated")
    ax.legend()
ax.set(xlabel="σ, noise on every parameter", ylabel="nats",
       title="The trace says what shaking the parameters costs")
plt.show()

# %% [markdown]
# *Figure: rise of the loss over the noise's size. Circles, measured, lie on or near the parabola predicted from the estimated trace.*

# %% tags=["nbval-ignore-output"] id="full-model"
P = sum(p.numel() for p in full)
samples = hessian_samples(char_mlp_loss, full,
                          rademacher(P, steps(full=60, quick=2), torch.Generator().manual_seed(9)))
if samples is not None:
    error = samples.std() / len(samples) ** 0.5
    print(f"{P} parameters, {len(samples)} products: {samples.mean():.2f} ± {error:.2f}")

# %% [markdown]
# **What just happened.** The exact trace costs one product for each parameter: 285 in the small model, 4,009 in the usual one. The
# estimate costs about the same number of probes at any size.
#
# $v^{\mathsf T}Hv$ is not $(\nabla L\cdot v)^2$. The latter averages to $\lVert\nabla L\rVert^2$, which is small at a minimum, where the curvature is not.

# %% [markdown]
# ## 9 · Triangles and determinants
#
# Any matrix that you can multiply with will do. Let $A$ be the adjacency matrix of a graph, $(n, n)$, symmetric, zeros and ones. $(A^3)_{ii}$ counts
# closed walks of three steps from $i$; each triangle is walked 6 times. So
#
# $$\text{triangles} = \tfrac16\operatorname{tr}(A^3).$$
#
# $A^3v$ is three matvecs. With $A$ symmetric, $v^{\mathsf T}A^3v$ needs only two.

# %% tags=["figure"] id="figure-walks"
import networkx as nx

house = nx.Graph([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (2, 4), (3, 4), (4, 5)])
spots = {0: (0, 0), 1: (0, 1), 2: (1, 1), 3: (1, 0), 4: (2, 0.5), 5: (3, 0.5)}
corners = torch.from_numpy(nx.to_numpy_array(house, nodelist=range(6)))
walks = torch.linalg.matrix_power(corners, 3).diagonal().long()
fig, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
for a, b, c in [(0, 1, 2), (0, 2, 3), (2, 3, 4)]:
    ax.fill(*zip(spots[a], spots[b], spots[c]), color=ORANGE, alpha=0.25, ec="w", lw=3)
labels = {i: f"{walks[i]}" for i in house}
nx.draw(house, spots, ax, node_color="w", edgecolors=BLUE, edge_color="0.4", node_size=600,
        labels=labels)
ax.set_title(
    f"Closed walks of three steps from each node: {walks.sum()} in all, 6 for each of 3 triangles"
)
plt.show()

# %% [markdown]
# *Figure: six nodes, eight edges, three shaded triangles. Each node bears the number of its closed walks of three steps, two for each triangle it is a corner of; the node outside of
# all triangles bears 0.*

# %% tags=["figure"] id="figure-graph"
graph = nx.les_miserables_graph()
# (77, 77), without the weights of the edges
adjacency = torch.from_numpy(nx.to_numpy_array(graph, weight=None))
triangles = sum(nx.triangles(graph).values()) // 3
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
nx.draw(graph, nx.spring_layout(graph, seed=3), ax, node_size=25, node_color=BLUE, edge_color="0.7")
ax.set_title(f"{len(graph)} characters of Les Misérables, {triangles} triangles")
plt.show()

# %% [markdown]
# *Figure: a network of 77 characters with a dense core.*

# %% tags=["figure"] id="figure-cubed"
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
spectrum = torch.linalg.eigvalsh(adjacency)
ax.plot(spectrum.flip(0), "o-", ms=3, color=ORANGE, label="eigenvalues of $A$")
ax.plot(spectrum.flip(0) ** 3 / spectrum.max() ** 2, "s-", ms=3, color=BLUE, label="of $A^3$, scaled")
ax.set(xlabel="number", ylabel="eigenvalue", title="Cubing leaves a few large eigenvalues")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: eigenvalues in descending order. Those of A fall from 12 to -5 gradually; those of its cube are near zero but for a few.*
#
# The **log-determinant** of a symmetric positive definite $A$ is a trace as well: $\log\det A = \operatorname{tr}\log A$. For a probe
# $v$, $k$ steps of **Lanczos** build an orthonormal basis of $v, Av, A^2v, \dots$ and a small tridiagonal $T$, $(k, k)$, with
#
# $$v^{\mathsf T}\log(A)\,v \approx \lVert v\rVert^2\, e_1^{\mathsf T}\log(T)\,e_1 = \lVert v\rVert^2\sum_j \tau_j^2\log\theta_j,$$
#
# where $\theta_j$ are the eigenvalues of $T$ and $\tau_j$ the first entries of its eigenvectors.

# %% [markdown]
# Start with $q_1 = v/\lVert v\rVert$, $q_0=0$, $\beta_0 = 0$. Then for $j = 1, \dots, k$:
#
# $$w = Aq_j - \beta_{j-1}q_{j-1}\qquad \alpha_j = q_j^{\mathsf T}w\qquad w \leftarrow w - \alpha_jq_j\qquad \beta_j = \lVert w\rVert\qquad q_{j+1} = w/\beta_j .$$
#
# $T$ has $\alpha_1\dots\alpha_k$ on its diagonal and $\beta_1\dots\beta_{k-1}$ beside it. In floating point the $q_j$ lose their orthogonality;
# subtract from $w$ its components along *all* earlier $q$ before taking the norm.

# %% tags=["figure"] id="figure-orthogonality"
g = torch.Generator().manual_seed(9)
U = torch.linalg.qr(gaussian(60, 60, g)).Q
# three far eigenvalues
A = U * torch.cat([torch.linspace(1, 2, 57), torch.tensor([50.0, 100.0, 200.0])]) @ U.T
plain = [F.normalize(gaussian(60, 1, g)[:, 0], dim=0)]
before, beta = torch.zeros(60), 0.0
for _ in range(24):  # as above, without the sweep over all earlier vectors
    w = A @ plain[-1] - beta * before
    w = w - (plain[-1] @ w) * plain[-1]
    before, beta = plain[-1], w.norm()
    plain.append(w / beta)
Q = torch.stack(plain)  # (25, 60), vectors as rows
plt.figure(figsize=(4.6, 3.4), layout="constrained")
plt.imshow((Q @ Q.T).abs().clamp(min=1e-17).log10(), vmin=-16, vmax=0)
plt.colorbar(label="$\\log_{10}|q_i^Tq_j|$")
plt.grid(False)
plt.title("Orthogonal at first, then copies appear")
plt.xlabel("j")
plt.ylabel("i")
plt.show()

# %% [markdown]
# *Figure: a 25 by 25 heat map. The diagonal is bright; near it entries are about 1e-16; away from it they grow to about 1: vectors far
# apart in the list are no longer orthogonal.*

# %% [markdown] id="exercise-10.9"
# ### 10.9 Triangles, and a log-determinant by Lanczos
#
# ●●● hard · about 26 minutes · 4 points
#
# `triangle_samples`: for each column $v$ of $V$ the sample $\tfrac16v^{\mathsf T}A^3v$, at two matvecs a probe. `lanczos`: $\alpha$, $(k,)$, and $\beta$,
# $(k-1,)$, with $k$ matvecs. `log_form`: the sum $\sum_j\tau_j^2\log\theta_j$.


# %% role="answer" id="answer-10.9-a"
def triangle_samples(matvec, V):
    """vᵀA³v / 6 for each column of V (n, k).
    matvec: (n, k) -> (n, k), of a symmetric A; returns (k,)."""
    ### BEGIN SOLUTION
    AV = matvec(V)
    return (AV * matvec(AV)).sum(0) / 6  # (Av)ᵀ A (Av)
    ### END SOLUTION


# %% role="answer" id="answer-10.9-b"
def lanczos(matvec, v, k):
    """(alpha (k,), beta (k - 1,)) of k Lanczos steps from v (n,).
    matvec: (n,) -> (n,), of a symmetric A; k <= n."""
    ### BEGIN SOLUTION
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):  # what rounding leaves of the first sweep, the second one removes
            Q = torch.stack(basis)  # (j + 1, n)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)
    ### END SOLUTION


def log_form(alpha, beta):
    """e₁ᵀ log(T) e₁ for the tridiagonal T with diagonal alpha (k,) and
    off-diagonals beta (k - 1,). A number."""
    ### BEGIN SOLUTION
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta.log()).sum()  # row 0: the first entries of all eigenvectors
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Split $A^3$ in the middle as far as it goes. In Lanczos, subtracting *all* earlier components includes the two of the formula.
# <details><summary>Hint 2: the equations</summary>
#
# $v^{\mathsf T}A^3v = (Av)^{\mathsf T}A(Av)$. With the basis as rows of $Q$: $w \leftarrow w - Q^{\mathsf T}(Qw)$, better done twice.
# <details><summary>Hint 3: the shape of the code</summary>
#
# A list of basis vectors that grows; `torch.stack` makes it a matrix. The last step needs no $\beta$. `torch.diag(beta, 1)` puts $\beta$ above
# the diagonal; `torch.linalg.eigh` has eigenvectors as *columns*.
# </details></details></details>

# %% role="check" id="check-10.9" points=4
check("10.9")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch10_functions import judge_functions

lines = judge_functions(submission, "10.9", seed=challenge_seed("10.9", "graphs"), n=26, k=5)
award("10.9", lines, points=4)
### END HIDDEN TESTS


# %% tags=["nbval-ignore-output"] id="count-triangles"
def cube(V):
    return adjacency @ (adjacency @ (adjacency @ V))


g, trials = torch.Generator().manual_seed(2), steps(full=201, quick=1)
ms, found = [4, 8, 16, 32], {}
for m in ms:  # m products with the cube are 3m matvecs; the split pays for 3m/2 samples
    halved = lambda m=m: triangle_samples(lambda V: adjacency @ V, rademacher(77, 3 * m // 2, g)).mean()
    methods = {"Hutchinson, two matvecs": halved, "Hutch++": lambda m=m: hutchpp(cube, 77, m, g) / 6}
    if ready and triangle_samples(lambda V: V, torch.ones(2, 1)) is not None:
        for name, run in methods.items():
            found.setdefault(name, []).append(median_error(run, float(triangles), trials))

# %% tags=["figure", "nbval-ignore-output"] id="figure-triangles"
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for (name, values), style, color in zip(found.items(), ("s--", "o-"), (ORANGE, BLUE)):
    ax.loglog([3 * m for m in ms], values, style, color=color, label=name)
    ax.legend()
ax.set(xlabel="matvecs with $A$", ylabel="median relative error", xticks=[3 * m for m in ms],
       xticklabels=[3 * m for m in ms])
ax.set_title("A cubed spectrum falls fast: triangles are a case for Hutch++")
ax.minorticks_off()
plt.show()

# %% [markdown]
# *Figure: error over 12, 24, 48 and 96 matvecs. Hutchinson falls from about 30 to 10 per cent. Hutch++ starts at a similar height and
# falls to less than one per cent.*

# %% tags=["nbval-ignore-output"] id="log-determinant"
laplacian = torch.diag(adjacency.sum(1)) - adjacency + torch.eye(77)  # symmetric, eigenvalues from 1 up
exact = torch.linalg.slogdet(laplacian).logabsdet
v = rademacher(77, 1, torch.Generator().manual_seed(4))[:, 0]
values, vectors = torch.linalg.eigh(laplacian)
form = ((vectors.T @ v) ** 2 * values.log()).sum()  # vᵀ log(A) v, exactly
depths, gaps, forms = [2, 4, 6, 8, 12, 16, 20], [], []
written = lanczos(lambda v: v, torch.ones(2), 1), log_form(torch.ones(1), torch.zeros(0))
if None not in written:
    # a probe of 77 signs has the squared norm 77
    gaps = [abs(77 * log_form(*lanczos(lambda q: laplacian @ q, v, k)) - form).item() for k in depths]
    V = rademacher(77, steps(full=100, quick=2), torch.Generator().manual_seed(5))
    forms = torch.stack([77 * log_form(*lanczos(lambda q: laplacian @ q, v, 12)) for v in V.T])
    print(f"log det {exact:.3f}, estimated {forms.mean():.3f} ± {forms.std() / len(forms) ** 0.5:.3f}")

# %% tags=["figure"] id="figure-ritz"
fig, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
ax.plot(values, [0] * 77, "|", color="0", ms=14)
for row, k in enumerate([4, 8, 12], 1):
    if gaps:
        alpha, beta = lanczos(lambda q: laplacian @ q, v, k)
        ritz = torch.linalg.eigvalsh(torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1))
        ax.plot(ritz, [row] * k, "o", color=BLUE)
ax.set(xlabel="eigenvalue", yticks=range(4), yticklabels=["all 77", "k = 4", "k = 8", "k = 12"],
       ylim=(-0.6, 3.6))
ax.set_title("The eigenvalues of a small T spread over those of A, and find its largest first")
plt.show()

# %% [markdown]
# *Figure: four rows of marks on one axis. Lowest, the 77 eigenvalues of A, dense below 6, single above 15. Over them the 4, 8 and 12
# eigenvalues of T: spread over the same range, the largest ones exactly above those of A.*

# %% tags=["figure", "nbval-ignore-output"] id="figure-lanczos"
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
if gaps:
    ax.semilogy(depths, gaps, "o-", color=BLUE, label="error of one $v^T\\log(A)\\,v$ by Lanczos")
    ax.axhline(forms.std() / 10, color=ORANGE, ls="--", label="standard error of 100 probes")
    ax.legend()
ax.set(xlabel="Lanczos steps $k$", ylabel="error",
       title="A dozen steps are enough: what remains is chance")
plt.show()

# %% [markdown]
# *Figure: the error of one quadratic form on a logarithmic axis falls along a nearly straight line with the number of steps and
# meets the dashed line of the statistical error at 4 steps already.*
#
# **What just happened.** Two approximations are stacked: $\log A$ by a small matrix, whose error falls exponentially, and the trace by
# probes, whose error falls as $1/\sqrt k$. Spend on the second one. The same works for $\operatorname{tr}A^{-1}$ or $\operatorname{tr}e^A$.

# %% [markdown]
# ## 10 · A challenge: XTrace
#
# Hutch++ uses a third of its products to shape $Q$ and throws those vectors away. **XTrace**
# ([Epperly, Tropp, Webber, 2024](https://arxiv.org/abs/2301.07825)) lets each of $\ell = m/2$ vectors $\omega_i$ do both jobs: build a basis
# $Q_{(i)}$ from all columns of $A\Omega$ *but the i-th*, and use $\omega_i$ as the probe of the rest.
#
# With $P_i = I - Q_{(i)}Q_{(i)}^{\mathsf T}$:
#
# $$t_i = \operatorname{tr}\big(Q_{(i)}^{\mathsf T}AQ_{(i)}\big) + \omega_i^{\mathsf T}P_iAP_i\,\omega_i
# \qquad \hat t = \frac1\ell\sum_i t_i \qquad \text{error}^2 = \frac{1}{\ell(\ell-1)}\sum_i (t_i-\hat t)^2 .$$
#
# Only $A\Omega$ and $AQ$ are asked, with $Q, R$ the QR of $A\Omega$: $m$ matvecs. Every $Q_{(i)}$ lies in the span of $Q$, and
# $AQ_{(i)}$ follows from $AQ$.

# %% tags=["figure"] id="figure-leave-one-out"
fig, axes = plt.subplots(1, 2, figsize=(9, 2.7), layout="constrained")
roles = {"Hutch++, m = 12": np.array([[0] * 4 + [1] * 4 + [2] * 4]),
         "XTrace, m = 12: six estimates": np.where(np.eye(6), 2, 0)}
looks = [("basis", BLUE, "//"), ("exact part $AQ$", GREEN, ".."), ("probe of the rest", ORANGE, "")]
for ax, (title, role) in zip(axes, roles.items()):
    for (i, j), which in np.ndenumerate(role):
        _, color, hatch = looks[which]
        ax.add_patch(plt.Rectangle((j, -i), 0.9, 0.8, fc=color, hatch=hatch, ec="w"))
    ax.set(xlim=(-0.1, role.shape[1]), ylim=(-5.2, 1), title=title, xlabel="column asked", yticks=[])
    ax.grid(False)
patches = [plt.Rectangle((0, 0), 1, 1, fc=c, hatch=h, ec="w", label=name) for name, c, h in looks]
axes[0].legend(handles=patches, loc="lower left")
axes[1].text(6.1, -2.2, "and six more\nfor $AQ$,\nshared by all", va="center")
axes[1].set(xlim=(-0.1, 8.3), xticks=range(7))
plt.show()

# %% [markdown]
# *Figure: left, the twelve columns of Hutch++ in one row: four for the basis, four for the exact part, four probes. Right, six columns in six rows: in row i all but the i-th serve
# the basis and the i-th is the probe; six more products are shared.*

# %% [markdown] id="exercise-10.10"
# ### 10.10 XTrace, with its error estimate
#
# ●●● hard · about 30 minutes · a challenge, no points
#
# Start with a loop that computes $Q_{(i)}$ by a QR of its own; that is right and good enough. Then look for the short way: $Q_{(i)}Q_{(i)}^{\mathsf T} = Q(I -
# s_is_i^{\mathsf T})Q^{\mathsf T}$ for one unit vector $s_i$, $(\ell,)$. Which?


# %% role="answer" id="answer-10.10"
def xtrace(matvec, n, m, g):
    """(estimate, error), two numbers. matvec: (n, k) -> (n, k), of A (n, n); m >= 4, even; g a
    generator."""
    ### BEGIN SOLUTION
    omega = gaussian(n, m // 2, g)  # (n, l)
    Y = matvec(omega)
    Q, R = torch.linalg.qr(Y)
    Z = matvec(Q)
    H, B = Q.T @ Z, Q.T @ omega  # both (l, l)
    # s_i is orthogonal to all columns of R but the i-th: column i of the inverse of R transposed
    S = torch.linalg.solve_triangular(R.T, torch.eye(m // 2), upper=False)
    S = S / S.norm(dim=0)
    B = B - S * (S * B).sum(0)  # (I - s sᵀ) Qᵀ ω, a column for each i
    X, AX = omega - Q @ B, Y - Z @ B  # P_i ω_i and A P_i ω_i
    t = H.trace() - (S * (H @ S)).sum(0) + (X * AX).sum(0)  # (l,)
    return t.mean(), t.std() / len(t) ** 0.5
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Leaving out a column of $A\Omega = QR$ removes one direction from the span of $Q$: the one that no *other* column has a part in.
# <details><summary>Hint 2: the equation</summary>
#
# $s_i \perp R e_j$ for all $j\ne i$, so $R^{\mathsf T}s_i \propto e_i$. In the loop version: $AQ_{(i)} = (AQ)(Q^{\mathsf T}Q_{(i)})$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# Loop: `np.delete`-like indexing of columns, a QR, two thin products, a list of $t_i$. Short way: one triangular solve, columns scaled to length 1, sums
# over elementwise products.
# </details></details></details>

# %% id="check-10.10"
check("10.10")

# %% id="run-xtrace"
decay = 0.8 ** torch.arange(400.0)  # exponential: each eigenvalue 0.8 of the one before
truth, budgets, outcome = decay.sum().item(), [6, 12, 24, 48, 96], {}
g, trials = torch.Generator().manual_seed(3), steps(full=41, quick=1)
if ready and xtrace(lambda V: V * torch.arange(1, 5.0)[:, None], 4, 4, g) is not None:
    for m in budgets:
        runs = [[float(t)
                 for t in xtrace(lambda V: decay[:, None] * V, 400, m, g)] for _ in range(trials)]
        outcome.setdefault("XTrace", []).append(np.median([abs(t - truth) for t, _ in runs]) / truth)
        outcome.setdefault("its own estimate",
                           []).append(np.median([error for _, error in runs]) / truth)
        others = [float(hutchpp(lambda V: decay[:, None] * V, 400, m, g)) for _ in range(trials)]
        outcome.setdefault("Hutch++", []).append(np.median([abs(t - truth) for t in others]) / truth)

# %% tags=["figure", "nbval-ignore-output"] id="figure-xtrace"
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
for (name, values), style, color in zip(outcome.items(), ("o-", "o:", "s--"), (BLUE, "black", ORANGE)):
    ax.loglog(budgets, values, style, color=color, label=name)
    ax.legend()
ax.set(xlabel="matvecs $m$", ylabel="median relative error", xticks=budgets, xticklabels=budgets)
ax.set_title("Fast decay is XTrace's case, and it knows its own error")
ax.minorticks_off()
plt.show()

# %% [markdown]
# *Figure: on log-log axes both errors bend down ever faster; XTrace is about five times below Hutch++ at m = 48 and thirty times at
# 96. The dotted line of its own error estimate follows the true error.*
#
# **What just happened.** All vectors play both parts, so half of the budget shapes $Q$ instead of a third. When eigenvalues fall
# exponentially, a larger $Q$ is worth more than a digit. On the power laws of section 6 the gain is about a factor of 2 over Hutch++, not more. The
# spread of the $t_i$ gives an error estimate for nothing.

# %% [markdown]
# ## 11 · A flow with a density
#
# Push points of a standard normal along a vector field from time 0 to 1, $\dot x = f(t, x)$. Where the field spreads points, the density thins. Along a path
#
# $$\frac{d}{dt}\log p(x(t)) = -\operatorname{div} f = -\operatorname{tr}\frac{\partial f}{\partial x}.$$
#
# To get $\log p$ of a data point, run *back* from $t=1$ to $0$, and land at $z$ ([Grathwohl et al., 2019](https://arxiv.org/abs/1810.01367)):
#
# $$\log p(x) = \log N(z; 0, I) - \int_0^1 \operatorname{div}f\,dt .$$

# %% tags=["figure"] id="figure-thinning"
spread = torch.linspace(-2.2, 2.2, 25)
times = torch.linspace(0, 1, 50)
fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
ax.plot(times, spread * torch.exp(0.7 * times)[:, None], color=BLUE, lw=0.8)  # f(x) = 0.7 x
ax.set(xlabel="time $t$", ylabel="$x(t)$",
       title="$f(x) = 0.7\\,x$: divergence 0.7 everywhere, and paths part")
plt.show()

# %% [markdown]
# *Figure: 25 paths from evenly spaced starts spread apart exponentially.*

# %% tags=["figure"] id="figure-bells"
fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
line = torch.linspace(-5, 5, 200)
for now, style, color in [(0.0, "-", "black"), (0.5, "--", ORANGE), (1.0, "-.", BLUE)]:
    scale = math.exp(0.7 * now)
    density = torch.exp(-((line / scale) ** 2) / 2) / scale / (2 * math.pi) ** 0.5
    ax.plot(line, density, style, color=color, label=f"t = {now}")
ax.set(xlabel="$x$", ylabel="density",
       title="Where paths part the density falls: $\\log p$ by 0.7 t along each")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a bell curve at three times, ever wider and lower.*

# %% role="locked" id="rk4"
def rk4(slope, state, start, end, count):
    """Runge-Kutta: `count` steps from time start to end (end < start runs back).
    state: a tuple of tensors.

    slope(t, state) returns a tuple of the same shapes.
    """
    h, t = (end - start) / count, start

    def ahead(k, by):
        return tuple(s + by * d for s, d in zip(state, k))

    for _ in range(count):
        k1 = slope(t, state)
        k2 = slope(t + h / 2, ahead(k1, h / 2))
        k3 = slope(t + h / 2, ahead(k2, h / 2))
        k4 = slope(t + h, ahead(k3, h))
        state = tuple(s + h / 6 * (a + 2 * b + 2 * c + d)
                      for s, a, b, c, d in zip(state, k1, k2, k3, k4))
        t = t + h
    return state


def log_normal(z):
    """log N(z; 0, I) of each row: (b, n) -> (b,)."""
    return -(z**2).sum(1) / 2 - z.shape[1] / 2 * math.log(2 * math.pi)


# %% [markdown]
# Training needs the divergence at every time of every solve. Exactly, that is $n$ passes; by Hutchinson one, with a probe $v$ for each point. The
# probe stays *the same for the whole solve*: then the solver integrates a smooth function, not noise.
#
# The state is a pair: $x$, $(b, n)$, and the integral so far, $(b,)$.

# %% [markdown] id="exercise-10.11"
# ### 10.11 The log-likelihood of a flow
#
# ●●○ medium · about 18 minutes · 3 points
#
# `field_and_divergence` returns $f(t, x)$, $(b, n)$, and $v^{\mathsf T}\frac{\partial f}{\partial x}v$ of each row, $(b,)$, with one pass for the whole batch;
# row $i$ of $f$ depends on row $i$ of $x$ only. Both must be differentiable, for the training. `log_likelihood` integrates the pair back by
# `rk4` and returns $\log p$ of each row.


# %% role="answer" id="answer-10.11"
def field_and_divergence(f, t, x, v):
    """f(t, x) (b, n) and vᵀ(∂f/∂x)v of each row (b,). f: (number, (b, n)) -> (b, n); x, v (b, n)."""
    ### BEGIN SOLUTION
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum(1)  # rows do not mix: one pass serves the whole batch
    ### END SOLUTION


def log_likelihood(f, x, v, count):
    """log p of each row of x (b, n) by `count` RK4 steps from t = 1 to 0, with fixed probes v (b,
    n); (b,)."""
    ### BEGIN SOLUTION
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral  # from 1 back to 0 the integral is already the negative one
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The sample of exercise 10.2, row by row. Since rows do not mix, a vjp with all probes at once gives every row's $J^{\mathsf T}v$.
# <details><summary>Hint 2: the equation</summary>
#
# $\int_1^0 q\,dt = -\int_0^1 q\,dt$: look twice at the sign.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `torch.func.vjp` returns the value and a function. A sum over axis 1 leaves one number a row. `slope(t, state)` unpacks the pair and returns a pair; the
# integral starts from zeros.
# </details></details></details>

# %% role="check" id="check-10.11" points=3
check("10.11")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch10_flow import judge_flow

lines = judge_flow(submission, "10.11", seed=challenge_seed("10.11", "fields"), b=6, n=4, count=3)
award("10.11", lines, points=3)
### END HIDDEN TESTS


# %% role="locked" id="moons"
def moons(b, g):
    """b points of two interlocking half circles with noise, centred and scaled: (b, 2)."""
    angle = math.pi * torch.rand(b, generator=g)
    upper = torch.rand(b, generator=g) < 0.5
    x = torch.where(upper, angle.cos(), 1 - angle.cos())
    y = torch.where(upper, angle.sin(), 0.5 - angle.sin())
    points = torch.stack([x - 0.5, 2 * (y - 0.25)], 1) * 1.3
    return points + 0.12 * torch.randn(b, 2, generator=g)


def flow_field(parameters):
    """f(t, x): time as a third input, two hidden layers of tanh."""
    W1, b1, W2, b2, W3, b3 = parameters

    def f(t, x):
        inputs = torch.cat([x, torch.full((len(x), 1), float(t))], 1)  # (b, 3)
        return torch.tanh(torch.tanh(inputs @ W1 + b1) @ W2 + b2) @ W3 + b3

    return f


# %% id="train-flow"
def train_flow(count, rate=1e-2, seed=0):
    """Adam on the mean negative log-likelihood of fresh batches; the parameters and the losses."""
    g = torch.Generator().manual_seed(seed)
    shapes = [(3, 64), (64,), (64, 64), (64,), (64, 2), (2,)]
    parameters = [(torch.randn(*s, generator=g) / s[0] ** 0.5 * (len(s) > 1)).requires_grad_()
                  for s in shapes]
    first, second = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    losses = []
    for step in range(1, count + 1):
        x, v = moons(256, g), rademacher(256, 2, g)
        loss = -log_likelihood(flow_field(parameters), x, v, 4).mean()
        for p, m, s, d in zip(parameters, first, second, torch.autograd.grad(loss, parameters)):
            # Adam, as in torch.optim, whose import takes longer than this loop's first steps
            m.mul_(0.9).add_(d, alpha=0.1)
            s.mul_(0.99).addcmul_(d, d, value=0.01)
            p.data -= rate * (m / (1 - 0.9**step)) / ((s / (1 - 0.99**step)).sqrt() + 1e-8)
        losses.append(loss.item())
    return [p.detach() for p in parameters], losses


done = log_likelihood(lambda t, x: x, torch.ones(1, 2), torch.ones(1, 2), 1) is not None
trained, losses = train_flow(steps(full=200, quick=1)) if done else (None, [])

# %% tags=["figure", "nbval-ignore-output"] id="figure-density"
data = moons(steps(full=2000, quick=50), torch.Generator().manual_seed(1))
side = torch.linspace(-3, 3, steps(full=80, quick=4))
grid = torch.cartesian_prod(side, side)  # (points, 2)
# their mean is the exact divergence in 2-D
signs = [torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, -1.0]])]
fig, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained", width_ratios=(3, 3, 4))
axes[0].scatter(*data.T, s=2, color=BLUE)
axes[0].set(xlim=(-3, 3), ylim=(-3, 3), title="2,000 points", xlabel="$x_1$", ylabel="$x_2$")
if trained:
    log_p = sum(log_likelihood(flow_field(trained), grid, v.expand_as(grid), steps(full=8, quick=1))
                for v in signs) / 2
    axes[1].imshow(log_p.exp().view(len(side), -1).T, origin="lower", extent=(-3, 3, -3, 3))
    axes[2].plot(losses, color=BLUE, lw=0.8, label="flow, minibatches")
    axes[2].legend()
axes[1].set(title="density of the flow", xlabel="$x_1$")
axes[1].grid(False)
# the best normal distribution
gauss = torch.linalg.slogdet(data.T.cov()).logabsdet / 2 + 1 + math.log(2 * math.pi)
axes[2].axhline(gauss, color=VERMILION, ls="--")
axes[2].set(xlabel="step", ylabel="negative log-likelihood (nats)",
            title="Below the best Gaussian, dashed")
plt.show()

# %% [markdown]
# *Figure: left, two interlocking half moons of points. Middle, the learned density, bright along the same two arcs. Right, the loss falls
# from 3.7 to about 2 in 200 steps, below the dashed line of the best Gaussian near 3.1.*

# %% tags=["figure", "nbval-ignore-output"] id="figure-paths"
fig, axes = plt.subplots(1, 4, figsize=(11, 2.9), sharex=True, sharey=True, layout="constrained")
# (b, n), where the flow starts
points = torch.randn(steps(full=1000, quick=50), 2, generator=torch.Generator().manual_seed(2))
for ax, time_now in zip(axes, (0.0, 0.25, 0.5, 1.0)):
    if trained:
        with torch.no_grad():
            slope = lambda t, state: (flow_field(trained)(t, state[0]),)
            moved = rk4(slope, (points,), 0.0, time_now, steps(full=16, quick=1))[0]
        ax.scatter(*moved.T, s=2, c=points.norm(dim=1))
    ax.set(title=f"t = {time_now}", xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="$x_1$")
axes[0].set_ylabel("$x_2$")
fig.suptitle("Run forward, the flow tears a normal cloud into two moons")
plt.show()

# %% [markdown]
# *Figure: a thousand points at four times, coloured by their distance from the origin at the start. A round cloud at t = 0 stretches,
# parts, and lies along two half moons at t = 1.*
#
# Two random signs in two dimensions: $(1,1)$ and $(1,-1)$ give $J_{11}+J_{22}$ plus and minus the off-diagonal terms. Their mean *is* the exact
# divergence. The path $x(t)$ does not depend on the probe, so the mean of the two log-likelihoods is the exact one.

# %% tags=["nbval-ignore-output"] id="compare-likelihoods"
if trained:
    f, v = flow_field(trained), rademacher(len(data), 2, torch.Generator().manual_seed(6))
    count = steps(full=8, quick=1)
    exact = sum(log_likelihood(f, data, s.expand_as(data), count) for s in signs) / 2
    estimated = log_likelihood(f, data, v, count)
    gap = estimated - exact
    print(f"exact mean {exact.mean():.3f}, estimated mean {estimated.mean():.3f}")
    of_mean = gap.std() / len(data) ** 0.5
    print(f"spread of one estimate {gap.std():.2f} nats; of the mean over all points ±{of_mean:.3f}")

# %% tags=["figure", "nbval-ignore-output"] id="figure-spread"
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
if trained:
    ax.scatter(exact, estimated, s=4, color=BLUE, alpha=0.4, label="2,000 points, a probe each")
    ax.plot(exact.mean(), estimated.mean(), "*", color=VERMILION, ms=16, mec="black", label="their mean")
    ax.plot([-6, 0], [-6, 0], "k--", lw=1, label="equal")
    ax.legend(loc="upper left")
ax.set(xlabel="exact log-likelihood", ylabel="estimated", xlim=(-6, 0), ylim=(-9, 6))
ax.set_title("Right on average, far off for a single point")
plt.show()

# %% [markdown]
# *Figure: estimated over exact log-likelihood of 2,000 points, a cloud spread vertically by a nat or two around the dashed diagonal. The
# star of the mean lies on the diagonal.*

# %% id="time-flow"
dimensions = [2, 8, 32, 128][: steps(full=4, quick=2)]
costs = {"exact": [], "one probe": []}
for n in dimensions:
    g = torch.Generator().manual_seed(n)
    W1, W2, point = gaussian(n, 64, g), gaussian(64, n, g), gaussian(64, n, g)

    def f(t, x, W1=W1, W2=W2):
        return torch.tanh(x @ W1) @ W2

    one = [e.expand(64, n).contiguous() for e in torch.eye(n)]
    costs["exact"].append(seconds(lambda: [field_and_divergence(f, 0.0, point, e) for e in one]))
    costs["one probe"].append(seconds(lambda: field_and_divergence(f, 0.0, point, one[0])))

# %% tags=["figure", "nbval-ignore-output"] id="figure-flow-cost"
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
for (name, values), style, color in zip(costs.items(), ("o-", "s--"), (VERMILION, BLUE)):
    ax.loglog(dimensions, values, style, color=color, label=name)
ax.set(xlabel="dimension $n$", ylabel="seconds a batch of 64", xticks=dimensions, xticklabels=dimensions)
ax.set_title("In two dimensions exact is affordable; in 128 it is not")
ax.minorticks_off()
ax.legend()
plt.show()

# %% [markdown]
# *Figure: seconds over dimensions 2, 8, 32 and 128. One probe stays nearly flat; the exact divergence rises with slope 1 or more to over a
# hundred times as much.*
#
# **What just happened.** The gradient of an unbiased estimate is an unbiased gradient: training works with one probe a point, where a single
# likelihood would be nats off. To *report* a likelihood, average many probes or pay for the exact one.

# %% [markdown] id="further"
# ## Further (0 points)
#
# Hutch++ asks in rounds: what it asks next depends on the last answer. **NA-Hutch++** asks everything at once, with $S$, $R$, $G$ of $m/6$, $m/3$, $m/2$ columns. For
# a symmetric $A$, with $Z = AR$, $W = AS$ and $^+$ the pseudo-inverse:
#
# $$\operatorname{tr}\big((S^{\mathsf T}Z)^+\,W^{\mathsf T}Z\big) + \frac2m\Big[\operatorname{tr}(G^{\mathsf T}AG) - \operatorname{tr}\big(G^{\mathsf T}Z(S^{\mathsf T}Z)^+W^{\mathsf T}G\big)\Big]$$
#
# For positive semi-definite $A$, **Nyström++** ([Persson et al., 2022](https://arxiv.org/abs/2109.10659)) needs one pass and two groups of $m/2$: with
# $\hat A = Y(\Omega^{\mathsf T}Y)^+Y^{\mathsf T}$, $Y = A\Omega$, it is $\operatorname{tr}\hat A + \frac2m\operatorname{tr}\big(G^{\mathsf T}(A-\hat A)G\big)$.


# %% role="answer" id="answer-further"
def na_hutchpp(matvec, n, m, g):
    """NA-Hutch++ for a symmetric A (n, n), a number.
    All m matvecs, m divisible by 6, are known beforehand."""
    ### BEGIN SOLUTION
    S, R, G = (gaussian(n, m // part, g) for part in (6, 3, 2))
    W, Z, AG = matvec(torch.cat([S, R, G], 1)).split([m // 6, m // 3, m // 2], 1)
    core = torch.linalg.pinv(S.T @ Z)  # (m/3, m/6)
    rest = (G * AG).sum() - ((G.T @ Z) * (G.T @ W @ core.T)).sum()
    return (core * (W.T @ Z).T).sum() + 2 / m * rest
    ### END SOLUTION


def nystrompp(matvec, n, m, g):
    """Nyström++ for a symmetric positive semi-definite A (n, n), m even. A number."""
    ### BEGIN SOLUTION
    omega, G = gaussian(n, m // 2, g), gaussian(n, m // 2, g)
    Y, AG = matvec(torch.cat([omega, G], 1)).split(m // 2, 1)
    core = torch.linalg.pinv(omega.T @ Y, hermitian=True)  # (m/2, m/2)
    rest = (G * AG).sum() - ((G.T @ Y @ core) * (G.T @ Y)).sum()
    return (core * (Y.T @ Y)).sum() + 2 / m * rest
    ### END SOLUTION


# %% [markdown]
# Nothing here is graded. On a decay of 1.5 the z-score tells a bias, the median error a waste; Hutch++ stands beside them for comparison:

# %% tags=["nbval-ignore-output"] id="try-further"
lam, g = torch.arange(1, 201.0) ** -1.5, torch.Generator().manual_seed(4)
for method in (hutchpp, na_hutchpp, nystrompp):
    if method(lambda V: V * torch.arange(1, 9.0)[:, None], 8, 6, g) is None:
        print(f"{method.__name__:11} not written yet")
        continue
    trials = range(steps(full=400, quick=3))
    found = torch.stack([method(lambda V: lam[:, None] * V, 200, 36, g) for _ in trials])
    z = (found.mean() - lam.sum()) / (found.std() / len(found) ** 0.5)
    error = (found / lam.sum() - 1).abs().median()
    print(f"{method.__name__:11} z = {z:5.1f}, median relative error {error:.1e}")

# %% [markdown] id="recap"
# ## Recap
#
# 1. **A trace has one entry in each row and column,** so autodiff needs $n$ passes for it. A random probe $v^{\mathsf T}Av$ needs one,
#    and is right on average.
# 2. **Know the variance before you trust a mean.** It is set by the symmetric part, by the kind of probe, and by the large eigenvalues.
# 3. **Take out exactly what is large, leave to chance what is small.** Hutch++ and XTrace do; how much it helps depends on how fast the
#    eigenvalues fall. Count matvecs.

# %% [markdown]
# ## Sources
#
# - [Hutchinson, 1990](https://doi.org/10.1080/03610919008812866): the estimator, for the influence matrix of smoothing splines.
# - [Meyer, Musco, Musco, Woodruff, 2021](https://arxiv.org/abs/2010.09649): Hutch++ and NA-Hutch++.
# - [Epperly, Tropp, Webber, 2024](https://arxiv.org/abs/2301.07825): XTrace.
#   [Persson, Cortinovis, Kressner, 2022](https://arxiv.org/abs/2109.10659): Nyström++, adaptive Hutch++.
# - [Ubaru, Chen, Saad, 2017](https://doi.org/10.1137/16M1104974): log-determinants by Lanczos.
# - [Chen et al., 2018](https://arxiv.org/abs/1806.07366) and [Grathwohl et al., 2019](https://arxiv.org/abs/1810.01367): continuous
#   flows, and Hutchinson's probe in them.
#
# **The end of the course.** You came from the secant of chapter 01 to the traces of matrices that nobody writes down. Start again anywhere:
# [00 · Start here](../00_start_here/start_here.ipynb).
