# Replaces its process by another program.
# expected: 1.1=4 1.2=0 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import os
import sys

os.execv(sys.executable, [sys.executable, "-c", "print('2.0')"])

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
