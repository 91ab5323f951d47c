"""Answers to exercise 3.8, a test of tangents."""


# %% right="np.max and a loop over the entries"
def agrees(f, x, v, tangent):
    size, length = max(1.0, np.max(np.abs(x))), np.max(np.abs(v))
    h = 6e-6 * size / length
    ahead, behind = f(x + h * v), f(x - h * v)
    d = (ahead - behind) / (2 * h)
    bound = 1e-7 * np.max(np.abs(d)) + 1.1e-15 * np.max(np.abs(ahead)) / h
    return all(bool(abs(a - b) <= bound) for a, b in zip(d, tangent))


# %% right="norms, and f at x itself"
def agrees(f, x, v, tangent):
    largest = lambda y: float(np.linalg.norm(y, np.inf))
    h = 6e-6 * max(1.0, largest(x)) / largest(v)
    d = (f(x + h * v) - f(x - h * v)) / (2 * h)
    return largest(d - tangent) <= 1e-7 * largest(d) + 10 * 1.1e-16 * largest(f(x)) / h


# %% wrong="always yes" says="accepted"
def agrees(f, x, v, tangent):
    return True


# %% wrong="always no" says="refused"
def agrees(f, x, v, tangent):
    return False


# %% wrong="a tolerance of one in a hundred" says="too loose"
def agrees(f, x, v, tangent):
    h = 6e-6 * max(1.0, np.abs(x).max()) / np.abs(v).max()
    d = (f(x + h * v) - f(x - h * v)) / (2 * h)
    return bool(np.abs(d - tangent).max() <= 1e-2 * np.abs(d).max())


# %% wrong="a step of 1e-12" says="step"
def agrees(f, x, v, tangent):
    h = 1e-12
    d = (f(x + h * v) - f(x - h * v)) / (2 * h)
    return bool(np.abs(d - tangent).max() <= 1e-7 * np.abs(d).max() + 1.1e-15 * np.abs(f(x)).max() / 6e-6)


# %% wrong="the step does not scale" says="not right for this size"
def agrees(f, x, v, tangent):
    h = 6e-6
    ahead = f(x + h * v)
    d = (ahead - f(x - h * v)) / (2 * h)
    return bool(np.abs(d - tangent).max() <= 1e-7 * np.abs(d).max() + 1.1e-15 * np.abs(ahead).max() / h)


# %% wrong="a fixed absolute tolerance" says="absolute tolerance"
def agrees(f, x, v, tangent):
    h = 6e-6 * max(1.0, np.abs(x).max()) / np.abs(v).max()
    d = (f(x + h * v) - f(x - h * v)) / (2 * h)
    return bool(np.abs(d - tangent).max() <= 1e-6)


# %% wrong="no part for rounding" says="part for rounding"
def agrees(f, x, v, tangent):
    h = 6e-6 * max(1.0, np.abs(x).max()) / np.abs(v).max()
    d = (f(x + h * v) - f(x - h * v)) / (2 * h)
    return bool(np.abs(d - tangent).max() <= 1e-7 * np.abs(tangent).max())


# %% wrong="a one-sided difference" says="refused"
def agrees(f, x, v, tangent):
    h = 6e-6 * max(1.0, np.abs(x).max()) / np.abs(v).max()
    ahead = f(x + h * v)
    d = (ahead - f(x)) / h
    return bool(np.abs(d - tangent).max() <= 1e-7 * np.abs(d).max() + 1.1e-15 * np.abs(ahead).max() / h)


# %% wrong="divided by h, not 2h" says="refused"
def agrees(f, x, v, tangent):
    h = 6e-6 * max(1.0, np.abs(x).max()) / np.abs(v).max()
    ahead = f(x + h * v)
    d = (ahead - f(x - h * v)) / h
    return bool(np.abs(d - tangent).max() <= 1e-7 * np.abs(d).max() + 1.1e-15 * np.abs(ahead).max() / h)


# %% wrong="the sign is not looked at" says="accepted"
def agrees(f, x, v, tangent):
    h = 6e-6 * max(1.0, np.abs(x).max()) / np.abs(v).max()
    ahead = f(x + h * v)
    d = (ahead - f(x - h * v)) / (2 * h)
    return bool(np.abs(np.abs(d) - np.abs(tangent)).max() <= 1e-7 * np.abs(d).max() + 1.1e-15 * np.abs(ahead).max() / h)


# %% wrong="the smallest gap decides" says="accepted"
def agrees(f, x, v, tangent):
    h = 6e-6 * max(1.0, np.abs(x).max()) / np.abs(v).max()
    ahead = f(x + h * v)
    d = (ahead - f(x - h * v)) / (2 * h)
    return bool(np.abs(d - tangent).min() <= 1e-7 * np.abs(d).max() + 1.1e-15 * np.abs(ahead).max() / h)


# %% wrong="all inputs move alike" says="along v"
def agrees(f, x, v, tangent):
    h = 6e-6 * max(1.0, np.abs(x).max())
    ahead = f(x + h)
    d = (ahead - f(x - h)) / (2 * h)
    return bool(np.abs(d - tangent).max() <= 1e-7 * np.abs(d).max() + 1.1e-15 * np.abs(ahead).max() / h)


# %% wrong="a difference for each input" says="evaluated"
def agrees(f, x, v, tangent):
    h = 6e-6 * max(1.0, np.abs(x).max())
    columns = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))]
    d = np.stack(columns, axis=1) @ v
    bound = 1e-7 * np.abs(d).max() + 1.1e-15 * np.abs(f(x)).max() * np.abs(v).max() / 6e-6
    return bool(np.abs(d - tangent).max() <= bound)


# %% wrong="a numpy array of booleans" says="bool"
def agrees(f, x, v, tangent):
    h = 6e-6 * max(1.0, np.abs(x).max()) / np.abs(v).max()
    ahead = f(x + h * v)
    d = (ahead - f(x - h * v)) / (2 * h)
    return np.abs(d - tangent) <= 1e-7 * np.abs(d).max() + 1.1e-15 * np.abs(ahead).max() / h
