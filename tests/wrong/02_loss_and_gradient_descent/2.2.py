# %% right="a loop over the rows"
def softmax(z):
    rows = []
    for row in z:
        e = torch.exp(row - row.max())
        rows.append(e / e.sum())
    return torch.stack(rows)


# %% right="by way of the logarithm"
def softmax(z):
    return (z - torch.logsumexp(z, dim=1, keepdim=True)).exp()


# %% right="numpy"
def softmax(z):
    a = z.numpy()
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return torch.from_numpy(e / e.sum(axis=1, keepdims=True))


# %% wrong="naive" says="overflows"
def softmax(z):
    return z.exp() / z.exp().sum(1, keepdim=True)


# %% wrong="one maximum for the whole matrix" says="each row needs its own maximum"
def softmax(z):
    e = (z - z.max()).exp()
    return e / e.sum(1, keepdim=True)


# %% wrong="columns" says="wrong axis"
def softmax(z):
    e = (z - z.max(0, keepdim=True).values).exp()
    return e / e.sum(0, keepdim=True)


# %% wrong="the sum over everything" says="whole matrix"
def softmax(z):
    e = (z - z.max()).exp()
    return e / e.sum()


# %% wrong="no kept axis" says="softmax stopped"
def softmax(z):
    e = (z - z.max(1, keepdim=True).values).exp()
    return e / e.sum(1)


# %% wrong="not normalised" says="keep its axis"
def softmax(z):
    return (z - z.max(1, keepdim=True).values).exp()


# %% wrong="log-softmax" says="logarithm"
def softmax(z):
    return torch.log_softmax(z, 1)


# %% wrong="clamped" says="overflows"
def softmax(z):
    e = z.clamp(max=80).exp()
    return e / e.sum(1, keepdim=True)


# %% wrong="sigmoid" says="sigmoid"
def softmax(z):
    return 1 / (1 + (-z).exp())


# %% wrong="divided by the maximum" says="divided by the sum"
def softmax(z):
    e = (z / z.max(1, keepdim=True).values).exp()
    return e / e.sum(1, keepdim=True)


# %% wrong="zeros" says="divided by the sum"
def softmax(z):
    return torch.zeros_like(z)
