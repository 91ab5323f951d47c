# Answers with more data than any answer needs.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return [0.0] * 50_000_000

# %% id="answer-1.2-a"
total = "8.0" * 100_000_000

# %% id="answer-1.3-a"
dz, dx = torch.zeros(1).expand(1 << 40), torch.zeros(300_000_000)
