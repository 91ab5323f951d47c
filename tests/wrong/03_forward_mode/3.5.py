"""Answers to exercise 3.5, the Jacobian by columns."""


# %% right="filled column by column"
def jacobian(f, x):
    n = len(x)
    J = None
    for j in range(n):
        seed = np.zeros(n)
        seed[j] = 1.0
        _, column = jvp(f, x, seed)
        if J is None:
            J = np.empty((len(column), n))
        J[:, j] = column
    return J


# %% right="rows of the transpose"
def jacobian(f, x):
    return np.array([jvp(f, x, e)[1] for e in np.identity(x.size)]).T


# %% wrong="transposed" says="transposed"
def jacobian(f, x):
    return np.stack([jvp(f, x, seed)[1] for seed in np.eye(len(x))])


# %% wrong="one pass with ones" says="unit seeds"
def jacobian(f, x):
    return jvp(f, x, np.ones(len(x)))[1]


# %% wrong="primals for tangents" says="unit seed"
def jacobian(f, x):
    return np.stack([jvp(f, x, seed)[0] for seed in np.eye(len(x))], axis=1)


# %% wrong="a pass too many, to learn the size of the output" says="passes are enough"
def jacobian(f, x):
    m = len(jvp(f, x, np.zeros(len(x)))[0])
    J = np.zeros((m, len(x)))
    for j in range(len(x)):
        J[:, j] = jvp(f, x, np.eye(len(x))[j])[1]
    return J


# %% wrong="a pass for each entry" says="passes are enough"
def jacobian(f, x):
    seeds = np.eye(len(x))
    m = len(jvp(f, x, seeds[0])[0])
    return np.array([[jvp(f, x, seed)[1][i] for seed in seeds] for i in range(m)])


# %% wrong="seeds scaled by x" says="unit seed"
def jacobian(f, x):
    return np.stack([jvp(f, x, seed * x)[1] for seed in np.eye(len(x))], axis=1)


# %% wrong="the same seed again: an index that does not move" says="unit seed"
def jacobian(f, x):
    columns, seed = [], np.eye(len(x))[0]
    for _ in range(len(x)):
        columns.append(jvp(f, x, seed)[1])
    return np.stack(columns, axis=1)


# %% wrong="two inputs taken for granted" says="shape"
def jacobian(f, x):
    first, second = np.eye(len(x))[0], np.eye(len(x))[1]
    return np.stack([jvp(f, x, first)[1], jvp(f, x, second)[1]], axis=1)


# %% wrong="seeds summed up" says="unit seed"
def jacobian(f, x):
    columns, seed = [], np.zeros(len(x))
    for j in range(len(x)):
        seed[j] = 1.0
        columns.append(jvp(f, x, seed)[1])
    return np.stack(columns, axis=1)
