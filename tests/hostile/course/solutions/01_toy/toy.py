# %% [markdown]
# # A toy chapter
#
# A function, a value and a gradient: one of each kind of question that a hidden test asks.

# %%
import torch

from grader.check.submission import LiveSubmission


def check(exercise):
    global submission  # as the chapters' own check binds it, for tests that run in the kernel
    submission = LiveSubmission(globals(), lambda: list(In))


# %% role="locked" id="data-1.1"
numbers = [1.5, 2.5, 4.0]
n = 5
x = torch.linspace(-1.0, 1.0, n)
w = torch.linspace(0.5, 2.5, n)

# %% [markdown]
# ## Exercise 1.1 ●○○ (1 minute, 4 points)

# %% role="answer" id="answer-1.1-a"
def double(value):
    # a number, twice `value`
    ### BEGIN SOLUTION
    return 2 * value
    ### END SOLUTION

# %% role="check" id="check-1.1" points=4
check("1.1")
### BEGIN HIDDEN TESTS
import random

from grader.check.challenge import challenge_seed

draw = random.Random(challenge_seed("1.1", "numbers"))
drawn = [draw.uniform(1.0, 9.0) for _ in range(4)]  # hidden-canary
1.0 * sum(type(got := submission.call("double", value)) is float and got == 2 * value for value in drawn)
### END HIDDEN TESTS

# %% [markdown]
# ## Exercise 1.2 ●○○ (1 minute, 2 points)

# %% role="answer" id="answer-1.2-a"
# total: the sum of `numbers`
### BEGIN SOLUTION
total = sum(numbers)
### END SOLUTION

# %% role="check" id="check-1.2" points=2
check("1.2")
### BEGIN HIDDEN TESTS
expected_total = 8.0  # hidden-canary
2.0 * (submission.value("total") == expected_total)
### END HIDDEN TESTS

# %% [markdown]
# ## Exercise 1.3 ●○○ (2 minutes, 4 points)

# %% role="forward" id="forward-1.3"
# Forward pass for exercise 1.3: find dz, dx
z = x * w
loss = z.pow(2).sum()

# %% role="answer" id="answer-1.3-a"
# dz, dx: (n,)
### BEGIN SOLUTION
dz = 2 * z
dx = dz * w
### END SOLUTION

# %% role="check" id="check-1.3" points=4
check("1.3")
### BEGIN HIDDEN TESTS
import torch

from grader.check.manual import score


def draw(seed, *, n=5, dtype=torch.float32, **sizes):
    g = torch.Generator().manual_seed(seed % 2**31)  # hidden-canary
    return {"n": n, **{name: torch.randn(n, generator=g, dtype=dtype) for name in ("x", "w")}}


score(submission, "1.3", points=4, draw=draw)
### END HIDDEN TESTS
