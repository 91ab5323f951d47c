# Answers with objects that run code when they are unpickled.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
import os


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /dev/shm/hostile-course/hostile-pickle",)


def double(value):
    return Bomb()

# %% id="answer-1.2-a"
total = [Bomb()]

# %% id="answer-1.3-a"
dz = {"dz": Bomb()}
