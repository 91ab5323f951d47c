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
# # 05 · Manual backpropagation
#
# - **You will be able to** write the backward pass of a whole network by hand, with no autograd, and train with it.
# - **You need** pencil and paper, the chain rule, and matrix products. Everything else is explained here.
# - **Time:** 240 minutes. **Points:** 60, of which 26 for exercise 5.1, 8 for 5.2, 12 for 5.3, 14 for 5.4.
# - **Checks:** run `check("5.1")` as often as you like; each tensor is judged by itself, and you see your progress.

# %% role="locked" id="setup"
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from grader.check import check, read_names, split_names, steps
from grader.check.draw import draw_graph

torch.set_num_threads(1)  # the matrices are small: one thread is as fast as many
plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "axes.axisbelow": True, "grid.alpha": 0.3})
plt.rcParams.update({"image.cmap": "cividis", "figure.constrained_layout.use": True})
BLUE, ORANGE, VERMILION = "#0072B2", "#E69F00", "#D55E00"

# %% [markdown]
# ## The idea in one picture
#
# A network computes its loss stage by stage, from left to right. Backpropagation walks the same stages from
# right to left. Each stage is handed the gradient of the loss with respect to its output and hands on the
# gradient with respect to its inputs. You will write every one of those dashed arrows.

# %% tags=["figure"] id="figure-stages"
stages = ["embedding,\ninput layer", "batch\nnormalization", "tanh,\noutput layer"]
stages += ["softmax,\ncross-entropy", "loss"]
fig, ax = plt.subplots(figsize=(10, 2))
for i, stage in enumerate(stages):
    ax.add_patch(plt.Rectangle((i - 0.3, -0.5), 0.6, 1, fc="white", ec="black"))
    ax.text(i, 0, stage, ha="center", va="center")
for i in range(1, len(stages)):
    there = {"arrowstyle": "-|>", "color": BLUE, "lw": 2}
    ax.annotate("", (i - 0.3, 0.25), (i - 0.7, 0.25), arrowprops=there)
    back = {"arrowstyle": "-|>", "color": VERMILION, "lw": 2, "ls": "--"}
    ax.annotate("", (i - 0.7, -0.25), (i - 0.3, -0.25), arrowprops=back)
ax.text(2, 0.65, "forward: values →", color=BLUE, ha="center")
ax.text(2, -0.8, "← backward: gradients of the loss", color=VERMILION, ha="center")
ax.set(xlim=(-0.4, 4.4), ylim=(-1, 1), title="Gradients travel the same road as values, the other way")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: five boxes in a row, from embedding to loss. Solid arrows, labelled values, run from left to right;
# dashed arrows, labelled gradients of the loss, run from right to left between the same boxes.*

# %% [markdown]
# ## 1 · The data
#
# The task: given three letters of a name, predict the next one. The names are those of babies registered in
# the United States in 2018 (`data/README.md` tells where they come from). A dot marks both the start and the
# end, so there are 27 symbols. The split is by distinct name: no name of the dev set was seen in training.

# %% role="locked" id="names"
names = read_names()
train_names, dev_names, test_names = split_names(names)
letters = ".abcdefghijklmnopqrstuvwxyz"
stoi = {letter: i for i, letter in enumerate(letters)}
vocab_size, block_size = len(letters), 3

sizes = f"{len(train_names):,} to train, {len(dev_names):,} dev, {len(test_names):,} test"
print(f"{len(names):,} names: {sizes}")
print("the first five:", names[:5])


# %% role="locked" id="windows"
def windows(names):
    """Every window of three letters, int64 (m, 3), and the letter that follows it, int64 (m,)."""
    dots = "." * block_size
    text = dots + dots.join(names) + dots
    codes = torch.tensor([stoi[letter] for letter in text])
    rows = codes.unfold(0, block_size + 1, 1)
    rows = rows[(rows[:, -1] > 0) | (rows[:, -2] > 0)]  # not the windows that lie between two names
    return rows[:, :-1].contiguous(), rows[:, -1].contiguous()


Xtr, Ytr = windows(train_names)
Xdev, Ydev = windows(dev_names)
print(f"train {tuple(Xtr.shape)}, dev {tuple(Xdev.shape)}")

# %% id="look-at-windows"
X, Y = windows(["emma"])
for context, target in zip(X.tolist(), Y.tolist()):
    print("".join(letters[i] for i in context), "→", letters[target])

# %% tags=["figure"] id="figure-context"
fig, axes = plt.subplots(1, 3, figsize=(12, 2.6), sharey=True)
for ax, context in zip(axes, ["a", "na", "ina"]):
    codes = torch.tensor([stoi[letter] for letter in context])
    follows = Ytr[(Xtr[:, -len(context) :] == codes).all(1)]
    ax.bar(list(letters), torch.bincount(follows, minlength=vocab_size) / len(follows), color=BLUE)
    ax.set(xlabel="next letter", title=f"after “{context}”, {len(follows):,} times")
    ax.grid(False, axis="x")
axes[0].set_ylabel("share")
fig.suptitle("The more letters you see, the surer the next one")
plt.show()

# %% [markdown]
# *Figure: three bar charts of the letter that follows. After “a” many letters are possible, none above 20 %. After “na”
# the name ends in 56 % of the cases, after “ina” in 81 %.*

# %% [markdown]
# ## 2 · The model
#
# Each letter is looked up in a table $C$ of 27 vectors with 10 numbers each. Three such vectors side by side,
# 30 numbers, go through a layer of 64 units with batch normalization and tanh, then through an output layer
# to 27 logits. The batch has $n = 32$ examples.
#
# | parameter | $C$ | $W_1$ | $b_1$ | $W_2$ | $b_2$ | `bngain` | `bnbias` |
# |---|---|---|---|---|---|---|---|
# | shape | (27, 10) | (30, 64) | (64,) | (64, 27) | (27,) | (1, 64) | (1, 64) |
#
# > **Often said: “a tensor is a higher-dimensional matrix.”** In code it is an n-dimensional array, and that is
# > what the word means here. In mathematics a tensor is a multilinear map; its array changes with the basis.

# %% role="locked" id="make-parameters"
n_embd, n_hidden = 10, 64


def make_parameters(g):
    """The seven parameters, float32. Biases and gains are not 0 and 1: that would hide mistakes."""
    fan_in = n_embd * block_size
    return [
        torch.randn((vocab_size, n_embd), generator=g),  # C
        torch.randn((fan_in, n_hidden), generator=g) * (5 / 3) / fan_in**0.5,  # W1
        torch.randn(n_hidden, generator=g) * 0.1,  # b1
        torch.randn((n_hidden, vocab_size), generator=g) * 0.1,  # W2
        torch.randn(vocab_size, generator=g) * 0.1,  # b2
        torch.randn((1, n_hidden), generator=g) * 0.1 + 1.0,  # bngain
        torch.randn((1, n_hidden), generator=g) * 0.1,  # bnbias
    ]


# %% [markdown]
# The parameters have `requires_grad` False: torch records nothing, so there is no `.grad` to copy from, and
# every gradient in this notebook is one that you compute.

# %% role="locked" id="batch"
g = torch.Generator().manual_seed(2147483647)
parameters = make_parameters(g)
C, W1, b1, W2, b2, bngain, bnbias = parameters

n = 32
ix = torch.randint(0, len(Xtr), (n,), generator=g)
Xb, Yb = Xtr[ix], Ytr[ix]
print(f"{sum(p.numel() for p in parameters):,} parameters; Xb {tuple(Xb.shape)}, Yb {tuple(Yb.shape)}")

# %% [markdown]
# ### The forward pass, in atomic steps
#
# Libraries do all of this in five calls. Here each statement does one thing and names its result, so that
# each can be taken back by itself. **Stage 1** looks up the embeddings, lays them side by side and applies
# the first linear layer:
#
# $$\underset{(n,\,64)}{h^{\text{prebn}}} = \underset{(n,\,30)}{E}\;\underset{(30,\,64)}{W_1} + \underset{(64,)}{b_1}$$

# %% id="stage-1"
# Stage 1: embedding and input layer
emb = C[Xb]  # (n, 3, 10)
embcat = emb.view(emb.shape[0], -1)  # (n, 30)
hprebn = embcat @ W1 + b1  # (n, 64)

# %% [markdown]
# ### Batch normalization in half a page
#
# **Stage 2** standardises each of the 64 columns over the batch, then scales and shifts it by learned numbers
# ([Ioffe & Szegedy, 2015](https://arxiv.org/abs/1502.03167)). For one column $x_1, \dots, x_n$:
#
# $$\mu = \frac1n\sum_i x_i \qquad \sigma^2 = \frac{1}{n-1}\sum_i (x_i-\mu)^2 \qquad
# \hat x_i = \frac{x_i-\mu}{\sqrt{\sigma^2+\epsilon}} \qquad y_i = \gamma\,\hat x_i + \beta$$
#
# with $\epsilon = 10^{-5}$. Every $y_i$ depends on every $x_j$ of its column: the examples of a batch are
# coupled. That is what makes its backward pass interesting.

# %% id="stage-2"
# Stage 2: batch normalization
bnmeani = 1 / n * hprebn.sum(0, keepdim=True)  # (1, 64)
bndiff = hprebn - bnmeani  # (n, 64)
bndiff2 = bndiff**2  # (n, 64)
bnvar = 1 / (n - 1) * bndiff2.sum(0, keepdim=True)  # (1, 64)
bnvar_inv = (bnvar + 1e-5) ** -0.5  # (1, 64)
bnraw = bndiff * bnvar_inv  # (n, 64)
hpreact = bngain * bnraw + bnbias  # (n, 64)

# %% tags=["figure"] id="figure-batchnorm"
fig, axes = plt.subplots(1, 2, figsize=(10, 2.8), sharey=True)
for ax, label, tensor in zip(axes, ["hprebn, before", "bnraw, after"], [hprebn, bnraw]):
    ax.boxplot(tensor[:, :16], medianprops={"color": VERMILION, "lw": 2}, flierprops={"ms": 3})
    ax.set(xlabel="hidden unit (the first 16)", title=label)
axes[0].set_ylabel("value over the batch")
fig.suptitle("Normalization gives every column mean 0 and variance 1")
plt.show()

# %% [markdown]
# *Figure: box plots of 16 columns over the batch. Left, before: boxes of different heights at different
# levels. Right, after: all boxes have a similar height and are centred near zero.*
#
# Why $n - 1$? The mean was estimated from the same $n$ numbers and lies closer to them than the true mean
# does, so dividing by $n$ underestimates the variance. Dividing by $n - 1$, Bessel's correction, removes that
# bias. See it on samples whose true variance is 1:

# %% tags=["figure"] id="figure-bessel"
sizes, g_bessel = (2, 4, 8, 16, 32), torch.Generator().manual_seed(1)
samples = [torch.randn(50_000, size, generator=g_bessel) for size in sizes]
fig, ax = plt.subplots(figsize=(8, 2.6))
looks = [(1, BLUE, "o-", "divided by n - 1"), (0, VERMILION, "s--", "divided by n")]
for correction, color, style, label in looks:
    averages = [sample.var(1, correction=correction).mean() for sample in samples]
    ax.plot(sizes, averages, style, color=color, label=label)
ax.set(xlabel="sample size n", ylabel="average estimate", xticks=sizes, ylim=(0.4, 1.1))
ax.set_title("Divided by n, the variance of a small sample comes out too small")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# *Figure: the average estimate against the sample size. Divided by n - 1 it stays at 1; divided by n it is 0.5 for two
# numbers, 0.75 for four and 0.97 for 32.*
#
# **Stage 3** is the non-linearity and the output layer, **stage 4** the softmax and the mean negative
# log-likelihood of the right letters. Subtracting each row's maximum changes no probability and keeps `exp`
# from overflowing.
#
# $$p_{ik} = \frac{e^{z_{ik}}}{\sum_l e^{z_{il}}} \qquad L = -\frac1n\sum_i \log p_{i\,y_i}
# \qquad z, p:\ (n, 27) \qquad L: \text{a number}$$

# %% id="stage-3"
# Stage 3: tanh and output layer
h = torch.tanh(hpreact)  # (n, 64)
logits = h @ W2 + b2  # (n, 27)

# %% id="stage-4"
# Stage 4: softmax and cross-entropy
logit_maxes = logits.max(1, keepdim=True).values  # (n, 1)
norm_logits = logits - logit_maxes  # (n, 27)
counts = norm_logits.exp()  # (n, 27)
counts_sum = counts.sum(1, keepdim=True)  # (n, 1)
counts_sum_inv = counts_sum**-1  # (n, 1)
probs = counts * counts_sum_inv  # (n, 27)
logprobs = probs.log()  # (n, 27)
loss = -logprobs[range(n), Yb].mean()  # a number
print(f"loss {loss:.4f}, by F.cross_entropy {F.cross_entropy(logits, Yb):.4f}")

# %% tags=["figure"] id="figure-logprobs"
shown = 12
fig, ax = plt.subplots(figsize=(9, 3.6))
image = ax.imshow(logprobs[:shown], aspect="auto")
ax.plot(Yb[:shown], range(shown), "s", mfc="none", mec="white", mew=2, ms=11)
ax.set(xlabel="letter", ylabel="example in the batch", xticks=range(vocab_size), xticklabels=letters)
ax.set_title("Of each row the loss reads one entry, the right letter's (white square)")
ax.grid(False)
fig.colorbar(image, label="log-probability")
plt.show()

# %% [markdown]
# *Figure: heat map of the log-probabilities, 12 examples by 27 letters, between -4.8 and -2.1. One white square in each
# row marks the right letter.*
#
# The next picture is drawn by reading the text of the four stage cells that you ran. Look for the tensors
# that two statements read: their gradients will have two terms, and forgetting the second one is the most
# common slip.

# %% tags=["figure"] id="figure-graph"
draw_graph(In)
plt.show()

# %% [markdown]
# *Figure: the computational graph in four rows, one for each stage. Each tensor is a box with arrows from the
# tensors that it is computed from; parameters and data are grey. Four boxes, hprebn, bndiff, logits and
# counts, have a thick dashed border because two statements read them.*

# %% [markdown]
# ## 3 · One statement at a time
#
# Write $\bar y$, in code `dy`, for the gradient of the loss with respect to $y$. It always has the shape of
# $y$. For one statement $y = f(x)$ the chain rule says
#
# $$\bar x_j = \sum_i \bar y_i\,\frac{\partial y_i}{\partial x_j}, \qquad \bar x = \bar y^{\mathsf T} J .$$
#
# That is a **vector–Jacobian product**, or vjp. Its input $\bar y$ is called the upstream gradient, or
# cotangent.

# %% tags=["figure"] id="figure-vjp"
x_tiny = torch.tensor([1.0, 2.0, 3.0])  # (3,)
dy_tiny = torch.tensor([0.5, -1.0, 2.0])  # (3,), from above
J_tiny = torch.autograd.functional.jacobian(lambda x: x**2, x_tiny)  # (3, 3): dy_i / dx_j
panels = {"dy": dy_tiny[None], "Jacobian of x**2": J_tiny, "dy @ J": dy_tiny[None] @ J_tiny}
panels["2 * x * dy"] = (2 * x_tiny * dy_tiny)[None]
fig, axes = plt.subplots(1, 4, figsize=(11, 2.4))
for ax, (title, table) in zip(axes, panels.items()):
    ax.imshow(table != 0, cmap="Greys", vmin=0, vmax=4)
    for i, row in enumerate(table.tolist()):
        for j, entry in enumerate(row):
            ax.text(j, i, f"{entry:g}", ha="center", va="center")
    ax.set(title=title, xticks=[], yticks=[])
fig.suptitle("At x = (1, 2, 3): the last two agree, and the last needs no Jacobian")
plt.show()

# %% [markdown]
# *Figure: four tables. dy is 0.5, −1, 2; the Jacobian is diagonal, 2, 4, 6; dy @ J and 2 * x * dy are both 1, −4, 12.*
#
# That is the whole craft: know the Jacobian's structure, never build it. For `hprebn = embcat @ W1 + b1` alone the
# Jacobian with respect to `embcat` would be a large matrix of mostly zeros:

# %% tags=["figure"] id="figure-jacobian-size"
kept = {"entries of the Jacobian": hprebn.numel() * embcat.numel()}
kept["of them not zero"] = n * n_hidden * embcat.shape[1]  # row i of hprebn reads row i of embcat
kept["numbers in W1, which say them all"] = W1.numel()
fig, ax = plt.subplots(figsize=(8, 2.1))
bars = ax.barh(list(kept), kept.values(), color=BLUE)
ax.bar_label(bars, [f"{k:,}" for k in kept.values()], padding=4)
ax.set(xscale="log", xlim=(500, 2e7), xlabel="how many", title="W1 says all that the Jacobian holds")
ax.invert_yaxis()
plt.show()

# %% [markdown]
# *Figure: three bars on a logarithmic axis. The Jacobian has 1,966,080 entries, of which 61,440 are not zero; W1 has
# 1,920 numbers.*

# %% tags=["figure"] id="figure-jacobians"
W = torch.randn(3, 2, generator=torch.Generator().manual_seed(3))
x = torch.randn(3, 2, generator=torch.Generator().manual_seed(4))
cases = [
    ("elementwise: x**2", lambda x: x**2, x),
    ("broadcast: (1, 2) to (3, 2)", lambda x: x.expand(3, 2), x[:1]),
    ("sum over rows: (3, 2) to (1, 2)", lambda x: x.sum(0, keepdim=True), x),
    ("matrix product: x.T @ W", lambda x: x.T @ W, x),
]
fig, axes = plt.subplots(1, 4, figsize=(12, 3.2))
for ax, (title, f, at) in zip(axes, cases):
    J = torch.autograd.functional.jacobian(f, at).reshape(-1, at.numel())
    ax.imshow(J != 0, cmap="Greys", vmax=1.6)
    ax.grid(False)
    ax.set(title=title, xlabel="entry of x", ylabel="entry of y")
    ax.set(xticks=range(at.numel()), yticks=range(len(J)))
fig.suptitle("Most entries of a Jacobian are zero, and the rest are laid out in a pattern")
plt.show()

# %% [markdown]
# *Figure: four Jacobians with their non-zero entries dark. Elementwise: the diagonal. Broadcast: the identity
# stacked three times. Sum: the identity three times side by side, the transpose of broadcast. Matrix product:
# a pattern of blocks.*
#
# Read the second against the third: **a broadcast forward is a sum backward, and a sum forward is a broadcast
# backward**, since one Jacobian is the other transposed.

# %% [markdown]
# ### Six rules that are enough for this notebook
#
# | forward | backward |
# |---|---|
# | $y = f(x)$ entry by entry | $\bar x = f'(x)\,\bar y$, with $f'$ taken at the input $x$ |
# | $y = a\,x$ entry by entry | $\bar a = x\,\bar y$ and $\bar x = a\,\bar y$ |
# | $x$ was broadcast to $y$'s shape | then sum over the copies, `keepdim` where $x$ kept the axis |
# | $y$ is a sum of entries of $x$ | each of those entries receives $\bar y$: broadcast |
# | $y = x[i]$: some entries are read | zeros, then *add* $\bar y$ at the places read |
# | $x$ is read by two statements | add the two contributions |
#
# A maximum is a reading, too: it reads the entry that is largest. The matrix product gets a section of its own.

# %% tags=["figure"] id="figure-reading"
dy = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
x = torch.zeros(4, 2, requires_grad=True)
(dx,) = torch.autograd.grad((x[[2, 0, 2]] * dy).sum(), x)
fig, axes = plt.subplots(1, 2, figsize=(8.5, 2.6))
for ax, title, table in zip(axes, ["dy, where y = x[[2, 0, 2]]", "dx"], [dy.tolist(), dx.tolist()]):
    ax.imshow(table, cmap="Greys", vmax=25, aspect="auto")
    for row, values in enumerate(table):
        for column, value in enumerate(values):
            ax.text(column, row, f"{value:.0f}", ha="center", va="center")
    ax.set(title=title, xlabel="column", ylabel="row", xticks=range(2), yticks=range(len(table)))
    ax.grid(False)
fig.suptitle("Row 2 was read twice and gets the sum; rows 1 and 3 were not read and get zero")
plt.show()

# %% [markdown]
# *Figure: two small tables. Left, dy with rows (1, 2), (3, 4), (5, 6). Right, dx with rows (3, 4), (0, 0),
# (6, 8), (0, 0): row 2 holds the sum of the first and third rows of dy.*
#
# > **Often said: “the derivative of an addition is always 1.”** That is the partial derivative with respect to one
# > operand, when the operands are distinct and none is broadcast. Otherwise the contributions of all copies add up:

# %% tags=["figure"] id="figure-addition"
two = torch.tensor(2.0, requires_grad=True)
sums = {
    "x + b": 7.0 + two,
    "5 − b": 5.0 - two,
    "b + b": two + two,
    "b, broadcast\nover 3 entries": torch.zeros(3) + two,
}
slopes = [torch.autograd.grad(result.sum(), two)[0].item() for result in sums.values()]
fig, ax = plt.subplots(figsize=(8, 2.6))
ax.bar_label(ax.bar(list(sums), slopes, 0.5, color=BLUE), fmt="%g", padding=2)
ax.axhline(1, color=VERMILION, ls="--", label="“always 1”")
ax.set(ylabel="derivative by b", ylim=(-1.8, 3.8), title="Each copy of b adds its own 1 or −1")
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# *Figure: four bars, the derivative by b: of x + b it is 1, of 5 − b −1, of b + b 2, of b broadcast over three entries 3. A dashed
# line stands at 1.*

# %% [markdown]
# ## 4 · Matrix products: match shapes, then distrust them
#
# > **Often said: “pretend that everything is a number, then transpose until the shapes fit, and verify
# > numerically.”** For $y = xW$ this gives $\bar x = \bar y\,W$, to be reordered.
#
# There are eight products of `dy` and `W`, with either in front and either transposed. How many have the
# shape of `x`? How many are right? Count them before you run the cell.


# %% id="shape-candidates"
def candidates(rows, inner, columns, symmetric=False):
    """The products of dy and W with the shape of x, each with its largest difference from dx."""
    g = torch.Generator().manual_seed(5)
    W, dy = torch.randn(inner, columns, generator=g), torch.randn(rows, columns, generator=g)
    W = W + W.T if symmetric else W
    x = torch.zeros(rows, inner, requires_grad=True)
    (dx,) = torch.autograd.grad((x @ W * dy).sum(), x)  # weights dy make dy the upstream gradient
    products = {"dy @ W": (dy, W), "dy @ W.T": (dy, W.T), "dy.T @ W": (dy.T, W)}
    products |= {"dy.T @ W.T": (dy.T, W.T), "W @ dy": (W, dy), "W @ dy.T": (W, dy.T)}
    products |= {"W.T @ dy": (W.T, dy), "W.T @ dy.T": (W.T, dy.T)}
    exist = {text: a @ b for text, (a, b) in products.items() if a.shape[1] == b.shape[0]}
    return {text: float((ab - dx).abs().max()) for text, ab in exist.items() if ab.shape == dx.shape}


# %% tags=["figure"] id="figure-fit"
cases = {"5×4 by 4×3": (5, 4, 3), "4×4 by 4×4": (4, 4, 4), "4×4 by 4×4,\nW symmetric": (4, 4, 4, True)}
tried = [candidates(*sizes) for sizes in cases.values()]
right = [sum(difference < 1e-5 for difference in found.values()) for found in tried]
fig, ax = plt.subplots(figsize=(8, 2.6))
fitting = [len(found) for found in tried]
ax.bar_label(ax.bar([0, 1, 2], fitting, 0.5, color=ORANGE, hatch="//", label="fit"))
ax.bar_label(ax.bar([0, 1, 2], right, 0.3, color=BLUE, label="are right"))
ax.set(xticks=[0, 1, 2], xticklabels=cases, ylabel="of eight products", ylim=(0, 9.5))
ax.set_title("Where sizes differ, what fits is right; where they agree, everything fits")
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# *Figure: how many of eight products fit, and are right. With sizes 5, 4, 3: one and one. With squares of 4: eight and one. With a
# symmetric W: eight and two.*
#
# With three different sizes the recipe works: one candidate fits. With square matrices all eight fit and the
# shapes say nothing. The numerical check still finds the right one, but with a symmetric $W$ two pass, one of
# them for the wrong reason. Shapes are a spelling check, not a proof.

# %% tags=["figure"] id="figure-candidates"
found = candidates(4, 4, 4)
right = [difference < 1e-5 for difference in found.values()]
colors, hatches = [BLUE if r else ORANGE for r in right], ["" if r else "//" for r in right]
fig, ax = plt.subplots(figsize=(8, 3))
ax.barh(list(found), [d + 1e-8 for d in found.values()], color=colors, hatch=hatches, edgecolor="black")
ax.set(xscale="log", xlabel="largest difference from dx (1e-8 added)", ylabel="product that fits")
ax.set_title("Square matrices: eight products fit, one is right")
plt.show()

# %% [markdown]
# *Figure: horizontal bars on a logarithmic axis, one for each of the eight products. The bar of dy @ W.T ends
# near 1e-8; the other seven, hatched, lie between 1 and 10.*

# %% [markdown]
# ### Index notation mends it
#
# Write the forward pass with indices: $y_{ik} = \sum_j x_{ij} W_{jk}$. The entry $x_{ij}$ appears in row $i$
# of $y$ only, in each column $k$, with the factor $W_{jk}$. So
#
# $$\bar x_{ij} = \sum_k \bar y_{ik}\,W_{jk} .$$
#
# The sum runs over the *second* index of both factors, which is what `dy @ W.T` does. Nothing was guessed.

# %% tags=["figure"] id="figure-indices"
shaded = [torch.zeros(5, 3), torch.zeros(4, 3), torch.zeros(5, 4)]  # of dy, W and dx
shaded[0][1], shaded[1][2], shaded[2][1, 2] = 1, 1, 1
fig, axes = plt.subplots(1, 3, figsize=(9, 2.8))
names_of = ["dy: row i", "W: row j", "dx: entry i, j"]
for ax, title, table, (down, across) in zip(axes, names_of, shaded, ["ik", "jk", "ij"]):
    ax.imshow(table, cmap="Oranges", vmax=1.6)
    ax.set(title=title, ylabel=down, xlabel=across)
    ax.set(xticks=range(table.shape[1]), yticks=range(len(table)))
    ax.grid(False)
fig.suptitle("One entry of dx: go along two rows together, multiply, and add over k")
plt.show()

# %% [markdown]
# *Figure: three tables, dy with axes i and k, W with axes j and k, dx with axes i and j. Row i = 1 of dy and row j = 2 of W are
# shaded, and in dx the entry 1, 2.*
#
# `einsum` executes index notation as it stands:

# %% id="einsum" tags=["nbval-ignore-output"]
g5 = torch.Generator().manual_seed(5)
x, W, dy = (torch.randn(4, 4, generator=g5) for _ in range(3))
dx = torch.einsum("ik,jk->ij", dy, W)
print(f"largest difference from dy @ W.T: {(dx - dy @ W.T).abs().max():.0e}")

# %% [markdown]
# Do the same for $\bar W_{jk}$ on paper now: in which entries of $y$ does $W_{jk}$ appear, and with which
# factor? You need the result twice in a moment.

# %% [markdown] id="exercise-5.1"
# ## Exercise 5.1 · Back through all 26 tensors
#
# ●●● · about 110 minutes · 26 points, one for each tensor
#
# Below is the forward pass in one cell. Go back through it from the last statement to the first and compute
# the gradient of the loss with respect to each tensor: the 19 intermediate ones and the seven parameters. The
# gradient of `x` is called `dx` and has the shape of `x`.
#
# - No autograd. Otherwise write as you like: loops, helpers, extra cells, prints.
# - Write `n` and `vocab_size`, not 32 and 27: nine tenths of the points are given on new parameters and batches of the
#   notebook's sizes, one tenth on another batch size.
# - Run `check("5.1")` in an extra cell whenever you want to see how far you are.

# %% role="forward" id="forward-5.1"
# Forward pass for exercise 5.1: find the gradient of every tensor
emb = C[Xb]
embcat = emb.view(emb.shape[0], -1)
hprebn = embcat @ W1 + b1
# batch normalization
bnmeani = 1 / n * hprebn.sum(0, keepdim=True)
bndiff = hprebn - bnmeani
bndiff2 = bndiff**2
bnvar = 1 / (n - 1) * bndiff2.sum(0, keepdim=True)
bnvar_inv = (bnvar + 1e-5) ** -0.5
bnraw = bndiff * bnvar_inv
hpreact = bngain * bnraw + bnbias
# tanh and output layer
h = torch.tanh(hpreact)
logits = h @ W2 + b2
# softmax and cross-entropy
logit_maxes = logits.max(1, keepdim=True).values
norm_logits = logits - logit_maxes
counts = norm_logits.exp()
counts_sum = counts.sum(1, keepdim=True)
counts_sum_inv = counts_sum**-1
probs = counts * counts_sum_inv
logprobs = probs.log()
loss = -logprobs[range(n), Yb].mean()

# %% [markdown]
# ### a · From the loss to the counts (5 points)
#
# $$L = -\tfrac1n\textstyle\sum_i \text{logprobs}_{i\,y_i} \qquad \text{probs}_{ik} = \text{counts}_{ik}\,s_i^{-1}
# \qquad s_i = \textstyle\sum_k \text{counts}_{ik}$$
#
# ```
# counts ─┬─► counts_sum ─► counts_sum_inv ─┐
#         └─────────────────────────────────┴─► probs ─► logprobs ─► loss
# ```
#
# The loss reads one entry of each row of `logprobs`; the other entries have no influence on it.
# `counts_sum_inv` has one column and is broadcast along 27. `counts` is read twice, so `dcounts` has two
# terms.

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Take one statement at a time, from the bottom. Ask which rule of section 3 it is, and write the shape of the
# result before the formula.
#
# </details>
# <details><summary>Hint 2: the equations</summary>
#
# $\dfrac{\partial L}{\partial\,\text{logprobs}_{ik}}$ is $-\frac1n$ or 0. For the product,
# $\overline{s^{-1}}_i = \sum_k \text{counts}_{ik}\,\overline{\text{probs}}_{ik}$. For the power,
# $\dfrac{d}{ds}s^{-1} = -s^{-2}$.
#
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
#
# `dlogprobs`: a tensor of zeros, then one assignment with two index lists. `dcounts`: a sum of an `(n, 27)`
# and an `(n, 1)` tensor.
#
# </details>

# %% role="answer" id="answer-5.1-a"
# dlogprobs        (n, 27)
# dprobs           (n, 27)
# dcounts_sum_inv  (n, 1)
# dcounts_sum      (n, 1)
# dcounts          (n, 27), both terms
### BEGIN SOLUTION
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1 / n  # the mean reads one entry of each row
dprobs = dlogprobs / probs
dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)  # broadcast forward, sum backward
dcounts_sum = -(counts_sum**-2) * dcounts_sum_inv
dcounts = counts_sum_inv * dprobs + dcounts_sum  # read by the product and by the sum
### END SOLUTION

# %% [markdown]
# ### b · From the counts to the logits (3 points)
#
# $$\text{counts} = e^{\text{norm}\_\text{logits}} \qquad \text{norm}\_\text{logits}_{ik} = \text{logits}_{ik} - m_i \qquad
# m_i = \max_k \text{logits}_{ik}$$
#
# ```
# logits ─┬─► logit_maxes ─┐
#         └────────────────┴─► norm_logits ─► counts
# ```
#
# `logits` is read by the subtraction and by the maximum. Shifting a row of logits changes no probability, so
# think about what $\bar m_i$ must be before you compute it; then see how close float32 comes.

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# The maximum reads one entry of its row. Only this entry receives $\bar m_i$.
#
# </details>
# <details><summary>Hint 2: the equation</summary>
#
# $\overline{\text{logits}}_{ik} = \overline{\text{norm}\_\text{logits}}_{ik} + \bar m_i\,[k = k_i]$, where $k_i$ is the place of
# the maximum of row $i$ and the bracket is 1 if true and 0 if not.
#
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
#
# `logits.max(1).indices` says where the maxima are; `F.one_hot(…, vocab_size)` makes a mask of them. To add
# to a copy, `clone()` first: `a = b` gives the same tensor a second name.
#
# </details>

# %% role="answer" id="answer-5.1-b"
# dnorm_logits  (n, 27)
# dlogit_maxes  (n, 1)
# dlogits       (n, 27), both terms
### BEGIN SOLUTION
dnorm_logits = counts * dcounts  # exp is its own derivative
dlogit_maxes = -dnorm_logits.sum(1, keepdim=True)  # zero but for rounding: the loss does not feel a shift
dlogits = dnorm_logits + F.one_hot(logits.max(1).indices, vocab_size) * dlogit_maxes
### END SOLUTION

# %% [markdown]
# ### c · Output layer and tanh (4 points)
#
# $$\underset{(n,\,27)}{\text{logits}} = \underset{(n,\,64)}{h}\;\underset{(64,\,27)}{W_2} + \underset{(27,)}{b_2}
# \qquad \underset{(n,\,64)}{h} = \tanh(\text{hpreact})$$
#
# The matrix product is the one of section 4, for both of its operands. The bias is broadcast along the batch.
# For tanh you have the output `h` at hand, and its derivative can be written with it.

# %% tags=["figure"] id="figure-tanh"
leaf = hpreact.clone().requires_grad_(True)
(slopes,) = torch.autograd.grad(torch.tanh(leaf).sum(), leaf)
fig, ax = plt.subplots(figsize=(8, 2.6))
ax.hist(slopes.view(-1), bins=40, color=BLUE, edgecolor="white")
ax.axvline(0.5, color="black", ls=":", label="half")
ax.set(xlabel="slope of tanh, the factor from dh to dhpreact", ylabel="entries of hpreact")
few = (slopes < 0.5).float().mean()
ax.set_title(f"Through {few:.0%} of the entries less than half of the gradient comes back")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: histogram of the slope of tanh, between 0 and 1, at all entries of hpreact. The highest bar stands at 1; the
# rest spread evenly down to 0.*
#
# <details><summary>Hint 1: the idea</summary>
#
# $W_{2,jk}$ appears in column $k$ of the logits, once for each example. Its gradient is a sum over examples.
#
# </details>
# <details><summary>Hint 2: the equations</summary>
#
# $\bar W_{2,jk} = \sum_i h_{ij}\,\bar z_{ik}$ with $z$ the logits, and $\tanh'(u) = 1 - \tanh^2(u)$.
#
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
#
# Two matrix products, each with one transpose; one sum over an axis; one elementwise product. Read off from the
# indices which factor is transposed.
#
# </details>

# %% role="answer" id="answer-5.1-c"
# dh        (n, 64)
# dW2       (64, 27)
# db2       (27,)
# dhpreact  (n, 64)
### BEGIN SOLUTION
dh = dlogits @ W2.T  # dh_ij = sum_k dlogits_ik W2_jk
dW2 = h.T @ dlogits  # dW2_jk = sum_i h_ij dlogits_ik
db2 = dlogits.sum(0)  # broadcast along the batch
dhpreact = (1 - h**2) * dh
### END SOLUTION

# %% [markdown]
# ### d · Batch normalization (9 points)
#
# For each column: $\mu = \frac1n\sum_i x_i$, $d_i = x_i - \mu$, $v = \frac{1}{n-1}\sum_i d_i^2$,
# $r = (v+\epsilon)^{-1/2}$, $\hat x_i = d_i\,r$, $y_i = \gamma\,\hat x_i + \beta$.
#
# ```
# hprebn ─┬─► bnmeani ─┐
#         └────────────┴─► bndiff ─┬─► bndiff2 ─► bnvar ─► bnvar_inv ─┐
#                                  └──────────────────────────────────┴─► bnraw ─► hpreact
# ```
#
# The small tensors $\mu, v, r, \gamma, \beta$ have shape (1, 64), the others (n, 64). Each small one is
# broadcast when it is used. `bndiff` ($d$) is read by `bnraw` and `bndiff2`; `hprebn` ($x$) by `bndiff` and
# `bnmeani`. A tensor's gradient is complete only when all its readers have been dealt with: that settles the
# order.

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Work in the order gain, bias, raw; then the small tensors up to `dbnvar`; then `dbndiff2`; then finish
# `dbndiff`; only then `dbnmeani` and `dhprebn`.
#
# </details>
# <details><summary>Hint 2: the equations</summary>
#
# $\bar r = \sum_i d_i\,\overline{\hat x}_i$ and $\bar v = -\frac12(v+\epsilon)^{-3/2}\,\bar r$. Each $d_i^2$
# receives $\frac{1}{n-1}\bar v$, and $\mu$ receives $-\sum_i \bar d_i$.
#
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
#
# Four of the five gradients of shape (1, 64) are sums with `keepdim=True`; `dbnvar` is elementwise.
# `dbndiff2` has the shape (n, 64): `torch.ones_like(bndiff2)` or `expand_as` fills it.
#
# </details>

# %% role="answer" id="answer-5.1-d"
# dbngain, dbnbias    (1, 64)
# dbnraw              (n, 64)
# dbnvar_inv, dbnvar  (1, 64)
# dbndiff2            (n, 64)
# dbndiff             (n, 64), both terms
# dbnmeani            (1, 64)
# dhprebn             (n, 64), both terms
### BEGIN SOLUTION
dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
dbnbias = dhpreact.sum(0, keepdim=True)
dbnraw = bngain * dhpreact
dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv
dbndiff2 = torch.ones_like(bndiff2) / (n - 1) * dbnvar  # sum forward, broadcast backward
dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2  # read by bnraw and by bndiff2
dbnmeani = -dbndiff.sum(0, keepdim=True)  # only now: dbndiff had to be complete
dhprebn = dbndiff + dbnmeani / n  # read by bndiff and by bnmeani
### END SOLUTION

# %% [markdown]
# ### e · Input layer and embedding (5 points)
#
# $$\underset{(n,\,64)}{\text{hprebn}} = \underset{(n,\,30)}{\text{embcat}}\;\underset{(30,\,64)}{W_1} + b_1 \qquad
# \underset{(n,\,3,\,10)}{\text{emb}_{ij}} = C_{\text{Xb}_{ij}}$$
#
# The linear layer is as before, and `view` only renames places. The embedding copies rows of $C$; the row of
# a letter that occurs five times in the batch was copied five times. What does its gradient have to be?

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Start with zeros of $C$'s shape. Go through the batch; whenever row `Xb[i, j]` was read, add the gradient of
# that copy to the row.
#
# </details>
# <details><summary>Hint 2: the equation</summary>
#
# $\bar C_{v} = \sum_{i,j:\ \text{Xb}_{ij} = v} \overline{\text{emb}}_{ij}$, a vector of 10 numbers for each
# letter $v$.
#
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
#
# Two nested loops and one `+=`. Or one call of `index_add_` on flattened tensors. `dC[Xb] += demb` is not
# enough: where an index repeats, only the last one counts.
#
# </details>

# %% role="answer" id="answer-5.1-e"
# dembcat  (n, 30)
# dW1      (30, 64)
# db1      (64,)
# demb     (n, 3, 10)
# dC       (27, 10)
### BEGIN SOLUTION
dembcat = dhprebn @ W1.T
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
demb = dembcat.view(emb.shape)
# dC[Xb[i, j]] += demb[i, j] for all i and j in one call: a letter read twice gets both
dC = torch.zeros_like(C).index_add_(0, Xb.view(-1), demb.view(-1, C.shape[1]))
### END SOLUTION

# %% [markdown]
# A tensor counts as right if its largest difference from the reference is at most $3\cdot10^{-6}$ of the
# reference's largest entry, plus the rounding of the terms that were added up: room for rounding, not for
# mistakes.

# %% role="check" id="check-5.1" points=26
check("5.1")
### BEGIN HIDDEN TESTS
from grader.check.manual import score

score(submission, "5.1", points=26)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# You ran reverse-mode differentiation by hand. Three things carried all of it. Every broadcast turned into a
# sum and every sum into a broadcast. Every tensor read twice got two terms. And most formulas used *values of
# the forward pass*, which is why a framework must keep them in memory. You never formed a Jacobian.

# %% tags=["figure"] id="figure-branches"
first, second = (counts.clone().requires_grad_(True) for _ in range(2))  # counts, twice
again = -(first / second.sum(1, keepdim=True))[range(n), Yb].log().mean()
terms = torch.autograd.grad(again, [first, second])
fig, axes = plt.subplots(1, 3, figsize=(12, 2.6), sharey=True)
titles = "by way of probs", "by way of counts_sum", "dcounts, their sum"
for ax, title, term in zip(axes, titles, [*terms, sum(terms)]):
    ax.bar(list(letters), term[0], color=BLUE)
    ax.set(xlabel="letter", title=title)
    ax.grid(False, axis="x")
axes[0].set_ylabel("gradient, example 0")
fig.suptitle("One term pulls the right letter up, the other pushes all down; the sum is the gradient")
plt.show()

# %% [markdown]
# *Figure: three bar charts over the letters. By way of probs: one long negative bar at the right letter, the dot.
# By way of counts_sum: the same small positive value everywhere. Their sum has both.*
#
# Now all of your gradients, in the order in which you found them:

# %% tags=["figure"] id="figure-sizes"
order = "logprobs probs counts_sum_inv counts_sum counts norm_logits logit_maxes logits h W2 b2 hpreact "
order += "bngain bnbias bnraw bnvar_inv bnvar bndiff2 bndiff bnmeani hprebn embcat W1 b1 emb C"
found = {name: globals().get("d" + name) for name in order.split()}
if all(isinstance(gradient, torch.Tensor) for gradient in found.values()):
    fig, ax = plt.subplots(figsize=(10, 3.4))
    bars = ax.bar(list(found), [gradient.abs().max() for gradient in found.values()], color=BLUE)
    for name in ("logit_maxes", "b1"):
        bars[list(found).index(name)].set(facecolor=ORANGE, hatch="//", edgecolor="black")
    ax.set(yscale="log", ylim=(1e-10, 1e3), xlabel="tensor, from the loss back")
    ax.set_ylabel("largest |gradient|")
    ax.tick_params(axis="x", rotation=90)
    ax.set_title("Two of the 26 gradients are zero on paper, and rounding noise in float32")
    plt.show()

# %% [markdown]
# *Figure: 26 bars on a logarithmic axis, from logprobs to C. All lie between 1e-4 and 10 but two, which are hatched:
# logit_maxes and b1, below 1e-8.*
#
# To look closer, here is the same loss differentiated by torch. This function is also the opponent
# that your own training loop will meet in exercise 5.4.


# %% role="locked" id="autograd-reference"
def autograd_loss_and_gradients(parameters, Xb, Yb):
    """The model's loss and its seven gradients by torch's autograd: (number, list of tensors)."""
    leaves = [p.detach().requires_grad_(True) for p in parameters]
    C, W1, b1, W2, b2, bngain, bnbias = leaves
    hprebn = C[Xb].flatten(1) @ W1 + b1
    bnraw = (hprebn - hprebn.mean(0)) / torch.sqrt(hprebn.var(0) + 1e-5)  # var divides by n - 1
    logits = torch.tanh(bngain * bnraw + bnbias) @ W2 + b2
    loss = F.cross_entropy(logits, Yb)
    return loss.detach(), list(torch.autograd.grad(loss, leaves))


# %% tags=["figure"] id="figure-dC"
_, references = autograd_loss_and_gradients(parameters, Xb, Yb)
times_read = torch.bincount(Xb.view(-1), minlength=vocab_size)
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.8), sharey=True)
left.barh(range(vocab_size), times_read, color=BLUE)
left.set(xlabel="times read", ylabel="letter", yticks=range(vocab_size), yticklabels=letters)
image = right.imshow(references[0].abs(), aspect="auto")
for letter in torch.nonzero(times_read == 0).view(-1).tolist():
    right.text((n_embd - 1) / 2, letter, "all zero", color="white", ha="center", va="center")
right.set(xlabel="embedding dimension")
right.grid(False)
fig.colorbar(image, label="|dC|")
fig.suptitle("A letter that the batch does not contain gets no gradient")
plt.show()

# %% [markdown]
# *Figure: left, bars that count how often each letter is read in the batch, the dot most often. Right, a heat
# map of the size of dC, 27 letters by 10 dimensions. The rows of letters with no bar are labelled “all
# zero”.*

# %% [markdown]
# > **Often said: “$b_1$ is useless under batch normalization, so its gradient is zero.”** Useless, yes: the
# > normalization subtracts the mean, and a constant shift with it. Zero on paper, yes. In float32 it is only *small*,
# > so a check for `== 0` fails. What is rounding shrinks when you compute with more digits:

# %% tags=["figure"] id="figure-b1"
parameter_names = ["C", "W1", "b1", "W2", "b2", "bngain", "bnbias"]
fig, ax = plt.subplots(figsize=(8, 3))
for dtype, color, hatch, side in [(torch.float32, BLUE, "", -0.2), (torch.float64, ORANGE, "//", 0.2)]:
    _, gradients = autograd_loss_and_gradients([p.to(dtype) for p in parameters], Xb, Yb)
    heights = [gradient.abs().max() for gradient in gradients]
    look = {"color": color, "hatch": hatch, "edgecolor": "black", "label": str(dtype)[6:]}
    ax.bar(torch.arange(7) + side, heights, 0.4, **look)
ax.set(yscale="log", ylim=(1e-19, 1e3), ylabel="largest |gradient|", xlabel="parameter")
ax.set(xticks=range(7), xticklabels=parameter_names)
ax.set_title("With twice the digits only the gradient of b1 changes: it is nothing but rounding")
ax.legend(ncols=2)
plt.show()

# %% [markdown]
# *Figure: two bars for each of the seven parameters, on a logarithmic axis. Six pairs are equal, between 0.01 and 0.2;
# for b1 the bar falls from about 1e-9 in float32 to 1e-18 in float64.*
#
# > **Often said: “a gradient is right only if it equals autograd's bit for bit.”** Two formulas that are equal on
# > paper round differently. Differentiating `s**-1`, torch computes $-s^{-2}$; differentiating `1 / s`, it computes
# > $-(s^{-1})^2$. Both are right, and they differ in the last bit of some entries. Right up to rounding *is* right.

# %% tags=["figure", "nbval-ignore-output"] id="figure-bits"
s_sums = counts_sum.clone().requires_grad_(True)
(power,) = torch.autograd.grad((s_sums**-1).sum(), s_sums)
(division,) = torch.autograd.grad((1 / s_sums).sum(), s_sums)
bit = torch.nextafter(power.abs(), torch.tensor(1.0)) - power.abs()  # from each number to the next
fig, ax = plt.subplots(figsize=(8, 2.4))
ax.stem(range(n), ((power - division) / bit).view(-1), basefmt=" ")
ax.set(xlabel="example", ylabel="difference, last bits", yticks=[-2, -1, 0, 1, 2], ylim=(-2.4, 2.4))
ax.set_title(f"{(power != division).sum()} of {n} gradients differ, each by a last bit or two")
plt.show()

# %% [markdown]
# *Figure: the difference of the two gradients for each of 32 examples, in units of the last bit: some are 0, most are plus
# or minus 1, one is −2.*

# %% [markdown] id="exercise-5.2"
# ## Exercise 5.2 · The cross-entropy in one expression
#
# ●●○ · about 30 minutes · 8 points
#
# Between `loss` and `logits` you took eight steps. On paper most of it cancels. For one example with logits
# $z_1, \dots, z_{27}$ and right letter $y$,
#
# $$L = -\log\frac{e^{z_y}}{\sum_l e^{z_l}} = -z_y + \log\sum_l e^{z_l} .$$
#
# Derive $\partial L/\partial z_k$ with a pencil, first for $k \ne y$, then for $k = y$. Remember that the
# batch's loss is a mean. Then write `dlogits` as one expression of `logits`, `Yb` and `n`.

# %% role="forward" id="forward-5.2"
# Forward pass for exercise 5.2: find dlogits
loss = F.cross_entropy(logits, Yb)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Differentiate the right-hand side above term by term. The first term sees one of the 27 logits, the second
# all of them.
#
# </details>
# <details><summary>Hint 2: the equation</summary>
#
# $\dfrac{\partial}{\partial z_k}\log\sum_l e^{z_l} = \dfrac{e^{z_k}}{\sum_l e^{z_l}}$. You have met this
# quantity.
#
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
#
# An (n, 27) table of probabilities, less a table with a single 1 in each row, over a number.
#
# </details>

# %% role="answer" id="answer-5.2"
# dlogits (n, 27), in one expression
### BEGIN SOLUTION
# One example: L = -z_y + log sum_l exp(z_l).
#   k != y:  dL/dz_k = exp(z_k) / sum_l exp(z_l)     = p_k
#   k == y:  dL/dz_y = exp(z_y) / sum_l exp(z_l) - 1 = p_y - 1
# Together p_k - [k = y]; the mean over the batch divides by n.
dlogits = (F.softmax(logits, 1) - F.one_hot(Yb, vocab_size)) / n
### END SOLUTION

# %% role="check" id="check-5.2" points=8
check("5.2")
### BEGIN HIDDEN TESTS
from grader.check.manual import score

score(submission, "5.2", points=8)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# Eight tensors collapsed into one line, which is also safer: no small probability is divided by. Make the logits
# larger, as a network that is sure of itself does, and see how long each way holds:


# %% tags=["figure"] id="figure-safe"
def by_steps(z):
    """The loss as stage 4 computes it."""
    e = (z - z.max(1, keepdim=True).values).exp()
    return -(e / e.sum(1, keepdim=True)).log()[range(n), Yb].mean()


fig, ax = plt.subplots(figsize=(8, 2.8))
at_once = lambda z: F.cross_entropy(z, Yb)
for label, f, style in [("at once", at_once, "o-"), ("step by step", by_steps, "x--")]:
    leaves = [(scale * logits).requires_grad_(True) for scale in range(1, 101, 3)]
    finite = [torch.autograd.grad(f(leaf), leaf)[0].isfinite().all(1).float().mean() for leaf in leaves]
    color = BLUE if label == "at once" else VERMILION
    ax.plot(range(1, 101, 3), finite, style, color=color, label=label)
ax.set(xlabel="factor on the logits", ylabel="share of examples with\na finite gradient")
ax.set_title("Where a probability underflows to 0, eight steps give nan and one expression holds")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the share of examples whose gradient is finite, against a factor on the logits from 1 to 100. At once: always
# all. Step by step: all up to a factor of 34, half of them near 50, none at 90.*
#
# Think of the gradient as forces on the logits, below in units of $1/n$. In each row one force pulls the right
# letter up and the others push the rest down, and they balance: each row sums to zero, as it must, since shifting
# a row changes nothing.

# %% tags=["figure", "nbval-ignore-output"] id="figure-dlogits"
leaf = logits.clone().requires_grad_(True)
(reference,) = torch.autograd.grad(F.cross_entropy(leaf, Yb), leaf)
fig, ax = plt.subplots(figsize=(9, 6))
image = ax.imshow(n * reference, aspect="auto")
ax.plot(Yb, range(n), "s", mfc="none", mec="white", ms=7)
ax.set(xlabel="letter", ylabel="example in the batch", xticks=range(vocab_size), xticklabels=letters)
ax.set_title("Each row pulls the right letter (white square) up and pushes the others down")
ax.grid(False)
fig.colorbar(image, label="n · dlogits")
plt.show()
print(f"largest |row sum| of n · dlogits: {(n * reference).sum(1).abs().max():.0e}")

# %% [markdown]
# *Figure: heat map of n times dlogits, 32 examples by 27 letters. In each row the right letter, marked with a
# white square, is dark, near minus one; the other entries are slightly above zero, the brightest where the
# model put the most probability on a wrong letter.*

# %% [markdown] id="exercise-5.3"
# ## Exercise 5.3 · Batch normalization in one expression
#
# ●●● · about 45 minutes · 12 points
#
# Now the same for batch normalization: given `dhpreact`, find `dhprebn` in one expression. The upstream
# gradient is drawn at random here, so that this exercise does not depend on your answer to 5.1. For one
# column
#
# $$\hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad y_i = \gamma\,\hat x_i + \beta, \qquad
# \bar x_j = \sum_i \gamma\,\bar y_i\,\frac{\partial \hat x_i}{\partial x_j} .$$
#
# $x_j$ reaches $\hat x_i$ along three paths: directly if $i = j$, through $\mu$, and through $\sigma^2$, which
# here divides by $n-1$. Derive $\partial \hat x_i/\partial x_j$ with a pencil, then sum over $i$.


# %% tags=["figure"] id="figure-bn-jacobian"
def normalize(x):
    """One column of batch normalization, before gain and bias: (n,) to (n,)."""
    return (x - x.mean()) / torch.sqrt(x.var() + 1e-5)


J_column = torch.autograd.functional.jacobian(normalize, hprebn[:, 0])  # (n, n)
fig, ax = plt.subplots(figsize=(5.5, 4.2))
image = ax.imshow(J_column, vmin=-0.12, vmax=0.06)
ax.set(xlabel="j, example of x", ylabel="i, example of x̂")
ax.set_title("Every output depends on every input of its column")
ax.grid(False)
fig.colorbar(image, label="derivative of x̂[i] by x[j]", extend="max")
plt.show()

# %% [markdown]
# *Figure: heat map of a 32 by 32 Jacobian. The diagonal is bright, above the scale. Off the diagonal the
# entries are small, of both signs, and hardly any is zero.*
#
# `J_column` is there for you to test your formula for $\partial\hat x_i/\partial x_j$ on, for the first
# hidden unit.

# %% role="locked" id="given-dhpreact"
dhpreact = torch.randn(hprebn.shape, generator=torch.Generator().manual_seed(53))  # (n, 64)

# %% role="forward" id="forward-5.3"
# Forward pass for exercise 5.3: given dhpreact, find dhprebn
hpreact = (
    bngain * (hprebn - hprebn.mean(0, keepdim=True))
    / torch.sqrt(hprebn.var(0, keepdim=True, unbiased=True) + 1e-5)
    + bnbias
)

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Let $s = \sqrt{\sigma^2+\epsilon}$. Find $\partial\mu/\partial x_j$ and $\partial s/\partial x_j$ first; in
# the second, the part of $\sigma^2$ that comes through $\mu$ vanishes, since $\sum_i (x_i - \mu) = 0$.
#
# </details>
# <details><summary>Hint 2: the equations</summary>
#
# $\dfrac{\partial \mu}{\partial x_j} = \dfrac1n$ and $\dfrac{\partial s}{\partial x_j} = \dfrac{\hat x_j}{n-1}$,
# so by the quotient rule
# $\dfrac{\partial \hat x_i}{\partial x_j} = \dfrac1s\left([i=j] - \dfrac1n - \dfrac{\hat x_i\,\hat x_j}{n-1}\right)$.
# Multiply by $\gamma\bar y_i$ and sum over $i$.
#
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
#
# A factor of shape (1, 64) times a bracket of three terms: (n, 64), (1, 64) and (n, 64). `bnraw` and
# `bnvar_inv` from exercise 5.1's forward pass are still there, and you may use them.
#
# </details>

# %% role="answer" id="answer-5.3"
# dhprebn (n, 64), in one expression of dhpreact, bngain, bnraw, bnvar_inv and n
### BEGIN SOLUTION
# With s = sqrt(var + eps): dmu/dx_j = 1/n, and, since sum_i (x_i - mu) = 0,
#   dvar/dx_j = 2 (x_j - mu) / (n-1),   ds/dx_j = dvar/dx_j / (2 s) = xhat_j / (n-1).
# Quotient rule: dxhat_i/dx_j = ([i=j] - 1/n) / s - (x_i - mu)/s^2 * xhat_j/(n-1)
#                             = ([i=j] - 1/n - xhat_i xhat_j / (n-1)) / s.
# Sum over i with gamma dy_i:
#   dx_j = gamma/s * (dy_j - mean_i dy_i - xhat_j * sum_i dy_i xhat_i / (n-1)).
dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(0) - bnraw * (dhpreact * bnraw).sum(0) / (n - 1))
### END SOLUTION

# %% role="check" id="check-5.3" points=12
check("5.3")
### BEGIN HIDDEN TESTS
from grader.check.manual import score

score(submission, "5.3", points=12)
### END HIDDEN TESTS

# %% [markdown]
# ### What just happened
#
# Three paths, three terms. How much does each carry? Give every path a copy of $x$ of its own, and differentiate:

# %% tags=["figure"] id="figure-paths"
copies = [hprebn.clone().requires_grad_(True) for _ in range(3)]  # x, as its three readers see it
normalized = (copies[0] - copies[1].mean(0)) / torch.sqrt(copies[2].var(0) + 1e-5)
terms = torch.autograd.grad((bngain * normalized * dhpreact).sum(), copies)
fig, ax = plt.subplots(figsize=(9, 3))
looks = [("directly", "o", BLUE), ("through the mean", "x", VERMILION)]
looks += [("through the variance", "^", ORANGE)]
for (label, marker, color), term in zip(looks, terms):
    ax.plot(term.norm(dim=0), marker, ms=5, color=color, label=label)
ax.set(xlabel="hidden unit", ylabel="norm of the term", title="Most of the gradient comes back directly")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# *Figure: the norms of the three terms for each of 64 units. The direct term lies between 2 and 8; the other two are
# smaller, on the median a seventh and a ninth of it.*
#
# Now read the bracket as geometry. Batch normalization ignores a shift of a column and, up to $\epsilon$, a
# rescaling. So no gradient can come back along the direction of all ones, nor along $\hat x$: both parts of
# the upstream gradient are projected out. What remains is scaled by $\gamma/s$.

# %% tags=["figure"] id="figure-projection"
leaf = hprebn.clone().requires_grad_(True)
normalized = (leaf - leaf.mean(0)) / torch.sqrt(leaf.var(0) + 1e-5)
(reference,) = torch.autograd.grad((bngain * normalized * dhpreact).sum(), leaf)
fig, axes = plt.subplots(1, 2, figsize=(10, 3.4), sharey=True)
directions = {"all ones": torch.ones_like(bnraw), "the normalized column": bnraw}
for ax, (label, direction) in zip(axes, directions.items()):
    before, after = (F.cosine_similarity(vector, direction, dim=0) for vector in (dhpreact, reference))
    ax.plot(before, "o", ms=5, color=BLUE, label="dhpreact, before")
    ax.plot(after, "x", ms=5, color=VERMILION, label="dhprebn, after")
    ax.set(xlabel="hidden unit", title=f"along {label}")
axes[0].set_ylabel("cosine with the direction")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
fig.suptitle("The backward pass removes two directions from every column")
plt.show()

# %% [markdown]
# *Figure: two scatter plots over the 64 hidden units. Before the backward step, circles, the cosine between
# the gradient's column and the direction is scattered between about minus 0.5 and 0.5; after it, crosses, it
# is zero for every unit, both for the all-ones direction and for the normalized column.*

# %% [markdown] id="exercise-5.4"
# ## Exercise 5.4 · Put it together: train without autograd
#
# ●●○ · about 40 minutes · 14 points
#
# Write two functions.
#
# - `loss_and_gradients(parameters, Xb, Yb)` runs the forward and the backward pass and returns the loss and a list of
#   seven gradients in the order of `parameters`, each with its parameter's shape and dtype. Take `n = len(Xb)`; change
#   none of the arguments.
# - `sgd_step(parameters, gradients, lr)` moves every parameter against its gradient, *in place*.
#
# Use your short forms from 5.2 and 5.3. The function runs 20,000 times: for $\bar C$ prefer `index_add_` to a
# double loop.

# %% [markdown]
# <details><summary>Hint 1: the idea</summary>
#
# Keep from the forward pass what the backward pass reads: `embcat`, `bnraw`, `bnvar_inv`, `h`, the logits.
# Four gradients of intermediate tensors are enough to reach all seven parameters.
#
# </details>
# <details><summary>Hint 2: the equation</summary>
#
# $\theta \leftarrow \theta - \eta\,\bar\theta$ for each parameter $\theta$, with the learning rate $\eta$.
#
# </details>
# <details><summary>Hint 3: the shape of the code</summary>
#
# Loop over `zip(parameters, gradients)`. Assigning to the loop's variable gives a new tensor that name and
# leaves the parameter as it was; you need an operator that edits the tensor itself.
#
# </details>


# %% role="answer" id="answer-5.4-a"
def loss_and_gradients(parameters, Xb, Yb):
    """The loss (a number) and [dC, dW1, db1, dW2, db2, dbngain, dbnbias], without autograd."""
    ### BEGIN SOLUTION
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    n = len(Xb)
    # forward: named is what the backward pass reads again
    embcat = C[Xb].view(n, -1)
    hprebn = embcat @ W1 + b1
    bnvar_inv = (hprebn.var(0, keepdim=True) + 1e-5) ** -0.5
    bnraw = (hprebn - hprebn.mean(0, keepdim=True)) * bnvar_inv
    h = torch.tanh(bngain * bnraw + bnbias)
    logits = h @ W2 + b2
    loss = F.cross_entropy(logits, Yb)
    # backward
    dlogits = (F.softmax(logits, 1) - F.one_hot(Yb, W2.shape[1])) / n
    dhpreact = (1 - h**2) * (dlogits @ W2.T)
    dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
    dbnbias = dhpreact.sum(0, keepdim=True)
    dhprebn = bngain * bnvar_inv * (dhpreact - dbnbias / n - bnraw * dbngain / (n - 1))
    demb = (dhprebn @ W1.T).view(-1, C.shape[1])
    dC = torch.zeros_like(C).index_add_(0, Xb.reshape(-1), demb)
    return loss, [dC, embcat.T @ dhprebn, dhprebn.sum(0), h.T @ dlogits, dlogits.sum(0), dbngain, dbnbias]
    ### END SOLUTION


# %% role="answer" id="answer-5.4-b"
@torch.no_grad()
def sgd_step(parameters, gradients, lr):
    """Move every parameter against its gradient by the learning rate, in place."""
    ### BEGIN SOLUTION
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter -= lr * gradient
    ### END SOLUTION


# %% role="check" id="check-5.4" points=14
check("5.4")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.charmlp import draw
from grader.check.credit import award_batches
from grader.check.exercises.ch05 import judge_training

seeds = [challenge_seed("5.4", f"fresh batch {k}") for k in (1, 2, 3)]
fresh = [judge_training(submission, draw(seed)) for seed in seeds]
other = judge_training(submission, draw(seeds[0], n=20))
award_batches("5.4", points=14, fresh=fresh, other=other)
### END HIDDEN TESTS

# %% [markdown]
# ### Train with it
#
# The loop below is ordinary stochastic gradient descent: a fresh batch of 32 at each step, learning rate 0.1,
# then 0.01 in the second half. It takes any function that returns a loss and gradients, so your backward pass
# and torch's can run the same race from the same start with the same batches.


# %% role="locked" id="train"
def train(gradient_function, count):
    """Train from the same start for `count` steps. Returns the parameters and the list of losses."""
    g = torch.Generator().manual_seed(2147483647)
    parameters, losses = make_parameters(g), []
    for step in range(count):
        ix = torch.randint(0, len(Xtr), (32,), generator=g)
        result = gradient_function(parameters, Xtr[ix], Ytr[ix])
        if result is None:
            print("Write loss_and_gradients and sgd_step first, then run this cell again.")
            break
        loss, gradients = result
        sgd_step(parameters, gradients, 0.1 if step < count // 2 else 0.01)
        losses.append(float(loss))
    return parameters, losses


# %% id="race" tags=["nbval-ignore-output"]
race_steps = steps(200, 10)
_, own_losses = train(loss_and_gradients, race_steps)
_, autograd_losses = train(autograd_loss_and_gradients, race_steps)
if own_losses:
    apart = max(abs(own - theirs) for own, theirs in zip(own_losses, autograd_losses))
    print(f"{race_steps} steps: the losses of the two runs are never further apart than {apart:.0e}")

# %% tags=["figure"] id="figure-race"
if own_losses:
    fig, ax = plt.subplots(figsize=(8, 3))
    ax.plot(own_losses, color=ORANGE, lw=4, label="your backward pass")
    ax.plot(autograd_losses, color="black", lw=1, ls="--", label="torch's autograd")
    ax.set(xlabel="step", ylabel="batch's loss (nats)", title="The two runs lie on top of each other")
    ax.legend()
    plt.show()

# %% [markdown]
# *Figure: loss against step for 200 steps. A thick line, your backward pass, and a thin dashed line,
# autograd, coincide while the loss falls from about 3.5 to about 2.7, with noise from batch to batch.*
#
# Now the full run: 20,000 steps, about 15 seconds. `steps(20_000, 50)` says 20,000 to you and 50 to a machine that only
# grades.

# %% id="full-run"
trained, losses = train(loss_and_gradients, steps(20_000, 50))

# %% tags=["figure"] id="figure-loss"
if losses:
    chunks = torch.tensor(losses).chunk(100)
    middle = [len(chunks[0]) * (i + 0.5) for i in range(len(chunks))]
    fig, ax = plt.subplots(figsize=(8, 3.4))
    ax.plot(middle, [chunk.mean() for chunk in chunks], color=BLUE, marker="o", ms=3)
    ax.axvline(len(losses) / 2, color="black", ls=":", label="learning rate 0.1 → 0.01")
    ax.set(xlabel="step", ylabel=f"loss, mean of {len(chunks[0])} batches (nats)")
    ax.set_title("Steep at first, then slow")
    ax.legend()
    plt.show()

# %% [markdown]
# *Figure: the loss, averaged over groups of batches, against the step. It falls from above 2.8 to 2.4 in the
# first tenth of the run and then slowly to about 2.25. A dotted line in the middle marks the smaller learning
# rate.*

# %% [markdown]
# ### How good is it?
#
# A single name has no batch statistics. So for evaluation the mean and variance of each hidden unit are
# computed once, over the whole training set, and held fixed. That is what the running averages of a library's
# batch norm approximate. The mean of a batch of 32 will not do, since it depends on the company:

# %% tags=["figure"] id="figure-batch-means"
whole = C[Xtr[:20_000]].flatten(1) @ W1 + b1  # (20000, 64), with the parameters of the start
means = whole[:, :12].view(-1, 32, 12).mean(1)  # (625, 12): batches of 32
fig, ax = plt.subplots(figsize=(8, 2.6))
ax.boxplot(means, medianprops={"color": BLUE}, flierprops={"ms": 2})
ax.plot(range(1, 13), whole[:, :12].mean(0), "D", color=VERMILION, label="mean of all")
ax.set(xlabel="hidden unit (the first 12)", ylabel="mean of 32",
       title="Each batch has a mean of its own")
ax.legend(loc="upper right")
plt.show()

# %% [markdown]
# *Figure: box plots of the means of 625 batches for twelve hidden units; each box spreads around a diamond, the mean over all of
# the examples.*


# %% role="locked" id="evaluate"
enough = steps(len(Xtr), 1_000)  # all of them; a machine that only grades takes the first thousand


@torch.no_grad()
def predictor(parameters):
    """A function from int64 (m, 3) to log-probabilities (m, 27), with the training set's statistics."""
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    everything = C[Xtr[:enough]].flatten(1) @ W1 + b1
    mean, variance = everything.mean(0), everything.var(0)

    def predict(X):
        normalized = (C[X].flatten(1) @ W1 + b1 - mean) / torch.sqrt(variance + 1e-5)
        return F.log_softmax(torch.tanh(bngain * normalized + bnbias) @ W2 + b2, 1)

    return predict


# %% id="losses-train-dev" tags=["nbval-ignore-output"]
predict = predictor(trained)
for split, X, Y in [("train", Xtr, Ytr), ("dev", Xdev, Ydev)]:
    print(f"{split:5} loss {F.nll_loss(predict(X[:enough]), Y[:enough]):.3f} nats a letter")

pairs = torch.bincount(Xtr[:, -1] * vocab_size + Ytr, minlength=vocab_size**2).view(vocab_size, -1) + 1.0
bigram = (pairs / pairs.sum(1, keepdim=True)).log()  # (27, 27), counted from pairs of letters
print(f"for comparison, on dev: counted pairs {F.nll_loss(bigram[Xdev[:, -1]], Ydev):.3f}", end=", ")
print(f"all letters equally likely {torch.tensor(vocab_size).log():.3f}")

# %% tags=["figure"] id="figure-choices"
if losses:
    dev = [torch.tensor(vocab_size).log(), F.nll_loss(bigram[Xdev[:, -1]], Ydev)]
    dev.append(F.nll_loss(predict(Xdev), Ydev))
    seen = ["nothing", "one letter\n(counted pairs)", "three letters\n(your network)"]
    fig, ax = plt.subplots(figsize=(8, 2.4))
    ax.bar_label(ax.barh(seen, [loss.exp() for loss in dev], color=BLUE), fmt="%.1f", padding=4)
    ax.set(xlabel="exp(dev loss): as unsure as among so many letters", ylabel="a model that sees")
    ax.set(title="Each letter that a model sees narrows its choice", xlim=(0, 30))
    ax.invert_yaxis()
    plt.show()

# %% [markdown]
# *Figure: three bars. A model that sees no letter chooses among 27, one that sees the last letter among 11.7, your
# network, which sees three, among 9.4.*
#
# Longer runs pay. Each column is a run of its own with the code above, one CPU thread, the learning rate
# lowered at its own halfway point; the last has 200 hidden units instead of 64.
#
# | steps | 0 | 300 | 1,000 | 5,000 | 10,000 | 20,000 | 20,000, wide |
# |---|---|---|---|---|---|---|---|
# | train loss (nats) | 3.459 | 2.655 | 2.488 | 2.334 | 2.282 | 2.234 | 2.189 |
# | dev loss (nats) | 3.458 | 2.659 | 2.492 | 2.338 | 2.286 | 2.241 | 2.200 |
#
# Own backward against autograd, on the machine that measured this: 0.7 ms and 0.9 ms a step.

# %% [markdown]
# And this is what it was for: names that nobody has, letter by letter from the model's own probabilities.


# %% id="sample" tags=["nbval-ignore-output"]
def sample_name(predict, g):
    """One name, drawn letter by letter until the dot."""
    context = [0] * block_size
    while context[-1] or len(context) == block_size:
        p = predict(torch.tensor([context[-block_size:]])).exp()
        context.append(torch.multinomial(p, 1, generator=g).item())
    return "".join(letters[i] for i in context[block_size:-1])


g_names = torch.Generator().manual_seed(2147483647)
print(*(sample_name(predict, g_names) for _ in range(12)), sep="  ")

# %% tags=["figure"] id="figure-next-letter"
fig, axes = plt.subplots(1, 3, figsize=(12, 2.8), sharey=True)
for ax, context in zip(axes, ["..q", "emm", "iah"]):
    p = predict(torch.tensor([[stoi[letter] for letter in context]]))[0].exp()
    ax.bar(list(letters), p, color=BLUE)
    ax.set(xlabel="next letter", title=f"after “{context}” most likely “{letters[p.argmax()]}”")
    ax.grid(False, axis="x")
axes[0].set_ylabel("probability")
plt.show()

# %% [markdown]
# *Figure: three bar charts of the next letter's probability, after “..q”, “emm” and “iah”, each title naming
# the most likely letter. After training, “iah” is followed by the dot that ends a name.*

# %% tags=["figure"] id="figure-lengths"
if losses:
    drawn = [len(sample_name(predict, g_names)) for _ in range(400)]
    fig, ax = plt.subplots(figsize=(8, 2.6))
    bins = [k + 0.5 for k in range(16)]
    real = [len(name) for name in train_names]
    ax.hist(real, bins, density=True, color="0.8", ec="0.4", label="real names")
    ax.hist(drawn, bins, density=True, histtype="step", color=VERMILION, lw=2, label="400 new names")
    ax.set(xlabel="letters in the name", ylabel="share",
           title="Remembering three letters, it loses count")
    ax.legend()
    plt.show()

# %% [markdown]
# *Figure: how long names are. Real names, grey, have mostly five to seven letters. The new ones, an outline, spread from three
# letters to fifteen: the model cannot see how much is written already.*

# %% tags=["figure"] id="figure-letters"
if losses:
    columns = trained[3].T - trained[3].mean(1)  # (27, 64): what each letter looks for
    plane = columns @ torch.linalg.svd(columns, full_matrices=False).Vh[:2].T  # (27, 2)
    fig, ax = plt.subplots(figsize=(6.5, 4.5))
    for (a, b), letter in zip(plane.tolist(), letters):
        box = {"boxstyle": "circle", "fc": "0.85"} if letter in "aeiou" else None
        ax.plot(a, b, ",", color="white")
        ax.text(a, b, letter, ha="center", va="center", bbox=box)
    ax.set(xlabel="first principal direction of the columns of W2", ylabel="second")
    ax.set_title("Nobody told the model what a vowel is")
    plt.show()

# %% [markdown]
# *Figure: the 27 letters placed by the two principal directions of the columns of W2. After training the five
# vowels, circled, lie together on one side, with y beside them; the consonants lie on the other, the dot far
# from both.*

# %% [markdown] id="further"
# ## 5.5 · Further (0 points)
#
# Three variations for a second evening. Nothing here is graded: a line prints how far your gradient is from
# torch's. Anything near $10^{-6}$ is rounding.


# %% role="locked" id="compare"
def compare(name, value, reference):
    """Print how far a gradient is from torch's, relative to the largest entry."""
    if value is None:
        print(f"{name}: not written yet")
    elif value.shape != reference.shape:
        print(f"{name}: has the shape {tuple(value.shape)}, wanted is {tuple(reference.shape)}")
    else:
        apart = (value - reference).abs().max() / reference.abs().max()
        print(f"{name}: largest difference {apart:.0e} of the largest entry")


# %% [markdown]
# ### Layer normalization
#
# Turn batch normalization by 90 degrees: standardise each *row*, over its $m$ features, with the variance
# divided by $m$ ([Ba, Kiros & Hinton, 2016](https://arxiv.org/abs/1607.06450)). The examples are no longer
# coupled. Gain and bias still belong to features. Which sums now run over which axis?
#
# $$\hat x_{ij} = \frac{x_{ij}-\mu_i}{\sqrt{\sigma_i^2+\epsilon}} \qquad y_{ij} = \gamma_j\,\hat x_{ij} + \beta_j$$

# %% id="layer-norm-forward"
g_further = torch.Generator().manual_seed(55)
x_ln, dy_ln = (torch.randn(5, 8, generator=g_further) for _ in range(2))  # (n, m)
gain_ln, bias_ln = (torch.randn(8, generator=g_further) for _ in range(2))  # (m,)
rstd_ln = (x_ln.var(1, keepdim=True, correction=0) + 1e-5) ** -0.5  # (n, 1)
xhat_ln = (x_ln - x_ln.mean(1, keepdim=True)) * rstd_ln  # (n, m)
y_ln = gain_ln * xhat_ln + bias_ln
dx_ln = dgain_ln = dbias_ln = None

# %% tags=["figure"] id="figure-coupling"
kinds = {"batch norm": lambda x: (x - x.mean(0)) / x.std(0)}
kinds["layer norm"] = lambda x: F.layer_norm(x, (8,))
fig, axes = plt.subplots(1, 2, figsize=(9, 4))
for ax, (kind, f) in zip(axes, kinds.items()):
    J = torch.autograd.functional.jacobian(f, x_ln).view(40, 40)
    ax.imshow(J != 0, cmap="Greys", vmax=1.6)
    ticks = range(0, 40, 8)
    ax.set(title=kind, xlabel="entry of x, example after example", xticks=ticks, yticks=ticks)
    ax.grid(False)
axes[0].set_ylabel("entry of x̂")
fig.suptitle("Batch norm ties examples together, layer norm the features of one example")
plt.show()

# %% [markdown]
# *Figure: two Jacobians of 40 by 40, non-zero entries dark. Batch norm: diagonal stripes, eight entries apart.
# Layer norm: five dense squares of 8 by 8 along the diagonal.*

# %% role="answer" id="answer-5.5-a"
# given dy_ln (n, m): dgain_ln (m,), dbias_ln (m,), dx_ln (n, m)
### BEGIN SOLUTION
dgain_ln = (dy_ln * xhat_ln).sum(0)  # broadcast along the batch
dbias_ln = dy_ln.sum(0)
dxhat_ln = gain_ln * dy_ln
# the derivation of 5.3 with rows for columns and m in the place of both n and n - 1
dx_ln = rstd_ln * (dxhat_ln - dxhat_ln.mean(1, keepdim=True) - xhat_ln * (dxhat_ln * xhat_ln).mean(1, keepdim=True))
### END SOLUTION

# %% id="layer-norm-compare" tags=["nbval-ignore-output"]
leaves = [t.clone().requires_grad_(True) for t in (x_ln, gain_ln, bias_ln)]
references = torch.autograd.grad((F.layer_norm(leaves[0], (8,), *leaves[1:]) * dy_ln).sum(), leaves)
found = {"dx_ln": dx_ln, "dgain_ln": dgain_ln, "dbias_ln": dbias_ln}
for (name, value), reference in zip(found.items(), references):
    compare(name, value, reference)

# %% [markdown]
# ### Weight tying
#
# Use the embedding table a second time, as the output matrix: $z = h\,C^{\mathsf T}$, with as many hidden
# units as embedding dimensions ([Press & Wolf, 2017](https://arxiv.org/abs/1608.05859)). $C$ is now read
# twice in two very different ways: looked up and multiplied. Its gradient is the sum of both contributions.

# %% id="tying-forward"
W_tied = torch.randn(n_embd * block_size, n_embd, generator=g_further) * 0.2  # (30, 10)
embcat_tied = C[Xb].view(n, -1)  # (n, 30)
h_tied = torch.tanh(embcat_tied @ W_tied)  # (n, 10)
logits_tied = h_tied @ C.T  # (n, 27)
dlogits_tied = torch.randn(n, vocab_size, generator=g_further)
dC_tied = None

# %% role="answer" id="answer-5.5-b"
# given dlogits_tied (n, 27): dC_tied (27, 10)
### BEGIN SOLUTION
dh_tied = dlogits_tied @ C
demb_tied = ((1 - h_tied**2) * dh_tied) @ W_tied.T
as_matrix = dlogits_tied.T @ h_tied  # dC_vj = sum_i dlogits_iv h_ij
as_table = torch.zeros_like(C).index_add_(0, Xb.view(-1), demb_tied.view(-1, n_embd))
dC_tied = as_matrix + as_table  # read twice: two terms
### END SOLUTION

# %% id="tying-compare" tags=["nbval-ignore-output"]
leaf = C.clone().requires_grad_(True)
again = torch.tanh(leaf[Xb].view(n, -1) @ W_tied) @ leaf.T
(reference,) = torch.autograd.grad((again * dlogits_tied).sum(), leaf)
compare("dC_tied", dC_tied, reference)

# %% tags=["figure"] id="figure-tied"
looked_up, multiplied = (C.clone().requires_grad_(True) for _ in range(2))  # C, for each reader
again = torch.tanh(looked_up[Xb].view(n, -1) @ W_tied) @ multiplied.T
by_use = torch.autograd.grad((again * dlogits_tied).sum(), [looked_up, multiplied])
fig, ax = plt.subplots(figsize=(9, 2.6))
ax.plot(list(letters), by_use[1].norm(dim=1), "s", color=ORANGE, label="as output matrix")
ax.plot(list(letters), by_use[0].norm(dim=1), "o", color=BLUE, label="as table")
ax.set(xlabel="letter: row of C", ylabel="norm of the gradient", ylim=(-2, 46))
ax.set_title("Every row hears from the output matrix, only letters that were read from the table")
ax.legend(ncols=2)
plt.show()

# %% [markdown]
# *Figure: for each letter the norms of the two contributions to its row. Squares, from the output matrix, are all above zero;
# circles, from the table, are zero for letters that the batch does not hold.*

# %% [markdown]
# ### A tied bias
#
# One bias $b$ serves two layers: $u = \tanh(xA + b)$ and $v = \tanh(uB + b)$. It reaches $v$ directly and
# through $u$. Given $\bar v$, find $\bar b$. Note that $A$ and $B$ are square: shapes will not save you here.

# %% id="tied-bias-forward"
x_tied, A, B = (torch.randn(8, 8, generator=g_further) * 0.4 for _ in range(3))
b_tied, dv = torch.randn(8, generator=g_further), torch.randn(8, 8, generator=g_further)
u = torch.tanh(x_tied @ A + b_tied)  # (8, 8)
v = torch.tanh(u @ B + b_tied)  # (8, 8)
db_tied = None

# %% role="answer" id="answer-5.5-c"
# given dv (8, 8): db_tied (8,)
### BEGIN SOLUTION
dv_pre = (1 - v**2) * dv
du_pre = (1 - u**2) * (dv_pre @ B.T)
db_tied = dv_pre.sum(0) + du_pre.sum(0)  # each use is broadcast along the batch
### END SOLUTION

# %% id="tied-bias-compare" tags=["nbval-ignore-output"]
leaf = b_tied.clone().requires_grad_(True)
again = torch.tanh(torch.tanh(x_tied @ A + leaf) @ B + leaf)
(reference,) = torch.autograd.grad((again * dv).sum(), leaf)
compare("db_tied", db_tied, reference)

# %% [markdown] id="recap"
# ## Recap
#
# 1. **A backward pass is a list of vector–Jacobian products**, one for each statement, in reverse order. Each takes the
#    gradient of its output and gives those of its inputs.
# 2. **Three habits prevent most slips:** a broadcast becomes a sum and a sum a broadcast; a tensor read twice gets two
#    terms; a gradient has the shape of its tensor. For matrix products trust indices, not shapes.
# 3. **Derive whole blocks on paper where you can.** The cross-entropy and batch normalization each shrink to one line that
#    is faster, safer and easier to read.

# %% [markdown]
# ## Sources
#
# - A. Karpathy, [makemore](https://github.com/karpathy/makemore): the idea of this exercise and the tensors' names.
# - Y. Bengio, R. Ducharme, P. Vincent, C. Jauvin (2003), [A neural probabilistic language
#   model](https://www.jmlr.org/papers/v3/bengio03a.html): the model.
# - S. Ioffe, C. Szegedy (2015), [Batch normalization](https://arxiv.org/abs/1502.03167).
# - A. Griewank, A. Walther (2008), [Evaluating derivatives](https://doi.org/10.1137/1.9780898717761), 2nd edition: the
#   theory of what you did by hand.
