# %% [markdown]
# Answers to exercise 4.7: log-softmax and cross-entropy.


# %% right="one-hot rows"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - z.max(axis, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(
        -(logp * onehot).sum() / z.dtype.type(n), (logits, lambda g: (np.exp(logp) - onehot) * (g / z.dtype.type(n)))
    )


# %% right="logaddexp and the loss made of others"
def log_softmax(a, axis=-1):
    logp = a.data - np.logaddexp.reduce(a.data, axis, keepdims=True)
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    return -1.0 * reduce_mean(gather(log_softmax(logits), (np.arange(len(targets)), targets)))


# %% wrong="the maximum not subtracted" says="overflow"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - np.log(np.exp(z).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(
        -(logp * onehot).sum() / z.dtype.type(n), (logits, lambda g: (np.exp(logp) - onehot) * (g / z.dtype.type(n)))
    )


# %% wrong="logarithm of the softmax" says="large logits"
def log_softmax(a, axis=-1):
    z = a.data
    p = np.exp(z - z.max(axis, keepdims=True))
    logp = np.log(p / p.sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(
        -(logp * onehot).sum() / z.dtype.type(n), (logits, lambda g: (np.exp(logp) - onehot) * (g / z.dtype.type(n)))
    )


# %% wrong="the sum of the cotangent missing" says="sum of"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - z.max(axis, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(
        -(logp * onehot).sum() / z.dtype.type(n), (logits, lambda g: (np.exp(logp) - onehot) * (g / z.dtype.type(n)))
    )


# %% wrong="softmax's own vjp" says="softmax(z)"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - z.max(axis, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: np.exp(logp) * (g - (g * np.exp(logp)).sum(axis, keepdims=True))))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(
        -(logp * onehot).sum() / z.dtype.type(n), (logits, lambda g: (np.exp(logp) - onehot) * (g / z.dtype.type(n)))
    )


# %% wrong="the axis always the last" says="axis is an argument"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - z.max(axis, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(-1, keepdims=True)))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(
        -(logp * onehot).sum() / z.dtype.type(n), (logits, lambda g: (np.exp(logp) - onehot) * (g / z.dtype.type(n)))
    )


# %% wrong="divided by all entries" says="factor"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - z.max(axis, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(
        -(logp * onehot).sum() / z.dtype.type(n),
        (logits, lambda g: (np.exp(logp) - onehot) * (g / z.dtype.type(z.size))),
    )


# %% wrong="not divided by n" says="factor"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - z.max(axis, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(-(logp * onehot).sum() / z.dtype.type(n), (logits, lambda g: (np.exp(logp) - onehot) * g))


# %% wrong="the sign" says="sign"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - z.max(axis, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(
        -(logp * onehot).sum() / z.dtype.type(n), (logits, lambda g: (onehot - np.exp(logp)) * (g / z.dtype.type(n)))
    )


# %% wrong="the one-hot forgotten" says="one-hot"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - z.max(axis, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(-(logp * onehot).sum() / z.dtype.type(n), (logits, lambda g: np.exp(logp) * (g / z.dtype.type(n))))


# %% wrong="the loss's cotangent forgotten" says="cotangent"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - z.max(axis, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(
        -(logp * onehot).sum() / z.dtype.type(n), (logits, lambda g: (np.exp(logp) - onehot) / z.dtype.type(n))
    )


# %% wrong="a sum over the batch" says="value"
def log_softmax(a, axis=-1):
    z = a.data
    logp = z - z.max(axis, keepdims=True)
    logp = logp - np.log(np.exp(logp).sum(axis, keepdims=True))
    return record(logp, (a, lambda g: g - np.exp(logp) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    z, n = logits.data, len(targets)
    shifted = z - z.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    onehot = np.eye(z.shape[1], dtype=z.dtype)[targets]
    return record(-(logp * onehot).sum(), (logits, lambda g: (np.exp(logp) - onehot) * g))

# %% wrong="the vjp spoils the probabilities that it keeps" says="called a second time"
def log_softmax(a, axis=-1):
    z = value(a) - value(a).max(axis, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis, keepdims=True))
    return record(log_p, (a, lambda g: g - np.exp(log_p) * g.sum(axis, keepdims=True)))


def cross_entropy(logits, targets):
    z = value(logits) - value(logits).max(1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(1, keepdims=True))
    rows, p = np.arange(len(targets)), np.exp(log_p)

    def vjp(g):
        p[rows, targets] -= 1
        return p * (g / len(targets))

    return record(-log_p[rows, targets].mean(), (logits, vjp))
