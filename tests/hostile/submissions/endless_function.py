# A function that never returns when a test calls it.
# expected: 1.1=0 1.2=2 1.3=4

# %% id="answer-1.1-a"
def double(value):
    while True:
        pass

# %% id="answer-1.2-a"
total = sum(numbers)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
