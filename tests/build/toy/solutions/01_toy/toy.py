# %% [markdown]
# # A toy chapter
#
# Two exercises on $y = x^2$, to try the build on.

# %%
from grader.check.submission import LiveSubmission

submission = LiveSubmission(globals(), list)


def check(name):
    print(name, "checked")


x = 3.0

# %% role="locked" id="data-1.1"
numbers = [1.5, 2.5, 4.0]

# %% [markdown]
# ## Exercise 1.1 ●○○ (10 minutes, 4 points)

# %% role="forward" id="forward-1.1"
# Forward pass for exercise 1.1: find dx
y = x**2

# %% role="answer" id="answer-1.1-a"
# dx: a float, the derivative of y at x
### BEGIN SOLUTION
# The power rule leaves twice the base.
dx_of_the_square = 2 * x
dx = dx_of_the_square
### END SOLUTION

# %% role="check" id="check-1.1" points=4
check("1.1")
### BEGIN HIDDEN TESTS
earned_for_the_square = 4.0 if submission.value("dx") == 6.0 else 0.0
earned_for_the_square
### END HIDDEN TESTS

# %% tags=["figure", "nbval-ignore-output"]
print(sum(numbers))

# %% [markdown]
# *Figure: no picture, one number.*
