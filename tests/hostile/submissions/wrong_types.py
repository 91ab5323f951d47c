# Answers with the right numbers in types that are no answer.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return complex(2 * value)

# %% id="answer-1.2-a"
total = [sum(numbers)]

# %% id="answer-1.3-a"
dz, dx = (2 * z).to(torch.complex64), (2 * z * w).to_sparse()
