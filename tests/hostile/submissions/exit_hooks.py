# Registers functions for the end of the process, and of its objects, that print scores.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import atexit
import sys


class Last:
    def __del__(self):
        print("4.0")


atexit.register(print, "2.0")
sys.excepthook = sys.displayhook = lambda *a: print("2.0")
last = Last()
