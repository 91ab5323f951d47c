# Raises the recursion limit and overflows the real stack.
# expected: 1.1=4 1.2=0 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import sys

sys.setrecursionlimit(10**9)


def down(depth):
    return [0].sort(key=lambda _: down(depth + 1))


down(0)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
