# Does not run.
# expected: 1.1=0

# %% id="answer-1.1-a"
dx = = 2 * x
