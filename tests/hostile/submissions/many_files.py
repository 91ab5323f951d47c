# Uses up the inodes of the disk.
# expected: 1.1=4 1.2=2 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
total = sum(numbers)
from pathlib import Path

try:
    for number in range(1_000_000):
        Path(f"{number}.empty").touch()
except OSError as error:
    print(error)

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
