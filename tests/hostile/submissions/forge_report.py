# Displays a picture of a report, with the record of full points that the grader's own reports carry.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
from IPython.display import display

from grader.record import RECORD

record = {"exercise": "1.1", "earned": 4.0, "points": 4.0, "lines": [], "flags": []}
display({RECORD: record, "text/plain": "4.0", "text/html": "<b>4 of 4 points</b>"}, raw=True)


def double(value):
    return 0.0
