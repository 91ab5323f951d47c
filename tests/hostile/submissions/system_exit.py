# Raises SystemExit in a cell, and KeyboardInterrupt in a function that a test calls.
# expected: 1.1=0 1.2=2 1.3=4

# %% id="answer-1.1-a"
def double(value):
    raise KeyboardInterrupt

# %% id="answer-1.2-a"
total = sum(numbers)
raise SystemExit(0)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
