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
# # 03 · Forward mode
#
# - **You will be able to** build forward-mode differentiation from nothing: dual numbers, `jvp`, Jacobians, nested
#   derivatives.
# - **You need** the chain rule and partial derivatives (chapter 01), and Python classes.
# - **Time:** 120 minutes, 100 of them for the eight exercises. **Points:** 25.
# - **Where it stands:** chapter 01 found derivatives in four ways and used the fourth, the automatic one, as a black
#   box. Here you build it. Chapter 04 turns its direction round.

# %% role="locked" id="setup"
import itertools
import time
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import torch
from numpy.polynomial import Polynomial

from grader.check import check, steps

torch.set_num_threads(1)
plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "image.cmap": "cividis"})
BLUE, ORANGE, VERMILION, GREEN = "#0072B2", "#E69F00", "#D55E00", "#009E73"

# %% [markdown]
# ## The idea in one picture
#
# A program is a list of small steps. Forward mode runs it with one more number beside every value: how fast it changes
# while the inputs move in a direction that you choose. The value is the **primal**, the rate the **tangent**,
# $\dot x$, in code `x_dot`. Both travel from inputs to output, together.


# %% role="locked" id="draw"
def draw(ax, graph, places, notes, title):
    """Draw `graph`, {name: the names it reads}, at `places` {name: (x, y)},
    with a note under each name."""
    arrow = {"arrowstyle": "-|>", "color": "0.4", "shrinkA": 26, "shrinkB": 28}
    for name, parents in graph.items():
        for parent in parents:
            ax.annotate("", places[name], places[parent], arrowprops=arrow)
    for name, place in places.items():
        box = {"boxstyle": "round,pad=0.35", "fc": "white", "ec": "0.2" if name in graph else "0.6"}
        ax.text(*place, f"{name}\n{notes[name]}", ha="center", va="center", fontsize=9, bbox=box)
    across, up = zip(*places.values())
    ax.set(xlim=(min(across) - 0.5, max(across) + 0.5), ylim=(min(up) - 0.6, max(up) + 0.6), title=title)
    ax.axis("off")


# %% tags=["figure"] id="figure-passes"
graph_e = {"c": ["a", "b"], "d": ["b"], "e": ["c", "d"]}
places_e = {"a": (0, 1), "b": (0, 0), "c": (1, 1), "d": (1, 0), "e": (2, 0.5)}
passes = {
    "a moves, b not: de/da = 12": {"a": (2, 1), "b": (3, 0), "c": (6, 3), "d": (4, 0), "e": (24, 12)},
    "b moves, a not: de/db = 14": {"a": (2, 0), "b": (3, 1), "c": (6, 2), "d": (4, 1), "e": (24, 14)},
}
fig, axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
for ax, (title, pairs) in zip(axes, passes.items()):
    notes = {name: f"{x}\nrate {x_dot}" for name, (x, x_dot) in pairs.items()}
    draw(ax, graph_e, places_e, notes, title)
fig.suptitle("e = (a·b)(b + 1): one pass for each input that moves")
plt.show()

# %% [markdown]
# *Figure: the graph of e = (a·b)(b+1) twice: a and b on the left, c = a·b and d = b+1 in the middle, e on the right, each
# with its value and its rate. With a moving at rate 1 the rates are c 3, d 0, e 12; with b moving, c 2, d 1, e 14.*

# %% [markdown]
# ## 1 · A program is a graph
#
# Each statement makes a node; an arrow comes from every name that it reads. A statement needs only the primals and
# tangents of what it reads, so nothing has to be remembered. Here is the picture as plain Python:

# %% id="two-passes"
a, b = 2.0, 3.0
for a_dot, b_dot in [(1.0, 0.0), (0.0, 1.0)]:
    c, c_dot = a * b, a_dot * b + a * b_dot  # product rule
    d, d_dot = b + 1, b_dot  # a constant does not move
    e, e_dot = c * d, c_dot * d + c * d_dot
    print(f"seed ({a_dot:.0f}, {b_dot:.0f}): c {c_dot:.0f}, d {d_dot:.0f}, e {e_dot:.0f}")

# %% [markdown] id="exercise-3.1"
# ### 3.1 Two resistors, by hand
#
# ●○○ easy · about 10 minutes · 2 points
#
# ```
# u = r1 * r2
# v = r1 + r2
# w = u / v      # ohms of the two in parallel
# i = 9 / w      # amperes from a 9-volt battery
# ```
#
# Take $r_1 = 3$ and $r_2 = 6$. On paper, draw the graph and write each value beside its node. Then write each tangent
# for the **seed** $\dot r_1 = 1$, $\dot r_2 = 0$. Last, the tangent of $i$ when both move: $\dot r_1 = 1$,
# $\dot r_2 = -2$. For a quotient,
#
# $$w = \frac uv \qquad \dot w = \frac{\dot u\,v - u\,\dot v}{v^2}.$$

# %% role="answer" id="answer-3.1"
# graph          {"u": [...], "v": [...], "w": [...], "i": [...]}: the names that each statement reads
# values         {"u": ..., "v": ..., "w": ..., "i": ...}: numbers
# tangents       the same four names, for the seed r1_dot = 1, r2_dot = 0
# mixed_tangent  the tangent of i for the seed r1_dot = 1, r2_dot = -2
graph = values = tangents = mixed_tangent = None
### BEGIN SOLUTION
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = {"u": 18, "v": 9, "w": 2, "i": 9 / 2}
# u' = 1·6 + 3·0, v' = 1 + 0, w' = (6·9 - 18·1) / 81, i' = -9/2² · w'
tangents = {"u": 6, "v": 1, "w": 4 / 9, "i": -1}
# The seed (0, 1) gives u' = 3, v' = 1, w' = (27 - 18)/81 = 1/9, i' = -1/4, and tangents add: 1·(-1) + (-2)·(-1/4).
mixed_tangent = -1 / 2
### END SOLUTION

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Go down the program line by line. For each line write the value, then the rate, using only numbers that you already
# have.
#
# <details><summary>Hint 2: the equations</summary>
#
# $\dot u = \dot r_1 r_2 + r_1 \dot r_2$, $\;\dot v = \dot r_1 + \dot r_2$, and for $i = 9/w$:
# $\dot i = -\dfrac{9}{w^2}\,\dot w$.
#
# <details><summary>Hint 3: the shape of the answer</summary>
#
# Python may do the last division: `"w": 36 / 81` is a fine entry. The mixed tangent is a second pass with the other
# seed.
#
# </details></details></details>

# %% role="check" id="check-3.1" points=2
check("3.1")
### BEGIN HIDDEN TESTS
from grader.check.credit import award
from grader.check.exercises.ch03_hand import judge_hand

award("3.1", judge_hand(submission), points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-resistors"
if graph and values and tangents:  # drawn from your own answer
    places_i = {"r1": (0, 1), "r2": (0, 0), "u": (1, 1), "v": (1, 0), "w": (2, 0.5), "i": (3, 0.5)}
    pairs = {"r1": (3, 1), "r2": (6, 0)} | {name: (values[name], tangents[name]) for name in graph}
    fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
    notes = {name: f"{x:.3g}\nrate {x_dot:.3g}" for name, (x, x_dot) in pairs.items()}
    draw(ax, graph, places_i, notes, "One more ohm at r1 costs about one ampere")
    plt.show()

# %% [markdown]
# *Figure: your graph. r1 and r2 both point to u and v; u and v point to w; w points to i. In the right answer the rates
# are u 6, v 1, w 4/9 and i −1.*
#
# ### What just happened
#
# You ran forward mode with a pencil. Every line did two things: compute, and say how fast the result moves. The
# direction was chosen before the run, by the seed. One run answered one question: what if the inputs move *this* way?

# %% [markdown]
# ## 2 · Dual numbers
#
# Put the two numbers into one object, $x + \dot x\,\varepsilon$, and compute with it as with any sum, with one extra
# rule: $\varepsilon^2 = 0$. The product rule then falls out of ordinary multiplication
# ([Clifford, 1873](https://doi.org/10.1112/plms/s1-4.1.381)):
#
# $$(x + \dot x\varepsilon)(y + \dot y\varepsilon) = xy + (\dot x y + x \dot y)\,\varepsilon +
# \underbrace{\dot x\dot y\,\varepsilon^2}_{0}$$
#
# $\varepsilon$ is no small number. It is a symbol, like a polynomial's variable, whose square is dropped exactly:

# %% id="dual-polynomials"
x_poly = Polynomial([3, 2], symbol="ε")  # 3 + 2ε
y_poly = Polynomial([5, 7], symbol="ε")  # 5 + 7ε
product = x_poly * y_poly
print("all terms:    ", product)
print("ε² dropped:   ", product.cutdeg(1))
print("product rule: ", 3 * 5, "and", 2 * 5 + 3 * 7)

# %% tags=["figure"] id="figure-not-small"
h = np.linspace(0.05, 1, 20)
rate = ((3 + 2 * h) * (5 + 7 * h) - 15) / h
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
ax.plot(h, rate, "o--", ms=4, color=ORANGE, label="a number h in the place of ε")
ax.plot(0, product.coef[1], "D", ms=9, color=VERMILION, label="ε, its square dropped")
ax.set(xlabel="h", ylabel="rate of the product", yticks=[31, 38, 45])
ax.set_title("However small, a number h leaves 14 h too much; ε leaves nothing")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the product's rate, found with a number h in the place of ε, rises in a straight line from 31.7 at h = 0.05 to 45 at
# h = 1. A diamond at h = 0 marks 31, the rate that the dual numbers give.*
#
# The 14 is $\dot x\,\dot y = 2\cdot 7$, the term with $\varepsilon^2$. Draw a product as an area, and that term is a corner:

# %% tags=["figure"] id="figure-rectangle"
x, y, x_dot, y_dot = 3.0, 2.0, 0.6, 0.4
parts_of_area = [
    ((0, 0), x, y, "0.88", "", "$x\\,y$"),
    ((x, 0), x_dot, y, BLUE, "//", "$\\dot x\\,y$"),
    ((0, y), x, y_dot, ORANGE, "\\\\", "$x\\,\\dot y$"),
    ((x, y), x_dot, y_dot, "white", "", "$\\dot x\\dot y$"),
]
fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for corner, width, height, colour, hatch, label in parts_of_area:
    ax.add_patch(plt.Rectangle(corner, width, height, fc=colour, ec="black", hatch=hatch, alpha=0.8))
    at = (corner[0] + width / 2, corner[1] + height / 2)
    ax.text(*at, label, ha="center", va="center", fontsize=12,
        bbox={"fc": "white", "ec": "none", "pad": 1})
ax.annotate("dropped", (3.62, 2.2), (4.0, 2.2), va="center", arrowprops={"arrowstyle": "->"})
ax.set(xlim=(0, 4.7), ylim=(0, 2.6), xlabel="first side", ylabel="second side", aspect="equal")
ax.set_title("A product's tangent is two strips; the corner is of second order")
plt.show()

# %% [markdown]
# *Figure: a rectangle of sides x and y that grows on both sides. A hatched strip of area ẋ·y lies to its right, another
# of area x·ẏ above it, and a small white corner of area ẋ·ẏ, marked as dropped, between them.*
#
# Every other rule follows. Divide, and the quotient rule appears; repeat a product, and the power rule does. A plain
# number $c$ stands still: it is $c + 0\,\varepsilon$. You can think of a dual number as a point with a slope:

# %% tags=["figure"] id="figure-slopes"
t, at = np.linspace(0, 1.8, 91), 1.1
panels = {
    "x": (t, at, 1.0),
    "x²": (t**2, at**2, 2 * at),
    "sin(x²)": (np.sin(t**2), np.sin(at**2), np.cos(at**2) * 2 * at),
}
fig, axes = plt.subplots(1, 3, figsize=(10, 2.8), layout="constrained")
for ax, (title, (curve, primal, tangent)) in zip(axes, panels.items()):
    ax.plot(t, curve, color="0.7", lw=3)
    ends = [primal - 0.4 * tangent, primal + 0.4 * tangent]
    ax.plot([at - 0.4, at + 0.4], ends, color=VERMILION, ls="--", lw=2)
    ax.plot(at, primal, "o", color=BLUE)
    ax.set(title=f"{title}:  {primal:.2f} + {tangent:.2f} ε", xlabel="x")
fig.suptitle("Each step takes a point with a slope to the next point with its slope")
plt.show()

# %% [markdown]
# *Figure: three curves over x, first x, then x squared, then the sine of that. On each, a dot at x = 1.1 with a dashed piece
# of the tangent line through it. The titles give the dual numbers: 1.10 + 1.00 ε, 1.21 + 2.20 ε, 0.94 + 0.78 ε.*
#
# Your class derives from the one below. It holds the two numbers, and knows the operations that are *linear*: those act on
# primal and tangent alike.


# %% role="locked" id="pair"
class Pair:
    """A primal and its tangent, two numbers or two numpy arrays of one shape.
    Linear operations act on both alike."""

    __array_ufunc__ = None  # array * dual: numpy leaves the arithmetic to the dual

    def __init__(self, primal, tangent):
        self.primal, self.tangent = primal, tangent

    def __repr__(self):
        return f"{type(self).__name__}({self.primal}, {self.tangent})"

    def __getitem__(self, index):
        return type(self)(self.primal[index], self.tangent[index])

    def __rmatmul__(self, matrix):
        return type(self)(matrix @ self.primal, matrix @ self.tangent)

    def sum(self):
        return type(self)(self.primal.sum(), self.tangent.sum())


# %% [markdown]
# In `2 - x` it is the number on the left that is asked first, and it has never heard of your class. Python then turns
# to the right operand and calls its *reflected* method, `__rsub__`, with the operands exchanged:

# %% tags=["figure"] id="figure-reflected"
fig, ax = plt.subplots(figsize=(9, 2.6), layout="constrained")
rows = {
    "x - 2": ("x.__sub__(2)", "a Dual", "", ""),
    "x - y": ("x.__sub__(y)", "a Dual", "", ""),
    "2 - x": ("(2).__sub__(x)", "NotImplemented", "x.__rsub__(2)", "a Dual"),
}
for up, (written, steps_taken) in enumerate(rows.items()):
    ax.text(0, -up, written, ha="center", va="center", fontsize=12,
        bbox={"boxstyle": "round", "fc": "#FFF3D6"})
    for across, step in enumerate(steps_taken, start=1):
        if step:
            dead = step == "NotImplemented"
            box = {"boxstyle": "round", "fc": "w", "ec": VERMILION if dead else "0.5",
                "ls": "--" if dead else "-"}
            ax.text(1.6 * across, -up, step, ha="center", va="center", bbox=box)
            ax.annotate("", (1.6 * across - 0.68, -up), (1.6 * across - 1.05, -up),
                arrowprops={"arrowstyle": "->"})
ax.set(xlim=(-0.6, 7), ylim=(-2.5, 0.5))
ax.set_title("The left operand is asked first; if it cannot answer, the right one is")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: three rows. x − 2 and x − y call x's own `__sub__` and give a Dual. 2 − x first calls the number's `__sub__`, which
# answers NotImplemented, in a dashed box; then `x.__rsub__(2)` is called and gives a Dual.*

# %% [markdown] id="exercise-3.2"
# ### 3.2 Arithmetic on dual numbers
#
# ●●○ medium · about 20 minutes · 5 points
#
# | operation | primal | tangent |
# |---|---|---|
# | $x \pm y$ | $x \pm y$ | $\dot x \pm \dot y$ |
# | $x\,y$ | $x\,y$ | $\dot x\,y + x\,\dot y$ |
# | $x / y$ | $x / y$ | $(\dot x - (x/y)\,\dot y)\,/\,y$ |
# | $x^p$, plain $p$ | $x^p$ | $p\,x^{p-1}\,\dot x$ |
# | $x^y$, dual $y$, $x > 0$ | $x^y$ | $x^y\,(\tfrac yx\,\dot x + \ln x\;\dot y)$ |
#
# **a.** `lift` and `Dual`; addition is done for you. Either side of an operation may be a plain number or array. A
# comparison looks at primals only, so that branches work. Nothing is changed in place. The tangent always has the
# primal's shape. **b.** `divide` and `power`; the cell after them attaches `/` and `**`.


# %% role="answer" id="answer-3.2-a"
def lift(x):
    """x itself where it is a Dual; a number or array becomes a Dual that stands still,
    with a tangent of x's shape."""
    ### BEGIN SOLUTION
    return x if isinstance(x, Dual) else Dual(x, np.zeros(np.shape(x)))
    ### END SOLUTION


class Dual(Pair):
    """A number, or an array, that knows how fast it moves."""

    def __neg__(self):
        ### BEGIN SOLUTION
        return Dual(-self.primal, -self.tangent)
        ### END SOLUTION

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        ### BEGIN SOLUTION
        return self + -lift(other)
        ### END SOLUTION

    def __mul__(self, other):
        ### BEGIN SOLUTION
        other = lift(other)
        return Dual(self.primal * other.primal,
            self.tangent * other.primal + self.primal * other.tangent)
        ### END SOLUTION

    # With a plain number on the left, other: __radd__, __rsub__, __rmul__
    ### BEGIN SOLUTION
    def __radd__(self, other):
        return lift(other) + self

    def __rsub__(self, other):
        return lift(other) - self

    def __rmul__(self, other):
        return lift(other) * self

    ### END SOLUTION
    # Comparisons of primals: __lt__, __le__, __gt__, __ge__, __eq__
    ### BEGIN SOLUTION
    def __lt__(self, other):
        return self.primal < lift(other).primal

    def __le__(self, other):
        return self.primal <= lift(other).primal

    def __gt__(self, other):
        return self.primal > lift(other).primal

    def __ge__(self, other):
        return self.primal >= lift(other).primal

    def __eq__(self, other):
        return self.primal == lift(other).primal

    ### END SOLUTION


# %% role="answer" id="answer-3.2-b"
def divide(x, y):
    """x / y for two Duals."""
    ### BEGIN SOLUTION
    quotient = x.primal / y.primal
    return Dual(quotient, (x.tangent - quotient * y.tangent) / y.primal)
    ### END SOLUTION


def power(x, y):
    """x ** y, where one of the two is a Dual, or both."""
    ### BEGIN SOLUTION
    if not isinstance(y, Dual):  # no logarithm here, so the base may be negative
        return Dual(x.primal**y, y * x.primal ** (y - 1) * x.tangent)
    x = lift(x)
    value = x.primal**y.primal
    return Dual(value, value * (y.primal / x.primal * x.tangent + np.log(x.primal) * y.tangent))
    ### END SOLUTION


# %% role="locked" id="attach"
Dual.__truediv__ = lambda self, other: divide(self, lift(other))
Dual.__rtruediv__ = lambda self, other: divide(lift(other), self)  # 2 / x
Dual.__pow__ = lambda self, other: power(self, other)
Dual.__rpow__ = lambda self, other: power(other, self)  # 2 ** x

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Begin each method with `other = lift(other)`: from then on both sides are dual numbers and one formula serves all.
#
# <details><summary>Hint 2: the equation</summary>
#
# A plain exponent needs a case of its own: $\ln x$ does not exist for $x < 0$, but $(-2)^3$ and its derivative do.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# Every method ends in `return Dual(…, …)`. A reflected method can be one line: lift the plain number, then use the
# ordinary operator with the operands in the order in which they were written.
#
# </details></details></details>

# %% role="check" id="check-3.2" points=5
check("3.2")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch03_dual import judge_arithmetic, judge_arrays, judge_programs
from grader.check.exercises.ch03_programs import ARITHMETIC_STEPS

seed = challenge_seed("3.2", "fresh numbers")
lines = judge_arithmetic(submission, seed)
lines += judge_arrays(submission, seed, size=4)
lines += judge_programs(submission, "3.2", challenge_seed("3.2", "programs"), 8, ARITHMETIC_STEPS)
award("3.2", lines, points=5)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# Any Python function of numbers can now be run with dual numbers, loops and branches included. What gets differentiated
# is **the run that happened**. Here is one whose length depends on the input, the square root of the Babylonians, by
# torch's forward mode:


# %% id="babylonian"
def babylonian(x):
    """The square root of x, by repeated averaging."""
    root = x
    while abs(root * root - x) > 1e-12 * x:
        root = (root + x / root) / 2
    return root


def torch_tangent(f, x):
    """f(x) and f'(x) by torch's forward mode, as floats."""
    x = torch.tensor(x, dtype=torch.float64)
    value, tangent = torch.func.jvp(f, (x,), (torch.ones_like(x),))
    return value.item(), tangent.item()


print("torch:", *(f"{number:.9f}" for number in torch_tangent(babylonian, 9.0)))
print("exact:", *(f"{number:.9f}" for number in (9.0**0.5, 0.5 / 9.0**0.5)))

# %% tags=["figure"] id="figure-run"
xs = np.arange(1, 31) / 5  # 0.2, 0.4, ..., 6: x = 1 is one of them
tangents_found = [torch_tangent(babylonian, x)[1] for x in xs]
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(xs, 0.5 / xs**0.5, color="0.7", lw=5, label="1 / (2√x)")
ax.plot(xs, tangents_found, ".", color=VERMILION, label="the loop's tangent")
ax.annotate("x = 1: the loop never runs", (1, 1), (2.2, 0.98), va="center",
    arrowprops={"arrowstyle": "->"})
ax.set(xlabel="x", ylabel="derivative")
ax.set_title("The tangent of a loop is right, except where the run is a special case")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the derivative of the square root over x from 0.2 to 6, a falling grey curve, with the loop's tangents as dots on
# it. One dot is off: at x = 1 it stands at 1, twice the true value.*
#
# At $x = 1$ the first guess is already right, the loop is skipped, and the run is `root = x`, whose derivative is 1. The
# *value* is correct and the tangent is not. A program that stops on its value alone may have tangents still on their way.
#
# See it happen in a slower loop, `root = root + (x - root * root) / 10`, for $x = 9$ from a good guess:

# %% tags=["figure"] id="figure-lag"
root, root_dot, gaps = 3.000001, 0.0, []  # a guess stands still, whatever x does
for _ in range(21):
    gaps.append([abs(root - 3), abs(root_dot - 1 / 6)])
    root, root_dot = root + (9 - root * root) / 10, root_dot + (1 - 2 * root * root_dot) / 10
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
looks = [("o-", BLUE, "value, to be 3"), ("s--", VERMILION, "tangent, to be 1/6")]
for gap, (style, colour, label) in zip(np.transpose(gaps), looks):
    ax.semilogy(gap, style, ms=4, color=colour, label=label)
ax.set(xlabel="rounds", ylabel="error", xticks=range(0, 21, 4))
ax.set_title("The value is nearly right from the start; its tangent needs the rounds")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: errors on a logarithmic axis against rounds, 0 to 20. Two parallel falling lines: the value's from 1e-6 to 1e-14, and
# far above it the dashed one of the tangent, from 0.17 to 2e-9.*
#
# > **Often said: “the derivative of a product with respect to one operand is the other operand.”** True when the two
# > operands are distinct. In `x * x` both move. The dual rule needs no exception; count what each term gives at 3:

# %% id="often-product"
x, x_dot = 3.0, 1.0
first_term, second_term = x_dot * x, x * x_dot
print("the other operand:", x, "   both terms:", first_term + second_term)
print("torch:", torch_tangent(lambda x: x * x, 3.0)[1])

# %% [markdown]
# ## 3 · Elementary functions: one table
#
# For a function of one variable the rule is the chain rule and nothing else:
#
# $$y = f(x) \qquad \dot y = f'(x)\,\dot x .$$
#
# So a library of functions is a table of derivatives and one piece of code that reads it. Several derivatives are
# cheapest in terms of the *result*: $\exp' = \exp$, and $\tanh' = 1 - \tanh^2$. An entry gets both, `x` and `y = f(x)`.

# %% tags=["figure"] id="figure-functions"
pictures = [("exp", -2, 1.5), ("log", 0.2, 4), ("sin", -4, 4)]
pictures += [("tanh", -3, 3), ("sqrt", 0.1, 4), ("relu", -2, 2)]
fig, axes = plt.subplots(1, 6, figsize=(13, 2.5), layout="constrained")
for ax, (name, low, high) in zip(axes, pictures):
    x_line = torch.linspace(low, high, 101, dtype=torch.float64)
    function = getattr(torch, name)
    y_line, slope = torch.func.jvp(function, (x_line,), (torch.ones_like(x_line),))
    ax.plot(x_line, y_line, color=BLUE, label="f")
    ax.plot(x_line, slope, color=VERMILION, ls="--", label="f'")
    ax.set(title=name, xlabel="x")
axes[0].legend()
fig.suptitle("Six functions and their derivatives: each is one line of the table")
plt.show()

# %% [markdown]
# *Figure: six small plots, exp, log, sin, tanh, sqrt and relu, each a solid curve with its derivative dashed. exp and its
# derivative coincide; relu's derivative is a step from 0 to 1.*

# %% role="locked" id="functions"
FUNCTIONS = {"exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
    "sqrt": np.sqrt}
FUNCTIONS["relu"] = lambda x: np.maximum(x, 0.0)
DERIVATIVES = {}  # name -> a function of x and y = f(x) that gives f'(x)

# %% [markdown] id="exercise-3.3"
# ### 3.3 The rule table
#
# ●○○ easy · about 8 minutes · 3 points
#
# **a.** Write the seven entries of `DERIVATIVES`: `exp`, `log`, `sin`, `cos`, `tanh`, `sqrt`, `relu`. Each takes `x` and
# `y = f(x)`, numbers or arrays, and returns $f'(x)$. For relu at 0 take 0, the usual convention.
#
# **b.** Write `elementary(name)`. It returns a function that takes a `Dual` to a `Dual` by the two tables, and a plain
# number or array to a plain result.

# %% role="answer" id="answer-3.3-a"
# DERIVATIVES["exp"] = ..., and so on for the other six names: functions of (x, y)
### BEGIN SOLUTION
DERIVATIVES["exp"] = lambda x, y: y
DERIVATIVES["log"] = lambda x, y: 1 / x
DERIVATIVES["sin"] = lambda x, y: np.cos(x)
DERIVATIVES["cos"] = lambda x, y: -np.sin(x)
DERIVATIVES["tanh"] = lambda x, y: 1 - y * y  # the result is at hand: no second tanh
DERIVATIVES["sqrt"] = lambda x, y: 0.5 / y
DERIVATIVES["relu"] = lambda x, y: (x > 0) * 1.0  # entry by entry, 0 at 0
### END SOLUTION


# %% role="answer" id="answer-3.3-b"
def elementary(name):
    """FUNCTIONS[name] for plain numbers, arrays and Duals."""
    ### BEGIN SOLUTION
    function = FUNCTIONS[name]

    def lifted(x):
        if not isinstance(x, Dual):
            return function(x)
        y = function(x.primal)
        return Dual(y, DERIVATIVES[name](x.primal, y) * x.tangent)

    return lifted
    ### END SOLUTION


# %% role="locked" id="elementary-functions"
exp, log, sin, cos, tanh, sqrt, relu = (elementary(name) for name in FUNCTIONS)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `elementary` makes a function and returns it. The inner function remembers `name`.
#
# <details><summary>Hint 2: the equations</summary>
#
# $(\sqrt x)' = \dfrac{1}{2\sqrt x}$, which is $\dfrac{1}{2y}$, and $\cos' = -\sin$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# If `x` is no `Dual`, return the plain result. Otherwise compute `y` from the primal, then
# `Dual(y, … * x.tangent)`.
#
# </details></details></details>

# %% role="check" id="check-3.3" points=3
check("3.3")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch03_dual import judge_functions, judge_programs
from grader.check.exercises.ch03_programs import FUNCTION_STEPS

lines = judge_functions(submission, challenge_seed("3.3", "fresh numbers"), size=5)
lines += judge_programs(submission, "3.3", challenge_seed("3.3", "programs"), 8, FUNCTION_STEPS)
award("3.3", lines, points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-table-errors"
at, done = np.linspace(0.1, 2, 40), exp is not None and len(DERIVATIVES) == 7
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
for name in FUNCTIONS if done else []:
    seed = torch.ones(40, dtype=torch.float64)
    theirs = torch.func.jvp(getattr(torch, name), (torch.tensor(at),), (seed,))[1].numpy()
    mine = elementary(name)(Dual(at, np.ones(40))).tangent
    ax.semilogy([name] * 40, np.abs(mine - theirs) + 1e-17, "o", color=BLUE, mec="black", alpha=0.5)
ax.set(ylabel="|yours − torch's| + 1e-17", ylim=(1e-18, 1e-12))
ax.set_title("Seven lines of yours agree with torch to rounding")
plt.show()

# %% [markdown]
# *Figure: for each of the seven functions the gap between your tangent and torch's at 40 points from 0.1 to 2. All lie
# below 1e-14, many at zero, drawn at 1e-17.*
#
# ### What just happened
#
# You extended a language. Nothing in a program that uses `exp` has to know about derivatives, and a new function costs
# one line. Every AD library has such a table at its heart; the idea goes back to
# [Wengert, 1964](https://doi.org/10.1145/355586.364791).

# %% [markdown]
# ## 4 · jvp: push a direction through
#
# Let $f$ take $n$ numbers to $m$ numbers. Its derivative at $x$ is a linear map, the Jacobian $J$ of shape $(m, n)$. A
# forward pass with seed $v$ gives the **Jacobian–vector product** without ever building $J$:
#
# $$\underset{(m,)}{\dot y} = \underset{(m,\,n)}{J}\;\underset{(n,)}{v}$$


# %% tags=["figure"] id="figure-push"
def bend(p):
    """A map of the plane: p has shape (2, ...)."""
    return torch.stack([p[0] + 0.4 * torch.sin(2 * p[1]), p[1] + 0.3 * p[0] ** 2])


side = torch.linspace(-1, 1, 9, dtype=torch.float64)
at = torch.tensor([0.5, 0.25], dtype=torch.float64)
fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
lines = [torch.stack([side, torch.full_like(side, s)]) for s in side]
for line in [*lines, *(line.flip(0) for line in lines)]:
    axes[0].plot(*line, color="0.75", lw=0.8)
    axes[1].plot(*bend(line), color="0.75", lw=0.8)
for v, colour, style in [([0.5, 0.0], BLUE, "-"), ([0.0, 0.5], VERMILION, "--")]:
    v = torch.tensor(v, dtype=torch.float64)
    y, y_dot = torch.func.jvp(bend, (at,), (v,))
    for ax, start, step in [(axes[0], at, v), (axes[1], y, y_dot)]:
        look = {"arrowstyle": "-|>", "color": colour, "lw": 2.5, "ls": style}
        ax.annotate("", start + step, start, arrowprops=look)
axes[0].set(title="inputs: x and two directions v", xlabel="x₁", ylabel="x₂", aspect="equal")
axes[1].set(title="outputs: f(x) and J v", xlabel="y₁", ylabel="y₂", aspect="equal")
fig.suptitle("jvp takes an arrow at x to the arrow at f(x), along the bent grid line")
plt.show()

# %% [markdown]
# *Figure: left, a square grid with two arrows at one point, one along each axis. Right, the grid bent by f; the same two
# arrows start at the image of the point and are tangent to the images of the two grid lines.*
#
# A function may take any structure: a list of arrays, a dictionary of parameters. The helper below does to every leaf
# what a function does to one.


# %% role="locked" id="tree-map"
def tree_map(g, *trees):
    """The structure of `trees` (all alike) with g(leaf, leaf, ...) at each leaf.
    Lists, tuples and dicts nest."""
    first = trees[0]
    if isinstance(first, dict):
        return {key: tree_map(g, *(tree[key] for tree in trees)) for key in first}
    if isinstance(first, list | tuple):
        return type(first)(tree_map(g, *leaves) for leaves in zip(*trees, strict=True))
    return g(*trees)


print(tree_map(lambda x, y: x + y, {"w": [1, 2], "b": 3}, {"w": [10, 20], "b": 30}))

# %% tags=["figure"] id="figure-leaves"
pairs = {"x": ["w₁", "w₂", "c"], "v": ["ẇ₁", "ẇ₂", "ċ"], "Duals": ["w₁ + ẇ₁ε", "w₂ + ẇ₂ε", "c + ċε"]}
fig, axes = plt.subplots(1, 3, figsize=(10, 2.4), layout="constrained")
for ax, (title, leaves) in zip(axes, pairs.items()):
    spots = [(0, 0), (1, 0), (2, 1)]
    for start, end in [((1, 2), (0.5, 1)), ((1, 2), (2, 1)), ((0.5, 1), (0, 0)), ((0.5, 1), (1, 0))]:
        ax.plot(*zip(start, end), color="0.6", zorder=0)
    for place, text in [((1, 2), "dict"), ((0.5, 1), "list")]:
        ax.text(*place, text, ha="center", va="center",
            bbox={"boxstyle": "round", "fc": "0.9", "ec": "0.6"})
    for place, leaf in zip(spots, leaves):
        ax.text(*place, leaf, ha="center", va="center",
            bbox={"boxstyle": "round", "fc": "#FFF3D6", "ec": "0.3"})
    ax.set(xlim=(-0.6, 2.6), ylim=(-0.5, 2.4), title=title)
    ax.axis("off")
fig.suptitle("Two trees of one structure become one tree of dual numbers; f is none the wiser")
plt.show()

# %% [markdown]
# *Figure: three trees of the same form, a dictionary with a list of two leaves and a leaf c. The first has the values, the
# second the rates, the third a dual number at each leaf.*

# %% [markdown] id="exercise-3.4"
# ### 3.4 jvp for any structure
#
# ●●○ medium · about 10 minutes · 4 points
#
# Write `jvp(f, x, v)`. It returns two things, both in the structure of $f(x)$ and free of dual numbers: $f(x)$ and
# $J\,v$. `x` and `v` have the same structure, with numbers or arrays as leaves. `f` is called **once**. A part of the
# output that does not depend on `x` has the tangent zero.


# %% role="answer" id="answer-3.4"
def jvp(f, x, v):
    """f(x) and the derivative of f at x along v: (primals, tangents), in the structure of f(x)."""
    ### BEGIN SOLUTION
    y = f(tree_map(Dual, x, v))
    # lift: a leaf that never met x is a plain number, and stands still
    return tree_map(lambda leaf: lift(leaf).primal, y), tree_map(lambda leaf: lift(leaf).tangent, y)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Three moves: pair every leaf of `x` with its leaf of `v`, run `f`, take the result apart.
#
# <details><summary>Hint 2: the equation</summary>
#
# $f(x + v\,\varepsilon) = f(x) + (J v)\,\varepsilon$, leaf by leaf.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `tree_map` three times: once over two trees, twice over one. A leaf of the output may be a plain number; `lift` knows
# what to do with it.
#
# </details></details></details>

# %% role="check" id="check-3.4" points=4
check("3.4")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch03_jvp import judge_jvp, judge_jvp_programs

lines = judge_jvp(submission, challenge_seed("3.4", "fresh numbers"), size=5)
lines += judge_jvp_programs(submission, challenge_seed("3.4", "programs"), 8)
award("3.4", lines, points=4)
### END HIDDEN TESTS


# %% id="e-in-two-passes"
def e_of(ab):
    a, b = ab
    return (a * b) * (b + 1)


for seed in [(1.0, 0.0), (0.0, 1.0)]:
    if (answer := jvp(e_of, (2.0, 3.0), seed)) is not None:
        print(f"seed {seed}: e = {answer[0]}, tangent {answer[1]}")

# %% [markdown]
# ### What just happened
#
# $e = (a\,b)(b+1)$ took two passes, 12 then 14. Any other direction costs one pass too, and is a mix of the two:
# $\dot e = 12\,\dot a + 14\,\dot b$.
#
# Turn the seed round and the rates make a wave. Its top, $\sqrt{12^2 + 14^2} \approx 18.4$, belongs to the direction
# $(12, 14)$ of the gradient: $e$ grows fastest neither by increasing $a$ nor by increasing $b$, but by moving both.

# %% tags=["figure"] id="figure-directions"
angles = np.arange(0, 181, 5)
at = torch.tensor([2.0, 3.0], dtype=torch.float64)
seeds = torch.tensor(np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], 1))
rates = [torch.func.jvp(e_of, (at,), (seed,))[1].item() for seed in seeds]
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(angles, rates, "o-", ms=3, color=BLUE)
best = np.degrees(np.arctan2(14, 12))
for angle, label in [(0, "a alone: 12"), (90, "b alone: 14"), (best, "steepest: 18.4")]:
    ax.axvline(angle, color="0.5", ls=":")
    ax.text(angle + 2, -12, label)
ax.set(xlabel="direction of the seed (degrees from a towards b)", ylabel="tangent of e",
    xticks=range(0, 181, 30))
ax.set_title("The steepest direction lies between the axes")
plt.show()

# %% [markdown]
# *Figure: the tangent of e against the direction of the seed, from 0 to 180 degrees, a cosine wave: 12 at 0 degrees,
# 14 at 90, its top 18.4 near 49 degrees, zero near 139 degrees and −12 at 180.*
#
# > **Often said: “first find every local partial, then multiply from the output back to the inputs: that is forward
# > mode.”** The name depends on the order of travel. Multiplying from $e$ back is *reverse* mode. On this graph both need
# > the same three products, so it cannot show which is better:

# %% id="often-mode"
c, d = a * b, b + 1
local = {"c/a": b, "c/b": a, "d/b": 1.0, "e/c": d, "e/d": c}  # known while evaluating
forward = {"a": [("c/a", "e/c")], "b": [("c/b", "e/c"), ("d/b", "e/d")]}  # input first
for name, paths in forward.items():
    total = sum(local[near] * local[far] for near, far in paths)
    print(f"de/d{name} = {total:.0f} from {len(paths)} product(s), whichever factor comes first")

# %% tags=["figure"] id="figure-order"
rates = {"a": 1, "b": 0, "c": b, "d": 0, "e": b * d}
back = {"e": 1, "c": d, "d": c, "a": d * b, "b": d * a + c}
turned = {"c": ["e"], "d": ["e"], "a": ["c"], "b": ["c", "d"]}
fig, axes = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
notes = {name: f"rate {rate:g}" for name, rate in rates.items()}
draw(axes[0], graph_e, places_e, notes, "forwards from a: how all move with a")
notes = {name: f"de/d{name} = {slope:g}" for name, slope in back.items()}
draw(axes[1], turned, places_e, notes, "backwards from e: how e moves with all")
fig.suptitle("The same local partials: one pass from a finds 12, one pass from e finds 12 and 14")
plt.show()

# %% [markdown]
# *Figure: the graph of e twice. Left, arrows run from a and b to e, with the rates a 1, b 0, c 3, d 0, e 12. Right, they run
# from e back, with de/de 1, de/dc 4, de/dd 6, de/da 12, de/db 14.*

# %% [markdown]
# ## 5 · The Jacobian, column by column
#
# Seed with the $j$-th unit vector and you get column $j$: how all outputs react to one input. With $n$ inputs that is
# $n$ passes, however many outputs there are.
#
# $$J\,e_j = \text{column } j \text{ of } J \qquad J = \big[\,J e_1 \;\cdots\; J e_n\,\big]$$


# %% tags=["figure"] id="figure-columns"
def wave(x):  # (4,) -> (6,)
    return torch.sin(torch.outer(torch.arange(1, 7, dtype=x.dtype), x)).sum(1) * x[0]


at = torch.tensor([0.3, -0.8, 0.5, 1.1], dtype=torch.float64)
columns = [torch.func.jvp(wave, (at,), (seed,))[1] for seed in torch.eye(4, dtype=torch.float64)]
fig, axes = plt.subplots(1, 5, figsize=(11, 3), layout="constrained", width_ratios=[1, 1, 1, 1, 4])
tables = [*(column[:, None] for column in columns), torch.stack(columns, 1)]
for j, (ax, table) in enumerate(zip(axes, tables)):
    ax.imshow(table, cmap="PuOr", vmin=-5, vmax=5, aspect="auto")
    for (row, column), entry in np.ndenumerate(table.numpy()):
        ax.text(column, row, f"{entry:.2f}", ha="center", va="center")
    ax.set(title=f"pass {j + 1}", xlabel=f"seed e{j + 1}", xticks=[], yticks=range(6))
    ax.grid(False)
axes[-1].set(title="J, shape (6, 4)", xlabel="input", xticks=range(4))
axes[0].set_ylabel("output")
fig.suptitle("Four passes give the four columns of a Jacobian")
plt.show()

# %% [markdown]
# *Figure: four narrow tables of six numbers, one for each pass, and beside them the six-by-four Jacobian, whose columns
# are those four. Cells are coloured by sign and size.*

# %% [markdown] id="exercise-3.5"
# ### 3.5 Jacobian by columns
#
# ●○○ easy · about 5 minutes · 3 points
#
# Write `jacobian(f, x)` with your `jvp`. `x` has shape `(n,)`, `f(x)` has shape `(m,)`, the answer has shape `(m, n)`:
# row $i$ is output $i$, column $j$ is input $j$. `f` is run exactly $n$ times.


# %% role="answer" id="answer-3.5"
def jacobian(f, x):
    """The Jacobian (m, n) of f: (n,) -> (m,) at x, one forward pass an input."""
    ### BEGIN SOLUTION
    columns = [jvp(f, x, seed)[1] for seed in np.eye(len(x))]
    return np.stack(columns, axis=1)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# A loop over the $n$ unit vectors, the rows of `np.eye(n)`.
#
# <details><summary>Hint 2: the equation</summary>
#
# $J_{ij} = \partial y_i / \partial x_j = (J e_j)_i$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# Collect the tangents in a list, then `np.stack`. Which axis is the new one?
#
# </details></details></details>

# %% role="check" id="check-3.5" points=3
check("3.5")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch03_jvp import judge_jacobian

lines = judge_jacobian(submission, challenge_seed("3.5", "wide"), m=3, n=8)
lines += judge_jacobian(submission, challenge_seed("3.5", "tall"), m=7, n=2)
award("3.5", lines, points=3)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-patches"
bow = lambda p: p + np.array([[0.0, -0.25], [0.3, 0.0]]) @ (p * p)
corners, side = np.array([[0, 1, 1, 0], [0, 0, 1, 1.0]]), np.linspace(-1, 1, 5)
fig, ax = plt.subplots(figsize=(5.5, 4.4), layout="constrained")
for s in side:
    for line in ([np.linspace(-1, 1, 50), np.full(50, s)], [np.full(50, s), np.linspace(-1, 1, 50)]):
        ax.plot(*bow(np.array(line)), color="0.7", lw=0.8)
for at in itertools.product(side[:-1], side[:-1]):
    if (J := jacobian(bow, np.array(at))) is not None:
        patch = bow(np.array(at))[:, None] + 0.3 * J @ corners
        ax.fill(*patch, fc="#FFF3D6", ec=VERMILION, hatch="//")
ax.set(xlabel="y₁", ylabel="y₂", aspect="equal")
ax.set_title("J takes a small square to a leaning patch:\nits sides are the columns")
plt.show()

# %% [markdown]
# *Figure: a bent grid. At sixteen of its corners a small hatched parallelogram, drawn with your Jacobian there, follows the
# two grid lines.*
#
# A forward pass fills a column. Reverse mode, in chapter 04, fills a **row**: all inputs of one output. Which of the two
# needs fewer passes is read off the shape of $J$:

# %% tags=["figure"] id="figure-shapes"
fig, axes = plt.subplots(1, 3, figsize=(10, 2.8), layout="constrained", width_ratios=[1, 3, 3])
cases = [(9, 2, "2 inputs, 9 outputs"), (2, 9, "9 inputs, 2 outputs"), (1, 9, "9 inputs, one loss")]
for ax, (m, n, title) in zip(axes, cases):
    ax.pcolormesh(np.ones((m, n)), cmap="Blues", vmin=0, vmax=6, edgecolors="0.6")
    ax.add_patch(plt.Rectangle((0, 0), 1, m, fill=False, ec=VERMILION, lw=4))
    ax.add_patch(plt.Rectangle((0, 0), n, 1, fill=False, ec="black", lw=2, ls="--"))
    ax.set(title=title, xlabel=f"{n} forward pass{'es' * (n > 1)}",
        ylabel=f"{m} reverse pass{'es' * (m > 1)}")
    ax.set(xticks=[], yticks=[], aspect="equal", xlim=(-0.1, n + 0.1), ylim=(m + 0.1, -0.1))
    ax.grid(False)
fig.suptitle("One forward pass: a column (solid). One reverse pass: a row (dashed)")
plt.show()

# %% [markdown]
# *Figure: three Jacobians as grids, 9 by 2, 2 by 9 and 1 by 9, each with its first column framed solid and its first row
# dashed. They need 2, 9 and 9 forward passes, and 9, 2 and 1 reverse passes.*
#
# Forward mode is at home in the first shape. Let a swing have 200 outputs, its positions over time, and one input, the
# frequency $k$. One pass says how the whole curve moves when $k$ does:

# %% tags=["figure"] id="figure-sensitivity"
t_seen, k = torch.linspace(0, 12, 200, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)
swing = lambda k: torch.exp(-0.15 * t_seen) * torch.cos(k * t_seen)  # one number -> 200 numbers
y, y_dot = torch.func.jvp(swing, (k,), (torch.ones_like(k),))
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.plot(t_seen, y, color="0.7", lw=3, label="k = 1")
ax.plot(t_seen, swing(k + 0.05), color=BLUE, label="k = 1.05, computed")
ax.plot(t_seen, y + 0.05 * y_dot, "--", color=VERMILION,
    label="k = 1.05, predicted: y + 0.05 times the tangent")
ax.set(xlabel="time", ylabel="position", title="One pass tells how a curve of 200 numbers will move")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a damped swing over time from 0 to 12 for k = 1, grey; for k = 1.05 a solid curve, its waves a little earlier. The
# dashed prediction from the tangent lies on that curve at first and leaves it slightly towards the end.*

# %% [markdown]
# ### What does it cost?
#
# One pass costs a small multiple of one evaluation. A gradient is the Jacobian of a function with *one* output, and
# forward mode still needs a pass for each of the $n$ inputs. Below, torch does just that, and beside it one reverse
# pass, the subject of chapter 04.


# %% id="time-passes" tags=["nbval-ignore-output"]
def seconds(work):
    """The fastest of a few runs."""
    times = []
    for _ in range(steps(7, 1)):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def energy(x):  # (n,) -> one number
    return (torch.sin(x) * torch.cos(x.flip(0))).sum()


counts = [2**k for k in range(2, steps(9, 5))]
points = [torch.linspace(0, 1, n) for n in counts]
passes = lambda x: [torch.func.jvp(energy, (x,), (s,)) for s in torch.eye(len(x))]
forward_times = [seconds(lambda: passes(x)) for x in points]
reverse_times = [seconds(lambda: torch.func.grad(energy)(x)) for x in points]
for n, forward_time, reverse_time in zip(counts, forward_times, reverse_times):
    print(f"n = {n:3}: forward {1e3 * forward_time:7.2f} ms, reverse {1e3 * reverse_time:5.2f} ms")

# %% tags=["figure"] id="figure-time"
fig, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
ax.loglog(counts, forward_times, "o-", color=VERMILION, label="forward mode: n passes")
ax.loglog(counts, reverse_times, "s--", color=BLUE, label="reverse mode: one pass")
ax.set(xlabel="inputs n", ylabel="seconds for the gradient", title="Forward mode pays for every input")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: time against the number of inputs on logarithmic axes. The line of forward mode rises with slope one, doubling
# with each doubling of n; that of reverse mode stays nearly flat.*

# %% [markdown]
# ## 6 · Derivatives inside derivatives
#
# Let the inner function read a variable of the outer one:
#
# $$\frac{d}{dx}\Big[\,x\cdot\frac{d}{dy}(x + y)\Big|_{y=1}\Big]\Big|_{x=1}$$
#
# The inner derivative is 1 whatever $x$ is. So the bracket is $x$, and the answer is 1. Here is a small dual number
# that knows nothing of nesting:


# %% id="naive"
class Naive(SimpleNamespace):
    """A dual number with + and * only."""

    def __add__(self, other):
        return Naive(primal=self.primal + other.primal, tangent=self.tangent + other.tangent)

    def __mul__(self, other):  # by a plain number
        return Naive(primal=self.primal * other, tangent=self.tangent * other)


def naive_derivative(f, x):
    return f(Naive(primal=x, tangent=1.0)).tangent


print("naive:", naive_derivative(lambda x: x * naive_derivative(lambda y: x + y, 1.0), 1.0))
print("right: 1.0")

# %% tags=["figure"] id="figure-two-slopes"
xs = np.linspace(0, 2, 41)
still = lambda x: Naive(primal=x, tangent=0.0)  # x stands still while y moves
bracket = [x * naive_derivative(lambda y, x=x: still(x) + y, 1.0) for x in xs]
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.plot(xs, bracket, color="0.7", lw=6, label="the bracket, computed for each x")
for slope, style, colour in [(1, "-", BLUE), (2, "--", VERMILION)]:
    ax.plot(xs, 1 + slope * (xs - 1), style, color=colour, lw=2, label=f"slope {slope} at x = 1")
ax.set(xlabel="x", ylabel="value", title="The bracket rises with slope 1; the naive answer leaves it")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the bracket over x from 0 to 2, a thick straight line through (1, 1). A line of slope 1 lies on it; a dashed line
# of slope 2, the naive answer, crosses it at x = 1.*
#
# Two. The inner pass saw `x` with the tangent that the *outer* pass had given it, and took it for its own. This is
# **perturbation confusion**
# ([Siskind & Pearlmutter, 2008](https://doi.org/10.1007/s10990-008-9037-1)). The cure: each derivative gets an
# $\varepsilon$ of its own, a **level**. With $\varepsilon_1$ for $x$ and $\varepsilon_2$ for $y$:
#
# $$x + y = (1 + \varepsilon_1) + (1 + \varepsilon_2) = 2 + \varepsilon_1 + \varepsilon_2,
# \qquad \text{coefficient of } \varepsilon_2:\ 1 .$$

# %% tags=["figure"] id="figure-levels"
panels = {
    "one shared ε": ([[1, 1], [1, 1], [2, 2]], ["1", "ε"]),
    "a level each": ([[1, 1, 0], [1, 0, 1], [2, 1, 1]], ["1", "ε₁ (x moves)", "ε₂ (y moves)"]),
}
fig, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained", width_ratios=[2, 3])
for ax, (title, (table, columns)) in zip(axes, panels.items()):
    ax.imshow(table, cmap="Blues", vmin=0, vmax=4, aspect="auto")
    for (row, column), entry in np.ndenumerate(table):
        ax.text(column, row, entry, ha="center", va="center", fontsize=12)
    ax.set(title=title, xticks=range(len(columns)), xticklabels=columns)
    ax.set(yticks=range(3), yticklabels=["x", "y", "x + y"])
    ax.grid(False)
    ax.add_patch(plt.Rectangle((len(columns) - 1.45, 1.55), 0.9, 0.9, fill=False, ec=VERMILION, lw=3))
fig.suptitle("d(x + y)/dy, boxed: 2 where the tangents share a column, 1 where each has its own")
plt.show()

# %% [markdown]
# *Figure: two tables with rows x, y and x + y. With one shared column for ε the boxed entry, the sum's tangent, is 2.
# With separate columns for ε₁ and ε₂ the boxed entry, the coefficient of ε₂, is 1.*
#
# Below is the whole engine again in a smaller form: a table of operations, each with its partial derivatives, and a
# number that knows its level. Its operators all call `apply`, which you write.

# %% role="locked" id="rules"
RULES = {  # name: (the function of plain numbers, its partial derivatives as a tuple)
    "add": (lambda x, y: x + y, lambda x, y: (1.0, 1.0)),
    "sub": (lambda x, y: x - y, lambda x, y: (1.0, -1.0)),
    "mul": (lambda x, y: x * y, lambda x, y: (y, x)),
    "div": (lambda x, y: x / y, lambda x, y: (1.0 / y, -1.0 * x / (y * y))),
    "exp": (np.exp, lambda x: (ops.exp(x),)),
    "log": (np.log, lambda x: (1.0 / x,)),
    "sin": (np.sin, lambda x: (ops.cos(x),)),
    "cos": (np.cos, lambda x: (-1.0 * ops.sin(x),)),
    "tanh": (np.tanh, lambda x: (1.0 - ops.tanh(x) * ops.tanh(x),)),
}


def operation(name):
    return lambda *args: apply(name, *args)


ops = SimpleNamespace(**{name: operation(name) for name in RULES})  # ops.exp(x), ops.sin(x), ...


# %% role="locked" id="nested"
class Nested:
    """A dual number of one level. Its parts are numbers, or Nested numbers of lower levels."""

    __array_ufunc__ = None

    def __init__(self, primal, tangent, level):
        self.primal, self.tangent, self.level = primal, tangent, level

    __add__, __radd__ = ops.add, lambda x, y: ops.add(y, x)
    __sub__, __rsub__ = ops.sub, lambda x, y: ops.sub(y, x)
    __mul__, __rmul__ = ops.mul, lambda x, y: ops.mul(y, x)
    __truediv__, __rtruediv__ = ops.div, lambda x, y: ops.div(y, x)


new_level = itertools.count(1)  # next(new_level) is higher than every level before

# %% [markdown]
# A number of level 2 may hold numbers of level 1. Take $x = 3 + \varepsilon_1$ and $y = 5 + \varepsilon_2$. Their product
# is $15 + 5\,\varepsilon_1 + (3 + \varepsilon_1)\,\varepsilon_2$, stored level by level, the highest outside:

# %% tags=["figure"] id="figure-level-tree"
boxes = {
    (2, 2): "x · y\nlevel 2",
    (0.9, 1): "primal: 15 + 5ε₁\nlevel 1",
    (3.1, 1): "tangent: 3 + ε₁\nlevel 1",
    (0.4, 0): "15",
    (1.4, 0): "5",
    (2.6, 0): "3",
    (3.6, 0): "1",
}
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for above, belows in {
    (2, 2): [(0.9, 1), (3.1, 1)],
    (0.9, 1): [(0.4, 0), (1.4, 0)],
    (3.1, 1): [(2.6, 0), (3.6, 0)],
}.items():
    for below, style in zip(belows, ["-", "--"]):
        ax.plot(*zip(above, below), style, color=VERMILION if style == "--" else "0.4", zorder=0)
for place, text in boxes.items():
    ax.text(*place, text, ha="center", va="center",
        bbox={"boxstyle": "round,pad=0.4", "fc": "#FFF3D6", "ec": "0.3"})
ax.set(xlim=(-0.2, 4.4), ylim=(-0.4, 2.5),
    title="The tangent at level 2 is x, and it still moves at level 1")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: a tree. At the top x·y, of level 2; below it, on a solid line, its primal 15 + 5ε₁, and on a dashed line its tangent
# 3 + ε₁, both of level 1; below these the numbers 15 and 5, and 3 and 1.*

# %% [markdown] id="exercise-3.6"
# ### 3.6 Levels
#
# ●●● hard · about 25 minutes · 4 points
#
# Write three short functions.
#
# - `parts(x, level)`: the pair (primal, tangent) of `x` *at this level*. Whatever does not belong to the level is a
#   constant there.
# - `apply(name, *args)`: one operation on numbers and `Nested` numbers. With $\ell$ the highest level among the
#   arguments and $f$ the operation,
#
#   $$\text{primal} = f(x_1, x_2, \dots) \qquad \text{tangent} = \sum_i \frac{\partial f}{\partial x_i}\,\dot x_i ,$$
#
#   where $x_i, \dot x_i$ are the parts at level $\ell$, and may be `Nested` themselves. The result is a `Nested` of
#   level $\ell$; among plain numbers alone it is the plain function's.
# - `derivative(f, x)`: $f'(x)$, on a fresh level.


# %% role="answer" id="answer-3.6-a"
def parts(x, level):
    """(primal, tangent) of x at `level`; (x, 0.0) where x is a number or belongs to another level."""
    ### BEGIN SOLUTION
    if isinstance(x, Nested) and x.level == level:
        return x.primal, x.tangent
    return x, 0.0
    ### END SOLUTION


# %% role="answer" id="answer-3.6-b"
def apply(name, *args):
    """RULES[name] on numbers and Nested numbers: a number, or a Nested of the highest level."""
    ### BEGIN SOLUTION
    function, partials = RULES[name]
    level = max((x.level for x in args if isinstance(x, Nested)), default=0)
    if level == 0:
        return function(*args)  # plain numbers: the bottom of the recursion
    primals, tangents = zip(*(parts(x, level) for x in args))
    tangent = sum(partial * x_dot for partial, x_dot in zip(partials(*primals), tangents))
    return Nested(apply(name, *primals), tangent, level)  # the primals are of lower levels
    ### END SOLUTION


# %% role="answer" id="answer-3.6-c"
def derivative(f, x):
    """f'(x), where x may be a Nested number of an outer derivative."""
    ### BEGIN SOLUTION
    level = next(new_level)
    y = f(Nested(x, 1.0, level))
    return parts(y, level)[1]  # y may not depend on x: then it has no part at this level
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# To an operation at level 2, a number of level 1 is a constant. `apply` peels off one level and calls itself for the
# primals, which have one level less.
#
# <details><summary>Hint 2: the equation</summary>
#
# For $d/dy\,(x)$ with $x = 1 + \varepsilon_1$ the coefficient of $\varepsilon_2$ is 0. The result's own `.tangent` would
# be that of $\varepsilon_1$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# In `apply`: no `Nested` among the arguments? Return the plain function's result. Otherwise split every argument with
# `parts`, multiply partials by tangents, add, and wrap.
#
# </details></details></details>

# %% role="check" id="check-3.6" points=4
check("3.6")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch03_nested import judge_levels, judge_nested_programs

lines = judge_levels(submission, challenge_seed("3.6", "fresh numbers"))
lines += judge_nested_programs(submission, challenge_seed("3.6", "programs"), 12)
award("3.6", lines, points=4)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# `apply` with its table replaced the whole class of exercise 3.2, and it nests. JAX and torch tell nested
# derivatives apart in the same way. Functions that return functions need still more care
# ([Manzyuk and others, 2019](https://arxiv.org/abs/1211.4892)).

# %% [markdown]
# ## 7 · Second derivatives
#
# Run forward mode on forward mode and the coefficient of $\varepsilon_1\varepsilon_2$ is a second derivative:
#
# $$f(x + \varepsilon_1 + \varepsilon_2) = f(x) + f'(x)\,(\varepsilon_1 + \varepsilon_2) + f''(x)\,\varepsilon_1\varepsilon_2$$


# %% tags=["figure"] id="figure-corner"
def times(p, q):  # tables of coefficients: rows 1 and ε₁, columns 1 and ε₂; squares are dropped
    mixed = p[1, 1] * q[0, 0] + p[0, 1] * q[1, 0] + p[1, 0] * q[0, 1] + p[0, 0] * q[1, 1]
    return np.array([[p[0, 0] * q[0, 0], p[0, 1] * q[0, 0] + p[0, 0] * q[0, 1]],
                     [p[1, 0] * q[0, 0] + p[0, 0] * q[1, 0], mixed]])  # fmt: skip


x = np.array([[5, 1], [1, 0]])  # 5 + ε₁ + ε₂
fig, axes = plt.subplots(1, 3, figsize=(8, 2.4), layout="constrained")
for ax, title, table in zip(axes, ["x", "x²", "x³"], [x, times(x, x), times(x, times(x, x))]):
    ax.imshow([[0, 1], [1, 3]], cmap="Blues", vmin=0, vmax=8)
    for (row, column), entry in np.ndenumerate(table):
        ax.text(column, row, entry, ha="center", va="center", fontsize=12)
    ax.set(title=title, xticks=[0, 1], xticklabels=["1", "ε₂"], yticks=[0, 1], yticklabels=["1", "ε₁"])
    ax.grid(False)
fig.suptitle("x = 5 + ε₁ + ε₂: value, slope twice, and in the corner the second derivative")
plt.show()

# %% [markdown]
# *Figure: three tables of two by two coefficients. For x 5, 1, 1, 0; for x² 25, 10, 10 and in the corner 2; for x³ 125, 75, 75
# and in the corner 30.*



# %% tags=["figure"] id="figure-second"
def bump(x):
    return torch.exp(-x * x) * torch.sin(2 * x)


def slope_of(f):
    return lambda x: torch.func.jvp(f, (x,), (torch.ones_like(x),))[1]


xs = torch.linspace(-2.5, 2.5, 121, dtype=torch.float64)
curves = [bump(xs), slope_of(bump)(xs), slope_of(slope_of(bump))(xs)]
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
looks = [("f", "-", "black"), ("f'", "--", BLUE), ("f''", ":", VERMILION)]
for curve, (label, style, colour) in zip(curves, looks):
    ax.plot(xs, curve, style, color=colour, lw=2, label=label)
ax.set(xlabel="x", ylabel="value", title="Where f'' is zero, f' has its extrema")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: three curves over x from −2.5 to 2.5: f solid, a damped sine; f' dashed; f'' dotted. Each zero of f'' lies
# under a peak or trough of f'.*
#
# For $f: \mathbb R^n \to \mathbb R$ the second derivatives form the **Hessian** $H$, symmetric, of shape $(n, n)$. The
# product $Hv$ says how the gradient changes when $x$ moves along $v$:
#
# $$(Hv)_i = \frac{\partial}{\partial x_i}\big(\nabla f(x)\cdot v\big)
# = \frac{d}{ds}\,\frac{d}{dt}\, f(x + s\,e_i + t\,v)\Big|_{s=t=0}$$


# %% tags=["figure"] id="figure-hvp"
def valley(x, y):
    return (1 - x) ** 2 / 2 + (y - x * x) ** 2


X, Y = np.meshgrid(np.linspace(-1.2, 1.6, 120), np.linspace(-0.7, 1.6, 120))
start, v = torch.tensor([-0.4, 0.7], dtype=torch.float64), torch.tensor([0.3, 0.0], dtype=torch.float64)
gradient = torch.func.grad(lambda p: valley(p[0], p[1]))
g0, Hv = torch.func.jvp(gradient, (start,), (v,))
fig, ax = plt.subplots(figsize=(7.5, 4), layout="constrained")
ax.contour(X, Y, valley(X, Y), levels=np.geomspace(0.05, 8, 12), colors="0.7", linewidths=0.8)
arrows = [
    (start, v, "black", "v", (0, -14)),
    (start, 0.4 * g0, BLUE, "∇f(x)", (-30, 6)),
    (start + v, 0.4 * gradient(start + v), GREEN, "∇f(x + v)", (-50, 8)),
    (start + v, 0.4 * (g0 + Hv), VERMILION, "∇f(x) + Hv", (8, 8)),
]
for at, step, colour, label, shift in arrows:
    ax.quiver(*at, *step, color=colour, angles="xy", scale_units="xy", scale=1, width=0.008)
    ax.annotate(label, at + step, shift, textcoords="offset points", color=colour)
ax.set(xlabel="x₁", ylabel="x₂", xlim=(-1.2, 1.6), ylim=(-0.7, 1.6))
ax.set_title("∇f(x) + Hv predicts the gradient after the step v")
ax.grid(False)
plt.show()

# %% [markdown]
# *Figure: contours of a curved valley. An arrow v leads from x to x + v. At x an arrow shows the gradient, drawn at 0.4
# of its length; at x + v two arrows show the true gradient and its prediction, close but not equal.*

# %% [markdown] id="exercise-3.7"
# ### 3.7 Second derivatives by nesting
#
# ●●○ medium · about 12 minutes · 2 points
#
# Write both with your `derivative`.
#
# - `second_derivative(f, x)`: $f''(x)$, a number.
# - `hvp(f, x, v)`: the list of the $n$ entries of $Hv$. `f` takes a list of $n$ numbers and returns one; `x` and `v` are
#   lists of $n$ numbers.


# %% role="answer" id="answer-3.7-a"
def second_derivative(f, x):
    """f''(x)."""
    ### BEGIN SOLUTION
    return derivative(lambda s: derivative(f, s), x)
    ### END SOLUTION


# %% role="answer" id="answer-3.7-b"
def hvp(f, x, v):
    """The Hessian of f at x times v, a list of len(x) numbers. Costs len(x) nested passes."""

    ### BEGIN SOLUTION
    def entry(i):
        def moved(s, t):  # f at x + s e_i + t v
            return f([x_j + s * float(i == j) + t * v_j for j, (x_j, v_j) in enumerate(zip(x, v))])

        return derivative(lambda s: derivative(lambda t: moved(s, t), 0.0), 0.0)

    return [entry(i) for i in range(len(x))]
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# A function that calls `derivative` can be differentiated again.
#
# <details><summary>Hint 2: the equation</summary>
#
# For one $i$, the double derivative above in $s$ and $t$, both taken at 0.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# Two nested `lambda`s; the inner one builds the moved point as a list, with `s` in entry `i` only.
#
# </details></details></details>

# %% role="check" id="check-3.7" points=2
check("3.7")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch03_nested import judge_second

award("3.7", judge_second(submission, challenge_seed("3.7", "fresh numbers"), n=4), points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-hvp-passes"
sizes, counted = [1, 2, 4, 8, 16], []
for n in sizes if hvp(lambda x: x[0] * x[0], [1.0], [1.0]) is not None else []:
    asked = []  # one entry for each run of f
    hvp(lambda x: asked.append(1) or sum(x_i * x_i for x_i in x), [1.0] * n, [1.0] * n)
    counted.append(len(asked))
fig, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
ax.loglog(sizes, np.square(sizes), "s--", color=ORANGE, label="the whole H: n products, n² passes")
ax.loglog(sizes[: len(counted)], counted, "o-", color=BLUE, label="one product, counted on yours")
ax.axhline(1, color=VERMILION, ls=":", lw=2, label="one product with reverse mode inside")
ax.set(xlabel="inputs n", ylabel="passes", title="A product Hv costs far less than the matrix H")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: passes against n from 1 to 16, both axes logarithmic. The whole Hessian rises to 256, one product to 16; a dotted
# line stays at 1.*
#
# ### What just happened
#
# The inner function read `s`, a variable of the outer derivative: the very case where naive dual numbers fail. Your
# levels carried it. The cost was $n$ nested passes, and never an $n \times n$ matrix. With reverse mode on the inside
# it will be a single pass ([Pearlmutter, 1994](https://doi.org/10.1162/neco.1994.6.1.147)).

# %% [markdown]
# ## 8 · Against finite differences
#
# Finite differences need no rules at all. They pay with accuracy: truncation grows with the step, rounding with its
# inverse. Forward mode takes no step.

# %% tags=["figure"] id="figure-accuracy"
x0, exact = 1.0, 1.2533807674934467  # cos(1) exp(sin(1)), rounded to float64
step_sizes = 10.0 ** np.arange(-15, 0.1, 0.5)
wiggle = lambda x: np.exp(np.sin(x))
one_sided = np.abs((wiggle(x0 + step_sizes) - wiggle(x0)) / step_sizes - exact)
central = np.abs((wiggle(x0 + step_sizes) - wiggle(x0 - step_sizes)) / (2 * step_sizes) - exact)
own = abs(torch_tangent(lambda x: torch.exp(torch.sin(x)), x0)[1] - exact)
fig, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
ax.loglog(step_sizes, one_sided, "s--", ms=4, color=ORANGE, label="one-sided difference")
ax.loglog(step_sizes, central, "o-", ms=4, color=BLUE, label="central difference")
ax.axhline(max(own, 1.1e-16), color=VERMILION, ls="-.", lw=2, label="forward mode (no step)")
ax.set(xlabel="step h", ylabel="error of the derivative", ylim=(1e-17, 10))
ax.set_title("Forward mode is exact to rounding; the best difference loses four digits")
ax.legend(loc=(0.02, 0.16))
plt.show()

# %% [markdown]
# *Figure: error against step on logarithmic axes. Two V shapes, the one-sided difference with its lowest point near 1e-8
# and the central difference lower, near 1e-11; far below both a horizontal line near 1e-16 for forward mode.*

# %% id="time-accuracy" tags=["nbval-ignore-output"]
g = torch.Generator().manual_seed(3)
x_big, v_big = (torch.randn(50_000, generator=g, dtype=torch.float64) for _ in range(2))


def ripples(x):
    for _ in range(4):
        x = torch.sin(x) * torch.exp(-x * x) + x
    return x


once = seconds(lambda: ripples(x_big))
by_jvp = seconds(lambda: torch.func.jvp(ripples, (x_big,), (v_big,)))
by_difference = seconds(lambda: (ripples(x_big + 1e-5 * v_big) - ripples(x_big - 1e-5 * v_big)) / 2e-5)
ratios = f"a jvp {by_jvp / once:.1f}, a central difference {by_difference / once:.1f}"
print("in units of one evaluation:", ratios)

# %% [markdown]
# The cost is of the same order, a few evaluations for one direction, and there is nothing to tune. So what are
# differences good for? As a **test**: they know nothing of your rules, and so cannot share a mistake with them.
#
# A fair test must know its own error. A central difference of a function of size $|f|$ has a rounding error of about
# $u\,|f|/h$, with $u \approx 1.1\cdot 10^{-16}$, and a truncation error of about $h^2$ times a third derivative.

# %% tags=["figure"] id="figure-planted"
planted = 10.0 ** np.arange(-12, 0.1, 0.5)
true_slope = np.cos(x0) * np.exp(np.sin(x0))
fig, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
looks = {6e-6: ("o-", BLUE, "h = 6e-6"), 1e-12: ("s--", ORANGE, "h = 1e-12"),
    1e-1: ("^:", VERMILION, "h = 0.1")}
for h, (style, colour, label) in looks.items():
    measured = (wiggle(x0 + h) - wiggle(x0 - h)) / (2 * h)
    ax.loglog(planted, np.abs(true_slope * (1 + planted) - measured), style, ms=4, color=colour,
        label=label)
ax.set(xlabel="relative error planted in the tangent", ylabel="|tangent − difference|")
ax.set_title("A bad step hides errors of 1e-4 and more; a good one shows 1e-9")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the gap between a spoiled tangent and the central difference, against the planted error, on logarithmic axes. With
# h = 6e-6 the curve falls with the planted error down to about 1e-10; with h = 1e-12 or 0.1 it stays flat below about 1e-4 and
# 1e-2.*

# %% [markdown] id="exercise-3.8"
# ### 3.8 A test of tangents
#
# ●●○ medium · about 10 minutes · 2 points
#
# Write `agrees(f, x, v, tangent)`: is `tangent` equal to $J v$, as far as a central difference in float64 can tell?
# `x` and `v` are arrays of shape `(n,)`; `f(x)` and `tangent` have shape `(m,)`. With $|\cdot|$ the largest absolute
# entry and $u = 1.1\cdot10^{-16}$, let $x$ move by about $6\cdot10^{-6}$ of its size:
#
# $$h = 6\cdot10^{-6}\,\frac{\max(1, |x|)}{|v|} \qquad d = \frac{f(x + h v) - f(x - h v)}{2h}$$
#
# Accept if $|d - \text{tangent}| \;\le\; 10^{-7}\,|d| + 10\,u\,|f|/h$. Return a `bool`. Two evaluations of `f` are
# enough; `h` is written for you.


# %% role="answer" id="answer-3.8"
def agrees(f, x, v, tangent):
    """Whether tangent (m,) is the derivative of f at x (n,) along v (n,), by one central difference."""
    h = 6e-6 * max(1.0, np.abs(x).max()) / np.abs(v).max()
    ### BEGIN SOLUTION
    ahead, behind = f(x + h * v), f(x - h * v)
    difference = (ahead - behind) / (2 * h)
    truncation = 1e-7 * np.abs(difference).max()
    rounding = 10 * 1.1e-16 * np.abs(ahead).max() / h
    return bool(np.abs(difference - tangent).max() <= truncation + rounding)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Compare the gap's largest entry with a bound that grows with the sizes.
#
# <details><summary>Hint 2: the equation</summary>
#
# For $|f|$ take the largest entry of $f(x + hv)$: at hand, and of the same size.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# Five lines: two values of `f`, `d`, the bound, and `return bool(… <= …)`.
#
# </details></details></details>

# %% role="check" id="check-3.8" points=2
check("3.8")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch03_agrees import judge_agrees

award("3.8", judge_agrees(submission, challenge_seed("3.8", "fresh functions"), m=6, n=3), points=2)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-tolerance"
at, planted = np.linspace(-1, 1, 60), 10.0 ** np.arange(-14, 0.1, 0.5)
slopes = np.cos(at) * wiggle(at)
gap = lambda e: np.abs((wiggle(at + 6e-6) - wiggle(at - 6e-6)) / 1.2e-5 - slopes * (1 + e))
pairs = list(zip(at[:, None], slopes))
own = lambda e: np.mean([agrees(wiggle, x, np.ones(1), m * (1 + e)) for x, m in pairs])
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.semilogx(planted, [np.mean(gap(e) <= 1e-2) for e in planted], "s--", ms=4, color=ORANGE, label="1e-2")
ax.semilogx(planted, [np.mean(gap(e) <= 1e-15) for e in planted], "^:", ms=4, color=VERMILION,
    label="1e-15")
if agrees(wiggle, at[:1], np.ones(1), slopes[:1]) is not None:
    ax.semilogx(planted, [own(e) for e in planted], "o-", ms=4, color=BLUE, label="yours")
ax.set(xlabel="relative error planted in the tangent", ylabel="share accepted")
ax.set_title("A derived tolerance accepts the truth and refuses slips from 1e-6 on")
ax.legend(title="tolerance")
plt.show()

# %% [markdown]
# *Figure: the share of 60 tangents that is accepted, against the error planted in them. Tolerance 1e-2 accepts all up to
# nearly 1e-2; 1e-15 accepts none, however small the error; yours accepts all up to
# 1e-7 and none from 3e-7 on.*
#
# ### What just happened
#
# You wrote a gradient check whose tolerance is derived, not guessed. A tolerance of $10^{-2}$ passes almost any slip;
# one of $10^{-15}$ refuses the truth. Point it at your own `jvp` and both vouch for each other:


# %% id="vouch"
def spiral(x):  # (2,) -> (2,)
    return np.array([[0.5, -1.0], [1.0, 0.5]]) @ (x * x * x) + x / 3


x_test, v_test = np.array([0.7, -1.2]), np.array([0.3, 0.9])
if (answer := jvp(spiral, x_test, v_test)) is not None:
    print("the jvp:          ", agrees(spiral, x_test, v_test, answer[1]))
    print("spoiled by 1e-5:  ", agrees(spiral, x_test, v_test, answer[1] * (1 + 1e-5)))

# %% [markdown] id="further"
# ## Further (0 points): more than one derivative in one pass
#
# Drop $\varepsilon^3$ in the place of $\varepsilon^2$, or $\varepsilon^{K}$, and a number carries its Taylor coefficients
# $c_k = f^{(k)}(x)/k!$. A product of two such numbers, each an array of $K$ coefficients, is
#
# $$(a\,b)_k = \sum_{j=0}^{k} a_j\,b_{k-j} \qquad k = 0, \dots, K - 1 .$$
#
# One number then carries all the derivatives, where nesting doubles the numbers at each level:

# %% tags=["figure"] id="figure-carried"
highest = np.arange(1, 11)
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
ax.semilogy(highest, 2.0**highest, "o--", color=VERMILION, label="nested levels: each doubles them")
ax.semilogy(highest, highest + 1, "s-", color=BLUE, label="Taylor coefficients: one more for each")
ax.set(xlabel="highest derivative wanted", ylabel="numbers a value carries", xticks=highest)
ax.set_title("The tenth derivative takes 1,024 numbers nested, 11 as a series")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: numbers carried, on a logarithmic axis, against the highest derivative, 1 to 10. Nested levels rise in a straight
# line from 2 to 1,024; Taylor coefficients from 2 to 11.*
#
# Write the product; the cell after yours tells you whether it is right.


# %% role="answer" id="answer-3.9"
def taylor_product(a, b):
    """The first K coefficients of the product of two truncated series, arrays of shape (K,)."""
    ### BEGIN SOLUTION
    return np.convolve(a, b)[: len(a)]
    ### END SOLUTION


# %% id="further-compare"
orders = np.arange(8)
factorials = np.cumprod([1.0, *orders[1:]])
sin_series = np.array([0, 1, 0, -1] * 2) / factorials  # sin at 0
exp_series = 0.5**orders / factorials  # exp(x/2) at 0
answer = taylor_product(sin_series, exp_series)
right = (Polynomial(sin_series) * Polynomial(exp_series)).coef[:8]
done = answer is not None
print(f"right: {np.allclose(answer, right, rtol=0, atol=1e-15)}" if done else "not written yet")

# %% tags=["figure"] id="figure-taylor"
xs = np.linspace(-4, 4, 161)
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(xs, np.sin(xs) * np.exp(xs / 2), color="black", lw=3, label="sin(x) exp(x/2)")
for order, style, colour in [(1, ":", ORANGE), (3, "-.", GREEN), (7, "--", VERMILION)]:
    ax.plot(xs, Polynomial(right[: order + 1])(xs), style, color=colour, lw=1.8, label=f"order {order}")
ax.set(xlabel="x", ylabel="value", ylim=(-4, 7),
    title="With more terms the polynomial follows the curve further")
ax.legend(ncols=2)
plt.show()

# %% [markdown]
# *Figure: the curve sin(x)·exp(x/2) and its Taylor polynomials at 0 of order 1, 3 and 7; the higher the order, the wider
# the interval around 0 on which polynomial and curve agree.*

# %% [markdown] id="recap"
# ## Three ideas to keep
#
# 1. **A value and its rate travel together.** One pass pushes one direction through a program: $J v$, exact to rounding.
# 2. **One rule for each primitive.** Everything else, loops and branches too, is composition.
# 3. **One pass for each input.** Cheap for few inputs and many outputs; for a gradient of a million parameters, hopeless. That
#    is what chapter 04 is for.
#
# **Sources.** Griewank & Walther, [*Evaluating Derivatives*](https://doi.org/10.1137/1.9780898717761), 2008, chapter 3.
# Baydin, Pearlmutter, Radul & Siskind, [*Automatic differentiation in machine learning: a
# survey*](https://arxiv.org/abs/1502.05767), 2018. On nesting: Siskind & Pearlmutter and Manzyuk and others, linked
# above.
#
# **Next:** [04 · Reverse mode](../04_reverse_mode/reverse_mode.ipynb).
