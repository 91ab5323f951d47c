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
# # 02 · Loss and gradient descent
#
# - **You will be able to** choose a loss that can be made small, write its gradient by hand, and walk it downhill.
# - **You need** chapter 01 (derivatives, partial derivatives, the chain rule), exponentials, logarithms, matrices.
# - **Time:** 150 minutes. **Points:** 30 in ten exercises, 2 to 5 each.
# - **Where it stands:** 01 said what a derivative is. Here it gets its work. From 03 on, programs find it for you.

# %% role="locked" id="setup"
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from grader.check import check, read_names, split_names, steps

torch.set_num_threads(1)  # the matrices are small: one thread is as fast as many
plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "image.cmap": "cividis"})
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"

# %% [markdown]
# ## The idea in one picture
#
# A model has a knob $w$. A **loss** $L(w)$ says how badly it does. The slope $L'(w)$ says which way is down, so turn
# the knob a little against the slope, and again:
#
# $$w \leftarrow w - \eta\,L'(w)$$
#
# The number $\eta$ is the **learning rate**. That is gradient descent. What should $L$ be, where does the gradient come
# from, how large may $\eta$ be?

# %% tags=["figure"] id="figure-idea"
x, y = np.array([-2, -1, 0.5, 1, 3]), np.array([-1, -1, 1, -1, 1])  # five examples of two classes


def loss(w):
    return np.log1p(np.exp(-y * x * np.atleast_1d(w)[:, None])).mean(1)


def slope(w):
    return ((loss(w + 1e-5) - loss(w - 1e-5)) / 2e-5).item()


path = [-1.5]
for _ in range(7):
    path.append(path[-1] - 1.5 * slope(path[-1]))
w = np.linspace(-2, 4, 200)
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(w, loss(w), color=BLUE)
ax.plot(path, loss(np.array(path)), "o--", color=VERMILION, label="eight positions, seven steps")
ax.set(
    xlabel="parameter $w$",
    ylabel="loss $L(w)$",
    title="Each step goes against the slope; flat ground makes small steps",
)
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a curve that falls steeply from the left and has its lowest point near w = 1. Dots joined by a dashed line go
# down it from w = -1.5, with long steps on the steep part and short ones near the bottom.*

# %% [markdown]
# ## 1 · What should be small?
#
# A **hypothesis function** with parameters $W$ maps an input $x$ to $k$ numbers, one for each class: the **logits**
# $z = h_W(x)$. The prediction is the class with the largest logit, $\hat y = \arg\max_j z_j$. The natural loss counts
# mistakes:
#
# $$\ell_{01}(z, y) = \begin{cases}0 & \arg\max_j z_j = y\\ 1 & \text{otherwise}\end{cases} \qquad
# L = \frac1n \sum_{i=1}^n \ell_{01}(z_i, y_i)$$
#
# In shapes: logits $(n, k)$, targets $(n,)$, loss a number.

# %% id="tiny-argmax"
logits = torch.tensor([[2.0, 1.0, -1.0], [0.5, 1.5, 1.0], [-5.0, -2.0, -3.0]])  # (3, 3)
targets = torch.tensor([0, 2, 1])  # (3,)
for row, target in zip(logits, targets):
    print(row.tolist(), "-> predicts", row.argmax().item(), "wanted", target.item())

# %% [markdown]
# Such a table has two **axes**: 0 runs down, over examples, 1 to the right, over classes. `x.mean(1)` looks along each
# row and returns $(n,)$. With `keepdim=True` it stays a column, $(n, 1)$, which is repeated, *broadcast*, along an
# $(n, k)$ table. And `x[[0, 1, 2], [3, 0, 1]]` picks one entry of each row.


# %% id="show-matrix"
def show_matrix(ax, matrix, title, fmt="{:g}", rows=None, columns=None):
    """Draw a matrix as pale colours with its numbers."""
    ax.imshow(matrix, alpha=0.35)
    for (i, j), value in np.ndenumerate(np.asarray(matrix)):
        ax.text(j, i, fmt.format(value), ha="center", va="center")
    ax.set(title=title, xticks=range(len(matrix[0])), yticks=range(len(matrix)))
    ax.grid(False)
    if rows:
        ax.set(xticklabels=columns or rows, yticklabels=rows)


# %% tags=["figure"] id="figure-axes"
x = torch.tensor([[5.0, 1.0, 3.0, 7.0], [2.0, 2.0, 6.0, 2.0], [0.0, 9.0, 4.0, 3.0]])  # (3, 4)
mean = x.mean(1, keepdim=True)  # (3, 1)
fig, axes = plt.subplots(1, 3, figsize=(9, 2.6), layout="constrained", width_ratios=[4, 1.4, 4])
show_matrix(axes[0], x, "x: (3, 4)")
show_matrix(axes[1], mean, "mean: (3, 1)")
show_matrix(axes[2], x - mean, "x - mean: (3, 4)")
axes[0].set(xlabel="axis 1", ylabel="axis 0")
fig.suptitle("A column that kept its axis meets each row with the row's own number")
plt.show()

# %% [markdown]
# *Figure: a table of 3 rows and 4 columns; the column of its row means, 4, 3, 4; and the table minus that column, whose
# rows add up to 0.*
#
# One of the three predictions above is wrong: the loss is 1/3. Now let a single parameter $t$ move the logits. Two
# classes, five examples; the **margin** $m_i(t) = a_i + t\,b_i$ is the right logit minus the other one. Example $i$
# is right where $m_i > 0$. How does the loss change with $t$?

# %% tags=["figure"] id="figure-staircase"
a = torch.tensor([1.0, -0.5, -0.9, 0.6, -2.0], dtype=torch.float64)  # (5,)
b = torch.tensor([0.8, 1.0, 0.9, -0.3, 1.1], dtype=torch.float64)  # (5,)
t = torch.linspace(-3, 3, 601, dtype=torch.float64)
staircase = (a[:, None] + t * b[:, None] <= 0).double().mean(0)  # (601,)
fig, axes = plt.subplots(2, 1, figsize=(7, 4), sharex=True, layout="constrained")
axes[0].step(t, staircase, where="mid", color=BLUE)
axes[0].set(ylabel="0-1 loss", title="The 0-1 loss is a staircase: flat, jump, flat")
axes[1].axhline(0, color=VERMILION, lw=3)
axes[1].set(xlabel="parameter $t$", ylabel="slope", ylim=(-1, 1))
plt.show()

# %% [markdown]
# *Figure: above, the loss over t, a staircase that falls from 0.8 to 0 in steps of 0.2 and rises again at the right.
# Below, its slope, a horizontal line at zero.*

# %% [markdown] id="exercise-2.1"
# ### 2.1 The 0-1 loss and where it jumps
#
# ●○○ easy · about 6 minutes · 2 points
#
# Write the mean 0-1 loss for any number of classes. Then find the only places where the staircase is not
# flat: the values of $t$ at which an example changes sides, where $a_i + t\,b_i = 0$.


# %% role="answer" id="answer-2.1"
def zero_one_loss(logits, targets):
    """The share of wrong predictions. logits (n, k), targets int64 (n,); returns a number."""
    ### BEGIN SOLUTION
    return (logits.argmax(1) != targets).double().mean()
    ### END SOLUTION


def jump_points(a, b):
    """All t at which a margin a + t*b is zero, in ascending order. a, b (n,), no entry of b is 0;
    returns (n,)."""
    ### BEGIN SOLUTION
    return (-a / b).sort().values
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Each row of the logits makes one prediction. Comparing two integer tensors gives a tensor of True and False.
#
# <details><summary>Hint 2: the equation</summary>
#
# A mean of zeros and ones is a share. And solve $a_i + t\,b_i = 0$ for $t$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `argmax` along the class axis, `!=`, a conversion to a float dtype, `mean`. For the jumps: one division, one sort.
#
# </details></details></details>

# %% role="check" id="check-2.1" points=2
check("2.1")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch02 import judge_zero_one

lines = judge_zero_one(submission, "2.1", seed=challenge_seed("2.1", "logits"), n=11, k=7)
award("2.1", lines, points=2)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** Between two jumps the loss does not change at all, so its derivative is exactly 0; at a jump
# it has none. Gradient descent on it never moves. The argmax is the culprit: it returns an index, and torch does not
# even try to differentiate it.

# %% id="argmax-no-grad"
leaf = torch.tensor([0.3, 0.7, 0.1], requires_grad=True)
print("the maximum has a gradient:", leaf.max().requires_grad)
print("its position has none:     ", leaf.argmax().requires_grad)

# %% [markdown]
# ## 2 · Softmax
#
# We want probabilities that move smoothly with the logits. Make every entry positive with exp, then divide by the sum:
#
# $$p_j = \operatorname{softmax}(z)_j = \frac{e^{z_j}}{\sum_{l=1}^k e^{z_l}} \qquad
# z \in \mathbb R^k,\quad p_j > 0,\quad \textstyle\sum_j p_j = 1$$
#
# With a batch, logits and probabilities are $(n, k)$ and each *row* adds up to 1.

# %% tags=["figure"] id="figure-softmax"
z = torch.tensor([2.0, 1.0, -1.0, 0.5])
panels = {"logits $z$": z, "positive: $e^z$": z.exp(), "adds up to 1: softmax": torch.softmax(z, 0)}
fig, axes = plt.subplots(1, 3, figsize=(9, 2.6), layout="constrained")
for ax, (title, values), color in zip(axes, panels.items(), (BLUE, ORANGE, GREEN)):
    ax.bar(range(4), values, color=color, edgecolor="black")
    ax.axhline(0, color="black", lw=0.8)
    ax.set(title=title, xlabel="class", xticks=range(4))
axes[0].set_ylabel("value")
fig.suptitle("Softmax keeps the order and turns differences into ratios")
plt.show()

# %% [markdown]
# *Figure: three bar charts of four classes. The logits 2, 1, -1, 0.5; their exponentials, all positive; and the
# softmax, the same heights scaled to add up to 1. The order of the bars never changes.*
#
# Only differences of logits count: adding a constant $c$ to all of them multiplies numerator and denominator by $e^c$.
#
# $$\operatorname{softmax}(z + c) = \operatorname{softmax}(z)$$
#
# On paper. On a computer the exponential leaves the range of floating-point numbers long before the ratio does:

# %% id="exp-overflow"
print("exp in float32:", torch.tensor([88.0, 88.7, 88.8]).exp().tolist())
z = torch.tensor([1000.0, 999.0])
print("naive: ", (z.exp() / z.exp().sum()).tolist())
print("wanted:", torch.softmax(z, 0).tolist())

# %% [markdown] id="exercise-2.2"
# ### 2.2 A softmax that does not overflow
#
# ●○○ easy · about 8 minutes · 3 points
#
# Use the freedom to shift: choose for each row a constant $c$ so that no exponential can overflow and at least one
# of them is 1.
#
# $$p_{ij} = \frac{e^{z_{ij} - c_i}}{\sum_l e^{z_{il} - c_i}} \qquad z, p:\ (n, k) \qquad c:\ (n, 1)$$
#
# No call of `torch.softmax` here: this is the exercise that shows what is inside.


# %% role="answer" id="answer-2.2"
def softmax(z):
    """The softmax of each row, for logits of any size. z (n, k) float;
    returns (n, k) of the same dtype."""
    ### BEGIN SOLUTION
    shifted = z - z.max(1, keepdim=True).values  # each row's largest entry: 0, its exponential 1
    powers = shifted.exp()
    return powers / powers.sum(1, keepdim=True)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Exponentials of negative numbers can only underflow to 0, which is harmless next to a 1.
#
# <details><summary>Hint 2: the equation</summary>
#
# $c_i = \max_l z_{il}$: one number for each row, not one for the whole matrix.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# A maximum along axis 1 that keeps the axis, a subtraction that broadcasts $(n, 1)$ against $(n, k)$, `exp`, and a sum
# along axis 1 that keeps the axis. `z.max(1)` returns values and indices.
#
# </details></details></details>

# %% role="check" id="check-2.2" points=3
check("2.2")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch02 import judge_softmax

lines = judge_softmax(submission, "2.2", seed=challenge_seed("2.2", "wide"), n=4, k=9)
lines += judge_softmax(submission, "2.2", seed=challenge_seed("2.2", "tall"), n=8, k=2)
award("2.2", lines, points=3)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** The shift costs nothing and is what every library does. It also says that $k$ logits carry
# only $k - 1$ numbers of information. Scaling, in contrast, matters: multiply the logits by a growing factor and
# softmax hardens into the argmax that we could not differentiate. It is a *soft argmax*.

# %% tags=["figure"] id="figure-temperature"
z = torch.tensor([2.0, 1.0, -1.0, 0.5])
fig, axes = plt.subplots(1, 4, figsize=(10, 2.4), sharey=True, layout="constrained")
for ax, scale in zip(axes, (0.25, 1, 4, 16)):
    ax.bar(range(4), torch.softmax(scale * z, 0), color=BLUE, edgecolor="black")
    ax.set(title=f"softmax({scale:g} z)", xlabel="class", xticks=range(4), ylim=(0, 1.05))
axes[0].set_ylabel("probability")
fig.suptitle("Larger logits harden the softmax towards the argmax")
plt.show()

# %% [markdown]
# *Figure: four bar charts of the same four logits scaled by 0.25, 1, 4 and 16. The first is nearly even, the last has
# one bar of height 1 and three of height 0.*

# %% [markdown]
# ## 3 · Likelihood, and why the logarithm
#
# The model gives the observed class of example $i$ the probability $p_i$. Take the examples as independent; then the
# probability of the whole data set, its **likelihood**, is a product. One wants it large. Its logarithm is a sum:
#
# $$\mathcal L = \prod_{i=1}^n p_i \qquad \log \mathcal L = \sum_{i=1}^n \log p_i \qquad
# \text{NLL} = -\frac1n \sum_{i=1}^n \log p_i$$
#
# The last one, the mean **negative log-likelihood**, is a loss: to be made small, and 0 only if every $p_i$ is 1. With
# the natural logarithm its unit is the *nat*.

# %% tags=["figure"] id="figure-nll"
p = np.linspace(0.005, 1, 300)
marks = np.array([0.9, 0.5, 1 / 27])
fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(p, -np.log(p), color=BLUE)
ax.plot(marks, -np.log(marks), "o", color=VERMILION)
for mark, text in zip(marks, ("sure and right", "a coin", "one of 27")):
    ax.text(mark + 0.02, -np.log(mark) + 0.25, f"{text}: {-np.log(mark):.2f}")
ax.set(xlabel="probability given to what happened", ylabel="$-\\log p$ (nats)", xlim=(-0.05, 1.4))
ax.set_title("Being surprised costs; being very surprised costs a lot")
plt.show()

# %% [markdown]
# *Figure: the curve of minus log p falls from above 5 near p = 0 to 0 at p = 1. Marked: p = 0.9 costs 0.11, p = 0.5
# costs 0.69, p = 1/27 costs 3.30.*

# %% [markdown] id="exercise-2.3"
# ### 2.3 Product, sum of logarithms, and where the product dies
#
# ●●○ medium · about 8 minutes · 3 points
#
# Write the likelihood and the log-likelihood, which must survive 2,000 factors. Then measure: multiply equal factors
# $p$ in float32. After how many is the product exactly 0?
#
# Python's own numbers are float64; in float32, `torch.tensor(p, dtype=torch.float32)` or `np.float32(p)`.


# %% role="answer" id="answer-2.3"
def likelihood(p):
    """The probability that all n independent events happen. p (n,); returns a number."""
    ### BEGIN SOLUTION
    return p.prod()
    ### END SOLUTION


def log_likelihood(p):
    """The natural logarithm of the likelihood, also where the likelihood itself underflows.
    p (n,); returns a number."""
    ### BEGIN SOLUTION
    return p.log().sum()
    ### END SOLUTION


def underflow_count(p):
    """How many float32 factors p make a product that is exactly 0. p: a number in (0, 0.5];
    returns an int."""
    ### BEGIN SOLUTION
    factor, product, count = np.float32(p), np.float32(1), 0
    while product > 0:
        product, count = product * factor, count + 1
    return count
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The logarithm turns a product into a sum, but only if you take it before anything has become 0.
#
# <details><summary>Hint 2: the equation</summary>
#
# $\log \prod_i p_i = \sum_i \log p_i$. For the count: $\pi_0 = 1$, $\pi_{j+1} = \pi_j\,p$ rounded to float32; the
# answer is the first $j$ with $\pi_j = 0$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# Two one-liners. Then a `while` loop over two float32 numbers, product and factor, with a counter.
#
# </details></details></details>

# %% role="check" id="check-2.3" points=3
check("2.3")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch02 import judge_likelihood

lines = judge_likelihood(submission, "2.3", seed=challenge_seed("2.3", "probabilities"), n=12, p=0.02)
award("2.3", lines, points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-underflow"
n = np.arange(1, 61)
product = np.cumprod(np.full(60, 1 / 27, dtype=np.float32), dtype=np.float32)
alive = product > 0
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
axes[0].semilogy(n[alive], product[alive], "o", color=VERMILION, ms=4)
axes[0].axvspan(n[~alive][0], 60, facecolor="0.9", edgecolor="0.6", hatch="//")
axes[0].text(46, 1e-20, "exactly 0", ha="center", bbox={"fc": "white"})
axes[0].set(
    xlabel="number of factors 1/27", ylabel="product", xlim=(0, 60),
    title=f"Product: 0 from factor {n[~alive][0]} on",
)
axes[1].plot(n, n * np.log(1 / 27), "s", color=BLUE, ms=4)
axes[1].set(
    xlabel="number of factors 1/27",
    ylabel="sum of logarithms",
    title="Sum of logarithms: a straight line",
    xlim=(0, 60),
)
fig.suptitle("float32 loses the likelihood of 32 letters, not its logarithm")
plt.show()

# %% [markdown]
# *Figure: left, on a logarithmic axis, the product falls in a line to 1e-44 and is exactly 0, hatched, from 32 factors
# on. Right, the sum of logarithms is a straight line.*
#
# **What just happened.** Thirty-two letters, each with probability 1/27, already have likelihood 0 in float32. The
# training names below have 183,736 pairs of letters.
#
# > **Often said: “minimising probabilities is poorly conditioned, so one takes logarithms.”** One *maximises* the
# > probability of the data. The logarithm has its maximum at the same place and buys three things: no underflow; a
# > *sum* over examples, so that a few of them can stand for all; and a gradient that stays alive where the model is
# > badly wrong. Conditioning in the technical sense it does not improve:

# %% id="often-conditioning"
for p in (0.1, 0.9, 0.999999):
    change = math.log1p(1e-12) / abs(math.log(p))  # log(p(1 + ε)) - log p, relative to log p
    print(f"p = {p:<8}: a relative error in p is multiplied by {change / 1e-12:10,.1f} = 1/|log p|")

# %% [markdown]
# The third gift, in a picture. Two classes, so $p = 1/(1 + e^{-z})$ for the right one. The slopes are
#
# $$\frac{dp}{dz} = p\,(1-p) \qquad \frac{d \log p}{dz} = \frac1p \cdot p\,(1-p) = 1 - p .$$

# %% tags=["figure"] id="figure-two-slopes"
z = torch.linspace(-10, 10, 200)
p = torch.sigmoid(z)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(z, p * (1 - p), color=VERMILION, ls="--", label="slope of $p$")
ax.plot(z, 1 - p, color=BLUE, label="slope of $\\log p$")
ax.set(
    xlabel="logit of the right class",
    ylabel="slope",
    title="Where the model is badly wrong (left), only the logarithm still pulls",
)
ax.legend()
plt.show()

# %% [markdown]
# *Figure: over logits from -10 to 10, the slope of p, dashed, is a small bump around 0 and vanishes on both sides;
# the slope of log p is 1 at the left and falls to 0 at the right.*

# %% [markdown]
# ## 4 · Cross-entropy and its gradient
#
# Put the pieces together: logits $z$ of shape $(n, k)$, softmax, negative logarithm of the entry of the right class.
# For one example
#
# $$\ell_i = -\log \frac{e^{z_{i y_i}}}{\sum_l e^{z_{il}}} = \log\sum_l e^{z_{il}} - z_{i y_i} .$$
#
# The first term is the **logsumexp**. Class weights $w$ of shape $(k,)$ make some classes count more:
# $w_{y_i}\ell_i$. The **reduction** says what becomes of the $n$ losses:
#
# $$\text{none: } w_{y_i}\ell_i \qquad \text{sum: } \sum_i w_{y_i}\ell_i \qquad
# \text{mean: } \frac{\sum_i w_{y_i}\ell_i}{\sum_i w_{y_i}}$$
#
# Without weights, $w = 1$ and the mean divides by $n$.

# %% tags=["figure"] id="figure-logsumexp"
z = torch.linspace(-5, 5, 100)
fig, ax = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
ax.plot(z, torch.logaddexp(z, torch.zeros(100)), color=BLUE, lw=2, label="logsumexp of (z, 0)")
ax.plot(z, z.clamp(min=0), "--", color=VERMILION, lw=2, label="max(z, 0)")
ax.set(xlabel="z", title="logsumexp is a maximum with its corner rounded off")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the maximum of z and 0, dashed, has a corner; logsumexp lies ln 2 above it and meets it on both sides.*
#
# The mean with weights is where people slip: it divides by the weights of the examples at hand, not by $n$. A batch
# whose examples all have the same class shows it: the weight must cancel.

# %% id="weighted-mean"
z = torch.tensor([[0.5, -1.0], [2.0, 0.0], [1.0, 1.5]], dtype=torch.float64)  # (3, 2)
same = torch.tensor([0, 0, 0])
for weight in (torch.tensor([1.0, 1.0]), torch.tensor([10.0, 1.0])):
    loss = F.cross_entropy(z, same, weight=weight.double())
    print(f"weight {weight.tolist()}: mean loss {loss:.6f}")

# %% tags=["figure"] id="figure-weights"
losses, w = F.cross_entropy(z, same, reduction="none"), torch.arange(1.0, 11.0)
by_weight = [F.cross_entropy(z, same, weight=torch.tensor([v, 1.0]).double()) for v in w]
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
ax.plot(w, w * losses.mean(), "s--", color=VERMILION, label="divided by n: wrong")
ax.plot(w, by_weight, "o-", color=BLUE, label="divided by the sum of the weights")
ax.set(xlabel="weight of the only class in the batch", ylabel="mean loss")
ax.set_title("A mean over one class cannot depend on that class's weight")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: mean loss over weights 1 to 10. Divided by n it rises in a line from 0.4 to 4.4; divided by the sum of the weights
# it stays at 0.4.*

# %% [markdown] id="exercise-2.4"
# ### 2.4 Cross-entropy, and its gradient by hand
#
# ●●● hard · about 22 minutes · 5 points
#
# First the loss, stable for large logits. Then take a pencil: what is $\partial \ell_i/\partial z_{ij}$? You need the
# derivative of a logarithm, of a sum of exponentials, and of $-z_{i y_i}$. Write the gradient of
# the reduced loss with respect to the logits, always $(n, k)$. For reduction "none", row $i$ is the gradient of loss
# $i$.
#
# No autograd and no ready-made loss in your answer; `torch.logsumexp`, `torch.softmax` and `F.one_hot` are fine.


# %% role="answer" id="answer-2.4"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    """The loss. logits (n, k), targets int64 (n,), weight (k,) or None;
    a number, or (n,) for reduction "none"."""
    ### BEGIN SOLUTION
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]  # (n,)
    right = logits.gather(1, targets[:, None]).squeeze(1)  # (n,), the logit of the right class
    losses = w * (logits.logsumexp(1) - right)
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()
    ### END SOLUTION


def dlogits(logits, targets, weight=None, reduction="mean"):
    """The gradient of `cross_entropy` with respect to the logits, (n, k).
    reduction: "none", "sum" or "mean"."""
    ### BEGIN SOLUTION
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]  # (n,)
    error = torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1])  # predicted minus observed
    gradient = w[:, None] * error
    return gradient / w.sum() if reduction == "mean" else gradient
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Each row is by itself: $\ell_i$ depends on row $i$ of the logits only. Do one row without weights first, then
# multiply by what the reduction and the weights do to $\ell_i$.
#
# <details><summary>Hint 2: the equations</summary>
#
# $\dfrac{\partial}{\partial z_j}\log\sum_l e^{z_l} = \dfrac{e^{z_j}}{\sum_l e^{z_l}}$, which you have met before, and
# $\dfrac{\partial z_y}{\partial z_j} = [j = y]$, which is 1 if $j = y$ and 0 otherwise.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `weight[targets]` has shape $(n,)$: one factor for each row. Give it an axis, $(n, 1)$, to multiply an $(n, k)$
# matrix. Picking one entry of each row: `logits[range(n), targets]` or `gather`. At the end, one `if` on the
# reduction.
#
# </details></details></details>

# %% role="check" id="check-2.4" points=5
check("2.4")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch02 import judge_cross_entropy

lines = judge_cross_entropy(submission, "2.4", seed=challenge_seed("2.4", "wide"), n=4, k=11)
lines += judge_cross_entropy(submission, "2.4", seed=challenge_seed("2.4", "tall"), n=17, k=2)
award("2.4", lines, points=5)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-dlogits"
z = 2 * torch.randn(4, 6, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
z.requires_grad_()
targets = torch.tensor([1, 4, 0, 3])
(by_torch,) = torch.autograd.grad(F.cross_entropy(z, targets), z)  # (4, 6)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
image = ax.imshow(by_torch, cmap="PuOr", vmin=-0.45, vmax=0.45)
for i in range(4):
    for j in range(6):
        ax.text(j, i, f"{by_torch[i, j]:+.2f}", ha="center", va="center",
            weight="bold" if j == targets[i] else None)
ax.set(
    xlabel="class $j$",
    ylabel="example $i$",
    yticks=range(4),
    title="One negative entry in each row; each row adds up to 0",
)
ax.grid(False)
fig.colorbar(image, label="gradient of the mean loss")
plt.show()

# %% [markdown]
# *Figure: a 4 by 6 table of gradients with colours. Each row has one negative entry in bold, at the right class; the
# other entries are small and positive, and balance it.*
#
# **What just happened.** The gradient is *predicted minus observed*, scaled as the loss is scaled. A step against it
# lifts the right logit and lowers the others, each in proportion to the probability it wrongly holds. Softmax and
# logarithm are harmless only together: the $1/p$ of one cancels the $p$ of the other, on paper and not in floating
# point.

# %% [markdown]
# ## 5 · A model whose best loss is known
#
# Now real data: first names, letter by letter. The model knows one letter and predicts the next. A dot marks start and
# end, so `emma` gives five pairs (a pair of neighbours is called a **bigram**). The split is by distinct name.

# %% role="locked" id="names"
letters = ".abcdefghijklmnopqrstuvwxyz"
stoi = {letter: i for i, letter in enumerate(letters)}
train_names, dev_names, test_names = split_names(read_names())
print(f"{len(train_names):,} names to train, {len(dev_names):,} for dev, {len(test_names):,} to test")
print("pairs of emma:", [f"{first}{second}" for first, second in zip(".emma", "emma.")])

# %% tags=["figure"] id="figure-two-names"
#         .  a  e  m  n   the second letter
table = [[0, 1, 1, 0, 0],  # .
         [2, 0, 0, 0, 1],  # a
         [0, 0, 0, 1, 0],  # e
         [0, 1, 0, 1, 0],  # m
         [0, 1, 0, 0, 1]]  # n  # fmt: skip
fig, ax = plt.subplots(figsize=(4.2, 3.4), layout="constrained")
show_matrix(ax, table, "emma, anna: only the pair a. occurs twice", rows=list(".aemn"))
ax.set(xlabel="second letter", ylabel="first letter")
plt.show()

# %% [markdown]
# *Figure: a table with rows and columns ., a, e, m, n. The pair "a." stands in it twice, eight others once, all
# others 0.*
#
# The model is a table $P$ of shape $(27, 27)$: row $i$ is a distribution over the letters that follow letter $i$. With
# counts $N_{ij}$ of the pairs, the mean negative log-likelihood is
#
# $$L(P) = -\frac{1}{\sum_{ij} N_{ij}} \sum_{i,j} N_{ij} \log P_{ij} .$$
#
# Which $P$ makes it smallest? Take one row with two letters, seen 3 times and once:

# %% tags=["figure"] id="figure-one-row"
p = np.linspace(0.01, 0.99, 400)
loss = -(3 * np.log(p) + 1 * np.log(1 - p)) / 4
fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(p, loss, color=BLUE)
ax.plot(p[loss.argmin()], loss.min(), "o", color=VERMILION)
ax.annotate(
    f"lowest at p = {p[loss.argmin()]:.2f}",
    (p[loss.argmin()], loss.min()),
    xytext=(0, 25),
    textcoords="offset points",
    ha="center",
)
ax.set(
    xlabel="probability of the letter seen 3 times of 4",
    ylabel="mean NLL (nats)",
    title="The best probability is the observed share",
)
plt.show()

# %% [markdown]
# *Figure: a bowl-shaped curve over p between 0 and 1, lowest at p = 0.75.*
#
# Setting the derivative $-3/(4p) + 1/(4(1-p))$ to zero gives $p = 3/4$. The same holds for any row: the minimum is
# at the observed shares, $P_{ij} = N_{ij} / \sum_l N_{il}$. This loss has a **closed-form optimum**.

# %% [markdown] id="exercise-2.5"
# ### 2.5 From counts to probabilities
#
# ●●○ medium · about 10 minutes · 3 points
#
# Count the pairs of a list of names (`stoi` gives a letter's row), turn counts into the best $P$, and compute the
# loss of any $P$. Some pairs never occur. Their cells must not spoil the loss: as $p \to 0$, $N \log p$ with $N = 0$
# contributes nothing.
#
# Counts and probabilities are float64. For `probabilities` and `mean_loss` the tables may have any size $(k, k)$.


# %% role="answer" id="answer-2.5"
def count_bigrams(names):
    """How often each pair occurs, dots included. names: list of str.
    Returns float64 (27, 27), row = first letter."""
    ### BEGIN SOLUTION
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table
    ### END SOLUTION


def probabilities(counts):
    """The table with the smallest loss: each row adds up to 1. counts (k, k), no row is all zeros;
    returns (k, k)."""
    ### BEGIN SOLUTION
    return counts / counts.sum(1, keepdim=True)
    ### END SOLUTION


def mean_loss(counts, P):
    """The mean over all counted pairs of -log P[first, second]. counts, P (k, k); returns a number."""
    ### BEGIN SOLUTION
    seen = counts > 0  # elsewhere 0 * log 0 would be NaN
    return -(counts[seen] * P[seen].log()).sum() / counts.sum()
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Write the name with a dot on each side. Neighbours are what you get by zipping it with itself, shifted by one.
#
# <details><summary>Hint 2: the equations</summary>
#
# $P_{ij} = N_{ij}/\sum_l N_{il}$, and the sum in $L(P)$ runs over the cells with $N_{ij} > 0$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# Two nested loops and one `+=`. A division with a kept axis. For the loss, a mask of the cells with a count, or a torch
# function whose name begins with `xlog`, which defines $0 \cdot \log 0 = 0$.
#
# </details></details></details>

# %% role="check" id="check-2.5" points=3
check("2.5")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch02 import judge_bigrams

names = ["zoe", "otto", "li", "otto", "aaron", "x", "maximilian"]
lines = judge_bigrams(submission, "2.5", seed=challenge_seed("2.5", "tables"), k=9, names=names)
award("2.5", lines, points=3)
### END HIDDEN TESTS

# %% [markdown]
# From here on `counts` is the table for all training names and `P` its closed-form optimum, given, so that nothing
# below depends on your answer.

# %% role="locked" id="counts"
from grader.check.exercises.ch02_training import train_counts

counts = train_counts()  # float64 (27, 27)
P = F.normalize(counts, p=1, dim=1)  # (27, 27)
row_share = F.normalize(counts.sum(1), p=1, dim=0)  # (27,), how often each letter comes first
optimum = (row_share * torch.special.entr(P).sum(1)).sum().item()  # entr(p) is -p log p, and 0 at 0
zeros = int((counts == 0).sum())
print(f"{int(counts.sum()):,} pairs, {zeros} of 729 cells are zero, optimum {optimum:.6f} nats")

# %% tags=["figure"] id="figure-bigrams"
fig, ax = plt.subplots(figsize=(6, 5.2), layout="constrained")
image = ax.imshow(torch.where(counts > 0, P, torch.nan), vmin=0, vmax=0.4)
ax.set_facecolor("white")
ax.set(xticks=range(27), yticks=range(27), xticklabels=letters, yticklabels=letters)
ax.set(xlabel="second letter", ylabel="first letter",
    title="Each row is a distribution; white cells never occur")
ax.grid(False)
fig.colorbar(image, label="probability of the second letter, given the first")
plt.show()

# %% [markdown]
# *Figure: a 27 by 27 heat map. Bright cells: u after q, a after j and after m, a dot after n. About a seventh of the
# cells, such as q followed by most letters, are white.*
#
# How good is it? A number alone says little. Compare three models that know more and more:

# %% tags=["figure"] id="figure-three-models"
second = F.normalize(counts.sum(0), p=1, dim=0)  # (27,), how often each letter comes second
values = {
    "all letters alike": math.log(27),
    "letter frequencies": torch.special.entr(second).sum().item(),
    "pairs": optimum,
}
fig, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
bars = ax.barh(list(values), list(values.values()), color=[ORANGE, GREEN, BLUE], edgecolor="black")
ax.bar_label(bars, fmt="%.4f", padding=4)
ax.set(
    xlabel="mean NLL on the training pairs (nats)",
    xlim=(0, 3.9),
    title="Frequencies save 0.47 nats, one letter of context another 0.37",
)
ax.invert_yaxis()
plt.show()

# %% [markdown]
# *Figure: three horizontal bars. All letters alike 3.2958, letter frequencies 2.8236, pairs 2.4546.*
#
# **What just happened.** Counting solved a learning problem exactly. No model that sees one letter can do better than
# 2.4546 on these pairs. The optimum is the *conditional entropy* of the second letter given the first: what remains
# uncertain after the best possible prediction.

# %% tags=["figure"] id="figure-surprise"
fig, axes = plt.subplots(1, 3, figsize=(11, 2.8), sharey=True, layout="constrained")
for ax, name in zip(axes, ["anna", "quinn", "xavier"]):
    pairs = [f"{first}{second}" for first, second in zip(f".{name}", f"{name}.")]
    costs = [-P[stoi[pair[0]], stoi[pair[1]]].log().item() for pair in pairs]
    ax.bar(range(len(pairs)), costs, color=BLUE, edgecolor="black")
    ax.axhline(np.mean(costs), color=VERMILION, ls="--")
    ax.set(title=f"{name}: mean {np.mean(costs):.2f}", xticks=range(len(pairs)), xticklabels=pairs)
axes[0].set_ylabel("$-\\log P$ (nats)")
fig.suptitle("Pair by pair: common pairs cost little, rare ones much; the loss is their mean")
plt.show()

# %% [markdown]
# *Figure: bars for the pairs of three names, a dashed line at each mean. anna costs little throughout. In quinn the pair
# “.q” is dear and “qu” nearly free. In xavier “.x” and “av” cost most.*

# %% [markdown]
# ## 6 · The same model, trained
#
# Pretend not to know the answer. Give the model free logits $W$, $(27, 27)$, and let row $i$ go through a softmax:
#
# $$\underset{(n,\,27)}{\text{logits}} = \underset{(n,\,27)}{\text{onehot}(x)}\;\underset{(27,\,27)}{W} \qquad
# \text{so the logits of an example with first letter } i \text{ are row } W_i .$$
#
# That is a one-layer network: multiplying by a one-hot row picks a row. All examples with the same first letter share
# their logits, so the whole data set fits into its counts.

# %% tags=["figure"] id="figure-one-hot"
small, first = torch.arange(12.0).view(3, 4), torch.tensor([2, 0, 2])
fig, axes = plt.subplots(1, 3, figsize=(9, 2.5), layout="constrained", width_ratios=[3, 4, 4])
show_matrix(axes[0], F.one_hot(first, 3), "onehot of 2, 0, 2")
show_matrix(axes[1], small, "times W")
show_matrix(axes[2], F.one_hot(first, 3).float() @ small, "= rows 2, 0, 2 of W, or W[first]")
fig.suptitle("Multiplying by a one-hot row picks a row")
plt.show()

# %% [markdown]
# *Figure: three small matrices. The first has a single 1 in each row, at 2, 0 and 2; the second holds 0 to 11 in three
# rows; their product has rows 2, 0 and 2 of the second.*

# %% [markdown] id="exercise-2.6"
# ### 2.6 Gradient descent on the counts
#
# ●●● hard · about 20 minutes · 4 points
#
# With $S = \operatorname{softmax}(W)$ row by row, $M = \sum_{ij} N_{ij}$ pairs and $n_i = \sum_j N_{ij}$:
#
# $$L(W) = -\frac1M \sum_{i,j} N_{ij} \log S_{ij} \qquad
# \frac{\partial L}{\partial W_{ij}} = \;?$$
#
# From exercise 2.4: each of the $n_i$ pairs that begin with letter $i$ adds its own $(p - y)/M$ to row $i$. Add them
# up on paper. Then write the descent from any start, and find a `learning_rate` that brings the loss within 0.01 of
# the optimum in 300 steps from zeros. Tables may have any size $(k, k)$.


# %% role="answer" id="answer-2.6-a"
def loss_and_gradient(W, counts):
    """(loss, dW): the mean NLL, a number, and its gradient (k, k). W, counts float64 (k, k)."""
    ### BEGIN SOLUTION
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    loss = -(counts * log_s).sum() / total
    # n_i pairs with first letter i, spread by the model
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return loss, (predicted - counts) / total
    ### END SOLUTION


def descend(W, counts, learning_rate, steps):
    """The parameters (k, k) after `steps` steps of gradient descent from W,
    which itself stays as it is."""
    ### BEGIN SOLUTION
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return W
    ### END SOLUTION


# %% [markdown]
# Try a few rates, each ten times the one before, and then refine. A rate of 1, a common default, is far too small
# here: a row's gradient is divided by all pairs, of which most begin with other letters.

# %% role="answer" id="answer-2.6-b"
# learning_rate: a number. After 300 steps from zeros the loss is less than 0.01 above `optimum`
learning_rate = None
### BEGIN SOLUTION
for rate in (1, 10, 50, 100):
    loss, _ = loss_and_gradient(descend(torch.zeros(27, 27).double(), counts, rate, 300), counts)
    print(f"rate {rate:>3}: {loss - optimum:.4f} above the optimum")
learning_rate = 50  # 100 does not settle
### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Everything in the gradient is a count divided by $M$: the number of times the model *expects* the pair, minus the
# number of times it *occurred*.
#
# <details><summary>Hint 2: the equation</summary>
#
# The $n_i$ pairs of row $i$ all have the same $p$, namely $S_i$. Their one-hot vectors add up to a row that you know.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# Row sums with a kept axis, $(k, 1)$, times $S$, $(k, k)$; one subtraction; one division. `torch.log_softmax` gives the
# logarithms without trouble. In the loop: call the first function, then one line of update.
#
# </details></details></details>

# %% role="check" id="check-2.6" points=4
check("2.6")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch02 import judge_regression

lines = judge_regression(submission, "2.6", seed=challenge_seed("2.6", "small table"), k=3)
lines += judge_regression(submission, "2.6", seed=challenge_seed("2.6", "large table"), k=8)
award("2.6", lines[:3] + lines[4:], points=4)
### END HIDDEN TESTS

# %% tags=["figure", "nbval-ignore-output"] id="figure-training"
marks = [t for t in (0, 1, 2, 5, 10, 20, 50, 100, 150, 200, 250, 300) if t <= steps(full=300, quick=5)]
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
ax.set(xlabel="step", ylabel="loss above the optimum (nats)", yscale="log", ylim=(3e-3, 1))
for rate, style, color in ((5, "o-", BLUE), (50, "s--", VERMILION), (100, "^:", GREEN)):
    W, gaps = torch.zeros(27, 27, dtype=torch.float64), []
    for before, now in zip([0, *marks], marks):
        W = descend(W, counts, rate, now - before)
        if W is None:
            break  # exercise 2.6 is not done yet
        gaps.append(loss_and_gradient(W, counts)[0] - optimum)
    ax.plot(marks[: len(gaps)], gaps, style, color=color, label=f"rate {rate}")
ax.axhline(0.01, color="black", lw=1)
ax.set_title("Rate 50 gets there; 5 is slow, 100 does not settle")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: three curves of the gap to the optimum over 300 steps, on a logarithmic axis. Rate 5 ends at 0.06; rate 50
# crosses the line at 0.01 half way; rate 100 jumps about between 0.03 and 0.06.*
#
# **What just happened.** Descent by your own gradient found what counting gave. Almost: the gap of rate 50
# never closes. Why?

# %% tags=["figure", "nbval-ignore-output"] id="figure-never-attained"
marks = [t for t in (1, 3, 10, 30, 100, 300, 1000, 3000) if t <= steps(full=3000, quick=10)]
W, unseen, gaps = torch.zeros(27, 27, dtype=torch.float64), [], []
for before, now in zip([0, *marks], marks):
    W = descend(W, counts, 50, now - before)
    if W is None:
        break  # exercise 2.6 is not done yet
    unseen.append(W[counts == 0].mean())
    gaps.append(loss_and_gradient(W, counts)[0] - optimum)
fig, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
axes[0].semilogx(marks[: len(unseen)], unseen, "o-", color=VERMILION)
axes[0].set(xlabel="step", ylabel="mean logit of unseen pairs",
    title="The logits of unseen pairs keep falling")
axes[1].loglog(marks[: len(gaps)], gaps, "s-", color=BLUE)
axes[1].set(xlabel="step", ylabel="loss above the optimum", title="The gap shrinks and never closes")
plt.show()

# %% [markdown]
# *Figure: left, over 1 to 3,000 steps on a logarithmic axis, the mean logit of unseen pairs falls ever further. Right,
# on two logarithmic axes, the gap falls in nearly a straight line from 0.6 to below 0.001.*
#
# The best $P$ has zeros where a pair never occurs. A softmax of finite logits is never zero: those logits would have to
# reach $-\infty$. The optimum is an **infimum**, approached and not attained. That is as well: four pairs of the dev
# names never occur in training, and a model that gives them probability 0 has infinite loss there.

# %% id="dev-infinite"
text = "." + ".".join(dev_names) + "."
pairs = [first + second for first, second in zip(text, text[1:])]
never = set(pairs) - {letters[i] + letters[j] for i, j in counts.nonzero().tolist()}
print(f"{len(pairs):,} dev pairs; these never occur in training: {sorted(never)}")

# %% [markdown]
# A model of letters can also speak: draw a letter from row `.`, then one from that letter's row, until the dot comes
# back.


# %% id="sample" tags=["nbval-ignore-output"]
def draw_name(table, g):
    """Letters drawn from the rows of `table`, (27, 27), until the dot comes back; g: a generator."""
    name, letter = "", 0
    while letter or not name:
        letter = torch.multinomial(table[letter], 1, generator=g).item()
        name += letters[letter]
    return name[:-1]


g = torch.Generator().manual_seed(2147483647)
print(*[draw_name(P, g) or "(empty)" for _ in range(8)], sep="  ")

# %% tags=["figure", "nbval-ignore-output"] id="figure-drawn"
costs = -(counts + 1).div((counts + 1).sum(1, keepdim=True)).log()  # + 1: no pair is impossible
cost = lambda name: np.mean([costs[stoi[i], stoi[j]].item() for i, j in zip(f".{name}", f"{name}.")])
alike, g = torch.full((27, 27), 1 / 27), torch.Generator().manual_seed(5)
groups = {"real names (dev)": dev_names[:500], "drawn from P": [draw_name(P, g) for _ in range(500)]}
groups["all letters alike"] = [draw_name(alike, g) for _ in range(500)]
fig, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
for (label, group), style, color in zip(groups.items(), ("-", "--", ":"), (BLUE, VERMILION, GREEN)):
    bins = np.arange(1.2, 6.4, 0.2)
    ax.hist([cost(name) for name in group], bins, histtype="step", ls=style, color=color, lw=2,
        label=label)
ax.set(xlabel="mean $-\\log P$ of a name's pairs (nats)", ylabel="names")
ax.set_title("The model finds its own names about as likely as real ones")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: three histograms of the cost of 500 names each. Those of real names and of names drawn from P overlap, around
# 2.4, the second a little wider; strings in which all letters are alike lie apart, around 5.*
#
# They are pronounceable at best, yet the model hardly tells them from real ones. One letter of context is little; chapters 04 and 05 train a network that sees three.

# %% [markdown]
# ## 7 · How large may a step be?
#
# Near a minimum every smooth loss looks like a quadratic, $f(x) = \tfrac12 \lambda x^2$ in one dimension. There descent
# can be followed with a pencil:
#
# $$x_{t+1} = x_t - \eta\,\lambda x_t = (1 - \eta\lambda)\,x_t .$$
#
# Each step multiplies by the same factor. It converges if and only if $|1 - \eta\lambda| < 1$, that is
# $0 < \eta < 2/\lambda$.

# %% tags=["figure"] id="figure-factors"
x = np.linspace(-2.2, 2.2, 100)
fig, axes = plt.subplots(1, 4, figsize=(11, 2.7), sharey=True, layout="constrained")
names = ("creeps", "fast", "zigzags, arrives", "diverges")
for ax, rate, name in zip(axes, (0.1, 0.9, 1.85, 2.1), names):
    points = 1.5 * (1 - rate) ** np.arange(9)
    ax.plot(x, x**2 / 2, color=BLUE)
    ax.plot(points, points**2 / 2, "o--", color=VERMILION, ms=4, lw=1)
    ax.set(title=f"$\\eta\\lambda$ = {rate}: {name}", xlabel="$x$", xlim=(-2.2, 2.2), ylim=(-0.1, 2.5))
axes[0].set_ylabel("$f(x)$")
fig.suptitle("The factor $1 - \\eta\\lambda$ decides")
plt.show()

# %% [markdown]
# *Figure: four parabolas with eight steps from x = 1.5. With product 0.1 the points creep down one side; with 0.9
# they reach the bottom at once; with 1.85 they jump from side to side and close in; with 2.1 they climb out.*
#
# In more dimensions $f(x) = \tfrac12 x^{\mathsf T} H x$ with a symmetric matrix $H$, $(k, k)$, and the gradient is
# $Hx$. An **eigenvector** of $H$ is only stretched, $Hv = \lambda v$, by its **eigenvalue**; a symmetric $H$ has $k$
# of them at right angles. Along each the one-dimensional rule holds with its $\lambda$. All of them must converge, so
#
# $$0 < \eta < \frac{2}{\lambda_{\max}} .$$
#
# **Power iteration** finds $\lambda_{\max}$ of a positive definite $H$: multiply any vector by $H$ again and again.
# The part along the top eigenvector grows fastest and soon is all that is left.

# %% tags=["figure"] id="figure-power"
H = torch.tensor([[2.0, 1.2], [1.2, 1.0]])
start = torch.tensor([-0.4, 1.0])
fig, ax = plt.subplots(figsize=(5, 4), layout="constrained")
for t in range(5):
    v = F.normalize(torch.linalg.matrix_power(H, t) @ start, dim=0)
    arrow = {"arrowstyle": "->", "color": BLUE, "lw": 1 + 0.5 * t}
    ax.annotate("", v.tolist(), (0, 0), arrowprops=arrow)
    if t < 2:
        ax.text(*(1.08 * v).tolist(), f"$v_{t}$", ha="center")
ax.text(0.85, 0.38, "$v_2, v_3, v_4$")
top = torch.linalg.eigh(H).eigenvectors[:, 1]
ax.plot(*torch.stack([-1.2 * top, 1.2 * top]).T, "--", color=VERMILION, label="top eigenvector")
ax.set(xlim=(-0.7, 1.3), ylim=(-0.7, 1.3), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
ax.set(xticks=[-0.5, 0, 0.5, 1], yticks=[-0.5, 0, 0.5, 1])
ax.set_title("Each product with $H$ turns $v$ to the top eigenvector")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# *Figure: five arrows of length 1 from the origin. The first points up and left; each next one is turned towards a
# dashed line, the top eigenvector, and the last lies on it.*

# %% [markdown] id="exercise-2.7"
# ### 2.7 The threshold of divergence
#
# ●●○ medium · about 14 minutes · 3 points
#
# $$v \leftarrow \frac{Hv}{\lVert Hv\rVert} \qquad \lambda \approx v^{\mathsf T} H v \qquad
# x_{t+1} = x_t - \eta\,H x_t$$
#
# $H$ is symmetric and positive definite. Write the iteration, the threshold it predicts, and the path of gradient
# descent, with which you can try the prediction. No ready-made eigenvalues here. Where should $v$ start? A start that
# is orthogonal to the top eigenvector never finds it.


# %% role="answer" id="answer-2.7"
def power_iteration(H, steps=500):
    """The largest eigenvalue of a symmetric positive definite H, float64 (k, k); returns a number."""
    ### BEGIN SOLUTION
    g = torch.Generator().manual_seed(0)
    v = torch.randn(len(H), generator=g, dtype=H.dtype)  # orthogonal to nothing
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return v @ H @ v
    ### END SOLUTION


def divergence_threshold(H):
    """The learning rate above which gradient descent on ½ xᵀHx diverges; returns a number."""
    ### BEGIN SOLUTION
    return 2 / power_iteration(H)
    ### END SOLUTION


def quadratic_path(H, x0, learning_rate, steps):
    """The points of gradient descent on ½ xᵀHx, the start first. x0 (k,); returns (steps + 1, k)."""
    ### BEGIN SOLUTION
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# A random direction has some part along every eigenvector. Without the division by the norm the entries would grow like
# $\lambda_{\max}^t$ and overflow.
#
# <details><summary>Hint 2: the equation</summary>
#
# The steepest direction decides: solve $1 - \eta\lambda_{\max} = -1$ for $\eta$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# A loop of two lines, product and division, and $v^{\mathsf T}Hv$ after it. For the path: a list that begins with
# `x0`, a loop that appends a new tensor, `torch.stack` at the end.
#
# </details></details></details>

# %% role="check" id="check-2.7" points=3
check("2.7")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch02 import judge_quadratic

lines = judge_quadratic(submission, "2.7", seed=challenge_seed("2.7", "matrix"), k=7)
award("2.7", lines, points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-contours"
H = torch.diag(torch.tensor([1.0, 10.0], dtype=torch.float64))  # threshold 2/10
grid = np.linspace(-5.5, 5.5, 80)
X, Y = np.meshgrid(grid, grid / 2.2)
fig, axes = plt.subplots(1, 3, figsize=(11, 3), sharey=True, layout="constrained")
for ax, rate in zip(axes, (0.05, 0.19, 0.205)):
    factors = 1 - rate * H.diagonal().numpy()
    points = np.array([-5.0, 1.2]) * factors ** np.arange(15)[:, None]  # (15, 2)
    ax.contour(X, Y, X**2 / 2 + 5 * Y**2, levels=[1, 4, 9, 16, 25], cmap="cividis", linewidths=0.8)
    ax.plot(*points.T, "o-", color=VERMILION, ms=3, lw=1)
    ax.set(title=f"$\\eta$ = {rate}", xlabel="$x_1$", ylim=(-2.5, 2.5))
    ax.grid(False)
axes[0].set_ylabel("$x_2$")
fig.suptitle("Threshold 0.2: below it the path arrives, above it the steep direction swings out")
plt.show()

# %% [markdown]
# *Figure: contours of a long valley with three paths of 14 steps. Rate 0.05: down into the valley, then slowly along
# it. Rate 0.19: zigzag across the valley that dies out. Rate 0.205: a zigzag that widens.*
#
# **What just happened.** The steep direction sets the limit, and the flat one then sets the pace. Their ratio
# $\lambda_{\max}/\lambda_{\min}$, the **condition number**, says how bad the compromise is. In such a valley the
# negative gradient points mostly across, not to the minimum.

# %% [markdown]
# Does this explain why rate 50 worked in exercise 2.6 and 100 did not? Row $i$ of that loss has the second
# derivatives $n_i/M \cdot (\operatorname{diag}(p) - p\,p^{\mathsf T})$, a $27 \times 27$ matrix, with $p$ the row of
# $P$ at the optimum. The rows do not interact. So the prediction is:

# %% id="predict-74"
curvature = [share * (torch.diag(p) - torch.outer(p, p)) for share, p in zip(row_share, P)]
largest = torch.stack([torch.linalg.eigvalsh(H_row)[-1] for H_row in curvature])  # (27,)
print(f"steepest row: after '{letters[largest.argmax()]}', largest eigenvalue {largest.max():.5f}")
print(f"predicted threshold: {2 / largest.max():.1f}")

# %% tags=["figure", "nbval-ignore-output"] id="figure-sweep"
rates = [10, 20, 30, 40, 50, 60, 65, 70, 75, 80, 85, 90, 100, 120]
start, count = torch.zeros(27, 27, dtype=torch.float64), steps(full=300, quick=2)
ends = [descend(start, counts, rate, count) for rate in rates]
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
if ends[0] is not None:  # exercise 2.6 is done
    ax.semilogy(rates, [loss_and_gradient(W, counts)[0] - optimum for W in ends], "o-", color=BLUE)
ax.axvline(2 / largest.max(), color=VERMILION, ls="--",
    label=f"predicted threshold {2 / largest.max():.1f}")
ax.axhline(0.01, color="black", lw=1, label="within 0.01")
ax.set(
    xlabel="learning rate",
    ylabel="gap after 300 steps (nats)",
    title="The curvature at the optimum predicts where training breaks",
)
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the gap after 300 steps over learning rates 10 to 120, on a logarithmic axis. It falls to 0.003 at rate 70
# and rises steeply beyond a dashed line at 74.2.*

# %% [markdown]
# ## 8 · Rates that decay
#
# So far every gradient was exact. Soon it will be an estimate from a few examples, with noise. Then no constant
# rate is right: a large one never comes to rest, a small one takes forever. Start large, and let the rate decay. Three
# common **schedules**, for step $t = 0, 1, \dots$:
#
# $$\text{step: } \eta_0\,\gamma^{\lfloor t/T \rfloor} \qquad \text{inverse: } \frac{\eta_0}{1 + t/\tau} \qquad
# \text{cosine: } \frac{\eta_0}{2}\left(1 + \cos\frac{\pi t}{T}\right)$$

# %% [markdown] id="exercise-2.8"
# ### 2.8 Three schedules
#
# ●○○ easy · about 6 minutes · 2 points
#
# Write them, for one step number at a time. In the first, $T$ is `every` and $\gamma$ is `factor`; in the
# second, $\tau$ is `half`, the step at which the rate has halved; in the third, $T$ is `total`, the step at which it
# reaches 0.


# %% role="answer" id="answer-2.8"
def step_decay(step, lr, every, factor):
    """The rate lr, multiplied by `factor` once every `every` steps."""
    ### BEGIN SOLUTION
    return lr * factor ** (step // every)
    ### END SOLUTION


def inverse_decay(step, lr, half):
    """The rate lr, halved at step `half`, and falling like 1/step later on."""
    ### BEGIN SOLUTION
    return lr / (1 + step / half)
    ### END SOLUTION


def cosine_decay(step, lr, total):
    """The rate lr at step 0, half of it at total/2, 0 at `total`, along half a cosine wave."""
    ### BEGIN SOLUTION
    return lr / 2 * (1 + math.cos(math.pi * step / total))
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Each formula is one line. Try steps 0, 1, the middle and the end by hand before you run the check.
#
# <details><summary>Hint 2: the equation</summary>
#
# $\lfloor t/T \rfloor$ counts the drops so far: 0 for $t < T$, 1 from $t = T$ on.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# Python's whole-number division `//`, a power `**`, and `math.cos`, which takes radians.
#
# </details></details></details>

# %% role="check" id="check-2.8" points=2
check("2.8")
### BEGIN HIDDEN TESTS
from grader.check.credit import award
from grader.check.exercises.ch02 import judge_schedules

lines = judge_schedules(submission, "2.8", total=63, lr=0.35)
award("2.8", lines, points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-schedules"
grid = range(100)
curves = {"step": [step_decay(t, 0.5, 25, 0.4) for t in grid],
    "inverse": [inverse_decay(t, 0.5, 20) for t in grid]}
curves["cosine"] = [cosine_decay(t, 0.5, 100) for t in grid]
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for (name, rates), style, color in zip(curves.items(), ("-", "--", ":"), (BLUE, VERMILION, GREEN)):
    if rates[0] is not None:  # else not done yet
        ax.plot(grid, rates, style, color=color, lw=2, label=name)
ax.set(xlabel="step", ylabel="learning rate", title="Three ways from large to small")
if ax.lines:
    ax.legend()
plt.show()

# %% [markdown]
# *Figure: three curves over 100 steps from 0.5. Step decay goes down in four levels; inverse decay falls fast, then
# slowly; cosine decay falls slowly, then fast, then slowly to 0.*
#
# What do they buy? Here is $f(x) = \tfrac12 x^2$ with gradients $x + \varepsilon$, $\varepsilon$ standard normal, in
# 500 runs at once. A constant rate $\eta$ ends where noise and descent balance, at $\mathbb E\,x^2 = \eta/(2 -
# \eta)$, with $\mathbb E$ the mean over all runs.

# %% tags=["figure", "nbval-ignore-output"] id="figure-noise-floor"
rules = {
    "constant 0.5": lambda t: 0.5,
    "constant 0.02": lambda t: 0.02,
    "your inverse decay": lambda t: inverse_decay(t, 0.5, 20),
}
count = steps(full=400, quick=10)
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
for (name, rule), style, color in zip(rules.items(), (":", "--", "-"), (ORANGE, BLUE, VERMILION)):
    if rule(0) is None:
        continue  # exercise 2.8 is not done yet
    g, x, squares = torch.Generator().manual_seed(8), torch.full((500,), 3.0), []
    for t in range(count):
        x = x - rule(t) * (x + torch.randn(500, generator=g))
        squares.append((x**2).mean())
    ax.loglog(range(1, count + 1), squares, style, color=color, lw=2, label=name)
ax.axhline(0.5 / 1.5, color="black", lw=0.8, label="predicted floor of 0.5")
ax.set(xlabel="step", ylabel="mean of $x^2$",
    title="A constant rate stops at a floor; a decaying one goes below")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: mean square distance over 400 steps, both axes logarithmic. Constant 0.5 drops at once to its floor of 0.33
# and stays; constant 0.02 falls slowly to 0.01; inverse decay falls fast and ends at about the same level.*

# %% [markdown]
# ## 9 · A gradient from a few examples
#
# The loss is a mean over $N$ examples, so its gradient is a mean of $N$ **per-example gradients** $g_1, \dots, g_N$.
# A mean can be estimated from a sample. Draw a **minibatch** of $B$ indices, average their gradients, and step:
#
# $$\hat g = \frac1B \sum_{b=1}^{B} g_{i_b} \qquad \bar g = \frac1N \sum_{i=1}^{N} g_i \qquad g_i, \hat g, \bar g \in \mathbb R^k .$$
#
# That is **stochastic gradient descent**, SGD. As an example, fit $y \approx w_0 + w_1 x$ to 200 points; at some $w$:

# %% role="locked" id="per-example"
g = torch.Generator().manual_seed(9)
x = torch.randn(200, generator=g, dtype=torch.float64)
y = 0.5 + 1.5 * x + torch.randn(200, generator=g, dtype=torch.float64)
features = torch.stack([torch.ones_like(x), x], 1)  # (200, 2)
w = torch.tensor([0.0, 0.5], dtype=torch.float64)
per_example = (features @ w - y)[:, None] * features  # (200, 2): row i, gradient of (w·f_i - y_i)²/2
full = per_example.mean(0)  # (2,)
print("full gradient:", [f"{entry:.4f}" for entry in full.tolist()])

# %% tags=["figure"] id="figure-per-example"
fig, ax = plt.subplots(figsize=(5.5, 4), layout="constrained")
ax.plot(*per_example.T, "o", color=BLUE, ms=3, alpha=0.5, label="gradients of single examples")
ax.plot(*full, "*", color=VERMILION, ms=16, mec="black", label="their mean, the full gradient")
ax.axhline(0, color="black", lw=0.6)
ax.axvline(0, color="black", lw=0.6)
ax.set(
    xlabel="slope along $w_0$", ylabel="slope along $w_1$",
    title="Single examples disagree; their mean is the gradient",
)
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a cloud of 200 points, one for the gradient of each example, scattered widely around a star at their mean,
# which lies to the left of and below the origin.*
#
# > **Often said: “minibatches are needed because the data do not fit into memory.”** These do, and so do many data
# > sets. The reason is mostly the cost of a step: its error falls like $1/\sqrt B$, while its price grows like $B$.

# %% id="often-memory"
pairs_in_memory = 2 * 8 * int(counts.sum())  # two int64 a pair
print(f"all training pairs: {pairs_in_memory / 1e6:.1f} MB")
for times in (1, 10, 100, 1000):
    gain = math.sqrt(times)
    print(f"B = {64 * times:>6,}: {times:>5,} times the work, {gain:4.1f} times smaller an error")

# %% [markdown]
# How good is the estimate? Let $\sigma^2 = \frac1N\sum_i \lVert g_i - \bar g\rVert^2$. Drawn **with replacement**,
# the $B$ gradients are independent, each with mean $\bar g$. So $\hat g$ is unbiased, and
#
# $$\mathbb E\,\hat g = \bar g \qquad \mathbb E\,\lVert \hat g - \bar g\rVert^2 = \frac{\sigma^2}{B} .$$
#
# **Without replacement**, as when one shuffles and cuts, it is still unbiased, and the spread is smaller: once a large
# gradient is drawn it cannot come again. At $B = N$ nothing is left to chance:
#
# $$\mathbb E\,\lVert \hat g - \bar g\rVert^2 = \frac{\sigma^2}{B} \cdot \frac{N - B}{N - 1} .$$

# %% [markdown] id="exercise-2.9"
# ### 2.9 The minibatch gradient, unbiased
#
# ●●○ medium · about 14 minutes · 3 points
#
# Write the estimate, for both ways of drawing, and the variance that the formulas predict. Draw with the `g` that is
# handed in: `torch.randint(…, generator=g)` draws with replacement, `torch.randperm(…, generator=g)` shuffles. The
# check calls your function 1,000 times and looks at mean and spread.


# %% role="answer" id="answer-2.9"
def minibatch_gradient(per_example, batch, replacement, g):
    """The mean gradient of `batch` examples drawn at random.
    per_example (N, k), replacement a bool; returns (k,)."""
    ### BEGIN SOLUTION
    n = len(per_example)
    if replacement:
        drawn = torch.randint(n, (batch,), generator=g)
    else:
        drawn = torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)
    ### END SOLUTION


def predicted_variance(per_example, batch, replacement):
    """The expected square distance of that estimate from the full gradient; returns a number."""
    ### BEGIN SOLUTION
    n = len(per_example)
    sigma2 = per_example.var(0, correction=0).sum()  # over all examples: divided by N
    return sigma2 / batch if replacement else sigma2 / batch * (n - batch) / (n - 1)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Draw indices first, then pick rows by them: a tensor of indices inside brackets.
#
# <details><summary>Hint 2: the equations</summary>
#
# They stand above the exercise. $\lVert g_i - \bar g\rVert^2$ is a sum over the $k$ coordinates, so $\sigma^2$ is the
# sum of the $k$ variances, each divided by $N$, not $N - 1$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# An `if` on `replacement`, a mean over axis 0. The variance along axis 0 with `correction=0`, summed; then the factors.
#
# </details></details></details>

# %% role="check" id="check-2.9" points=3
check("2.9")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch02 import judge_minibatch

lines = judge_minibatch(submission, "2.9", seed=challenge_seed("2.9", "gradients"), n=30, k=5)
award("2.9", lines, points=3)
### END HIDDEN TESTS


# %% id="measure-variance"
def measured(batch, replacement, trials=steps(full=400, quick=4)):
    """The mean square distance of `trials` minibatch gradients from the full one."""
    g = torch.Generator().manual_seed(batch)
    estimates = [minibatch_gradient(per_example, batch, replacement, g) for _ in range(trials)]
    return ((torch.stack(estimates) - full) ** 2).sum(1).mean().item()


done = minibatch_gradient(per_example, 1, True, torch.Generator()) is not None
done = done and predicted_variance(per_example, 1, True) is not None

# %% tags=["figure"] id="figure-batches"
fig, axes = plt.subplots(1, 3, figsize=(9, 3), sharex=True, sharey=True, layout="constrained")
for ax, batch in zip(axes, (2, 20, 100)):
    g = torch.Generator().manual_seed(batch)
    if done:
        trials = range(steps(full=200, quick=4))
        drawn = [minibatch_gradient(per_example, batch, True, g) for _ in trials]
        ax.plot(*torch.stack(drawn).T, "o", color=BLUE, ms=3, alpha=0.5)
    ax.plot(*full, "*", color=VERMILION, ms=16, mec="black")
    ax.set(title=f"B = {batch}", xlabel="slope along $w_0$")
axes[0].set_ylabel("slope along $w_1$")
fig.suptitle("Estimates lie around the full gradient (star), closer with more examples")
plt.show()

# %% [markdown]
# *Figure: three clouds of 200 estimates around the same star: wide for batches of 2, about a third as wide for 20,
# small for 100.*

# %% tags=["figure", "nbval-ignore-output"] id="figure-variance"
batches = [1, 2, 5, 10, 20, 50, 100, 150, 190]
fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
if done:
    for name, style, color in (("with", "o-", BLUE), ("without", "s--", VERMILION)):
        replacement = name == "with"
        found = [measured(B, replacement) for B in batches]
        predicted = [predicted_variance(per_example, B, replacement) for B in batches]
        ax.loglog(batches, found, style[0], color=color, label=f"{name} replacement")
        ax.loglog(batches, predicted, style[1:], color=color)
    ax.legend(title="dots measured, lines predicted")
ax.set(xlabel="batch size $B$", ylabel="mean square error")
ax.set_title("The error falls like 1/B, and faster without replacement")
plt.show()

# %% [markdown]
# *Figure: on two logarithmic axes the error over batch sizes 1 to 190, measured dots on predicted lines. With
# replacement: a straight line of slope -1. Without: the same at first, then bending down towards zero at B = 200.*
#
# **What just happened.** Unbiased means right *on average*, at any batch size. Ten times the batch costs ten times
# the work and makes the typical error only about three times smaller. A minibatch of pairs is a small table of
# counts, so your functions from exercise 2.6 train on it as they are. Early on, many cheap steps win:


# %% id="training-curve"
def training_curve(batch, rate, total):
    """[(examples looked at, loss)] along minibatch training; empty while exercise 2.6 is not done."""
    g, W, curve = torch.Generator().manual_seed(11), torch.zeros(27, 27, dtype=torch.float64), []
    for step in range(total):
        few = counts  # the full batch, or the counts of a few pairs drawn with replacement
        if batch < counts.sum():
            drawn = torch.multinomial(counts.flatten(), batch, replacement=True, generator=g)
            few = torch.bincount(drawn, minlength=729).view(27, 27).double()
        W = descend(W, few, rate / (1 + step / 500), 1)
        if W is None:
            return []
        if step < 20 or step % (total // 30) == 0:
            curve.append(((step + 1) * batch, loss_and_gradient(W, counts)[0]))
    return curve


# %% tags=["figure", "nbval-ignore-output"] id="figure-sgd"
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
for batch, rate, total, style, color in (
    (256, 20, steps(full=1500, quick=30), "-", BLUE),
    (int(counts.sum()), 50, steps(full=60, quick=30), "o--", VERMILION),
):
    if curve := training_curve(batch, rate, total):
        ax.semilogx(*zip(*curve), style, color=color, label=f"B = {batch:,}")
ax.axhline(optimum, color="black", lw=0.8, label="optimum")
ax.set(xlabel="examples looked at", ylabel="loss on all pairs (nats)")
ax.set_title("Before the full batch has made two steps, SGD is nearly done")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: loss over the number of examples looked at, logarithmic. Batches of 256 are below 2.47 after 372,000
# examples; the full batch has its first point at 183,736 and is at 2.48 after ten million.*

# %% [markdown]
# ## 10 · Where the slope is zero
#
# Descent rests where the gradient is zero. Is it a minimum then?
#
# > **Often said: “extrema occur wherever the derivative is zero.”** At a minimum inside the domain the derivative, if
# > there is one, is zero. The converse fails: $x^3$ has derivative 0 at 0 and goes on rising.

# %% tags=["figure"] id="figure-three-zeros"
x = np.linspace(-1.2, 1.2, 200)
fig, axes = plt.subplots(1, 3, figsize=(10, 2.8), sharey=True, layout="constrained")
signs = ("$x^2$: slope - then +", "$x^3$: slope + then +", "$-x^4$: slope + then -")
for ax, name, f in zip(axes, signs, (x**2, x**3, -(x**4))):
    rising = np.gradient(f, x) > 0
    ax.plot(x, np.where(rising, f, np.nan), color=BLUE, label="rising")
    ax.plot(x, np.where(rising, np.nan, f), color=VERMILION, ls="--", label="falling")
    ax.plot(0, 0, "k*", ms=11)
    ax.set(title=name, xlabel="$x$")
axes[0].set_ylabel("$f(x)$")
axes[0].legend()
fig.suptitle("Three functions with slope 0 at the star: what differs is the sign on its two sides")
plt.show()

# %% [markdown]
# *Figure: three curves with a star at the origin, falling parts dashed, rising parts solid. The first falls, then
# rises; the second rises on both sides; the third rises, then falls.*
#
# In one dimension the **sign change** of the derivative decides: from $-$ to $+$ is a minimum, from $+$ to $-$ a
# maximum, no change is neither. The second derivative is quicker where it is not zero, but $x^4$ has $f''(0) = 0$ at
# a minimum.
#
# In more dimensions the matrix of second derivatives, the **Hessian** $H$, $(k, k)$, plays that part. Along an
# eigenvector the function bends up if its eigenvalue is positive and down if negative. All positive: a minimum. All
# negative: a maximum. Both signs: a **saddle**. If one is zero and no sign disagrees, $H$ alone does not decide.

# %% tags=["figure"] id="figure-saddles"
grid = np.linspace(-1, 1, 50)
X, Y = np.meshgrid(grid, grid)
shapes = {"bowl: eigenvalues 2, 4": X**2 + 2 * Y**2, "saddle: 2, -2": X**2 - Y**2,
    "valley: 2, 0": X**2 + 0 * Y}
fig, axes = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
for ax, (name, Z) in zip(axes, shapes.items()):
    filled = ax.contourf(X, Y, Z, levels=np.linspace(-1, 2, 13), cmap="cividis", extend="max")
    ax.plot(0, 0, "*", color="white", mec="black", ms=14)
    ax.set(title=name, xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    ax.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
fig.colorbar(filled, ax=axes, label="$f$")
fig.suptitle("The signs of the eigenvalues tell the landscape around a critical point")
plt.show()

# %% [markdown]
# *Figure: three maps, dark for low and bright for high, with a star in the middle. Bowl: ellipses, brighter outwards.
# Saddle: brighter to the left and right, darker above and below. Valley: upright stripes, brighter to both sides.*

# %% [markdown] id="exercise-2.10"
# ### 2.10 Minimum, maximum, saddle
#
# ●●○ medium · about 10 minutes · 2 points
#
# First by signs: look at the derivative `df`, a function, a little to the left and to the right of `x`. Then by
# eigenvalues; `torch.linalg.eigvalsh` is allowed. Both return one of the words in quotes.
#
# Try it on paper first: which is $\begin{pmatrix}1 & 3\\ 3 & 1\end{pmatrix}$? Its diagonal is positive.


# %% role="answer" id="answer-2.10"
def classify_by_sign(df, x, h=1e-3):
    """One of "minimum", "maximum", "neither" at a zero x of the derivative df,
    from its signs at x - h and x + h."""
    ### BEGIN SOLUTION
    left, right = df(x - h), df(x + h)
    if left < 0 < right:
        return "minimum"
    return "maximum" if left > 0 > right else "neither"
    ### END SOLUTION


def classify_hessian(H):
    """One of "minimum", "maximum", "saddle", "undecided". H (k, k) symmetric;
    |eigenvalue| < 1e-9 counts as 0."""
    ### BEGIN SOLUTION
    values = torch.linalg.eigvalsh(H)
    up, down = values > 1e-9, values < -1e-9
    if up.any() and down.any():
        return "saddle"  # whatever the other eigenvalues are
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two numbers, left and right, have four combinations of signs. Which two change?
#
# <details><summary>Hint 2: the equation</summary>
#
# For a symmetric matrix, $v^{\mathsf T}Hv = \sum_i \lambda_i c_i^2$ with $c_i$ the coordinates of $v$ along the
# eigenvectors. One positive and one negative $\lambda$ are enough for both signs.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# Two masks, positive and negative eigenvalues, beyond the tolerance; then `any` and `all`. Test for the saddle first.
#
# </details></details></details>

# %% role="check" id="check-2.10" points=2
check("2.10")
### BEGIN HIDDEN TESTS
from grader.check.credit import award
from grader.check.exercises.ch02 import judge_critical

lines = judge_critical(submission, "2.10", at=-1.3, angle=1.1)
award("2.10", lines, points=2)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** Saddles are where descent idles. On $f(x, y) = \tfrac12 x^2 - \tfrac12 y^2 + \tfrac14 y^4$
# the origin is a saddle, with minima at $y = \pm 1$. Start almost on the ridge, at $(2, 10^{-4})$: the gradient
# nearly vanishes, the loss looks converged, and then it falls again.


# %% tags=["figure"] id="figure-escape"
def f(x, y):
    return x**2 / 2 - y**2 / 2 + y**4 / 4


points = [(2.0, 1e-4)]
for _ in range(80):
    x, y = points[-1]
    points.append((x - 0.2 * x, y - 0.2 * (y**3 - y)))
x, y = np.array(points).T
X, Y = np.meshgrid(np.linspace(-2.2, 2.2, 80), np.linspace(-1.5, 1.5, 80))
fig, axes = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
axes[0].contour(X, Y, f(X, Y), levels=[-0.2, -0.1, 0, 0.3, 0.8, 1.5], cmap="cividis", linewidths=0.8)
axes[0].plot(x, y, "o-", color=VERMILION, ms=3)
axes[0].set(xlabel="$x$", ylabel="$y$", title="Into the saddle, then out of it")
axes[0].grid(False)
axes[1].plot(f(x, y), color=BLUE)
axes[1].set(xlabel="step", ylabel="loss", title="A plateau is not the end")
plt.show()

# %% [markdown]
# *Figure: left, a path comes from the right along the axis to the saddle at the origin and turns up to the minimum at
# y = 1. Right, the loss falls to 0 within 10 steps, stays there for about 30, and falls again to -0.25.*

# %% [markdown] id="further"
# ### 2.11 Further: momentum
#
# ●●○ medium · about 10 minutes · no points, checked in the open
#
# A ball has inertia. A velocity $u$, $(k,)$, remembers earlier gradients; sideways swings cancel in it, and the way
# along the valley adds up ([Polyak, 1964](https://doi.org/10.1016/0041-5553(64)90137-5)):
#
# $$u_{t+1} = \beta\,u_t + H x_t \qquad x_{t+1} = x_t - \eta\,u_{t+1} \qquad u_0 = 0$$


# %% role="answer" id="answer-2.11"
def momentum_path(H, x0, learning_rate, beta, steps):
    """The points of gradient descent with momentum on ½ xᵀHx, the start first. x0 (k,);
    returns (steps + 1, k)."""
    ### BEGIN SOLUTION
    points, u = [x0], torch.zeros_like(x0)
    for _ in range(steps):
        u = beta * u + H @ points[-1]
        points.append(points[-1] - learning_rate * u)
    return torch.stack(points)
    ### END SOLUTION


# %% [markdown]
# Both lines of the update are linear in $(x, u)$, so $t$ steps are the $t$-th power of one matrix, with
# which the cell compares your path:
#
# $$\begin{pmatrix}x\\ u\end{pmatrix} \leftarrow
# \begin{pmatrix}I - \eta H & -\eta\beta I\\ H & \beta I\end{pmatrix}\begin{pmatrix}x\\ u\end{pmatrix}$$

# %% id="compare-momentum"
H, x0 = torch.diag(torch.tensor([1.0, 50.0])).double(), torch.tensor([-5.0, 1.2]).double()
eye, rate, beta = torch.eye(2).double(), 0.03, 0.7
above, below = torch.cat([eye - rate * H, -rate * beta * eye], 1), torch.cat([H, beta * eye], 1)
once = torch.cat([above, below])  # (4, 4)
start = torch.cat([x0, torch.zeros(2).double()])  # (4,)
reference = torch.stack([(torch.linalg.matrix_power(once, t) @ start)[:2] for t in range(41)])  # (41, 2)
mine = momentum_path(H, x0, rate, beta, 40)
if mine is None:
    print("momentum_path: not written yet")
else:
    print("agrees:", torch.allclose(mine, reference, rtol=1e-9, atol=1e-9))

# %% tags=["figure"] id="figure-momentum"
plain = x0 * (1 - rate * H.diagonal()) ** torch.arange(41)[:, None]  # (41, 2), no momentum
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
curves = ((plain, "--", BLUE, "plain"), (reference, "-", VERMILION, "momentum 0.7"))
for points, style, color, name in curves:
    ax.semilogy(((points @ H) * points).sum(1) / 2, style, color=color, label=name)
ax.set(xlabel="step", ylabel="$f(x)$")
ax.set_title("At the same rate, momentum gets down the valley far sooner")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: loss over 40 steps on a logarithmic axis. The plain path, dashed, falls to about 1; with momentum the loss
# wiggles and ends more than a thousand times lower.*

# %% [markdown]
# ### Further: why accuracy is not a loss
#
# Two models predict the same classes, so their accuracy is the same. One is sure, the other guesses. And accuracy can
# stand still for a long time while the loss sees progress at each step.

# %% tags=["figure"] id="figure-accuracy"
right_class = torch.zeros(4, dtype=torch.int64)
direction = torch.tensor([[1, 0], [2, 0], [0.5, 0], [-1, 0]])  # (4, 2): the last one is wrong
scales = torch.linspace(0.05, 5, 60)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(scales, [F.cross_entropy(c * direction, right_class) for c in scales], color=BLUE, lw=2,
    label="cross-entropy")
wrong = [((c * direction).argmax(1) != right_class).double().mean() for c in scales]
ax.plot(scales, wrong, "--", color=VERMILION, lw=2, label="share of mistakes")
ax.set(
    xlabel="scale of the logits",
    ylabel="loss",
    ylim=(0, 1.4),
    title="The mistakes stay the same; the loss knows how sure they are",
)
ax.legend()
plt.show()

# %% [markdown]
# *Figure: over a scale of 0 to 5 the share of mistakes is flat at 0.25. The cross-entropy starts at 0.69, has a
# minimum of 0.56 near scale 1 and then rises to more than 1.*
#
# Being sure pays at first, and costs where one is wrong. Accuracy sees nothing of this.

# %% [markdown] id="recap"
# ## Recap
#
# 1. **A loss must have a slope.** The 0-1 loss is flat. Softmax and the negative log-likelihood give the gradient
#    *predicted minus observed*, which is alive wherever the model is wrong.
# 2. **Curvature limits the step.** Descent on a quadratic converges if and only if $0 < \eta < 2/\lambda_{\max}$;
#    that predicted where training on the names breaks.
# 3. **A minibatch gradient is right on average.** Its variance falls like $1/B$; decaying rates average the rest away.
#
# **Sources.** Goodfellow, Bengio & Courville, [*Deep Learning*](https://www.deeplearningbook.org), sections 4.1–4.3,
# 6.2 and 8.1–8.3, on softmax and optimisation; Nocedal & Wright, *Numerical Optimization*, chapters 2 and 3, on
# quadratics; [Robbins & Monro, 1951](https://doi.org/10.1214/aoms/1177729586), and [Bottou, Curtis & Nocedal,
# 2018](https://arxiv.org/abs/1606.04838), on stochastic gradients; Cochran, *Sampling Techniques*, chapter 2, on
# drawing with and without replacement.
#
# **Next:** [03 · Forward mode](../03_forward_mode/forward_mode.ipynb). You derived every gradient here by hand. Next,
# numbers learn to carry their own derivatives.
