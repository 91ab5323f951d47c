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
# # 07 · Custom autograd functions
#
# - **You will be able to** give torch a derivative of your own: cheaper, stabler, different on purpose, or for code that
#   autograd cannot see; and to test it so that no term is missing.
# - **You need** vector–Jacobian products (chapters 04 and 05) and classes with static methods. Nothing is
#   imported from there.
# - **Time:** 180 minutes, about 35 of them reading. **Points:** 35 in eleven exercises.
# - **Where you are:** in 05 you wrote backward passes beside torch; here they become part of it.

# %% role="locked" id="setup"
import shutil
import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch.autograd import Function, gradcheck, gradgradcheck

from grader.check import check, steps
from grader.check.exercises.ch07_draw import draw_function, draw_history, draw_players, draw_tape
from grader.check.exercises.ch07_draw import draw_verdicts

torch.set_num_threads(1)  # the tensors are small: one thread is as fast as many
plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "axes.axisbelow": True})
plt.rcParams.update({"figure.constrained_layout.use": True, "image.cmap": "cividis"})
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"

# %% [markdown]
# ## The idea in one picture
#
# To autograd, a program is a chain of boxes. Each box turns values into a value, puts what it will need later into a
# **tape**, and, on the way back, turns the cotangent of its output into that of its input. You will write such boxes.

# %% tags=["figure"] id="figure-box"
draw_function("A Function: forward, what is kept, backward")
plt.show()

# %% [markdown]
# *Figure: three boxes in a row, the middle one labelled your Function. Solid arrows carry x and y forward, dashed arrows
# grad_y and grad_x back. Below the middle box a hatched chest of saved tensors: filled going forward, read going back.*
#
# Three reasons to write one: a **better** derivative of the same function (less memory, no overflow), **another**
# derivative on purpose, or **code that autograd cannot see** (a solver, numpy, C).

# %% [markdown]
# ## 1 · The anatomy of a Function
#
# | method | is given | returns |
# |---|---|---|
# | `forward` | the inputs | the output |
# | `setup_context` | `ctx`, inputs, output | nothing; keeps tensors in `ctx` |
# | `backward` | `ctx`, the cotangent of the output | a cotangent for each input of `forward`, or `None` |
# | `jvp` | `ctx`, a tangent for each input | the tangent of the output |
#
# All are static; the class is called as `Cube.apply(x)`. `forward` runs unrecorded. `backward` is ordinary torch
# code, recorded where a second derivative is wanted.

# %% role="locked" id="cube"
class Cube(Function):
    """x³, elementwise: every part that a Function can have."""

    generate_vmap_rule = True  # torch.func.vmap may run all of it on whole batches

    @staticmethod
    def forward(x):
        return x**3

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)  # for jvp

    @staticmethod
    def backward(ctx, grad_y):
        (x,) = ctx.saved_tensors
        return grad_y * 3 * x**2

    @staticmethod
    def jvp(ctx, tangent):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * tangent

# %% tags=["figure"] id="figure-tape"
x = torch.tensor(2.0, requires_grad=True)
y = Cube.apply(x).sin() + 1
box, names = y.grad_fn, []
while box is not None:
    names.append(box.name().split("::")[-1])
    box = box.next_functions[0][0] if box.next_functions else None
draw_tape(names, "CubeBackward", "The tape of sin(x³) + 1, last box first: yours is one of them")
plt.show()

# %% [markdown]
# *Figure: four boxes joined by dashed arrows, as torch names them: AddBackward0, SinBackward0, CubeBackward with a thick
# border, and AccumulateGrad, which adds to x.grad.*
#
# `gradcheck` compares `backward` with central differences, `gradgradcheck` does so for the derivative of the derivative.
# Both want float64. Run both, always: later you meet functions that pass only the first.

# %% id="cube-checked"
x = torch.tensor([-1.0, 0.5, 2.0], dtype=torch.float64, requires_grad=True)
print("gradcheck    ", gradcheck(Cube.apply, (x,), check_forward_ad=True))
print("gradgradcheck", gradgradcheck(Cube.apply, (x,)))
print("vmap(grad)   ", torch.func.vmap(torch.func.grad(Cube.apply))(x.detach()))

# %% tags=["figure"] id="figure-gradcheck"
g = torch.Generator().manual_seed(2)
M, x = (torch.randn(*shape, generator=g, dtype=torch.float64) for shape in [(4, 5), (5,)])
f, h = lambda x: Cube.apply(M @ x), 1e-6
columns = torch.stack([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in torch.eye(5, dtype=x.dtype)], 1)
rows = torch.autograd.functional.jacobian(f, x)
off = (columns - rows).abs().clamp(min=1e-16).log10()
fig, axes = plt.subplots(1, 3, figsize=(10, 2.4))
for ax, matrix, name in zip(axes, (columns, rows, off),
                            ("by differences", "by backward", "log₁₀ |difference|")):
    shown = ax.imshow(matrix, aspect="auto")
    ax.set(title=name, xlabel="entry of x", ylabel="entry of y", xticks=range(5), yticks=range(4))
    ax.grid(False)
fig.colorbar(shown, ax=axes[2])
fig.suptitle("What gradcheck does: two Jacobians, a column and a row at a time, compared")
plt.show()

# %% [markdown]
# *Figure: three tables of 4 rows and 5 columns. The Jacobians by differences and by backward have the same shades; their
# difference is nowhere above 1e-7.*

# %% tags=["figure"] id="figure-cube"
x = torch.linspace(-1.5, 1.5, 61, dtype=torch.float64, requires_grad=True)
curve = Cube.apply(x)
fig, ax = plt.subplots(figsize=(7, 3))
styles = {"x³": "-", "first": "--", "second": "-.", "third": ":"}
for (name, style), color in zip(styles.items(), ["0", BLUE, ORANGE, VERMILION]):
    ax.plot(x.detach(), curve.detach(), style, color=color, lw=2, label=name)
    if name != "third":
        (curve,) = torch.autograd.grad(curve.sum(), x, create_graph=True)
ax.set(xlabel="x", ylabel="value", title="One backward, differentiated again and again: 3x², 6x, 6")
ax.legend(title="derivative")
plt.show()

# %% [markdown]
# *Figure: x³ and its first three derivatives from −1.5 to 1.5: a cubic, a parabola, a straight line, and a level line at
# 6.*
#
# ### Two styles
#
# Much code on the web merges the first two methods into `forward(ctx, x)`. That still works for `.backward()`, but not
# for `torch.func`:

# %% id="old-style"
class OldCube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y * 3 * ctx.saved_tensors[0] ** 2


try:
    torch.func.grad(OldCube.apply)(torch.tensor(2.0))
except RuntimeError as error:
    print("RuntimeError:", str(error).split(". ")[0])

# %% [markdown]
# ### What is kept
#
# Everything that autograd keeps for the way back passes through a pair of hooks. That makes memory countable: the first
# hook sees each tensor as it is put on the tape. One tensor may be put there by two operations; `once` says whether
# it counts once, as in memory, or each time.

# %% role="locked" id="saved-bytes"
def saved_bytes(f, *inputs, once=True):
    """The bytes that autograd keeps for the backward pass of f(*inputs)."""
    kept = {}

    def pack(x):
        kept[x.data_ptr() if once else len(kept)] = x.numel() * x.element_size()
        return x

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        y = f(*inputs)  # held until the end, so that no address is used twice
    del y
    return sum(kept.values())

# %% role="locked" id="gradient"
def gradient(f, x):
    """The gradient of f's sum at x, in x's shape; None where f or its backward is not written yet."""
    x = x.detach().requires_grad_()
    y = f(x)
    return None if y is None else torch.autograd.grad(y.sum(), x, allow_unused=True)[0]

# %% tags=["figure"] id="figure-saved"
x = torch.linspace(0.1, 1, 1000, requires_grad=True)
programs = {
    "x + 1": lambda x: x + 1,
    "x.exp()": torch.exp,
    "x.sin()": torch.sin,
    "x * x.exp()": lambda x: x * x.exp(),
    "x * x.sigmoid()": lambda x: x * x.sigmoid(),
    "x.exp() / x.sin()": lambda x: x.exp() / x.sin(),
}
counts = {name: saved_bytes(f, x) for name, f in programs.items()}
fig, ax = plt.subplots(figsize=(8, 2.8))
bars = ax.barh(list(counts), list(counts.values()), color=BLUE)
ax.bar_label(bars, [f"{count:,}" for count in counts.values()], padding=4)
ax.set(
    xlabel="bytes kept for 1,000 float32 numbers", xlim=(0, 19000),
    title="Each operation keeps what its own rule needs"
)
ax.invert_yaxis()
plt.show()

# %% [markdown]
# *Figure: horizontal bars of bytes. x + 1 keeps nothing; exp and sin keep 4,000; x·exp(x) and x·sigmoid(x) keep 8,000;
# exp(x)/sin(x) keeps 12,000.*
#
# An addition needs nothing, exp its output, sin its input, a product both factors.

# %% [markdown] id="exercise-7.1"
# ### 7.1 The output is the derivative
#
# ●○○ easy · about 15 minutes · 4 points
#
# $$y = e^x:\quad y' = y \qquad\qquad y_i = \log\sum_j e^{x_{ij}}:\quad
# \frac{\partial y_i}{\partial x_{ij}} = e^{x_{ij} - y_i}$$
#
# `Exp` keeps its output and nothing else. `LogSumExp` sums over the last axis and keeps $x$ and $y$; logits may be near
# ±1000 or −∞. Compute in `backward` what can be computed from the two; $e^{x-y}$ is the softmax.

# %% role="answer" id="answer-7.1-a"
class Exp(Function):
    """exp, elementwise, any shape."""

    @staticmethod
    def forward(x):
        return torch.exp(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        # inputs: the tuple (x,). Keep what backward needs.
        ### BEGIN SOLUTION
        ctx.save_for_backward(output)  # y is its own derivative
        ### END SOLUTION

    @staticmethod
    def backward(ctx, grad_y):
        # grad_y: the shape of y. Returns the gradient of x.
        ### BEGIN SOLUTION
        (y,) = ctx.saved_tensors
        return grad_y * y
        ### END SOLUTION

# %% role="answer" id="answer-7.1-b"
class LogSumExp(Function):
    """log(sum(exp(x))) over the last axis: (..., m) -> (...)."""

    @staticmethod
    def forward(x):
        ### BEGIN SOLUTION
        top = x.max(-1, keepdim=True).values  # exp of at most 0: nothing overflows
        return top.squeeze(-1) + torch.log(torch.exp(x - top).sum(-1))
        ### END SOLUTION

    @staticmethod
    def setup_context(ctx, inputs, output):
        ### BEGIN SOLUTION
        ctx.save_for_backward(*inputs, output)
        ### END SOLUTION

    @staticmethod
    def backward(ctx, grad_y):
        # grad_y: (...). Returns (..., m).
        ### BEGIN SOLUTION
        x, y = ctx.saved_tensors
        return grad_y.unsqueeze(-1) * torch.exp(x - y.unsqueeze(-1))  # the softmax of each row
        ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `setup_context` sees inputs and output. Whatever goes into `ctx.save_for_backward` comes back, in the same order, from
# `ctx.saved_tensors`.
# <details><summary>Hint 2: the equation</summary>
#
# For any $c$: $\log\sum_j e^{x_j} = c + \log\sum_j e^{x_j - c}$. With $c$ the row's largest entry no term exceeds 1.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `max(-1, keepdim=True).values`; `save_for_backward(…, …)`; in backward an `unsqueeze(-1)` for each tensor of shape
# (...).
#
# </details></details></details>

# %% role="check" id="check-7.1" points=4
check("7.1")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_rules import judge_reuse

seed = challenge_seed("7.1", "rows")
lines = judge_reuse(submission, seed=seed, n=5, m=2)
lines += judge_reuse(submission, seed=seed + 9, n=2, m=7, strided=True)
award("7.1", lines, points=4)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-overflow"
t = torch.linspace(-120, 120, 241)  # float32
z = torch.stack([t, t - 1], -1)
fig, ax = plt.subplots(figsize=(7, 2.8))
for name, f, style in [("yours", LogSumExp.apply, "-"),
                       ("naive", lambda z: z.exp().sum(-1).log(), "--")]:
    if f(z) is not None:
        ax.plot(t, f(z), style, color=BLUE if name == "yours" else VERMILION,
                lw=4 - 2 * (name == "yours"), label=name)
ax.axvspan(88.72, 120, color="0.85", label="exp(t) is infinite in float32")
ax.set(xlabel="t, the larger of two logits t and t − 1", ylabel="log-sum-exp", xlim=(-120, 120))
ax.set_title("The naive form ends at 88.7; yours goes on")
ax.legend(fontsize="small")
plt.show()

# %% [markdown]
# *Figure: log-sum-exp against the larger logit. The naive form, dashed, starts near −103, where the sum stops being 0, and
# ends at 88.7, where a shaded region begins; yours is a straight line from −120 to 120.*

# %% tags=["figure"] id="figure-softmax"
logits = torch.tensor([1.0, 2.0, 3.0, 2.5])
fig, axes = plt.subplots(1, 3, figsize=(10, 2.5), sharey=True)
for ax, scale in zip(axes, [0.3, 1.0, 5.0]):
    d = gradient(LogSumExp.apply, scale * logits)
    ax.bar(range(4), torch.softmax(scale * logits, 0), color="0.85", ec="0", label="softmax, by torch")
    if d is not None:
        ax.plot(range(4), d, "D", color=VERMILION, label="gradient of your LogSumExp")
    ax.set(xlabel="entry", title=f"logits × {scale:g}", xticks=range(4))
axes[0].set_ylabel("share of the gradient")
axes[0].legend(fontsize="small")
fig.suptitle("Log-sum-exp is a soft maximum: larger logits concentrate its gradient on the largest")
plt.show()

# %% [markdown]
# *Figure: three panels of four bars, the softmax of small, middle and large logits: nearly even, graded, nearly all on
# the third entry. Diamonds, the gradient of your function, sit on the bars.*
#
# **What just happened.** Keeping an output costs nothing if the next layer holds it anyway. But a kept tensor must
# not be changed. Torch counts edits and refuses:

# %% id="in-place"
x = torch.tensor([0.0, 1.0], requires_grad=True)
y = torch.exp(x)
y.mul_(2)  # y was kept for the way back
try:
    y.sum().backward()
except RuntimeError as error:
    print("RuntimeError:", str(error).split(": ")[0])

# %% [markdown]
# ## 2 · Another derivative, on purpose
#
# > **Often said: “almost all operations that a network wants are differentiable.”** Rounding has a derivative nearly
# > everywhere, and it is 0: no use for learning. Argmax, comparisons and sampling are of the same kind.
#
# The next three functions lie about their derivative, each for a reason.

# %% tags=["figure"] id="figure-staircase"
x = torch.linspace(-2.4, 2.4, 481)
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(x, torch.round(x), color="0", label="round(x)")
ax.plot(x, gradient(torch.round, x), color=VERMILION, lw=2, label="its slope by autograd: 0")
ax.plot(x, torch.ones_like(x), "--", color=BLUE, lw=2, label="the slope that is wanted: 1")
ax.plot(x, x, ":", color=BLUE, label="x, the staircase from afar")
ax.set(xlabel="x", ylabel="value or slope",
       title="Close up a staircase is level; from afar it has slope 1")
ax.legend(fontsize="small")
plt.show()

# %% [markdown]
# *Figure: the rounding staircase with the straight line x through it. A level line at 0 is the slope that autograd
# reports, a dashed one at 1 the slope that is wanted.*

# %% [markdown] id="exercise-7.2"
# ### 7.2 Straight through
#
# ●○○ easy · about 5 minutes · 2 points
#
# The **straight-through estimator** ([Bengio, Léonard & Courville, 2013](https://arxiv.org/abs/1308.3432)) rounds
# going forward and goes back as if it had not:
#
# $$y = \operatorname{round}(x) \qquad\qquad \bar x = \bar y$$

# %% role="answer" id="answer-7.2"
class RoundSTE(Function):
    """Rounds x, any shape; its gradient passes straight through."""

    @staticmethod
    def forward(x):
        ### BEGIN SOLUTION
        return torch.round(x)
        ### END SOLUTION

    @staticmethod
    def setup_context(ctx, inputs, output):
        # the rule needs neither x nor y
        pass

    @staticmethod
    def backward(ctx, grad_y):
        ### BEGIN SOLUTION
        return grad_y  # the identity's rule
        ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Backward knows nothing of what forward did. It follows the rule that you write.
# <details><summary>Hint 2: the equation</summary>
#
# Which function has $\bar x = \bar y$ as its rule?
# <details><summary>Hint 3: the shape of the code</summary>
#
# Two methods of one line each.
#
# </details></details></details>

# %% role="check" id="check-7.2" points=2
check("7.2")
### BEGIN HIDDEN TESTS
import torch

from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_rules import judge_straight_through

seed = challenge_seed("7.2", "stairs")
lines = judge_straight_through(submission, seed=seed, shape=(2, 3, 2))
lines += judge_straight_through(submission, seed=seed + 5, shape=(7,), dtype=torch.float32)
award("7.2", lines, points=2)
### END HIDDEN TESTS

# %% [markdown]
# Here gradcheck *must* fail: it compares with the slope of the staircase. A test of such a function says which rule is
# wanted and compares with that.

# %% id="ste-fails"
x = torch.tensor([0.3, 1.2, -0.8], dtype=torch.float64, requires_grad=True)
if RoundSTE.apply(x) is not None:
    print("gradcheck:", gradcheck(RoundSTE.apply, (x,), raise_exception=False))
    print("gradient: ", gradient(RoundSTE.apply, x))

# %% tags=["figure"] id="figure-quantized"
data, target = torch.linspace(-1, 1, 41), 0.55 * torch.linspace(-1, 1, 41)  # y = 0.55 x
fig, ax = plt.subplots(figsize=(7, 3))
for rule, color, style in [(torch.round, VERMILION, ":"), (RoundSTE.apply, BLUE, "-")]:
    w, losses = torch.tensor(-1.5, requires_grad=True), []
    for _ in range(steps(60, 6)):
        if rule(w) is None:
            break
        loss = ((rule(8 * w) / 8 * data - target) ** 2).mean()  # weights on a grid of eighths
        w = (w - 0.1 * (torch.autograd.grad(loss, w)[0])).detach().requires_grad_()
        losses.append(loss.item())
    ax.plot(losses, style, color=color, lw=2, label="straight through" if style == "-" else "true slope")
ax.axhline((0.05**2 * data**2).mean(), color="0", ls="--", lw=1, label="the grid's best, w = 0.5")
ax.set(xlabel="step", ylabel="mean squared error", yscale="log",
       title="The true slope, 0, learns nothing")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: loss against step for one weight kept on a grid of eighths. With the true slope the loss never moves; with
# the straight-through rule it falls in steps to that of the best grid point, w = 0.5.*
#
# **What just happened.** The estimator is biased; it is used because it points about the right way. Networks with weights
# of a few bits are trained like this.

# %% [markdown] id="exercise-7.3"
# ### 7.3 Gradient reversal
#
# ●○○ easy · about 5 minutes · 2 points
#
# One part of a model wants a loss small, another wants it large. A layer between them turns the gradient round
# ([Ganin & Lempitsky, 2015](https://arxiv.org/abs/1409.7495)):
#
# $$y = x \qquad\qquad \bar x = -\lambda\,\bar y$$
#
# `strength`, the $\lambda$, is a plain number: keep it as `ctx.strength`. Backward returns one value for *each* input of
# forward; what has no gradient gets `None`.

# %% role="answer" id="answer-7.3"
class ReverseGradient(Function):
    """x, any shape, unchanged; its gradient times -strength (a number)."""

    @staticmethod
    def forward(x, strength):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ### BEGIN SOLUTION
        _, ctx.strength = inputs  # not a tensor, so an attribute is right
        ### END SOLUTION

    @staticmethod
    def backward(ctx, grad_y):
        dx = None
        ### BEGIN SOLUTION
        dx = -ctx.strength * grad_y
        ### END SOLUTION
        return dx, None  # one for each input of forward

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Numbers, shapes and flags live as attributes of `ctx`. Only tensors go through `save_for_backward`.
# <details><summary>Hint 2: the equation</summary>
#
# Two inputs, so two gradients: $(-\lambda\,\bar y,\ \text{none})$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# One assignment in each method: `_, ctx.strength = …`, and `dx = …`.
#
# </details></details></details>

# %% role="check" id="check-7.3" points=2
check("7.3")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_rules import judge_reversal

seed = challenge_seed("7.3", "another strength")
award("7.3", judge_reversal(submission, seed=seed, shape=(3, 1, 4), strength=2.4), points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-players"
draw_players("One player wants its answer known, the other must not find it out")
plt.show()

# %% [markdown]
# *Figure: a box of features feeds two boxes, which digit and which camera, the second through a reversal. Solid arrows go
# forward. Dashed ones come back: a plus for the digit, a plus from the camera to the reversal, and a minus from there to
# the features.*

# %% tags=["figure"] id="figure-saddle"
grid = torch.linspace(-2, 2, 81)
fig, ax = plt.subplots(figsize=(5.5, 3.6))
shade = ax.contourf(grid, grid, grid**2 - grid[:, None] ** 2 + 0.5 * grid * grid[:, None], 12)
fig.colorbar(shade, label="loss")
for reverse, color, marker in [(False, "black", "s"), (True, ORANGE, "o")]:
    a, b, path = torch.tensor(1.6), torch.tensor(0.25), []
    for _ in range(18):
        a, b = (t.detach().requires_grad_() for t in (a, b))
        path.append((a.item(), b.item()))
        c = ReverseGradient.apply(b, 1.0) if reverse else b
        da, db = torch.autograd.grad(a**2 - c**2 + 0.5 * a * c, (a, b), allow_unused=True)
        a, b = a - 0.15 * da, b - 0.15 * (db if db is not None else 0)
    ax.plot(*zip(*path), marker=marker, ms=4, color=color,
            label="with reversal" if reverse else "without")
ax.set(xlabel="a, wants a small loss", ylabel="b, wants a large one", xlim=(-2, 2), ylim=(-2, 2))
ax.set_title("Reversal turns one descent into a game")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a saddle in shades. Both paths start at (1.6, 0.25). Without reversal, squares, b runs off at the
# top; with it, circles, the path ends in the saddle's middle.*
#
# **What just happened.** One loss, one optimiser, two opposed players. Ganin and Lempitsky let features *minimise* the loss
# of a label and *maximise* that of guessing where the picture came from.

# %% [markdown] id="exercise-7.4"
# ### 7.4 A gradient with a speed limit
#
# ●●○ medium · about 8 minutes · 3 points
#
# A box that may stand anywhere in a network: it passes its input unchanged and shortens the gradient that comes back, if
# that is longer than the limit. The norm is that of the whole gradient.
#
# $$y = x \qquad\qquad \bar x = \min\!\left(1, \frac{\text{limit}}{\lVert\bar y\rVert}\right)\bar y$$
#
# A gradient of zeros stays zero: no $0/0$.

# %% role="answer" id="answer-7.4"
class ClipGradient(Function):
    """x, any shape, unchanged; its gradient no longer than limit (a number above 0)."""

    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ### BEGIN SOLUTION
        _, ctx.limit = inputs
        ### END SOLUTION

    @staticmethod
    def backward(ctx, grad_y):
        dx = None
        ### BEGIN SOLUTION
        # limit / max(norm, limit) is at most 1 and never 0/0
        dx = grad_y * (ctx.limit / grad_y.norm().clamp(min=ctx.limit))
        ### END SOLUTION
        return dx, None

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# One number scales everything, so the direction stays.
# <details><summary>Hint 2: the equation</summary>
#
# $\min(1, c/N) = c / \max(N, c)$, and the right side can divide by nothing smaller than $c$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `grad_y.norm()`, `clamp(min=…)`, one product.
#
# </details></details></details>

# %% role="check" id="check-7.4" points=3
check("7.4")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_rules import judge_clip

seed = challenge_seed("7.4", "long and short")
lines = judge_clip(submission, seed=seed, shape=(2, 5), strided=True)
lines += judge_clip(submission, seed=seed + 5, shape=(4, 1, 3))
award("7.4", lines, points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-clipped-arrows"
clips = gradient(lambda x: ClipGradient.apply(x, 1.0), torch.zeros(2)) is not None
d = torch.tensor([[0.5, 0.3], [1.6, 1.2], [-2.2, 0.8], [-0.6, -0.7], [0.9, -2.0]])
through = lambda u: gradient(lambda x: (ClipGradient.apply(x, 1.0) * u).sum(), torch.zeros(2))
clipped = [through(u) for u in d if clips]
fig, ax = plt.subplots(figsize=(5.4, 3.6))
ax.add_patch(plt.Circle((0, 0), 1, fill=False, ls=":", lw=2, label="the limit, 1"))
arrows = {"angles": "xy", "scale_units": "xy", "scale": 1}
ax.quiver(*torch.zeros(2, 5), *d.T, color="0.75", width=0.012, label="what comes back", **arrows)
if clips:
    ax.quiver(*torch.zeros(2, 5), *torch.stack(clipped).T, color=BLUE, width=0.006,
              label="what is passed on", **arrows)
ax.set(xlabel="entry 0 of the gradient", ylabel="entry 1", xlim=(-2.6, 4.6), ylim=(-2.3, 1.8),
       aspect="equal")
ax.set_title("Long gradients are shortened, none is turned")
ax.legend(loc="right", fontsize="small")
plt.show()

# %% [markdown]
# *Figure: five thick grey arrows from the origin. On each lies a thin blue one in the same direction: as long as the grey
# arrow inside the dotted circle of radius 1, and ending on the circle where the grey one leaves it.*

# %% tags=["figure"] id="figure-recurrence"
T, Q = 60, torch.linalg.qr(torch.randn(20, 20, generator=torch.Generator().manual_seed(7)))[0]
fig, ax = plt.subplots(figsize=(7, 3))
boxes = {"no box": lambda h: h, "a box at each step, limit 5": lambda h: ClipGradient.apply(h, 5.0)}
for (name, box), style in zip(boxes.items(), ["--", "-"]):
    h = torch.full((20,), 0.01, requires_grad=True)
    hs = [h]
    for _ in range(T if box(h) is not None else 0):
        hs.append(box(hs[-1]) @ (1.1 * Q))
    norms = [d.norm() for d in torch.autograd.grad(hs[-1].sum(), hs, allow_unused=True) if d is not None]
    ax.semilogy(range(len(norms) - 1, -1, -1), norms, style, color=BLUE, lw=2, label=name)
ax.set(
    xlabel="steps back in time",
    ylabel="norm of the gradient",
    title="A box at each step holds the gradient at the limit",
)
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the gradient's norm against steps back in time, up to 60. Without a box it grows from about 4 to above
# 1,000, a straight line on the logarithmic axis; with a box at each step it stays at the limit.*
#
# **What just happened.** Clipping *after* the backward pass shortens a sum that one exploding path dominates. A box
# inside acts before the sum is formed.

# %% [markdown]
# ## 3 · Code that need not be recorded: a solver
#
# Let $z$ solve $z = \tanh(Wz + x)$. A loop finds it: start at 0, repeat. If the largest singular value of $W$ is
# below 1, every round shrinks the error. Autograd can record all rounds, but should it have to? The answer $z$
# does not remember how it was found.

# %% role="locked" id="iterate"
def iterate(W, x, count=200):
    """z ← tanh(W z + x), `count` times from zero: W (d, d), x (d,) -> z (d,)."""
    z = torch.zeros_like(x)
    for _ in range(count):
        z = torch.tanh(W @ z + x)
    return z


g = torch.Generator().manual_seed(7)
W, x = (torch.randn(*shape, generator=g, dtype=torch.float64) for shape in [(30, 30), (30,)])
W = 0.8 * W / torch.linalg.matrix_norm(W, 2)  # largest singular value 0.8
inputs = [t.clone().requires_grad_() for t in (W, x)]  # the same, as leaves that ask for gradients

# %% tags=["figure"] id="figure-converges"
counts, star = range(0, 61, 3), iterate(W, x)
errors = [(iterate(W, x, k) - star).norm() for k in counts]
fig, ax = plt.subplots(figsize=(7, 2.6))
ax.semilogy(counts, errors, "o-", color=BLUE, label="measured")
ax.semilogy(counts, star.norm() * 0.8 ** torch.tensor(counts), "--", color="0", label="bound 0.8ᵏ")
ax.set(xlabel="rounds k", ylabel="distance from the answer",
       title="Each round shrinks the error, down to rounding")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the distance from the fixed point falls along a straight line on a logarithmic axis, below the bound
# 0.8 to the k, and stays near 1e-15.*

# %% tags=["figure"] id="figure-rounds-kept"
kept = [saved_bytes(iterate, *inputs, k) / 1000 for k in counts]
fig, ax = plt.subplots(figsize=(7, 2.4))
ax.plot(counts, kept, "s-", color=VERMILION)
ax.set(xlabel="rounds k", ylabel="kB kept for backward", title="Each round keeps more for the way back",
       ylim=0)
plt.show()

# %% [markdown]
# *Figure: the kilobytes kept rise in a straight line with the number of rounds, after a first step to 8 kB for W.*

# %% tags=["figure"] id="figure-crossing"
z, w = torch.linspace(-0.2, 1, 121), torch.tensor([[0.8]])
fig, ax = plt.subplots(figsize=(6, 3))
ax.plot(z, z, color="0", lw=1, label="z itself")
for x, style in [(0.2, "-"), (0.3, "--")]:
    star = iterate(w, torch.tensor([x])).item()
    ax.plot(z, torch.tanh(0.8 * z + x), style, color=BLUE, lw=2, label=f"tanh(0.8 z + {x})")
    ax.plot(star, star, "o", color=VERMILION)
    ax.annotate(f"z = {star:.2f}", (star, star), (star + 0.03, star - 0.15))
ax.set(xlabel="z", ylabel="one round", title="Raise x a little, and the crossing slides along")
ax.legend(fontsize="small")
plt.show()

# %% [markdown]
# *Figure: two rising curves cross the straight line z: for x = 0.2 at z = 0.58, for x = 0.3, dashed, at z = 0.69.*
#
# **Differentiate the equation, not the loop.** Move $x$ and $W$ a little; $z$ moves so that the equation still holds. With
# $D = \operatorname{diag}(1 - z^2)$ and $J = DW$, both $(d, d)$:
#
# $$\dot z = D(W\dot z + \dot W z + \dot x) \quad\Rightarrow\quad (I - J)\,\dot z = D(\dot W z + \dot x)$$
#
# This is the **implicit function theorem**. The inverse of $I - J$ is a linear solve, not a loop.
#
# One more piece: `ctx.needs_input_grad`, a tuple of booleans, says which inputs ask for a gradient. `None` is a fine answer
# for the others, and saves the work.

# %% id="needs-input-grad"
class Product(Function):
    @staticmethod
    def forward(a, b):
        return a * b

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        print("asked for:", ctx.needs_input_grad)
        a, b = ctx.saved_tensors
        return tuple(grad_y * other if need else None
                     for need, other in zip(ctx.needs_input_grad, (b, a)))


Product.apply(torch.tensor(2.0), torch.tensor(3.0, requires_grad=True)).backward()

# %% [markdown] id="exercise-7.5"
# ### 7.5 The gradient of an answer
#
# ●●● hard · about 25 minutes · 4 points
#
# Transpose the equation above: given $\bar z$, first solve for an adjoint $a$, then take it back through one step.
#
# $$(I - J)^{\mathsf T} a = \bar z$$
#
# $\bar x$ has shape $(d,)$, $\bar W$ has $(d, d)$; find both on paper. Keep no more than $W$, $x$ and $z$, and keep
# them so that second derivatives are right.

# %% role="answer" id="answer-7.5"
class FixedPoint(Function):
    """z with z = tanh(W z + x): W (d, d), x (d,) -> z (d,)."""

    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ### BEGIN SOLUTION
        W, _ = inputs
        ctx.save_for_backward(W, output)
        ### END SOLUTION

    @staticmethod
    def backward(ctx, grad_z):
        # grad_z: (d,). The gradients of W (d, d) and x (d,):
        dW = dx = None
        ### BEGIN SOLUTION
        W, z = ctx.saved_tensors
        slope = 1 - z**2  # (d,), of tanh
        J = slope[:, None] * W
        eye = torch.eye(len(z), dtype=z.dtype, device=z.device)
        adjoint = torch.linalg.solve((eye - J).T, grad_z)  # all rounds at once
        dx = slope * adjoint  # back through one step
        dW = torch.outer(dx, z)
        ### END SOLUTION
        return dW, dx

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# $\bar z^{\mathsf T}\dot z$ with $\dot z = (I-J)^{-1} D(\dot W z + \dot x)$. Call $\bar z^{\mathsf T}(I-J)^{-1}$ the
# adjoint $a^{\mathsf T}$. What stands in front of $\dot x$? In front of $\dot W_{ij}$?
# <details><summary>Hint 2: the equation</summary>
#
# One step is $z_i = \tanh(\sum_j W_{ij} z_j + x_i)$: its rule for $x$ is that of tanh, its rule for $W$ that of a
# matrix–vector product.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `torch.linalg.solve(matrix, vector)` with a transposed matrix; `torch.outer`. Form $J$ in `backward`, from kept tensors.
#
# </details></details></details>

# %% role="check" id="check-7.5" points=4
check("7.5")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_solvers import judge_fixed_point

seed = challenge_seed("7.5", "another size")
lines = judge_fixed_point(submission, seed=seed, d=7, norm=0.6)
lines += judge_fixed_point(submission, seed=seed + 5, d=3, norm=0.55)
award("7.5", lines, points=4)
### END HIDDEN TESTS

# %% id="implicit-unrolled"
g = torch.Generator().manual_seed(8)
dz, found = torch.randn(30, generator=g, dtype=torch.float64), {}
for name, solve in [("unrolled", iterate), ("implicit", FixedPoint.apply)]:
    z = solve(*inputs)
    found[name] = torch.autograd.grad((z * dz).sum(), inputs, allow_unused=True)
    print(f"{name}: {saved_bytes(solve, *inputs):7,} bytes kept")
if found["implicit"][0] is not None:
    apart = max((a - b).abs().max() for a, b in zip(*found.values()))
    print("equal to 12 decimals:", bool(apart < 1e-12))

# %% tags=["figure"] id="figure-implicit"
rounds = range(5, 61, 5)
truth = found["unrolled"][1]
unrolled = [torch.autograd.grad((iterate(*inputs, k) * dz).sum(), inputs)[1] for k in rounds]
fig, ax = plt.subplots(figsize=(7, 3))
ax.semilogy(rounds, [(d - truth).norm() for d in unrolled], "s--", color=VERMILION,
            label="recorded loop of k rounds")
if found["implicit"][1] is not None:
    off = max((found["implicit"][1] - truth).norm().item(), 1e-16)
    ax.axhline(off, color=BLUE, lw=2, label="your implicit rule, one solve")
ax.set(xlabel="rounds k", ylabel="error of the gradient of x")
ax.set_title("The recorded loop needs all its rounds; the rule needs none")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the error of the recorded loop's gradient against its rounds, a falling line on a logarithmic axis. A level line
# near 1e-15 is the implicit rule.*
#
# **What just happened.** The same gradient from a fraction of the memory, whatever the number of rounds. Forward could call
# any solver, even one in Fortran: the rule holds for the *answer*. Deep equilibrium models
# ([Bai, Kolter & Koltun, 2019](https://arxiv.org/abs/1909.01377)) are trained like this.

# %% [markdown]
# ## 4 · A singular point
#
# A norm is not differentiable at 0: the cone has a tip. Written with a square root, its chain rule computes
# $\infty\cdot 0$ there.

# %% id="nan-norm"
x = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
print(gradient(lambda x: (x**2).sum(-1).sqrt(), x))

# %% tags=["figure"] id="figure-cone"
line = torch.linspace(-1, 1, 201, dtype=torch.float64)
plane = torch.stack(torch.meshgrid(line[::8], line[::8], indexing="xy"), -1)  # (26, 26, 2)
fig, ax = plt.subplots(figsize=(5, 3.4), subplot_kw={"projection": "3d"})
ax.plot_surface(plane[..., 0].numpy(), plane[..., 1].numpy(), plane.norm(dim=-1).numpy(), cmap="cividis")
ax.set(title="The norm is a cone", xlabel="x₁", ylabel="x₂")
plt.show()

# %% [markdown]
# *Figure: the norm over the plane, a cone that stands on its tip.*

# %% tags=["figure"] id="figure-tip"
fig, ax = plt.subplots(figsize=(7, 2.8))
for height, style in [(1e-1, ":"), (1e-2, "--"), (0.0, "-")]:
    slope = gradient(lambda x: (x**2 + height**2).sqrt(), line)
    ax.plot(line, slope, style, color=BLUE, label=f"passing the tip at {height:g}")
ax.set(title="Its slope jumps at the tip", xlabel="x₁ with x₂ as given", ylabel="∂‖x‖/∂x₁")
ax.legend(fontsize="small")
plt.show()

# %% [markdown]
# *Figure: the norm's slope along x₁, passing the tip at distances 0.1, 0.01 and 0: ever steeper from −1 to 1. At distance 0 the value at the tip itself is missing: it is NaN.*

# %% [markdown] id="exercise-7.6"
# ### 7.6 A norm with a rule at zero
#
# ●●○ medium · about 10 minutes · 3 points
#
# $$y_i = \lVert x_i\rVert \qquad\qquad
# \bar x_i = \begin{cases}\bar y_i\; x_i / \lVert x_i\rVert & x_i \ne 0\\ 0 & x_i = 0\end{cases}$$
#
# Over the last axis. A row of zeros must not spoil its neighbours, and second derivatives must be finite everywhere and
# right where $x_i \ne 0$. No $\epsilon$ is added anywhere: it would change the values.

# %% role="answer" id="answer-7.6"
class SafeNorm(Function):
    """The norm over the last axis: (..., m) -> (...); gradient 0 at 0."""

    @staticmethod
    def forward(x):
        ### BEGIN SOLUTION
        return torch.sqrt((x**2).sum(-1))
        ### END SOLUTION

    @staticmethod
    def setup_context(ctx, inputs, output):
        ### BEGIN SOLUTION
        ctx.save_for_backward(*inputs, output)
        ### END SOLUTION

    @staticmethod
    def backward(ctx, grad_y):
        # grad_y: (...). Returns (..., m).
        ### BEGIN SOLUTION
        x, y = ctx.saved_tensors
        divisor = torch.where(y > 0, y, 1.0)  # repaired before the division, so no 0/0 is ever formed
        return (grad_y / divisor).unsqueeze(-1) * x  # x itself is 0 at 0
        ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# At $x = 0$ the numerator is 0 already. Any divisor but 0 gives the rule that is wanted.
# <details><summary>Hint 2: the equation</summary>
#
# $\bar y\,x / d$ with $d = y$ where $y > 0$ and $d = 1$ where $y = 0$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `torch.where(…, …, 1.0)` on the divisor. A `where` or `nan_to_num` on the quotient comes too late: its own derivative
# meets the NaN again.
#
# </details></details></details>

# %% role="check" id="check-7.6" points=3
check("7.6")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_rules import judge_norm

seed = challenge_seed("7.6", "other rows")
lines = judge_norm(submission, seed=seed, n=2, m=6)
lines += judge_norm(submission, seed=seed + 5, n=7, m=2, strided=True)
award("7.6", lines, points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-arrows"
at = torch.stack(torch.meshgrid(torch.arange(-2.0, 3), torch.arange(-2.0, 3), indexing="xy"),
                 -1).flatten(0, 1)
d = gradient(SafeNorm.apply, at)
fig, ax = plt.subplots(figsize=(4.4, 3.8))
if d is not None:
    ax.quiver(*at.T, *d.T, color=BLUE, angles="xy", scale_units="xy", scale=2)
ax.plot(0, 0, "s", mfc="white", mec=VERMILION, ms=10, label="the rule at 0: no arrow")
ax.set(xlabel="x₁", ylabel="x₂", xlim=(-2.8, 2.8), ylim=(-2.8, 3.6), aspect="equal")
ax.set_title("Gradients have length 1, but at 0")
ax.legend(loc="upper right", fontsize="small")
plt.show()

# %% [markdown]
# *Figure: arrows of equal length on a grid of 25 points, each pointing away from the origin. At the origin an empty
# square and no arrow.*
#
# **What just happened.** 0 is a *convention*: any vector no longer than 1 is a subgradient of the norm at 0. Torch's
# `norm` uses 0 as well; JAX's gives NaN.

# %% [markdown]
# ## 5 · Less memory
#
# **Swish**, or SiLU: $y = x\,\sigma(x)$. Written as two operations it keeps three tensors: $\sigma$ for the sigmoid's rule, and
# the factors $x$ and $\sigma$ for the product's. For 1,000 float32 numbers that is 12,000 bytes through the hooks, 8,000 in
# memory, since $\sigma$ is there twice. $x$ alone would do: $\sigma(x)$ can be computed again.

# %% tags=["figure"] id="figure-swish"
x = torch.linspace(-6, 6, 241)
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(x, F.silu(x), color=BLUE, lw=2, label="swish")
ax.plot(x, gradient(F.silu, x), "--", color=VERMILION, lw=2, label="its slope")
ax.plot(x, torch.relu(x), ":", color="0", label="relu")
ax.set(xlabel="x", ylabel="value or slope", title="Swish dips below 0, and its slope passes 1",
       ylim=(-0.6, 3))
ax.legend()
plt.show()

# %% [markdown]
# *Figure: swish follows relu far from 0 and dips to about −0.28 near x = −1.3. Its slope rises from 0, is negative left
# of the dip, and reaches 1.1 near x = 2.4 before it settles at 1.*

# %% [markdown] id="exercise-7.7"
# ### 7.7 Swish in 4,000 bytes
#
# ●●○ medium · about 10 minutes · 3 points
#
# $$y = x\,\sigma(x), \qquad \sigma' = \sigma(1-\sigma)$$
#
# Find $y'$ with the product rule. Keep $x$ and nothing else. Make it work under `torch.func.vmap(torch.func.grad(…))`,
# the way to one gradient for each example: that takes `setup_context` and one class attribute.

# %% role="answer" id="answer-7.7"
class Swish(Function):
    """x·sigmoid(x), elementwise, any shape."""

    # one class attribute makes torch derive the rule for vmap
    ### BEGIN SOLUTION
    generate_vmap_rule = True
    ### END SOLUTION

    @staticmethod
    def forward(x):
        ### BEGIN SOLUTION
        return x * torch.sigmoid(x)
        ### END SOLUTION

    @staticmethod
    def setup_context(ctx, inputs, output):
        ### BEGIN SOLUTION
        ctx.save_for_backward(*inputs)
        ### END SOLUTION

    @staticmethod
    def backward(ctx, grad_y):
        ### BEGIN SOLUTION
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)  # computed again: cheaper than to keep
        return grad_y * s * (1 + x * (1 - s))
        ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Backward may compute anything again from what was kept. A sigmoid costs less than moving a tensor to memory and back.
# <details><summary>Hint 2: the equation</summary>
#
# $y' = 1\cdot\sigma(x) + x\cdot\sigma'(x)$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `Cube`, at the top of the notebook, has the attribute. In backward: one sigmoid, one product with `grad_y`.
#
# </details></details></details>

# %% role="check" id="check-7.7" points=3
check("7.7")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_solvers import judge_swish

seed = challenge_seed("7.7", "a matrix")
award("7.7", judge_swish(submission, seed=seed, shape=(3, 4), strided=True), points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-per-example"
g = torch.Generator().manual_seed(6)
w, X = torch.randn(5, generator=g), torch.randn(8, 5, generator=g)
loss = lambda w, x: Swish.apply(x @ w)
each = None if Swish.apply(w) is None else torch.func.vmap(torch.func.grad(loss), (None, 0))(w, X)
fig, ax = plt.subplots(figsize=(5, 2.6))
if each is not None:
    ax.imshow(each, aspect="auto")
ax.set(xlabel="weight", ylabel="example", xticks=range(5),
       title="vmap(grad) gives a gradient for each example")
ax.grid(False)
plt.show()

# %% [markdown]
# *Figure: a table of 8 examples by 5 weights in shades, a gradient in each row.*

# %% tags=["figure"] id="figure-summed"
fig, ax = plt.subplots(figsize=(6, 2.6))
if each is not None:
    ax.bar(range(5), each.sum(0), color="0.8", ec="0", label="sum of the rows")
    ax.plot(range(5), gradient(lambda w: loss(w, X), w), "D", color=VERMILION, label="one backward pass")
    ax.legend(fontsize="small")
ax.set(xlabel="weight", ylabel="value", xticks=range(5), title="One backward pass gives only their sum")
plt.show()

# %% [markdown]
# *Figure: bars of the table's column sums, with diamonds of the ordinary gradient on top of them.*

# %% tags=["figure"] id="figure-swish-bytes"
x = torch.linspace(-4, 4, 1000, requires_grad=True)
ways = {"x * x.sigmoid()": lambda x: x * x.sigmoid(), "your Swish": Swish.apply, "F.silu": F.silu}
fig, ax = plt.subplots(figsize=(7, 2.6))
looks = {False: {"fc": "white", "hatch": "//", "label": "through the hooks"},
         True: {"fc": BLUE, "label": "in memory"}}
for once, style in looks.items():
    counts = [saved_bytes(f, x, once=once) for f in ways.values()]
    bars = ax.barh(list(ways), counts, height=0.5 if once else 0.9, ec="0", **style)
    where = {"label_type": "center", "color": "white"} if once else {"padding": 4}
    ax.bar_label(bars, [f"{count:,}" for count in counts], **where)
ax.set(xlabel="bytes kept for 1,000 float32 numbers", xlim=(0, 17000),
       title="One tensor instead of three")
ax.invert_yaxis()
ax.legend()
plt.show()

# %% [markdown]
# *Figure: horizontal bars. The two operations put 12,000 bytes through the hooks and hold 8,000; your Swish and torch's own
# silu have 4,000 of either.*
#
# **What just happened.** Recomputation traded a little time for memory. It is checkpointing, chapter 04,
# for a single operation; fused kernels in libraries do the same.

# %% [markdown]
# ## 6 · The second derivative
#
# `backward` is code, and autograd differentiates it when asked to. What it finds there depends on *how things were
# kept*. Torch has a decorator, `once_differentiable`, that promises an error instead of a wrong second derivative:

# %% role="locked" id="once"
class OnceExp(Function):
    """exp, with a backward that is declared to be differentiable once."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(torch.exp(x))
        return torch.exp(x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad_y):
        return grad_y * ctx.saved_tensors[0]

# %% role="locked" id="derivatives"
def derivatives(f, x):
    """f, f' and f'' at the number x, by autograd twice."""
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = f(x)
    (d,) = torch.autograd.grad(y, x, create_graph=True)
    d.backward()
    return y.item(), d.item(), x.grad.item()

# %% id="once-drops"
print("exp(x) + x³     %.3f  %.3f  %.3f" % derivatives(lambda x: torch.exp(x) + x**3, 1.0))
print("OnceExp(x) + x³ %.3f  %.3f  %.3f" % derivatives(lambda x: OnceExp.apply(x) + x**3, 1.0))
try:
    derivatives(lambda x: OnceExp.apply(x) ** 2, 1.0)
except RuntimeError as error:
    print("OnceExp(x)²: RuntimeError:", error)

# %% [markdown]
# The square raises, as promised. The *sum* does not: its second derivative is $6x = 6$ where $e + 6 = 8.718$ is right. The
# path through $x^3$ is alive, the other ends silently, and a term is gone.

# %% tags=["figure"] id="figure-once"
xs = np.linspace(-1, 2, 31)
rows = [derivatives(lambda x: OnceExp.apply(x) + x**3, x)[1:] for x in xs]
firsts, seconds = np.array(rows).T
fig, ax = plt.subplots(figsize=(7, 2.6))
ax.plot(xs, np.exp(xs) + 3 * xs**2, color="0", label="true")
ax.plot(xs, firsts, "o", ms=4, color=VERMILION, label="with OnceExp")
ax.set(xlabel="x", ylabel="first derivative", title="The first derivative of the sum is right")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: dots on the curve of the true first derivative.*

# %% tags=["figure"] id="figure-once-twice"
fig, ax = plt.subplots(figsize=(7, 2.6))
ax.plot(xs, np.exp(xs) + 6 * xs, color="0", label="true")
ax.plot(xs, seconds, "o", ms=4, color=VERMILION, label="with OnceExp")
ax.set(xlabel="x", ylabel="second derivative", title="The second has lost exp(x), without an error")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: dots along the straight line 6x, below the true curve by exp(x).*

# %% [markdown] id="exercise-7.8"
# ### 7.8 Mend the forgetful sine
#
# ●●○ medium · about 8 minutes · 3 points
#
# Below is $y = w\sin x$ by somebody who wanted to save time: sine and cosine are computed once and kept. Gradcheck passes.
# Run it, find out which second derivatives are lost and why, and write `MendedSine` with the same values and first
# derivatives and all second ones.

# %% role="locked" id="forgetful-sine"
class ForgetfulSine(Function):
    """w·sin(x), elementwise: x and w of one shape."""

    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, w = inputs
        ctx.save_for_backward(torch.sin(x), torch.cos(x), w)

    @staticmethod
    def backward(ctx, grad_y):
        sin, cos, w = ctx.saved_tensors
        return grad_y * w * cos, grad_y * sin

# %% role="locked" id="hessian"
def hessian(f, point):
    """The (2, 2) matrix of second derivatives of f(x, w), by autograd twice."""
    x, w = (torch.tensor(t, dtype=torch.float64, requires_grad=True) for t in point)
    firsts = torch.autograd.grad(f(x, w), (x, w), create_graph=True)
    rows = [torch.autograd.grad(d + 0 * x, (x, w), retain_graph=True, allow_unused=True) for d in firsts]
    return np.array([[0.0 if d is None else d.item() for d in row] for row in rows])

# %% role="locked" id="show-hessian"
def show_hessian(ax, f, name):
    """Draw hessian(f, (0.7, 2)) with its numbers."""
    matrix = hessian(f, (0.7, 2.0))
    ax.imshow(matrix, vmin=-1.5, vmax=1.5)
    for (i, j), value in np.ndenumerate(matrix):
        ax.text(j, i, f"{value:.3f}", ha="center", va="center", bbox={"fc": "white", "ec": "0"})
    ax.set(title=name, xticks=[0, 1], xticklabels=["∂/∂x", "∂/∂w"], yticks=[0, 1],
           yticklabels=["of dx", "of dw"])
    ax.grid(False)

# %% tags=["figure"] id="figure-hessian"
fig, axes = plt.subplots(1, 2, figsize=(7.5, 2.8))
show_hessian(axes[0], lambda x, w: w * torch.sin(x), "true")
show_hessian(axes[1], ForgetfulSine.apply, "forgetful")
fig.suptitle("Second derivatives must form a symmetric matrix; the forgetful ones do not")
plt.show()

# %% [markdown]
# *Figure: two 2 × 2 matrices of second derivatives. True: −1.288, 0.765, 0.765, 0. Forgetful: 0, 0.765 in the first row,
# 0, 0 in the second.*

# %% id="forgetful-checks"
pair = tuple(torch.tensor([0.7, -1.2, 2.0], dtype=torch.float64, requires_grad=True) for _ in range(2))
print("gradcheck:    ", gradcheck(ForgetfulSine.apply, pair))
print("gradgradcheck:", gradgradcheck(ForgetfulSine.apply, pair, raise_exception=False))

# %% role="answer" id="answer-7.8"
class MendedSine(Function):
    """w·sin(x), elementwise: x and w of one shape."""

    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ### BEGIN SOLUTION
        ctx.save_for_backward(*inputs)  # inputs and outputs bring their history; intermediates have none
        ### END SOLUTION

    @staticmethod
    def backward(ctx, grad_y):
        dx = dw = None
        ### BEGIN SOLUTION
        x, w = ctx.saved_tensors
        dx, dw = grad_y * w * torch.cos(x), grad_y * torch.sin(x)
        ### END SOLUTION
        return dx, dw

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `forward` and `setup_context` run unrecorded. What is a tensor that was computed there, as seen from `backward`?
# <details><summary>Hint 2: the equation</summary>
#
# $\bar x = \bar y\,w\cos x$ depends on $\bar y$, $w$ and $x$. Autograd must see all three in `backward`.
# <details><summary>Hint 3: the shape of the code</summary>
#
# Keep inputs. Move two calls from one method into another.
#
# </details></details></details>

# %% role="check" id="check-7.8" points=3
check("7.8")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_solvers import judge_mended

seed = challenge_seed("7.8", "a matrix")
award("7.8", judge_mended(submission, seed=seed, shape=(2, 3), strided=True), points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-mended"
fig, axes = plt.subplots(1, 2, figsize=(7.5, 2.6))
show_hessian(axes[0], ForgetfulSine.apply, "forgetful")
if saved_bytes(MendedSine.apply, *pair):
    show_hessian(axes[1], MendedSine.apply, "mended")
    print("gradcheck:    ", gradcheck(MendedSine.apply, pair))
    print("gradgradcheck:", gradgradcheck(MendedSine.apply, pair, raise_exception=False))
fig.suptitle("Yours should be symmetric again")
plt.show()

# %% [markdown]
# *Figure: the forgetful matrix of second derivatives, 0, 0.765, 0, 0, beside the mended one: −1.288, 0.765, 0.765, 0.*
#
# **What just happened.** `save_for_backward` gives *inputs and outputs* back with their history. Anything else is a constant
# on the way back. If an intermediate is dear, return it as a second output: outputs have a history.

# %% tags=["figure"] id="figure-history"
kept = {"the input x": True, "the input w": True, "the output y": True}
kept |= {"cos x, made on the way": False, "x.detach() or x.data": False}
draw_history(kept, "How backward finds what was kept")
plt.show()

# %% [markdown]
# *Figure: five kept tensors. Solid arrows lead inputs and output to “with its history”; dotted lines lead an intermediate
# and a detached tensor to “a constant: its terms are lost”.*

# %% [markdown]
# ## 7 · Who checks the checker?
#
# > **Often said: “gradcheck passed, so the gradient is right.”** Its default `rtol` is $10^{-3}$: an error of one part
# > in ten thousand passes, in the fast mode too.

# %% role="locked" id="planted"
class PlantedSine(Function):
    """sin, with a gradient that is too large by one part in 10,000."""

    @staticmethod
    def forward(x):
        return torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y * 1.0001 * torch.cos(ctx.saved_tensors[0])

# %% id="default-misses"
x = torch.linspace(-1, 1, 5, dtype=torch.float64, requires_grad=True)
single = x.detach().float().requires_grad_()
print("default:                ", gradcheck(PlantedSine.apply, (x,)))
print("fast mode:              ", gradcheck(PlantedSine.apply, (x,), fast_mode=True))
print("rtol 1e-5, atol 1e-8:   ",
      gradcheck(PlantedSine.apply, (x,), rtol=1e-5, atol=1e-8, raise_exception=False))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # gradcheck warns that x is not float64, and means it
    print("torch's own sin, float32:", gradcheck(torch.sin, (single,), raise_exception=False))

# %% tags=["figure"] id="figure-allowance"
x = torch.linspace(-1.5, 1.5, 31, dtype=torch.float64)
slope = x.cos().abs()
fig, ax = plt.subplots(figsize=(7.5, 2.8))
ax.semilogy(x, 1e-5 + 1e-3 * slope, "--", color="0", label="allowed by default: 1e-5 + 1e-3 |slope|")
ax.semilogy(x, (gradient(PlantedSine.apply, x) - x.cos()).abs(), "s", ms=4, color=VERMILION,
            label="the planted error")
ax.semilogy(x, 1e-8 + 1e-5 * slope, ":", color="0", lw=2, label="allowed at rtol 1e-5, atol 1e-8")
ax.set(xlabel="x", ylabel="error of the slope", ylim=(1e-7, 2e-2))
ax.set_title("The planted error hides below the default allowance")
ax.legend(fontsize="small", ncols=2)
plt.show()

# %% [markdown]
# *Figure: error against x on a logarithmic axis. Squares of the planted error lie a decade below the dashed line of the
# default allowance and a decade above the dotted line of the tight one.*
#
# And in float32 a right function is refused: with a step of $10^{-6}$, differences of float32 numbers keep a digit or two.
#
# A full check builds all of $J$, an entry at a time. Two random vectors do with one number: if
# $u^{\mathsf T}(Jv)$ by differences and $(J^{\mathsf T}u)^{\mathsf T}v$ by backward agree for random $u$ and $v$, then,
# but for a coincidence of probability zero, so does every entry.

# %% tags=["figure"] id="figure-projection"
g = torch.Generator().manual_seed(5)
J, u, v = torch.randn(4, 7, generator=g), torch.randn(4, 1, generator=g), torch.randn(1, 7, generator=g)
fig, axes = plt.subplots(2, 2, figsize=(7, 3.2), width_ratios=[1, 6], height_ratios=[1, 4])
for ax, matrix, name in [(axes[0, 1], v, "v, a direction of the input"), (axes[1, 0], u, "u"),
                         (axes[1, 1], J, "J")]:
    ax.imshow(matrix, aspect="auto", vmin=-2, vmax=2)
    ax.set(title=name, xticks=[], yticks=[])
axes[0, 0].axis("off")
axes[0, 0].text(0.5, 0.3, "one number", ha="center")
fig.suptitle("u from the left, v from above: every entry of J has a part in the result")
plt.show()

# %% [markdown]
# *Figure: a matrix J of 4 rows and 7 columns in shades, a column u with 4 entries at its left and a row v with 7 above
# it.*

# %% [markdown] id="exercise-7.9"
# ### 7.9 A gradcheck of your own
#
# ●●● hard · about 18 minutes · 3 points
#
# $$\frac{\langle u, f(x + hv) - f(x - hv)\rangle}{2h} \;\overset{?}{=}\; \langle J^{\mathsf T}u,\, v\rangle$$
#
# `projected` returns both sides as floats. `my_gradcheck` draws $u$ and $v$ at random and says whether they agree, some
# three times over, *relative* to their size. It raises `ValueError` unless $x$ is float64. Argue for its tolerance:
# central differences in float64 at $h = 10^{-5}$ are good to about ten digits.

# %% role="answer" id="answer-7.9-a"
def projected(f, x, u, v, h=1e-5):
    """f: tensor -> tensor, any shapes. u: like f(x). v: like x.
    Returns [by differences, by backward]."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        by_differences = (u * (f(x + h * v) - f(x - h * v))).sum() / (2 * h)
    leaf = x.detach().clone().requires_grad_()
    (dx,) = torch.autograd.grad((f(leaf) * u).sum(), leaf)
    return [float(by_differences), float((dx * v).sum())]
    ### END SOLUTION

# %% role="answer" id="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    """Whether f's backward agrees with central differences along random directions: True or False."""
    ### BEGIN SOLUTION
    if x.dtype != torch.float64:
        raise ValueError(f"x is {x.dtype}; differences need float64")
    g = torch.Generator().manual_seed(seed)
    for _ in range(3):
        u = torch.randn(f(x).shape, generator=g, dtype=x.dtype)  # never ones
        v = torch.randn(x.shape, generator=g, dtype=x.dtype)
        differences, backward = projected(f, x, u, v)
        # h² and rounding/h are both about 1e-10: 1e-6 leaves room for curvature and catches 1e-4
        if abs(differences - backward) > 1e-6 * max(abs(differences), abs(backward)):
            return False
    return True
    ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The left side needs two values of $f$ and no gradient; the right one a single backward pass of the sum of $u \odot f(x)$.
# <details><summary>Hint 2: the equation</summary>
#
# $|a - b| \le \text{tol}\cdot\max(|a|, |b|)$ is relative. Truncation is about $h^2$, rounding about $10^{-16}/h$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# A seeded `torch.Generator`, two `randn` with x's dtype, a loop of three, an early `return False`.
#
# </details></details></details>

# %% role="check" id="check-7.9" points=3
check("7.9")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_tools import judge_gradcheck

seed = challenge_seed("7.9", "suspects")
award("7.9", judge_gradcheck(submission, seed=seed, n=2, m=4, h=0.2), points=3)
### END HIDDEN TESTS

# %% id="use-gradcheck"
x = torch.linspace(-1, 1, 5, dtype=torch.float64)
for name, f in [("torch.sin", torch.sin), ("Cube", Cube.apply), ("PlantedSine", PlantedSine.apply)]:
    print(f"{name:12} {my_gradcheck(f, x)}")

# %% tags=["figure", "nbval-ignore-output"] id="figure-discrepancy"
hs = np.logspace(-11, -1, 31)
g = torch.Generator().manual_seed(3)
x, u, v = (torch.randn(8, generator=g, dtype=torch.float64) for _ in range(3))
fig, ax = plt.subplots(figsize=(7.5, 3.2))
cases = {
    "right, float32": (torch.sin, torch.float32, ORANGE, "x"),
    "right, float64": (torch.sin, torch.float64, BLUE, "o"),
}
cases["planted, float64"] = (PlantedSine.apply, torch.float64, VERMILION, "s")
for name, (f, dtype, color, marker) in cases.items():
    pairs = [projected(f, *(t.to(dtype) for t in (x, u, v)), h) for h in hs]
    off = [max(abs(a - b), 1e-17) / abs(b) for a, b in filter(None, pairs)]
    ax.loglog(hs[: len(off)], off, marker, color=color, ms=4, label=name)
ax.axhline(1e-3, color="0", ls="--", lw=1, label="gradcheck's rtol")
ax.axhline(1e-6, color="0", ls=":", label="1e-6")
ax.set(xlabel="step h", ylabel="relative discrepancy", ylim=(1e-13, 10))
ax.set_title("Near h = 1e-5 a tolerance of 1e-6 separates right from planted by decades")
ax.legend(fontsize="small")
plt.show()

# %% [markdown]
# *Figure: relative discrepancy against the step. The right function in float64 makes a V down to about 1e-11 near h = 1e-5;
# the planted one lies level at 1e-4 around there; float32 is near 1e-5 at a few large steps and far above elsewhere. Dashed
# and dotted lines mark 1e-3 and 1e-6.*
#
# **What just happened.** The gap between rounding and error is where a tolerance belongs. Gradcheck's default sits above it.

# %% [markdown]
# ## 8 · Code that autograd cannot see
#
# `np.interp` reads a table: points $(x_p, f_p)$ joined by straight lines, constant beyond both ends. Torch has no such
# function, and numpy leaves no trace on the tape. `torch.library.custom_op` makes a proper torch operator of it.

# %% role="locked" id="interp"
@torch.library.custom_op("workbook::interp", mutates_args=())
def interp(x: torch.Tensor, xp: torch.Tensor, fp: torch.Tensor) -> torch.Tensor:
    """The table (xp, fp), both (k,) with xp rising, read at x of any shape: the shape and dtype of x."""
    y = np.interp(*(t.cpu().numpy(force=True) for t in (x, xp, fp)))
    return torch.as_tensor(y, dtype=x.dtype, device=x.device)


xp = torch.tensor([-2.0, -0.5, 0.5, 2.0], dtype=torch.float64)
fp = torch.tensor([0.0, 1.0, 0.4, 1.6], dtype=torch.float64)

# %% tags=["figure"] id="figure-table"
x = torch.linspace(-3, 3, 301, dtype=torch.float64)
fig, ax = plt.subplots(figsize=(7, 2.6))
ax.plot(x, interp(x, xp, fp), color=BLUE)
ax.plot(xp, fp, "s", color="0", label="the table")
ax.set(xlabel="x", ylabel="y", title="Straight lines between table points, constant beyond")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a curve of straight lines through four square marks, level beyond the first and last.*

# %% tags=["figure"] id="figure-hats"
fig, ax = plt.subplots(figsize=(7, 2.6))
looks = zip(["-", "--", "-.", ":"], [BLUE, ORANGE, GREEN, VERMILION])
for entry, (style, color) in zip(torch.eye(4, dtype=torch.float64), looks):
    ax.plot(x, interp(x, xp, entry), style, color=color, lw=2, label=f"entry {int(entry.argmax())}")
ax.set(xlabel="x", ylabel="∂y/∂fp", title="What each of the four entries contributes at x")
ax.legend(fontsize="small")
plt.show()

# %% [markdown]
# *Figure: four hats: each entry's weight is 1 at its own point, falls to 0 at the neighbours, and stays 1 beyond the ends for the outer two.*

# %% tags=["figure"] id="figure-scatter"
xs, knots = torch.tensor([-1.6, -0.9, -0.2, 0.1, 0.3, 1.4], dtype=torch.float64), xp
i = torch.searchsorted(knots, xs) - 1
t = (xs - knots[i]) / (knots[i + 1] - knots[i])
fig, ax = plt.subplots(figsize=(8, 2.4))
for x0, k, share in zip(xs, i, t):
    for entry, weight in [(k, 1 - share), (k + 1, share)]:
        ax.plot([x0, knots[entry]], [1, 0], color=BLUE, lw=0.5 + 5 * weight, alpha=0.6)
ax.plot(xs, torch.ones(6), "o", color=VERMILION, label="points x, each with a cotangent")
ax.plot(knots, torch.zeros(4), "s", color="0", ms=9, label="entries of the table")
ax.set(xlabel="x", yticks=[], ylim=(-0.3, 1.9))
ax.set_title("On the way back each point gives to two entries, more to the nearer")
ax.legend(loc="upper right", fontsize="small", ncols=2)
plt.show()

# %% [markdown]
# *Figure: six points above four squares, joined by two lines each, thick where the weight is large. The two squares in the
# middle receive several lines: what arrives is added up.*

# %% [markdown] id="exercise-7.10"
# ### 7.10 An operator of your own
#
# ●●○ medium · about 18 minutes · 3 points
#
# Between $x_{p,i} \le x < x_{p,i+1}$, with $t = (x - x_{p,i})/(x_{p,i+1} - x_{p,i})$: $\;y = (1-t)\,f_{p,i} + t\,f_{p,i+1}$.
#
# Two things are missing. A **fake** kernel says which shape, dtype and device come out, without touching data; tracing
# and compilation need it. And the gradients of $x$ and of $f_p$; the points $x_p$ are fixed. Several $x$ may lie in one
# segment.

# %% role="answer" id="answer-7.10-a"
@interp.register_fake
def interp_fake(x, xp, fp):
    # x, xp, fp have shapes and dtypes but no data. Returns an empty tensor like the result.
    ### BEGIN SOLUTION
    return torch.empty_like(x)
    ### END SOLUTION

# %% role="answer" id="answer-7.10-b"
def interp_setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def interp_backward(ctx, grad_y):
    # The gradients of x and fp; xp has none.
    dx = dfp = None
    x, xp, fp = ctx.saved_tensors
    # the segment of each x
    i = (torch.searchsorted(xp, x.contiguous(), right=True) - 1).clamp(0, len(xp) - 2)
    ### BEGIN SOLUTION
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    inside = (x > xp[0]) & (x < xp[-1])
    dx = grad_y * inside * rise / width  # 0 beyond the ends
    t = ((x - xp[i]) / width).clamp(0, 1)
    dfp = torch.zeros_like(fp)
    for end, weight in [(i, 1 - t), (i + 1, t)]:
        dfp = dfp.index_add(0, end.flatten(), (weight * grad_y).flatten())  # many x, one entry: add
    ### END SOLUTION
    return dx, None, dfp


interp.register_autograd(interp_backward, setup_context=interp_setup)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# In $x$ the function is a straight line, in $f_p$ a weighted sum of two entries. Reading from a table goes back as adding
# into it, as with an embedding.
# <details><summary>Hint 2: the equation</summary>
#
# $\partial y/\partial x = (f_{p,i+1} - f_{p,i})/(x_{p,i+1} - x_{p,i})$ inside and 0 outside;
# $\partial y/\partial f_{p,i} = 1 - t$, $\partial y/\partial f_{p,i+1} = t$, with $t$ held between 0 and 1.
# <details><summary>Hint 3: the shape of the code</summary>
#
# The fake: one line. `torch.zeros_like(fp)`, then `index_add(0, indices, values)` twice, with flattened indices and values.
#
# </details></details></details>

# %% role="check" id="check-7.10" points=3
check("7.10")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_tools import judge_operator

seed = challenge_seed("7.10", "a matrix of points")
award("7.10", judge_operator(submission, seed=seed, shape=(3, 4), k=7), points=3)
### END HIDDEN TESTS

# %% [markdown]
# `torch.library.opcheck` tries an operator in torch's other worlds: schema, autograd registration, fake tensors, and
# ahead-of-time tracing. It does *not* check gradients: that stays gradcheck's work.

# %% id="opcheck" tags=["nbval-ignore-output"]
g = torch.Generator().manual_seed(4)
points = (2 * torch.randn(6, generator=g, dtype=torch.float64)).requires_grad_()
arguments = (points, xp, fp.clone().requires_grad_())
tests = ["test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic"]
if interp(*arguments).requires_grad and interp_fake(*arguments) is not None:
    for name, verdict in torch.library.opcheck(interp, arguments,
                                               test_utils=tests[: steps(4, 1)]).items():
        print(f"{name:28} {verdict}")
    print("gradcheck", gradcheck(interp, arguments, atol=1e-8, rtol=1e-6))

# %% tags=["figure"] id="figure-learned-table"
x = 3 * torch.rand(200, generator=g, dtype=torch.float64)
y = torch.sin(2 * x) + 0.1 * torch.randn(200, generator=g, dtype=torch.float64)
knots, entries = torch.linspace(0, 3, 9,
                                dtype=torch.float64), torch.zeros(9, dtype=torch.float64,
                                                                  requires_grad=True)
for _ in range(steps(100, 10)):
    (d,) = torch.autograd.grad(((interp(x, knots, entries) - y) ** 2).mean(), entries, allow_unused=True)
    if d is None:
        break
    entries = (entries - 2.0 * d).detach().requires_grad_()
fig, ax = plt.subplots(figsize=(7, 3))
ax.plot(x, y, ".", color="0.6", label="data")
ax.plot(knots, entries.detach(), "s-", color=BLUE, lw=2, label="table, learned")
ax.set(xlabel="x", ylabel="y", title="A table in numpy, trained by torch")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: noisy points along a sine, and a line of nine squares, the learned table, through the middle of them.*
#
# **What just happened.** Numpy computed every value, and gradient descent never noticed. A custom operator is a black box
# to compilers as well, which a `Function` is not: they look into its methods.

# %% [markdown]
# ## 9 · The whole of batch norm in one Function
#
# Chapter 05 goes back through it tensor by tensor. Now it becomes one box with three rules. For each column, over $n$ rows,
# with $c = 1$ for Bessel's correction and $c = 0$ for torch's way, and $\epsilon = 10^{-5}$:
#
# $$v = \frac{1}{n-c}\sum_i (x_i-\mu)^2 \qquad r = (v+\epsilon)^{-1/2} \qquad
# \hat x_i = r\,(x_i-\mu) \qquad y_i = \gamma\,\hat x_i + \beta$$

# %% tags=["figure"] id="figure-bn-jacobian"
g = torch.Generator().manual_seed(7)
column = torch.randn(10, generator=g, dtype=torch.float64)
J = torch.autograd.functional.jacobian(lambda x: (x - x.mean()) / (x.var() + 1e-5).sqrt(), column)
fig, axes = plt.subplots(1, 2, figsize=(8, 3.2))
for ax, matrix, name in [(axes[0], J, "J of one column"), (axes[1], J - J.T, "J − Jᵀ")]:
    shown = ax.imshow(matrix, vmin=-1, vmax=1)
    ax.set(title=name, xlabel="entry of x", ylabel="entry of x̂")
    ax.grid(False)
fig.colorbar(shown, ax=axes)
fig.suptitle("Every example depends on every other, symmetrically")
plt.show()
print("largest entry of J − Jᵀ below 1e-12:", bool((J - J.T).abs().max() < 1e-12))

# %% [markdown]
# *Figure: left, the 10 × 10 Jacobian of one normalised column: a light diagonal, and entries of both signs everywhere
# else. Right, its difference from its transpose: one even shade.*
#
# A symmetric Jacobian: then jvp and vjp of $x \mapsto \hat x$ are *the same linear map*. Write it once.

# %% tags=["figure"] id="figure-spectrum"
values, vectors = torch.linalg.eigh(J * (column.var() + 1e-5).sqrt())
fig, ax = plt.subplots(figsize=(6, 2.4))
ax.bar(range(10), values, color=["0.6", "0.6"] + [BLUE] * 8, ec="0", hatch=["//", "//"] + [""] * 8)
ax.set(xlabel="direction", ylabel="times 1/std", title="Eight of ten directions pass, two are lost")
plt.show()

# %% [markdown]
# *Figure: the ten eigenvalues of J over 1/std: two are 0, eight are 1.*

# %% tags=["figure"] id="figure-lost"
fig, ax = plt.subplots(figsize=(6, 2.6))
lost = vectors[:, :2]
for v, name, style in [(torch.ones(10), "a shift: 1, 1, …", "s-"),
                       (column - column.mean(), "a stretch: x − μ", "o--")]:
    v = v.to(lost) / v.to(lost).norm()
    ax.plot(v, style, color=ORANGE if "shift" in name else VERMILION, label=name)
    ax.plot(lost @ (lost.T @ v), "x", color="0")
ax.set(xlabel="entry", ylabel="value", title="The lost directions are shift and stretch",
       xticks=range(10))
ax.legend(fontsize="small")
plt.show()

# %% [markdown]
# *Figure: a constant vector and the centred column, with crosses for their parts in the lost directions: the crosses lie on
# both.*

# %% [markdown] id="exercise-7.11"
# ### 7.11 Forward, backward, and jvp
#
# ●●● hard · about 25 minutes · 5 points
#
# Differentiate the four equations for a tangent $\dot x$, one column at a time; note that $\sum_i (x_i - \mu) = 0$. That is
# `jvp`. By symmetry the same map serves `backward`. Keep no more than $x$, `gain` and `bias`; second derivatives must be
# right. In `jvp` the tangent of an input that does not move comes as zeros.

# %% role="answer" id="answer-7.11-a"
EPS = 1e-5


def standardise(x, correction):
    """x (n, m) -> x-hat (n, m) and r (m,)."""
    ### BEGIN SOLUTION
    centred = x - x.mean(0)
    r = ((centred**2).sum(0) / (len(x) - correction) + EPS) ** -0.5
    return r * centred, r
    ### END SOLUTION


def moved(t, xhat, r, correction):
    """The Jacobian of x -> x-hat times t, column by column: all but r are (n, m)."""
    ### BEGIN SOLUTION
    # d x-hat = r dc + c dr with dr = -r³/2 dv and dv = 2 Σ c t / (n - correction); the mean of c is 0
    return r * (t - t.mean(0) - xhat * (xhat * t).sum(0) / (len(t) - correction))
    ### END SOLUTION

# %% role="answer" id="answer-7.11-b"
class BatchNorm(Function):
    """x (n, m), gain (m,), bias (m,), correction 0 or 1 -> (n, m)."""

    @staticmethod
    def forward(x, gain, bias, correction):
        ### BEGIN SOLUTION
        return gain * standardise(x, correction)[0] + bias
        ### END SOLUTION

    @staticmethod
    def setup_context(ctx, inputs, output):
        ### BEGIN SOLUTION
        x, gain, _, ctx.correction = inputs
        ctx.save_for_backward(x, gain)
        ctx.save_for_forward(x, gain)
        ### END SOLUTION

    @staticmethod
    def backward(ctx, grad_y):
        # Returns the gradients of x, gain, bias and correction (None).
        ### BEGIN SOLUTION
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)  # computed again, with its history
        dx = moved(gain * grad_y, xhat, r, ctx.correction)
        return dx, (grad_y * xhat).sum(0), grad_y.sum(0), None
        ### END SOLUTION

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        # Tangents of x, gain, bias; zeros for what does not move. Returns that of y, (n, m).
        ### BEGIN SOLUTION
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        return gain * moved(dx, xhat, r, ctx.correction) + dgain * xhat + dbias  # the product rule
        ### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Walk through the four equations with a dot over everything: $\dot\mu$, $\dot v$, $\dot r$, $\dot{\hat x}$. Each is linear
# in the dots before it.
# <details><summary>Hint 2: the equation</summary>
#
# $\dot v = \frac{2}{n-c}\sum_i (x_i-\mu)\,\dot x_i$, since $\sum_i (x_i-\mu)\,\dot\mu = 0$; and
# $\dot r = -\tfrac12 r^3\,\dot v$. Replace $r(x-\mu)$ by $\hat x$ wherever it stands.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `moved`: `r * (t - … - xhat * …)`. Backward: `moved` of `gain * grad_y`, and two sums over the batch. Jvp: the product
# rule on `gain * xhat + bias`.
#
# </details></details></details>

# %% role="check" id="check-7.11" points=5
check("7.11")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch07_solvers import judge_batch_norm

seed = challenge_seed("7.11", "another batch")
lines = judge_batch_norm(submission, seed=seed, n=9, m=2)
lines += judge_batch_norm(submission, seed=seed + 5, n=4, m=7, strided=True)
award("7.11", lines, points=5)
### END HIDDEN TESTS

# %% id="against-torch"
g = torch.Generator().manual_seed(9)
inputs = [torch.randn(*s, generator=g, dtype=torch.float64).requires_grad_()
          for s in [(32, 64), (64,), (64,)]]
own, torchs = BatchNorm.apply(*inputs, 0), F.batch_norm(inputs[0], None, None, *inputs[1:],
                                                        training=True)
dy = torch.randn(32, 64, generator=g, dtype=torch.float64)
if own is not None:
    ours, theirs = (torch.autograd.grad((y * dy).sum(), inputs, allow_unused=True)
                    for y in (own, torchs))
    close = [d is not None and torch.allclose(d, e, rtol=1e-9, atol=1e-12) for d, e in zip(ours, theirs)]
    print("gradients of x, gain, bias equal torch's:", close)

# %% id="batch-norm-checked"
if own is not None:
    small = [t.detach()[: steps(32, 4), :3].clone() if t.dim() == 2 else t.detach()[:3].clone()
             for t in inputs]
    small = [t.requires_grad_() for t in small]
    bessel = lambda *a: BatchNorm.apply(*a, 1)
    print("gradcheck with jvp:", gradcheck(bessel, small, check_forward_ad=True, raise_exception=False))
    print("gradgradcheck:     ", gradgradcheck(bessel, small, raise_exception=False))

# %% id="atomic-steps"
def in_atomic_steps(x, gain, bias):
    """Batch norm as seven operations, as in chapter 05."""
    centred = x - x.mean(0)
    r = ((centred**2).sum(0) / (len(x) - 1) + 1e-5) ** -0.5
    return gain * (centred * r) + bias

# %% tags=["figure"] id="figure-bn-bytes"
ways = {
    "atomic steps": in_atomic_steps,
    "F.batch_norm": lambda x, a, b: F.batch_norm(x, None, None, a, b, training=True),
    "your BatchNorm": lambda x, a, b: BatchNorm.apply(x, a, b, 1),
}
counts = {name: saved_bytes(f, *inputs) for name, f in ways.items()}
fig, ax = plt.subplots(figsize=(7, 2))
bars = ax.barh(list(counts), list(counts.values()), color=[ORANGE, "0.7", BLUE], ec="0")
ax.bar_label(bars, [f"{count:,}" for count in counts.values()], padding=4)
ax.set(xlabel="bytes kept, x of (32, 64) in float64", xlim=(0, 45000))
ax.set_title("One box keeps x and gain, and computes the rest again")
ax.invert_yaxis()
plt.show()

# %% [markdown]
# *Figure: three bars of bytes kept: atomic steps the most, torch's batch norm and yours about half of it.*
#
# **What just happened.** The vjp of a whole layer is three lines, and so is its jvp. That they share `moved` is not luck:
# $J = r\left(I - \tfrac1n \mathbf 1\mathbf 1^{\mathsf T} - \tfrac1{n-c}\hat x\hat x^{\mathsf T}\right)$ is symmetric.

# %% [markdown] id="further"
# ## 7.12 · Further (0 points): a kernel in C
#
# Where a C compiler is, a kernel takes a few lines: compile to a shared library, call it through `ctypes`, wrap it as in
# 7.10. Give `c_swish` a custom operator, a fake kernel and a gradient, and let `opcheck` and `gradcheck` judge it.

# %% role="locked" id="c-swish"
C_SOURCE = """
#include <math.h>
void swish(const double *x, double *y, long n) {
    for (long i = 0; i < n; i++) y[i] = x[i] / (1.0 + exp(-x[i]));
}
"""


def c_swish():
    """The compiled kernel as a function float64 tensor -> tensor, or None where there is no C
    compiler."""
    import ctypes
    import subprocess
    import tempfile
    from pathlib import Path

    if shutil.which("cc") is None:
        return None
    folder = Path(tempfile.mkdtemp())
    (folder / "swish.c").write_text(C_SOURCE)
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "swish.c", "-o", "swish.so", "-lm"], cwd=folder,
                   check=True)
    kernel = ctypes.CDLL(str(folder / "swish.so")).swish

    def run(x):
        x, y = x.detach().contiguous(), torch.empty_like(x, memory_format=torch.contiguous_format)
        kernel(ctypes.c_void_p(x.data_ptr()), ctypes.c_void_p(y.data_ptr()), ctypes.c_long(x.numel()))
        return y

    return run

# %% role="answer" id="answer-7.12" tags=["nbval-ignore-output"]
# call c_swish(), wrap it with torch.library.custom_op, add a fake kernel and a gradient
### BEGIN SOLUTION
kernel = c_swish()
if kernel is None:
    print("no C compiler here")
else:

    @torch.library.custom_op("workbook::c_swish", mutates_args=())
    def fast_swish(x: torch.Tensor) -> torch.Tensor:
        return kernel(x)

    def fast_swish_backward(ctx, grad_y):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return grad_y * s * (1 + x * (1 - s))

    fast_swish.register_fake(torch.empty_like)

    def fast_swish_setup(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    fast_swish.register_autograd(fast_swish_backward, setup_context=fast_swish_setup)
    x = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)
    print("gradcheck:", gradcheck(fast_swish, (x,), atol=1e-8, rtol=1e-6))
### END SOLUTION

# %% tags=["figure"] id="figure-who-catches"
x = torch.linspace(-1, 1, steps(5, 1) + 1, dtype=torch.float64, requires_grad=True)
suspects = {"a right one: Cube": Cube.apply, "too steep by 1e-4: PlantedSine": PlantedSine.apply}
suspects["a term lost: ForgetfulSine"] = lambda x: ForgetfulSine.apply(x, torch.ones_like(x))
suspects["another rule on purpose: RoundSTE"] = RoundSTE.apply
tests = {
    "gradcheck": lambda f: gradcheck(f, (x,), raise_exception=False),
    "gradcheck,\nrtol 1e-5": lambda f: gradcheck(f, (x,), rtol=1e-5, atol=1e-8, raise_exception=False),
    "gradgradcheck": lambda f: gradgradcheck(f, (x,), raise_exception=False),
    "yours": lambda f: my_gradcheck(f, x.detach()),
}
verdicts = {
    name: {check: test(f) if f(x) is not None else None for check, test in tests.items()}
    for name, f in suspects.items()
}
draw_verdicts(verdicts, "No single check catches everything")
plt.show()

# %% [markdown]
# *Figure: a table of four functions by four checks. Gradcheck passes all but the straight-through rounding; the tight
# tolerance and your own check also catch the planted error; only gradgradcheck catches the lost term.*

# %% [markdown] id="recap"
# ## Recap
#
# 1. **A Function is a value rule and a cotangent rule with a tape between them.** Keep inputs and outputs only, by
#    `save_for_backward`; compute the rest again.
# 2. **The rule may differ from the truth on purpose.** Then say so, and test against the rule that you meant.
# 3. **Gradcheck, gradgradcheck, a tolerance that you argued for, float64, random cotangents.** Each catches what the others
#    let pass.

# %% [markdown]
# ## Sources
#
# - PyTorch notes, [Extending torch.func with autograd.Function](https://docs.pytorch.org/docs/stable/notes/extending.func.html)
#   and [double backward](https://docs.pytorch.org/tutorials/intermediate/custom_function_double_backward_tutorial.html).
# - Y. Bengio, N. Léonard, A. Courville (2013), [Estimating or propagating gradients through stochastic
#   neurons](https://arxiv.org/abs/1308.3432).
# - Y. Ganin, V. Lempitsky (2015), [Unsupervised domain adaptation by backpropagation](https://arxiv.org/abs/1409.7495).
# - M. Blondel et al. (2022), [Efficient and modular implicit differentiation](https://arxiv.org/abs/2105.15183).
# - S. Ioffe, C. Szegedy (2015), [Batch normalization](https://arxiv.org/abs/1502.03167).
#
# **Next:** [08 · Jacobians](../08_jacobians/jacobians.ipynb): the matrix behind all of this, and how to compute it with fewer
# multiplications.
