# Sends lengths of petabytes, broken JSON and random bytes on every open descriptor.
# expected: 1.1=0 1.2=2 1.3=4

# %% id="answer-1.1-a"
import os

for descriptor in range(3, 256):
    for garbage in (b"\xff" * 64, b'{"kind": ', os.urandom(4096), b"\x00" * 64):
        try:
            os.write(descriptor, garbage)
        except OSError:
            pass


def double(value):
    return 0.0

# %% id="answer-1.2-a"
total = sum(numbers)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
