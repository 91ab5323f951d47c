# %% [markdown]
# Answers to exercise 4.11: checkpoints.


# %% right="a dictionary of checkpoints"
def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    last = (length - 1) // spacing * spacing
    kept = {0: x}
    for k in range(last):
        x = step(x)
        if (k + 1) % spacing == 0:
            kept[k + 1] = x
    del x
    end = length
    while kept:
        start = max(kept)
        states = [kept.pop(start)]
        while len(states) < end - start:
            states.append(step(states[-1]))
        while states:
            g = step_vjp(states.pop(), g)
        end = start
    return g


# %% right="a segment as a function of its own"
def through(step, step_vjp, x, g, count):
    states = [x]
    for _ in range(count - 1):
        states.append(step(states[-1]))
    for state in states[::-1]:
        g = step_vjp(state, g)
    return g


def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    starts, kept = list(range(0, length, spacing)), [x]
    for _ in starts[1:]:
        state = kept[-1]
        for _ in range(spacing):
            state = step(state)
        kept.append(state)
    state = None
    for start in starts[::-1]:
        g = through(step, step_vjp, kept.pop(), g, min(spacing, length - start))
    return g


# %% wrong="every state kept" says="states were held"
def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    states = [x]
    for _ in range(length - 1):
        states.append(step(states[-1]))
    while states:
        g = step_vjp(states.pop(), g)
    return g


# %% wrong="from the start for each step" says="calls are enough"
def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    for k in range(length - 1, -1, -1):
        state = x
        for _ in range(k):
            state = step(state)
        g = step_vjp(state, g)
    return g


# %% wrong="vjps in the order of the steps" says="from the last to the first"
def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    for k in range(length):
        g = step_vjp(x, g)
        if k < length - 1:
            x = step(x)
    return g


# %% wrong="vjp at the state after the step" says="before that step"
def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    starts, kept = range(0, length, spacing), [x]
    for _ in starts[1:]:
        for _ in range(spacing):
            x = step(x)
        kept.append(x)
    for start in reversed(starts):
        states = [kept.pop()]
        for _ in range(min(spacing, length - start)):
            states.append(step(states[-1]))
        while len(states) > 1:
            g = step_vjp(states.pop(), g)
    return g


# %% wrong="the last segment taken as full" says="before that step"
def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    starts, kept = range(0, length, spacing), [x]
    for _ in starts[1:]:
        for _ in range(spacing):
            x = step(x)
        kept.append(x)
    for start in reversed(starts):
        states = [kept.pop()]
        for _ in range(spacing - 1):
            states.append(step(states[-1]))
        while states:
            g = step_vjp(states.pop(), g)
    return g


# %% wrong="sweeps to the very end, and each segment too" says="calls are enough"
def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    starts, kept = range(0, length, spacing), []
    for k in range(length):
        if k % spacing == 0:
            kept.append(x)
        x = step(x)
    for start in reversed(starts):
        states = [kept.pop()]
        for _ in range(min(spacing, length - start) - 1):
            states.append(step(states[-1]))
        while states:
            g = step_vjp(states.pop(), g)
    return g


# %% wrong="segments from the first" says="from the last to the first"
def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    starts, kept = range(0, length, spacing), [x]
    for _ in starts[1:]:
        for _ in range(spacing):
            x = step(x)
        kept.append(x)
    for start in starts:
        states = [kept.pop(0)]
        for _ in range(min(spacing, length - start) - 1):
            states.append(step(states[-1]))
        while states:
            g = step_vjp(states.pop(), g)
    return g


# %% wrong="recomputed states never forgotten" says="states were held"
def checkpointed_vjp(step, step_vjp, x, g, length, spacing):
    starts, kept, everything = range(0, length, spacing), [x], []
    for _ in starts[1:]:
        for _ in range(spacing):
            x = step(x)
        kept.append(x)
    for start in reversed(starts):
        states = [kept.pop()]
        for _ in range(min(spacing, length - start) - 1):
            states.append(step(states[-1]))
        everything.append(states)
        for state in reversed(states):
            g = step_vjp(state, g)
    return g
