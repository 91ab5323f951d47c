# Fills memory in many processes, each below what one process may have.
# expected: 1.1=4 1.2=0 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import os
import time

for _ in range(20):
    if os.fork() == 0:
        hoard = bytearray(300 << 20)
        hoard[:: 4096] = b"x" * len(hoard[:: 4096])
        time.sleep(60)
time.sleep(60)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
