# Asks for 50 GB.
# expected: 1.1=4 1.2=2 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
total = sum(numbers)
try:
    hoard = bytearray(50 << 30)
except MemoryError:
    print("refused")

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
