# Ends the process.
# expected: 1.1=0

# %% id="answer-1.1-a"
import os

os._exit(1)
