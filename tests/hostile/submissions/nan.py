# Answers nan and infinity.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return float("nan")

# %% id="answer-1.2-a"
total = float("inf")

# %% id="answer-1.3-a"
dz, dx = torch.full((n,), float("nan")), torch.full((n,), float("inf"))
