# %% [markdown]
# Answers to exercise 4.5: products, reductions, shapes.


# %% right="einsum and a sum of two operations" cell="answer-4.5-a"
def matmul(a, b):
    x, y = value(a), value(b)
    left = lambda g: unbroadcast(np.einsum("...im,...km->...ik", g, y), x)
    return record(x @ y, (a, left), (b, lambda g: unbroadcast(np.einsum("...ik,...im->...km", x, g), y)))


def linear(a, weight, bias):
    return add(matmul(a, weight), bias)


# %% right="reductions by explicit ones" cell="answer-4.5-b"
def restored(g, axis, keepdims):
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def reduce_sum(a, axis=None, keepdims=False):
    x = a.data
    return record(x.sum(axis, keepdims=keepdims), (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims)))


def reduce_mean(a, axis=None, keepdims=False):
    x, y = a.data, a.data.mean(axis, keepdims=keepdims)
    return record(y, (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims) * x.dtype.type(y.size / x.size)))


def reduce_max(a, axis=None, keepdims=False):
    x = a.data
    mask = x == x.max(axis, keepdims=True)
    share = mask / mask.sum(axis, keepdims=True).astype(x.dtype)
    return record(x.max(axis, keepdims=keepdims), (a, lambda g: restored(g, axis, keepdims) * share))


# %% right="transpose by moving each axis back" cell="answer-4.5-c"
def reshape(a, shape):
    return record(a.data.reshape(shape), (a, lambda g: g.reshape(a.data.shape)))


def transpose(a, axes=None):
    return record(a.data.transpose(axes), (a, lambda g: np.moveaxis(g, range(g.ndim), axes) if axes else g.T))


# %% wrong="no transposition" says="square matrices" cell="answer-4.5-a"
def matmul(a, b):
    x, y = value(a), value(b)
    return record(
        x @ y,
        (a, lambda g: unbroadcast(g @ y, x) if y.shape[0] == y.shape[-1] else unbroadcast(g @ y.swapaxes(-1, -2), x)),
        (b, lambda g: unbroadcast(x.swapaxes(-1, -2) @ g, y)),
    )


def linear(a, weight, bias):
    x, w, b = value(a), value(weight), value(bias)
    return record(x @ w + b, (a, lambda g: g @ w.T), (weight, lambda g: x.T @ g), (bias, lambda g: g.sum(0)))


# %% wrong="weights' gradient turned around" says="shape" cell="answer-4.5-a"
def matmul(a, b):
    x, y = value(a), value(b)
    return record(
        x @ y,
        (a, lambda g: unbroadcast(g @ y.swapaxes(-1, -2), x)),
        (b, lambda g: unbroadcast(g.swapaxes(-1, -2) @ x, y.swapaxes(-1, -2))),
    )


def linear(a, weight, bias):
    x, w, b = value(a), value(weight), value(bias)
    return record(x @ w + b, (a, lambda g: g @ w.T), (weight, lambda g: x.T @ g), (bias, lambda g: g.sum(0)))


# %% wrong="all axes turned around" says="leading axes" cell="answer-4.5-a"
def matmul(a, b):
    x, y = value(a), value(b)
    return record(x @ y, (a, lambda g: unbroadcast(g @ y.T, x)), (b, lambda g: unbroadcast(x.T @ g, y)))


def linear(a, weight, bias):
    x, w, b = value(a), value(weight), value(bias)
    return record(x @ w + b, (a, lambda g: g @ w.T), (weight, lambda g: x.T @ g), (bias, lambda g: g.sum(0)))


# %% wrong="leading axes not summed" says="Leading axes are broadcast" cell="answer-4.5-a"
def matmul(a, b):
    x, y = value(a), value(b)
    return record(x @ y, (a, lambda g: unbroadcast(g @ y.swapaxes(-1, -2), x)), (b, lambda g: x.swapaxes(-1, -2) @ g))


def linear(a, weight, bias):
    x, w, b = value(a), value(weight), value(bias)
    return record(x @ w + b, (a, lambda g: g @ w.T), (weight, lambda g: x.T @ g), (bias, lambda g: g.sum(0)))


# %% wrong="bias not summed" says="sum over" cell="answer-4.5-a"
def matmul(a, b):
    x, y = value(a), value(b)
    return record(
        x @ y,
        (a, lambda g: unbroadcast(g @ y.swapaxes(-1, -2), x)),
        (b, lambda g: unbroadcast(x.swapaxes(-1, -2) @ g, y)),
    )


def linear(a, weight, bias):
    x, w, b = value(a), value(weight), value(bias)
    return record(x @ w + b, (a, lambda g: g @ w.T), (weight, lambda g: x.T @ g), (bias, lambda g: g))


# %% wrong="bias averaged" says="factor" cell="answer-4.5-a"
def matmul(a, b):
    x, y = value(a), value(b)
    return record(
        x @ y,
        (a, lambda g: unbroadcast(g @ y.swapaxes(-1, -2), x)),
        (b, lambda g: unbroadcast(x.swapaxes(-1, -2) @ g, y)),
    )


def linear(a, weight, bias):
    x, w, b = value(a), value(weight), value(bias)
    return record(x @ w + b, (a, lambda g: g @ w.T), (weight, lambda g: x.T @ g), (bias, lambda g: g.mean(0)))


# %% wrong="axis not put back" says="Put the reduced axis back" cell="answer-4.5-b"
def restored(g, axis, keepdims):
    return g


def reduce_sum(a, axis=None, keepdims=False):
    x = a.data
    return record(x.sum(axis, keepdims=keepdims), (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims)))


def reduce_mean(a, axis=None, keepdims=False):
    x, y = a.data, a.data.mean(axis, keepdims=keepdims)
    return record(y, (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims) * x.dtype.type(y.size / x.size)))


def reduce_max(a, axis=None, keepdims=False):
    x = a.data
    mask = x == x.max(axis, keepdims=True)
    share = mask / mask.sum(axis, keepdims=True).astype(x.dtype)
    return record(x.max(axis, keepdims=keepdims), (a, lambda g: restored(g, axis, keepdims) * share))


# %% wrong="mean without the division" says="factor" cell="answer-4.5-b"
def restored(g, axis, keepdims):
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def reduce_sum(a, axis=None, keepdims=False):
    x = a.data
    return record(x.sum(axis, keepdims=keepdims), (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims)))


def reduce_mean(a, axis=None, keepdims=False):
    x, y = a.data, a.data.mean(axis, keepdims=keepdims)
    return record(y, (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims)))


def reduce_max(a, axis=None, keepdims=False):
    x = a.data
    mask = x == x.max(axis, keepdims=True)
    share = mask / mask.sum(axis, keepdims=True).astype(x.dtype)
    return record(x.max(axis, keepdims=keepdims), (a, lambda g: restored(g, axis, keepdims) * share))


# %% wrong="mean divided by all entries" says="number of entries averaged" cell="answer-4.5-b"
def restored(g, axis, keepdims):
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def reduce_sum(a, axis=None, keepdims=False):
    x = a.data
    return record(x.sum(axis, keepdims=keepdims), (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims)))


def reduce_mean(a, axis=None, keepdims=False):
    x, y = a.data, a.data.mean(axis, keepdims=keepdims)
    return record(y, (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims) / x.dtype.type(x.size)))


def reduce_max(a, axis=None, keepdims=False):
    x = a.data
    mask = x == x.max(axis, keepdims=True)
    share = mask / mask.sum(axis, keepdims=True).astype(x.dtype)
    return record(x.max(axis, keepdims=keepdims), (a, lambda g: restored(g, axis, keepdims) * share))


# %% wrong="sum without the cotangent" says="cotangent" cell="answer-4.5-b"
def restored(g, axis, keepdims):
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def reduce_sum(a, axis=None, keepdims=False):
    x = a.data
    return record(x.sum(axis, keepdims=keepdims), (a, lambda g: np.ones_like(x)))


def reduce_mean(a, axis=None, keepdims=False):
    x, y = a.data, a.data.mean(axis, keepdims=keepdims)
    return record(y, (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims) * x.dtype.type(y.size / x.size)))


def reduce_max(a, axis=None, keepdims=False):
    x = a.data
    mask = x == x.max(axis, keepdims=True)
    share = mask / mask.sum(axis, keepdims=True).astype(x.dtype)
    return record(x.max(axis, keepdims=keepdims), (a, lambda g: restored(g, axis, keepdims) * share))


# %% wrong="maximum passes everything" says="winner" cell="answer-4.5-b"
def restored(g, axis, keepdims):
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def reduce_sum(a, axis=None, keepdims=False):
    x = a.data
    return record(x.sum(axis, keepdims=keepdims), (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims)))


def reduce_mean(a, axis=None, keepdims=False):
    x, y = a.data, a.data.mean(axis, keepdims=keepdims)
    return record(y, (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims) * x.dtype.type(y.size / x.size)))


def reduce_max(a, axis=None, keepdims=False):
    x = a.data
    mask = x == x.max(axis, keepdims=True)
    share = mask / mask.sum(axis, keepdims=True).astype(x.dtype)
    return record(x.max(axis, keepdims=keepdims), (a, lambda g: restored(g, axis, keepdims) * np.ones_like(x)))


# %% wrong="all of it to each of a tie" says="share the cotangent equally" cell="answer-4.5-b"
def restored(g, axis, keepdims):
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def reduce_sum(a, axis=None, keepdims=False):
    x = a.data
    return record(x.sum(axis, keepdims=keepdims), (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims)))


def reduce_mean(a, axis=None, keepdims=False):
    x, y = a.data, a.data.mean(axis, keepdims=keepdims)
    return record(y, (a, lambda g: np.ones_like(x) * restored(g, axis, keepdims) * x.dtype.type(y.size / x.size)))


def reduce_max(a, axis=None, keepdims=False):
    x = a.data
    mask = x == x.max(axis, keepdims=True)
    share = mask.astype(x.dtype)
    return record(x.max(axis, keepdims=keepdims), (a, lambda g: restored(g, axis, keepdims) * share))


# %% wrong="reshape does not go back" says="shape" cell="answer-4.5-c"
def reshape(a, shape):
    return record(a.data.reshape(shape), (a, lambda g: g))


def transpose(a, axes=None):
    return record(a.data.transpose(axes), (a, lambda g: g.transpose(None if axes is None else np.argsort(axes))))


# %% wrong="transposed forward once more" says="inverse" cell="answer-4.5-c"
def reshape(a, shape):
    return record(a.data.reshape(shape), (a, lambda g: g.reshape(a.data.shape)))


def transpose(a, axes=None):
    return record(a.data.transpose(axes), (a, lambda g: g.transpose(axes)))

# %% wrong="the mask of winners counted in whole numbers" cell="answer-4.5-b" says="float32 array divided by an int64"
def restored(g, axis, keepdims):
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def reduce_sum(a, axis=None, keepdims=False):
    x = value(a)
    total = x.sum(axis, keepdims=keepdims)
    return record(total, (a, lambda g: np.broadcast_to(restored(g, axis, keepdims), x.shape)))


def reduce_mean(a, axis=None, keepdims=False):
    total = reduce_sum(a, axis, keepdims)
    return total * (total.data.size / value(a).size)


def reduce_max(a, axis=None, keepdims=False):
    x = value(a)
    won = x == x.max(axis, keepdims=True)
    shares = lambda g: restored(g, axis, keepdims) * won / won.sum(axis, keepdims=True)
    return record(x.max(axis, keepdims=keepdims), (a, shares))
