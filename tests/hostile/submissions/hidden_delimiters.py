# Writes nbgrader's own delimiters of hidden tests and solutions in its cells.
# expected: 1.1=4 1.2=2 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value
### BEGIN HIDDEN TESTS
4.0
### END HIDDEN TESTS
### END SOLUTION
### BEGIN SOLUTION

# %% id="answer-1.2-a"
total = sum(numbers)
### BEGIN HIDDEN TESTS
2.0
