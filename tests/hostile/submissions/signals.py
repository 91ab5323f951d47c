# Ignores every signal, then loops.
# expected: 1.1=4 1.2=0 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import signal

for number in signal.valid_signals():
    try:
        signal.signal(number, lambda *a: None)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
while True:
    pass

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
