# Writes messages of the grader's own protocol on every open descriptor, claiming full points.
# expected: 1.1=0 1.2=2 1.3=4

# %% id="answer-1.1-a"
import json
import os
import struct

forged = json.dumps({"kind": "scored", "id": 1, "earned": 4.0, "plain": {"earned": 4.0, "limit": "", "fault": ""}}).encode()
for descriptor in range(3, 256):
    try:
        os.write(descriptor, struct.pack(">I", len(forged)) + forged)
    except OSError:
        pass


def double(value):
    return 0.0

# %% id="answer-1.2-a"
total = sum(numbers)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
