# %% [markdown]
# Answers to exercise 4.6: gather.


# %% right="bincount over flat positions"
def gather(a, index):
    x = a.data

    def vjp(g):
        flat = np.arange(x.size).reshape(x.shape)[index].ravel()
        return np.bincount(flat, g.ravel(), minlength=x.size).reshape(x.shape).astype(x.dtype)

    return record(x[index], (a, vjp))


# %% right="a loop over flat positions"
def gather(a, index):
    x = a.data

    def vjp(g):
        total, positions = np.zeros(x.size, x.dtype), np.arange(x.size).reshape(x.shape)[index]
        for position, share in zip(positions.ravel(), g.ravel()):
            total[position] += share
        return total.reshape(x.shape)

    return record(x[index], (a, vjp))


# %% wrong="augmented assignment" says="np.add.at"
def gather(a, index):
    x = a.data

    def vjp(g):
        total = np.zeros_like(x)
        total[index] += g
        return total

    return record(x[index], (a, vjp))


# %% wrong="assignment" says="repeats"
def gather(a, index):
    x = a.data

    def vjp(g):
        total = np.zeros_like(x)
        total[index] = g
        return total

    return record(x[index], (a, vjp))


# %% wrong="reads the cotangent" says="stopped"
def gather(a, index):
    x = a.data

    def vjp(g):
        return g[index]

    return record(x[index], (a, vjp))


# %% wrong="ones where something was read" says="cotangent g"
def gather(a, index):
    x = a.data

    def vjp(g):
        total = np.zeros_like(x)
        np.add.at(total, index, 1.0)
        return total

    return record(x[index], (a, vjp))


# %% wrong="shape of what was read" says="shape"
def gather(a, index):
    x = a.data

    def vjp(g):
        return g

    return record(x[index], (a, vjp))


# %% wrong="averaged over the repetitions" says="add up"
def gather(a, index):
    x = a.data

    def vjp(g):
        total, times = np.zeros_like(x), np.zeros_like(x)
        np.add.at(total, index, g)
        np.add.at(times, index, 1.0)
        return total / np.maximum(times, 1)

    return record(x[index], (a, vjp))


# %% wrong="rows only, by one-hot" says="stopped"
def gather(a, index):
    x = a.data

    def vjp(g):
        return np.eye(len(x))[np.asarray(index)].T @ g

    return record(x[index], (a, vjp))


# %% wrong="starts from the table" says="gradient of a is not"
def gather(a, index):
    x = a.data

    def vjp(g):
        total = x.copy()
        np.add.at(total, index, g)
        return total

    return record(x[index], (a, vjp))
