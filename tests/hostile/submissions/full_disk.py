# Fills the disk with small files.
# expected: 1.1=4 1.2=2 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
total = sum(numbers)
from pathlib import Path

try:
    for number in range(100_000):
        Path(f"{number}.bin").write_bytes(bytes(1 << 20))
except OSError as error:
    print(error)
for path in Path().glob("*.bin"):
    path.unlink()

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
