# Draws a picture of gigabytes.
# expected: 1.1=4 1.2=0 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import matplotlib.pyplot as plt

for _ in range(50):
    plt.figure(figsize=(100, 100), dpi=300)
    plt.plot([1, 2])
    plt.show()

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
