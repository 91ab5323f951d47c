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
# # 01 · Derivatives
#
# - **You will be able to** compute a derivative in five ways, say how far each can be trusted, and use the chain rule
#   as a sum over paths: the rule that the whole course runs on.
# - **You need** school calculus (polynomials, exp, sin) and a little Python. This is the first chapter after *Start
#   here*.
# - **Time:** 120 minutes. **Points:** 25, in eight exercises; a ninth at the end is optional.
# - **Checks:** run `check("1.1")` as often as you like.

# %% role="locked" id="setup"
import math

import matplotlib.pyplot as plt
import numpy as np
import sympy
import torch
from torch.autograd.functional import jacobian  # of a function with one output: its gradient

from grader.check import check

plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "lines.linewidth": 2})
BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "0.45"

# %% [markdown]
# ## 1 · How fast, right now?
#
# A car brakes. After $t$ seconds it is $s(t) = 30t - 3t^2$ metres further. Two points of this curve give an *average*
# speed: the slope of the line through them, a **secant**. The speedometer shows the speed at one instant: the slope of
# the **tangent**. Move the second point in and watch.


# %% id="position"
def position(t):
    """Metres after t seconds of braking."""
    return 30 * t - 3 * t**2


# %% tags=["figure"] id="figure-secants"
t, at = np.linspace(0, 5, 200), 2.0
fig, axes = plt.subplots(1, 4, figsize=(12, 3), sharey=True, layout="constrained")
for ax, step in zip(axes, [2.5, 1.5, 0.5, 0.01]):
    average = (position(at + step) - position(at)) / step
    ax.plot(t, position(t), color=BLUE)
    ax.plot(t, position(at) + average * (t - at), "--", color=VERMILION)
    ax.plot([at, at + step], [position(at), position(at + step)], "o", color="black")
    ax.set(title=f"h = {step:g} s: {average:.2f} m/s", xlabel="time t (s)", ylim=(0, 90))
axes[0].set_ylabel("position s (m)")
fig.suptitle("As the second point moves in, the secant turns into the tangent")
plt.show()

# %% [markdown]
# *Figure: the same curve, bending over to the right, in four panels. A dashed line runs through the point at t = 2
# and a second one h to its right. With h = 2.5, 1.5, 0.5 and 0.01 its slope goes from 10.5 to 13.5, 16.5 and
# 17.97.*

# %% [markdown] id="exercise-1.1"
# ### 1.1 The slope of a secant
#
# ●○○ easy · about 5 minutes · 2 points
#
# $$\text{slope} = \frac{\text{rise}}{\text{run}} = \frac{f(x+h) - f(x)}{h}, \qquad
# f'(x) = \lim_{h \to 0} \frac{f(x+h) - f(x)}{h}$$
#
# Write the first formula. `f` is a function of one number; `h` may be negative. Then run the table below and read
# off the limit.


# %% role="answer" id="answer-1.1-a"
def secant_slope(f, x, h):
    """The slope of the line through (x, f(x)) and (x + h, f(x + h)): a number."""
    ### BEGIN SOLUTION
    return (f(x + h) - f(x)) / h  # the brackets matter
    ### END SOLUTION


# %% id="table-of-secants"
if secant_slope(position, 2.0, 1.0) is not None:
    print("     h  from the right  from the left")
    for h in [1.0, 0.1, 0.01, 0.001]:
        print(f"{h:6g} {secant_slope(position, 2.0, h):15.3f} {secant_slope(position, 2.0, -h):14.3f}")

# %% role="answer" id="answer-1.1-b"
# speed_at_2: a number, the limit of the table's slopes, in m/s
### BEGIN SOLUTION
speed_at_2 = 18.0  # both columns close in on it
### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Evaluate `f` at two places. How much did it rise? How far did you walk?
# <details><summary>Hint 2: the equation</summary>
#
# Rise: $f(x+h) - f(x)$. Run: $(x+h) - x = h$. For the limit, expand $s(2+h) - s(2)$ on paper and divide by $h$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `return (… - …) / …`
#
# </details></details></details>

# %% role="check" id="check-1.1" points=2
check("1.1")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch01 import judge_secant

award("1.1", judge_secant(submission, seed=challenge_seed("1.1", "secants")), points=2)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** You never put $h = 0$: that would be $0/0$. You looked at where the slopes are heading.
# For this parabola the paper says it exactly: $s(2+h) - s(2) = 18h - 3h^2$, so the slope is $18 - 3h$. No digit of
# the table is the derivative; the number that they approach is.

# %% tags=["figure"] id="figure-limit"
h = np.concatenate([np.linspace(-2, -0.25, 8), np.linspace(0.25, 2, 8)])
fig, ax = plt.subplots(figsize=(6.5, 3), layout="constrained")
ax.plot(h, (position(2 + h) - position(2)) / h, "o", color=BLUE, ms=4, label="secant slopes")
ax.plot(0, 18, "s", mfc="white", mec=VERMILION, ms=9, label="the limit: not a secant")
ax.set(xlabel="h (s)", ylabel="slope (m/s)", title="From both sides the slopes head for 18 m/s")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: dots on a falling straight line, secant slopes against h from -2 to 2. At h = 0 there is a gap, marked by an
# empty square at 18.*

# %% [markdown]
# ## 2 · Difference quotients
#
# Stop at some small $h$ and you have a **numerical derivative**. There are two common ones:
#
# $$\text{forward: } \frac{f(x+h)-f(x)}{h} \qquad\qquad \text{central: } \frac{f(x+h)-f(x-h)}{2h}$$
#
# Taylor's theorem says what stopping costs: about $\frac h2 f''(x)$ forward, $\frac{h^2}{6} f'''(x)$ central, where the
# errors of order $h$ left and right of $x$ cancel.

# %% tags=["figure"] id="figure-two-quotients"
u, x0, h = np.linspace(-0.4, 2.4, 200), 1.0, 0.8
fig, axes = plt.subplots(1, 2, figsize=(10, 3.2), sharey=True, layout="constrained")
for ax, name, left in [(axes[0], "forward", x0), (axes[1], "central", x0 - h)]:
    slope = (np.exp(x0 + h) - np.exp(left)) / (x0 + h - left)
    ax.plot(u, np.exp(u), color=BLUE, label="exp")
    ax.plot(u, np.e + np.e * (u - x0), color=GREY, ls=":", label=f"tangent, slope {np.e:.2f}")
    ax.plot(u, np.exp(left) + slope * (u - left), "--", color=VERMILION,
        label=f"{name}, slope {slope:.2f}")
    ax.plot([left, x0 + h], np.exp([left, x0 + h]), "o", color="black")
    ax.set(title=f"{name}: slope off by {slope - np.e:.2f}", xlabel="x", ylim=(-1, 9))
    ax.legend(loc="upper left")
axes[0].set_ylabel("exp(x)")
fig.suptitle("With the same h = 0.8, the central secant is nearly parallel to the tangent")
plt.show()

# %% [markdown]
# *Figure: the exponential with its tangent at 1, dotted. Left, the forward secant from 1 to 1.8 is much too steep, 4.16
# for 2.72. Right, the central secant from 0.2 to 1.8 is nearly parallel to the tangent, with slope 3.02.*

# %% tags=["figure"] id="figure-stencil"
fig, axes = plt.subplots(1, 2, figsize=(8, 2.9), sharex=True, sharey=True, layout="constrained")
for ax, name, steps in [(axes[0], "forward: n + 1 = 3", [0, 1]), (axes[1], "central: 2n = 4", [-1, 1])]:
    points = {(s, 0) for s in steps} | {(0, s) for s in steps}
    ax.plot(*zip(*points), "o", color=BLUE, ms=11)
    ax.plot(0, 0, "x", color="black", ms=8, mew=2)
    ax.set(title=f"{name} values of f", xlabel="first coordinate, in h", xticks=[-1, 0, 1],
        yticks=[-1, 0, 1])
axes[0].set(ylabel="second, in h", xlim=(-1.5, 1.5), ylim=(-1.5, 1.5))
fig.suptitle("A gradient in two dimensions: where f is evaluated (dots) around x (cross)")
plt.show()

# %% [markdown]
# *Figure: two grids around x. Forward: dots at x and one step along each axis. Central: dots one step along each
# axis in both directions, none at x.*

# %% [markdown] id="exercise-1.2"
# ### 1.2 One coordinate at a time
#
# ●●○ medium · about 10 minutes · 3 points
#
# Now $f$ takes a vector $x$ of shape $(n,)$ and returns one number. Entry $i$ of the gradient asks what happens when
# coordinate $i$ moves and all others stay. With $e_i$ the $i$-th unit vector:
#
# $$g_i = \frac{f(x + h e_i) - f(x)}{h} \qquad \text{or} \qquad g_i = \frac{f(x + h e_i) - f(x - h e_i)}{2h}$$
#
# Leave the caller's `x` as it was, and return `x`'s dtype.


# %% role="answer" id="answer-1.2-a"
def forward_difference(f, x, h):
    """f: a function from (n,) to a number. x: a tensor (n,). Returns a tensor (n,)."""
    ### BEGIN SOLUTION
    at_x, gradient = f(x), torch.zeros_like(x)  # n + 1 values of f in all
    for i in range(len(x)):
        moved = x.clone()  # a fresh copy: only coordinate i moves
        moved[i] += h
        gradient[i] = (f(moved) - at_x) / h
    return gradient
    ### END SOLUTION


# %% role="answer" id="answer-1.2-b"
def central_difference(f, x, h):
    """f: a function from (n,) to a number. x: a tensor (n,). Returns a tensor (n,)."""
    ### BEGIN SOLUTION
    gradient = torch.zeros_like(x)  # 2n values of f in all
    for i in range(len(x)):
        step = torch.zeros_like(x)
        step[i] = h
        gradient[i] = (f(x + step) - f(x - step)) / (2 * h)  # the points lie 2h apart
    return gradient
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# A loop over the coordinates. In each round only one of them differs from `x`.
# <details><summary>Hint 2: the equation</summary>
#
# The point $x + h e_i$ is a copy of $x$ whose entry $i$ is larger by $h$. The next round starts from $x$ again.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `gradient = torch.zeros_like(x)`, a loop over `range(len(x))`, in it `moved = x.clone()`, one `+=`, and one
# assignment to `gradient[i]`.
#
# </details></details></details>

# %% role="check" id="check-1.2" points=3
check("1.2")
### BEGIN HIDDEN TESTS
import torch

from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch01 import judge_differences

seed = challenge_seed("1.2", "quotients")
lines = judge_differences(submission, seed=seed, n=7, h=0.5)
lines += judge_differences(submission, seed=seed + 1, n=2, h=0.125, dtype=torch.float32)
award("1.2", lines, points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-cost"
sizes = [1, 2, 4, 8, 16, 32, 64]
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
rules = [("forward", forward_difference, "o-", BLUE), ("central", central_difference, "s--", VERMILION)]
for name, rule, style, colour in rules:
    counted = []
    for n in sizes:
        asked = []  # one entry for each value of f
        rule(lambda x: asked.append(1) or x.sum(), torch.ones(n), 0.5)
        counted.append(len(asked))
    ax.loglog(sizes, counted, style, color=colour, label=name)
ax.set(xlabel="coordinates n", ylabel="values of f, counted")
ax.set_title("Each coordinate costs one value of f more, or two")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: how often your functions ask for f, against n from 1 to 64, both axes logarithmic. Two rising lines: forward
# from 2 to 65, central from 2 to 128.*
#
# **What just happened.** A gradient of $n$ entries took $n+1$ or $2n$ values of $f$. For a network, whose parameters
# number from thousands to billions, that is hopeless. But it is the best *test* there is of any other method: it knows
# nothing of the chain rule, so it cannot share its bugs. Beside torch's own gradient:

# %% id="use-as-test"
x = torch.tensor([0.3, -1.2, 2.0], dtype=torch.float64)
found = central_difference(lambda x: torch.exp(x).prod() + x[0] * x[2], x, 1e-5)
truth = jacobian(lambda x: torch.exp(x).prod() + x[0] * x[2], x)
if isinstance(found, torch.Tensor):
    print("central ", found)
    print("autograd", truth)
    print("agree to 8 digits:", torch.allclose(found, truth, rtol=1e-8, atol=0.0))

# %% [markdown]
# ## 3 · Smaller is not better
#
# > **Often said: “the smaller the step, the better the derivative.”** In mathematics, yes. On a computer $f(x+h)$ and
# > $f(x)$ are rounded, agree in most of their digits, and the subtraction leaves the rounding behind. Watch it happen.

# %% id="too-small"
for h in [1e-1, 1e-4, 1e-8, 1e-12, 1e-15, 1e-17]:
    slope = (math.exp(1 + h) - math.exp(1)) / h
    print(f"h = {h:.0e}   slope {slope:.8f}   error {abs(slope - math.e):.0e}")

# %% tags=["figure"] id="figure-staircase"
k = np.arange(17)
x = 1 + k * 2.0**-52  # the next float64 numbers from 1 on
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.step(k, (np.exp(x) - np.e) / 2.0**-51, where="mid", color=BLUE, marker="o", ms=4,
    label="exp, as computed")
ax.plot(k, np.e * k / 2, "--", color=VERMILION, label="its tangent")
ax.set(
    xlabel="(x - 1) / 2.2e-16",
    ylabel="(exp(x) - e) / 4.4e-16",
    title="Close up, a computed function is a staircase",
)
ax.legend()
plt.show()

# %% [markdown]
# *Figure: 1 and its sixteen neighbours above on the horizontal axis, the computed values of exp on the vertical. They
# rise in uneven steps of one or two whole units around the dashed tangent.*
#
# A secant between two such points has the slope of the stairs. At $h = 10^{-17}$ the sum $1 + h$ is rounded to 1 and
# the slope is 0. Two errors pull in opposite directions. The gap from 1 to the next number is
# `torch.finfo(dtype).eps`; half of it is the **unit roundoff** $u$, $1.1\cdot10^{-16}$ for float64 and
# $6.0\cdot10^{-8}$ for float32. Each value of $f$ is off by up to $u|f|$. So for the forward and the central
# quotient, roughly
#
# $$E_f(h) = \underbrace{\tfrac h2 |f''|}_{\text{truncation}} + \underbrace{\tfrac{2u|f|}{h}}_{\text{rounding}} \qquad\qquad
# E_c(h) = \underbrace{\tfrac{h^2}{6} |f'''|}_{\text{truncation}} + \underbrace{\tfrac{u|f|}{h}}_{\text{rounding}}$$

# %% tags=["figure"] id="figure-v"
hs, u = np.logspace(-15, 0, 61), 2.0**-53
errors = np.abs((np.exp(1 + hs) - np.exp(1)) / hs - np.e)
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
ax.loglog(hs, errors, ".", color=BLUE, label="measured, exp at 1")
ax.loglog(hs, hs / 2 * np.e, "--", color=ORANGE, label="truncation: grows with h")
ax.loglog(hs, 2 * u * np.e / hs, ":", color=VERMILION, label="rounding: grows with 1/h")
ax.set(xlabel="step h", ylabel="error of the slope", ylim=(1e-11, 10))
ax.set_title("Forward difference in float64: the error is a V, lowest near 1e-8")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: error against h, both logarithmic. Dots follow a dashed rising line on the right of h = 1e-8 and scatter just
# below a dotted falling line on its left. Together they form a V whose lowest point is near 1e-8.*

# %% [markdown] id="exercise-1.3"
# ### 1.3 The best step
#
# ●●○ medium · about 15 minutes · 4 points
#
# (a) *Measure*: given an estimate for each $h$, find the $h$ of a list whose estimate is nearest to the true slope.
# (b) *Predict*: find the minimum of $E_f$ and of $E_c$ on paper, by setting the derivative by $h$ to zero. The answers
# are a square root and a cube root; in `predicted_step`, `fk` is $f''$ for "forward" and $f'''$ for "central".


# %% role="answer" id="answer-1.3-a"
def best_step(estimate, slope, hs):
    """estimate: a function of h. slope: the truth. hs: a tensor (m,).
    Returns [h, error], the error without its sign."""
    ### BEGIN SOLUTION
    errors = [abs(float(estimate(h)) - slope) for h in hs]
    best = errors.index(min(errors))
    return [float(hs[best]), errors[best]]
    ### END SOLUTION


# %% role="answer" id="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    """rule: "forward" or "central". f, fk: numbers, of any sign. u: the unit roundoff.
    Returns the h of least error."""
    ### BEGIN SOLUTION
    ratio = u * abs(f) / abs(fk)
    if rule == "forward":
        return 2 * math.sqrt(ratio)  # |f''|/2 = 2u|f|/h²
    return (3 * ratio) ** (1 / 3)  # h|f'''|/3 = u|f|/h²
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# (a) Make a list of errors, then ask where the smallest stands. (b) At the bottom of the V, a little more $h$ adds as
# much truncation as it takes away rounding.
# <details><summary>Hint 2: the equation</summary>
#
# $E_f'(h) = \tfrac12|f''| - 2u|f|/h^2$ and $E_c'(h) = \tfrac h3|f'''| - u|f|/h^2$. Set each to 0 and solve for $h$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# (a) `errors = [abs(…) for h in hs]`, then `min` and `index`. (b) One `if`; `math.sqrt(…)`, and `(…) ** (1 / 3)`.
#
# </details></details></details>

# %% role="check" id="check-1.3" points=4
check("1.3")
### BEGIN HIDDEN TESTS
import torch

from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch01_steps import judge_best_step

seed = challenge_seed("1.3", "steps")
award("1.3", judge_best_step(submission, seed=seed, dtypes=(torch.float64, torch.float32)), points=4)
### END HIDDEN TESTS

# %% [markdown]
# Now all four cases at once: two rules, two dtypes. At a single point rounding errors may happen to cancel; so
# here the error is the median over 51 points near 1.


# %% id="typical-error"
def typical_error(rule, dtype):
    """A function of h: the median error of the slope of sin, over 51 points near 1."""
    x, back = torch.linspace(0.9, 1.1, 51, dtype=dtype), 1 if rule == "central" else 0

    def error(h):
        slopes = (torch.sin(x + h) - torch.sin(x - back * h)) / ((1 + back) * h)
        return (slopes.double() - torch.cos(x.double())).abs().median().item()

    return error


higher = {"forward": -math.sin(1), "central": -math.cos(1)}  # f'' and f''' of sin at 1
print("dtype    rule     predicted  measured  ratio")
for dtype in [torch.float32, torch.float64]:
    for rule, fk in higher.items():
        h = predicted_step(rule, math.sin(1), fk, torch.finfo(dtype).eps / 2)
        steps = torch.logspace(-11, -1, 81, dtype=torch.float64)
        found = best_step(typical_error(rule, dtype), 0.0, steps)
        if h and found:
            print(f"{dtype}".removeprefix("torch."),
                f"{rule}  {h:8.0e}  {found[0]:8.0e}  {found[0] / h:5.1f}")

# %% tags=["figure"] id="figure-four-vs"
fig, axes = plt.subplots(1, 2, figsize=(11, 3.6), sharey=True, layout="constrained")
hs = torch.logspace(-11, -1, 81, dtype=torch.float64)
for ax, dtype in zip(axes, [torch.float32, torch.float64]):
    for (rule, fk), colour, marker in zip(higher.items(), [BLUE, VERMILION], [".", "x"]):
        error = typical_error(rule, dtype)
        ax.loglog(hs, [error(float(h)) for h in hs], marker, color=colour, ms=5, label=rule)
        measured = best_step(error, 0.0, hs)
        predicted = predicted_step(rule, math.sin(1), fk, torch.finfo(dtype).eps / 2)
        if measured and predicted:
            ax.plot(*measured, "s", mfc="none", mec="black", ms=11)
            ax.axvline(predicted, color=colour, ls="--" if rule == "forward" else ":")
    ax.set(title=f"{dtype}".removeprefix("torch."), xlabel="step h", ylim=(1e-13, 2))
axes[0].set_ylabel("median error of the slope")
axes[1].legend()
fig.suptitle("The best step depends on the rule and on the dtype, and can be predicted")
plt.show()

# %% [markdown]
# *Figure: four V-shaped curves of error against h. In float32 the forward one is lowest near 2e-4, the central near
# 3e-3; in float64 near 1e-8 and 6e-6. Each square, the best measured step, lies close to its predicted vertical
# line.*
#
# **What just happened.** The V is flat at its bottom, so a factor of ten is near enough. Two rules of thumb come out of
# your formulas, if $f$ and its derivatives are of one size:
# $h \approx \sqrt u$ forward, $h \approx \sqrt[3]{u}$ central. And the famous `h = 1e-8` is right in one case of four.
#
# Two more tricks. Where $|x|$ is far from 1, let $h$ grow with it: next to $10^9$ the float64 numbers are $10^{-7}$
# apart, and a step of $10^{-8}$ is rounded away.

# %% tags=["figure"] id="figure-spacing"
x = np.logspace(0, 12, 49)
fig, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
for dtype, style, colour in [(np.float32, "--", ORANGE), (np.float64, "-", BLUE)]:
    ax.loglog(x, np.spacing(x.astype(dtype)), style, color=colour,
        label=f"gap to the next {dtype.__name__}")
ax.axhline(1e-8, color=VERMILION, ls=":", label="a step of 1e-8")
ax.set(xlabel="x", ylabel="distance", title="Larger numbers lie further apart: a fixed step drowns")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the gap from x to the next number, x from 1 to 1e12, both axes logarithmic. Two rising staircases. That of
# float32 lies above the dotted line at 1e-8 everywhere; that of float64 crosses it near 1e8.*
#
# And $x + h$ is itself rounded, so divide by the step really taken:

# %% id="step-really-taken"
x, h = torch.tensor(10.0, dtype=torch.float32), torch.tensor(1e-3, dtype=torch.float32)
taken = (x + h) - x  # both roundings are in it
rise = 2 * (x + h) - 2 * x  # f(x) = 2x, slope 2
print(f"asked for h = {h:.8f}, taken {taken:.8f}")
print(f"rise / h = {rise / h:.5f}, rise / step taken = {rise / taken:.5f}")

# %% tags=["figure"] id="figure-step-taken"
numbers = float(taken) + 2.0**-20 * np.arange(-2, 3)  # 10 + these: the float32 numbers around 10.001
fig, ax = plt.subplots(figsize=(7, 1.7), layout="constrained")
ax.plot(1000 * numbers, np.zeros(5), "|", color="black", ms=22, mew=2, label="float32 numbers")
ax.plot(1, 0, "v", color=VERMILION, ms=10, label="x + h on paper")
ax.plot(1000 * float(taken), 0, "s", mfc="none", mec=BLUE, mew=2, ms=14, label="x + h in float32")
ax.set(xlabel="h, in thousandths", yticks=[], title="The step goes to the nearest number that there is")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# *Figure: a line with five ticks, the float32 numbers near 10.001. A triangle at h = 1 thousandth lies between two of
# them; a square frames the tick to its right, a good third of a gap away.*

# %% [markdown]
# ## 4 · The complex step
#
# The rounding branch of the V comes from a subtraction. Here is a derivative without one. Walk in the *imaginary*
# direction:
#
# $$f(x + ih) = f(x) + ih f'(x) - \tfrac{h^2}{2} f''(x) - \dots \qquad\Longrightarrow\qquad
# f'(x) \approx \frac{\operatorname{Im} f(x+ih)}{h}$$
#
# The imaginary part *is* the slope times $h$, up to $h^3$. Take $h = 10^{-20}$ and that error is gone
# ([Squire & Trapp, 1998](https://doi.org/10.1137/S003614459631241X)).

# %% tags=["figure"] id="figure-imaginary"
fig, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
ax.axhline(0, color="black", lw=1)
for step, text, colour in [(0.6, "x + h", BLUE), (-0.6, "x - h", BLUE), (0.6j, "x + ih", VERMILION)]:
    arrow = {"arrowstyle": "-|>", "color": colour, "lw": 2}
    ax.annotate("", (step.real, step.imag), (0, 0), arrowprops=arrow)
    ax.text(step.real + 0.05, step.imag + 0.08, text, fontsize=12)
ax.plot(0, 0, "o", color="black")
ax.set(xlabel="real axis", ylabel="imaginary axis", xlim=(-1, 1), ylim=(-0.3, 0.9), xticks=[], yticks=[])
ax.set_title("Upwards, the imaginary part of f starts from 0: nothing to subtract")
plt.show()

# %% [markdown]
# *Figure: the complex plane. From x on the real axis two arrows lead to x - h and x + h on the axis, a third one
# straight up to x + ih.*

# %% [markdown] id="exercise-1.4"
# ### 1.4 Exact, until it silently is not
#
# ●●○ medium · about 10 minutes · 3 points
#
# (a) Write the complex step; `x` is a number or an array, and `f` works entry by entry. (b) The formula needs a
# function that handles complex numbers as its power series would. Find one that is real and differentiable for real
# `x`, for which the complex step returns a wrong number and *no error*. `trap_at` is a point where that happens.


# %% role="answer" id="answer-1.4-a"
def complex_step(f, x, h=1e-20):
    """f: works on complex numbers. x: a number or an array (n,).
    Returns the slope, real, of x's shape."""
    ### BEGIN SOLUTION
    return np.imag(f(x + 1j * h)) / h  # nothing is subtracted, so nothing is lost
    ### END SOLUTION


# %% role="answer" id="answer-1.4-b"
def trap(x):
    """Real for real x, with a derivative at trap_at that the complex step misses."""
    ### BEGIN SOLUTION
    return abs(x) ** 2  # for real x this is x², but for complex x the modulus hides the imaginary part
    ### END SOLUTION


# trap_at: a number, where to differentiate
### BEGIN SOLUTION
trap_at = 1.0
### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# (a) One evaluation of `f`. (b) Some operations of a complex number lose the imaginary part, which carries the slope,
# or
# change it.
# <details><summary>Hint 2: the equation</summary>
#
# (b) Write $z = x + ih$. Which functions of $z$ contain $x$ but not $h$, or $h$ with the other sign, or $h$ only
# squared, and
# are plain real functions where $h = 0$?
# <details><summary>Hint 3: the shape of the code</summary>
#
# (a) `1j` is Python's $i$; a complex number has an attribute `.imag`. (b) One line, built on one of those operations.
#
# </details></details></details>

# %% role="check" id="check-1.4" points=3
check("1.4")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch01_steps import judge_complex_step

award("1.4", judge_complex_step(submission, seed=challenge_seed("1.4", "complex"), h=1e-30), points=3)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** The complex step is forward-mode differentiation in disguise: the imaginary part carries a
# derivative along with the value. Chapter 03 does the same with numbers made for it, which `abs`, `max` and
# comparisons cannot fool. Here is yours beside the quotients:


# %% id="wild"
def wild(x):
    """Squire and Trapp's example, for real or complex x."""
    return np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3)


# %% tags=["figure"] id="figure-complex"
hs, truth = np.logspace(-20, -1, 77), 4.053427893898621
curves = {"forward": [(wild(1.5 + h) - wild(1.5)) / h for h in hs]}
curves["central"] = [(wild(1.5 + h) - wild(1.5 - h)) / (2 * h) for h in hs]
if complex_step(wild, 1.5) is not None:
    curves["complex step"] = [complex_step(wild, 1.5, h) for h in hs]
fig, ax = plt.subplots(figsize=(7.5, 3.5), layout="constrained")
for (name, slopes), colour, style in zip(curves.items(), [BLUE, ORANGE, VERMILION], [".", "x", "-"]):
    ax.loglog(hs, np.abs(np.array(slopes) / truth - 1) + 1e-17, style, color=colour, label=name, ms=5)
ax.set(
    xlabel="step h",
    ylabel="relative error + 1e-17",
    title="The complex step loses no digits, however small h is",
)
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# *Figure: relative error against h. The dots of forward and central differences form two Vs, whose lowest
# errors are near 1e-8 and 1e-11. The line of the complex step falls from the right to 1e-16 near h = 1e-8 and stays
# there down to h = 1e-20.*

# %% [markdown]
# ## 5 · Four ways to one derivative
#
# | way | what you do | what you get | weak point |
# |---|---|---|---|
# | by hand | rules, on paper | a formula | people slip |
# | numerically | difference quotients | a number | half of the digits, $n$ times the cost |
# | symbolically | rules, applied by a program to a *formula* | a formula | loops, branches, long formulas |
# | automatically | rules, applied to the *steps of a run* | a number | you need a tool: this course |
#
# The last two are often mixed up. Sympy's result is an expression; torch's is a number.

# %% id="symbols-and-tape"
x = sympy.symbols("x")
slope = sympy.diff(x * sympy.cos(x), x)
print("sympy:", slope, "  at 2:", round(float(slope.subs(x, 2)), 6))

t = torch.tensor(2.0, requires_grad=True)  # record what is done with t
(slope,) = torch.autograd.grad(t * torch.cos(t), t)
print("torch:", round(slope.item(), 6))

# %% tags=["figure"] id="figure-formula-number"
s, grid = sympy.symbols("s"), np.linspace(0, 6, 121)
formula = sympy.lambdify(s, sympy.diff(s * sympy.cos(s), s))
points = torch.linspace(0.5, 5.5, 6, requires_grad=True)
(slopes,) = torch.autograd.grad((points * points.cos()).sum(), points)
fig, ax = plt.subplots(figsize=(7.5, 2.8), layout="constrained")
ax.plot(grid, formula(grid), color=BLUE, label="sympy: one formula, any x later")
ax.plot(points.detach(), slopes, "o", color=VERMILION, ms=8,
    label="torch: a number, where the program ran")
ax.set(xlabel="x", ylabel="derivative of x cos(x)", title="Symbols give a formula; a run gives a number")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the derivative of x cos(x) from 0 to 6, a curve from sympy's formula, and six dots on it, torch's numbers at
# 0.5, 1.5 and so on.*

# %% [markdown] id="exercise-1.5"
# ### 1.5 One function, four ways
#
# ●●○ medium · about 15 minutes · 3 points
#
# The first function is fixed, $f(x) = 3x^2 + e^{2x}$; the others take any. `sympy.sympify` reads text such as
# `"3*x**2 + exp(2*x)"`. Then, for the *logistic map* $l_1 = x$, $l_{k+1} = 4\,l_k(1-l_k)$, count the operations of $l_n$,
# and of $l_n'$ as `sympy.diff` returns it.


# %% role="answer" id="answer-1.5-a"
def by_hand(x):
    """x: a number. The derivative of 3x² + e^(2x), from a formula of your own."""
    ### BEGIN SOLUTION
    return 6 * x + 2 * math.exp(2 * x)  # e^(2x) has the inner derivative 2
    ### END SOLUTION


def by_differences(f, x):
    """f: from number to number, of ordinary size, float64. Right to six digits at least."""
    ### BEGIN SOLUTION
    h = 6e-6  # the cube root of the unit roundoff, 1.1e-16, is 4.8e-6
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION


# %% role="answer" id="answer-1.5-b"
def by_symbols(text, at):
    """text: an expression in x. at: a number. Returns the derivative there, a float."""
    ### BEGIN SOLUTION
    x = sympy.symbols("x")
    return float(sympy.diff(sympy.sympify(text), x).subs(x, at))
    ### END SOLUTION


# %% role="answer" id="answer-1.5-c"
def by_autodiff(f, x):
    """f: from a float64 tensor () to a tensor (). x: a number.
    Returns the derivative, a number, by torch."""
    ### BEGIN SOLUTION
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(x), x)
    return slope.item()
    ### END SOLUTION


# %% role="answer" id="answer-1.5-d"
def swell(n):
    """Returns [operations of l_n, operations of its derivative], by sympy.count_ops; l_1 is x."""
    ### BEGIN SOLUTION
    x = l = sympy.symbols("x")
    for _ in range(n - 1):
        l = 4 * l * (1 - l)  # not expanded
    return [int(sympy.count_ops(l)), int(sympy.count_ops(sympy.diff(l, x)))]
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# By hand: differentiate the two terms by themselves. The three others: the cell above the exercise shows each
# library at work on another function; section 3 says which `h`.
# <details><summary>Hint 2: the equations</summary>
#
# $(x^n)' = n x^{n-1}$, $(e^{g})' = g'\,e^{g}$. For the count: $l_2 = 4x(1-x)$ takes one round, $l_n$ takes $n-1$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `sympify`, then `diff`, then `subs`, then `float`. A tensor made with `requires_grad=True` and a dtype, then
# `torch.autograd.grad`. A loop that rebinds `l`, then `count_ops` twice.
#
# </details></details></details>

# %% role="check" id="check-1.5" points=3
check("1.5")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch01_ways import judge_four_ways

award("1.5", judge_four_ways(submission, seed=challenge_seed("1.5", "ways"), sizes=(2, 5)), points=3)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** Four ways, one number, up to what each of them loses. Yours, on the first function:

# %% tags=["figure"] id="figure-four-errors"
ways = {
    "by hand": by_hand,
    "differences": lambda x: by_differences(lambda t: 3 * t**2 + math.exp(2 * t), x),
    "symbols": lambda x: by_symbols("3*x**2 + exp(2*x)", x),
    "autodiff": lambda x: by_autodiff(lambda t: 3 * t**2 + torch.exp(2 * t), x),
}
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for (name, way), colour, marker in zip(ways.items(), [BLUE, VERMILION, ORANGE, GREEN], "ovs^"):
    for x in [0.3, 0.7, 1.1, 1.9] if way(1.0) is not None else []:
        x64 = torch.tensor(x, dtype=torch.float64)
        truth = jacobian(lambda t: 3 * t**2 + torch.exp(2 * t), x64).item()
        ax.semilogy(name, abs(way(x) / truth - 1) + 1e-17, marker, color=colour, mec="black", ms=8)
ax.set(ylabel="relative error + 1e-17", ylim=(1e-18, 1e-4),
    title="Three ways lose nothing but the last digit")
plt.show()

# %% [markdown]
# *Figure: relative errors of the four ways at four points. Those of differences lie near 1e-11, all others are one
# rounding, 2e-16, or none.*
#
# Now the plot of your counts, with a third line: $l_n$ and $l_n'$ computed *together*, one step after the other.

# %% tags=["figure"] id="figure-swell"
ns = range(2, 7)
counts = [swell(n) for n in ns]
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
if None not in counts:
    ax.semilogy(ns, [d for _, d in counts], "o-", color=VERMILION, label="formula of the derivative")
    ax.semilogy(ns, [f for f, _ in counts], "s--", color=BLUE, label="formula of the function")
ax.semilogy(ns, [7 * (n - 1) for n in ns], "^:", color=GREEN, label="both, step by step")
ax.set(xlabel="n", ylabel="operations", xticks=ns, title="The formula swells; the work does not have to")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: operations against n from 2 to 6, logarithmic. The formula of the derivative climbs from 2 to 768, that
# of the function from 3 to 78. Both computed step by step: only from 7 to 35.*
#
# > **Often said: “symbolic derivatives explode.”** Written out as one formula, they do: 768 operations. But that is
# > duplication. Keep each $l_k$ and its derivative under a name, and a step costs 3 + 4 operations. That is
# > automatic differentiation, checked here against the closed form $l_n = \sin^2(N\theta)$, $N = 2^{n-1}$,
# > $\sin\theta = \sqrt x$:

# %% id="step-by-step"
l, d, operations = 0.3, 1.0, 0
for _ in range(5):
    l, d = 4 * l * (1 - l), 4 * d * (1 - 2 * l)  # 3 operations and 4; both use the old l
    operations += 7
theta = math.asin(math.sqrt(0.3))
print(f"derivative of l_6 at 0.3: {d:.6f} in {operations} operations")
print(f"from the closed form:     {32 * math.sin(64 * theta) / math.sin(2 * theta):.6f}")

# %% [markdown]
# ## 6 · Where there is no derivative
#
# $f$ is **differentiable** at $x$ if a straight line describes it near $x$: there is a number $m$ with
# $f(x+h) = f(x) + m\,h + r(h)$ and $r(h)/h \to 0$. So look through a microscope: a differentiable function turns into
# its tangent. A kink remains a kink at every magnification.

# %% tags=["figure"] id="figure-zoom"
fig, axes = plt.subplots(2, 3, figsize=(10, 4.2), layout="constrained")
shown = [("x·|x| + x", lambda x: x * np.abs(x) + x, BLUE), ("|x|", np.abs, VERMILION)]
for row, (name, f, colour) in enumerate(shown):
    for ax, width in zip(axes[row], [1, 0.1, 0.01]):
        x = np.linspace(-width, width, 201)
        ax.plot(x, f(x), color=colour)
        ax.set(title=f"{name}, {1 / width:.0f} times enlarged", xticks=[-width, 0, width], yticks=[])
        ax.set_xlabel("x" if row else "")
fig.suptitle("Enlarged at 0, a differentiable function becomes a line; a kink stays")
plt.show()

# %% [markdown]
# *Figure: two rows of three panels, enlarged 1, 10 and 100 times around 0. Above, x·|x| + x bends at first and is a
# straight line in the end. Below, |x| is the same V in all three.*

# %% tags=["figure"] id="figure-remainder"
h = np.logspace(-3, 0, 13)
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
ax.loglog(h, np.ones(13), "s--", color=VERMILION, label="|x| with the best m, which is 0")
ax.loglog(h, h * np.abs(h) / h, "o-", color=BLUE, label="x·|x| + x with m = 1")
ax.set(xlabel="h", ylabel="|r(h)| / h")
ax.set_title("A straight line fits if what is left shrinks faster than h")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: what the best line leaves at 0, divided by h, against h. For x·|x| + x it falls with h to 0.001; for |x| it
# stays at 1.*
#
# > **Often said: “to be differentiable a function must be continuous, smooth and have one output.”** Continuity
# > follows from differentiability and is not enough: $|x|$. *Smooth* asks for more than needed: $x|x|$ has the
# > derivative $2|x|$ everywhere, also at 0, though that derivative has a kink. And a function with many outputs has
# > a Jacobian instead.

# %% tags=["figure"] id="figure-two-sides"
h = np.logspace(-6, -1, 11)
shown = {
    "x·|x| + x: derivative 1": lambda x: x * np.abs(x) + x,
    "|x|: the sides disagree": np.abs,
    "cube root: no limit": np.cbrt,
}
fig, axes = plt.subplots(1, 3, figsize=(11, 2.8), layout="constrained")
for ax, (name, f) in zip(axes, shown.items()):
    ax.semilogx(h, f(h) / h, ">-", color=BLUE, label="right")  # f(0) is 0
    ax.semilogx(h, -f(-h) / h, "<--", color=VERMILION, label="left")
    ax.set(title=name, xlabel="h")
axes[0].set(ylim=(0, 2), ylabel="slope of the secant at 0")
axes[2].set_yscale("log")
axes[0].legend()
fig.suptitle("For a derivative both sides must agree, and settle as h shrinks")
plt.show()

# %% [markdown]
# *Figure: slopes of secants to the right and to the left of 0, against h. For x·|x| + x both go to 1. For |x| they stay at
# 1 and -1. For the cube root they agree, but grow without end as h shrinks, on a logarithmic axis.*

# %% [markdown] id="exercise-1.6"
# ### 1.6 Kinks, and what torch says there
#
# ●●○ medium · about 10 minutes · 3 points
#
# $$m_- = \frac{f(x) - f(x-h)}{h} \qquad m_+ = \frac{f(x+h) - f(x)}{h}$$
#
# (a) Return both. (b) Decide: `True` if left and right slopes for $h = 10^{-4}$ *and* $h = 10^{-6}$ all agree, the
# largest and the smallest of the four at most $10^{-3}(1 + |m_+|)$ apart, with $m_+$ for the smaller $h$. Two sizes
# of $h$, since slopes that grow as $h$ shrinks have no limit. (c) Write a second program for $\max(0, x)$.


# %% role="answer" id="answer-1.6-a"
def one_sided(f, x, h):
    """The slopes from the left and from the right: [left, right]."""
    ### BEGIN SOLUTION
    return [(f(x) - f(x - h)) / h, (f(x + h) - f(x)) / h]
    ### END SOLUTION


def differentiable(f, x):
    """True if the four slopes agree, else False."""
    ### BEGIN SOLUTION
    slopes = one_sided(f, x, 1e-4) + one_sided(f, x, 1e-6)
    return bool(max(slopes) - min(slopes) <= 1e-3 * (1 + abs(slopes[3])))
    ### END SOLUTION


# %% [markdown]
# For (c), see first what torch returns at 0, where mathematics has no answer:

# %% id="what-torch-says"
zero = torch.tensor(0.0)
for f in [torch.relu, torch.abs, torch.sign, torch.sqrt]:
    print(f"{f.__name__:5} slope at 0: {jacobian(f, zero).item():g}")
print("maximum(x, 0):", jacobian(lambda x: torch.maximum(x, torch.tensor(0.0)), zero).item())

# %% tags=["figure"] id="figure-subgradients"
x = np.linspace(-1, 1, 101)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.fill_between(x, 0, x, color=ORANGE, alpha=0.25, hatch="//", label="all slopes from 0 to 1")
ax.plot(x, np.maximum(x, 0), color="black", lw=4, label="max(0, x)")
both = lambda x: torch.maximum(x, torch.tensor(0.0))
for name, f, style, colour in [("relu", torch.relu, ":", BLUE), ("maximum", both, "--", VERMILION)]:
    m = jacobian(f, zero).item()
    ax.plot(x, m * x, style, color=colour, lw=3, label=f"torch's {name}: slope {m:g}")
ax.set(xlabel="x", ylabel="y", title="Each slope from 0 to 1 fits the kink as well as the others")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: max(0, x), thick, and a hatched wedge of lines through 0 that lie nowhere above it. Two of them are drawn:
# slope 0, the choice of torch's relu, and slope 0.5, that of maximum.*
#
# Conventions, all of them. $\sqrt{x}$ has an infinite slope at 0; for $\text{relu}(x) = \max(0, x)$ each number
# from 0 to 1 would be sensible. `relu` and `maximum` chose differently. Now make your own: `relu_again` has
# `torch.relu`'s *values* everywhere, but a slope at 0 that is not 0. Compose it from any torch functions but
# `maximum`, `clamp` and their kin.


# %% role="answer" id="answer-1.6-b"
def relu_again(x):
    """x: a tensor. The values of torch.relu(x), by another program."""
    ### BEGIN SOLUTION
    return torch.relu(-x) + x  # at 0: -(slope 0) + 1
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# (b) Four numbers: how far apart are the largest and the smallest? (c) You have other functions with a kink at 0. Add
# straight lines until the values fit.
# <details><summary>Hint 2: the equations</summary>
#
# (c) $|x|$ and $\text{relu}(-x)$ both have a kink at 0. What is $\text{relu}(x) - \text{relu}(-x)$?
# <details><summary>Hint 3: the shape of the code</summary>
#
# (b) `max(slopes) - min(slopes) <= …`, with lists joined by `+`. (c) One line: a function with a kink, and a term
# that is linear in `x`.
#
# </details></details></details>

# %% role="check" id="check-1.6" points=3
check("1.6")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch01_ways import judge_kinks

award("1.6", judge_kinks(submission, seed=challenge_seed("1.6", "kinks")), points=3)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** One function, two programs, two answers at 0. Automatic differentiation differentiates the
# *program*. Each operation brings its convention, and the chain rule multiplies conventions as if they were
# derivatives. Training rarely minds, since a float is hardly ever exactly 0 by accident. Exactly 0 on purpose, as
# after padding, is another matter.

# %% tags=["figure"] id="figure-conventions"
sides = {
    "relu": (torch.relu, 0, 1),
    "abs": (torch.abs, -1, 1),
    "leaky relu, 0.1": (lambda x: torch.nn.functional.leaky_relu(x, 0.1), 0.1, 1),
    "maximum(x, 0)": (lambda x: torch.maximum(x, torch.tensor(0.0)), 0, 1),
    "hardtanh at 1": (lambda x: torch.nn.functional.hardtanh(x + 1), 1, 0),
}
fig, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
for y, (f, left, right) in enumerate(sides.values()):
    ax.plot([left, right], [y, y], "-", color=GREY, lw=4, solid_capstyle="butt")
    ax.plot(left, y, "<", color=BLUE, ms=13, label="" if y else "left slope")
    ax.plot(right, y, ">", color=ORANGE, ms=13, label="" if y else "right slope")
    ax.plot(jacobian(f, zero).item(), y, "x", color="black", ms=8, mew=2, label="" if y else "torch")
ax.set(
    yticks=range(len(sides)),
    yticklabels=sides,
    xlabel="slope",
    title="At a kink torch picks some slope; which one is convention",
)
ax.invert_yaxis()
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# *Figure: for five functions a bar from left to right slope at the kink, and a cross where torch's answer lies. It
# is at the left slope for relu and leaky relu, at the right for hardtanh, in the middle for abs and maximum.*
#
# > **Often said: “all frameworks return 0 there.”** Here you see 0, 0.1 and 0.5, and `sqrt` gave infinity.
# > Another framework, JAX, returns 1 for `abs` at 0. Torch itself changes such choices between versions.
#
# > **Often said: “almost all operations are differentiable.”** Comparisons, rounding, `argmax` and sampling are
# > not, or have the derivative 0 wherever they have one, which is worse: nothing fails and nothing learns.

# %% id="zero-or-nothing"
x = torch.tensor([0.2, 1.7, 0.9], requires_grad=True)
(slopes,) = torch.autograd.grad(torch.round(x).sum(), x)
print("slopes of round:", slopes.tolist())
print("argmax can be differentiated:", x.argmax().requires_grad, "   x > 1:", (x > 1).requires_grad)

# %% tags=["figure"] id="figure-stuck"
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
losses = [("(w - 3)²", lambda w: w, "o-", BLUE), ("(round(w) - 3)²", torch.round, "s--", VERMILION)]
for name, f, style, colour in losses:
    w, path = torch.tensor(0.8, requires_grad=True), []
    for _ in range(20):
        path.append(w.item())
        (slope,) = torch.autograd.grad((f(w) - 3) ** 2, w)
        w = (w - 0.1 * slope).detach().requires_grad_()
    ax.plot(path, style, color=colour, ms=4, label=f"to make {name} small")
ax.set(xlabel="steps against the slope", ylabel="w", xticks=range(0, 20, 4))
ax.set_title("Behind a round, w never moves, and no error says so")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: w over 19 steps from 0.8. For (w - 3)² it closes in on 3. For (round(w) - 3)² it stays at 0.8.*

# %% [markdown]
# ## 7 · Two variables: which way is up?
#
# With two inputs there are two **partial derivatives**, each with the other input held fixed. Together they are the
# **gradient**, a vector $(2,)$. The slope along a unit vector $d$ is the dot product
#
# $$\frac{f(p + r\,d) - f(p)}{r} \;\to\; \nabla f(p)\cdot d \quad (r \to 0),$$
#
# which is largest when $d$ points along $\nabla f$, and zero when $d$ is at a right angle to it.


# %% id="hill"
def hill(p):
    """f(x, y) = x²y + sin(y). p: (2,) or a stack (m, 2)."""
    return p[..., 0] ** 2 * p[..., 1] + torch.sin(p[..., 1])


p = torch.tensor([0.8, 0.6])

# %% tags=["figure"] id="figure-slices"
t, slopes = torch.linspace(-1, 1, 50), jacobian(hill, p)
fig, axes = plt.subplots(1, 2, figsize=(9, 2.9), sharey=True, layout="constrained")
for ax, name, way, slope in zip(axes, "xy", torch.eye(2), slopes):
    ax.plot(float(p @ way) + t, hill(p + t[:, None] * way), color=BLUE, label=f"only {name} moves")
    ax.plot(float(p @ way) + t, hill(p) + slope * t, "--", color=VERMILION, label="tangent")
    ax.plot(p @ way, hill(p), "o", color="black")
    ax.set(title=f"slope by {name}: {slope:.2f}", xlabel=name)
    ax.legend()
axes[0].set_ylabel("f(x, y)")
fig.suptitle("A partial derivative is the slope of a slice through the hill")
plt.show()

# %% [markdown]
# *Figure: two curves through the same point. Left, y stays at 0.6 and x moves: a parabola, with its tangent of slope
# 0.96. Right, x stays at 0.8 and y moves: the tangent's slope is 1.47.*

# %% tags=["figure"] id="figure-hill"
xs, ys = torch.meshgrid(torch.linspace(-0.2, 1.8, 80), torch.linspace(-0.4, 1.6, 80), indexing="xy")
up = jacobian(hill, p)
up = up / up.norm()
fig, ax = plt.subplots(figsize=(4.6, 4.3), layout="constrained")
heights = hill(torch.stack([xs, ys], -1))
ax.contour(xs, ys, heights, levels=12, cmap="cividis")
ax.contour(xs, ys, heights, levels=[float(hill(p))], colors=BLUE, linewidths=3)
ax.annotate("", p + 0.6 * up, p, arrowprops={"arrowstyle": "-|>", "color": VERMILION, "lw": 3})
ax.axline(p.tolist(), slope=-float(up[0] / up[1]), ls="--", color="black")
ax.plot(*p, "o", color="black")
ax.set(xlabel="x", ylabel="y", aspect="equal",
    title="The gradient crosses the level line\nat a right angle")
plt.show()

# %% [markdown]
# *Figure: level lines of x²y + sin(y); the one through the point (0.8, 0.6) is thick. From there an arrow, the
# gradient's direction, points up and to the right; a dashed line at a right angle to it touches the thick line.*

# %% [markdown] id="exercise-1.7"
# ### 1.7 Steepest ascent, by trying
#
# ●●○ medium · about 10 minutes · 3 points
#
# (a) The gradient of $f(x, y) = x^2 y + \sin y$ by hand. (b) Without derivatives: of the 360 unit vectors
# $d_k = (\cos\theta_k, \sin\theta_k)$, $\theta_k = k$ degrees, the one with the largest $f(p + r\,d_k)$. (c) From a
# gradient $g \ne 0$, a unit vector along which $f$ does not change at first.


# %% role="answer" id="answer-1.7-a"
def hill_gradient(p):
    """p: a tensor (2,), x and y. Returns the two partial derivatives, a tensor (2,)."""
    ### BEGIN SOLUTION
    x, y = p
    return torch.stack([2 * x * y, x**2 + torch.cos(y)])
    ### END SOLUTION


# %% role="answer" id="answer-1.7-b"
def steepest(f, p, r):
    """f: from (2,) to a number. p: (2,). r: a step length.
    Returns the best of 360 unit vectors, a tensor (2,)."""
    ### BEGIN SOLUTION
    angles = torch.deg2rad(torch.arange(360.0))
    directions = torch.stack([angles.cos(), angles.sin()], 1)  # (360, 2)
    heights = torch.tensor([float(f(p + r * d)) for d in directions])
    return directions[heights.argmax()]
    ### END SOLUTION


# %% role="answer" id="answer-1.7-c"
def level_direction(g):
    """g: a gradient (2,), not zero. Returns a unit vector at a right angle to it, (2,);
    either of the two is right."""
    ### BEGIN SOLUTION
    return torch.stack([-g[1], g[0]]) / g.norm()
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# (a) In $\partial f/\partial x$ the letter $y$ is a constant. (b) A list of 360 heights; where is the largest? (c)
# Turn the
# arrow by 90°.
# <details><summary>Hint 2: the equations</summary>
#
# (b) $\theta$ in radians is $\pi k / 180$. (c) $(-g_2, g_1)\cdot(g_1, g_2) = 0$; divide by $\sqrt{g_1^2 + g_2^2}$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# (b) `torch.stack([…, …], 1)` for the directions, a list comprehension for the heights, `argmax`. (c) `torch.stack`
# of two entries, divided by `g.norm()`.
#
# </details></details></details>

# %% role="check" id="check-1.7" points=3
check("1.7")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch01_paths import judge_steepest

award("1.7", judge_steepest(submission, seed=challenge_seed("1.7", "hills")), points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-directions"
angles = torch.deg2rad(torch.arange(360.0))
directions = torch.stack([angles.cos(), angles.sin()], 1)
gradient, r = jacobian(hill, p), 1e-3
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(torch.arange(360), (hill(p + r * directions) - hill(p)) / r, color=BLUE,
    label="slope in that direction")
ax.plot(range(0, 360, 15), (directions @ gradient)[::15], ".", color=VERMILION, ms=9,
    label="gradient · d")
top = math.degrees(math.atan2(gradient[1], gradient[0]))
ax.axvline(top, color=GREY, ls="--", label=f"direction of the gradient, {top:.0f}°")
ax.set(
    xlabel="direction (degrees)",
    ylabel="slope",
    xticks=range(0, 361, 90),
    title="Tried in all directions, the slope is a cosine; the gradient is its top",
)
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# *Figure: slope against direction from 0 to 360 degrees, one period of a cosine, with dots of gradient · d on it. A
# dashed line marks the gradient's direction at the highest point; the slope is zero 90 degrees to either side.*
#
# **What just happened.** You found the gradient's direction without a derivative; its length is the height of the
# cosine.
#
# > **Often said: “the gradient points to the maximum.”** It points along the steepest *local* ascent, if length is
# > measured in the ordinary way, and where it is zero it points nowhere. Below, at $(2, 0.5)$ on a long
# > ridge: the summit is at $(0, 0)$, the gradient aims elsewhere. In one dimension nothing points at all: a
# > derivative is a number, whose sign says up or down.

# %% tags=["figure"] id="figure-ridge"
p = torch.tensor([2.0, 0.5])
g = jacobian(lambda p: -(p[0] ** 2) - 10 * p[1] ** 2, p)
angle = math.degrees(math.acos(float(g @ -p / g.norm() / p.norm())))
xs, ys = np.meshgrid(np.linspace(-1, 3, 60), np.linspace(-1, 1.2, 60))
fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.contour(xs, ys, -(xs**2) - 10 * ys**2, levels=[-12, -9, -6.5, -4, -2, -0.5], cmap="cividis")
for end, at, colour, style, text in [
    (p + 0.9 * g / g.norm(), (1.5, -0.45), VERMILION, "-", "gradient"),
    (0 * p, (0.4, 0.35), BLUE, "--", "to the summit"),
]:
    ax.annotate("", end, p, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 3, "ls": style})
    ax.text(*at, text, color=colour, bbox={"fc": "white", "ec": "none", "pad": 1})
ax.plot(0, 0, "*k", ms=12)
ax.set(xlabel="x", ylabel="y", aspect="equal",
    title=f"Steepest ascent and the way to the summit: {angle:.0f}° apart")
plt.show()

# %% [markdown]
# *Figure: level lines of a long ridge, the summit a star at the origin. From (2, 0.5) a solid arrow, the gradient,
# points down to the crest; a dashed one points left to the summit.*

# %% [markdown]
# ## 8 · The chain rule is a sum over paths
#
# Take $e = (a\cdot b)(b+1)$ apart: $c = a\cdot b$, $d = b + 1$, $e = c\cdot d$. Each arrow of the picture is one
# **local partial derivative**, found by looking at one operation only. Then
#
# $$\frac{\partial e}{\partial b} = \underbrace{\frac{\partial c}{\partial b}\,\frac{\partial e}{\partial c}}_{b \to c \to e} +
# \underbrace{\frac{\partial d}{\partial b}\,\frac{\partial e}{\partial d}}_{b \to d \to e}$$
#
# **Multiply along a path, add over the paths.** That is the whole chain rule, for any number of variables.


# %% id="draw-graph"
def draw_graph(ax, vertices, edges):
    """vertices: name -> (x, y, text). edges: [from, to, text], with a fourth entry where dashed."""
    middle, box = {"ha": "center", "va": "center"}, {"boxstyle": "round,pad=0.4", "fc": "white"}
    boxes = {
        name: ax.text(x, y, text, bbox=box, **middle).get_bbox_patch()
        for name, (x, y, text) in vertices.items()
    }
    for start, end, text, *style in edges:
        (x0, y0, _), (x1, y1, _) = vertices[start], vertices[end]
        arrow = {"arrowstyle": "-|>", "color": VERMILION, "lw": 2}
        arrow |= {"patchA": boxes[start], "patchB": boxes[end]}
        if style:
            arrow |= {"ls": "--", "color": GREY}
        ax.annotate("", (x1, y1), (x0, y0), arrowprops=arrow)
        if text:
            ax.text((x0 + x1) / 2, (y0 + y1) / 2, text, bbox={"fc": "white", "ec": "none"}, **middle)
    ax.axis("off")


# %% tags=["figure"] id="figure-paths"
names = {
    "a": (0, 1, "a = 2"), "b": (0, 0, "b = 3"), "c": (1.3, 1, "c = a·b"), "d": (1.3, 0, "d = b + 1"),
    "e": (2.6, 0.5, "e = c·d"),
}  # fmt: skip
fig, ax = plt.subplots(figsize=(7.5, 2.8), layout="constrained")
solid = [[s, t, f"∂{t}/∂{s}"] for s, t in ["bc", "bd", "ce", "de"]]
draw_graph(ax, names, [["a", "c", "∂c/∂a", "--"], *solid])
ax.set(xlim=(-0.3, 2.9), ylim=(-0.3, 1.3), title="Two paths lead from b to e (solid), one from a")
plt.show()

# %% [markdown]
# *Figure: boxes a = 2 and b = 3 on the left, c = a·b and d = b + 1 in the middle, e = c·d on the right. Arrows a to
# c, b to c, b to d, c to e and d to e, each labelled with its local partial. From b two paths lead to e.*

# %% [markdown] id="exercise-1.8"
# ### 1.8 Paths
#
# ●●● hard · about 20 minutes · 4 points
#
# (a) By hand, at any $a, b$: the five local partials and the two derivatives of $e$. At $(2, 3)$ you should find 12
# and 14. (b) For any graph without cycles: `edges` is a list of `[from, to, partial]`, in any order; two edges may
# join the same two vertices. Sum over all paths from `start` to `end` of the product of the partials on the path.
# From a vertex to itself the answer is 1; where no path leads, 0.


# %% role="answer" id="answer-1.8-a"
def partials(a, b):
    """Numbers a, b. Returns a dictionary with dc_da, dc_db, dd_db, de_dc, de_dd, de_da, de_db."""
    ### BEGIN SOLUTION
    c, d = a * b, b + 1
    local = {"dc_da": b, "dc_db": a, "dd_db": 1.0, "de_dc": d, "de_dd": c}
    de_da = local["dc_da"] * local["de_dc"]
    de_db = local["dc_db"] * local["de_dc"] + local["dd_db"] * local["de_dd"]  # two paths
    return {**local, "de_da": de_da, "de_db": de_db}
    ### END SOLUTION


# %% role="answer" id="answer-1.8-b"
def path_sum(edges, start, end):
    """edges: [[from, to, partial], …], names and numbers.
    Returns a number, the derivative of end by start."""
    ### BEGIN SOLUTION
    if start == end:
        return 1.0  # the empty path: an empty product
    total = 0.0
    for source, target, partial in edges:
        if source == start:
            total += partial * path_sum(edges, target, end)  # this edge, then every way on
    return total
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# (b) A path from `start` begins with one edge that leaves it, and goes on with a path from where that edge leads. The
# same question again, nearer to the end.
# <details><summary>Hint 2: the equation</summary>
#
# $S(v, v) = 1$ and $S(u, v) = \sum_{u \to w} p_{uw}\,S(w, v)$, the sum over all edges that leave $u$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# An `if` for `start == end`, a loop over the edges with an `if` on their first entry, in it a call of `path_sum`
# itself.
#
# </details></details></details>

# %% role="check" id="check-1.8" points=4
check("1.8")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch01_paths import judge_paths

award("1.8", judge_paths(submission, seed=challenge_seed("1.8", "graphs"), vertices=9), points=4)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-numbers"
values = {
    "a": (0, 1, "2"), "b": (0, 0, "3"), "c": (1.3, 1, "6"), "d": (1.3, 0, "4"), "e": (2.6, 0.5, "24"),
}  # fmt: skip
fig, ax = plt.subplots(figsize=(7.5, 2.8), layout="constrained")
rest = [["b", "c", "2"], ["b", "d", "1"], ["c", "e", "4"], ["d", "e", "6"]]
draw_graph(ax, values, [["a", "c", "3", "--"], *rest])
ax.text(3.1, 0.75, "by a:  3·4 = 12")
ax.text(3.1, 0.2, "by b:  2·4 + 1·6 = 14")
ax.set(xlim=(-0.3, 4.2), ylim=(-0.3, 1.3), title="Multiply along each path, add the paths: 12 and 14")
plt.show()

# %% [markdown]
# *Figure: the same graph with numbers. On the edges: a to c 3, b to c 2, b to d 1, c to e 4, d to e 6. Beside it: by a,
# 3·4 = 12; by b, 2·4 + 1·6 = 14.*
#
# **What just happened.** With local partials and a graph you can differentiate anything that was computed. Two claims
# about that example need care.
#
# > **Often said: “the derivative of a sum is 1, that of a product is the other factor.”** These are the *partials*
# > by one operand. If both operands are the same variable there are two edges, and their paths add up: $x + x$
# > gives 2 and $x\cdot x$ gives $2x$. A number added to three entries gets 3, and what is subtracted gets $-1$.

# %% id="same-operand"
x = torch.tensor(5.0)
print("x + x:", jacobian(lambda x: x + x, x).item(), "   x * x:", jacobian(lambda x: x * x, x).item())
three = torch.tensor([1.0, 2.0, 4.0])
print("added to three entries:", jacobian(lambda x: (three + x).sum(), x).item(), end="   ")
print("subtracted:", jacobian(lambda x: 7 - x, x).item())
for partial in [1.0, 5.0]:
    print("by paths:", path_sum([["x", "y", partial], ["x", "y", partial]], "x", "y"))

# %% tags=["figure"] id="figure-operands"
uses = {"x + x: 1 + 1 = 2": ["1", "1"], "x·x: x + x = 2x": ["x", "x"], "7 - x: -1": ["-1"]}
uses["x added to three entries: 3"] = ["1", "1", "1"]
fig, axes = plt.subplots(1, 4, figsize=(12, 2.6), layout="constrained")
for ax, (title, local) in zip(axes, uses.items()):
    vertices = {"from": (0, 0, "x"), "to": (2, 0, "y")}
    vertices |= {str(i): (1, i - (len(local) - 1) / 2, "x") for i in range(len(local))}
    copies = [["from", str(i), "1"] for i in range(len(local))]
    draw_graph(ax, vertices, copies + [[str(i), "to", text] for i, text in enumerate(local)])
    ax.set(title=title, xlim=(-0.4, 2.4), ylim=(-1.5, 1.5))
fig.suptitle("One path for each place where x is used; the paths add up")
plt.show()

# %% [markdown]
# *Figure: four small graphs from x by its uses to y. x + x has two paths of 1, x·x two of x, 7 - x one of -1, and three
# entries have three of 1.*
#
# > **Often said: “14 is more than 12, so $e$ grows fastest by increasing $b$.”** Of the two axes, yes. Of all
# > directions of length 1, the fastest is the gradient's own, $(12, 14)/\sqrt{340}$: slope 18.4 instead of 14.

# %% tags=["figure"] id="figure-fastest"
r, length = 1e-6, math.sqrt(12**2 + 14**2)
fig, ax = plt.subplots(figsize=(7, 1.9), layout="constrained")
ways = {"along a": (1, 0), "along b": (0, 1), "along the gradient": (12 / length, 14 / length)}
rises = [(2 + r * da) * (3 + r * db) * (4 + r * db) - 24 for da, db in ways.values()]
bars = ax.barh(list(ways), [rise / r for rise in rises], color=[BLUE, BLUE, VERMILION],
    edgecolor="black")
ax.bar_label(bars, fmt="%.1f", padding=4)
ax.set(xlabel="slope of e at (2, 3)", xlim=(0, 21), title="Neither axis is the fastest way up")
ax.invert_yaxis()
plt.show()

# %% [markdown]
# *Figure: three horizontal bars. Along a the slope of e is 12.0, along b 14.0, along the gradient 18.4.*
#
# ### Why paths alone are not enough
#
# Chain $k$ diamonds: each vertex leads to the next by two paths. There are $4k$ edges and $2^k$ paths. Walking them
# one by one is hopeless; but all of them share pieces. Add up at each vertex *once*, from the start forwards or
# from the end backwards, and $4k$ multiplications are enough. The two directions are **forward mode** and **reverse
# mode**, chapters 03 and 04. For $e$ itself either takes three multiplications: too small a graph to tell them
# apart.

# %% tags=["figure"] id="figure-diamonds"
k = np.arange(1, 31)
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.2), layout="constrained")
chain = {f"v{i}": (2 * i, 0, f"v{i}") for i in range(4)}
sides = [(side, y, i) for i in range(3) for side, y in [("up", 0.6), ("down", -0.6)]]
chain |= {f"{side}{i}": (2 * i + 1, y, "") for side, y, i in sides}
arrows = [[f"v{i}", f"{side}{i}", ""] for side, _, i in sides]
draw_graph(left, chain, arrows + [[f"{side}{i}", f"v{i + 1}", ""] for side, _, i in sides])
left.set(xlim=(-0.4, 6.4), ylim=(-1, 1), title="3 diamonds: 12 edges, 8 paths")
right.semilogy(k, 2.0**k * (2 * k - 1), "o-", color=VERMILION, ms=4, label="path by path")
right.semilogy(k, 4 * k, "s--", color=BLUE, ms=4, label="vertex by vertex")
right.set(xlabel="diamonds in the chain, k", ylabel="multiplications",
    title="Paths double with each; edges do not")
right.legend()
plt.show()

# %% [markdown]
# *Figure: left, three diamonds in a chain, from v0 by an upper and a lower vertex to v1, and so on to v3. Right,
# multiplications against the number of diamonds, logarithmic. Path by path, with $2k - 1$ for each of the $2^k$ paths, it
# rises beyond 10¹⁰ at 30 diamonds; vertex by vertex it is 120.*

# %% [markdown] id="exercise-1.9"
# ### 1.9 Further: Richardson, and other norms
#
# ●●○ medium · about 20 minutes · no points, checked in the open
#
# (a) The central difference $D(h)$ is off by $c\,h^2 + \dots$, so $D(h/2)$ by a quarter of it. Combine the two so
# that the $h^2$ cancels. (b) “Steepest” depends on how steps are measured. Which step $d$ gains most,
# $\max\, g\cdot d$, if its largest entry is at most 1? If the sum of $|d_i|$ is at most 1?


# %% role="answer" id="answer-1.9-a"
def richardson(f, x, h):
    """Two central differences, combined so that the error is of order h⁴. Returns a number."""
    ### BEGIN SOLUTION
    coarse, fine = ((f(x + s) - f(x - s)) / (2 * s) for s in (h, h / 2))
    return (4 * fine - coarse) / 3
    ### END SOLUTION


# %% role="answer" id="answer-1.9-b"
def steepest_under(norm, g):
    """norm: "max" or "sum". g: (n,), not zero.
    Returns the step d, (n,), with max|d| or sum|d| at most 1."""
    ### BEGIN SOLUTION
    if norm == "max":
        return torch.sign(g)  # every coordinate walks at full speed
    d = torch.zeros_like(g)
    best = g.abs().argmax()
    d[best] = torch.sign(g[best])  # all in one coordinate
    return d
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# (a) $D(h) = f' + c h^2$ and $D(h/2) = f' + c h^2/4$: two equations, eliminate $c$. (b) Try $g = (3, -1)$ on paper and
# walk along the edge of each set of allowed steps.
# <details><summary>Hint 2: the equations</summary>
#
# (a) $4 D(h/2) - D(h) = 3 f' + O(h^4)$. (b) Both are linear in $d$, so a corner of the allowed set is best.
# <details><summary>Hint 3: the shape of the code</summary>
#
# (b) `torch.sign` for the cube's corners; `argmax` of the absolute values for the corners of the other.
#
# </details></details></details>

# %% id="self-check-1.9"
for h in [0.2, 0.1]:
    value = richardson(math.sin, 1.0, h)
    if value is not None:
        error = abs(value - math.cos(1))
        print(f"h = {h}: error {error:.1e}   (right: 1.8e-06, then 1.1e-07, a sixteenth)")
g = torch.tensor([3.0, -1.0, 2.0])
gains = {norm: d for norm in ["max", "sum"] if (d := steepest_under(norm, g)) is not None}
for norm, d in gains.items():
    print(f"{norm}: step {d.tolist()}, gain {float(g @ d):g}   (right: {6 if norm == 'max' else 3})")

# %% tags=["figure"] id="figure-orders"
hs = np.logspace(-4, -0.3, 40)
central = (np.sin(1 + hs) - np.sin(1 - hs)) / (2 * hs)
half = (np.sin(1 + hs / 2) - np.sin(1 - hs / 2)) / hs
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
for name, value, style, colour in [
    ("forward: slope 1", (np.sin(1 + hs) - np.sin(1)) / hs, ".", BLUE),
    ("central: slope 2", central, "x", ORANGE),
    ("two central ones combined: slope 4", central + (half - central) * 4 / 3, "+", VERMILION),
]:
    ax.loglog(hs, np.abs(value - np.cos(1)) + 1e-17, style, color=colour, label=name, ms=5)
ax.set(
    xlabel="step h",
    ylabel="error",
    ylim=(1e-14, 1e4),
    title="Each cancellation makes the error fall more steeply with h",
)
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# *Figure: error of three difference quotients of sin at 1 against h. On logarithmic axes they fall with slopes 1, 2
# and 4; the last reaches rounding, 1e-13, near h = 1e-3.*

# %% tags=["figure"] id="figure-norms"
g = np.array([2.0, 1.0])
shapes = {
    "sum of |d| at most 1": ([1, 0, -1, 0, 1], [0, 1, 0, -1, 0], (1, 0)),
    "length at most 1": (
        np.cos(np.linspace(0, 2 * np.pi, 99)),
        np.sin(np.linspace(0, 2 * np.pi, 99)),
        g / np.sqrt(5),
    ),
    "largest |d| at most 1": ([1, -1, -1, 1, 1], [1, 1, -1, -1, 1], (1, 1)),
}
fig, axes = plt.subplots(1, 3, figsize=(9, 3.3), sharey=True, layout="constrained")
for ax, (name, (x, y, best)) in zip(axes, shapes.items()):
    ax.plot(x, y, color=BLUE)
    ax.annotate("", best, (0, 0), arrowprops={"arrowstyle": "-|>", "color": VERMILION, "lw": 3})
    ax.axline(best, slope=-2, color=GREY, ls="--")
    ax.set(title=name, xlabel="first entry of d", aspect="equal", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4))
axes[0].set_ylabel("second entry of d")
fig.suptitle("Gradient (2, 1): what counts as steepest depends on how steps are measured")
plt.show()

# %% [markdown]
# *Figure: a diamond, a circle and a square of allowed steps, each with the level line of g·d, dashed, that touches it
# farthest out. The best step goes to the right corner, along (2, 1), and to the upper right corner.*

# %% [markdown]
# ## Three things to keep
#
# 1. A derivative is the best linear approximation. Difference quotients approach it, and then rounding takes over:
#    $h \approx \sqrt u$ forward, $\sqrt[3] u$ central.
# 2. Automatic differentiation applies the rules to the steps of a run: exact like symbols, a number like a
#    quotient. At kinks it follows conventions.
# 3. The chain rule: multiply along paths, add over paths. Everything else is about doing it in a good order.
#
# **To read**: [Griewank & Walther, *Evaluating Derivatives*](https://doi.org/10.1137/1.9780898717761);
# [Baydin et al., 2018](https://jmlr.org/papers/v18/17-468.html), on the four ways.
#
# **Next**: [02 · Loss and gradient descent](../02_loss_and_gradient_descent/loss_and_gradient_descent.ipynb).
