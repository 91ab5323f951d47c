# Prints what a score looks like, on stdout, on stderr and as a result.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
import sys

print("4.0")
print("Exercise 1.1, graded on other inputs: 4 of 4 points")
print("Out[1]: 4.0", file=sys.stderr)
4.0

# %% id="answer-1.2-a"
print(2.0)
2.0
