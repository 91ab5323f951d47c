# Replaces the methods of the student process itself, found through the garbage collector.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
import gc

for thing in gc.get_objects():
    if type(thing).__name__ in ("Student", "LiveSubmission", "Channel"):
        for name in ("value", "call", "replay", "run"):
            if hasattr(type(thing), name):
                setattr(type(thing), name, lambda self, *a, **k: 5.0)


def double(value):
    return 0.0
