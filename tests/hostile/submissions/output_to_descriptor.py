# Writes without end to the descriptors of stdout and stderr, past Python.
# expected: 1.1=4 1.2=0 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import os

while True:
    os.write(1, b"x" * 65_536)
    os.write(2, b"x" * 65_536)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
