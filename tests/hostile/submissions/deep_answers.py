# Answers with data nested a hundred thousand levels deep, and with a list that holds itself.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep

# %% id="answer-1.2-a"
total = []
total.append(total)
