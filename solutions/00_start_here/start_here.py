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
# # 00 · Start here
#
# - **You will be able to** run a chapter, read a check, unfold hints, and hand in. And you will know the data.
# - **You need** a little Python: functions, lists. Nothing of calculus yet.
# - **Time:** 15 minutes. **Points:** 5, for one short exercise.
# - **How to:** click on a cell and press Shift+Enter, from the top of the page to the bottom.

# %% role="locked" id="setup"
import os
import platform
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise

import matplotlib.pyplot as plt
import torch

from grader.check import check, read_names, split_names

plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3})
BLUE, ORANGE, VERMILION = "#0072B2", "#E69F00", "#D55E00"

# %% [markdown]
# ## Where this leads
#
# Eleven chapters, from the slope of a line to the gradient of a network that you backpropagate by hand. You can start
# any of them without the others. The long bars are where the heart of the course is.

# %% tags=["figure"] id="figure-course"
chapters = [
    ("00 Start here", 15, 5), ("01 Derivatives", 120, 25), ("02 Loss and gradient descent", 150, 30),
    ("03 Forward mode", 120, 25), ("04 Reverse mode", 240, 40), ("05 Manual backpropagation", 240, 60),
    ("06 Leaky abstraction", 150, 30), ("07 Custom autograd", 180, 35), ("08 Jacobians", 210, 35),
    ("09 Linearize and transpose", 240, 40), ("10 Traces", 180, 35),
]  # fmt: skip
fig, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
for row, (name, minutes, points) in enumerate(chapters):
    elective = name[:2] in ("09", "10")
    ax.barh(
        row,
        minutes / 60,
        color=ORANGE if elective else BLUE,
        hatch="//" if elective else "",
        edgecolor="white",
    )
    ax.text(minutes / 60 + 0.05, row, f"{points} points", va="center", fontsize=9)
ax.set(yticks=range(len(chapters)), yticklabels=[name for name, _, _ in chapters], xlabel="hours",
    xlim=(0, 4.8))
ax.invert_yaxis()
ax.set_title("Nine chapters are the core; the last two, hatched, are electives")
plt.show()

# %% [markdown]
# *Figure: a horizontal bar for each chapter, as long as its hours. 04, 05 and 09 are the longest with four hours;
# 05 has the most points, 60. The bars of 09 and 10 are hatched.*

# %% [markdown]
# ## Is everything here?
#
# The cell below looks at your set-up. Every line should name a version. The course needs no graphics card: `device`
# may well be `cpu`. If a package is missing, stop and run `make setup` in the course's folder (on Windows: the four
# lines of `README.md`).


# %% tags=["nbval-ignore-output"] id="environment"
def find(package):
    """The version that is installed, or a word that says there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "MISSING"


print(f"{'Python':12} {platform.python_version()}")
for package in ["torch", "numpy", "matplotlib", "sympy", "jupyterlab", "nbgrader"]:
    print(f"{package:12} {find(package)}")
device = "cuda" if torch.cuda.is_available() else "cpu"
print(f"{'device':12} {device}, {os.cpu_count()} processors")

# %% [markdown]
# ## The data: names
#
# In some later chapters, small models learn to invent names. They learn from those given to babies in the United
# States in 2018. Girls' names come first, then boys', each list with the most frequent first.

# %% id="names"
names = read_names()
print(f"{len(names):,} names, {len(set(names)):,} of them different")
print("first:", ", ".join(names[:6]))
print("shortest:", ", ".join([name for name in names if len(name) == 2][:6]))
print("longest: ", ", ".join(name for name in names if len(name) == 15))

# %% tags=["figure"] id="figure-order"
block = 400
starts = range(0, len(names) - block, block)
shares = [sum(name.endswith("a") for name in names[start : start + block]) / block for start in starts]
fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
ax.plot([start / 1000 for start in starts], shares, color=BLUE)
ax.axvline(len(names) * 0.8 / 1000, color=VERMILION, ls="--", label="four fifths of the lines")
ax.set(xlabel="line of the file (thousands)", ylabel="share that ends in a", ylim=(0, 0.6))
ax.set_title("The file is in order: where the boys' list begins, names in -a nearly stop")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: the share of names that end in a, along the file. It stays between a quarter and a half, then drops at line
# 18,000, where the boys' list begins, to a few percent. A dashed line far to the right of the drop marks four fifths.*

# %% tags=["figure"] id="figure-data"
letters = Counter("".join(names))
lengths = Counter(len(name) for name in names)
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3), layout="constrained", width_ratios=[3, 2])
for ax, counts, colour in [(left, letters, BLUE), (right, lengths, ORANGE)]:
    keys = sorted(counts)
    ax.bar([str(key) for key in keys], [counts[key] / 1000 for key in keys], color=colour,
        edgecolor="black")
left.set(title="One letter in six is an a", xlabel="letter", ylabel="occurrences (thousands)")
right.set(title="Most names have 5 to 7 letters", xlabel="letters in a name", ylabel="names (thousands)")
plt.show()

# %% [markdown]
# *Figure: left, how often each letter occurs: a 34 thousand times, then e, n and i, 18 to 21 thousand times, q and x
# hardly ever. Right, names by length from 2 to 15 letters, most between 5 and 7.*
#
# Letters don't fall at random: each leans towards certain others. That is what the models will learn.

# %% tags=["figure"] id="figure-pairs"
alphabet = "abcdefghijklmnopqrstuvwxyz"
pairs = Counter(first + second for name in names for first, second in pairwise(name))
table = torch.tensor([[pairs[first + second] for second in alphabet] for first in alphabet])
fig, ax = plt.subplots(figsize=(6.6, 5.4), layout="constrained")
image = ax.imshow(table / table.sum(1, keepdim=True), cmap="cividis", vmax=0.5)
ax.set(xticks=range(26), yticks=range(26), xticklabels=alphabet, yticklabels=alphabet)
ax.set(xlabel="next letter", ylabel="letter", title="After q comes u, and after most consonants a vowel")
ax.grid(False)
fig.colorbar(image, label="share among the letters that follow", extend="max")
plt.show()

# %% [markdown]
# *Figure: heat map, 26 by 26: in each row, what follows a letter inside a name. Most rows are bright in the columns a,
# e and i. The brightest entry is u after q, 84 %.*
#
# A name that is on both lists stands in the file twice. To judge a model by names that it has never seen, one must
# split by *different* names. `split_names` does so. The plain way, the first 80 % of the lines to train and the rest to
# judge, leaks: it judges by names that were learned.

# %% id="split"
train, dev, test = split_names(names)
print(f"train {len(train):,}, dev {len(dev):,}, test {len(test):,}")

cut = len(names) * 8 // 10
kept_back = {"split_names": (train, dev + test), "cut by line": (names[:cut], names[cut:])}
for way, (learned, judged) in kept_back.items():
    known = len(set(learned) & set(judged))
    print(f"{way}: {known:,} of {len(set(judged)):,} names to judge by were learned")

# %% tags=["figure"] id="figure-split"
fig, ax = plt.subplots(figsize=(8, 1.9), layout="constrained")
for row, (learned, judged) in enumerate(kept_back.values()):
    seen, new = len(set(judged) & set(learned)), len(set(judged) - set(learned))
    ax.barh(row, new, color=BLUE, edgecolor="black", label="" if row else "never seen")
    ax.barh(row, seen, left=new, color=ORANGE, edgecolor="black", hatch="//",
        label="learned before" if row else "")
ax.set(yticks=[0, 1], yticklabels=kept_back, xlabel="different names to judge a model by")
ax.set_title("Cut by line, one in nine of the names to judge by was learned before")
ax.invert_yaxis()
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# *Figure: two horizontal bars. The one of split_names is of one colour, all names are new. In the one cut by line a
# hatched part, 695 of 6,452, was learned before.*

# %% [markdown]
# ## The check
#
# Under each exercise stands a line such as `check("0.1")`. It looks at what you wrote, tries it on a few inputs and
# says what it found. It changes nothing and stops nothing: run it as often as you like. Rehearse it with a function
# that doubles a number, first with nothing written yet.


# %% id="rehearse-nothing"
def double(x):
    pass  # nothing here yet


check("0.0")

# %% [markdown]
# *Not done* is not an error. Now a **wrong** answer. A check has *lines*, one for each case that it tries, and says of
# each what it found, its *verdict*. Look for three things: which line is wrong, by how much, and the reason.


# %% id="rehearse-wrong"
def double(x):
    return x * x


check("0.0")

# %% tags=["figure"] id="figure-inputs"
xs = [step / 10 for step in range(-8, 36)]
fig, ax = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
ax.plot(xs, [x + x for x in xs], color=BLUE, lw=3, label="the double, x + x")
ax.plot(xs, [x * x for x in xs], color=VERMILION, lw=2, ls="--", label="the answer above, x · x")
ax.vlines([1.5, 3], [3, 6], [2.25, 9], color="black", lw=2, ls=":",
    label="how far off, where the check looks")
ax.plot([0, 2], [0, 4], "o", ms=9, mfc="white", mec="black", label="where the two agree")
ax.set(xlabel="x", ylabel="result", title="At 0 and at 2 the wrong answer looks right")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# *Figure: the line x + x and the parabola x · x. They meet at 0 and at 2; at 1.5 and at 3, where the check looks, they
# are 0.75 and 3 apart.*
#
# That is why checks, and you, try more than one input. Next, an answer that **stops with an error**. The check catches
# it and names it; in a cell of your own you would see Python's full message.


# %% id="rehearse-error"
def double(x):
    return x + y


check("0.0")

# %% [markdown]
# And a **right** one. Edit the cell as you like and run it again. Right means right up to rounding: Python keeps about
# 16 digits of a number, so nobody is asked for equality in the last one.


# %% id="rehearse-right"
def double(x):
    return x + x


check("0.0")

# %% tags=["figure"] id="figure-rounding"
total, apart = 0.0, []
for count in range(1, 1001):
    total += 0.1
    apart.append(abs(total - count / 10))
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
ax.plot(range(1, 1001), apart, color=BLUE)
ax.set(xlabel="how often 0.1 was added", ylabel="distance from the true sum")
ax.set_title(f"0.1 added a thousand times is not 100: it misses by {apart[-1]:.1e}")
plt.show()

# %% [markdown]
# *Figure: the distance between a sum of tenths and its true value, from 0 after a few additions to about 1.4e-12 after
# a thousand. It rises and falls on the way, as the roundings go up or down.*

# %% [markdown]
# ## Your turn
#
# Exercises look like the next one. Dots and words say how hard it is, how long it may take, and what it is worth. Then
# come the question and a cell for your answer: put your code in the place of `pass  # your code here`. Keep the names
# that are given, for the check looks for them.

# %% [markdown] id="exercise-0.1"
# ### 0.1 How names begin
#
# ●○○ easy · about 5 minutes · 5 points
#
# Which share of the names begins with a given letter?
#
# $$\text{share} = \frac{\text{number of names that begin with the letter}}{\text{number of names}}$$
#
# It lies between 0 and 1. A name that stands in the list twice counts twice.

# %% tags=["figure"] id="figure-share"
eight, begin_with_a = ["ada", "bob", "alan", "cleo", "mia", "eva", "ada", "ned"], {"ada", "alan"}
fig, ax = plt.subplots(figsize=(8, 1.3), layout="constrained")
for place, name in enumerate(eight):
    counts = name in begin_with_a
    look = {"fc": ORANGE if counts else "white", "hatch": "//" if counts else "", "alpha": 0.6}
    ax.add_patch(plt.Rectangle((place, 0), 0.9, 1, ec="black", **look))
    box = {"fc": "white", "ec": "none", "pad": 1}
    ax.text(place + 0.45, 0.5, name, ha="center", va="center", bbox=box)
ax.set(xlim=(-0.1, 8), ylim=(-0.1, 1.1), title=f"3 of 8 names begin with a: the share is {3 / 8}")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: eight names in boxes. Those that begin with a, ada, alan and ada again, are hatched.*


# %% role="answer" id="answer-0.1"
def share_starting_with(names, letter):
    """names: a list of strings, not empty. letter: one letter. Returns a number from 0 to 1."""
    ### BEGIN SOLUTION
    return sum(name.startswith(letter) for name in names) / len(names)  # True counts as 1
    ### END SOLUTION


# %% [markdown]
# Stuck? Hints unfold when you click, one inside the other. Take one, try again, then take the next. None of them
# is the answer.
#
# <details><summary>Hint 1: the idea</summary>
#
# Go through the names and count those that begin with the letter. Then divide.
# <details><summary>Hint 2: the equation</summary>
#
# For `["ada", "bob", "alan", "cleo"]` and `"a"` it is $2/4 = 0.5$.
# <details><summary>Hint 3: the shape of the code</summary>
#
# `name.startswith(…)` is True or False; `sum` counts the True ones; `len(…)` is the number of names.
#
# </details></details></details>

# %% role="check" id="check-0.1" points=5
check("0.1")
### BEGIN HIDDEN TESTS
from grader.check.challenge import challenge_seed
from grader.check.credit import award
from grader.check.exercises.ch00 import judge_share

award("0.1", judge_share(submission, seed=challenge_seed("0.1", "names"), count=50), points=5)
### END HIDDEN TESTS

# %% tags=["figure"] id="figure-lists"
everyone, g = share_starting_with(names, "a"), torch.Generator().manual_seed(1)
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
for size in [10, 100, 1000] if everyone is not None else []:
    for _ in range(40):
        drawn = [names[i] for i in torch.randint(len(names), (size,), generator=g)]
        ax.plot(share_starting_with(drawn, "a"), f"{size} names", "o", color=BLUE, alpha=0.3)
if everyone is not None:
    ax.axvline(everyone, color=VERMILION, ls="--", label="all names of the file")
    ax.legend()
ax.set(xlabel="share that begins with a", title="Other lists, other shares: no one number fits all")
plt.show()

# %% [markdown]
# *Figure: three rows of 40 dots, your function on lists drawn from the file. With 10 names the shares lie anywhere from 0
# to 0.4, with 1,000 names close to the dashed line, the share in the whole file.*
#
# **What just happened.** The check called your function with lists of its own, so an answer that only fits the
# notebook's names is not enough. Grading does the same with other lists. Here is your function at work on all the
# names:

# %% tags=["figure"] id="figure-beginnings"
shares = [share_starting_with(names, letter) for letter in alphabet]
fig, ax = plt.subplots(figsize=(9, 3), layout="constrained")
if None not in shares:
    ax.bar(list(alphabet), shares, color=BLUE, edgecolor="black", label="names that begin with it")
everywhere = [letters[letter] / letters.total() for letter in alphabet]
ax.plot(list(alphabet), everywhere, "o", color=VERMILION, label="among all letters")
ax.set(title="Names begin with other letters than they go on with", xlabel="letter", ylabel="share")
ax.legend()
plt.show()

# %% [markdown]
# *Figure: for each letter a bar, the share of names that begin with it, and a dot, its share among all letters. a leads
# both. j, k and m begin many more names than their dots suggest; e, i and n fewer.*

# %% [markdown]
# ## Save, validate, hand in
#
# 1. **Run everything once more**: menu *Kernel → Restart Kernel and Run All Cells*. A notebook remembers what you ran
#    and deleted; grading does not.
# 2. **Save**: Ctrl+S (⌘S).
# 3. **Validate**: the button above the page. It runs the saved file in a fresh kernel and lists the checks that are not
#    passed.
# 4. **Hand in** the `.ipynb` file under the name it has. Learning on your own? Compare with `solutions/`.

# %% [markdown]
# ### Why run everything again? See for yourself
#
# The **kernel** is the running Python behind the page. Run the next cell, then change `3` to `4`, and run only the
# `print` cell below it. The page says 4, the kernel still knows 3. The numbers in brackets on the left say in which
# order cells were run.

# %% id="state-a"
apples = 3

# %% id="state-b"
print("apples:", apples)

# %% tags=["figure"] id="figure-kernel"
actions = ["run both cells", "change 3 to 4", "run only print", "restart, run all"]
page, kernel, pages, kernels = "apples = 3", {}, [], []
for action in actions:
    page = "apples = 4" if action == "change 3 to 4" else page
    if action in ("run both cells", "restart, run all"):
        exec(page, kernel)
    pages.append(int(page[-1]))
    kernels.append(kernel["apples"])
fig, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
ax.plot(actions, pages, "s-", color=BLUE, ms=9, label="the page says")
ax.plot(actions, kernels, "o--", color=VERMILION, label="the kernel knows")
ax.set(xlabel="what you do, from left to right", ylabel="apples", yticks=[3, 4])
ax.set_title("After an edit, page and kernel disagree until that cell is run again")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# *Figure: apples against four actions. The page says 3, then 4 from the edit on. The kernel knows 3, also after the
# print cell is run, and 4 only after restart and run all.*

# %% [markdown]
# ## What grading looks at
#
# Your cells run once, from top to bottom, in a process of their own, walled off from the network and from other
# people's files. The hidden tests run elsewhere. They send inputs to your functions and compare what comes back.

# %% tags=["figure"] id="figure-grading"
fig, ax = plt.subplots(figsize=(9, 2.6), layout="constrained")
for x, colour, title, text in [
    (0, "0.4", "your file", "locked cells\nare put back"),
    (1.3, BLUE, "your cells", "run once, in order,\nwalled off"),
    (3, VERMILION, "hidden tests", "draw fresh inputs,\nknow the answers"),
    (4.3, "0.4", "points", "line by line"),
]:
    ax.add_patch(plt.Rectangle((x, 0), 1, 1, fc="white", ec=colour, lw=3))
    ax.text(x + 0.5, 0.72, title, ha="center", weight="bold")
    ax.text(x + 0.5, 0.3, text, ha="center", va="center", fontsize=9)
for start, end, y in [(1, 1.3, 0.5), (4, 4.3, 0.5), (3, 2.3, 0.68), (2.3, 3, 0.32)]:
    ax.annotate("", (end, y), (start, y), arrowprops={"arrowstyle": "-|>", "lw": 2})
ax.text(2.65, 0.78, "names, letter", ha="center", fontsize=9)
ax.text(2.65, 0.12, "0.5", ha="center", fontsize=9)
ax.set(xlim=(-0.1, 5.4), ylim=(-0.1, 1.1),
    title="Your code and the tests never meet: inputs go in, answers come back")
ax.axis("off")
plt.show()

# %% [markdown]
# *Figure: four boxes in a row. Your file, with its locked cells put back, leads to your cells, which run walled off.
# Between them and the hidden tests two arrows: inputs such as names and a letter go in, an answer such as 0.5 comes
# back. From the tests an arrow leads to the points.*
#
# | it looks at | it does not look at |
# |---|---|
# | your functions and values, by their names | how you wrote them: loops or one line |
# | other inputs: numbers, sizes, edge cases | the outputs stored in your file |
# | each exercise by itself: a crash costs that one only | warnings and prints; speed, within reason |
# | *some* rounding: right is right up to that | exercises marked “Further” |

# %% [markdown]
# So return your result: a `print` reaches nobody. What crosses is data: numbers, lists, text, tensors. Cells that you add
# are kept and run; `.py` files beside the notebook are not collected. Given cells that only draw a figure are left out,
# so write no answer into them. Long trainings run for a few steps; no points hang on a number that only a long run
# reaches. Partly right earns part of the points, line by line.

# %% [markdown]
# ## Three things to keep
#
# 1. A check may be run at any time; it says which case fails and why.
# 2. Grading asks the same questions with other inputs.
# 3. Restart and run all before you hand in.
#
# The names come from the [Social Security Administration](https://www.ssa.gov/oact/babynames/limits.html);
# `data/README.md` says how the file was made and how to use names of your own.
#
# **Next**: [01 · Derivatives](../01_derivatives/derivatives.ipynb).
