# Starts threads without end, all of which sleep.
# expected: 1.1=4 1.2=2 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
total = sum(numbers)
import threading
import time

try:
    for _ in range(10_000):
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
except RuntimeError as error:
    print(error)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
