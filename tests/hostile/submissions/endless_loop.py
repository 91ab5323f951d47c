# Never ends, and catches what would end it.
# expected: 1.1=4 1.2=0 1.3=4

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
while True:
    try:
        while True:
            pass
    except BaseException:
        pass

# %% id="answer-1.3-a"
dz = 2 * z
dx = dz * w
