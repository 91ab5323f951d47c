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
# # 06 · The leaky abstraction
#
# - **You will be able to** find and mend the failures that automatic differentiation does not report: gradients that
#   are zero, infinite, stale, or cut off.
# - **You need** autograd in torch, the chain rule, and batch norm's idea (chapter 05). Nothing is imported from there.
# - **Time:** 150 minutes, 125 of them for the twelve exercises; the last six are snippets with a leak. **Points:** 30.
# - **Where you are:** the engine is right (chapter 04), you can do its work by hand (05); here it is right, and
#   training fails all the same.

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
# Autograd computes the derivative of *the program that runs*, in the numbers that the machine has. A sigmoid never
# becomes flat. The float32 program for it does, and autograd says so faithfully: a gradient of exactly 0.

# %% tags=["figure"] id="figure-slopes"
x = torch.linspace(-105, 35, 1401, requires_grad=True)  # (1401,)
(slope_of_sigmoid,) = torch.autograd.grad(torch.sigmoid(x).sum(), x)
alive = slope_of_sigmoid > 0
x = x.detach()
plt.figure(figsize=(8, 3))
plt.semilogy(x[alive], slope_of_sigmoid[alive], color=BLUE)
for low, high in ((-105, x[alive].min()), (x[alive].max(), 35)):
    plt.axvspan(low, high, color=ORANGE, alpha=0.35, hatch="//")
    plt.text((low + high) / 2, 1e-20, "exactly\n0", ha="center")
plt.title("In float32 the sigmoid's slope ends at 16.6 on the right, at −88.7 on the left")
plt.xlabel("x")
plt.ylabel("σ′(x) by autograd, float32")
plt.show()

# %% [markdown]
# *Figure: the float32 slope of the sigmoid on a logarithmic axis, a tent with its top at 0. The left side runs down
# to 1e-38 at x = −88; the right side stops near 1e-7 at x = 16.6. Hatched beyond: the slope is exactly 0.*

# %% [markdown]
# ## 1 · Where a gradient ends
#
# Two sides of one curve, $\sigma'(-x)=\sigma'(x)$, and yet one side ends five times earlier. You will measure both
# ends, then predict them from two numbers of the floating-point format.


# %% role="locked" id="slope"
def slope(f, x, dtype=torch.float32):
    """The derivative of f at the number x, by autograd in the given dtype: a float."""
    x = torch.tensor(x, dtype=dtype, requires_grad=True)
    return torch.autograd.grad(f(x), x)[0].item()


for x in (16.0, 17.0, -88.0, -89.0):
    print(f"σ′({x:5.1f}) = {slope(torch.sigmoid, x):.3g}")

# %% [markdown]
# Floating-point numbers are dense near 0 and sparse further out: the gap from a number to the next one grows with the number. So
# where a curve is pressed against 1 matters more than where it is pressed against 0:

# %% tags=["figure"] id="figure-gaps"
numbers = np.geomspace(1e-44, 1e38, 400).astype(np.float32)
plt.figure(figsize=(8, 3))
plt.loglog(numbers, np.spacing(numbers), color=BLUE)
notes = (1e-30, "near 0: gaps of 1e-37", (45, -6)), (1.0, "at 1: a gap of 1e-7", (-150, 22))
for at, words, shift in notes:
    gap = np.spacing(np.float32(at))
    plt.plot(at, gap, "D", color=VERMILION)
    plt.annotate(words, (at, gap), shift, textcoords="offset points", arrowprops={"arrowstyle": "->"})
plt.title("Next to 1 a float32 cannot see what is smaller than 1e-7; next to 0 it can")
plt.xlabel("a float32 number")
plt.ylabel("distance to the next one")
plt.show()

# %% [markdown]
# *Figure: the distance from a float32 number to the next, on logarithmic axes. It is constant at 1e-45 up to 1e-38 and then rises
# in proportion to the number; marks at 1e-30, with a gap near 1e-37, and at 1, with a gap near 1e-7.*

# %% [markdown]
# ### 6.1 Measure the edge, then predict it
#
# ●○○ easy · about 12 minutes · 2 points
#
# `edge` finds where a slope becomes 0, by halving a bracket with one living and one dead end. `sigmoid_edges` predicts
# both edges of $\sigma(x) = 1/(1+e^{-x})$ for a format with $p$ significant bits, whose numbers end just below $2^e$:
# float32 has $p=24$, $e=128$; float64 has $p=53$, $e=1024$. The slope is computed as $\sigma(1-\sigma)$.


# %% role="answer" id="answer-6.1-a"
def edge(slope_at, alive, dead, width=1e-4):
    """Bisect: the dead end of a bracket no longer than `width`.

    slope_at: number -> number, not 0 at `alive`, 0 at `dead`; `dead` may lie on either side of `alive`.
    """
    ### BEGIN SOLUTION
    while abs(dead - alive) > width:
        middle = (alive + dead) / 2
        if slope_at(middle) == 0:
            dead = middle
        else:
            alive = middle
    return dead
    ### END SOLUTION


# %% role="answer" id="answer-6.1-b"
def sigmoid_edges(p, e):
    """(right, left): the x > 0 and the x < 0 beyond which the slope of 1 / (1 + exp(-x)) is 0."""
    ### BEGIN SOLUTION
    # right: the gap above 1 is 2^(1-p); 1 + exp(-x) rounds to 1 where exp(-x) is at most half of it
    right = p * math.log(2)
    # left: exp(-x) exceeds the largest number, 2^e, so the quotient is 1/inf = 0
    left = -e * math.log(2)
    return right, left
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# On the right something is rounded, on the left something overflows. Look at $1+e^{-x}$ in both cases.
# <details><summary>Hint 2: the equation</summary>
#
# The next number after 1 is $1+2^{1-p}$. A sum that lies at most half way rounds to 1, and then $1-\sigma = 0$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `edge`: a `while` loop on the length of the bracket; ask at the middle; move the end that answers alike.
# `sigmoid_edges`: two products with $\ln 2$.
# </details></details></details>

# %% role="check" id="check-6.1" points=2
check("6.1")
### BEGIN HIDDEN TESTS
from grader.check.credit import award
from grader.check.exercises.ch06 import judge_edges

award("6.1", judge_edges(submission, at=(-11.3, 52.9), formats=((11, 16), (8, 128))), points=2)
### END HIDDEN TESTS

# %% id="edges-table"
for f, name in ((torch.sigmoid, "sigmoid"), (torch.tanh, "tanh")):
    for dtype, bits in ((torch.float32, (24, 128)), (torch.float64, (53, 1024))):
        ends = [edge(lambda x: slope(f, x, dtype), 0.0, far) for far in (1000.0, -1000.0)]
        if ends[0] is not None:
            said = "  predicted " + "  ".join(f"{x:.2f}" for x in sigmoid_edges(*bits) or ())
            shown = said if name == "sigmoid" else ""
            print(f"{name:8}{str(dtype)[6:]}  measured {ends[0]:7.2f} {ends[1]:8.2f}{shown}")

# %% tags=["figure"] id="figure-staircase"
x = torch.linspace(13, 18, 600, dtype=torch.float64)
plt.figure(figsize=(8, 3))
for dtype, style in ((torch.float64, {"color": "0.4", "ls": "--"}), (torch.float32, {"color": BLUE})):
    leaf = x.to(dtype).clone().requires_grad_()
    (d,) = torch.autograd.grad(torch.sigmoid(leaf).sum(), leaf)
    plt.plot(x, d, label=str(dtype)[6:], **style)
plt.axvline(24 * math.log(2), color=VERMILION, ls=":", label="24 ln 2")
plt.title("Near its edge the float32 slope is a staircase; the last step is the rounding of 1 − σ")
plt.xlabel("x")
plt.ylabel("σ′(x)")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: σ′ from x = 13 to 18. The float64 curve falls smoothly; the float32 curve follows it in ever coarser steps and
# drops to 0 at 24 ln 2 = 16.6.*
#
# **What just happened.** Right edge: *precision*, $p\ln 2$, because $1+e^{-x}$ is pressed against 1, where numbers lie
# far apart. Left edge: *range*, $e\ln 2$, because near 0 numbers are dense and only an overflow ends them. The tanh is
# pressed against ±1 on both sides: 9.01 twice.
#
# > **Often said: “a saturated sigmoid approaches 1 or −1, and its gradient underflows.”** The sigmoid's limits are 0
# > and 1; tanh's are ±1, and $\sigma(x) = \tfrac12(1+\tanh\tfrac x2)$. At +16.7 nothing underflows: $e^{-16.7}$ is far
# > above the smallest float32. It is $1-\sigma$ that rounds to 0. And a unit is dead only if it is saturated on *every*
# > example: one living example brings a gradient.

# %% tags=["figure"] id="figure-no-underflow"
info = torch.finfo(torch.float32)
marks = {"smallest\nnormal number": info.smallest_normal, "exp(−16.7)": math.exp(-16.7)}
marks |= {"half a gap\nat 1": info.eps / 2, "1": 1.0}
plt.figure(figsize=(9, 2.2))
for name, at in marks.items():
    color, low, words = (VERMILION, -0.5, -1.3) if "exp" in name else (BLUE, 0, 0.9)
    plt.plot(at, low, "D", color=color, mec="0")
    plt.text(at, words, f"{name}\n{at:.1e}", ha="center", va="bottom" if low == 0 else "top")
plt.gca().set(xscale="log", xlim=(1e-43, 1e4), ylim=(-4.2, 4.8), yticks=[], xlabel="float32 number")
plt.title("exp(−16.7) is no underflow: it is just less than half a gap at 1")
plt.show()

# %% [markdown]
# *Figure: marks on a logarithmic axis. The smallest normal number stands at 1e-38, far left; exp(−16.7), 5.6e-8, next to 6.0e-8, half
# the gap of float32 at 1; then 1.*

# %% [markdown]
# ## 2 · Ten layers deep
#
# A layer multiplies the signal by its weights and its tanh squeezes it. Over ten layers a factor a little below or above
# 1 is raised to the tenth power, on the way forward and on the way back. Weights are drawn as
# $\text{gain}\cdot N(0,1)/\sqrt{\text{fan-in}}$; five gains are to be compared.

# %% role="locked" id="deep-net"
GAINS = [0.5, 1.0, 5 / 3, 3.0, 10.0]
DEPTH, WIDTH, BATCH = 10, 100, 256


def deep_net(gain, seed=6):
    """x (256, 100), ten weights (100, 100), and a cotangent (256, 100) for the last layer's output."""
    g = torch.Generator().manual_seed(seed)
    x, cotangent = (torch.randn(BATCH, WIDTH, generator=g) for _ in range(2))
    weights = [gain / WIDTH**0.5 * torch.randn(WIDTH, WIDTH, generator=g) for _ in range(DEPTH)]
    return x, weights, cotangent


# %% tags=["figure"] id="figure-histograms"
fig, axes = plt.subplots(1, 5, figsize=(12, 2.6), sharey=True)
for ax, gain in zip(axes, GAINS):
    h, weights, _ = deep_net(gain)
    for layer, weight in enumerate(weights, start=1):
        h = torch.tanh(h @ weight)
        if layer in (1, 4, 10):
            style = {1: "--", 4: "-.", 10: "-"}[layer]
            density, at = torch.histogram(h, bins=41, range=(-1, 1), density=True)
            color = {1: BLUE, 4: ORANGE, 10: "0"}[layer]
            ax.plot((at[1:] + at[:-1]) / 2, density, style, color=color, label=f"layer {layer}")
    ax.set(title=f"gain {gain:.3g}", xlabel="activation", yscale="log", ylim=(1e-2, 50))
axes[0].set_ylabel("density (log)")
axes[1].legend(loc="lower center", fontsize=8)
fig.suptitle("Small gains lose the signal, large ones press it against ±1", y=1.04)
plt.show()

# %% [markdown]
# *Figure: five panels with the distribution of activations in layers 1, 4 and 10. At gain 0.5 layer 10 is a spike at
# 0; at gain 5/3 the layers agree; at gain 10 nearly everything sits at −1 and 1.*

# %% [markdown]
# ### 6.2 Survey a network, choose its scale
#
# ●●○ medium · about 12 minutes · 2 points
#
# `survey` gives a row for each layer: the standard deviation of $h$, the share of $|h| > 0.97$, and the standard deviation
# of $\partial L/\partial h$ for $L=\sum h_{\text{last}}\odot\text{cotangent}$. `choose` returns the gain whose
# gradients are most even: smallest $\left|\ln(\text{first}/\text{last})\right|$ over the third column.


# %% role="answer" id="answer-6.2-a"
def survey(x, weights, cotangent):
    """x (n, d0), weights L of (d, d'), cotangent (n, dL) -> (L, 3), a row for each layer."""
    ### BEGIN SOLUTION
    h, hs = x.clone().requires_grad_(), []
    for weight in weights:
        h = torch.tanh(h @ weight)
        hs.append(h)
    dhs = torch.autograd.grad((h * cotangent).sum(), hs)  # one gradient for each layer's output
    rows = [[h.std(), (h.abs() > 0.97).to(h.dtype).mean(), dh.std()] for h, dh in zip(hs, dhs)]
    return torch.stack([torch.stack(row) for row in rows]).detach()
    ### END SOLUTION


# %% role="answer" id="answer-6.2-b"
def choose(gains, surveys):
    """The entry of `gains` whose survey, (L, 3), has its first and last gradients most alike."""
    ### BEGIN SOLUTION
    unevenness = [abs(math.log(table[0, 2] / table[-1, 2])) for table in surveys]
    return gains[unevenness.index(min(unevenness))]
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One forward pass that keeps every layer's output in a list; one call that asks for the gradients of all of them.
# <details><summary>Hint 2: the equation</summary>
#
# `torch.autograd.grad(loss, list)` gives the gradient for every tensor of the list, and the loss is the sum of
# $h_{\text{last}}\odot\text{cotangent}$. So the last layer's gradient is the cotangent itself.
# <details><summary>Hint 3: the shape of the code</summary>
#
# A loop that appends; one `grad`; a list of rows of three numbers; `torch.stack` or `torch.tensor`. Something must
# require a gradient, or torch records nothing.
# </details></details></details>

# %% role="check" id="check-6.2" points=2
check("6.2")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06 import judge_survey

seed = challenge_seed("6.2", "five layers")
award("6.2", judge_survey(submission, seed=seed, n=15, widths=(4, 11, 3, 8, 6, 5)), points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-gradients"
surveys = [survey(*deep_net(gain)) for gain in GAINS]
if surveys[0] is not None:
    plt.figure(figsize=(8, 3))
    for gain, table, marker in zip(GAINS, surveys, "osD^v"):
        plt.semilogy(range(1, DEPTH + 1), table[:, 2], marker=marker, color="0.6", mfc=BLUE)
        plt.text(0.8, table[0, 2], f"gain {gain:.3g}", ha="right", va="center")
    plt.gca().set(xlim=(-0.5, 10.5), xticks=range(1, 11), xlabel="layer", ylabel="std of the gradient")
    plt.title("Going back ten layers, gradients vanish at gain 0.5 and explode at gain 10")
    print("most even gain:", round(choose(GAINS, surveys) or 0, 2))
    plt.show()

# %% [markdown]
# *Figure: the gradient's standard deviation by layer, a line for each gain, all meeting at layer 10. Towards layer 1
# gain 0.5 falls to 0.002, gain 5/3 rises to 2, gain 10 to 2,000.*
#
# **What just happened.** Neither direction is safe by itself. Saturation at gain 10 does not make gradients vanish: the
# few units that are not saturated pass on weights ten times too large. The gain 5/3, usual for tanh, keeps
# both directions within a factor of about 2 here.

# %% [markdown]
# ## 3 · Dead ReLUs
#
# A ReLU with $z\le0$ passes on a gradient of 0. A unit silent on one example is normal. A unit silent on *all*
# examples gets no gradient anywhere, so no step changes its weights: it stays dead. The names model makes some.

# %% role="locked" id="names-model"
letters = ".abcdefghijklmnopqrstuvwxyz"
stoi = {letter: i for i, letter in enumerate(letters)}
train_names, _, _ = split_names(read_names())
text = "..." + "...".join(train_names[:5000]) + "..."
rows = torch.tensor([stoi[letter] for letter in text]).unfold(0, 4, 1)  # 3 letters and the next
rows = rows[(rows[:, -1] > 0) | (rows[:, -2] > 0)]  # not the windows between two names
X, Y = rows[:, :3], rows[:, 3]


def make_parameters(head, g):
    """C (27, 10), W1 (30, 64), b1 (64,), W2 (64, 27) with spread `head`, b2 (27,)."""
    C, W1, W2 = (torch.randn(*shape, generator=g) for shape in ((27, 10), (30, 64), (64, 27)))
    return [C, W1 / 30**0.5, torch.zeros(64), W2 * head, torch.zeros(27)]


# %% role="locked" id="names-training"
def hidden(parameters, X):
    """Pre-activations of the hidden layer: letters (n, 3) -> (n, 64)."""
    C, W1, b1, _, _ = parameters
    return C[X].flatten(1) @ W1 + b1


def train_names_model(parameters, act, lr, count):
    """SGD on batches of 64 names' windows; returns the parameters and the list of losses."""
    g = torch.Generator().manual_seed(4)
    parameters, losses = [p.clone().requires_grad_() for p in parameters], []
    for _ in range(count):
        ix = torch.randint(len(X), (64,), generator=g)
        loss = F.cross_entropy(act(hidden(parameters, X[ix])) @ parameters[3] + parameters[4], Y[ix])
        gradients = torch.autograd.grad(loss, parameters)
        parameters = [(p - lr * d).detach().requires_grad_() for p, d in zip(parameters, gradients)]
        losses.append(loss.item())
    return [p.detach() for p in parameters], losses


# %% tags=["figure", "nbval-ignore-output"] id="figure-dead"
g = torch.Generator().manual_seed(4)
relu_net, _ = train_names_model(make_parameters(1.0, g), torch.relu, lr=1.0, count=steps(100, 20))
z = hidden(relu_net, X[:400])  # (400, 64)
silent = (z > 0).sum(0) == 0
plt.figure(figsize=(10, 3))
plt.imshow(z[:120] > 0, aspect="auto", cmap="gray", interpolation="nearest")
at = torch.nonzero(silent)
plt.scatter(at, -4 + 0 * at, marker="v", color=VERMILION, clip_on=False)
plt.title(f"After large steps {int(silent.sum())} of 64 ReLUs are black from top to bottom", pad=16)
plt.xlabel("hidden unit (▾ never above 0 on 400 examples)")
plt.ylabel("example")
plt.grid(False)
plt.show()

# %% [markdown]
# *Figure: 120 examples by 64 units, white where a unit is active. About a third of the columns are black throughout,
# marked by triangles; other columns are mixed.*

# %% tags=["figure", "nbval-ignore-output"] id="figure-deaths"
counts = [1, 10, 20, 50, 100]
plt.figure(figsize=(8, 3))
for lr, color, style in ((0.1, BLUE, "o-"), (0.5, ORANGE, "s--"), (1.0, VERMILION, "D:")):
    start, dead = make_parameters(1.0, torch.Generator().manual_seed(4)), []
    for count in counts:
        net, _ = train_names_model(start, torch.relu, lr, steps(count, min(count, 20)))
        dead.append(64 - int((hidden(net, X[:400]) > 0).any(0).sum()))
    plt.plot(counts, dead, style, color=color, label=f"learning rate {lr}")
plt.title("Large steps kill units, small steps do not")
plt.xlabel("step")
plt.ylabel("dead units of 64")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: dead units of 64 over 100 steps. With learning rate 0.1 there are none; with 0.5 they come late and stay below ten;
# with 1.0 there are about two dozen after 50 steps.*

# %% [markdown]
# ### 6.3 Count the dead, revive them
#
# ●○○ easy · about 8 minutes · 2 points
#
# `dead_units`: which units are silent ($z\le0$) on every example. `revive`: new biases, `b` itself stays as it is. Each
# dead unit's bias is shifted so that the *median* of its $z$ over the batch becomes 0; then it fires on half of the
# examples. Living units keep their bias.


# %% role="answer" id="answer-6.3-a"
def dead_units(z):
    """z (n, m) pre-activations -> bool (m,)."""
    ### BEGIN SOLUTION
    return (z <= 0).all(dim=0)
    ### END SOLUTION


# %% role="answer" id="answer-6.3-b"
def revive(b, z, dead):
    """b (m,) biases, z (n, m) pre-activations that contain b, dead bool (m,) -> new biases (m,)."""
    ### BEGIN SOLUTION
    # the bias adds to every z of its unit, so the median moves by as much as the bias
    return torch.where(dead, b - z.median(dim=0).values, b)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Death is a statement about a whole column. A bias shifts a whole column.
# <details><summary>Hint 2: the equation</summary>
#
# $\operatorname{median}_i(z_{ij} + \delta_j) = \operatorname{median}_i(z_{ij}) + \delta_j$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# A comparison and a reduction over axis 0. Then `torch.where` with three arguments of shape (m,).
# </details></details></details>

# %% role="check" id="check-6.3" points=2
check("6.3")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06 import judge_dead

lines = judge_dead(submission, seed=challenge_seed("6.3", "one batch"), n=60, more=5)
lines += judge_dead(submission, seed=challenge_seed("6.3", "another"), n=30, more=0)
award("6.3", lines, points=2)
### END HIDDEN TESTS

# %% tags=["figure", "nbval-ignore-output"] id="figure-revived"
new_bias = revive(relu_net[2], z, silent)
if new_bias is not None:
    after = ((z - relu_net[2] + new_bias) > 0).double().mean(0)
    plt.figure(figsize=(8, 3))
    plt.bar(range(64), (z > 0).double().mean(0), color=BLUE, label="before")
    plt.bar(range(64), after * silent, color=ORANGE, hatch="//", label="revived")
    plt.legend()
    plt.title("Revived units fire on about half of the examples, and have a gradient again")
    plt.gca().set(xlabel="hidden unit", ylabel="share of examples above 0")
    plt.show()

# %% [markdown]
# *Figure: a bar for each unit with the share of examples on which it fires. Units without a bar before have a hatched
# bar of about one half after; below one half where examples with equal letters tie at the median.*
#
# **What just happened.** One example above 0 is enough to live, and $z=0$ exactly counts as silent, since torch's relu has
# slope 0 there. Reviving is first aid. Smaller steps, a better scale, or a slope on the left (leaky ReLU, GELU)
# prevent the deaths.

# %% [markdown]
# ## 4 · The hockey stick
#
# Before it has learned anything, a model should give each of 27 letters the same probability: a loss of
# $\ln 27 = 3.30$. A loss of 10 at the start means confident nonsense, and the first steps are spent on unlearning it.

# %% tags=["figure", "nbval-ignore-output"] id="figure-hockey"
plt.figure(figsize=(8, 3))
for head, color, style in ((1.0, ORANGE, "--"), (0.1, BLUE, "-")):
    g = torch.Generator().manual_seed(4)
    _, losses = train_names_model(make_parameters(head, g), torch.tanh, lr=0.1, count=steps(300, 20))
    plt.plot(losses, style, color=color, label=f"output weights × {head}: starts at {losses[0]:.1f}")
plt.axhline(math.log(27), color="0", ls=":", label="ln 27")
plt.title("The blade of the hockey stick is the cost of a loud output layer")
plt.gca().set(xlabel="step", ylabel="minibatch loss (nats)")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: two loss curves over 300 steps. With output weights of spread 1 the loss starts near 10 and falls steeply; with
# spread 0.1 it starts near ln 27 = 3.3 and stays below the other.*

# %% [markdown]
# ### 6.4 Predict the first loss, quiet the head
#
# ●●○ medium · about 12 minutes · 2 points
#
# Let the $V$ logits be independent, $N(0, s^2)$. The loss is $\ln\sum_j e^{z_j} - z_y$. Replace the sum by $V$ times the
# mean of $e^z$, a good approximation for many letters and small $s$, and `start_loss` has a closed form. Then scale a
# head: new $W_2$ so that the logits $hW_2$ have standard deviation $s$ over all entries, and $b_2 = 0$.


# %% role="answer" id="answer-6.4-a"
def start_loss(vocab, s):
    """The expected first loss in nats for `vocab` letters and logits of spread s: a float."""
    ### BEGIN SOLUTION
    # E[exp(z)] = exp(s²/2) for z ~ N(0, s²), and E[z_y] = 0
    return math.log(vocab) + s**2 / 2
    ### END SOLUTION


# %% role="answer" id="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    """W2 (m, V), b2 (V,), h (n, m) -> the pair W2, b2 whose logits have standard deviation s."""
    ### BEGIN SOLUTION
    return W2 * (s / (h @ W2).std()), torch.zeros_like(b2)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The loss is a difference of two terms; take the mean of each. The logits are linear in $W_2$.
# <details><summary>Hint 2: the equation</summary>
#
# $\mathbb E[e^z] = \frac{1}{\sqrt{2\pi}\,s}\int e^{z - z^2/2s^2}\,dz$: complete the square.
# <details><summary>Hint 3: the shape of the code</summary>
#
# A logarithm plus a term in $s$. For the head: measure the spread that the logits have, and divide by it.
# </details></details></details>

# %% role="check" id="check-6.4" points=2
check("6.4")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06 import judge_start

seed = challenge_seed("6.4", "another head")
award("6.4", judge_start(submission, seed=seed, cases=((100, 1.7), (50257, 0.6)), v=13), points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-start-loss"
g = torch.Generator().manual_seed(6)
spreads = torch.linspace(0, 4, 17)
noise, target = torch.randn(4000, 27, generator=g), torch.randint(27, (4000,), generator=g)
measured = [F.cross_entropy(s * noise, target).item() for s in spreads]
predicted = [start_loss(27, s.item()) for s in spreads]
plt.figure(figsize=(8, 3))
plt.plot(spreads, measured, "o", color=BLUE, label="measured, 4,000 examples")
if predicted[0] is not None:
    plt.plot(spreads, predicted, color=ORANGE, label="your prediction")
plt.axhline(math.log(27), color="0", ls=":", label="ln 27")
plt.title("The prediction holds up to a spread of about 1.5, then the largest logit takes over")
plt.xlabel("spread s of the logits")
plt.ylabel("first loss (nats)")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: the first loss against the spread of the logits. Measured dots start at ln 27 and rise; the predicted curve
# follows them up to a spread of about 1.5 and then rises faster.*
#
# **What just happened.** $\ln V + s^2/2$: a spread of 0.1 costs 0.005 nats, a spread of 1 half a nat. The names model with
# $h$ of 64 tanh units and weights of spread 1 has a spread near 5, hence its 10. The check to keep: *print the first
# loss, and compare it with $\ln V$.*

# %% [markdown]
# ## 5 · Batch norm, in training and afterwards
#
# Chapter 05 goes back through batch norm. Here is its other trap: it is *two* functions. In training it uses the mean and
# variance of the batch, and updates running averages of them. In evaluation it uses the averages and updates nothing.

# %% tags=["figure"] id="figure-two-modes"
g = torch.Generator().manual_seed(6)
one, others = torch.tensor([[1.0]]), torch.randn(40, 7, 1, generator=g)
kept = torch.zeros(1), torch.ones(1)
training = [F.batch_norm(torch.cat([one, rest]), *kept, training=True)[0].item() for rest in others]
evaluation = F.batch_norm(one, *kept, training=False).item()
plt.figure(figsize=(8, 2.8))
plt.plot(training, "o", color=BLUE, label="training, with 7 others")
plt.axhline(evaluation, color=ORANGE, label="evaluation")
plt.title("In training the same example, x = 1, gets another output in each batch")
plt.xlabel("batch")
plt.ylabel("batch norm's output")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: the output for one example in forty batches of eight: dots scattered between about 0.3 and 2, and a level line for
# evaluation near 0.9.*

# %% [markdown]
# ### 6.5 Batch norm with a memory
#
# ●●○ medium · about 12 minutes · 3 points
#
# $$y = \gamma\,\frac{x-\mu}{\sqrt{v+\varepsilon}} + \beta,\qquad
# \text{running} \leftarrow (1-m)\,\text{running} + m\cdot\text{batch}$$
#
# Follow torch: in training $v$ is the *biased* variance (divided by $n$), while the running variance is fed with
# the *unbiased* one ($n-1$). Shapes: $x$ (n, m); all others (m,). Return new running values; change nothing in place.


# %% role="answer" id="answer-6.5"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    """x (n, m); gain, bias (m,); running a pair (mean, var) of (m,). Returns y (n, m), (mean, var)."""
    ### BEGIN SOLUTION
    mean, var = running
    if training:
        batch_mean, batch_var = x.mean(0), x.var(0, unbiased=False)
        running = (
            (1 - momentum) * mean + momentum * batch_mean,
            (1 - momentum) * var + momentum * x.var(0),  # unbiased: an estimate for the data
        )
        mean, var = batch_mean, batch_var
    y = gain * (x - mean) / torch.sqrt(var + eps) + bias
    return y, running
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One formula for $y$; what differs is which mean and variance enter it.
# <details><summary>Hint 2: the equation</summary>
#
# `x.var(0, unbiased=False)` divides by $n$, `x.var(0)` by $n-1$. With $m=0.1$ the old value keeps nine tenths.
# <details><summary>Hint 3: the shape of the code</summary>
#
# Unpack `running`. `if training:` compute the batch's values and the new running pair. One line for y, one return.
# </details></details></details>

# %% role="check" id="check-6.5" points=3
check("6.5")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06 import judge_batch_norm

seed = challenge_seed("6.5", "another momentum")
award("6.5", judge_batch_norm(submission, seed=seed, n=9, m=3, momentum=0.3), points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-running"
plt.figure(figsize=(8, 2.8))
for momentum, color, style in ((0.1, BLUE, "-"), (0.02, ORANGE, "--"), (0.5, "0.6", ":")):
    g = torch.Generator().manual_seed(6)
    running, path = (torch.zeros(1), torch.ones(1)), []
    for _ in range(100):
        F.batch_norm(5 + torch.randn(8, 1, generator=g), *running, training=True, momentum=momentum)
        path.append(running[0].item())  # torch writes into the pair that it is given
    plt.plot(range(1, 101), path, style, color=color, label=f"m = {momentum}")
plt.gca().set(xlabel="batches of 8 seen", ylabel="running mean (data: 5)")
plt.title("A small m forgets its first 0 slowly; a large m follows every batch")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: the running mean over 100 batches of data with mean 5, starting at 0. With m = 0.1 it arrives after about 40 batches, with 0.02
# it is still below 4.5 at the end, with 0.5 it arrives at once and jitters.*
#
# So evaluate only after enough batches: about $3/m$ of them leave $e^{-3}$, five per cent, of the start.
#
# **The useless bias.** A bias in front of batch norm is subtracted again with the mean, so the loss does not depend on it.
# Its gradient should be 0. What does autograd return?

# %% tags=["figure", "nbval-ignore-output"] id="figure-useless-bias"
plt.figure(figsize=(7, 2.8))
for dtype, side, color, hatch in ((torch.float32, -0.2, BLUE, ""), (torch.float64, 0.2, ORANGE, "//")):
    g = torch.Generator().manual_seed(6)
    shapes = (32, 30), (30, 64), (64,), (64, 27)
    x, W, b, head = (torch.randn(*s, generator=g).to(dtype).requires_grad_() for s in shapes)
    h = torch.tanh(F.batch_norm(x @ W / 30**0.5 + b, None, None, training=True))
    loss = F.cross_entropy(h @ head / 8, torch.arange(32) % 27)
    largest = [d.abs().max() for d in torch.autograd.grad(loss, (W, b))]
    plt.bar([side, 1 + side], largest, 0.4, color=color, hatch=hatch, ec="0", label=str(dtype)[6:])
plt.gca().set(yscale="log", ylim=(1e-19, 1e3), xticks=[0, 1], xticklabels=["W", "b"],
              ylabel="largest |gradient|")
plt.title("Only the gradient of b shrinks with more digits: it is rounding")
plt.legend(ncols=2)
plt.show()

# %% [markdown]
# *Figure: bars on a logarithmic axis. For W both are near 0.01; for b the bar is near 1e-9 in float32, 1e-17 in float64.*

# %% [markdown]
# Zero up to rounding: a sum of terms that cancel leaves a remainder of the size of their rounding errors. Test such a
# gradient with a tolerance, never with `== 0`; and leave the bias out, since batch norm brings its own.

# %% tags=["figure"] id="figure-gain"
g = torch.Generator().manual_seed(6)
x = torch.randn(4096, generator=g)
normed = (x - x.mean()) / x.std()
gains = torch.linspace(0.5, 8, 31)  # gains[2] is 1
saturated = [(torch.tanh(gain * normed).abs() > 0.97).double().mean().item() for gain in gains]
plt.figure(figsize=(8, 3))
plt.plot(gains, saturated, color=BLUE)
plt.axvline(1, color="0", ls=":", label="γ at the start")
plt.title("A learned gain undoes what the normalisation did")
plt.xlabel("gain γ")
plt.ylabel("share of |tanh| > 0.97")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: the share of saturated tanh units against the gain after normalisation. At gain 1 it is a few per cent; at
# gain 8 it is about four fifths.*
#
# > **Often said: “batch norm prevents saturation and keeps the ratios.”** It standardises each feature over the batch.
# > At the start few units are then saturated; the gain is learned, and may saturate them again. Order and ratios of
# > *differences* within a feature are kept, ratios of values are not:

# %% tags=["figure"] id="figure-ratios"
before = torch.tensor([[1.0], [2.0], [4.0]])  # (3, 1): each twice the one before
after = F.batch_norm(before, None, None, training=True)
plt.figure(figsize=(8, 2))
for level, column, color in ((1, before, BLUE), (0, after, ORANGE)):
    plt.plot(column.flatten(), [level] * 3, "o-", color=color, mec="0")
    for at in column.flatten().tolist():
        plt.text(at, level + 0.2, f"{at:.3g}", ha="center")
plt.gca().set(yticks=[0, 1], yticklabels=["after", "before"], ylim=(-0.4, 1.6),
              xlabel="value of the feature")
plt.title("1, 2, 4 is no longer a doubling; the second gap is still twice the first")
plt.show()

# %% [markdown]
# *Figure: three dots on a line, before at 1, 2 and 4, after at −1.07, −0.267 and 1.34.*

# %% [markdown]
# **The biased minibatch gradient.** Without batch norm, the gradients of minibatches of one size average to the gradient
# of the whole set: exactly, since the mean of their means is the mean. With batch norm, each example's output depends on its batch. The
# average over batches is then the gradient of *another* function, and the smaller the batch the further off.


# %% role="locked" id="two-gradients"
def gradient_of_net(x, y, normed):
    """The gradient, flat, of the squared error of a one-hidden-layer tanh net; x (n, 10), y (n, 1)."""
    g = torch.Generator().manual_seed(5)
    draw = lambda *shape: torch.randn(shape, generator=g, dtype=torch.float64).requires_grad_()
    W1, W2 = draw(10, 16), draw(16, 1)
    z = x @ W1 / 10**0.5
    z = F.batch_norm(z, None, None, training=True) if normed else z
    loss = F.mse_loss(torch.tanh(z) @ W2 / 4, y)
    return torch.cat([d.flatten() for d in torch.autograd.grad(loss, (W1, W2))])


# %% tags=["figure"] id="figure-bias"
g = torch.Generator().manual_seed(6)
x = torch.randn(512, 10, generator=g, dtype=torch.float64)
y = torch.sin(2 * x[:, :1]) + x[:, 1:2] * x[:, 2:3]
sizes = [4, 8, 16, 32, 64, 128]
plt.figure(figsize=(8, 3))
for normed, style, name in ((True, "o-", "with batch norm"), (False, "s--", "without")):
    full, off = gradient_of_net(x, y, normed), []
    for size in sizes:
        batches = torch.randperm(512, generator=g).split(size)
        parts = [gradient_of_net(x[i], y[i], normed) for i in batches]
        off.append(((sum(parts) / len(parts) - full).norm() / full.norm()).item())
    plt.loglog(sizes, off, style, color=BLUE if normed else ORANGE, label=name)
plt.title("With batch norm the minibatch gradients do not average to the full gradient")
plt.xlabel("batch size")
plt.ylabel("relative difference")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: relative difference between the mean of all minibatch gradients and the full gradient, against the batch size.
# With batch norm it falls from 0.3 at size 4 to 0.03 at size 128; without, it stays at rounding, 10⁻¹⁵.*
#
# So “the minibatch gradient is unbiased” needs a loss that is a mean over examples. Batch norm breaks that; layer norm,
# which normalises within one example, does not.

# %% [markdown]
# ## 6 · Through time
#
# A recurrent net applies the same matrix at each step: $h_{t+1} = \varphi(h_t W + x_t)$, with $\varphi$ the identity
# or tanh. Going back $T$ steps multiplies by $W^\top$ $T$ times. Take $W = \rho\,Q$ with $Q$ orthogonal: without tanh
# the gradient's norm changes by exactly $\rho$ a step.

# %% tags=["figure"] id="figure-time"
T, m, style = 100, 50, {0.9: "--", 1.0: "-", 1.1: ":"}
fig, axes = plt.subplots(1, 2, figsize=(10, 3), sharey=True)
for ax, name in zip(axes, ("linear", "tanh")):
    for rho, color in zip(style, (ORANGE, BLUE, VERMILION)):
        g = torch.Generator().manual_seed(6)
        Q, _ = torch.linalg.qr(torch.randn(m, m, generator=g, dtype=torch.float64))
        hs = [torch.zeros(m, dtype=torch.float64, requires_grad=True)]
        for _ in range(T):
            pre = hs[-1] @ (rho * Q) + 0.5 * torch.randn(m, generator=g, dtype=torch.float64)
            hs.append(torch.tanh(pre) if name == "tanh" else pre)
        gradients = torch.autograd.grad(hs[-1].sum() / m**0.5, hs)
        norms = [d.norm() for d in gradients]
        ax.semilogy(range(T, -1, -1), norms, style[rho], color=color, label=f"ρ = {rho}")
    ax.set(title=name, xlabel="steps back in time")
axes[0].set_ylabel("norm of the gradient")
axes[0].legend()
fig.suptitle("Linear: ρ to the power of T. With tanh even ρ = 1.1 vanishes", y=1.06)
plt.show()

# %% [markdown]
# *Figure: two panels with the gradient's norm against steps back. Linear: straight lines, down to 3e-5 for ρ = 0.9,
# level for 1, up to 1e4 for 1.1. With tanh: all three fall, to between 1e-9 and 1e-16.*
#
# What an explosion does to the loss, in the smallest recurrent net: one linear unit, $h_0 = 1$ and $h_{50} = w^{50}$, which
# should become ½.

# %% tags=["figure"] id="figure-cliff"
w = torch.linspace(0.86, 1.031, 400)
walk = 1.03 - 0.01 * torch.arange(5)  # rate 0.01, gradients clipped to length 1
start = torch.tensor(1.03, requires_grad=True)
(d,) = torch.autograd.grad((start**50 - 0.5) ** 2, start)
plt.figure(figsize=(8, 3))
plt.plot(w, (w**50 - 0.5) ** 2, color=BLUE, label="loss")
plt.plot(walk, (walk**50 - 0.5) ** 2, "o", color=ORANGE, mec="0", label="four clipped steps")
look = {"arrowstyle": "<|-", "color": VERMILION, "lw": 2}
words = f"one plain step: to w = {1.03 - 0.01 * d:.1f}"
plt.annotate(words, (1.028, 15.1), (0.87, 15.1), va="center", arrowprops=look)
plt.title("On the wall a plain step leaves the picture; clipped steps walk down")
plt.xlabel("weight w")
plt.ylabel("loss after 50 steps")
plt.legend(loc="center left")
plt.show()

# %% [markdown]
# *Figure: the loss over w, level at 0.25 up to about 0.95, then a shallow valley and a wall that reaches 15 at w = 1.03. Four
# clipped steps lead from there down into the valley; an arrow, the plain step, points out of the picture to the left.*

# %% [markdown]
# ### 6.6 Walk back through time, and clip
#
# ●●○ medium · about 15 minutes · 4 points
#
# `gradient_norms`: the norm of $\partial L/\partial h_t$ for $t=0,\dots,T$, where $\partial L/\partial h_T = u$ is given; by
# hand, without autograd. `clip_by_norm`: with $N$ the norm of all gradients *together*, each tensor times
# $\min(1, \text{limit}/N)$.


# %% role="answer" id="answer-6.6-a"
def gradient_norms(W, states, u, tanh):
    """W (m, m), states (T + 1, m) rows h_0 … h_T, u (m,), tanh bool -> norms (T + 1,), h_0's first."""
    ### BEGIN SOLUTION
    dh, norms = u, [u.norm()]
    for h in states[1:].flip(0):
        da = dh * (1 - h**2) if tanh else dh  # h is the output of the step that is undone
        dh = da @ W.T
        norms.append(dh.norm())
    return torch.stack(norms[::-1])
    ### END SOLUTION


# %% role="answer" id="answer-6.6-b"
def clip_by_norm(gradients, limit):
    """gradients: a list of tensors of any shapes -> the list, scaled to a norm of at most `limit`."""
    ### BEGIN SOLUTION
    norm = math.sqrt(sum((d**2).sum().item() for d in gradients))
    scale = min(1.0, limit / norm) if norm > 0 else 1.0
    return [scale * d for d in gradients]
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Undo one step at a time, last step first: first the tanh, then the matrix. For clipping, one number scales everything.
# <details><summary>Hint 2: the equation</summary>
#
# $\bar h_t = \left(\bar h_{t+1}\odot(1-h_{t+1}^2)\right)W^\top$, and
# $N^2=\sum_{\text{tensors}}\sum_{\text{entries}} d^2$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# A loop over the states from the last to the second; a list of norms, reversed at the end. A gradient of zeros must not
# be divided by its norm.
# </details></details></details>

# %% role="check" id="check-6.6" points=4
check("6.6")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06 import judge_time

award("6.6", judge_time(submission, seed=challenge_seed("6.6", "nine steps"), T=9, m=3), points=4)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-clip"
d = np.array([4.0, 0.6])
arrows = {"gradient": (d, "0.3", "-"), "by norm": (d / np.linalg.norm(d), BLUE, "-")}
arrows["by value"] = d.clip(-1, 1), ORANGE, "--"
plt.figure(figsize=(8, 2.6))
for name, (arrow, color, line) in arrows.items():
    look = {"arrowstyle": "-|>", "color": color, "lw": 2, "ls": line}
    plt.annotate("", arrow, (0, 0), arrowprops=look)
    plt.text(arrow[0] + 0.08, arrow[1] - 0.15 * (name == "by norm"), name, color=color, va="center")
turn = np.linspace(-0.3, 1, 60)
plt.plot(np.cos(turn), np.sin(turn), ":", color="0.5")
plt.gca().set(xlim=(-0.1, 5), ylim=(-0.3, 0.95), aspect="equal", xlabel="entry 1", ylabel="entry 2")
plt.title("Clipping by norm shortens; clipping by value turns by 22 degrees")
plt.show()

# %% [markdown]
# *Figure: a long arrow, the gradient; on it a short one of length 1, clipped by norm; a third, clipped by value, points
# further up. A dotted arc marks length 1.*
#
# **What just happened.** Linear: $\rho^T$, so 0.9 and 1.1 are worlds apart after 100 steps. With tanh every step also
# multiplies by slopes below 1, and here that wins. Clipping helps against explosions only: there is no scale that
# brings back a gradient of 1e-16.

# %% [markdown]
# ## 7 · Six leaks to mend
#
# Each of the next six snippets runs without an error, and is wrong. Each looks like code from a real project. Run it,
# look at the symptom, find the cause, then write the mended function **under its new name**: copy the body and change
# what must be changed. The checks compare gradients on fresh data.

# %% [markdown]
# ### Leak 1: the step that waits for better weather
#
# One linear unit, squared error. A few wild batches once threw the parameters far off, so somebody limited the loss.


# %% id="leak-1"
def leaky_step(parameters, x, y, lr, max_norm):
    """One step of gradient descent on ((x @ w + b - y)²).mean(), never wilder than max_norm."""
    w, b = (p.clone().requires_grad_() for p in parameters)
    loss = F.mse_loss(x @ w + b, y)
    loss = torch.clamp(loss, max=max_norm)  # keeps training stable
    gradients = torch.autograd.grad(loss, (w, b))
    return [(p - lr * d).detach() for p, d in zip((w, b), gradients)]


g = torch.Generator().manual_seed(6)
x, start = torch.randn(20, 3, generator=g), [torch.zeros(3), torch.zeros(1)]
y = x @ torch.tensor([3.0, -2.0, 1.0])
after = leaky_step(start, x, y, 0.1, 1.0)
print("moved by", [(new - old).norm().item() for new, old in zip(after, start)])

# %% tags=["figure"] id="figure-leak-1"
at = torch.linspace(-1, 7, 161, requires_grad=True)
cut = torch.clamp((at - 3) ** 2, max=1.0)
(d,) = torch.autograd.grad(cut.sum(), at)
fig, axes = plt.subplots(1, 2, figsize=(10, 2.6))
axes[0].plot(at.detach(), cut.detach(), color=BLUE)
axes[0].set(title="the limited loss", xlabel="w (best: 3)", ylabel="loss")
axes[1].plot(at.detach(), d, color=VERMILION)
axes[1].set(title="its gradient", xlabel="w (best: 3)", ylabel="dloss/dw")
fig.suptitle("Far from the optimum, where steps are needed most, there are none", y=1.04)
plt.show()

# %% [markdown]
# *Figure: left, a parabola around w = 3 cut off flat at 1; right, its gradient, a slanted line between w = 2 and 4, and 0
# outside.*

# %% [markdown]
# ### 6.7 A step with a limit
#
# ●○○ easy · about 6 minutes · 2 points
#
# Write `clipped_step`: the loss stays as it is, and the gradients $\bar w$ and $\bar b$, taken together, are scaled to a
# norm of at most $c$, `max_norm`:
#
# $$p \leftarrow p - \eta\,\min\!\left(1, \frac{c}{\lVert(\bar w,\bar b)\rVert}\right)\bar p
# \qquad\text{for } p = w \text{ and } p = b$$


# %% role="answer" id="answer-6.7"
def clipped_step(parameters, x, y, lr, max_norm):
    """parameters w (d,), b (1,); x (n, d), y (n,) -> the list of new parameters, without a graph."""
    ### BEGIN SOLUTION
    w, b = (p.clone().requires_grad_() for p in parameters)
    loss = F.mse_loss(x @ w + b, y)
    gradients = torch.autograd.grad(loss, (w, b))
    norm = torch.sqrt(sum((d**2).sum() for d in gradients))
    scale = min(1.0, max_norm / norm.item()) if norm > 0 else 1.0
    return [(p - lr * scale * d).detach() for p, d in zip((w, b), gradients)]
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# What should be limited is the length of the step, not the measure of how wrong the model is.
# <details><summary>Hint 2: the equation</summary>
#
# $\frac{d}{dL}\min(L, c) = 0$ for $L>c$: the chain rule multiplies everything behind it by 0.
# <details><summary>Hint 3: the shape of the code</summary>
#
# Loss, gradients, one norm of both, one scale, the step. Exercise 6.6 has the parts.
# </details></details></details>

# %% role="check" id="check-6.7" points=2
check("6.7")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06_clip import judge_step

award("6.7", judge_step(submission, seed=challenge_seed("6.7", "fresh batches"), n=11, d=5), points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-mended-step"
plt.figure(figsize=(8, 2.8))
tried = (leaky_step, VERMILION, "--", "limited loss"), (clipped_step, BLUE, "-", "limited step")
for step, color, style, name in tried:
    at, losses = start, []
    while at is not None and len(losses) < 60:
        losses.append(F.mse_loss(x @ at[0] + at[1], y))
        at = step(at, x, y, 0.1, 1.0)
    plt.plot(losses, style, color=color, label=name)
plt.title("With the step limited, the net arrives; with the loss limited, it never leaves")
plt.ylim(bottom=0)
plt.xlabel("step")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: two losses over 60 steps. The dashed one, of the snippet, stays level; the solid one falls to 0 within 50 steps.*
#
# **What just happened.** `clamp` is a function like any other, and outside its bounds its derivative is 0. A number that is
# limited *before* the backward pass is a change of the objective; a number limited *after* it changes the step. The same
# trap: `min(loss, cap)`, `loss.nan_to_num()`, a reward clipped inside the graph.

# %% [markdown]
# ### Leak 2: a residual block, taken back by hand
#
# The block $y = x + \tanh(xW)\,W^\top$ uses $W$ twice and $x$ twice. Its backward pass in numpy:


# %% id="leak-2"
def leaky_block_backward(x, W, dy):
    """y = x + tanh(x @ W) @ W.T with x (n, d), W (d, m). From dy (n, d) to dx (n, d), dW (d, m)."""
    h = np.tanh(x @ W)  # (n, m)
    dx = dy
    dW = dy.T @ h  # the second product, h @ W.T
    dh = dy @ W
    da = dh * (1 - h**2)
    dx = da @ W.T  # the first product, x @ W
    dW = x.T @ da
    return dx, dW


# %% tags=["figure"] id="figure-leak-2"
rng = np.random.default_rng(6)
x, W, dy = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(4, 3))
fig, axes = plt.subplots(1, 2, figsize=(10, 3))
for ax, name, leaf, found in zip(axes, ("x", "W"), (x, W), leaky_block_backward(x, W, dy)):
    slopes = np.zeros_like(leaf)
    for i in np.ndindex(leaf.shape):
        for side in (1, -1):
            leaf[i] += side * 1e-5
            slopes[i] += side * (dy * (x + np.tanh(x @ W) @ W.T)).sum() / 2e-5
            leaf[i] -= side * 1e-5
    ax.plot(slopes.ravel(), found.ravel(), "o", color=BLUE)
    ax.plot([slopes.min(), slopes.max()], [slopes.min(), slopes.max()], "--", color="0.4", label="equal")
    ax.set(title=f"d{name}", xlabel="central difference", ylabel="by hand")
axes[0].legend()
fig.suptitle("Most signs look plausible, the values are off the line", y=1.06)
plt.show()

# %% [markdown]
# *Figure: two scatter plots of the hand-written gradient against central differences, for x and for W. The dots do not lie
# on the dashed line of equality.*

# %% [markdown]
# ### 6.8 A gradient with all its paths
#
# ●●○ medium · about 8 minutes · 2 points
#
# Write `block_backward`. Leave the caller's arrays as they are.


# %% role="answer" id="answer-6.8"
def block_backward(x, W, dy):
    """numpy arrays x (n, d), W (d, m), dy (n, d) -> dx (n, d), dW (d, m)."""
    ### BEGIN SOLUTION
    h = np.tanh(x @ W)
    dx = dy.copy()  # the path straight through; a copy, for += writes into it
    dW = dy.T @ h
    dh = dy @ W
    da = dh * (1 - h**2)
    dx += da @ W.T
    dW += x.T @ da
    return dx, dW
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Draw the graph and count the arrows that leave $x$, and those that leave $W$.
# <details><summary>Hint 2: the equation</summary>
#
# A value used twice gets the sum of what comes back from both uses.
# <details><summary>Hint 3: the shape of the code</summary>
#
# One character more in each of two lines. Then ask: after `dx = dy`, whose array does `dx += …` write into?
# </details></details></details>

# %% role="check" id="check-6.8" points=2
check("6.8")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06_leaks import judge_block

award("6.8", judge_block(submission, seed=challenge_seed("6.8", "a wider block"), n=6, d=7, m=2), points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-fan-out"
places = {"x": (0, 1), "W": (0, 0), "a = xW": (1, 1), "h = tanh a": (2.2, 1)}
places |= {"hWᵀ": (3.2, 0.5), "y": (4.2, 1)}
arrows = [("x", "a = xW", 0), ("W", "a = xW", 0), ("a = xW", "h = tanh a", 0)]
arrows += [("h = tanh a", "hWᵀ", 0), ("W", "hWᵀ", 0.15), ("hWᵀ", "y", 0), ("x", "y", -0.25)]
plt.figure(figsize=(9, 2.8))
for start, end, bend in arrows:
    twice = start in ("x", "W")
    color, width, style = (VERMILION, 2, "--") if twice else ("0.4", 1, "-")
    props = {"arrowstyle": "-|>", "color": color, "lw": width, "ls": style, "shrinkA": 30, "shrinkB": 36}
    props["connectionstyle"] = f"arc3,rad={bend}"
    plt.annotate("", places[end], places[start], arrowprops=props)
for name, place in places.items():
    plt.text(*place, name, ha="center", va="center", bbox={"boxstyle": "round,pad=0.4", "fc": "white"})
plt.gca().set(xlim=(-0.4, 4.6), ylim=(-0.4, 1.9))
plt.title("Two arrows leave x, two leave W: two terms in each gradient")
plt.axis("off")
plt.show()

# %% [markdown]
# *Figure: the block as a graph. Dashed arrows lead from x to xW and straight to y, and from W to xW and to the second
# product; all other values are used once.*
#
# **What just happened.** Fan-out in the forward pass is a sum in the backward pass. An `=` where `+=` belongs keeps the last
# branch only. And `dx = dy` makes a second *name*, not a second array: `+=` on it would have changed the gradient that
# the caller still needs.

# %% [markdown]
# ### Leak 3: lengths of vectors, some of them zero
#
# The square root has an infinite slope at 0, so somebody wrote a guard:


# %% id="leak-3"
def leaky_lengths(v):
    """The Euclidean length of each row: v (n, d) -> (n,)."""
    square = (v**2).sum(dim=1)
    return torch.where(square > 0, torch.sqrt(square), torch.zeros_like(square))


v = torch.tensor([[3.0, 4.0], [0.0, 0.0]], requires_grad=True)
found = leaky_lengths(v)
print("lengths:", found.tolist())
print("gradient:", torch.autograd.grad(found.sum(), v)[0])

# %% tags=["figure"] id="figure-leak-3"
t = torch.arange(-20, 21) / 20  # contains 0 exactly
v = torch.stack([t, torch.zeros(41)], dim=1).requires_grad_()
found = leaky_lengths(v)
d = torch.autograd.grad(found.sum(), v)[0][:, 0]
broken = d.isnan()
fig, axes = plt.subplots(1, 2, figsize=(10, 2.6))
axes[0].plot(t, found.detach(), "o-", ms=3, color=BLUE)
axes[0].set(title="length of (t, 0): right everywhere", xlabel="t", ylabel="length")
axes[1].plot(t[~broken], d[~broken], "o", ms=3, color=BLUE, label="finite")
axes[1].plot(t[broken], 0 * t[broken], "x", ms=12, mew=3, color=VERMILION, label="NaN")
axes[1].set(title="its gradient: NaN at t = 0", xlabel="t", ylabel="dlength/dt")
axes[1].legend()
plt.show()

# %% [markdown]
# *Figure: left, the length of (t, 0), a V that touches 0. Right, its gradient, −1 and 1, and a cross at t = 0 for NaN.*

# %% tags=["figure"] id="figure-branches"
spots = {"square": (0, 0.5), "sqrt": (1.6, 1), "zeros": (1.6, 0), "where": (3.2, 0.5)}
shares = [
    ("where", "sqrt", "not chosen: 0"), ("where", "zeros", "chosen: 1"),
    ("sqrt", "square", "0 · 1/(2√0) = 0 · ∞ = NaN"),
]  # fmt: skip
plt.figure(figsize=(8, 2.6))
for start, end, words in shares:
    bad = "NaN" in words
    color, width, style = (VERMILION, 2.5, "--") if bad else ("0.4", 1, "-")
    look = {"arrowstyle": "-|>", "color": color, "lw": width, "ls": style, "shrinkA": 26, "shrinkB": 28}
    plt.annotate("", spots[end], spots[start], arrowprops=look)
    middle = np.add(spots[start], spots[end]) / 2
    plt.text(*(middle + (0, 0.24 if end != "zeros" else -0.28)), words, ha="center", color=color)
for name, place in spots.items():
    plt.text(*place, name, ha="center", va="center", bbox={"boxstyle": "round,pad=0.4", "fc": "white"})
plt.title("A zero row, backward: the branch not chosen gets 0, and makes NaN of it")
plt.xlim(-0.4, 3.7)
plt.ylim(-0.4, 1.5)
plt.axis("off")
plt.show()

# %% [markdown]
# *Figure: the graph of the guarded length for a zero row, with arrows backward. where hands 1 to zeros and 0 to sqrt; from sqrt to
# square a thick dashed arrow says 0 times infinity, NaN.*

# %% [markdown]
# ### 6.9 Lengths with a gradient
#
# ●●○ medium · about 8 minutes · 2 points
#
# Write `lengths`. A zero row has length 0 and gradient 0, the smallest subgradient; every other row, however short, has
# its exact length and gradient $v/\lVert v\rVert$. No NaN may arise anywhere in the backward pass, not even one that is
# covered up later.


# %% role="answer" id="answer-6.9"
def lengths(v):
    """v (n, d), any float dtype -> lengths (n,), differentiable."""
    ### BEGIN SOLUTION
    square = (v**2).sum(dim=1)
    zero = square == 0
    safe = torch.where(zero, torch.ones_like(square), square)  # the root never sees a 0 …
    return torch.where(zero, torch.zeros_like(square), torch.sqrt(safe))  # … and its 1 is not shown
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `where` chooses between two *values*. Both of its branches are computed, and both are differentiated.
# <details><summary>Hint 2: the equation</summary>
#
# The branch not chosen gets the cotangent 0, and $0\cdot\frac{1}{2\sqrt 0} = 0\cdot\infty = \text{NaN}$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# Two `where`: one in front of the root, for its argument, one behind it. A library function with a stated value at 0 is
# also fine.
# </details></details></details>

# %% role="check" id="check-6.9" points=2
check("6.9")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06_leaks import judge_lengths

award("6.9", judge_lengths(submission, seed=challenge_seed("6.9", "more rows"), n=9, d=5), points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-epsilon"
t = torch.linspace(-0.4, 0.4, 801, requires_grad=True)
plt.figure(figsize=(8, 3))
for eps, color, style in ((1e-2, VERMILION, ":"), (1e-4, ORANGE, "--")):
    (d,) = torch.autograd.grad(torch.sqrt(t**2 + eps).sum(), t)
    plt.plot(t.detach(), d, style, color=color, lw=2, label=f"√(t² + {eps:g})")
plt.step(t.detach(), t.detach().sign(), where="mid", color=BLUE, label="exact")
plt.title("An ε under the root removes the NaN but flattens the slope near 0")
plt.gca().set(xlabel="t, a vector with one entry", ylabel="slope of its length")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: slopes over t. The exact one jumps from −1 to 1 at 0. With ε = 0.01 an S through 0 that is still short of 1 at 0.3;
# with ε = 0.0001 a steeper S.*
#
# **What just happened.** A guard on the output comes too late: the NaN arises inside. The guard belongs in front of the
# operation that cannot take the value. An $\varepsilon$ under the root also removes the NaN, and bends every short
# vector's gradient. `torch.autograd.set_detect_anomaly(True)` names the operation that made the first NaN.

# %% [markdown]
# ### Leak 4: the logarithm of a probability
#
# Written as the textbook writes it. The second line of output is the usual first repair.


# %% id="leak-4"
def leaky_loss(z, y, floor=0.0):
    """Mean negative log-likelihood: logits z (n, V), letters y (n,) -> scalar."""
    probs = torch.softmax(z, dim=1)
    picked = probs[range(len(y)), y]
    return -torch.log(picked + floor).mean()


z, y = torch.tensor([[0.0, 200.0, 3.0]], requires_grad=True), torch.tensor([0])
for floor in (0.0, 1e-8):
    loss = leaky_loss(z, y, floor)
    (d,) = torch.autograd.grad(loss, z)
    print(f"floor {floor:g}: loss {loss.item():.4g}, gradient {d.tolist()}")

# %% tags=["figure", "nbval-ignore-output"] id="figure-leak-4"
gaps = torch.linspace(0, 140, 141)
plt.figure(figsize=(8, 3))
for floor, color, style in ((0.0, BLUE, "-"), (1e-8, ORANGE, "--")):
    found = []
    for gap in gaps:
        z = torch.stack([torch.tensor(0.0), gap]).reshape(1, 2).requires_grad_()
        (d,) = torch.autograd.grad(leaky_loss(z, torch.tensor([0]), floor), z)
        found.append(d[0, 0].abs().item())
    plt.plot(gaps, found, style, color=color, label=f"floor {floor:g}")
    if floor == 0:
        end = next(gap for gap, d in zip(gaps, found) if math.isnan(d))
plt.axvspan(end, 140, fc="0.93", ec="0.6", hatch="//", zorder=0)
plt.text(115, 0.5, "floor 0:\nNaN", ha="center")
plt.title("Where the model is most wrong, the gradient is 0 or NaN instead of 1")
plt.xlabel("lead of the wrong letter's logit")
plt.ylabel("|gradient| of the right logit")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: the gradient's size against the lead of the wrong letter. Without a floor it rises to 1 and ends near 88, where
# NaN begins; with a floor of 1e-8 it falls back to 0 near a lead of 18.*

# %% [markdown]
# ### 6.10 A loss that pulls hardest when most wrong
#
# ●○○ easy · about 5 minutes · 2 points
#
# Write `stable_loss`, the mean of $-\log\operatorname{softmax}(z)_y$, finite and exact for any finite logits.


# %% role="answer" id="answer-6.10"
def stable_loss(z, y):
    """Logits z (n, V) float32 or float64, letters y (n,) int64 -> the mean loss, differentiable."""
    ### BEGIN SOLUTION
    picked = z[torch.arange(len(y)), y]
    return (torch.logsumexp(z, dim=1) - picked).mean()  # the probability is never formed
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# A probability of $e^{-200}$ does not exist in float32; its logarithm, −200, does. Do not pass through the former.
# <details><summary>Hint 2: the equation</summary>
#
# $-\log\frac{e^{z_y}}{\sum_j e^{z_j}} = \log\sum_j e^{z_j} - z_y$, with the largest logit taken out of the sum first.
# <details><summary>Hint 3: the shape of the code</summary>
#
# One library function for the sum, one indexing, one mean; or one call for everything.
# </details></details></details>

# %% role="check" id="check-6.10" points=2
check("6.10")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06_leaks import judge_loss

award("6.10", judge_loss(submission, seed=challenge_seed("6.10", "other logits"), n=8, v=3), points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-mended-loss"
leads = torch.arange(0.0, 141, 4)
z = torch.stack([torch.zeros(36), leads], dim=1).requires_grad_()
mended = stable_loss(z, torch.zeros(36, dtype=torch.int64))
plt.figure(figsize=(8, 2.6))
if mended is not None:
    (d,) = torch.autograd.grad(36 * mended, z)  # the loss is a mean over 36 examples
    plt.plot(leads, d[:, 0].abs(), "o-", ms=4, color=BLUE)
plt.gca().set(ylim=(0, 1.1), xlabel="lead of the wrong letter's logit",
              ylabel="|gradient| of the right logit")
plt.title("Mended, the pull on the right logit rises to 1 and stays there")
plt.show()

# %% [markdown]
# *Figure: the gradient's size against the lead of the wrong letter, 0 to 140. It rises from a half to 1 within a few units and stays.*

# %% [markdown]
# **What just happened.** `log` and `softmax` are each stable; their composition is not, since the number between them
# underflows. The floor turned a loud NaN into a silent 0, on the very examples that the model gets most wrong. Fuse the
# two, as `F.cross_entropy` does.

# %% [markdown]
# ### Leak 5: a state carried through time
#
# A recurrent net reads long texts in windows. Gradients should stay within a window, and a text that ends should leave
# nothing behind. Two leaks:


# %% id="leak-5"
def leaky_run_window(W, U, xs, ends, h):
    """States (T, n, m) for inputs xs (T, n, d); h (n, m): from the window before; ends (T, n) bool."""
    states = []
    for x, end in zip(xs, ends):
        h = torch.tanh(x @ U + h.detach() @ W)  # the past is not to be trained
        states.append(h)
        h.data[end] = 0.0  # this text has ended: the next starts afresh
    return torch.stack(states)


# %% tags=["figure"] id="figure-leak-5"
g = torch.Generator().manual_seed(6)
W, U, xs = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((4, 4), (2, 4), (8, 1, 2)))
ends = torch.zeros(8, 1, dtype=torch.bool)
ends[2] = True
states = leaky_run_window(W, U, xs.requires_grad_(), ends, torch.zeros(1, 4, dtype=torch.float64))
(d,) = torch.autograd.grad(states[-1].sum(), xs)
plt.figure(figsize=(8, 2.6))
plt.axvspan(2.5, 7.5, fc="0.93", ec="0.6", hatch="//", zorder=0, label="the text of the last state")
plt.bar(range(8), d.norm(dim=(1, 2)), color=BLUE, label="gradient found")
plt.title("The last state depends on five inputs; the gradient reaches one")
plt.xlabel("time t of the input (a text ends at t = 2)")
plt.ylabel("norm of the gradient")
plt.legend(loc="upper left")
plt.show()

# %% [markdown]
# *Figure: bars of the last state's gradient for each of eight inputs. Only the bar at t = 7 is above 0; the hatched region,
# t = 3 to 7, is where bars should be.*

# %% tags=["figure"] id="figure-cuts"
fig, axes = plt.subplots(1, 2, figsize=(12, 2.2), layout="constrained")
panels = {"as written: cut at every step": range(5),
          "wanted: cut on entry and where a text ends": (0, 3)}
for ax, (title, cuts) in zip(axes, panels.items()):
    for t in range(5):
        cut = t in cuts
        color, style, width = (VERMILION, ":", 1) if cut else (BLUE, "-", 2)
        look = {"arrowstyle": "<|-", "color": color, "ls": style, "lw": width}
        ax.annotate("", (t - 0.25, 0), (t - 0.75, 0), arrowprops=look)
        ax.text(t, 0, f"h{'₀₁₂₃₄'[t]}", ha="center", va="center", bbox={"boxstyle": "circle", "fc": "w"})
        if cut:
            ax.text(t - 0.5, 0.18, "✂", ha="center", color=VERMILION, fontsize=13)
    ax.text(-1, 0, "h", ha="center", va="center", bbox={"boxstyle": "circle", "fc": "0.9"})
    ax.text(2, -0.36, "text ends", ha="center")
    ax.set(xlim=(-1.3, 4.3), ylim=(-0.6, 0.5), title=title)
    ax.axis("off")
fig.suptitle("Gradients run along solid arrows only")
plt.show()

# %% [markdown]
# *Figure: twice the chain from h, the state carried in, to h₀ … h₄, where a text ends at h₂. On the left every arrow is dotted and
# cut. On the right only the arrow from h to h₀ and the one from h₂ to h₃ are; along the others gradients run back.*

# %% [markdown]
# ### 6.11 One window, cut where it should be
#
# ●●● hard · about 15 minutes · 4 points
#
# Write `run_window`. Row $t$ of the result is the state after reading $x_t$, untouched by resets. Where `ends[t]` is true,
# the *next* step starts from a state of zeros. No gradient goes back into the `h` that was passed in, none across an end;
# everywhere else gradients flow.


# %% role="answer" id="answer-6.11"
def run_window(W, U, xs, ends, h):
    """W (m, m), U (d, m), xs (T, n, d), ends (T, n) bool, h (n, m) -> states (T, n, m)."""
    ### BEGIN SOLUTION
    states = []
    h = h.detach()  # once: the window before is not trained
    for x, end in zip(xs, ends):
        h = torch.tanh(x @ U + h @ W)
        states.append(h)
        h = torch.where(end[:, None], 0.0, h)  # a new tensor: what is stored stays, and autograd sees the reset
    return torch.stack(states)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Where does the graph have to be cut: at each step, or once? And what does autograd know about a write through `.data`?
# <details><summary>Hint 2: the equation</summary>
#
# The reset is a multiplication: $h \leftarrow (1-\text{end})\odot h$. Its derivative is 0 where the text ended. The backward
# of tanh is $1-h^2$ with the *stored* $h$: an edit in place changes it.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `detach` moves to another line. The reset makes a new tensor instead of writing into the stored one.
# </details></details></details>

# %% role="check" id="check-6.11" points=4
check("6.11")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06_recurrence import judge_window

award("6.11", judge_window(submission, seed=challenge_seed("6.11", "longer"), T=9, n=5, d=3, m=2), points=4)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-window"
mended = run_window(W, U, xs, ends, torch.zeros(1, 4, dtype=torch.float64))
plt.figure(figsize=(8, 2.6))
plt.axvspan(2.5, 7.5, fc="0.93", ec="0.6", hatch="//", zorder=0, label="the text of the last state")
if mended is not None and mended.requires_grad:
    (d,) = torch.autograd.grad(mended[-1].sum(), xs)
    plt.bar(range(8), d.norm(dim=(1, 2)), color=BLUE, label="gradient, mended")
plt.yscale("log")
plt.xlim(-0.6, 7.6)
plt.ylim(1e-4, 1)
plt.title("Mended, the gradient reaches every input of the text, and none before")
plt.xlabel("time t of the input (a text ends at t = 2)")
plt.ylabel("norm of the gradient")
plt.legend(loc="upper left")
plt.show()

# %% [markdown]
# *Figure: as before, now with a logarithmic axis. There are bars at t = 3 to 7, falling from 0.2 to a few thousandths towards the
# past, and none at t = 0 to 2.*
#
# **What just happened.** `detach` in the loop made every step a window of its own, so nothing was learned across time. The
# write through `.data` did three things: it wiped a state already stored, changed the $h$ in tanh's $1-h^2$, and hid the
# reset. Without `.data`, torch refuses such an edit with an error. `.data` switches the alarm off.

# %% [markdown]
# ### Leak 6: small batches, one step
#
# Memory allows two sentences at a time, so gradients of several micro-batches are added up before a step. Sentences are
# padded to equal length; padding has the target −1. Two leaks:


# %% id="leak-6"
def leaky_train(w, updates, lr):
    """w (d, V). An update is a list of micro-batches x (n, T, d), y (n, T), and one step of SGD."""
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        for x, y in micro_batches:
            loss = F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="none")
            (loss.mean() / len(micro_batches)).backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


# %% tags=["figure"] id="figure-leak-6"
g = torch.Generator().manual_seed(6)
x, y = torch.randn(4, 6, 3, generator=g), torch.randint(5, (4, 6), generator=g)
y[torch.arange(6) >= torch.tensor([6, 1, 2, 1])[:, None]] = -1  # real lengths 6, 1, 2, 1
update = [[x[:2], y[:2]], [x[2:], y[2:]]]
ws = [leaky_train(torch.zeros(3, 5), [update] * k, 0.5) for k in range(21)]
plt.figure(figsize=(8, 3))
moved = [(b - a).norm() / 0.5 for a, b in zip(ws, ws[1:])]
plt.plot(moved, "o-", ms=4, color=VERMILION, label="leaky step / lr")
true = []
for w in ws[:-1]:
    w.requires_grad_()
    (d,) = torch.autograd.grad(F.cross_entropy((x @ w)[y >= 0], y[y >= 0]), w)
    true.append(d.norm())
plt.plot(true, "s--", ms=4, color=BLUE, label="true gradient there")
plt.title("On the same data the steps grow while the true gradient shrinks")
plt.xlabel("update")
plt.xticks(range(0, 20, 4))
plt.ylabel("norm")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: two lines over twenty updates on the same data. The leaky steps start at less than half of the true gradient's
# length and grow to 1.3; the true gradient shrinks to 0.1.*

# %% [markdown]
# ### 6.12 Accumulate what belongs together
#
# ●●○ medium · about 12 minutes · 3 points
#
# Write `train`. Each update's step uses the gradient of one loss: the mean over all *real* tokens of *all* its
# micro-batches, as if they had been one batch. A micro-batch may hold nothing but padding.


# %% role="answer" id="answer-6.12"
def train(w, updates, lr):
    """w (d, V); updates: lists of micro-batches x (n, T, d), y (n, T), -1 for padding -> the new w."""
    ### BEGIN SOLUTION
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        w.grad = None  # each update starts from zero
        tokens = sum((y >= 0).sum() for _, y in micro_batches)  # counted over the whole update
        for x, y in micro_batches:
            losses = F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="sum")
            (losses / tokens).backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `backward` adds to `.grad`. Which additions are wanted, and which are not? And what is the mean a mean over?
# <details><summary>Hint 2: the equation</summary>
#
# $L = \frac{1}{\sum_k n_k}\sum_k \ell_k$ with $\ell_k$ the *sum* over micro-batch $k$ and $n_k$ its real tokens. A mean of
# means, $\frac1K\sum_k \ell_k/n_k$, is something else unless all $n_k$ are equal.
# <details><summary>Hint 3: the shape of the code</summary>
#
# At the start of an update: no gradient, and a count. In the loop: a sum divided by that count.
# </details></details></details>

# %% role="check" id="check-6.12" points=3
check("6.12")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch06_leaks import judge_updates

award("6.12", judge_updates(submission, seed=challenge_seed("6.12", "other lengths"), d=4, v=3, T=7), points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-weights"
real = [[6, 1], [2, 1]]  # tokens of each sentence, two micro-batches, padded to 6
kinds = {"all positions": [12, 12], "mean of means": [7, 3], "real tokens of the update": [5, 5]}
plt.figure(figsize=(8, 2.8))
for (name, counted), mark, color in zip(kinds.items(), "osD", [ORANGE, VERMILION, BLUE]):
    pairs = zip(real, counted)
    weights = [1 / (2 * count) for row, count in pairs for tokens in row for _ in range(tokens)]
    plt.step(range(1, 11), weights, where="mid", marker=mark, color=color, label=name)
plt.axvline(7.5, color="0", ls=":")
plt.ylim(0, 0.2)
plt.title("Three means give the same ten tokens different weights")
plt.xlabel("real token (the dotted line parts the micro-batches)")
plt.ylabel("weight in the loss")
plt.legend()
plt.show()

# %% [markdown]
# *Figure: the weight of each of ten tokens. Over real tokens: 0.1 for all. Mean of means: 0.07 in the first micro-batch, 0.17
# in the second. Over all positions: 0.04 for all, less than half.*
#
# **What just happened.** `.grad` accumulates by design; that is what makes micro-batches possible, and what makes a
# forgotten reset into a momentum that never decays. And a mean has a denominator: with padding in it, the step shrinks
# with every blank; with a mean of means, tokens in short company weigh more.

# %% [markdown] id="recap"
# ## To keep
#
# 1. **Autograd differentiates the program that runs.** Rounding, `clamp`, `where`, `detach` and `.data` are parts of it.
# 2. **Look at numbers before training:** the first loss beside $\ln V$, activations and gradients layer by layer, units
#    that never fire.
# 3. **Mend at the cause.** A floor, a `nan_to_num`, a limit on the loss make a loud failure a silent one.
#
# **Sources.** Glorot and Bengio on [the difficulty of training deep
# networks](https://proceedings.mlr.press/v9/glorot10a.html) (2010); Ioffe and Szegedy, [batch
# normalization](https://arxiv.org/abs/1502.03167) (2015); Pascanu, Mikolov and Bengio on [training recurrent
# networks](https://arxiv.org/abs/1211.5063) (2013), with clipping by norm; Karpathy, [Yes you should understand
# backprop](https://karpathy.medium.com/yes-you-should-understand-backprop-e2f06eab496b).
#
# Next: [07 · Custom autograd](../07_custom_autograd/custom_autograd.ipynb), where you write the backward that torch runs.
