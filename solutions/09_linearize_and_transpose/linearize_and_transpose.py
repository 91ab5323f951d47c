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
# # 09 · Linearize and transpose
#
# - **You will be able to** derive reverse mode from forward mode, the way JAX does: linearize a program, then transpose it.
# - **You need** forward mode with levels (chapter 03) and the idea of a vjp (04). This chapter is an elective; it builds a third
#   engine, of under 200 lines, in which derivatives of derivatives come for free.
# - **Time:** 240 minutes, half an hour of them to read the core. **Points:** 40, over eleven exercises.
# - **Checks:** run `check("9.1")` as often as you like. It says which case fails and what such a value usually means.

# %% role="locked" id="setup"
import functools
import itertools
import timeit
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import torch

from grader.check import check, quick_figures, read_names, steps

torch.set_num_threads(1)  # the arrays are small: one thread is as fast as many
plt.rcParams.update({"figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "image.cmap": "cividis"})
quick_figures()  # under grading figures are not painted
BLUE, ORANGE, VERMILION, GREEN = "#0072B2", "#E69F00", "#D55E00", "#009E73"

# %% [markdown]
# ## 1 · The idea in one picture
#
# Differentiate $y = \sin x\cdot e^x$. Forward mode runs two computations at once: one of **primals**, which does not look at the
# tangent $t$, and one of **tangents**, which is *linear* in $t$. Pull them apart:
#
# $$\underbrace{s=\sin x,\; c=\cos x,\; e=e^x}_{\text{known once } x \text{ is}} \qquad
# \underbrace{\dot y = e\,(c\,t) + s\,(e\,t)}_{\text{a linear program in } t}$$
#
# A linear program can be run backwards: reverse every arrow, keep every factor, and add where the program had branched. That is its
# **transpose**, and it is reverse mode.

# %% id="tiny-example"
x = 0.5
s, c, e = np.sin(x), np.cos(x), np.exp(x)  # known: these three are the residuals


def linear_program(t):
    b1, b2 = c * t, e * t  # t is used twice ...
    return e * b1 + s * b2  # ... and the results are added


def transposed_program(ct):
    b1, b2 = e * ct, s * ct  # a sum hands its cotangent to both
    return c * b1 + e * b2  # what was used twice collects twice


print(f"forward  {linear_program(1.0):.6f}\nbackward {transposed_program(1.0):.6f}")

# %% id="draw-graph"
PLACES = [(0, 0.5), (1, 1), (1, 0), (2, 0.5)]
ENDS = [(0, 1), (0, 2), (1, 3), (2, 3)]


def draw_graph(ax, labels, factors, title, colour, reverse=False):
    """Four labels at PLACES, four arrows between ENDS with their factors, turned round where
    `reverse`."""
    box = {"boxstyle": "circle", "fc": "w", "ec": "0.4"}
    arrow = {"arrowstyle": "<|-" if reverse else "-|>", "color": colour, "lw": 1.8,
             "ls": "--" if reverse else "-"}
    for (tail, head), factor in zip(ENDS, factors):
        (x0, y0), (x1, y1) = PLACES[tail], PLACES[head]
        ax.annotate("", (x1, y1), (x0, y0), arrowprops=arrow | {"shrinkA": 16, "shrinkB": 16})
        ax.text((x0 + x1) / 2, (y0 + y1) / 2 + 0.1, factor, ha="center", fontsize=11)
    for label, place in zip(labels, PLACES):
        ax.text(*place, label, ha="center", va="center", fontsize=11, bbox=box)
    ax.set(xlim=(-0.4, 2.4), ylim=(-0.4, 1.5))
    ax.set_title(title, fontsize=11)
    ax.axis("off")


# %% tags=["figure"] id="figure-idea"
fig, axes = plt.subplots(1, 3, figsize=(13, 3.2), layout="constrained")
draw_graph(axes[0], ["x", "sin", "exp", "y"], [""] * 4, "1 · known: the values", "0.4")
draw_graph(axes[1], ["$t$", "$b_1$", "$b_2$", "$\\dot y$"], ["c", "e", "e", "s"],
           "2 · the linear program: tangents", BLUE)
turned = ["$\\bar t$", "$b_1$", "$b_2$", "$\\bar y$"]
draw_graph(axes[2], turned, ["c", "e", "e", "s"], "3 · its transpose: cotangents", VERMILION,
           reverse=True)
fig.suptitle("Linearize, then turn the arrows round: the factors on them stay")
plt.show()

# %% [markdown]
# *Figure: three graphs of the same diamond shape. First, x goes to sin and exp, and these to y. Second, solid arrows from t to b1
# (factor c) and b2 (factor e), from there to the output tangent (factors e and s). Third, the same factors on dashed arrows
# from the output's cotangent back to that of t.*

# %% tags=["figure"] id="figure-numbers"
fig, axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
factors = [f"· {factor:.2f}" for factor in (c, e, e, s)]
tangents = ["1", f"{c:.2f}", f"{e:.2f}", f"{linear_program(1.0):.2f}"]
cotangents = [f"{transposed_program(1.0):.2f}", f"{e:.2f}", f"{s:.2f}", "1"]
draw_graph(axes[0], tangents, factors, "a tangent 1 goes in on the left", BLUE)
draw_graph(axes[1], cotangents, factors, "a cotangent 1 goes in on the right", VERMILION, reverse=True)
fig.suptitle("x = 0.5: other numbers on the way, the same derivative at the end")
plt.show()

# %% [markdown]
# *Figure: the second and the third graph with numbers. Solid arrows take 1 to 0.88 and 1.65 and on to 2.24; dashed arrows take 1 to 1.65 and 0.48 and on
# to 2.24. The factors 0.88, 1.65, 1.65 and 0.48 are the same.*
#
# > **Often said: “reverse mode is another algorithm, apart from forward mode.”** It can be written as one. But it is also forward mode with
# > its linear half transposed: every derivative rule in this chapter is a forward-mode rule, and reverse mode needs no further
# > calculus ([Radul and others, 2023](https://arxiv.org/abs/2204.10923)). As matrices, for a chain of two maps:

# %% tags=["figure"] id="figure-two-readings"
rng = np.random.default_rng(9)
J1, J2, t, ct = (rng.normal(size=shape) for shape in [(4, 3), (2, 4), (3, 1), (1, 2)])
fig, axes = plt.subplots(1, 4, figsize=(8, 2.2), layout="constrained", width_ratios=[2, 4, 3, 1.4])
for ax, matrix, name in zip(axes, [ct, J2, J1, t], ["ctᵀ", "J₂", "J₁", "t"]):
    ax.imshow(matrix, vmin=-2, vmax=2)
    ax.set(title=name, xticks=[], yticks=[])
from_right, from_left = (ct @ (J2 @ (J1 @ t))).item(), (((ct @ J2) @ J1) @ t).item()
fig.suptitle(f"From the right: {from_right:.6f}. From the left: {from_left:.6f}")
plt.show()

# %% [markdown]
# *Figure: a row, a 2 × 4 and a 4 × 3 matrix and a column in shades. The title gives their product, 3.402944, multiplied from the right
# and from the left.*

# %% [markdown]
# ## 2 · A core to read
#
# We need programs that can be written down. Three small classes do: a `Var` is a name for an array of some shape, an `Eqn`
# says that one variable is a primitive applied to others, a `Program` is a list of equations. What stands in `ins` is a `Var` or a
# **known** value.

# %% role="locked" id="core-program"
@dataclass(eq=False, slots=True)
class Var:
    """A variable of a program."""

    shape: tuple


@dataclass(eq=False, slots=True)
class Eqn:
    """out = name(*ins, **params). ins: Vars, and known values (arrays, numbers)."""

    name: str
    ins: list
    params: dict
    out: Var


@dataclass(eq=False, slots=True)
class Program:
    """inputs: Vars. eqns: Eqns, each after those that it reads. outputs: Vars, and known values."""

    inputs: list
    eqns: list
    outputs: list

    def __post_init__(self):
        self.eqns = list(self.eqns)  # a copy: what is recorded later is not in this program


# %% tags=["figure"] id="figure-program"
listing = [("b", "mul a", "cos"), ("c", "mul a", "exp"), ("d", "mul b", "exp"), ("e", "mul c", "sin"),
           ("f", "add d e", "")]
notes = ["a is read twice", "grey: known arrays, the residuals", "", "",
         "every variable is written once, before it is read"]
fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
for y, left, text in [(5, "inputs", "a"), (-1, "outputs", "f")]:
    ax.text(0, y, left, weight="bold")
    ax.text(2, y, text, family="monospace")
for y, (out, read, known), note in zip([4, 3, 2, 1, 0], listing, notes):
    ax.text(0, y, "Eqn", weight="bold")
    ax.text(2, y, f"{out} = {read}", family="monospace")
    ax.text(4.2, y, known, family="monospace", bbox={"fc": "0.85", "ec": "none"} if known else None)
    ax.text(6, y, note, style="italic")
ax.set(xlim=(0, 12), ylim=(-1.6, 5.7),
       title="The linear program of section 1 as a Program: one Eqn a line")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: a listing. Input a; five equations b = mul a cos, c = mul a exp, d = mul b exp, e = mul c sin, f = add d e; output f. Known arrays stand on grey; a is read by
# two equations.*
#
# Next, a **level** for every transformation at work. A value that belongs to a level is a `Dual` (forward mode: primal and tangent) or
# an `Unknown` (partial evaluation: only a variable is known of it). A level that starts later is younger, and stands *inside* the older ones.

# %% role="locked" id="core-levels"
ages = itertools.count()


class Level:
    """One transformation at work. step(level, name, operands, params): what it does with an
    operation."""

    def __init__(self, step):
        self.step, self.age, self.eqns = step, next(ages), []


class Tracer:
    """A value that belongs to a level."""

    __array_ufunc__ = None  # array * tracer is the tracer's affair

    def __repr__(self):
        return f"{type(self).__name__}{self.shape}"


class Dual(Tracer):
    """A primal and its tangent, alike in shape. Either may be a tracer of an older level."""

    def __init__(self, level, primal, tangent):
        self.level, self.primal, self.tangent = level, primal, tangent

    shape = property(lambda self: self.primal.shape)


class Unknown(Tracer):
    """A value that is not known yet: a variable of the program that its level records."""

    def __init__(self, level, var):
        self.level, self.var = level, var

    shape = property(lambda self: self.var.shape)


# %% [markdown]
# Every operation goes through one door, `bind`. Plain arrays are computed at once, by the table `VALUE`. Otherwise the **youngest level** among
# the operands decides what happens.

# %% role="locked" id="core-bind"
VALUE = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "neg": np.negative, "exp": np.exp,
         "matmul": np.matmul, "reshape": np.reshape, "stop_gradient": lambda x: x}


def bind(name, *operands, **params):
    """The primitive `name` on arrays, numbers and tracers; params are plain data (axes, a shape, an
    index)."""
    level = None
    for x in operands:
        if isinstance(x, Tracer) and (level is None or x.level.age > level.age):
            level = x.level
    if level is None:
        return VALUE[name](*operands, **params)
    return level.step(level, name, operands, params)


# %% tags=["figure"] id="figure-bind"
stages = ["array 3.0", "Dual, age 4", "Dual, age 7", "Unknown, age 9"]
fig, ax = plt.subplots(figsize=(9, 2.7), layout="constrained")
for n, (who, colour) in enumerate(zip(reversed(stages), [VERMILION, ORANGE, BLUE, "0.4"])):
    ax.text(2.6 * n, 1, who, ha="center", va="center",
            bbox={"boxstyle": "round", "fc": "w", "ec": colour, "lw": 2})
    if n < 3:
        ax.annotate("", (2.6 * n + 1.75, 1), (2.6 * n + 0.95, 1),
                    arrowprops={"arrowstyle": "-|>", "lw": 1.5})
        ax.text(2.6 * n + 1.35, 1.2, "bind", ha="center")
for n, what in enumerate(["writes an Eqn", "primal and tangent", "primal and tangent",
                          "numpy computes"]):
    ax.text(2.6 * n, 0.55, what, ha="center", style="italic")
ax.text(0, 1.45, "inside: asked first", ha="center")
ax.text(7.8, 1.45, "outside: asked last", ha="center")
ax.set(xlim=(-1.3, 9.1), ylim=(0.3, 1.7))
ax.set_title("The youngest level among the operands acts, and binds again what it peels off")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: a row of four boxes joined by arrows named bind: an Unknown of age 9, a Dual of age 7, a Dual of age 4, an array. The youngest is asked first; each peels off
# its own level and passes on what is left, until numpy computes.*
#
# What one calls are functions. **Broadcasting is made explicit here**, once: `alike` gives two operands the same shape by the primitive
# `broadcast`, so that no rule below has to think of it. A plain Python number fits every shape.

# %% role="locked" id="core-functions"
is_number = lambda x: type(x) in (int, float)
# of an array, a tracer, a Var; a plain number has the shape ()
shape_of = lambda x: getattr(x, "shape", ())
broadcast_shapes = functools.cache(np.broadcast_shapes)  # the same few shapes come again and again


def alike(x, y):
    """x and y in one shape."""
    if is_number(x) or is_number(y) or x.shape == y.shape:
        return x, y
    shape = broadcast_shapes(x.shape, y.shape)
    return broadcast(x, shape), broadcast(y, shape)


two = lambda name: lambda x, y: bind(name, *alike(x, y))
one = lambda name: lambda x: bind(name, x)
add, sub, mul = map(two, ("add", "sub", "mul"))
neg, exp, log, sin, cos, tanh = map(one, ("neg", "exp", "log", "sin", "cos", "tanh"))
power = lambda x, p: bind("power", x, p=p)  # p: a plain number
div = lambda x, y: mul(x, power(y, -1)) if not is_number(y) else mul(x, 1 / y)
stop_gradient = one("stop_gradient")  # x, declared a constant


# %% role="locked" id="core-arrays"
def reduce_sum(x, axes=None):
    """The sum over axes (a tuple; all by default), which disappear."""
    return bind("reduce_sum", x, axes=tuple(range(len(shape_of(x)))) if axes is None else axes)


broadcast = lambda x, shape: x if shape_of(x) == shape else bind("broadcast", x, shape=shape)
reshape = lambda x, shape: x if shape_of(x) == shape else bind("reshape", x, shape=shape)
matmul = lambda x, y: bind("matmul", x, y)  # (n, k) @ (k, m)
transpose = lambda x, axes=(1, 0): bind("transpose", x, axes=axes)  # out.shape[i] = x.shape[axes[i]]
gather = lambda x, index: bind("gather", x, index=index)  # the rows x[index]; index: an array of ints
scatter_add = lambda x, index, shape: bind("scatter_add", x, index=index, shape=shape)
# has no derivative here: use it on stop_gradient(x)
reduce_max = lambda x, axes: bind("reduce_max", x, axes=axes)

# %% role="locked" id="core-operators"
Tracer.__add__ = Tracer.__radd__ = lambda x, y: add(x, y)
Tracer.__mul__ = Tracer.__rmul__ = lambda x, y: mul(x, y)
Tracer.__sub__, Tracer.__rsub__ = lambda x, y: sub(x, y), lambda x, y: sub(y, x)
Tracer.__truediv__, Tracer.__rtruediv__ = lambda x, y: div(x, y), lambda x, y: div(y, x)
Tracer.__matmul__, Tracer.__rmatmul__ = lambda x, y: matmul(x, y), lambda x, y: matmul(y, x)
Tracer.__neg__, Tracer.__pow__ = lambda x: neg(x), lambda x, p: power(x, p)

# %% tags=["figure"] id="figure-broadcast"
column, row = np.array([[1.0], [2.0], [3.0]]), np.array([[0.0, 4.0, 8.0, 12.0]])
fig, axes = plt.subplots(1, 5, figsize=(11, 2.2), layout="constrained", width_ratios=(1, 4, 4, 4, 4))
panels = {
    "x (3, 1)": column,
    "broadcast(x, (3, 4))": np.broadcast_to(column, (3, 4)),
    "y (1, 4)": row,
    "broadcast(y, (3, 4))": np.broadcast_to(row, (3, 4)),
    "add: shapes are equal": column + row,
}
for ax, (title, values) in zip(axes, panels.items()):
    ax.imshow(values, vmin=0, vmax=15)
    for (i, j), value in np.ndenumerate(values):
        ax.text(j, i, f"{value:g}", ha="center", va="center", color="w" if value < 8 else "k")
    ax.set_title(title, fontsize=10)
    ax.axis("off")
fig.suptitle("x + y is three equations: two broadcasts, and an addition that knows nothing of them")
plt.show()

# %% [markdown]
# *Figure: five grids of numbers. A column of three is repeated to 3 × 4, a row of four is repeated to 3 × 4, and their sum is taken entry by entry.*

# %% [markdown] id="exercise-9.1"
# ### 9.1 More primitives
#
# ●○○ easy · about 12 minutes · 3 points
#
# A primitive begins with its **value rule**: what it does to arrays. Add these to `VALUE`:
#
# | name | operands and params | value |
# |---|---|---|
# | `log`, `sin`, `cos`, `tanh` | `x` | entry by entry |
# | `power` | `x`, `p` | $x^p$ |
# | `reduce_sum`, `reduce_max` | `x`, `axes` | over the axes, which disappear |
# | `broadcast` | `x`, `shape` | `x` repeated to `shape`, numpy's way |
# | `transpose` | `x`, `axes` | `out.shape[i] == x.shape[axes[i]]` |
# | `gather` | `x` $(m, \dots)$, `index` $(\ast)$ | `x[index]`, of shape $(\ast, \dots)$ |
# | `scatter_add` | `x` $(\ast, \dots)$, `index` $(\ast)$, `shape` $(m, \dots)$ | $\text{out}_r = \sum_{i:\,\text{index}_i = r} x_i$ |

# %% tags=["figure"] id="figure-gather"
index, hues = [0, 2, 2, 1], [BLUE, ORANGE, GREEN]
fig, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
titles = ["gather: copies rows", "scatter_add: rows come home and add up"]
for ax, title, left, right in zip(axes, titles, ["x", "out"], ["out", "x"]):
    for r in range(3):
        ax.add_patch(plt.Rectangle((0, -r - 0.8), 1.6, 0.6, fc=hues[r], ec="k",
                                   hatch=["", "//", ".."][r]))
    for n, r in enumerate(index):
        ax.add_patch(plt.Rectangle((4, 0.3 - n - 0.6), 1.6, 0.6, fc=hues[r], ec="k",
                                   hatch=["", "//", ".."][r]))
        ends = [(1.7, -r - 0.5), (3.9, -n)]
        ax.annotate("", *(ends[::-1] if title[0] == "g" else ends),
                    arrowprops={"arrowstyle": "-|>", "lw": 1.4})
    ax.text(0.8, 0.15, f"{left} (3, k)", ha="center")
    ax.text(4.8, 0.55, f"{right} (4, k), index {index}", ha="center")
    ax.set(xlim=(-0.3, 7), ylim=(-3.7, 1), title=title)
    ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: twice three rows on the left and four on the right, joined as index [0, 2, 2, 1] says. In gather the arrows go from left to right: row 2 is copied twice. In
# scatter_add they go back: two arrows end at row 2.*

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Most entries are a numpy function, or a `lambda` whose parameter names are those in the table.
#
# <details><summary>Hint 2: the equation</summary>
#
# In `scatter_add` a row that is named three times receives three summands. Try `index = [1, 1]` on paper.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# For `scatter_add`: zeros of `shape`, then `np.add.at`, or a loop over the entries of the index.
#
# </details></details></details>

# %% role="answer" id="answer-9.1"
# VALUE["log"] = ..., and so on for the eleven names of the table
### BEGIN SOLUTION
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.add.reduce(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
# their parameters have the right names
VALUE |= {"broadcast": np.broadcast_to, "transpose": np.transpose}
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, x)  # out[index] += x would keep only the last of equal indices
    return out


VALUE["scatter_add"] = scatter_add_value
### END SOLUTION

# %% role="check" id="check-9.1" points=3
check("9.1")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_rules import judge_values

award("9.1", judge_values(submission, challenge_seed("9.1", "operands"), rows=5, columns=2), points=3)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** The language has nineteen primitives, and some of them are linear maps: a matrix would do the same work. The matrices are worth
# a look, for later we shall need their transposes. A repeated index gives two ones in a column of `gather`; turned round, two ones in a
# row: a sum.

# %% tags=["figure"] id="figure-matrices"
eye = np.eye(3)
index = np.array([0, 2, 2, 1])
linear_maps = {
    "gather [0, 2, 2, 1]": eye[index],
    "broadcast (3,) → (2, 3)": np.concatenate([eye, eye]),
    "reduce_sum of (3,)": np.ones((1, 3)),
    "reshape and transpose of (2, 3)": np.eye(6).reshape(2, 3, 6).transpose(1, 0, 2).reshape(6, 6),
}
fig, axes = plt.subplots(2, 4, figsize=(11, 5), layout="constrained")
for (title, matrix), column in zip(linear_maps.items(), axes.T):
    for ax, m, name in zip(column, [matrix, matrix.T], [title, "its transpose"]):
        ax.imshow(m, vmin=0, vmax=1.3, cmap="Greys")
        ax.set_title(name, fontsize=10)
        ax.set(xticks=range(m.shape[1]), yticks=range(m.shape[0]), xlabel="input entry",
               ylabel="output entry")
        ax.grid(False)
fig.suptitle("A linear primitive is a matrix of zeros and ones; its transpose is a primitive, too")
plt.show()

# %% [markdown]
# *Figure: four 0-1 matrices above, their transposes below. gather picks a row's one in each of four rows, index 2 twice; broadcast stacks two
# identity matrices; reduce_sum is one row of ones; a transposition is a permutation matrix.*

# %% [markdown] id="exercise-9.2"
# ## 3 · Forward mode, once more
#
# ### 9.2 jvp rules
#
# ●●○ medium · about 20 minutes · 4 points
#
# The table `JVP` has one rule for each operand of a primitive: what a tangent `t` of that operand adds to the tangent of the result. For
# $y = f(x_1, x_2)$ it is $t \mapsto \frac{\partial f}{\partial x_i}\,t$, as a function `(t, out, *primals, **params)`. `out` is the result,
# for rules that can use it: do so in `exp` and `tanh`. Rules are written with `mul`, `cos`, … and never with numpy, so that they can be
# differentiated themselves.
#
# **a.** If $f$ is linear, its derivative is $f$. List the primitives of *one* operand that are linear in it; they get this rule:

# %% role="locked" id="linear-rule"
def linear_rule(name):
    """The jvp rules of a linear primitive: the primitive itself, on the tangent."""
    return [lambda t, out, x, **params: bind(name, t, **params)]


JVP = {"stop_gradient": [lambda t, out, x: None]}  # None: a tangent that is zero

# %% [markdown]
# **b.** Write the rules of the others: `add`, `sub`, `mul`, `matmul` (two rules each), and `exp`, `log`, `sin`, `cos`, `tanh`, `power`.
#
# <details><summary>Hint 1: the idea</summary>
#
# Linear means: $f(a\,x + b\,z) = a\,f(x) + b\,f(z)$ for all numbers $a$, $b$. Anything that moves, copies or adds entries qualifies.
#
# <details><summary>Hint 2: the equations</summary>
#
# $d(XY) = dX\,Y + X\,dY$, in this order for matrices. $(x^p)' = p\,x^{p-1}$. $\tanh' = 1 - \tanh^2$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `JVP["div"]`, if it were a primitive: `[lambda t, out, x, y: div(t, y), lambda t, out, x, y: neg(mul(t, div(out, y)))]`
#
# </details></details></details>

# %% role="answer" id="answer-9.2-a"
LINEAR = []  # names, out of: neg exp log sin cos tanh power reduce_sum reduce_max
#              broadcast reshape transpose gather scatter_add
### BEGIN SOLUTION
LINEAR = ["neg", "reduce_sum", "broadcast", "reshape", "transpose", "gather", "scatter_add"]
### END SOLUTION
JVP |= {name: linear_rule(name) for name in LINEAR}

# %% role="answer" id="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
### BEGIN SOLUTION
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: mul(t, cos(x))]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]
### END SOLUTION

# %% role="check" id="check-9.2" points=4
check("9.2")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_rules import judge_jvp_rules

award("9.2", judge_jvp_rules(submission, challenge_seed("9.2", "operands"), rows=4, columns=2), points=4)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** All the calculus of this chapter is in ten lines. Each rule multiplies `t` by something that does not depend on `t`: the tangent of a program is
# made of linear primitives only, whatever the program is. Which ones these are can be tried; what linearization throws away is in the last figure.

# %% tags=["figure"] id="figure-linear"
settings = dict.fromkeys(["neg", "exp", "sin", "tanh"], {}) | {"power": {"p": 2},
                                                               "reduce_max": {"axes": (0,)}}
settings |= {"reduce_sum": {"axes": (0,)}, "broadcast": {"shape": (2, 4, 3)},
             "transpose": {"axes": (1, 0)}}
settings |= {"gather": {"index": np.array([0, 2, 2])},
             "scatter_add": {"index": np.array([0, 2, 2, 1]), "shape": (3, 3)}}
u, v = rng.normal(size=(2, 4, 3))
gaps = {}
for name, params in settings.items():
    if name in VALUE:
        op = lambda z: VALUE[name](z, **params)
        gaps[name] = np.abs(op(2.0 * u + v) - 2.0 * op(u) - op(v)).max()
fig, ax = plt.subplots(figsize=(9, 2.9), layout="constrained")
colours = [BLUE if gap < 1e-12 else VERMILION for gap in gaps.values()]
ax.bar(list(gaps), [max(gap, 1e-17) for gap in gaps.values()], color=colours)
ax.axhline(1e-12, color="black", ls="--")
ax.text(5.6, 1e-10, "above the line: curved\nbelow: linear, but for rounding", va="bottom")
ax.set(yscale="log", ylim=(1e-17, 1e3), ylabel="|f(2u + v) − 2f(u) − f(v)|")
ax.set_title("Ask the primitives themselves which of them are linear")
ax.tick_params(axis="x", rotation=25)
plt.show()

# %% [markdown]
# *Figure: a bar for each primitive on a logarithmic axis. neg, reduce_sum, broadcast, transpose, gather and scatter_add stand below the dashed line at 1e-12; exp, sin, tanh,
# power and reduce_max are near 1 or above.*

# %% tags=["figure"] id="figure-tangent-line"
xs, at = np.linspace(-1, 1.6, 200), 0.5
value, slope = np.sin(at) * np.exp(at), (np.sin(at) + np.cos(at)) * np.exp(at)
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
ax.plot(xs, np.sin(xs) * np.exp(xs), color="0.5", lw=3, label="y = sin x · eˣ")
ax.plot(xs, value + slope * (xs - at), "--", color=BLUE, label="value + linear map of (x − 0.5)")
ax.plot(at, value, "o", color="black")
ax.set(xlabel="x", ylabel="y", title="The function and its best linear approximation")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the curve sin x · eˣ with its dashed tangent line at 0.5.*

# %% tags=["figure"] id="figure-rest"
gap = np.logspace(-4, 0, 30)
rest = np.abs(np.sin(at + gap) * np.exp(at + gap) - value - slope * gap)
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
ax.loglog(gap, rest, "s-", color=VERMILION, ms=4, label="what is left out")
ax.loglog(gap, gap**2, ":", color="black", label="slope 2")
ax.set(xlabel="distance from 0.5", ylabel="error",
       title="The rest is quadratic: only the linear part is kept")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: on logarithmic axes, the distance between curve and line against the distance from 0.5: squares along a dotted line of
# slope 2.*

# %% [markdown] id="exercise-9.3"
# ### 9.3 Levels: whose tangent is it?
#
# ●●● hard · about 28 minutes · 4 points
#
# $\frac{d}{dx}\Big(x\cdot\frac{d}{dy}(x+y)\Big)$ is 1 everywhere. A program that does not know whose tangent is whose answers 2: that is **perturbation
# confusion**. Write
#
# - `jvp_step(level, name, operands, params)`: a `Dual` of `level` has a primal and a tangent there; *everything else is a constant*, a `Dual` of
#   another level included. The result's primal by `bind` on the primals, its tangent by adding what the rules give. No tangent at all: return the primal.
# - `jvp(f, primals, tangents)`: the pair (value, tangent) of `f(*primals)`, on a fresh `Level(jvp_step)`. Primals and tangents may be plain numbers:
#   `as_array`, given below, makes arrays of them. `f` returns an array or a *list* of arrays; then both parts of the pair are lists. A result that is no
#   `Dual` of this level has the tangent 0.

# %% tags=["figure"] id="figure-onion"
inner = {
    "with levels": "x + y, inner level: y is Dual(2, 1)\n"
    "x is a constant here: its 1 is not ours\ninner derivative: 1",
    "without levels": "x + y, one level for all:\n"
    "the 1 of x and the 1 of y are added\ninner derivative: 2, wrong",
}
white = {"fc": "w", "ec": "none"}
fig, axes = plt.subplots(1, 2, figsize=(11, 2.9), layout="constrained")
for ax, (title, text), hatch in zip(axes, inner.items(), ["", ".."]):
    ax.add_patch(plt.Rectangle((0, 0), 10, 4, fc="#DDEBF5", ec=BLUE, lw=2))
    ax.add_patch(plt.Rectangle((1, 0.3), 8, 2.5, fc="#FFF3D6", ec=ORANGE, lw=2, ls="--", hatch=hatch))
    ax.text(0.3, 3.3, "x · d/dy (x + y), outer level: x is Dual(3, 1)", fontsize=10)
    ax.text(1.4, 1.5, text, fontsize=10, va="center", bbox=white)
    ax.set(xlim=(-0.1, 10.1), ylim=(-0.1, 4.1), title=title)
    ax.axis("off")
fig.suptitle("A tangent counts at its own level only")
plt.show()

# %% [markdown]
# *Figure: two nested boxes, twice. With levels, the inner box treats x as a constant and finds the derivative 1. Without levels the
# tangents of x and y are added in the inner box, which gives 2.*

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `bind` has found the youngest level. Peel that level off all operands and `bind` again: what is left is older.
#
# <details><summary>Hint 2: the equation</summary>
#
# $\text{tangent} = \sum_i \text{rule}_i(t_i, \text{out}, x_1, x_2, \dots)$ over the operands that have a tangent at this level; a rule may
# return `None`, for zero.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# The test for an operand is `isinstance(x, Dual) and x.level is level`. The same test splits the results of `f` in `jvp`, with
# `np.zeros(shape_of(y))` where it fails.
#
# </details></details></details>

# %% role="answer" id="answer-9.3-a"
def jvp_step(level, name, operands, params):
    """An operation at a forward-mode level: a Dual of `level`, or the primal without a tangent."""
    ### BEGIN SOLUTION
    primals, tangents = [], []
    for x in operands:
        ours = isinstance(x, Dual) and x.level is level
        primals.append(x.primal if ours else x)
        tangents.append(x.tangent if ours else None)
    out = bind(name, *primals, **params)  # older levels have their turn here
    total = None
    for rule, t in zip(JVP[name], tangents):
        share = None if t is None else rule(t, out, *primals, **params)
        if share is not None:
            total = share if total is None else add(total, share)
    return out if total is None else Dual(level, out, total)
    ### END SOLUTION


# %% role="locked" id="as-array"
# A tracer as it is, anything else as an array of float64.
as_array = lambda x: x if isinstance(x, Tracer) else np.asarray(x, dtype=np.float64)


# %% role="answer" id="answer-9.3-b"
def jvp(f, primals, tangents):
    """(f(*primals), its tangent along `tangents`).
    primals, tangents: lists of arrays or tracers, alike in shape."""
    ### BEGIN SOLUTION
    level = Level(jvp_step)
    out = f(*[Dual(level, as_array(x), as_array(t)) for x, t in zip(primals, tangents)])

    def split(y):
        if isinstance(y, Dual) and y.level is level:
            return y.primal, y.tangent
        return y, np.zeros(shape_of(y))  # y does not depend on the primals

    return tuple(map(list, zip(*map(split, out)))) if isinstance(out, list) else split(out)
    ### END SOLUTION


# %% role="check" id="check-9.3" points=4
check("9.3")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_levels import judge_jvp

award("9.3", judge_jvp(submission, challenge_seed("9.3", "programs"), rows=4, columns=3), points=4)
### END HIDDEN TESTS

# %% id="try-nested"
def derivative(f, x):
    """f'(x) for a function of one number."""
    pair = jvp(f, [x], [1.0])
    return None if pair is None else pair[1]


if derivative(lambda x: x, 1.0) is not None:
    nested = derivative(lambda x: x * derivative(lambda y: x + y, 2.0), 3.0)
    print(f"d/dx (x · d/dy (x + y)) = {nested:g}")
    f = lambda x: x**5
    for _ in range(4):
        f = lambda x, inner=f: derivative(inner, x)  # one level more
    print(f"fourth derivative of x⁵ at 1: {f(1.0):g}")

# %% tags=["figure"] id="figure-orders"
xs = np.linspace(-2, 1.5, 60)
# the n-th derivative of sin x · eˣ, by formula
order_n = lambda n, x: 2 ** (n / 2) * np.exp(x) * np.sin(x + n * np.pi / 4)
fig, ax = plt.subplots(figsize=(9, 3.2), layout="constrained")
for n, colour, style in [(0, "black", "-"), (1, BLUE, "--"), (2, ORANGE, "-."), (3, VERMILION, ":")]:
    ax.plot(xs, order_n(n, xs), style, color=colour, label=f"derivative {n}" if n else "sin x · eˣ")
if derivative(lambda x: x, 1.0) is not None:
    f = lambda x: sin(x) * exp(x)
    for n, colour in [(1, BLUE), (2, ORANGE), (3, VERMILION)]:
        f = lambda x, inner=f: derivative(inner, x)  # one level more
        ax.plot(xs[::6], [f(x) for x in xs[::6]], "o", color=colour, ms=5)
ax.set(xlabel="x", ylabel="y",
       title="One, two and three levels deep: the dots of nested jvps lie on the formulas' lines")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: sin x · eˣ and its first three derivatives as lines of four styles. Once 9.3 is done there are dots on the derivatives' lines.*
#
# **What just happened.** `bind` picks a level, the level peels itself off and calls `bind`. That recursion is all there is to nesting. A level never has to know what
# is around it, and you will not write a line for second derivatives in this chapter: compose, and they are there.

# %% [markdown] id="exercise-9.4"
# ## 4 · Partial evaluation
#
# ### 9.4 Known and unknown
#
# ●●○ medium · about 30 minutes · 5 points
#
# Run a function although some inputs are not known yet. An operation on known operands is computed; one that touches an **unknown** is written down for
# later. The result is a program with the known values inside: its **residuals**.
#
# - `record_step(level, name, operands, params)` appends one `Eqn` to `level.eqns` and returns the `Unknown` of its `out`. An `Unknown` *of this level*
#   enters as its `var`; every other operand is known, and enters as it is. `SHAPE[name]`, called like a value rule, gives the shape.
# - `partial_eval(f, *shapes)` runs `f`, which returns a list, on unknowns of these shapes, on a fresh `Level(record_step)`; it returns the `Program`.
#   Known outputs stay values.
# - `evaluate(program, *inputs)`: the list of its outputs. Each equation goes through `bind`: inputs and residuals may be tracers.

# %% role="locked" id="core-shapes"
entrywise = lambda x, y=0, **params: y.shape if is_number(x) else x.shape
SHAPE = dict.fromkeys("add sub mul neg exp log sin cos tanh power stop_gradient".split(), entrywise)
SHAPE["reduce_sum"] = lambda x, axes: tuple(n for i, n in enumerate(x.shape) if i not in axes)
SHAPE["reduce_max"] = SHAPE["reduce_sum"]
SHAPE["broadcast"] = SHAPE["reshape"] = lambda x, shape: shape
SHAPE["scatter_add"] = lambda x, index, shape: shape
SHAPE["transpose"] = lambda x, axes: tuple(x.shape[axis] for axis in axes)
SHAPE["matmul"] = lambda x, y: (x.shape[0], y.shape[1])
SHAPE["gather"] = lambda x, index: (*np.shape(index), *x.shape[1:])

# %% tags=["figure"] id="figure-known"
known = ["sin x", "cos x", "exp x", "sin x · exp x"]
unknown = ["cos x · t", "exp x · t", "exp x · (cos x · t)", "sin x · (exp x · t)", "sum"]
box = {"fc": "w", "ec": "none", "pad": 1}
fig, ax = plt.subplots(figsize=(9, 3.4), layout="constrained")
ax.barh(range(1, 5), 1, left=0, color=BLUE, ec="w", alpha=0.8)
ax.barh(range(5, 10), 1, left=1, color=ORANGE, hatch="//", ec="w", alpha=0.8)
for row, text in enumerate(known + unknown, start=1):
    ax.text(0.5 if row <= 4 else 1.5, row, text, ha="center", va="center", fontsize=10, bbox=box)
ax.set(xlim=(0, 2), yticks=range(1, 10), ylabel="operation")
ax.set_xticks([0.5, 1.5], ["known: computed now", "unknown: recorded"])
ax.invert_yaxis()
ax.grid(False)
ax.set_title("sin(x)·exp(x) in forward mode with x known and t unknown: one run, sorted into two")
plt.show()

# %% [markdown]
# *Figure: nine operations in a column each. The four that need only x, plain bars, are computed now; the five that need t, hatched bars, are
# recorded.*

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `record_step` never computes anything: if it is called, an operand is unknown.
#
# <details><summary>Hint 2: why “of this level”</summary>
#
# An `Unknown` of an older level is, from here, a value like any other: it will be known before this program runs.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `evaluate` keeps a dictionary from `Var` to value. What is no `Var` stands for itself. The outputs are looked up in the same way as operands.
#
# </details></details></details>

# %% role="answer" id="answer-9.4-a"
def record_step(level, name, operands, params):
    """An operation at a recording level: an Eqn more in level.eqns, and an Unknown."""
    ### BEGIN SOLUTION
    ins = [x.var if isinstance(x, Unknown) and x.level is level else x for x in operands]
    out = Var(SHAPE[name](*ins, **params))
    level.eqns.append(Eqn(name, ins, params, out))
    return Unknown(level, out)
    ### END SOLUTION


def partial_eval(f, *shapes):
    """The Program of what f computes from unknown arrays of these shapes. f returns a list of arrays."""
    ### BEGIN SOLUTION
    level = Level(record_step)
    inputs = [Var(shape) for shape in shapes]
    outputs = f(*[Unknown(level, var) for var in inputs])
    outputs = [y.var if isinstance(y, Unknown) and y.level is level else y for y in outputs]
    return Program(inputs, level.eqns, outputs)
    ### END SOLUTION


# %% role="answer" id="answer-9.4-b"
def evaluate(program, *inputs):
    """The outputs of `program`, a list, for arrays or tracers as inputs."""
    ### BEGIN SOLUTION
    values = dict(zip(program.inputs, inputs))
    look = lambda x: values[x] if isinstance(x, Var) else x
    for eqn in program.eqns:
        values[eqn.out] = bind(eqn.name, *map(look, eqn.ins), **eqn.params)
    return [look(y) for y in program.outputs]
    ### END SOLUTION


# %% role="locked" id="core-show"
def show(*programs):
    """Print programs: variables are lower case, residuals upper case (one array, one letter),
    numbers stand for themselves."""
    letters = [chr(ord("a") + i % 26) + (str(i // 26) if i >= 26 else "") for i in range(520)]
    names, capitals = {}, iter(letter.upper() for letter in letters)
    for program in filter(None, programs):
        variables = iter(letters)

        def name(x):
            if is_number(x):
                return f"{x:g}"
            if id(x) not in names:
                names[id(x)] = next(variables if isinstance(x, Var) else capitals)
            return names[id(x)]

        print("inputs ", *(f"{name(x)}{x.shape}" for x in program.inputs))
        for eqn in program.eqns:
            params = [f"{k}={v}" for k, v in eqn.params.items() if np.ndim(v) < 2 and not callable(v)]
            print(f"  {name(eqn.out)}{eqn.out.shape} =", eqn.name, *map(name, eqn.ins), *params)
        print("outputs", *map(name, program.outputs))


# %% [markdown]
# Now the example from the beginning. The function to be evaluated partially is the *jvp* of $\sin x\cdot e^x$, at a known $x$ and an unknown $t$. Run the cell
# and read what it prints.

# %% id="try-read"
swing = lambda x: mul(sin(x), exp(x))
x3 = np.array([0.5, 1.0, -2.0])
program = partial_eval(lambda t: [jvp(swing, [x3], [t])[1]], (3,))
show(program)

# %% [markdown]
# Which residual is which? Say what `A`, `B` and `C` are, in the order of their first appearance: each is one of `"sin x"`, `"cos x"`, `"exp x"`.

# %% role="answer" id="answer-9.4-c"
residual_names = []  # three strings
### BEGIN SOLUTION
residual_names = ["cos x", "exp x", "sin x"]  # exp is there once: its value is its own derivative
### END SOLUTION

# %% role="check" id="check-9.4" points=5
check("9.4")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_partial import judge_partial_eval

award("9.4", judge_partial_eval(submission, challenge_seed("9.4", "programs"), rows=2, columns=4), points=5)
### END HIDDEN TESTS

# %% [markdown]
# **What just happened.** Five equations, all linear in the input, and three residuals. The cosine, the exponential and the product were computed during the run; of the function's own
# value nothing is left in the program. What a program must remember for its derivative is *visible*: it is the upper-case letters.

# %% id="draw-program"
def draw_program(ax, program, title, words=(), colour=BLUE, dead=()):
    """A program from left to right: a box for each equation, an arrow for each variable that it
    reads. words: names of arrays."""
    depth = dict.fromkeys(program.inputs, 0)
    for eqn in program.eqns:
        depth[eqn.out] = 1 + max(depth[x] for x in eqn.ins if isinstance(x, Var))
    columns = {d: [x for x in depth if depth[x] == d] for d in depth.values()}
    place = {x: (2 * depth[x], (len(columns[depth[x]]) - 1) / 2 - columns[depth[x]].index(x))
             for x in depth}
    word_for = lambda x: next((word for word, array in words if np.array_equal(array, x)), "")
    name = lambda x: f"{x:g}" if is_number(x) else word_for(x)
    style = {"ha": "center", "va": "center", "fontsize": 10}
    for eqn in program.eqns:
        reads = [x for x in eqn.ins if isinstance(x, Var)]
        label = "\n".join([eqn.name, *(name(x) for x in eqn.ins if not isinstance(x, Var))])
        box = {"fc": "0.85", "ec": "0.5",
               "ls": ":"} if eqn in dead else {"fc": "w", "ec": colour, "lw": 1.5}
        ax.text(*place[eqn.out], label, bbox=box | {"boxstyle": "round"}, **style)
        for x in reads:
            ax.annotate("", place[eqn.out], place[x],
                        arrowprops={"arrowstyle": "-|>", "shrinkA": 20, "shrinkB": 32})
    for var in program.inputs:
        ax.text(*place[var], "in", bbox={"boxstyle": "circle", "fc": "w"}, **style)
    height = max(map(len, columns.values())) / 2 + 0.2
    ax.set(xlim=(-0.6, 2 * len(columns) - 1), ylim=(-height, height), title=title)
    ax.axis("off")


words = [("sin x", np.sin(x3)), ("cos x", np.cos(x3)), ("exp x", np.exp(x3))]

# %% tags=["figure"] id="figure-recorded"
if program is not None:
    fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
    draw_program(ax, program, "What was recorded: only what touches t, with the residuals as factors",
                 words)
    plt.show()

# %% [markdown]
# *Figure: the recorded program as a graph. An input, two products with cos x and exp x, two more with exp x and sin x, and an addition.*

# %% [markdown] id="exercise-9.5"
# ### 9.5 linearize = jvp + partial evaluation
#
# ●○○ easy · about 8 minutes · 3 points
#
# $$\text{linearize}(f, x) = \big(\,f(x),\;\; t \mapsto J_f(x)\,t\,\big)$$
#
# Write `linearize(f, *primals)` for a function that returns one array: the pair of the value and a `Program` with one input for each primal and one
# output. Everything has been computed that does not need $t$.

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The cell that you have just read, with both halves of what `jvp` returns.
#
# <details><summary>Hint 2: the equation</summary>
#
# `partial_eval` of $(t_1, t_2, \dots) \mapsto [\,y, \dot y\,]$ gives a program with two outputs. The first one is known: which is it?
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# One call of `partial_eval` with a `lambda *tangents: list(jvp(…))`; then a `Program` of the same inputs and equations with the second output only.
#
# </details></details></details>

# %% role="answer" id="answer-9.5"
def linearize(f, *primals):
    """(f(*primals), the Program of t -> J t). f returns one array."""
    ### BEGIN SOLUTION
    program = partial_eval(lambda *tangents: list(jvp(f, primals, tangents)), *map(shape_of, primals))
    y, dy = program.outputs  # y is known: no primal depends on a tangent
    return y, Program(program.inputs, program.eqns, [dy])
    ### END SOLUTION


# %% role="check" id="check-9.5" points=3
check("9.5")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_partial import judge_linearize

award("9.5", judge_linearize(submission, challenge_seed("9.5", "programs"), rows=4, columns=2), points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-linearized"
linearized = linearize(swing, x3)
fig, ax = plt.subplots(figsize=(4.6, 2.8), layout="constrained")
if linearized is not None:
    y3, J = linearized
    matrix = np.stack([evaluate(J, t)[0] for t in np.eye(3)], 1)
    ax.imshow(matrix, vmin=-4, vmax=4, aspect="auto")
    for (i, j), entry in np.ndenumerate(matrix):
        ax.text(j, i, f"{entry + 0:.3f}", ha="center", va="center", bbox={"fc": "w", "ec": "k"})
ax.set(xlabel="run on unit vector", ylabel="entry of the result", xticks=range(3), yticks=range(3))
ax.set_title("Three runs of J give its columns")
ax.grid(False)
plt.show()

# %% [markdown]
# *Figure: the 3 × 3 Jacobian with its entries: 2.237, 3.756 and −0.179 on the diagonal, zeros elsewhere.*
#
# **What just happened.** `jvp` computes $Jt$ for one $t$. `linearize` has done the primal's work once and for all, and $Jt$ for the next thousand $t$ costs the linear program alone.
# In your engine no new rule was needed for it: the two levels, forward mode inside, recording outside, made it together.

# %% tags=["figure"] id="figure-many-tangents"
k = np.arange(0, 21)
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.plot(k, 9 * k, "--", color=ORANGE, label="k times jvp: 9 operations each")
ax.plot(k, 4 + 5 * k, color=BLUE, label="linearize once: 4, then 5 for each tangent")
ax.set(xlabel="k, tangents", ylabel="operations", xticks=k[::4],
       title="sin x · eˣ: the known part is paid once")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: operations against the number of tangents, two straight lines. The dashed one, jvp again and again, has slope 9; the solid one starts at 4 and has
# slope 5.*

# %% [markdown] id="exercise-9.6"
# ## 5 · Transposition
#
# ### 9.6 One rule for each linear primitive
#
# ●●● hard · about 35 minutes · 6 points
#
# The transpose of a linear map $A$ is the one map with
#
# $$\langle \text{ct},\, A\,t\rangle = \langle A^{\mathsf T}\text{ct},\, t\rangle \qquad\text{for all } t, \text{ct}.$$
#
# This is the **dot-product test**: two random vectors, two runs, two numbers. The table `TRANSPOSE` has one rule for each operand: with the cotangent `ct` of the
# result, `(ct, *ins, **params)` gives the cotangent of that operand, in *its* shape. An operand that it is asked for is a `Var`, of which only the
# shape is known. The others are known values.
#
# First two helpers, `sum_to` and `spread`: what was copied is summed, what was summed is copied. Then rules for `add`, `sub`, `neg`, `mul`, `matmul`,
# `reduce_sum`, `broadcast`, `reshape`, `transpose`, `gather`, `scatter_add`, in the language of section 2, not in numpy.

# %% tags=["figure"] id="figure-dot-product"
left = ["reduce_sum", "broadcast", "gather", "reshape", "transpose", "A @ ·"]
right = ["broadcast", "reduce_sum", "scatter_add", "reshape", "transpose", "Aᵀ @ ·"]
shapes = ["(2, 3) → (2,)", "(3,) → (2, 3)", "(5, 2) → (4, 2)", "(2, 3) → (6,)", "(2, 3) → (3, 2)",
          "(3, 2) → (4, 2)"]
style = {"ha": "center", "va": "center", "fontsize": 11}
fig, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
for row, (forward, backward, shape) in enumerate(zip(left, right, shapes)):
    ax.text(0, -row, forward, bbox={"boxstyle": "round", "fc": "#DDEBF5", "ec": BLUE}, **style)
    ax.text(2, -row, backward, bbox={"boxstyle": "round", "fc": "#FBE3D6", "ec": VERMILION}, **style)
    ax.annotate("", (1.6, 0.12 - row), (0.4, 0.12 - row),
                arrowprops={"arrowstyle": "-|>", "color": BLUE})
    ax.annotate("", (0.4, -0.12 - row), (1.6, -0.12 - row),
                arrowprops={"arrowstyle": "-|>", "color": VERMILION, "ls": "--"})
    ax.text(1, 0.2 - row, shape, ha="center", va="bottom", fontsize=8)
ax.set(xlim=(-0.7, 2.7), ylim=(-5.6, 0.7))
ax.axis("off")
ax.set_title("The linear primitives come in pairs: each is the transpose of its partner")
plt.show()

# %% [markdown]
# *Figure: six rows, each with a primitive on the left and its transpose on the right, solid arrows one way, dashed arrows back:
# reduce_sum with broadcast, broadcast with reduce_sum, gather with scatter_add, reshape with reshape, transpose with transpose, a product by A
# with one by A transposed.*

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The shape of the operand tells most of the story: `x.shape` of a `Var` is all that `reshape`, `reduce_sum`, `broadcast` and `gather` need to know.
#
# <details><summary>Hint 2: the equations</summary>
#
# $\langle \text{ct}, XB\rangle = \langle \text{ct}\,B^{\mathsf T}, X\rangle$ and $\langle \text{ct}, AX\rangle = \langle A^{\mathsf T}\text{ct}, X\rangle$. A permutation
# of axes is undone by `np.argsort(axes)`. `reduce_sum` loses axes: put them back with length 1, then broadcast.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `broadcast` has two kinds of axes to sum over: those in front that the operand lacks, and those where it has length 1. After the sum, `reshape` to the operand's
# shape. Tuples, not lists, for `axes` and `shape`.
#
# </details></details></details>

# %% role="answer" id="answer-9.6-a"
def sum_to(ct, shape):
    """The transpose of broadcasting from `shape` to ct.shape: sums over the repeated axes."""
    ### BEGIN SOLUTION
    ahead = len(shape_of(ct)) - len(shape)
    repeated = [ahead + i for i, n in enumerate(shape) if n == 1]
    return reshape(reduce_sum(ct, (*range(ahead), *repeated)), shape)
    ### END SOLUTION


def spread(ct, shape, axes):
    """The transpose of summing an array of `shape` over `axes`: ct repeated along them."""
    ### BEGIN SOLUTION
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return broadcast(reshape(ct, kept), shape)
    ### END SOLUTION


# %% role="answer" id="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
### BEGIN SOLUTION
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]
### END SOLUTION

# %% role="check" id="check-9.6" points=6
check("9.6")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_transposes import judge_transposes

award("9.6", judge_transposes(submission, challenge_seed("9.6", "operands"), rows=5, columns=2), points=6)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-dot-test"
params = {"reduce_sum": {"axes": (0,)}, "broadcast": {"shape": (2, 4, 3)}, "reshape": {"shape": (12,)},
          "transpose": {"axes": (1, 0)}}
params |= {"gather": {"index": np.array([0, 2, 2])},
           "scatter_add": {"index": np.array([0, 2, 2, 1]), "shape": (3, 3)}}
fig, ax = plt.subplots(figsize=(8, 2.9), layout="constrained")
for (name, options), marker in zip(params.items(), "osD^v*"):
    pairs = []
    for t in rng.normal(size=(30, 4, 3)) if name in TRANSPOSE and name in VALUE else []:
        image = VALUE[name](t, **options)
        ct = rng.normal(size=image.shape)
        pairs.append((np.sum(ct * image), np.sum(TRANSPOSE[name][0](ct, Var((4, 3)), **options) * t)))
    if pairs:
        ax.plot(*zip(*pairs), marker, ms=5, alpha=0.7, label=name)
ax.axline((0, 0), slope=1, color="black", ls=":")
ax.set(xlabel="⟨ct, A t⟩", ylabel="⟨Aᵀ ct, t⟩",
       title="The dot-product test: 30 random pairs a rule, all on the diagonal")
if len(ax.lines) > 1:
    ax.legend(ncols=2, fontsize=8)
plt.show()

# %% [markdown]
# *Figure: both sides of the dot-product test against each other for six primitives, a marker each; every point lies on the dotted diagonal once 9.6 is done.*
#
# **What just happened.** No rule of this table differentiates anything: no cosine, no power. It is linear algebra. The list of primitives that can be transposed is shorter than the list that
# can be differentiated, since everything curved has been turned into residuals before.

# %% [markdown] id="exercise-9.7"
# ### 9.7 Transpose a program
#
# ●●○ medium · about 18 minutes · 4 points
#
# A program is a product of maps, and $(AB)^{\mathsf T} = B^{\mathsf T}A^{\mathsf T}$: the last equation comes first. A variable that was read twice receives twice, and
# the cotangents **add up**.
#
# - `pull(program, *cotangents)`: given one cotangent for each output, the list of one for each input. Keep a dictionary from `Var` to cotangent.
#   An equation whose `out` has received nothing is passed over; known operands and known outputs receive nothing; an input that receives nothing has
#   `np.zeros(var.shape)`.
# - `transposed(program)`: the transpose as a `Program`, whose inputs are the cotangents. You have a tool that writes programs down.

# %% tags=["figure"] id="figure-pull"
s, c, e = np.sin(0.5), np.cos(0.5), np.exp(0.5)
held = [{"f": 1}, {"e": 1, "d": 1}, {"d": 1, "c": s}, {"c": s, "b": e}, {"b": e, "a": s * e},
        {"a": s * e + e * c}]
# the last one first
lines = ["start", "f = add d e", "e = mul c sin", "d = mul b exp", "c = mul a exp", "b = mul a cos"]
fig, ax = plt.subplots(figsize=(9, 3), layout="constrained")
for column, cotangents in enumerate(held):
    for name, value in cotangents.items():
        ax.text(column, "fedcba".index(name), f"{value:.2f}", ha="center", va="center",
                bbox={"fc": "#FBE3D6", "ec": VERMILION})
ax.set(xlim=(-0.5, 5.5), ylim=(5.6, -0.6), xlabel="equation turned round",
       ylabel="variable that holds a cotangent")
ax.set(xticks=range(6), xticklabels=lines, yticks=range(6), yticklabels="fedcba")
ax.set_title("a is read twice, so its second share is added to its first (x = 0.5)")
plt.show()

# %% [markdown]
# *Figure: a table of which variables hold a cotangent after each equation of section 2's program, the last one first. 1 at f becomes 1 at d and e; e gives
# 0.48 to c, d gives 1.65 to b, c gives 0.79 to a, and b adds its share: 2.24.*

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Start the dictionary with the outputs. Two outputs may be the same variable: already there, cotangents add.
#
# <details><summary>Hint 2: the equation</summary>
#
# For each equation from the last to the first, and each operand $x_i$ that is a `Var`: $\;\bar x_i \leftarrow \bar x_i + \text{rule}_i(\overline{\text{out}}, \dots)$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# An inner function `give(x, share)` saves writing the addition twice. `transposed` is one call of `partial_eval` on `pull`, with the shapes of the
# outputs.
#
# </details></details></details>

# %% role="answer" id="answer-9.7-a"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ### BEGIN SOLUTION
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = add(ct[x], share) if x in ct else share

    for y, share in zip(program.outputs, cotangents):
        give(y, share)
    for eqn in reversed(program.eqns):
        if eqn.out in ct:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] if x in ct else np.zeros(x.shape) for x in program.inputs]
    ### END SOLUTION


# %% role="answer" id="answer-9.7-b"
def transposed(program):
    """The transpose of a linear program, as a Program: cotangents of the outputs in, cotangents of
    the inputs out."""
    ### BEGIN SOLUTION
    return partial_eval(lambda *cotangents: pull(program, *cotangents), *map(shape_of, program.outputs))
    ### END SOLUTION


# %% role="check" id="check-9.7" points=4
check("9.7")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_pull import judge_pull

award("9.7", judge_pull(submission, challenge_seed("9.7", "programs"), rows=2, columns=5), points=4)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-turned"
if linearized is not None:
    show(J, transposed(J))
if linearized is not None and transposed(J) is not None:
    fig, axes = plt.subplots(1, 2, figsize=(13, 2.6), layout="constrained")
    draw_program(axes[0], J, "the program", words)
    draw_program(axes[1], transposed(J), "its transpose", words, colour=VERMILION)
    plt.show()

# %% [markdown]
# *Figure: two graphs side by side. The program: products with cos x and exp x, then with exp x and sin x, then an addition. Its transpose: products with exp x and sin x come
# first, those with cos x and exp x after them, then an addition.*
#
# **What just happened.** Above, the program of 9.4; below it, its transpose, with the same letters for the same residuals. Five equations again, the three factors in the opposite order,
# an addition where the input had branched, a branch where there was an addition. The transpose of a program is a program. So it can be transposed again, which
# gives back the first map:

# %% tags=["figure"] id="figure-twice"
picked = lambda x: reshape(sin(gather(x, np.array([0, 2, 2]))), (3, 1))
mixed = lambda x: matmul(np.array([[1.0, -2.0, 0.0], [0.5, 0.0, 3.0]]), picked(x))
pair = linearize(mixed, np.array([0.3, 1.0, -0.7, 0.2]))
if pair is not None and transposed(pair[1]) is not None:
    once, again = transposed(pair[1]), transposed(transposed(pair[1]))
    column = lambda program, e, shape: np.ravel(evaluate(program, e.reshape(shape))[0])
    matrix = lambda program, n, shape: np.stack([column(program, e, shape) for e in np.eye(n)], 1)
    fig, axes = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
    matrices = [matrix(pair[1], 4, (4,)), matrix(once, 2, (2, 1)), matrix(again, 4, (4,))]
    for ax, m, name in zip(axes, matrices, ["J", "transposed", "transposed twice"]):
        ax.imshow(m, vmin=-3, vmax=3)
        for (i, j), entry in np.ndenumerate(m):
            ax.text(j, i, f"{entry:.2f}", ha="center", va="center", fontsize=9,
                    color="w" if entry < 1 else "k")
        ax.set(title=name, xticks=range(m.shape[1]), yticks=range(m.shape[0]), xlabel="input entry",
               ylabel="output entry")
        ax.grid(False)
    fig.suptitle(
        "Run on unit vectors, the programs show their matrices: twice transposed is the same map"
    )
    plt.show()

# %% [markdown]
# *Figure: three matrices with their entries written in. J has 2 rows and 4 columns, its transpose 4 rows and 2 columns, and the third equals the first.*

# %% [markdown] id="exercise-9.8"
# ## 6 · Reverse mode falls out
#
# ### 9.8 vjp and grad
#
# ●○○ easy · about 10 minutes · 3 points
#
# $$\text{vjp} = \text{transpose} \circ \text{linearize}$$
#
# - `vjp(f, *primals)`: the pair of $f(x)$ and a function `back(ct)`, which returns the list of cotangents, one for each primal. The function may be called
#   many times; the forward work is done once.
# - `grad(f)`: a function of the same arguments as `f`, which returns the list of gradients, one for each. It needs a scalar: raise `ValueError` with a
#   sentence if the shape of $f(x)$ is not `()`.

# %% tags=["figure"] id="figure-pipeline"
stages = [("f", "any program"), ("jvp", "value and tangent,\nmixed"),
          ("linearize", "value known,\na linear program left"),
          ("transpose", "the same program,\nback to front"), ("grad", "run once on 1:\nall partials")]
fig, ax = plt.subplots(figsize=(11, 1.7), layout="constrained")
for n, (name, gives) in enumerate(stages):
    ax.text(n, 1, name, ha="center", va="center",
            bbox={"boxstyle": "round,pad=0.5", "fc": "w", "ec": BLUE, "lw": 2})
    ax.text(n, 0.45, gives, ha="center", va="top", fontsize=9)
    if n:
        ax.annotate("", (n - 0.33, 1), (n - 0.67, 1), arrowprops={"arrowstyle": "-|>", "lw": 1.5})
ax.set(xlim=(-0.5, 4.5), ylim=(-0.1, 1.4),
       title="Nothing new is needed: three transformations in a row are reverse mode")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: five boxes joined by arrows: f, any program; jvp, value and tangent mixed; linearize, the value known and a linear program
# left; transpose, the same program back to front; grad, run once on 1 for all partials.*

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# You have all the pieces; two or three lines each.
#
# <details><summary>Hint 2: the equation</summary>
#
# For a scalar loss the cotangent of the loss with respect to itself is 1.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `grad` defines an inner function `gradients(*primals)` and returns it. The 1 is an array of shape `()`: `np.ones(())`.
#
# </details></details></details>

# %% role="answer" id="answer-9.8"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    ### BEGIN SOLUTION
    y, program = linearize(f, *primals)
    return y, lambda ct: pull(program, ct)
    ### END SOLUTION


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    ### BEGIN SOLUTION
    def gradients(*primals):
        y, back = vjp(f, *primals)
        if shape_of(y) != ():
            raise ValueError(f"grad needs a scalar, not shape {shape_of(y)}; use vjp with a cotangent.")
        return back(np.ones(()))

    return gradients
    ### END SOLUTION


# %% [markdown]
# The proof of the pudding is the network of chapter 05: embedding, linear, batch normalisation, tanh, linear, cross-entropy. Written in our language it needs
# nothing new. The largest logit of each row is subtracted as a constant, which changes neither value nor gradient.

# %% role="locked" id="char-mlp"
def char_mlp(C, W1, b1, W2, b2, bngain, bnbias, X, Y):
    """The loss of the char-MLP on contexts X (n, block) and targets Y (n,), a scalar."""
    (n, block), vocab = X.shape, shape_of(W2)[1]
    embcat = reshape(gather(C, X), (n, block * shape_of(C)[1]))
    hprebn = embcat @ W1 + b1
    bndiff = hprebn - reduce_sum(hprebn, (0,)) * (1 / n)
    bnvar = reduce_sum(bndiff * bndiff, (0,)) * (1 / (n - 1))
    h = tanh(bngain * (bndiff * (bnvar + 1e-5) ** -0.5) + bnbias)
    logits = h @ W2 + b2
    logits = logits - reshape(reduce_max(stop_gradient(logits), (1,)), (n, 1))
    picked = gather(reshape(logits, (n * vocab,)), np.arange(n) * vocab + Y)
    return reduce_sum(log(reduce_sum(exp(logits), (1,))) - picked) * (1 / n)


# %% role="check" id="check-9.8" points=3
check("9.8")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_reverse import judge_grad

award("9.8", judge_grad(submission, challenge_seed("9.8", "programs"), batch=19, hidden=23, embedding=4), points=3)
### END HIDDEN TESTS

# %% id="real-batch"
letters = ".abcdefghijklmnopqrstuvwxyz"
padded = ["..." + name + "." for name in read_names()[:12]]
windows = [word[i : i + 4] for word in padded for i in range(len(word) - 3)][:32]
codes = np.array([[letters.index(letter) for letter in window] for window in windows])
X, Y = codes[:, :3], codes[:, 3]  # three letters of context, and the letter that follows
g = torch.Generator().manual_seed(2147483647)
shapes = {"C": (27, 10), "W1": (30, 64), "b1": (64,), "W2": (64, 27), "b2": (27,), "bngain": (1, 64),
          "bnbias": (1, 64)}
params = {name: torch.randn(shape, generator=g, dtype=torch.float64) for name, shape in shapes.items()}
scales = {"W1": 5 / 3 / 30**0.5, "b1": 0.1, "W2": 0.1, "b2": 0.1, "bngain": 0.1, "bnbias": 0.1}
values = [(p * scales.get(name, 1.0) + (name == "bngain")).numpy() for name, p in params.items()]
loss_of = lambda *ps: char_mlp(*ps, X, Y)
print("batch", X.shape, Y.shape, "  parameters", sum(v.size for v in values))

# %% id="torch-gradients"
def torch_loss(C, W1, b1, W2, b2, bngain, bnbias):
    """The same loss by torch's own functions."""
    hprebn = C[torch.from_numpy(X)].flatten(1) @ W1 + b1
    bnraw = (hprebn - hprebn.mean(0)) / (hprebn.var(0) + 1e-5).sqrt()  # var divides by n − 1
    logits = torch.tanh(bngain * bnraw + bnbias) @ W2 + b2
    return torch.nn.functional.cross_entropy(logits, torch.from_numpy(Y))


tensors = [torch.tensor(v, requires_grad=True) for v in values]
torch_gradients = torch.autograd.grad(torch_loss(*tensors), tensors)
gradients = grad(loss_of)(*values) if grad(loss_of) is not None else None
if gradients is not None:
    apart = [np.abs(mine - theirs.numpy()).max() for mine, theirs in zip(gradients, torch_gradients)]
    print("all seven gradients within 1e-12 of torch:", max(apart) < 1e-12)

# %% tags=["figure"] id="figure-gradients"
fig, axes = plt.subplots(1, 7, figsize=(14, 2.4), layout="constrained")
for ax, name, theirs, i in zip(axes, shapes, torch_gradients, range(7)):
    theirs = theirs.numpy().ravel()
    mine = theirs if gradients is None else gradients[i].ravel()
    limit = max(np.abs(theirs).max(), 1e-8)  # that of b1 is zero but for rounding: batch norm removes it
    ax.plot(theirs / limit, mine / limit, ".", color=BLUE, ms=3)
    ax.plot([-1, 1], [-1, 1], ":", color="black", lw=1)
    ax.set(xlabel="torch", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    ax.set_title("db1: zero" if name == "b1" else f"d{name}, up to {np.abs(theirs).max():.0e}")
axes[0].set_ylabel("this notebook")
fig.suptitle("Gradients of the char-MLP, entry by entry, scaled by the largest: all on the diagonal")
plt.show()

# %% [markdown]
# *Figure: seven small scatter plots, one for each parameter, torch's gradient across and ours up. All points lie on the dotted diagonal; those of
# b1 are all at zero.*
#
# **What just happened.** Nobody has written a backward pass of batch normalisation here. The forward rules of `mul`, `power`, `reduce_sum` and their friends were enough. What
# happened to the program on the way can be counted:

# %% tags=["figure"] id="figure-equations"
stages = {"the loss": partial_eval(lambda *ps: [loss_of(*ps)], *[v.shape for v in values])}
if gradients is not None:
    stages["linearized"] = linearize(loss_of, *values)[1]
    stages["transposed"] = transposed(stages["linearized"])
written = {stage: [eqn.name for eqn in program.eqns] for stage, program in stages.items()
           if program is not None}
fig, ax = plt.subplots(figsize=(7, 1.9), layout="constrained")
bars = ax.barh(list(written), [len(names) for names in written.values()], color=BLUE, ec="k")
ax.bar_label(bars, padding=4)
ax.set(xlabel="equations", xlim=(0, 50), title="The gradient is hardly longer than the loss")
ax.invert_yaxis()
plt.show()

# %% [markdown]
# *Figure: bars of the equations of three programs: the loss 37, linearized 43, transposed 43.*

# %% tags=["figure"] id="figure-primitives"
primitives = list(dict.fromkeys(name for names in written.values() for name in names))
fig, ax = plt.subplots(figsize=(11, 3.6), layout="constrained")
looks = zip([-0.27, 0, 0.27], [BLUE, ORANGE, VERMILION], ["", "//", ".."])
for (stage, names), (shift, colour, hatch) in zip(written.items(), looks):
    heights = [names.count(name) for name in primitives]
    ax.bar(np.arange(len(primitives)) + shift, heights, 0.25, color=colour, hatch=hatch, ec="w",
           label=stage)
ax.set_xticks(range(len(primitives)), primitives, rotation=40)
ax.set_ylabel("equations")
ax.set_title("Linearized, the curved primitives are gone; transposed, sums and broadcasts change places")
if written:
    ax.legend()
plt.show()

# %% [markdown]
# *Figure: bars of how often each primitive occurs in the loss, in its linearization and in the transpose of that. exp, log, tanh, power, reduce_max and stop_gradient
# occur in the loss only. In the transpose scatter_add stands where gather stood, and sums are more, broadcasts fewer.*

# %% tags=["figure", "nbval-ignore-output"] id="figure-price"
if gradients is not None:
    J_loss = linearize(loss_of, *values)[1]
    pieces = {"the loss": lambda: loss_of(*values), "jvp": lambda: jvp(loss_of, values, values)}
    pieces |= {"linearize": lambda: linearize(loss_of, *values)}
    pieces |= {"pull": lambda: pull(J_loss, np.ones(()))}
    taken = [min(timeit.repeat(run, number=1, repeat=steps(full=40, quick=1)))
             for run in pieces.values()]
    fig, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
    ax.barh(list(pieces), np.array(taken) / taken[0], color=[ORANGE, BLUE, BLUE, VERMILION], ec="k",
            hatch=["//", "", "", ".."])
    ax.set(xlabel="time, in evaluations of the loss",
           title="linearize and pull: all 4,137 partials for a few evaluations")
    ax.invert_yaxis()
    plt.show()

# %% [markdown]
# *Figure: bars of time in units of the loss: a jvp and a linearize take about four, pull two or three.*

# %% tags=["figure"] id="figure-training"
count = steps(full=150, quick=2)
losses, weights = [], list(values)
for _ in range(count if gradients is not None else 0):
    losses.append(float(loss_of(*weights)))
    weights = [w - 0.5 * d for w, d in zip(weights, grad(loss_of)(*weights))]
fig, ax = plt.subplots(figsize=(7, 2.7), layout="constrained")
ax.axhline(np.log(27), color="black", ls="--", label="guessing: ln 27")
ax.plot(losses, color=BLUE, label="loss on the 32 contexts")
ax.set(xlabel="step of gradient descent", ylabel="nats", ylim=(0, 4))
ax.set_title("The engine trains: a gradient a step, from rules of forward mode")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the loss of the char-MLP on one batch falls from above the dashed line of guessing at 3.3 to well below 1 within 150 steps.*
#
# > **Often said: “reverse mode suits machine learning because data map from many dimensions to few.”** The data's shape has no say. What is differentiated
# > is the loss as a function of the *parameters*, and that has one output. Here its Jacobian has one row:

# %% tags=["figure"] id="figure-shape"
total = sum(v.size for v in values)
fig, ax = plt.subplots(figsize=(8, 2.3), layout="constrained")
for shift, sizes, colour, hatch, label in [(-0.18, [total, X.shape[1]], BLUE, "", "in"),
                                           (0.18, [1, 27], ORANGE, "//", "out")]:
    bars = ax.barh(np.arange(2) + shift, sizes, 0.34, color=colour, hatch=hatch, ec="k",
                   label=label)
    ax.bar_label(bars, [f"{n:,}" for n in sizes], padding=4)
ax.set(xscale="log", xlim=(0.5, 20000), xlabel="numbers", yticks=[0, 1],
       yticklabels=["parameters → loss", "letters → logits"])
ax.set_title("What is differentiated has one output; the data have more out than in")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: bars of numbers in and out on a logarithmic axis. Parameters to loss: 4,137 in, 1 out. Letters to logits: 3 in, 27 out.*
#
# The Jacobian of the loss has one row: one transposed pass, or 4,137 forward ones.

# %% [markdown] id="exercise-9.9"
# ### 9.9 Hessian times vector, by composition
#
# ●●○ medium · about 12 minutes · 2 points
#
# $$H v = \frac{d}{d\varepsilon}\nabla f(x + \varepsilon v) \qquad\text{and}\qquad H v = \nabla\,\langle \nabla f(x),\, v\rangle$$
#
# The first is the jvp of a gradient, forward over reverse ([Pearlmutter, 1994](https://doi.org/10.1162/neco.1994.6.1.147)); the second a gradient of a gradient,
# reverse over reverse. Write both, for a scalar `f` of several arrays: `xs` and `vs` are lists of arrays, alike in shape, and so is what you return. No derivative
# rule, no new level: use what you have.

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `grad(f)` is a function that returns a list, and `jvp` takes such functions.
#
# <details><summary>Hint 2: the equation</summary>
#
# $\langle g, v\rangle = \sum_k \sum_{ij\dots} g^{(k)}_{ij\dots}\, v^{(k)}_{ij\dots}$ over all arrays of the lists.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# The first has one line. In the second, an inner function `along(*xs)` that returns the inner product, made with `reduce_sum` and `mul`.
#
# </details></details></details>

# %% role="answer" id="answer-9.9"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    ### BEGIN SOLUTION
    return jvp(grad(f), xs, vs)[1]
    ### END SOLUTION


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    ### BEGIN SOLUTION
    def along(*xs):
        total = 0.0
        for slope, v in zip(grad(f)(*xs), vs):
            total = add(total, reduce_sum(mul(slope, v)))
        return total

    return grad(along)(*xs)
    ### END SOLUTION


# %% role="check" id="check-9.9" points=2
check("9.9")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_reverse import judge_hvp

award("9.9", judge_hvp(submission, challenge_seed("9.9", "programs"), batch=5, hidden=4, embedding=2), points=2)
### END HIDDEN TESTS

# %% id="measure-hvp"
flat = lambda arrays: np.concatenate([np.ravel(a) for a in arrays])
direction = [torch.randn(v.shape, generator=g, dtype=torch.float64).numpy() * 0.1 for v in values]
Hv = hvp(loss_of, values, direction) if gradients is not None else None
errors = []
if Hv is not None:
    for epsilon in np.logspace(-5, -0.5, 12):
        there = grad(loss_of)(*[v + epsilon * d for v, d in zip(values, direction)])
        change = flat(there) - flat(gradients)
        errors.append((epsilon, np.linalg.norm(change), np.linalg.norm(change - epsilon * flat(Hv))))

# %% tags=["figure"] id="figure-hvp"
if errors:
    epsilons, without, with_hvp = zip(*errors)
    fig, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
    ax.loglog(epsilons, without, "o-", color=ORANGE, label="the gradient taken as constant")
    ax.loglog(epsilons, with_hvp, "s--", color=BLUE, label="gradient + ε H v")
    ax.set(xlabel="ε, step along v", ylabel="error of the gradient")
    ax.set_title("H v predicts how the gradient changes: the error falls with ε², not ε")
    ax.legend()
    plt.show()

# %% [markdown]
# *Figure: log-log plot of how far the gradient at x + εv is from two predictions. Circles, the old gradient: a line of slope 1. Squares, the old gradient
# plus ε H v: a line of slope 2, far below for small ε.*

# %% tags=["figure"] id="figure-hessian-block"
# along one entry of b2
unit = lambda k: [np.zeros(v.shape) if i != 4 else np.eye(27)[k] for i, v in enumerate(values)]
columns = [hvp(loss_of, values, unit(k))[4]
           for k in range(steps(full=27, quick=1))] if Hv is not None else []
if columns:
    fig, ax = plt.subplots(figsize=(4.6, 3.6), layout="constrained")
    picture = ax.imshow(np.stack(columns, 1), cmap="PuOr", vmin=-0.003, vmax=0.003)
    fig.colorbar(picture, label="entry of H", extend="both")
    ax.set(xlabel="entry k of the direction", ylabel="entry of H v",
           title="A product brings a column: the block of b2")
    ax.set(xticks=range(0, 27, 5), xticklabels=letters[::5], yticks=range(0, 27, 5),
           yticklabels=letters[::5])
    ax.grid(False)
    plt.show()

# %% [markdown]
# *Figure: the 27 × 27 block of the Hessian that belongs to b2, a letter a row and a column: positive beyond the scale on the diagonal, between 0 and −0.002 beside it.*
#
# **What just happened.** The residuals of the inner program were `Dual` numbers of the outer level. `pull` multiplied with them as with anything else, and the outer derivative went through the
# transposed program. An engine that stores plain numbers on its tape (chapter 04) cannot do that. And $H$, a matrix of
# 4,137 × 4,137 entries here, was never formed.

# %% [markdown] id="exercise-9.10"
# ## 7 · Memory is a choice of what is known
#
# ### 9.10 Residuals, dead code, and a checkpoint
#
# ●●● hard · about 27 minutes · 4 points
#
# What a linear program keeps alive between its making and its running are its residuals.
#
# **a.** `residuals(program)`: the list of distinct known arrays in the equations' `ins` (the *same object* counts once; plain numbers do not count).
# `prune(program)`: the program without **dead code**: equations on which no output depends, directly or through others, are left out.

# %% role="answer" id="answer-9.10-a"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    ### BEGIN SOLUTION
    held = {id(x): x for eqn in program.eqns for x in eqn.ins
            if not isinstance(x, Var) and not is_number(x)}
    return list(held.values())
    ### END SOLUTION


def prune(program):
    """The program without equations that no output needs."""
    ### BEGIN SOLUTION
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if eqn.out in needed:
            kept.append(eqn)
            needed.update(x for x in eqn.ins if isinstance(x, Var))
    return Program(program.inputs, kept[::-1], program.outputs)
    ### END SOLUTION


# %% tags=["figure"] id="figure-residuals"
if gradients is not None and residuals(Program([], [], [])) is not None:
    held = [r for r in residuals(linearize(loss_of, *values)[1]) if not any(r is v for v in values)]
    # a broadcast axis takes no memory
    size = lambda r: 8 * np.prod([n for n, step in zip(r.shape, r.strides) if step])
    held.sort(key=size, reverse=True)
    fig, ax = plt.subplots(figsize=(10, 3), layout="constrained")
    ax.bar(range(len(held)), [size(r) / 1024 for r in held], color=BLUE)
    ax.set_xticks(range(len(held)), [str(r.shape).replace(" ", "") for r in held], rotation=60)
    total = sum(map(size, held)) / 1024
    title = f"Kept for the gradient, parameters aside: {len(held)} arrays, {total:.0f} KiB"
    ax.set(xlabel="residual, by shape", ylabel="KiB", title=title)
    plt.show()

# %% [markdown]
# *Figure: bars of the sizes of the char-MLP's residuals, largest first: several of the shape (32, 64) of a hidden layer with 16 KiB each, then those of the
# logits and small ones.*

# %% tags=["figure"] id="figure-declared"
if gradients is not None and residuals(Program([], [], [])) is not None:
    asked = {"all seven": [*range(7)], "after layer 1": [3, 4, 5, 6], "W2 and b2": [3, 4],
             "b2 alone": [4]}
    kept = []
    for places in asked.values():
        pick = lambda ps, i: ps[places.index(i)] if i in places else values[i]
        f = lambda *ps: loss_of(*[pick(ps, i) for i in range(len(values))])
        program = linearize(f, *[values[i] for i in places])[1]
        kept.append(sum(size(r) for r in residuals(program) if not any(r is v for v in values)) / 1024)
    fig, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
    ax.bar_label(ax.barh(list(asked), kept, color=BLUE), fmt="%.0f", padding=3)
    ax.set(xlabel="KiB of residuals, parameters aside",
           title="What is not asked for is known, and leaves less to keep")
    ax.invert_yaxis()
    plt.show()

# %% [markdown]
# *Figure: bars of KiB kept when the gradient is wanted of all seven parameters, of the four after the first layer, of W2 and b2, of b2 alone: 80, 55, 23 and 7.*
#
# **b.** `checkpoint(f)` computes the same as `f`, one array in, one array out, but declares less of it known: of all that happens inside, only the input $x$ may be
# a residual. The rest is **computed again** when the linear program runs. For this, two primitives:
#
# - `checkpoint`, with the value $f(x)$;
# - `push`, with operands $x$ and $t$ and the value $J_f(x)\,t$. It is linear in its *second* operand.
#
# Write three rules: the jvp rule of `checkpoint` (it is a `push`), the value rule of `push`, and its transpose rule for $t$. The derivative of `push` itself is given.

# %% role="locked" id="checkpoint-primitives"
def checkpoint(f):
    """f, from one array to one array, with its input as its only residual.
    f must not use tracers from outside."""
    return lambda x: bind("checkpoint", x, f=f)


push = lambda x, t, f, shape: bind("push", x, t, f=f, shape=shape)  # shape: that of f(x)
VALUE["checkpoint"] = lambda x, f: f(x)
SHAPE["push"] = lambda x, t, f, shape: shape
JVP["push"] = [
    lambda t2, out, x, t, f, shape: jvp(lambda z: jvp(f, [z], [t])[1], [x], [t2])[1],  # curved in x
    lambda t2, out, x, t, f, shape: push(x, t2, f, shape),  # linear in t
]

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# All three are one-line uses of `jvp`, `push` and `vjp`. When `push` is transposed, $x$ is known, and the forward work is done at that moment.
#
# <details><summary>Hint 2: the equation</summary>
#
# $\langle \text{ct}, J t\rangle = \langle J^{\mathsf T}\text{ct}, t\rangle$ with $J$ the Jacobian of $f$ at $x$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# The table for transposes has a place for each operand: `[None, lambda ct, x, t, f, shape: …]`, for nobody asks for the first. `vjp` returns a pair, and `back` a
# list.
#
# </details></details></details>

# %% role="answer" id="answer-9.10-b"
# JVP["checkpoint"] = [lambda t, out, x, f: ...]
# VALUE["push"] = lambda x, t, f, shape: ...
# TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: ...]
### BEGIN SOLUTION
JVP["checkpoint"] = [lambda t, out, x, f: push(x, t, f, shape_of(out))]
VALUE["push"] = lambda x, t, f, shape: jvp(f, [x], [t])[1]
TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: vjp(f, x)[1](ct)[0]]
### END SOLUTION

# %% role="check" id="check-9.10" points=4
check("9.10")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_memory import judge_memory

award("9.10", judge_memory(submission, challenge_seed("9.10", "programs"), rows=2, columns=6), points=4)
### END HIDDEN TESTS

# %% [markdown]
# A chain of 16 layers $h \mapsto \tanh(h W)$, cut into segments of $s$ layers, each segment checkpointed. What is held between forward and backward, and how
# often is tanh computed?

# %% id="measure-checkpoint"
W = np.linalg.qr(rng.normal(size=(32, 32)))[0]
h0 = rng.normal(size=(8, 32))


def layers(count):
    def run(h):
        for _ in range(count):
            h = tanh(matmul(h, W))
        return h

    return run


# %% id="checkpointed-chain"
def chain(h, segment):
    """16 layers in checkpointed segments; segment 0: no checkpoint."""
    if segment == 0:
        return layers(16)(h)
    for _ in range(16 // segment):
        h = checkpoint(layers(segment))(h)
    return h


# %% id="measure-segments"
def held_bytes(program):
    return sum(r.nbytes for r in residuals(program) if r is not W)


def measure(segment):
    """(bytes of residuals, bytes more while one segment runs back, calls of tanh) for one gradient
    of the chain."""
    plain, calls = VALUE["tanh"], []
    VALUE["tanh"] = lambda x: (calls.append(1), plain(x))[1]
    _, program = linearize(lambda h: chain(h, segment), h0)
    pull(program, np.ones((8, 32)))
    VALUE["tanh"] = plain
    more = held_bytes(linearize(layers(segment), h0)[1]) if segment else 0
    return held_bytes(program), more, len(calls)


measured = {}
if gradients is not None and "push" in TRANSPOSE and residuals(Program([], [], [])) is not None:
    measured = {segment: measure(segment) for segment in (0, 1, 2, 4, 8, 16)}
for segment, (held, more, calls) in measured.items():
    print(f"segment {segment or 'none':>4}: {held:6,} bytes held, {more:6,} more at a time,",
          f"tanh computed {calls} times")

# %% tags=["figure"] id="figure-checkpoint"
if measured:
    labels = ["none" if s == 0 else str(s) for s in measured]
    held, more, calls = np.array(list(measured.values())).T
    fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
    ax.bar(labels, held / 1024, color=BLUE, label="held from forward to backward")
    ax.bar(labels, more / 1024, bottom=held / 1024, color=ORANGE, hatch="//", ec="w",
           label="while one segment runs back")
    ax.set(xlabel="layers a segment", ylabel="KiB", ylim=(0, 52),
           title="16 layers take the least memory in segments of √16")
    ax.legend(loc="upper center")
    plt.show()

# %% [markdown]
# *Figure: bars of KiB over the segment's length, none, 1, 2, 4, 8, 16, in two parts: what is held falls from 32 to 2, what one segment needs, hatched,
# rises from 2 to 32; the sum is least, 16, at 4 layers.*

# %% tags=["figure"] id="figure-recomputed"
if measured:
    fig, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
    ax.bar(labels, calls, color=VERMILION, hatch="..", ec="w")
    ax.set(xlabel="layers a segment", ylabel="calls of tanh",
           title="Fewer known values, more work: one forward pass more")
    plt.show()

# %% [markdown]
# *Figure: bars of the calls of tanh over the segment's length: 16 without checkpoints, 32 with any.*
#
# **What just happened.** A checkpoint is no feature of a tape; it is a statement about what partial evaluation may treat as known. Between the two extremes lies every trade of memory
# for time (chapter 04 had the best one for a chain). While a segment runs back its own residuals are alive, too; with both counted, segments of $\sqrt L$ layers are best.
#
# Dead code matters as soon as a program has outputs that nobody asks for:

# %% tags=["figure"] id="figure-dead"
both = partial_eval(lambda t: [mul(t, 2.0), reduce_sum(mul(mul(t, 3.0), 4.0))], (3,))
if both is not None:
    first_only = Program(both.inputs, both.eqns, both.outputs[:1])
    pruned = prune(first_only)
    print("equations before:", len(both.eqns), "  after:", "?" if pruned is None else len(pruned.eqns))
if both is not None and pruned is not None:
    fig, ax = plt.subplots(figsize=(8, 2.2), layout="constrained")
    dead = set(both.eqns) - set(pruned.eqns)
    draw_program(ax, both, "Only the first product is an output: what leads elsewhere is dead (dotted)",
                 dead=dead)
    plt.show()

# %% [markdown]
# *Figure: an input with arrows to two products. One, solid, is the output; from the other, dotted and grey, a chain leads on to a sum that nobody asks for.*

# %% tags=["figure"] id="figure-swell"
if gradients is not None and prune(Program([], [], [])) is not None:
    wave, lengths = lambda x: sin(x) * exp(x), []
    for _ in range(6):
        nested = partial_eval(lambda x: [wave(x)], ())
        lengths.append((len(nested.eqns), len(prune(nested).eqns)))
        wave = lambda x, inner=wave: derivative(inner, x)  # one level more
    fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
    for counts, look, colour, label in zip(zip(*lengths), ["s--", "o-"], [ORANGE, BLUE],
                                           ["recorded", "without dead code"]):
        ax.semilogy(counts, look, color=colour, label=label)
    ax.set(xlabel="order of the derivative", ylabel="equations",
           title="Nesting is free to write, not to run: each order doubles the program")
    ax.legend()
    plt.show()

# %% [markdown]
# *Figure: the number of equations for the derivatives of sin x · eˣ of order 0 to 5, on a logarithmic axis: from 3 to 640 as recorded, dashed, and to 240 without dead code.*

# %% [markdown] id="exercise-9.11"
# ## 8 · What has no transpose
#
# ### 9.11 Say no, clearly
#
# ●●○ medium · about 13 minutes · 2 points
#
# Only linear programs have a transpose, and only what can be written down is a program. Two functions guard the doors.
#
# - `check_linear(program)` returns nothing if every equation is linear in the variables. Otherwise it raises `NotLinear` at the first that is not, with
#   the *primitive's name* in the message: no rule in `TRANSPOSE`; a `mul` or `matmul` of two variables ($x\cdot x$); an `add` or `sub` of a variable
#   and a known value ($x + 1$ is affine). A known output other than zero is refused with the word *output*.
# - `concrete(x)`: the plain value at the bottom of `x`: the primal of a `Dual`, the primal of that, and so on. For an `Unknown` it raises
#   `UnknownValue`: nobody can branch on what is not there.

# %% tags=["figure"] id="figure-affine"
t = np.linspace(-1.5, 1.5, 50)
fig, ax = plt.subplots(figsize=(7, 2.9), layout="constrained")
curves = {"2t − t": (t, BLUE, "-"), "t + 1": (t + 1, ORANGE, "--"), "t · t": (t * t, VERMILION, "-.")}
for name, (y, colour, style) in curves.items():
    ax.plot(t, y, style, color=colour, lw=2, label=name)
functions = [lambda t: t, lambda t: t + 1, lambda t: t * t]
for f, colour, marker in zip(functions, [BLUE, ORANGE, VERMILION], "os^"):
    ax.plot(1.0, 2 * f(0.5), marker, color=colour, mec="k", ms=9)
ax.set(xlabel="t", ylabel="f(t)", title="Markers: twice f(½). Only a linear f is there at t = 1")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a line through zero, a line shifted up by 1, and a parabola. A marker at t = 1 shows 2 f(1/2) for each: on the first line, off the other two (3 for 2, ½ for 1).*

# %% role="locked" id="errors"
class NotLinear(TypeError):
    """A program that has no transpose."""


class UnknownValue(TypeError):
    """A decision that depends on a value which partial evaluation does not know."""


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Count the `Var`s among `eqn.ins`. One is fine for a product, two are fine for a sum.
#
# <details><summary>Hint 2: the equation</summary>
#
# Linear: $f(2t) = 2f(t)$. Then $t\cdot t$ gives 4 and $t + 1$ gives $2t+1 \ne 2t + 2$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# One loop with three tests, each with its own sentence; after it, a loop over the known outputs with `np.any`. In `concrete`, a `while` loop.
#
# </details></details></details>

# %% role="answer" id="answer-9.11-a"
def check_linear(program):
    """Raises NotLinear, naming the primitive, if `program` is not linear in its variables."""
    ### BEGIN SOLUTION
    for eqn in program.eqns:
        variables = sum(isinstance(x, Var) for x in eqn.ins)
        if eqn.name not in TRANSPOSE:
            raise NotLinear(
                f"{eqn.name} has no transpose rule: it is not linear. Linearize the function first."
            )
        if eqn.name in ("mul", "matmul") and variables > 1:
            raise NotLinear(
                f"{eqn.name} of two variables is linear in each, not in both. "
                "Linearize the function first."
            )
        if eqn.name in ("add", "sub") and variables < 2:
            raise NotLinear(
                f"{eqn.name} of a variable and a known value is affine, not linear. "
                "Take the constant away."
            )
    for y in program.outputs:
        if not isinstance(y, Var) and np.any(y):
            raise NotLinear("an output is a constant other than zero, which no linear map gives.")
    ### END SOLUTION


# %% role="answer" id="answer-9.11-b"
def concrete(x):
    """The plain value at the bottom of x. Raises UnknownValue where there is none."""
    ### BEGIN SOLUTION
    while isinstance(x, Dual):
        x = x.primal
    if isinstance(x, Unknown):
        raise UnknownValue(
            "This decision depends on a value that is not known yet: the program cannot be recorded."
        )
    return x
    ### END SOLUTION


# %% role="check" id="check-9.11" points=2
check("9.11")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch09_memory import judge_refusals

award("9.11", judge_refusals(submission, challenge_seed("9.11", "programs"), rows=4, columns=2), points=2)
### END HIDDEN TESTS

# %% role="locked" id="comparisons"
Tracer.__gt__ = lambda x, y: concrete(x) > concrete(y)
Tracer.__lt__ = lambda x, y: concrete(x) < concrete(y)
Tracer.__bool__ = lambda x: bool(concrete(x))


def linear_transpose(f, *shapes):
    """The transpose of a linear function, as a Program. Raises NotLinear or UnknownValue."""
    program = partial_eval(lambda *xs: [f(*xs)], *shapes)
    check_linear(program)
    return transposed(program)


# %% id="try-refusals"
def halve(x):
    """Halve x until its sum is below 1: how often depends on x."""
    while reduce_sum(x) > 1:
        x = x * 0.5
    return x


examples = {
    "2x − x": lambda x: x * 2.0 - x,
    "sin x": sin,
    "x · x": lambda x: x * x,
    "x + 1": lambda x: x + 1.0,
    "a loop": halve,
}
for text, f in examples.items():
    try:
        answer = "has a transpose" if linear_transpose(f, (3,)) is not None else "-"
    except (NotLinear, UnknownValue) as error:
        answer = f"{type(error).__name__}: {error}"
    except TypeError:
        answer = "-"
    print(f"{text:>7}  {answer}")

# %% [markdown]
# **What just happened.** The loop has no program: how long it runs depends on the unknown. Yet it has a gradient. In `linearize` the primal *is* known, the loop runs, and the linear
# program has as many equations as there were turns. In a compiled language the loop itself must stay a loop; then its length is not known in advance, there
# is nowhere to keep its residuals, and only forward mode remains.

# %% tags=["figure"] id="figure-loop"
starts = np.linspace(0.1, 20, 120)
lengths = [max(0, int(np.ceil(np.log2(start)))) for start in starts]
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.step(starts, lengths, where="mid", color="0.6", lw=4, label="turns of the loop: ⌈log₂ sum⌉")
sums = [0.7, 1.5, 3.0, 5.0, 9.0, 18.0]
try:
    programs = [linearize(halve, np.array([start]))[1] for start in sums]
    ax.plot(sums, [len(program.eqns) for program in programs], "s", color=ORANGE,
            label="equations of the linear program")
    ax.plot(sums, [len(prune(program).eqns) for program in programs], "o", color=VERMILION,
            label="without dead code")
except (TypeError, AttributeError):
    pass  # an earlier exercise is not done yet
ax.set(xlabel="sum of x", ylabel="number",
       title="A loop whose length depends on the data: one linear program for each run")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a grey staircase, the number of turns against the sum of x, from 0 to 5 over 0 to 20. For six runs, circles on it: the equations of the pruned
# linear program. Squares above: all equations; the tangents of the sums that the loop compared are dead code.*

# %% [markdown] id="further"
# ## 9 · Further (0 points)
#
# Nothing here is graded; each cell after an answer prints what you should see.
#
# ### vmap
#
# A third kind of level: a `Batched` value is an array with one more axis in front, of which the function knows nothing. Write `vmap_step`: entry by entry primitives take the
# longer arrays as they are; for `reduce_sum` the axes move by one; `matmul` of a batched and a plain matrix is numpy's. An operand that is not batched gets the axis by
# repetition.

# %% role="answer" id="answer-9.12-a"
class Batched(Tracer):
    """`data` holds one more axis in front than the function sees."""

    def __init__(self, level, data):
        self.level, self.data = level, data

    shape = property(lambda self: shape_of(self.data)[1:])


def vmap_step(level, name, operands, params):
    """An operation at a batching level: entry by entry primitives, reduce_sum, matmul, broadcast and
    reshape."""
    ### BEGIN SOLUTION
    batched = lambda x: isinstance(x, Batched) and x.level is level
    size = next(shape_of(x.data)[0] for x in operands if batched(x))
    lift = lambda x: x.data if batched(x) else x if is_number(x) else broadcast(x, (size, *shape_of(x)))
    data = [lift(x) for x in operands]
    if "axes" in params:
        params = {"axes": tuple(axis + 1 for axis in params["axes"])}
    if "shape" in params:
        rank = len(params["shape"]) - len(operands[0].shape)
        if name == "broadcast" and rank > 0:  # the new axes come behind the batch axis
            data[0] = reshape(data[0], (size, *(1,) * rank, *operands[0].shape))
        params = {"shape": (size, *params["shape"])}
    return Batched(level, bind(name, *data, **params))
    ### END SOLUTION


def vmap(f):
    """f for every entry of a leading axis of its arguments."""
    ### BEGIN SOLUTION
    def mapped(*xs):
        level = Level(vmap_step)
        out = f(*[Batched(level, x) for x in xs])
        return out.data if isinstance(out, Batched) and out.level is level else out

    return mapped
    ### END SOLUTION


# %% id="try-vmap"
per_example = lambda x: reduce_sum(tanh(x * 2.0) * x + np.array([1.0, 2.0, 3.0]))
samples = rng.normal(size=(4, 3))
if vmap(per_example) is not None and gradients is not None:
    loop = np.stack([grad(per_example)(row)[0] for row in samples])
    print("a gradient for each of 4 examples:",
          np.allclose(vmap(lambda x: grad(per_example)(x)[0])(samples), loop))

# %% tags=["figure"] id="figure-vmap"
grid = np.linspace(-3, 3, 61)
fig, ax = plt.subplots(figsize=(7, 2.7), layout="constrained")
ax.plot(grid, np.sin(grid) * np.exp(-grid * grid / 4), "--", color="0.5", label="sin x · exp(−x²/4)")
wave = lambda x: sin(x) * exp(x * x * -0.25)
if vmap(wave) is not None and gradients is not None:
    ax.plot(grid,
            vmap(lambda x: grad(wave)(x)[0])(grid), "o", color=VERMILION, ms=3,
            label="vmap of its grad, one call")
ax.set(xlabel="x", ylabel="y", title="A scalar function, differentiated at 61 points without a loop")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a dashed wave that dies out on both sides and, once vmap is written, dots of its derivative at 61 points.*

# %% [markdown]
# ### A scan and its transpose
#
# A recurrence $h_{k+1} = \text{step}(h_k, u_k)$ has as residuals those of each step, one after the other. Its transpose is a scan in the opposite direction: the
# cotangent of $h$ is carried, that of each $u_k$ is put out. Linearize each step once and keep the programs.

# %% role="answer" id="answer-9.12-b"
def scan_vjp(step, h, us):
    """(h after all us, back), where back(ct) is (the cotangent of the first h, the list of those of
    the us)."""
    ### BEGIN SOLUTION
    programs = []
    for u in us:
        h, program = linearize(step, h, u)
        programs.append(program)

    def back(ct):
        cotangents = []
        for program in reversed(programs):
            ct, of_u = pull(program, ct)
            cotangents.append(of_u)
        return ct, cotangents[::-1]

    return h, back
    ### END SOLUTION


# %% id="try-scan"
recur = lambda h, u: tanh(h * 0.9 + u)
h1, us = rng.normal(size=3), rng.normal(size=(5, 3))
scanned = scan_vjp(recur, h1, us)
if scanned is not None and gradients is not None:
    unrolled = lambda h, *us: h if not us else unrolled(recur(h, us[0]), *us[1:])
    first, *others = vjp(unrolled, h1, *us)[1](np.ones(3))
    of_h, of_us = scanned[1](np.ones(3))
    print("as the unrolled program:", np.allclose(of_h, first), np.allclose(of_us, others))

# %% tags=["figure"] id="figure-scan"
fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
if scanned is not None and gradients is not None:
    for factor, look, colour in [(0.9, "o-", BLUE), (0.5, "s--", ORANGE)]:
        us = list(0.3 * rng.normal(size=(30, 3)))
        back = scan_vjp(lambda h, u: tanh(h * factor + u), np.zeros(3), us)[1]
        norms = [np.linalg.norm(of_u) for of_u in back(np.ones(3))[1]]
        ax.semilogy(range(1, 31), norms, look, color=colour, ms=4, label=f"tanh({factor} h + u)")
    ax.legend()
ax.set(xlabel="k, step of the scan", ylabel="norm of $u_k$'s cotangent",
       title="On its way back the carried cotangent fades: early inputs matter little")
plt.show()

# %% [markdown]
# *Figure: norm of each input's cotangent on a logarithmic axis over 30 steps, once scan_vjp is written. Both lines rise to the last step; the one with factor 0.5 is far steeper.*

# %% [markdown] id="recap"
# ## Recap
#
# 1. **Linearize:** forward mode with unknown tangents splits a program into values, computed at once, and a linear program with the residuals in it.
# 2. **Transpose:** turn the linear program round, equation by equation; what was read twice is added. No calculus is left in this step.
# 3. **Compose:** gradients, Hessian products, checkpoints come from the same pieces, because every level sends its work through `bind` again.
#
# The linear map $t\mapsto Jt$ is now an object with a price. The next chapter asks what can be learned about $J$ from a few such products:
# [chapter 10, traces](../10_traces/traces.ipynb).

# %% [markdown]
# ## Sources
#
# - A. Radul, A. Paszke, R. Frostig, M. Johnson, D. Maclaurin (2023), [You only linearize once](https://arxiv.org/abs/2204.10923).
# - R. Frostig, M. Johnson, D. Maclaurin, A. Paszke, A. Radul (2021), [Decomposing reverse-mode automatic differentiation](https://arxiv.org/abs/2105.09469).
# - [Autodidax](https://docs.jax.dev/en/latest/autodidax.html): JAX's core from scratch, by its authors; the model for this chapter.
# - B. Pearlmutter, J. Siskind (2008), [Reverse-mode AD in a functional framework](https://doi.org/10.1145/1330017.1330018): nesting done right, perturbation confusion.
# - B. Pearlmutter (1994), [Fast exact multiplication by the Hessian](https://doi.org/10.1162/neco.1994.6.1.147).
