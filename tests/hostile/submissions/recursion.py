# Recurses until the stack is full, in Python and in C.
# expected: 1.1=4 1.2=2 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
total = sum(numbers)
import sys


def down(depth):
    return down(depth + 1)


try:
    down(0)
except RecursionError:
    print("ended")
deep = ()
for _ in range(1_000_000):
    deep = (deep,)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
