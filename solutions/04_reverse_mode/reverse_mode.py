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
# # 04 · Reverse mode
#
# - **You will be able to** build a reverse-mode engine on numpy arrays from nothing, test it, and train a network with it.
# - **You need** the chain rule and numpy. Chapter 03 ran derivatives forward, one pass for each input; here one pass
#   gives them all. Chapter 05 does the same by hand for a whole network.
# - **Time:** 240 minutes, 200 of them for the eleven exercises. **Points:** 40.
# - **Checks:** run `check("4.1")` as often as you like. It says which case fails and what such a value usually means.

# %% role="locked" id="setup"
import contextlib
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import torch

from grader.check import check, read_names, split_names, steps

torch.set_num_threads(1)  # the arrays are small: one thread is as fast as many
plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "image.cmap": "cividis"})
BLUE, ORANGE, VERMILION, GREEN = "#0072B2", "#E69F00", "#D55E00", "#009E73"

# %% [markdown]
# ## 1 · The idea in one picture
#
# A program is run once, and every operation is written down on a **tape**: its value, its operands, and one number for
# each operand, the local partial derivative. Then the tape is read backwards. Every entry hands on to its operands what
# it has received, times the local partial.
#
# Take $e = (a\cdot b)(b+1)$ at $a=2$, $b=3$, one statement at a time: $c = a\,b$, $d = b + 1$, $e = c\,d$.

# %% id="tiny-program"
a, b = 2.0, 3.0
c = a * b  # partials: dc/da = b, dc/db = a
d = b + 1  # partial:  dd/db = 1
e = c * d  # partials: de/dc = d, de/dd = c
values = {"a": a, "b": b, "c": c, "d": d, "e": e}
values

# %% [markdown]
# Write $\bar v = \partial e/\partial v$ for the **cotangent** of $v$ (its gradient, in code `dv` or `grad`). Below, the
# left column writes the tape, the right column reads it back. Follow frames 7 and 8 closely: $b$ was read by two operations, so it
# hears from both, and what it hears is added.

# %% id="tape-drawing"
PLACES = {"a": (0, 1), "b": (0, 0), "c": (1, 1), "d": (1, 0), "e": (2, 0.5)}
ARROWS = {("a", "c"): b, ("b", "c"): a, ("b", "d"): 1.0, ("c", "e"): d, ("d", "e"): c}  # local partials


def draw_arrows(ax, written, reading):
    """The edges on the tape; dashed and turned round where the entry `reading` hands back its shares."""
    for (tail, head), partial in ARROWS.items():
        if head in written:
            (x0, y0), (x1, y1) = PLACES[tail], PLACES[head]
            look = {"arrowstyle": "-|>", "color": "0.4"}
            if head == reading:
                look = {"arrowstyle": "<|-", "color": VERMILION, "lw": 2, "ls": "--"}
            ax.annotate("", (x1 - 0.18, y1), (x0 + 0.18, y0), arrowprops=look)
            middle = 0.55 * x0 + 0.45 * x1, 0.55 * y0 + 0.45 * y1
            box = {"fc": "w", "ec": "none", "pad": 1}
            ax.text(*middle, f"{partial:g}", ha="center", va="center", bbox=box)


# %% id="tape-boxes"
def draw_boxes(ax, written, bars, reading):
    """Each name in the graph, and below on the tape; under the tape the cotangents in `bars`."""
    for column, name in enumerate(PLACES):
        text = f"{name} = {values[name]:g}" if name in written else " " * 10
        look = {"fc": "#FFF3D6" if name in bars else "w", "ec": VERMILION if name == reading else "0.4"}
        for place, shape in [(PLACES[name], "round"), ((0.5 * column, -0.85), "square")]:
            ax.text(*place, text, ha="center", va="center", bbox=look | {"boxstyle": shape})
        if name in bars:
            bar = f"$\\bar{{{name}}}$ = {bars[name]:g}"
            ax.text(0.5 * column, -1.35, bar, ha="center", va="center", color=VERMILION)


# %% tags=["figure"] id="figure-tape"
frames = [  # title, what is on the tape, cotangents so far, the entry being read
    ("1 · the inputs", "ab", {}, ""),
    ("2 · write c = a·b", "abc", {}, ""),
    ("3 · write d = b+1", "abcd", {}, ""),
    ("4 · write e = c·d", "abcde", {}, ""),
    ("5 · begin with $\\bar{e}$ = 1", "abcde", {"e": 1}, ""),
    ("6 · read e: 1·4 to c, 1·6 to d", "abcde", {"e": 1, "c": d, "d": c}, "e"),
    ("7 · read d: 6·1 to b", "abcde", {"e": 1, "c": d, "d": c, "b": c * 1}, "d"),
]
bars_8 = {"e": 1, "c": d, "d": c, "b": c * 1 + d * a, "a": d * b}
frames += [("8 · read c: 4·3 to a, 4·2 more to b", "abcde", bars_8, "c")]
fig, axes = plt.subplots(4, 2, figsize=(10, 9), layout="constrained")
for ax, (title, written, bars, reading) in zip(axes.T.flat, frames):
    draw_arrows(ax, written, reading)
    draw_boxes(ax, written, bars, reading)
    ax.set(xlim=(-0.4, 2.4), ylim=(-1.6, 1.3), title=title)
    ax.axis("off")
fig.suptitle("The tape is written from left to right and read back: one reading gives 12 and 14")
plt.show()

# %% [markdown]
# *Figure: eight frames, each with the graph of the program above and the tape, five boxes in a row, below. The left
# column, frames 1 to 4, fills the boxes a = 2, b = 3, c = 6, d = 4, e = 24 and labels each arrow with its local partial.
# The right column, frames 5 to 8, writes cotangents under the boxes from right to left: e 1; c 4 and d 6; b 6; at last
# a 12 and b 6 + 8 = 14.*
#
# A cotangent has a meaning that you can test. $\bar c = 4$ says: whoever adds a little to $c$, after it was computed and
# whatever the reason, moves $e$ by 4 times as much. So nudge each value in turn, let the rest of the program run on, and
# watch $e$:


# %% id="nudge"
def e_nudged(name, by):  # e, with `by` added to the value `name` as soon as it is there
    nudge = {other: by * (other == name) for other in "abcde"}
    a_now, b_now = 2.0 + nudge["a"], 3.0 + nudge["b"]
    c_now = a_now * b_now + nudge["c"]
    d_now = b_now + 1 + nudge["d"]
    return c_now * d_now + nudge["e"]


# %% tags=["figure"] id="figure-meaning"
moves = [(e_nudged(name, 1e-6) - e_nudged(name, 0)) / 1e-6 for name in "abcde"]
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
ax.bar(range(5), moves, color=BLUE, width=0.5, label="e moves by, per unit of the nudge")
ax.plot(range(5), [12, 14, 4, 6, 1], "D", color=VERMILION, ms=9, label="cotangent on the tape")
ax.set(xticks=range(5), xticklabels=["a", "b", "c", "d", "e"], xlabel="nudged value", ylabel="slope")
ax.set_title("A cotangent is the slope of e for a nudge at that place")
ax.legend(loc="upper right")
plt.show()

# %% [markdown]
# *Figure: five bars, the measured slopes of e for a nudge of a, b, c, d and e: 12, 14, 4, 6 and 1. A diamond for the cotangent
# on the tape sits on the top of each.*
#
# Forward mode finds the same 12 and 14, in another way: it carries tangents along with the values, and needs one walk
# for each input. Multiplying local partials from $e$ back to the inputs, as above, is **reverse mode**: one walk for all.
# On three products that makes no difference yet; section 6 measures where the two part.

# %% tags=["figure"] id="figure-forward"
walks = {"forward, from a": [1, 0, b, 0, d * b], "forward, from b": [0, 1, a, 1, d * a + c]}
walks["reverse, from e"] = [d * b, d * a + c, d, c, 1]
fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
ax.imshow([[0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [1, 1, 0, 0, 0]], cmap="Blues", vmax=3, aspect="auto")
for (row, column), entry in np.ndenumerate(list(walks.values())):
    ax.text(column, row, f"{entry:g}", ha="center", va="center")
ax.set(xticks=range(5), xticklabels=["a", "b", "c", "d", "e"], yticks=range(3), yticklabels=walks)
ax.set_title("Forward, 12 and 14 come out of two walks; in reverse, of one (tinted)")
ax.grid(False)
plt.show()

# %% [markdown]
# *Figure: a table of three walks over a, b, c, d, e. Tangents seeded at a: 1, 0, 3, 0, 12. Seeded at b: 0, 1, 2, 1, 14.
# Cotangents from e: 12, 14, 4, 6, 1. Tinted are 12 and 14: under e in the first two rows, under a and b in the third.*

# %% [markdown] id="exercise-4.1"
# ## 2 · An engine for numbers
#
# ### 4.1 Nodes that remember
#
# ●○○ easy · about 15 minutes · 4 points
#
# A `Node` holds a `value` and its `edges`: a pair (operand, local partial) for each operand. Addition is done for you.
# Write the other operations, then the walk back along a **chain**, where every node has at most one operand:
#
# $$x \to v_1 \to \dots \to y: \qquad \frac{dy}{dx} = \frac{dv_1}{dx}\cdot\frac{dv_2}{dv_1}\cdots\frac{dy}{dv_{k-1}}$$

# %% tags=["figure"] id="figure-node"
fig, ax = plt.subplots(figsize=(8, 2.2), layout="constrained")
spots = {"x\nvalue 2.0": (0, 0.5), "3\nvalue 3.0": (0, -0.5), "y\nvalue 5.0, two edges": (2, 0)}
for name, place in spots.items():
    ax.text(*place, name, ha="center", va="center", bbox={"boxstyle": "round", "fc": "w", "ec": "0.4"})
for side in (0.5, -0.5):
    ax.annotate("", (0.2, side), (1.68, 0.15 * side), arrowprops={"arrowstyle": "-|>", "color": BLUE})
    ax.text(0.94, 0.575 * side, "partial 1.0", ha="center", va="center", bbox={"fc": "w", "ec": "none"})
ax.set(xlim=(-0.6, 2.6), ylim=(-0.9, 0.9), title="y = x + 3: the result knows its operands")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: three boxes. From y, value 5.0, two arrows lead to its operands: x, value 2.0, and a node for the number 3. Each arrow
# carries the partial 1.0. The operands have no edges.*


# %% role="locked" id="as-node"
def as_node(x):
    """A plain number becomes a node without operands; a node stays as it is."""
    return x if isinstance(x, Node) else Node(x)


# %% role="answer" id="answer-4.1-a"
class Node:
    """A number that remembers how it was made.

    value: a float. edges: one pair (operand, local partial derivative) for each time an operand is used.
    """

    def __init__(self, value, edges=()):
        self.value, self.edges = float(value), edges

    def __add__(self, other):
        other = as_node(other)
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = as_node(other)
        ### BEGIN SOLUTION
        return Node(self.value - other.value, ((self, 1.0), (other, -1.0)))
        ### END SOLUTION

    def __mul__(self, other):
        other = as_node(other)
        ### BEGIN SOLUTION
        return Node(self.value * other.value, ((self, other.value), (other, self.value)))
        ### END SOLUTION

    def __truediv__(self, other):
        other = as_node(other)
        ### BEGIN SOLUTION
        ratio = self.value / other.value
        return Node(ratio, ((self, 1 / other.value), (other, -ratio / other.value)))
        ### END SOLUTION

    def __pow__(self, power):  # power: a plain number
        ### BEGIN SOLUTION
        return Node(self.value**power, ((self, power * self.value ** (power - 1)),))
        ### END SOLUTION

    __radd__, __rmul__ = __add__, __mul__  # 2 + node, 2 * node
    __rsub__ = lambda self, other: as_node(other) - self
    __rtruediv__ = lambda self, other: as_node(other) / self


# %% role="answer" id="answer-4.1-b"
def exp(node):
    """e to the node's value, as a Node."""
    ### BEGIN SOLUTION
    result = math.exp(node.value)
    return Node(result, ((node, result),))  # exp is its own derivative
    ### END SOLUTION


def log(node):
    """The natural logarithm of the node's value, as a Node."""
    ### BEGIN SOLUTION
    return Node(math.log(node.value), ((node, 1 / node.value),))
    ### END SOLUTION


def tanh(node):
    """The hyperbolic tangent of the node's value, as a Node."""
    ### BEGIN SOLUTION
    result = math.tanh(node.value)
    return Node(result, ((node, 1 - result**2),))
    ### END SOLUTION


# %% role="answer" id="answer-4.1-c"
def chain_derivative(output):
    """The derivative of `output`, the end of a chain, by the chain's first node: a float."""
    ### BEGIN SOLUTION
    derivative, node = 1.0, output  # the derivative of the output with respect to itself
    while node.edges:
        ((node, partial),) = node.edges
        derivative *= partial
    return derivative
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Each operation returns a new `Node`: first its value, then a tuple of pairs. The partials are plain numbers, computed
# from the operands' *values* at the time of the operation.
#
# <details><summary>Hint 2: the equations</summary>
#
# $\partial(u/v)/\partial u = 1/v$, $\;\partial(u/v)/\partial v = -u/v^2$, $\;(u^p)' = p\,u^{p-1}$,
# $\;(\ln u)' = 1/u$, $\;\tanh' = 1-\tanh^2$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# An operation is one `return Node(…, ((self, …), (other, …)))`. The chain is a `while` loop that multiplies and steps to
# the operand until `edges` is empty.
#
# </details></details></details>

# %% role="check" id="check-4.1" points=4
check("4.1")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_nodes import judge_nodes

award("4.1", judge_nodes(submission, challenge_seed("4.1", "operands")), points=4)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# The node stores *numbers*, not formulas: the partial of $u\cdot v$ with respect to $u$ is the value that $v$ has now. That is
# what makes it automatic rather than symbolic. Along a chain, the running product is the cotangent of the node that the
# walk has reached:

# %% tags=["figure"] id="figure-chain"
xs = [0.5]
for f in (math.exp, math.tanh, lambda v: v**3, math.log):
    xs.append(f(xs[-1]))
partials = [math.exp(xs[0]), 1 - xs[2] ** 2, 3 * xs[2] ** 2, 1 / xs[3]]
cotangents = [math.prod(partials[i:]) for i in range(5)]
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(range(5), xs, "o-", color=BLUE, label="value, written from left to right")
ax.plot(range(5), cotangents, "s--", color=VERMILION, label="cotangent, read from right to left")
ax.set(xticks=range(5), xticklabels=["x", "exp", "tanh", "cube", "log"], ylabel="number", xlabel="node")
ax.set_title("Each node of a chain has a value and a cotangent; the last cotangent is 1")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: a chain of five nodes, x = 0.5 then exp, tanh, cube, log. A solid line shows the values, a dashed line with
# squares the cotangents: 1 at the right end, and at the left end the derivative of the whole chain.*
#
# “The derivative of a product is the other operand, that of an addition is 1”: this holds for each *edge*. When both
# operands are the same node there are two edges, and both count: $x\cdot x$ gives $2x$, and $x + x$ gives 2.

# %% tags=["figure"] id="figure-product"
five = Node(5.0)
fig, axes = plt.subplots(1, 2, figsize=(9, 1.9), layout="constrained")
for ax, text, result in zip(axes, ["x · x", "x + x"], [five * five, five + five]):
    found = [partial for _, partial in result.edges] if result is not None else []
    for partial, side in zip(found, (1, -1)):
        look = {"arrowstyle": "-|>", "connectionstyle": f"arc3,rad={0.3 * side}", "color": "0.4"}
        ax.annotate("", (0.06, 0.15 * side), (0.9, 0.15 * side), arrowprops=look)
        box = {"fc": "w", "ec": "none", "pad": 2}
        ax.text(0.5, 0.6 * side, f"partial {partial:g}", ha="center", va="center", bbox=box)
    for place, name in enumerate(["x = 5", text]):
        ax.text(place, 0, name, ha="center", va="center", bbox={"boxstyle": "round", "fc": "w"})
    ax.set(xlim=(-0.2, 1.2), ylim=(-0.9, 0.9))
    ax.set_title(f"{text}: together {sum(found):g}" if found else f"{text}: not written yet")
    ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: twice a node x = 5 with two arrows that come back to it from one result. For x · x each arrow carries the partial 5,
# together 10; for x + x each carries 1, together 2.*

# %% [markdown] id="exercise-4.2"
# ### 4.2 Fan-out: what a node hears is added
#
# ●●○ medium · about 10 minutes · 3 points
#
# A value that several operations read **fans out**. A small change of it reaches the output along every path, and the
# effects add up. So the cotangent of $v$ collects one term from each edge that ends in $v$:
#
# $$\bar v = \sum_{w \text{ reads } v} \bar w\,\frac{\partial w}{\partial v}, \qquad \bar e = 1$$

# %% tags=["figure"] id="figure-paths"
paths = {"b → c → e": a * d, "b → d → e": 1 * c}
nudge = 1e-6
slope = (a * (b + nudge) * (b + nudge + 1) - a * b * (b + 1)) / nudge
fig, ax = plt.subplots(figsize=(10, 2.2), layout="constrained")
left = 0
for (path, share), hatch, colour in zip(paths.items(), ["", "//"], [BLUE, ORANGE]):
    ax.barh(0, share, left=left, color=colour, hatch=hatch, ec="w", label=f"{path}: {share:g}")
    left += share
ax.barh(1, slope, color="0.6", label=f"nudge b and watch e: {slope:.0f}")
ax.set(yticks=[0, 1], yticklabels=["paths added", "measured"], xlabel="change of e for a change of b")
ax.set_title("One path alone explains only a part of the slope; the sum of both is the derivative")
ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
plt.show()

# %% [markdown]
# *Figure: two horizontal bars of the same length, 14. The lower one is made of two parts, 8 from the path b, c, e and 6,
# hatched, from the path b, d, e. The upper one is the slope measured by nudging b.*
#
# Write `gradients(order)`. The list `order` begins with the output, and **every node stands before its operands**: when a
# node's turn comes, all who read it have already been dealt with, so its cotangent is complete.


# %% role="answer" id="answer-4.2"
def gradients(order):
    """The derivative of order[0] by every node of the list `order`: {node: float}."""
    ### BEGIN SOLUTION
    grad = dict.fromkeys(order, 0.0)
    grad[order[0]] = 1.0
    for node in order:
        for operand, partial in node.edges:
            grad[operand] += partial * grad[node]  # added: the operand may have other readers
    return grad
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Everybody starts with 0, the output with 1. Go through the list once. Each node gives to its operands.
#
# <details><summary>Hint 2: the equation</summary>
#
# For each edge $(v, p)$ of node $w$: $\;\bar v \leftarrow \bar v + p\,\bar w$.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# A dictionary with nodes as keys; two nested loops, over `order` and over `node.edges`; one augmented assignment.
#
# </details></details></details>

# %% role="check" id="check-4.2" points=3
check("4.2")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_nodes import judge_fan_out

award("4.2", judge_fan_out(submission, challenge_seed("4.2", "graphs"), nodes=17), points=3)
### END HIDDEN TESTS

# %% id="try-gradients"
a_, b_ = Node(2.0), Node(3.0)
c_, d_ = a_ * b_, b_ + 1
e_ = c_ * d_ if c_ is not None else None
order = [e_, d_, c_, d_.edges[1][0], b_, a_]  # d's second operand, the number 1, is a node as well
if e_ is not None and gradients(order) is not None:
    grad = gradients(order)
    print(f"de/da = {grad[a_]:g}, de/db = {grad[b_]:g}, de/dc = {grad[c_]:g}, de/dd = {grad[d_]:g}")

# %% [markdown]
# ### What just happened
#
# With `+=` you summed over **all paths** without listing them. Between $b$ and $e$ there are two paths; in a ladder of 50
# diamonds there are $2^{50}$, but only 200 edges, and each edge is used once. Replace `+=` by `=` and the last reader wins:
# every test on a chain still passes. That is why every test of an engine must use some value twice.

# %% tags=["figure"] id="figure-assign"
shares = [0, c * 1, d * a]  # b's cotangent at first; what d hands to b; what c hands to b
moments = ["at first", "d has reported", "c has reported"]
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
ax.plot(moments, np.cumsum(shares), "o-", color=BLUE, label=f"+= ends at {sum(shares):g}: right")
ax.plot(moments, shares, "s--", color=VERMILION, label=f"= ends at {shares[-1]:g}: last report alone")
ax.set(xlabel="moment of the walk back", ylabel="cotangent of b", yticks=[0, 6, 8, 14])
ax.set_title("b has two readers: = forgets the first")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the cotangent of b during the walk back through e = (a·b)(b+1). With += it goes from 0 to 6 to 14; with =, dashed, from
# 0 to 6 to 8.*

# %% [markdown] id="exercise-4.3"
# ### 4.3 Who goes first? An order without recursion
#
# ●●○ medium · about 20 minutes · 4 points
#
# Now find that order. `backward_order(output)` returns the list of all nodes that `output` depends on: `output` first, each
# node **once**, and each before its operands. This is a *topological order*, read from the output.
#
# Textbooks write a recursive depth-first search. Python gives up after 1,000 nested calls, and a loop of 1,000 training
# steps is a longer chain than that. So: no recursion, and time proportional to the number of edges.

# %% tags=["figure"] id="figure-order"
places = {"y": (3, 0.5), "v": (2, 1), "u": (1, 1), "x": (0, 0.5)}
links = [("x", "u"), ("u", "v"), ("v", "y"), ("x", "y")]
orders = {"nearest first, y x v u: wrong": "yxvu", "readers first, y v u x: right": "yvux"}
fig, axes = plt.subplots(1, 2, figsize=(11, 2.6), layout="constrained")
for ax, (title, order) in zip(axes, orders.items()):
    for tail, head in links:
        look = {"arrowstyle": "-|>", "color": "0.4", "shrinkA": 17, "shrinkB": 17}
        if order.index(tail) < order.index(head):  # what head hands on comes after tail's turn
            look |= {"color": VERMILION, "lw": 2.4, "ls": "--"}
            ax.text(0.3, 0.85, "too late", color=VERMILION, ha="right")
        ax.annotate("", places[head], places[tail], arrowprops=look)
    for name, place in places.items():
        label = f"{name}\nno. {order.index(name) + 1}"
        box = {"boxstyle": "round", "fc": "w", "ec": "0.4"}
        ax.text(*place, label, ha="center", va="center", bbox=box)
    ax.set(xlim=(-0.5, 3.5), ylim=(0.2, 1.3), title=title)
    ax.axis("off")
fig.suptitle("A shortcut breaks the order “nearest first”: x has its turn before u has reported")
plt.show()

# %% [markdown]
# *Figure: twice the same graph, a chain x, u, v, y with a shortcut from x to y. On the left nodes are numbered by
# distance from y: x is number 2, before v and u; the arrow from x to u is dashed and marked “too late”. On the
# right: y, v, u, x.*


# %% role="answer" id="answer-4.3"
def backward_order(output):
    """A list of the nodes that `output` depends on, itself first, each once and before its operands."""
    ### BEGIN SOLUTION
    readers, found = {output: 0}, [output]
    for node in found:  # the list grows while we walk it
        for operand, _ in node.edges:
            if operand not in readers:
                found.append(operand)
            readers[operand] = readers.get(operand, 0) + 1
    order = [output]
    for node in order:
        for operand, _ in node.edges:
            readers[operand] -= 1
            if readers[operand] == 0:  # all who read it stand in the order already
                order.append(operand)
    return order
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# A node is ready when all its readers have been dealt with. Count the readers first; then count down.
#
# <details><summary>Hint 2: two walks</summary>
#
# Walk 1 meets every node once and counts, for each, the edges that end in it. Walk 2 starts from the output; whenever a node
# is appended to the order, each of its edges takes 1 from its operand's count. A count of 0 means ready.
# ([Kahn, 1962](https://doi.org/10.1145/368996.369025))
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `for node in found:` may go over a list that grows while you walk it. Keep the counts in a dictionary; looking up a node
# there takes the same time however many there are, unlike `node in some_list`.
#
# </details></details></details>

# %% role="check" id="check-4.3" points=4
check("4.3")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_nodes import judge_order

award("4.3", judge_order(submission, challenge_seed("4.3", "graphs"), nodes=23, chain=4_000, rungs=50), points=4)
### END HIDDEN TESTS

# %% id="try-long-chain" tags=["nbval-ignore-output"]
y = x = Node(0.5)
for _ in range(steps(200_000, 2_000)):
    y = y + 1e-5
if backward_order(y) is not None and gradients(backward_order(y)) is not None:
    print(f"{len(backward_order(y)):,} nodes in order, dy/dx = {gradients(backward_order(y))[x]:g}")

# %% [markdown]
# ### What just happened
#
# You have a complete scalar engine: record, order, accumulate. If you counted readers down, your walk over the graph with the
# shortcut looked like this. A node has its turn when nobody is left who has yet to report to it:

# %% tags=["figure"] id="figure-countdown"
turns = {"readers": [0, 1, 1, 2], "after y": [None, 0, 1, 1], "after v": [None, None, 0, 1]}
turns["after u"] = [None, None, None, 0]
fig, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
for row, (moment, left_over) in enumerate(turns.items()):
    ax.text(-0.7, -row, moment, ha="right", va="center")
    for column, count in enumerate(left_over):
        text = "done" if count is None else f"{count}, ready" if count == 0 else f"{count}"
        look = {"fc": "#FFF3D6", "ec": VERMILION, "lw": 2} if count == 0 else {"fc": "w", "ec": "0.7"}
        shade = "0.6" if count is None else "0"
        ax.text(column, -row, text, ha="center", va="center", bbox=look, color=shade)
for column, name in enumerate("yvux"):
    ax.text(column, 0.8, name, ha="center", fontweight="bold")
ax.set(xlim=(-1.7, 3.6), ylim=(-3.6, 1.3))
ax.set_title("x waits for both of its readers: a shortcut cannot overtake")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: a table of readers that have yet to report, for y, v, u and x. At first 0, 1, 1, 2; after y's turn v is at 0 and x at
# 1; after v's turn u is at 0; after u's turn x is at 0. Counts of 0 are framed and marked as ready.*
#
# Why insist on linear time? A search that forgets what it has seen walks every *path* of a ladder of diamonds, and their
# number doubles with each rung.

# %% tags=["figure"] id="figure-ladder"
rungs = np.arange(1, 31)
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.semilogy(rungs, 2.0**rungs, "o--", color=VERMILION, ms=4, label="paths: a search without memory")
ax.semilogy(rungs, 4.0 * rungs, "s-", color=BLUE, ms=4, label="edges: each used once")
ax.set(xlabel="diamonds in a row", ylabel="steps of the walk")
ax.set_title("30 diamonds: a billion paths, 120 edges")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: number of steps on a logarithmic axis against diamonds in a row, 1 to 30. The dashed line of paths doubles at
# each diamond up to a billion; the solid line of edges stays near a hundred.*

# %% [markdown]
# ## 3 · An engine for arrays
#
# One node a number is slow: micrograd-like engines spend a microsecond of bookkeeping on a nanosecond of arithmetic. So let a
# node hold a whole array. The local derivative of an array operation is a matrix, its Jacobian $J$, far too large to store.
# But the walk back never needs $J$; it needs the product
#
# $$\bar x = \bar y^{\mathsf T} J \qquad\text{(a vector–Jacobian product, \textbf{vjp})}$$
#
# So an edge no longer carries a number to multiply by; it carries a **function** from the cotangent of the result to the
# operand's share.
#
# Why begin at the output? The derivative of a chain is a product of Jacobians, $J_3 J_2 J_1$, and you may multiply from either
# end. At the end of a *loss* stands a single row:

# %% tags=["figure"] id="figure-brackets"
sizes_of_J = [(1, 64), (64, 64), (64, 1000)]  # of J3, J2, J1: 1000 inputs, two layers of 64, one loss
from_left = 1 * 64 * 64 + 1 * 64 * 1000
from_right = 64 * 64 * 1000 + 1 * 64 * 1000
fig, axes = plt.subplots(1, 2, figsize=(11, 2.2), layout="constrained")
orders = {f"from the loss: {from_left:,} products": [0, 1]}
orders[f"from the inputs: {from_right:,} products"] = [1, 2]
for ax, (title, first) in zip(axes, orders.items()):
    left = 0.0
    for k, (m, n) in enumerate(sizes_of_J):
        width, height = n**0.5, max(m**0.5, 1.5)
        look = {"fc": ORANGE, "hatch": "//"} if k in first else {"fc": "0.9"}
        ax.add_patch(plt.Rectangle((left, -height / 2), width, height, ec="0.2", **look))
        ax.text(left + width / 2, 5.5, f"$J_{3 - k}$: {m}×{n}", ha="center")
        left += width + 5
    ax.set(xlim=(-2, left), ylim=(-5, 8), title=title)
    ax.axis("off")
fig.suptitle("The hatched pair is multiplied first: a row stays a row, two matrices stay a matrix")
plt.show()

# %% [markdown]
# *Figure: twice the three Jacobians of a chain as rectangles, 1×64, 64×64 and 64×1000. On the left the row and the first matrix
# are hatched: 68,096 products in all. On the right the two matrices are: 4,160,000.*
#
# From the loss, every step is a row times a matrix: a vjp. From the inputs, every step is a matrix times a matrix, one column for
# each input. On the way you never need a matrix at all; here is the class whose edges know that.


# %% role="locked" id="engine-tensor"
class Tensor:
    """A numpy array that remembers how it was made.

    data: the array, of a float dtype. requires_grad: whether derivatives with respect to it are wanted.
    edges: one pair (operand, vjp) for each operand that requires them. vjp maps the cotangent of this
    tensor to its share of the operand's cotangent, an array of the operand's shape and dtype.
    grad: for a tensor without operands (a leaf), the array that backward has added up.
    """

    __array_ufunc__ = None  # numpy leaves `array * tensor` to us

    def __init__(self, data, requires_grad=False):
        self.data = np.asarray(data)
        if self.data.dtype.kind != "f":
            self.data = self.data.astype(float)
        self.requires_grad = requires_grad
        self.edges, self.freed, self.grad = (), False, None

    __add__ = __radd__ = lambda a, b: add(a, b)
    __mul__ = __rmul__ = lambda a, b: mul(a, b)
    __sub__, __rsub__ = lambda a, b: sub(a, b), lambda a, b: sub(b, a)
    __truediv__, __rtruediv__ = lambda a, b: div(a, b), lambda a, b: div(b, a)
    __pow__ = lambda a, power_: power(a, power_)
    __neg__ = lambda a: mul(a, -1.0)
    __matmul__, __rmatmul__ = lambda a, b: matmul(a, b), lambda a, b: matmul(b, a)
    __getitem__ = lambda a, index: gather(a, index)
    T = property(lambda a: transpose(a))


# %% role="locked" id="engine-record"
tape = {"recording": True}


def value(x):
    """The array of a Tensor; an array or a number as it is."""
    return x.data if isinstance(x, Tensor) else x


def record(data, *edges):
    """A Tensor for `data`; it keeps those `edges` (operand, vjp) whose operand requires derivatives."""
    result = Tensor(data)
    if tape["recording"]:
        result.edges = [edge for edge in edges if isinstance(edge[0], Tensor) and edge[0].requires_grad]
        result.requires_grad = bool(result.edges)
    return result


# %% [markdown]
# Three things to know. An operand that is a plain array or number is a constant and gets no edge. The operators call functions
# `add`, `mul`, … which you are about to write. And you will test each operation alone, by handing its vjp a random cotangent,
# before a whole program is ever walked.

# %% [markdown] id="exercise-4.4"
# ### 4.4 Elementwise operations, and the reverse of broadcasting
#
# ●●○ medium · about 25 minutes · 6 points
#
# Numpy stretches operands of different shapes to a common one: a **broadcast** copies. Copies are readers, and what a value
# hears from its readers is added. So the reverse of a broadcast is a **sum over the copies**:
#
# $$\underset{(3,\,4)}{Y} = \underset{(3,\,1)}{u} + \underset{(4,)}{v}: \qquad \bar u_i = \sum_j \bar Y_{ij}, \quad
# \bar v_j = \sum_i \bar Y_{ij}$$

# %% tags=["figure"] id="figure-broadcast"
g_demo = np.arange(12.0).reshape(3, 4) % 5
panels = [("cotangent of Y\n(3, 4)", g_demo)]
panels += [("share of u: the sum of each row\n(3, 1)", g_demo.sum(1, keepdims=True))]
panels += [("share of v: the sum of each column\n(4,)", g_demo.sum(0)[None])]
fig, axes = plt.subplots(1, 3, figsize=(10, 3), layout="constrained", width_ratios=[4, 3, 4])
for ax, (title, array) in zip(axes, panels):
    ax.imshow(array, vmin=0, vmax=10, cmap="Blues")
    for (i, j), entry in np.ndenumerate(array):
        ax.text(j, i, f"{entry:g}", ha="center", va="center", bbox={"fc": "w", "ec": "none", "pad": 1})
    ax.set(title=title, xticks=[], yticks=[])
    ax.grid(False)
fig.suptitle("A broadcast forward is a sum backward, over the axes that were stretched")
plt.show()

# %% [markdown]
# *Figure: a 3 by 4 table of a cotangent; beside it its row sums, a column of three numbers, which is the share of u; and
# its column sums, a row of four numbers, which is the share of v.*
#
# Write `unbroadcast(g, x)` first. It takes a cotangent `g` and the array `x` that was broadcast to `g`'s shape, and returns an
# array with the **shape and dtype of x**. Two cases: axes that numpy put *in front*, and axes of *size 1* that were stretched.
# The dtype matters too: float32 times float64 is float64, but the cotangent of a float32 array is float32.


# %% role="answer" id="answer-4.4-a"
def unbroadcast(g, x):
    """`g` summed over the axes along which `x` was broadcast to g's shape; with x's shape and dtype."""
    ### BEGIN SOLUTION
    while g.ndim > x.ndim:  # axes that numpy put in front
        g = g.sum(0)
    for axis, size in enumerate(x.shape):
        if size != g.shape[axis]:  # an axis of size 1 that was stretched
            g = g.sum(axis, keepdims=True)
    return g.astype(x.dtype, copy=False)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# First bring the number of axes down, by summing over axis 0. Then compare sizes, axis by axis.
#
# <details><summary>Hint 2: an example in shapes</summary>
#
# `g` (5, 3, 4) and `x` (3, 1): sum over axis 0 gives (3, 4); sum over axis 1 with `keepdims` gives (3, 1).
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `while g.ndim > …`, then `for axis, size in enumerate(x.shape)`, and `astype` at the end.
#
# </details></details></details>

# %% [markdown]
# Now the operations. Addition and subtraction show the pattern of all of them: *the value; then for each operand, itself and its vjp*.
# `x` and `y` are arrays (or numbers), `a` and `b` may be tensors.


# %% role="locked" id="engine-add"
def add(a, b):
    """a + b, entry by entry, with broadcasting."""
    x, y = value(a), value(b)
    return record(x + y, (a, lambda g: unbroadcast(g, x)), (b, lambda g: unbroadcast(g, y)))


# %% role="answer" id="answer-4.4-b"
def sub(a, b):
    """a - b, entry by entry, with broadcasting."""
    x, y = value(a), value(b)
    return record(x - y, (a, lambda g: unbroadcast(g, x)), (b, lambda g: unbroadcast(-g, y)))


def mul(a, b):
    """a * b, entry by entry, with broadcasting."""
    ### BEGIN SOLUTION
    x, y = value(a), value(b)
    return record(x * y, (a, lambda g: unbroadcast(g * y, x)), (b, lambda g: unbroadcast(g * x, y)))
    ### END SOLUTION


def div(a, b):
    """a / b, entry by entry, with broadcasting."""
    ### BEGIN SOLUTION
    x, y = value(a), value(b)
    return record(x / y, (a, lambda g: unbroadcast(g / y, x)), (b, lambda g: unbroadcast(-g * x / y**2, y)))
    ### END SOLUTION


# %% [markdown]
# The others have one operand, a Tensor `a`. For `exp`, `log` and `tanh` these functions replace those of section 2, which were
# for nodes. At 0, where `relu` has a kink, return the slope 0: a convention, the one that torch has.


# %% role="answer" id="answer-4.4-c"
def power(a, p):
    """a ** p, entry by entry; p is a plain number."""
    ### BEGIN SOLUTION
    x = a.data
    return record(x**p, (a, lambda g: g * p * x ** (p - 1)))
    ### END SOLUTION


def exp(a):
    """e ** a, entry by entry."""
    ### BEGIN SOLUTION
    y = np.exp(a.data)
    return record(y, (a, lambda g: g * y))
    ### END SOLUTION


def log(a):
    """The natural logarithm of a, entry by entry."""
    ### BEGIN SOLUTION
    return record(np.log(a.data), (a, lambda g: g / a.data))
    ### END SOLUTION


# %% role="answer" id="answer-4.4-d"
def tanh(a):
    """tanh a, entry by entry."""
    ### BEGIN SOLUTION
    y = np.tanh(a.data)
    return record(y, (a, lambda g: g * (1 - y * y)))
    ### END SOLUTION


def relu(a):
    """max(a, 0), entry by entry; slope 0 at 0."""
    ### BEGIN SOLUTION
    return record(np.maximum(a.data, 0), (a, lambda g: g * (a.data > 0)))
    ### END SOLUTION


# %% role="check" id="check-4.4" points=6
check("4.4")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_operations import judge_elementwise

award("4.4", judge_elementwise(submission, challenge_seed("4.4", "arrays"), rows=5, columns=2), points=6)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# Every vjp here is linear in $g$ and touches each entry once: multiplying by a diagonal Jacobian without ever building it.
# What a vjp needs from the forward pass it keeps in its closure: `exp` and `tanh` keep their *output*, `log` its input. That is
# all the memory of the tape. No vjp mentions the result *tensor*, so there is no reference cycle, and a tape is freed as soon as
# nobody holds its last node.

# %% tags=["figure"] id="figure-elementwise"
ts = np.linspace(-2.5, 2.5, 201)
positive = np.where(ts > 0.05, ts, np.nan)
curves = {"exp": (np.exp(ts), np.exp(ts)), "log": (np.log(positive), 1 / positive)}
curves |= {"tanh": (np.tanh(ts), 1 - np.tanh(ts) ** 2), "relu": (np.maximum(ts, 0), (ts > 0) * 1.0)}
fig, axes = plt.subplots(1, 4, figsize=(12, 2.8), layout="constrained")
for ax, (name, (y_curve, slope_curve)) in zip(axes, curves.items()):
    ax.plot(ts, y_curve, color=BLUE, label="value")
    ax.plot(ts, slope_curve, "--", color=VERMILION, label="local slope")
    ax.set(title=name, xlabel="input", xlim=(-2.5, 2.5), ylim=(-3, 4))
axes[0].legend()
fig.suptitle("exp and tanh can tell their slope from their output; relu needs one bit: which side of 0")
plt.show()

# %% [markdown]
# *Figure: four small plots of exp, log, tanh and relu, solid, each with its slope, dashed. The slope of exp lies on the
# curve of exp itself; that of tanh is a bump of height 1 at 0; that of relu jumps from 0 to 1.*
#
# And `unbroadcast` reads numpy's rule backwards. Numpy aligns shapes at the right; so for a cotangent of shape (5, 3, 4) and an
# operand x of another shape:

# %% tags=["figure"] id="figure-aligned"
full, shapes = (5, 3, 4), [(5, 3, 4), (3, 4), (3, 1), (4,), ()]
padded = np.array([(0,) * (3 - len(shape)) + shape for shape in shapes])  # 0: x has no such axis
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.imshow(padded != full, cmap="Blues", vmax=3, aspect="auto")
for (row, axis), size in np.ndenumerate(padded):
    words = {full[axis]: "kept", 1: "summed to size 1", 0: "summed away"}
    ax.text(axis, row, words[size], ha="center", va="center")
ax.set(xticks=range(3), xticklabels=[f"axis {axis}: {size}" for axis, size in enumerate(full)])
ax.set(yticks=range(5), yticklabels=shapes, ylabel="shape of x")
ax.set_title("A missing axis is summed away, a stretched one to size 1")
ax.grid(False)
plt.show()

# %% [markdown]
# *Figure: a table with a row for each shape of x and a column for each axis of the cotangent. (5, 3, 4): all kept. (3, 4): axis 0
# summed away. (3, 1): axis 0 summed away, axis 2 summed to size 1. (4,): axes 0 and 1 summed away. (): all summed away.*

# %% [markdown] id="exercise-4.5"
# ### 4.5 Products, reductions, shapes
#
# ●●● hard · about 30 minutes · 6 points
#
# With $\bar Y$ given, write the products by indices: $Y_{ij} = \sum_k A_{ik}B_{kj}$, so $\bar A_{ik} = \sum_j \bar Y_{ij} B_{kj}$ and
# $\bar B_{kj} = \sum_i A_{ik}\bar Y_{ij}$.
#
# $$\underset{(n,\,k)}{\bar A} = \underset{(n,\,m)}{\bar Y}\;\underset{(m,\,k)}{B^{\mathsf T}} \qquad\qquad
# \underset{(k,\,m)}{\bar B} = \underset{(k,\,n)}{A^{\mathsf T}}\;\underset{(n,\,m)}{\bar Y}$$
#
# Operands have two axes or more; numpy's `@` multiplies the last two and broadcasts those in front, so `unbroadcast` is needed
# here too. `linear` does $xW + b$ as one operation: one entry on the tape in place of two.

# %% tags=["figure"] id="figure-dominoes"
size = {"n": 2, "k": 5, "m": 3}
products = {
    "Y = A B": [("A", "n", "k"), ("B", "k", "m"), ("Y", "n", "m")],
    "cotangent of A": [("Ȳ", "n", "m"), ("Bᵀ", "m", "k"), ("Ā", "n", "k")],
    "cotangent of B": [("Aᵀ", "k", "n"), ("Ȳ", "n", "m"), ("B̄", "k", "m")],
}
fig, axes = plt.subplots(1, 3, figsize=(12, 2.4), layout="constrained")
for ax, (title, row) in zip(axes, products.items()):
    left = 0
    for (name, up, across), sign in zip(row, ["·", "=", ""]):
        width, height = size[across], size[up]
        ax.add_patch(plt.Rectangle((left, -height / 2), width, height, fc="#FFF3D6", ec="0.3"))
        ax.text(left + width / 2, 0, f"{name}\n{up}×{across}", ha="center", va="center")
        ax.text(left + width + 0.6, 0, sign, ha="center", va="center", fontsize=16)
        left += width + 1.2
    ax.set(xlim=(left / 2 - 8.6, left / 2 + 7.4), ylim=(-2.8, 2.8), title=title, aspect="equal")
    ax.axis("off")
fig.suptitle("Neighbours share a size; where n = k = m the shapes say nothing, and only the indices do")
plt.show()

# %% [markdown]
# *Figure: three products as rectangles. A, n×k, times B, k×m, gives Y, n×m. The cotangent of Y, n×m, times B transposed, m×k, gives
# that of A, n×k. A transposed, k×n, times the cotangent of Y gives that of B, k×m.*


# %% role="answer" id="answer-4.5-a"
def matmul(a, b):
    """a @ b for operands of two axes or more; axes in front of the last two are broadcast."""
    ### BEGIN SOLUTION
    x, y = value(a), value(b)
    turned = lambda z: z.swapaxes(-1, -2)  # the last two axes exchanged
    return record(x @ y, (a, lambda g: unbroadcast(g @ turned(y), x)), (b, lambda g: unbroadcast(turned(x) @ g, y)))
    ### END SOLUTION


def linear(a, weight, bias):
    """a @ weight + bias as one operation: (n, k), (k, m), (m,) -> (n, m)."""
    ### BEGIN SOLUTION
    x, w, b = value(a), value(weight), value(bias)
    edges = (a, lambda g: g @ w.T), (weight, lambda g: x.T @ g), (bias, lambda g: unbroadcast(g, b))
    return record(x @ w + b, *edges)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# `swapaxes(-1, -2)` transposes the last two axes of an array with any number of axes; `.T` turns all of them around.
#
# <details><summary>Hint 2: the bias</summary>
#
# In `linear`, `b` (m,) is broadcast along the rows. You have a function for the reverse of that.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# The same pattern as `add`: two values, one `record`, two edges, each `unbroadcast(… @ …, …)`.
#
# </details></details></details>

# %% [markdown]
# **Reductions.** `axis` is None (all axes), a number or a tuple, possibly negative; `keepdims` as in numpy. A sum forward is a
# broadcast backward: every entry that was added receives the whole cotangent. The maximum passes it to the entry that won; where
# $m$ entries tie, each receives $1/m$ of it. That is our convention, and that of `torch.amax`; `torch.max` with a dimension
# gives all of it to the first.
#
# Shares keep the operand's dtype. Mind one trap of numpy: a float32 array divided by an array of whole numbers is float64.

# %% tags=["figure"] id="figure-reductions"
x_demo = np.array([[1.0, 4.0, 2.0], [5.0, 0.0, 5.0]])
g_rows = np.array([[1.0], [2.0]])
winners = x_demo == x_demo.max(1, keepdims=True)
spread = np.broadcast_to(g_rows, (2, 3))
shares = {"x": x_demo, "sum: the whole cotangent": spread, "mean: a third of it": spread / 3}
shares["max: to the winners"] = g_rows * winners / winners.sum(1, keepdims=True)
fig, axes = plt.subplots(1, 4, figsize=(12, 2.2), layout="constrained")
for ax, (title, array) in zip(axes, shares.items()):
    ax.imshow(array, cmap="Blues", vmin=0, vmax=6)
    for (i, j), entry in np.ndenumerate(array):
        ax.text(j, i, f"{entry:.2g}", ha="center", va="center", bbox={"fc": "w", "ec": "none", "pad": 1})
    ax.set(title=title, xticks=[], yticks=[])
    ax.grid(False)
fig.suptitle("Reducing each row, with the cotangents 1 and 2: who receives what")
plt.show()

# %% [markdown]
# *Figure: four tables of 2 by 3 numbers. First x, with rows 1 4 2 and 5 0 5. Then the shares for the row cotangents 1 and 2:
# under sum every entry of the rows receives 1 and 2; under mean a third of that; under max the 4 receives 1, and the two fives
# 1 each.*


# %% role="answer" id="answer-4.5-b"
# you may write helpers here
### BEGIN SOLUTION
def restored(g, axis, keepdims):
    """`g` with the reduced axes put back, at size 1."""
    return g if keepdims or axis is None else np.expand_dims(g, axis)


### END SOLUTION
def reduce_sum(a, axis=None, keepdims=False):
    """The sum of a over `axis`."""
    ### BEGIN SOLUTION
    x = a.data
    spread = lambda g: np.broadcast_to(restored(g, axis, keepdims), x.shape)
    return record(x.sum(axis, keepdims=keepdims), (a, spread))
    ### END SOLUTION


def reduce_mean(a, axis=None, keepdims=False):
    """The mean of a over `axis`."""
    ### BEGIN SOLUTION
    total = reduce_sum(a, axis, keepdims)
    return total * (total.data.size / a.data.size)
    ### END SOLUTION


def reduce_max(a, axis=None, keepdims=False):
    """The maximum of a over `axis`; entries that tie share the cotangent equally."""
    ### BEGIN SOLUTION
    x = a.data
    winners = x == x.max(axis, keepdims=True)
    shares = winners / winners.sum(axis, keepdims=True, dtype=x.dtype)
    return record(x.max(axis, keepdims=keepdims), (a, lambda g: restored(g, axis, keepdims) * shares))
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# After a reduction without `keepdims` the axis is gone, and `g` no longer broadcasts against `x`. Put it back first.
#
# <details><summary>Hint 2: the tools</summary>
#
# `np.expand_dims(g, axis)` takes a number or a tuple, negative ones too. `np.broadcast_to(g, x.shape)` copies without memory. A
# mean is a sum times a number.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# A helper `restored(g, axis, keepdims)` for both. For the maximum, compute it once with `keepdims=True`, and compare `x` with it to
# get a mask of winners.
#
# </details></details></details>

# %% [markdown]
# **Shapes.** These two move entries around and compute nothing. Their reverse moves the cotangent's entries back. Do not take
# one for the other where their results have the same shape:

# %% tags=["figure"] id="figure-moves"
fig, axes = plt.subplots(1, 3, figsize=(9, 2.5), layout="constrained")
table = np.arange(6).reshape(2, 3)
panels = {"x": table, "x.reshape(3, 2)": table.reshape(3, 2), "x.T": table.T}
for ax, (title, moved) in zip(axes, panels.items()):
    ax.imshow(moved, cmap="Blues", vmax=10)
    for (i, j), entry in np.ndenumerate(moved):
        ax.text(j, i, entry, ha="center", va="center")
    ax.set(title=title, xticks=[], yticks=[])
fig.suptitle("reshape keeps the order of reading, row by row; a transpose does not")
plt.show()

# %% [markdown]
# *Figure: three tables. x has the rows 0 1 2 and 3 4 5. Reshaped to (3, 2) they are 0 1, 2 3 and 4 5; transposed, of the same shape,
# 0 3, 1 4 and 2 5.*


# %% role="answer" id="answer-4.5-c"
def reshape(a, shape):
    """The entries of a, in the same order, in another shape."""
    ### BEGIN SOLUTION
    return record(a.data.reshape(shape), (a, lambda g: g.reshape(a.data.shape)))
    ### END SOLUTION


def transpose(a, axes=None):
    """a with its axes in the order `axes` (a tuple), or turned around."""
    ### BEGIN SOLUTION
    back = axes and np.argsort(axes)  # the inverse permutation
    return record(a.data.transpose(axes), (a, lambda g: g.transpose(back)))
    ### END SOLUTION


# %% role="check" id="check-4.5" points=6
check("4.5")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_operations import judge_products

award("4.5", judge_products(submission, challenge_seed("4.5", "arrays"), rows=3, columns=4), points=6)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# Look at the pairs: sum and broadcast, transpose and inverse transpose, reshape and reshape. Each backward is the **transpose** of
# the forward's linear map; chapter 09 builds a whole engine on that remark. And a mean needed no rule of its own: operations that are
# made of others are differentiated for free.

# %% tags=["figure"] id="figure-transposes"
maps = [("row sums", 6, lambda x: x.reshape(2, 3).sum(1)), ("broadcast", 2, lambda g: np.repeat(g, 3))]
maps += [("transpose", 6, lambda x: x.reshape(2, 3).T), ("back again", 6, lambda g: g.reshape(3, 2).T)]
fig, axes = plt.subplots(1, 4, figsize=(12, 3), layout="constrained")
for ax, (title, n, f) in zip(axes, maps):
    matrix = np.stack([f(unit).ravel() for unit in np.eye(n)], axis=1)  # column j: where entry j goes
    ax.imshow(matrix, cmap="Blues", vmax=1.5)
    ax.set(title=title, xlabel="from", ylabel="to", xticks=range(n), yticks=range(len(matrix)))
    ax.grid(False)
fig.suptitle("A (2, 3) array as six entries: mirror an operation's matrix and you have its reverse")
plt.show()

# %% [markdown]
# *Figure: four matrices, ones dark. Row sums, 2 by 6: two runs of three ones. Broadcast, 6 by 2: the same turned over. Transpose, 6
# by 6, a permutation, and its reverse, the permutation turned over.*

# %% [markdown] id="exercise-4.6"
# ### 4.6 Gather: reading rows, some of them twice
#
# ●●○ medium · about 10 minutes · 2 points
#
# `gather(a, index)` is numpy's `x[index]`: a table looked up. As a matrix, reading rows is a product with a matrix $S$ of zeros and
# ones, $Y = S\,C$; so $\bar C = S^{\mathsf T}\bar Y$. A row that was read twice has two ones in its column of $S$, and **receives both
# cotangents, added**.

# %% tags=["figure"] id="figure-gather"
index_demo = np.array([2, 0, 2, 3])
S = (index_demo[:, None] == np.arange(5)).astype(float)
g_read = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
panels = [("S: four readings of five rows\n(4, 5)", S), ("cotangent of what was read\n(4, 2)", g_read)]
panels += [("cotangent of the table\n(5, 2)", S.T @ g_read)]
fig, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
for ax, (title, array) in zip(axes, panels):
    ax.imshow(array, cmap="Blues", vmax=1.5 * array.max())
    for (i, j), entry in np.ndenumerate(array):
        ax.text(j, i, f"{entry:g}", ha="center", va="center")
    ax.set(title=title, xticks=range(array.shape[1]), yticks=range(len(array)))
    ax.set_ylabel("reading" if len(array) == 4 else "row of the table")
    ax.grid(False)
fig.suptitle("Row 2 was read twice and receives 1 + 5 and 2 + 6; rows 1 and 4 receive 0")
plt.show()

# %% [markdown]
# *Figure: left, a 4 by 5 matrix with a single one in each row, two of them in column 2. Middle, the cotangents of the four
# readings, rows (1, 2), (3, 4), (5, 6), (7, 8). Right, the table's cotangent: row 0 (3, 4), row 2 (6, 8), row 3 (7, 8), zeros
# elsewhere.*


# %% role="answer" id="answer-4.6"
def gather(a, index):
    """a[index], for any index of numpy's: integer arrays of any shape, slices, tuples of them."""
    ### BEGIN SOLUTION
    x = a.data

    def vjp(g):
        total = np.zeros_like(x)
        np.add.at(total, index, g)  # unlike total[index] += g, it adds at every repetition
        return total

    return record(x[index], (a, vjp))
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Start from zeros of the table's shape and add each cotangent at the place that was read.
#
# <details><summary>Hint 2: the trap</summary>
#
# `total[index] += g` reads, adds, then writes back: where an index repeats, the last writing wins and the others are lost.
#
# <details><summary>Hint 3: the tool</summary>
#
# Every numpy function of two operands has an unbuffered form: look up `np.ufunc.at`.
#
# </details></details></details>

# %% role="check" id="check-4.6" points=2
check("4.6")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_operations import judge_gather

award("4.6", judge_gather(submission, challenge_seed("4.6", "indices"), rows=6, columns=3), points=2)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# Gather's reverse is called **scatter-add**. It is fan-out once more: an index that occurs twice is a value with two readers. Note
# that there is no cotangent for the index itself. Positions are integers; nothing can be nudged by a little.

# %% tags=["figure"] id="figure-counts"
rows_read, index = np.unique(list("banana"), return_inverse=True)
last, every = np.zeros(3), np.zeros(3)
last[index] += 1  # a cotangent of 1 for each letter that was read
np.add.at(every, index, 1)
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
ax.bar(rows_read, every, 0.5, color=BLUE, label="np.add.at")
ax.plot(rows_read, last, "D", color=ORANGE, mec="black", ms=9, label="total[index] += g")
ax.set(xlabel="row", ylabel="cotangent", yticks=range(4), title="With 1 a reading, the gradient counts")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: bars for the rows a, b and n of a table from which the letters of “banana” were read. With np.add.at they are 3,
# 1 and 2 high; diamonds for total[index] += g stand at 1, 1 and 1.*

# %% [markdown] id="exercise-4.7"
# ### 4.7 Log-softmax and cross-entropy, stable and in one piece
#
# ●●○ medium · about 20 minutes · 3 points
#
# $$\ell_k = z_k - \log\sum_j e^{z_j} \qquad\qquad L = -\frac1n\sum_i \ell_{i,y_i}$$
#
# Written with `exp`, `reduce_sum` and `log` this overflows. Subtracting the row's maximum $m$ changes nothing,
# since $\log\sum_j e^{z_j} = m + \log\sum_j e^{z_j-m}$, and leaves no exponent above 0.

# %% tags=["figure"] id="figure-logsumexp"
scale = np.linspace(0, 1000, 401)
z_demo = scale[:, None] * np.array([1.0, 0.5, 0.0])
with np.errstate(over="ignore", invalid="ignore"):
    naive = z_demo[:, 1] - np.log(np.exp(z_demo).sum(1))
shifted = z_demo - z_demo.max(1, keepdims=True)
stable = shifted[:, 1] - np.log(np.exp(shifted).sum(1))
last = scale[np.isfinite(naive)].max()
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(scale, stable, color=BLUE, label="maximum subtracted")
ax.plot(scale, naive, "--", color=VERMILION, lw=3, label="as written")
ax.axvline(last, color="black", ls=":")
ax.set(xlabel="scale s of the logits (s, s/2, 0)", ylabel="log-probability of class 1")
ax.set_title(f"In float64 the plain formula is −inf beyond logits of about {last:.0f}")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: log-probability against the scale of the logits, from 0 to 1000. The stable formula is a straight line down to −500; the
# plain one lies on it up to a dotted line near 708 and then stops.*
#
# Give each function a vjp of its own. For one row, with $p = \mathrm{softmax}(z)$:
#
# $$\frac{\partial \ell_k}{\partial z_j} = [j=k] - p_j \quad\Rightarrow\quad \bar z_j = \bar\ell_j - p_j\sum_k\bar\ell_k,
# \qquad\qquad \frac{\partial L}{\partial z_{ij}} = \frac{p_{ij} - [j=y_i]}{n}$$
#
# Derive both with a pencil before you type.


# %% role="answer" id="answer-4.7"
def log_softmax(a, axis=-1):
    """The logarithm of the softmax of a along `axis`, safe for large entries."""
    ### BEGIN SOLUTION
    shifted = a.data - a.data.max(axis, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))
    ### END SOLUTION


def cross_entropy(logits, targets):
    """The mean negative log-probability of `targets`, int (n,), under `logits`, Tensor (n, classes)."""
    ### BEGIN SOLUTION
    z = logits.data - logits.data.max(1, keepdims=True)  # no exponent above 0
    counts, pick = np.exp(z), (np.arange(len(z)), targets)  # pick: one entry a row
    sums = counts.sum(1, keepdims=True)

    def vjp(g):
        dz = counts / sums
        dz[pick] -= 1
        return dz * (g / len(z))

    return record((np.log(sums[:, 0]) - z[pick]).mean(), (logits, vjp))
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Keep the log-probabilities from the forward pass; `np.exp` of them is $p$. Neither vjp needs the logits again.
#
# <details><summary>Hint 2: where the cotangent comes in</summary>
#
# The loss is one number, so its cotangent `g` is one number too, and not always 1: the loss may be scaled or summed with others.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# For the loss: `p` (n, k), less 1 at `[np.arange(n), targets]`, times `g / n`. Reading and writing with two index arrays picks
# one entry a row.
#
# </details></details></details>

# %% role="check" id="check-4.7" points=3
check("4.7")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_operations import judge_softmax

award("4.7", judge_softmax(submission, challenge_seed("4.7", "logits"), rows=6, columns=3), points=3)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# The gradient of one row is $p$ less the one-hot target: the right letter's logit is pulled up by what its probability lacks, and
# the others are pushed down by what they have. The pulls add up to zero.

# %% tags=["figure"] id="figure-pulls"
z_row, right_class = np.array([1.2, -0.4, 0.6, 2.0, -1.5]), 2
p_row = np.exp(z_row - z_row.max())
p_row /= p_row.sum()
target = (np.arange(5) == right_class).astype(float)
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 2.8), layout="constrained")
left.bar(range(5), p_row, color=BLUE, label="p")
left.bar(range(5), target, color="none", ec=VERMILION, lw=2, ls="--", label="target")
left.set(xlabel="class", ylabel="probability", title="What the model says, and what was right")
left.legend()
right.bar(range(5), target - p_row, color=[VERMILION if t else BLUE for t in target], ec="0.2")
right.axhline(0, color="0")
right.set(xlabel="class", ylabel="−gradient: target − p", title="Descent lifts only the right logit")
plt.show()

# %% [markdown]
# *Figure: left, five probabilities as bars with the target, 1 at class 2, as a dashed outline. Right, the step of gradient descent
# for each logit: up at class 2, down at all others, most where p was largest.*
#
# Fusing three things into one bought safety (no overflow, no $\log 0$, no division by a tiny probability), memory (one table kept,
# not four) and time. Libraries do the same. The price is a rule that somebody has to derive and test: which you did.

# %% [markdown] id="exercise-4.8"
# ## 4 · The walk back, with all its manners
#
# ### 4.8 Backward: once, twice, added up, switched off
#
# ●●● hard · about 25 minutes · 6 points
#
# Now `backward` for tensors. It is `gradients` of 4.2 in the order of 4.3 with *call* in the place of *multiply*.

# %% [markdown]
# Around that walk, an engine has to decide what happens when things are done twice:
#
# | situation | what is wanted |
# |---|---|
# | `output` has more than one entry and no `g` is given | `ValueError` |
# | a leaf that requires derivatives | `leaf.grad` is **added to**; its own copy, of the leaf's shape and dtype |
# | afterwards | each node with edges is freed: `edges = ()`, `freed = True` |
# | a freed node is met later | `RuntimeError` before any `grad` has changed |
# | `keep_graph=True` | nothing is freed; a second call adds exactly the same once more |
#
# The last row is where small engines slip: if intermediate nodes keep their cotangents between two calls, the second call starts from
# the leftovers. For $y = x^2 + x^2$ computed in two stages, see what happens with leftovers:

# %% tags=["figure"] id="figure-twice"
x_, calls = 3.0, np.arange(1, 5)
right, leftover, kept, total = [], [], 0.0, 0.0
for call in calls:
    right.append(call * 4 * x_)  # each call adds dy/dx = 4x once
    kept += 2 * 1.0  # s = x*x is read twice by y = s + s; its cotangent should be 2 in every call
    total += kept * 2 * x_
    leftover.append(total)
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(calls, leftover, "s--", color=VERMILION, label="cotangent of s kept: 1, 3, 6, 10 times")
ax.plot(calls, right, "o-", color=BLUE, label="cotangents local to the call: 1, 2, 3, 4 times")
ax.set(xlabel="calls of backward", ylabel="x.grad", xticks=calls)
ax.set_title("Leftover cotangents of intermediate nodes make the second call wrong")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: x.grad after one to four calls of backward. The solid line rises in equal steps of 12 to 48; the dashed line, an engine
# that keeps cotangents on intermediate nodes, curves up to 120.*


# %% role="answer" id="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    """Add the vjp of `output` with the cotangent `g` to the grad of every leaf that requires it.

    g: an array of output's shape; may be left out where output has one entry, then it is 1.
    Raises ValueError where g is missing, RuntimeError where a part of the graph has been freed.
    """
    ### BEGIN SOLUTION
    if g is None and output.data.size != 1:
        raise ValueError(f"The output has the shape {output.data.shape}: pass a cotangent g of that shape.")
    order = backward_order(output)
    if any([node.freed for node in order]):
        raise RuntimeError("An earlier backward freed this graph: use keep_graph=True there, or compute it again.")
    g = np.ones(output.data.shape) if g is None else np.asarray(g)
    cotangents = {output: g.astype(output.data.dtype)}
    for node in order:
        g = cotangents.pop(node)
        if not node.edges and node.requires_grad:
            node.grad = g.copy() if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            share = vjp(g)
            cotangents[operand] = cotangents[operand] + share if operand in cotangents else share
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True
    ### END SOLUTION


# %% [markdown]
# Two small companions. Inside `with no_grad():` nothing is recorded; set `tape["recording"]`, and put back what was there before, even
# if the block raises or stands inside another. `zero_grad` forgets the gradients.


# %% role="answer" id="answer-4.8-b"
@contextlib.contextmanager
def no_grad():
    """Inside this block, operations leave nothing on the tape."""
    # the block under `with` runs where this function says `yield`
    ### BEGIN SOLUTION
    before, tape["recording"] = tape["recording"], False
    try:
        yield
    finally:
        tape["recording"] = before
    ### END SOLUTION


def zero_grad(parameters):
    """Set the grad of every tensor in the list `parameters` to None."""
    ### BEGIN SOLUTION
    for parameter in parameters:
        parameter.grad = None
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Keep the cotangents in a dictionary that lives as long as the call. Only leaves are given a `grad`.
#
# <details><summary>Hint 2: the sequence</summary>
#
# Refuse what is to be refused; make the order; look for freed nodes; then walk. At each node take its cotangent; if it has no edges,
# it is a leaf; otherwise hand out shares, then free it.
#
# <details><summary>Hint 3: two traps</summary>
#
# `grad += share` works in place, and the array may belong to somebody else (the vjp of `add` may return `g` itself): write
# `grad = grad + share`, and give each leaf a copy. For `no_grad`: restore what was there *before*, in a `finally`.
#
# </details></details></details>

# %% role="check" id="check-4.8" points=6
check("4.8")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_engine import judge_backward

award("4.8", judge_backward(submission, challenge_seed("4.8", "programs"), programs=200, chain=10_000), points=6)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# The last line of the check wrote random programs, each with broadcasting, reuse, reductions and axes of size 1, in your
# functions and in torch's, and compared every gradient under a random cotangent. This is how engines are tested: not by
# examples that somebody thought of.
#
# What is freed is not the values you hold, but the *closures*, and with them every array that only the tape still needed.

# %% id="try-twice"
x = Tensor([3.0], requires_grad=True)
y = x * x
if y is not None:
    backward(y)
    print("first call: ", x.grad)
    try:
        backward(y)
        print("second call:", x.grad)
    except RuntimeError as error:
        print("second call:", error)

# %% [markdown]
# **You have met torch.** Its graph is the one that you have built, under other names. Your `edges` are `next_functions`; the
# place where a leaf's `grad` is added up is an entry of its own, `AccumulateGrad`; `keep_graph` is `retain_graph`. Walk
# through it as you walk through yours:

# %% tags=["figure"] id="figure-torch"
a_t, b_t = (torch.tensor(number, requires_grad=True) for number in (2.0, 3.0))
made_by = [((a_t * b_t) * (b_t + 1)).grad_fn]  # e's entry; the others are found from it
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
for entry in made_by:  # the list grows while we walk it
    made_by += [operand for operand, _ in entry.next_functions if operand and operand not in made_by]
spot = dict(zip(made_by, [PLACES[name] for name in "ecdab"]))
for entry, place in spot.items():
    for operand, _ in entry.next_functions:
        if operand:  # the number 1 has no entry
            look = {"arrowstyle": "-|>", "color": "0.4", "shrinkA": 48, "shrinkB": 48}
            ax.annotate("", spot[operand], place, arrowprops=look)
    box = {"boxstyle": "round", "fc": "w"}
    ax.text(*place, entry.name().split("::")[-1], ha="center", va="center", bbox=box)
ax.set(xlim=(-0.5, 2.4), ylim=(-0.3, 1.3), title="In torch, too, two entries report to b (below left)")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: torch's graph of e = (a·b)(b+1) as boxes. From MulBackward0, e, arrows lead to another MulBackward0, c, and to
# AddBackward0, d. From c they lead to two AccumulateGrad, those of a and b, from d to that of b.*
#
# And it refuses a second walk for the same reason:

# %% id="torch-twice"
x_t = torch.tensor(3.0, requires_grad=True)
y_t = x_t * x_t
y_t.backward()
try:
    y_t.backward()
except RuntimeError as error:
    print("second call:", str(error).split(" (")[0])

# %% [markdown] id="exercise-4.9"
# ## 5 · Train with it
#
# ### 4.9 A network that learns names
#
# ●●○ medium · about 15 minutes · 2 points
#
# Predict the next letter of a name from the three before it. Letters are looked up in a table $C$, laid side by side, and go
# through two layers:
#
# $$\underset{(n,\,30)}{E} = C[X] \qquad \underset{(n,\,64)}{H} = \tanh(E\,W_1 + b_1) \qquad \underset{(n,\,27)}{Z} = H\,W_2 + b_2 \qquad
# L = \mathrm{CE}(Z, Y)$$

# %% role="locked" id="names"
letters = ".abcdefghijklmnopqrstuvwxyz"
stoi = {letter: i for i, letter in enumerate(letters)}
train_names, _, _ = split_names(read_names())
text = "..." + "...".join(train_names) + "..."
codes = np.array([stoi[letter] for letter in text])
windows = np.lib.stride_tricks.sliding_window_view(codes, 4)
windows = windows[(windows[:, 3] > 0) | (windows[:, 2] > 0)]  # not those that lie between two names
Xtr, Ytr = windows[:, :3], windows[:, 3]  # ints (m, 3) and (m,)
shown = ["".join(letters[i] for i in row) for row in windows[:3]]
print(f"{len(Xtr):,} examples; the first three: {shown}")


# %% role="locked" id="make-parameters"
def make_parameters(seed):
    """C (27, 10), W1 (30, 64), b1 (64,), W2 (64, 27), b2 (27,): leaves in float64."""
    rng = np.random.default_rng(seed)
    scales = {(27, 10): 1.0, (30, 64): (5 / 3) / 30**0.5, (64,): 0.1, (64, 27): 0.1, (27,): 0.1}
    starts = [scale * rng.normal(size=shape) for shape, scale in scales.items()]
    return [Tensor(start, requires_grad=True) for start in starts]


# %% tags=["figure"] id="figure-network"
shapes = [("X", "(n, 3)", 3), ("E", "(n, 30)", 30), ("H", "(n, 64)", 64)]
shapes += [("Z", "(n, 27)", 27), ("L", "()", 1)]
fig, ax = plt.subplots(figsize=(10, 2.8), layout="constrained")
for k, (name, shape, width) in enumerate(shapes):
    ax.bar(k, width, 0.26, bottom=-width / 2, color="#FFF3D6", ec="0.3")
    ax.text(k, 36, f"{name} {shape}", ha="center")
for k, reads in enumerate(["C", "W₁, b₁", "W₂, b₂", "Y"]):
    ax.text(k + 0.5, 10, reads, ha="center")
    ax.annotate("", (k + 0.8, 5), (k + 0.2, 5), arrowprops={"arrowstyle": "-|>", "color": "0.4"})
    back = {"arrowstyle": "-|>", "color": VERMILION, "ls": "--"}
    ax.annotate("", (k + (0.2 if k else 0.5), -8), (k + 0.8, -8), arrowprops=back)
ax.set(
    xlim=(-0.4, 4.4),
    ylim=(-36, 44),
    title="Cotangents (dashed) have their tensors’ shapes; none goes to X, which holds integers",
)
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: boxes as high as a row is wide: X 3, E 30, H 64, Z 27, L 1. Solid arrows lead from each to the next, past C, W₁ and b₁, W₂
# and b₂, and Y. Dashed arrows lead back from L to E and on to C, not to X.*
#
# `mlp_loss` returns the loss as a Tensor, for batches and tables of any size. `train_step` does one step of gradient descent: it
# computes the loss and its gradients, moves every parameter by `-lr * grad`, and returns the loss (before the step) as a float.
# It must not be disturbed by gradients left from earlier.


# %% role="answer" id="answer-4.9"
def mlp_loss(parameters, X, Y):
    """The mean cross-entropy on a batch: X int (n, 3), Y int (n,) -> a Tensor with one entry."""
    ### BEGIN SOLUTION
    C, W1, b1, W2, b2 = parameters
    embedded = reshape(C[X], (len(X), -1))  # (n, 30)
    hidden = tanh(linear(embedded, W1, b1))  # (n, 64)
    return cross_entropy(linear(hidden, W2, b2), Y)
    ### END SOLUTION


def train_step(parameters, X, Y, lr):
    """One step of gradient descent, in place; returns the loss before it, a float."""
    ### BEGIN SOLUTION
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * parameter.grad
    return float(loss.data)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The update changes `parameter.data`, not the tensor: it is no part of the function being differentiated.
#
# <details><summary>Hint 2: the sequence</summary>
#
# Forget, compute, walk back, move.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `gather`, `reshape(…, (len(X), -1))`, `linear`, `tanh`, `linear`, `cross_entropy`.
#
# </details></details></details>

# %% role="check" id="check-4.9" points=2
check("4.9")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_uses import judge_training

award("4.9", judge_training(submission, challenge_seed("4.9", "batches"), batch=13, hidden=8, embedding=3), points=2)
### END HIDDEN TESTS

# %% [markdown]
# ### Beside torch
#
# The same start, the same batches, the same learning rate; one run with your engine, one with torch. In float64 the two loss curves should
# agree to the last digits that rounding leaves.


# %% role="locked" id="batches"
def batches(count, seed=2147483647):
    """`count` random batches (X, Y) of 32 examples."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        rows = rng.integers(0, len(Xtr), 32)
        yield Xtr[rows], Ytr[rows]


# %% role="locked" id="race-code"
def torch_losses(count, lr):
    """The losses of the same training in torch, float64."""
    parameters = [torch.tensor(p.data, requires_grad=True) for p in make_parameters(1)]
    C, W1, b1, W2, b2 = parameters
    losses = []
    for X, Y in batches(count):
        X, Y = torch.tensor(X), torch.tensor(Y)
        hidden = torch.tanh(C[X].flatten(1) @ W1 + b1)
        loss = torch.nn.functional.cross_entropy(hidden @ W2 + b2, Y)
        for p, grad in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.data -= lr * grad
        losses.append(loss.item())
    return losses


# %% id="race" tags=["nbval-ignore-output"]
count, lr = steps(2_000, 20), 0.1
parameters = make_parameters(1)
own = [train_step(parameters, X, Y, lr) for X, Y in batches(count)]
theirs = torch_losses(count, lr)
if own[0] is not None:
    apart = np.abs(np.subtract(own, theirs))
    print(f"{count:,} steps: the losses are never further apart than {apart.max():.0e}")

# %% tags=["figure"] id="figure-race"
if own[0] is not None:
    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.4), layout="constrained")
    smooth = lambda losses: np.array(losses)[: len(losses) // 20 * 20].reshape(-1, 20).mean(1)
    left.plot(smooth(own), color=ORANGE, lw=5, label="your engine")
    left.plot(smooth(theirs), "k--", lw=1, label="torch")
    left.set(xlabel="step / 20", ylabel="loss (nats), mean of 20", title="The curves lie on each other")
    left.legend()
    right.semilogy(np.maximum(apart, 1e-17), ".", color=BLUE, ms=2)
    right.axhline(1e-9, color=VERMILION, ls="--", label="wanted: below 1e-9")
    right.set(xlabel="step", ylabel="|your loss − torch's|", title="The rest is rounding")
    right.set_ylim(1e-17, 1e-7)
    right.legend()
    plt.show()

# %% [markdown]
# *Figure: left, the loss falls from about 3.5 to about 2.5 over 2,000 steps, a thick line for your engine and a dashed one for torch on top of
# it. Right, their difference on a logarithmic axis: dots at about 1e-15, far below a dashed line at 1e-9.*
#
# > **Often said: “reverse mode suits machine learning because data maps many inputs to few outputs.”** The shape of the data has
# > no say. What is differentiated is the loss as a function of the **parameters**: many numbers in, one number out.

# %% tags=["figure"] id="figure-shapes"
many = {"data: letters in": 3, "data: scores out": 27}
many["differentiated: parameters in"] = sum(p.data.size for p in make_parameters(1))
many["differentiated: losses out"] = 1
fig, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
bars = ax.barh(list(many), many.values(), color=[ORANGE, ORANGE, BLUE, BLUE], ec="0.2")
ax.bar_label(bars, [f"{number:,}" for number in many.values()], padding=4)
ax.set(xscale="log", xlim=(0.7, 2e4), xlabel="how many")
ax.set_title("What is differentiated has many inputs and one output")
ax.invert_yaxis()
plt.show()

# %% [markdown]
# *Figure: four bars on a logarithmic axis. The data: 3 letters in, 27 scores out. What is differentiated: 4,009 parameters in, 1
# loss out.*

# %% [markdown] id="exercise-4.10"
# ## 6 · The cheap gradient
#
# ### 4.10 One pass against n passes
#
# ●○○ easy · about 10 minutes · 2 points
#
# For $f: \mathbb R^n \to \mathbb R$, forward mode gives one directional derivative a pass, $\dot y = \nabla f(x)\cdot v$. Reverse mode gives
# $\nabla f(x)$ in one. Write both:
#
# - `gradient_by_forward(jvp, x)`: `jvp(x, v)` returns the tangent of `f` at `x` along `v`, a number; call it once for each entry.
# - `gradient_by_reverse(f, x)`: `f` takes a Tensor and returns one with one entry; call it once.


# %% role="answer" id="answer-4.10"
def gradient_by_forward(jvp, x):
    """The gradient (n,) of a function of x (n,) by n calls of jvp(x, v)."""
    ### BEGIN SOLUTION
    return np.array([jvp(x, v) for v in np.eye(len(x))])
    ### END SOLUTION


def gradient_by_reverse(f, x):
    """The gradient (n,) of f at x (n,) by one call of f, on a Tensor, and one walk back."""
    ### BEGIN SOLUTION
    leaf = Tensor(x.copy(), requires_grad=True)
    backward(f(leaf))
    return leaf.grad
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The directions to ask for are the rows of the identity matrix.
#
# <details><summary>Hint 2: the reverse side</summary>
#
# Make a leaf of a copy of `x`, run, walk back, read `grad`.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `np.array([… for v in np.eye(len(x))])`, and four lines.
#
# </details></details></details>

# %% role="check" id="check-4.10" points=2
check("4.10")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_uses import judge_cheap_gradient

award("4.10", judge_cheap_gradient(submission, challenge_seed("4.10", "points"), n=11), points=2)
### END HIDDEN TESTS

# %% [markdown]
# Now with a clock. The function is a small layer, $f(x) = \sum_i \tanh(Wx)_i$ with $W$ (64, n); its tangent is written by hand, so that the two
# sides do the same arithmetic. Times are in units of one plain evaluation of $f$.


# %% id="clock"
def seconds(run, repeats):
    """The shortest of `repeats` runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


# %% id="measure-cheap" tags=["nbval-ignore-output"]
sizes_n, measured = [8, 32, 128, 512, 1024][: steps(5, 2)], []
for n in sizes_n:
    rng = np.random.default_rng(n)
    W, x0 = rng.normal(size=(64, n)) / n**0.5, rng.normal(size=n)
    plain = lambda x: np.tanh(W @ x).sum()
    jvp = lambda x, v: ((1 - np.tanh(W @ x) ** 2) * (W @ v)).sum()
    on_tensor = lambda x: reduce_sum(tanh(matmul(W, reshape(x, (-1, 1)))))
    unit = seconds(lambda: plain(x0), 50)
    forward_time, reverse_time = seconds(lambda: gradient_by_forward(jvp, x0), 3), None
    if gradient_by_reverse(on_tensor, x0) is not None:
        reverse_time = seconds(lambda: gradient_by_reverse(on_tensor, x0), 20)
        measured.append((n, forward_time / unit, reverse_time / unit))

# %% tags=["figure"] id="figure-cheap"
if measured:
    ns, forward_times, reverse_times = np.array(measured).T
    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
    left.loglog(ns, ns, "o-", color=ORANGE, label="forward: n passes")
    left.loglog(ns, ns**0, "s--", color=BLUE, label="reverse: 1 pass")
    left.set(xlabel="n, inputs", ylabel="passes", title="Passes for one gradient")
    right.loglog(ns, forward_times, "o-", color=ORANGE, label="forward")
    right.loglog(ns, reverse_times, "s--", color=BLUE, label="reverse")
    right.set(xlabel="n, inputs", ylabel="time / time of one f", title="Time grows with n only forward")
    for ax in (left, right):
        ax.legend()
    plt.show()

# %% [markdown]
# *Figure: two log-log plots against the number of inputs, 8 to 1024. Left, passes: a rising line n for forward, a flat dashed line 1 for
# reverse. Right, measured times in units of one evaluation: forward rises in proportion to n into the thousands, reverse stays
# flat or falls towards a small factor.*
#
# > **Often said: “reverse mode is slightly more efficient.”** For a gradient it is not a matter of slightly: the factor grows with $n$. One
# > reverse pass costs a fixed multiple of one evaluation, however many inputs there are ([Griewank & Walther,
# > 2008](https://doi.org/10.1137/1.9780898717761), bound it by 3 to 4 in operations). Count the products of a network:

# %% tags=["figure"] id="figure-products"
forward_products = 30 * 64 + 64 * 27  # one a weight, for each example
backward_products = 2 * forward_products  # cotangents of the operand and of the weight
costs = {"the loss": 1.0, "its gradient, reverse mode": 1 + backward_products / forward_products}
costs["its gradient, forward mode"] = sum(p.data.size for p in make_parameters(1))  # at least
fig, ax = plt.subplots(figsize=(8, 2.2), layout="constrained")
bars = ax.barh(list(costs), costs.values(), color=[BLUE, BLUE, ORANGE], ec="0.2")
ax.bar_label(bars, [f"{cost:,.0f}" for cost in costs.values()], padding=4)
ax.set(xscale="log", xlim=(0.7, 2e4), xlabel="cost in losses",
       title="In reverse, a gradient costs three losses")
ax.invert_yaxis()
plt.show()

# %% [markdown]
# *Figure: three bars on a logarithmic axis, in units of one loss: the loss itself 1, its gradient in reverse mode 3, its gradient in
# forward mode 4,009.*

# %% [markdown]
# ## 7 · The price: memory
#
# The walk back needs what the forward pass computed, so the tape keeps all of it: memory grows with the length of the program. The
# way out is to keep only some states, **checkpoints**, and to compute the others again when their turn comes.


# %% id="live-states"
def live_states(L, s):
    """States held after each step of work, for L steps with a checkpoint every s."""
    starts = range(0, L, s)
    held = [1 + i // s for i in range(starts[-1] + 1)]  # the first sweep keeps checkpoints only
    for k in range(len(starts) - 1, -1, -1):
        length = min(s, L - s * k)
        held += [k + 1 + j for j in range(length)]  # the segment again
        held += [k + length - j for j in range(length)]  # then back through it
    return held


# %% tags=["figure"] id="figure-live-states"
fig, ax = plt.subplots(figsize=(9, 3.4), layout="constrained")
ax.plot(live_states(100, 100), "--", color=VERMILION, label="keep everything: 100 states")
ax.plot(live_states(100, 10), color=BLUE, label="a checkpoint every 10: 19 states")
ax.set(xlabel="steps forward or back", ylabel="states held")
ax.set_title("A fifth of the memory for one more forward sweep")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: states held against work done. Keeping everything is a triangle that rises to 100 and falls again. With a checkpoint every 10
# steps a low saw-tooth line never exceeds 19, and ends at about 290 steps of work instead of 200.*
#
# Where do those steps go? Here for 16 steps with a checkpoint every 4:


# %% tags=["figure"] id="figure-schedule"
work = [("sweep", 0, 12)]  # kind, from state, to state
for first in (12, 8, 4, 0):
    work += [("again", first, first + 3), ("back", first + 4, first)]
looks = {"sweep": ("-", BLUE, "first sweep: checkpoints only")}
looks["again"] = ("--", ORANGE, "a segment again, all its states kept")
looks["back"] = (":", VERMILION, "back through the segment")
fig, ax = plt.subplots(figsize=(9, 3.4), layout="constrained")
moment = 0
for kind, start, end in work:
    style, colour, label = looks[kind]
    ax.plot([moment, moment + abs(end - start)], [start, end], style, color=colour, lw=2, label=label)
    moment += abs(end - start)
    looks[kind] = (style, colour, None)  # one entry of each kind in the legend
ax.set(xlabel="calls of step or step_vjp so far", ylabel="position in the chain", yticks=range(0, 17, 4))
ax.set_title("Sweep once, then fetch segment after segment from the end")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: position in the chain, 0 to 16, against work. A solid line climbs to 12. Then four times, from the last segment to the
# first, a dashed line climbs through the segment and a dotted one descends through it. Lines mark the checkpoints 0, 4, 8, 12.*

# %% [markdown] id="exercise-4.11"
# ### 4.11 Checkpoint a chain
#
# ●●○ medium · about 20 minutes · 2 points
#
# A chain of $L$ equal steps $x_{k+1} = F(x_k)$. Given the cotangent of $x_L$, find that of $x_0$. You are given `step(x)`, which returns
# $F(x)$, and `step_vjp(x, g)`, which returns the cotangent of $x$ when $g$ is that of $F(x)$.
#
# - First sweep: keep $x_0, x_s, x_{2s}, \dots$ up to the start of the last segment, and go no further.
# - Then segment by segment, from the last: compute its states again from its checkpoint, walk back through them, forget them.
#
# With $s$ dividing $L$ this makes $(L-s) + \frac Ls(s-1)$ calls of `step` and holds $\frac Ls + s - 1$ states: least near $s=\sqrt L$.

# %% tags=["figure"] id="figure-spacing"
spacings = np.arange(1, 101)
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for L, style, colour in [(100, "-", BLUE), (400, "--", VERMILION)]:
    held = np.array([max(live_states(L, s)) for s in spacings])
    ax.semilogx(spacings, held, style, color=colour, label=f"{L} steps: {held.min()} states at best")
    ax.plot(math.isqrt(L), held[math.isqrt(L) - 1], "o", ms=9, color=colour)
ax.set(xlabel="spacing s of the checkpoints", ylabel="most states held at once", ylim=(0, 130))
ax.set_title("Memory is least near s = √L (dots); on both sides it grows")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the most states held, against the spacing from 1 to 100 on a logarithmic axis: two valleys. For 100 steps the floor is 19,
# around spacing 10; for 400 steps, dashed, it is 39, around 20. Dots mark √L.*


# %% role="answer" id="answer-4.11"
def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    """The cotangent of x, when g is that of x after `length` steps; one state in `spacing` is kept.

    step(x): the next state. step_vjp(x, g): the cotangent of x, when g is that of step(x).
    """
    ### BEGIN SOLUTION
    starts = range(0, length, spacing)
    checkpoints = [x]
    for _ in starts[1:]:
        for _ in range(spacing):
            x = step(x)
        checkpoints.append(x)
    for start in reversed(starts):
        states = [checkpoints.pop()]
        for _ in range(min(spacing, length - start) - 1):  # no need to reach the segment's end
            states.append(step(states[-1]))
        while states:
            g = step_vjp(states.pop(), g)
    return g
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Two nested tasks. Outside: a list of checkpoints, used from the end. Inside: a segment's states in a list, used from the end.
#
# <details><summary>Hint 2: the counts</summary>
#
# The segment that starts at $ks$ has $\min(s, L - ks)$ steps, and so as many states *before* a step; only one fewer calls of `step` are
# needed to have them all.
#
# <details><summary>Hint 3: the shape of the code</summary>
#
# `for start in range(0, length, spacing)` on the way there; `while checkpoints:` with `pop()` on the way back.
#
# </details></details></details>

# %% role="check" id="check-4.11" points=2
check("4.11")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch04_uses import judge_checkpoints

lines = judge_checkpoints(submission, challenge_seed("4.11", "chains"), lengths=((35, 6), (7, 7), (29, 1)))
award("4.11", lines, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ### Is $\sqrt L$ good?
#
# The least possible number of forward steps, $t$, when at most $c$ states are held, is known
# ([Griewank & Walther, 2000](https://doi.org/10.1145/347837.347846)). With the smallest $r$ such that $L \le \binom{c+r}{c}$,
#
# $$t = r\,L - \binom{c+r}{c+1}.$$
#
# Counted are calls of `step`; the initial state takes one of the $c$ places.


# %% id="binomial"
def least_steps(L, c):
    """The least calls of `step` for a chain of L steps with c places for states."""
    r = next(r for r in range(L + 1) if math.comb(c + r, c) >= L)
    return r * L - math.comb(c + r, c + 1)


for L in (100, 256):
    s = math.isqrt(L)
    calls, places = (L - s) + L // s * (s - 1), L // s + s - 1
    least = least_steps(L, places)
    print(f"L = {L}: spacing {s} makes {calls} calls with {places} states; least possible: {least}")

# %% tags=["figure"] id="figure-binomial"
L = 100
spaced = [(L // s + s - 1, (L - s) + L // s * (s - 1)) for s in (2, 4, 5, 10, 20, 25, 50)]
places = np.arange(2, 60)
fig, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
ax.plot(places, [least_steps(L, int(c)) for c in places], color=BLUE, label="least possible")
ax.plot(*zip(*spaced), "s", color=VERMILION, label="equal spacing, s = 2 to 50")
ax.axvline(19, color="black", ls=":", label="spacing √L = 10: 19 states")
ax.set(
    xlabel="states held",
    ylabel="calls of step",
    title="Equal spacing is nearly optimal; below 19 states it has no answer",
)
ax.legend()
plt.show()

# %% [markdown]
# *Figure: calls of step against states held, for a chain of 100 steps. The curve of the least possible falls from over 800 at 2
# states to 179 at 19. Squares for equal spacing lie on or slightly above it, all at 19 states or more; a dotted line marks √L.*
#
# ### What just happened
#
# One more forward sweep bought memory in proportion to $\sqrt L$ instead of $L$. At that memory the simple scheme is as good as
# optimal. With 3 to 10 places only a recursive, binomial scheme works: that is the first of the further exercises. In torch:
# `torch.utils.checkpoint`.

# %% [markdown] id="further"
# ## 8 · Further (0 points)
#
# Three ways on. Nothing here is graded; each cell after an answer prints what you should see.
#
# ### The binomial schedule
#
# With $c$ places, go $m$ steps ahead, keep the state there, deal with the remaining $L-m$ steps with $c-1$ places, then with the first $m$
# with all $c$ again. The least count obeys $t(L,c) = \min_m\; m + t(L-m, c-1) + t(m, c)$. Write it as a recursion.


# %% role="answer" id="answer-4.12-a"
def binomial_vjp(step, step_vjp, x, g, length, places):
    """As checkpointed_vjp, holding at most `places` states, with the least calls of step."""
    ### BEGIN SOLUTION
    if length == 1:
        return step_vjp(x, g)
    if places == 1:
        ahead = length - 1  # only the initial state is kept: start over each time
    else:
        ahead = min(range(1, length), key=lambda m: m + least_steps(length - m, places - 1) + least_steps(m, places))
    state = x
    for _ in range(ahead):
        state = step(state)
    g = binomial_vjp(step, step_vjp, state, g, length - ahead, places - 1)
    return binomial_vjp(step, step_vjp, x, g, ahead, places)
    ### END SOLUTION


# %% tags=["figure"] id="figure-few-places"
made, few = [], range(3, 13)
for c in few:
    calls = []
    counted = lambda x: (calls.append(1), np.sin(x))[1]
    if binomial_vjp(counted, lambda x, g: g * np.cos(x), 0.7, 1.0, 100, c) is not None:
        made.append(len(calls))
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.plot(few, [least_steps(100, c) for c in few], color=BLUE, label="least possible")
if made:
    ax.plot(few, made, "D", color=VERMILION, label="your binomial_vjp")
ax.set(xlabel="places for states", ylabel="calls of step, for 100 steps", xticks=few, ylim=(0, None))
ax.set_title("A few places are enough: with 5, a step is taken three times on average")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: calls of step for a chain of 100, against 3 to 12 places. The curve of the least possible falls from 490 to 196;
# diamonds, your counts, lie on it.*

# %% [markdown]
# ### Derivatives of derivatives
#
# Our edges carry numbers, or closures over arrays: the walk back is invisible to the tape. Let the local partials be *nodes*, and do the
# walk's arithmetic with nodes: then a gradient is the output of a recorded program, and can be differentiated again. Complete `Smooth`, whose
# partials are `Smooth` too, and `derivative`.


# %% role="answer" id="answer-4.12-b"
class Smooth:
    """A number whose local partials are numbers of this kind; those of an addition are ONE."""

    def __init__(self, value, edges=()):
        self.value, self.edges = value, edges

    def __add__(self, other):
        ### BEGIN SOLUTION
        return Smooth(self.value + other.value, ((self, ONE), (other, ONE)))
        ### END SOLUTION

    def __mul__(self, other):
        ### BEGIN SOLUTION
        return Smooth(self.value * other.value, ((self, other), (other, self)))
        ### END SOLUTION

    def tanh(self):
        ### BEGIN SOLUTION
        result = Smooth(math.tanh(self.value))
        result.edges = ((self, ONE + Smooth(-1.0) * result * result),)
        return result
        ### END SOLUTION


ONE = Smooth(1.0)


def derivative(output, x):
    """d output / d x as a Smooth, ready to be differentiated again."""
    ### BEGIN SOLUTION
    grad = {output: ONE}
    for node in backward_order(output):
        for operand, partial in node.edges:
            share = partial * grad[node]
            grad[operand] = grad[operand] + share if operand in grad else share
    return grad.get(x, Smooth(0.0))
    ### END SOLUTION


# %% id="try-smooth"
grid, curves = np.linspace(-2.5, 2.5, 41), []
for at in grid:
    leaf = Smooth(at)
    first = derivative(leaf.tanh(), leaf) if leaf.tanh() is not None else None
    if first is not None:
        curves.append((leaf.tanh().value, first.value, derivative(first, leaf).value))

# %% tags=["figure"] id="figure-smooth"
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
t = np.tanh(grid)
ax.plot(grid, -2 * t * (1 - t**2), "o", color="0.75", ms=7, label="tanh″ by formula")
for curve, style, label in zip(np.array(curves).T, [":", "--", "-"], ["tanh", "tanh′", "tanh″"]):
    ax.plot(grid, curve, style, color=BLUE, label=f"{label} on the tape")
ax.set(xlabel="x", ylabel="value", title="The walk back is on the tape: walk back through it again")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# *Figure: tanh, dotted; its first derivative from the tape, a dashed bump of height 1; its second, solid, a wave from 0.77 down to
# −0.77. Grey dots, the second derivative by formula, lie on it.*

# %% [markdown]
# ### The tape as one array
#
# In C++ or Fortran a tape is no graph of objects but rows of an array: two operand numbers and two partials a row. Writing is appending a row;
# reading back is one loop with no order to find, since rows stand in the order of execution. Complete `write` and `sweep`.

# %% tags=["figure"] id="figure-rows"
table = [[2, 0, 0, 0, 0], [3, 1, 0, 1, 0], [6, 0, 3, 1, 2], [4, 1, 1, 3, 0], [24, 2, 4, 3, 6]]
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.imshow([[0, 1, 1, 2, 2]] * 5, cmap="Blues", vmax=8, aspect="auto")  # a tint an operand
for (row, column), entry in np.ndenumerate(table):
    ax.text(column, row, entry, ha="center", va="center")
ax.set(xticks=range(5), xticklabels=["value", "operand 1", "partial 1", "operand 2", "partial 2"])
ax.set(yticks=range(5), yticklabels=["0: a", "1: b", "2: c = a·b", "3: d = b + 1", "4: e = c·d"])
ax.set_title("The tape of e = (a·b)(b+1) as an array: written downwards, read upwards")
ax.grid(False)
plt.show()

# %% [markdown]
# *Figure: a table of five rows. a: 2, and twice 0, 0. b: 3, and twice 1, 0. c: 6; 0, 3; 1, 2. d: 4; 1, 1; 3, 0. e: 24; 2, 4; 3,
# 6. After the value stand the number and the partial of each operand.*


# %% role="answer" id="answer-4.12-c"
class RowTape:
    """rows[i]: value, operand 1, partial 1, operand 2, partial 2; an unused operand is i, partial 0."""

    def __init__(self, capacity):
        self.rows, self.used = np.zeros((capacity, 5)), 0

    def write(self, value, *edges):
        """Append a row for `value` with up to two edges (row number, partial); returns its number."""
        ### BEGIN SOLUTION
        i = self.used
        flat = [entry for edge in edges for entry in edge]
        self.rows[i] = [value, *flat, *[i, 0.0] * (2 - len(edges))]
        self.used += 1
        return i
        ### END SOLUTION

    def sweep(self, output):
        """The derivatives of row `output` with respect to every row, an array."""
        ### BEGIN SOLUTION
        bar = np.zeros(self.used)
        bar[output] = 1.0
        for i in range(output, -1, -1):
            _, first, first_partial, second, second_partial = self.rows[i]
            bar[int(first)] += first_partial * bar[i]
            bar[int(second)] += second_partial * bar[i]
        return bar
        ### END SOLUTION


# %% id="try-rows"
rows = RowTape(capacity=5)
i_a, i_b = rows.write(2.0), rows.write(3.0)
i_c = rows.write(6.0, (i_a, 3.0), (i_b, 2.0))
i_d = rows.write(4.0, (i_b, 1.0))
i_e = rows.write(24.0, (i_c, 4.0), (i_d, 6.0))
if i_e is not None:
    print("cotangents of a, b, c, d, e:", rows.sweep(i_e), f"   {rows.rows[0].nbytes} bytes a row")

# %% [markdown] id="recap"
# ## Recap
#
# 1. **Record, order, accumulate.** An operation writes down its operands and its vjps; a node's turn comes when all its readers have reported;
#    shares are added.
# 2. **The reverse of each operation is its transpose:** broadcast and sum, gather and scatter-add, $A$ and $A^{\mathsf T}$.
# 3. **One pass gives the whole gradient** at a few times the cost of the function, whatever the number of inputs. The price is memory,
#    and recomputing buys it back.
#
# The released notebook of [chapter 05](../05_manual_backprop/manual_backprop.ipynb) takes away the engine and lets you be it.

# %% [markdown]
# ## Sources
#
# - S. Linnainmaa (1976), [Taylor expansion of the accumulated rounding error](https://doi.org/10.1007/BF01931367): reverse mode, first.
# - A. Griewank, A. Walther (2008), [Evaluating derivatives](https://doi.org/10.1137/1.9780898717761), 2nd edition: cost and memory.
# - A. Griewank, A. Walther (2000), [Algorithm 799: revolve](https://doi.org/10.1145/347837.347846): the binomial schedule.
# - A. Baydin, B. Pearlmutter, A. Radul, J. Siskind (2018), [Automatic differentiation in machine learning: a
#   survey](https://jmlr.org/papers/v18/17-468.html).
# - A. Karpathy, [micrograd](https://github.com/karpathy/micrograd); M. Johnson and others,
#   [autodidact](https://github.com/mattjj/autodidact): two small engines worth reading after yours.
