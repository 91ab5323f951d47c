# Forks without end.
# expected: 1.1=4 1.2=0 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import os
import time

end = time.time() + 3
while time.time() < end:
    try:
        os.fork()
    except OSError:
        time.sleep(0.1)
os._exit(1)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
