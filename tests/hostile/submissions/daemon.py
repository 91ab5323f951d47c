# Leaves a process behind, in a session of its own, that goes on writing.
# expected: 1.1=4 1.2=2 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
total = sum(numbers)
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(0.1)
            for place in ("/dev/shm/hostile-course", "/tmp", "."):
                try:
                    open(f"{place}/hostile-daemon", "a").write("alive")
                except OSError:
                    pass
    os._exit(0)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
