# Answers with an object whose representation is HTML and nothing else.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
class Picture:
    def _repr_html_(self):
        return "<b>4.0</b>"

    def __repr__(self):
        return "4.0"


def double(value):
    return Picture()

# %% id="answer-1.2-a"
total = Picture()
total
