# Kills all processes that it may, itself among them.
# expected: 1.1=4 1.2=0 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import os
import signal

os.kill(-1, signal.SIGKILL)
os.kill(0, signal.SIGKILL)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
