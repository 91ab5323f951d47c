# Right.
# expected: 1.1=4

# %% id="answer-1.1-a"
dx = 2 * x

# %% after="answer-1.1-a"
print(dx)

# %% after="answer-1.1-a"
check("1.1")
