# Closes every descriptor, that of the channel too.
# expected: 1.1=4 1.2=0 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
total = sum(numbers)
import os

os.closerange(3, 256)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
