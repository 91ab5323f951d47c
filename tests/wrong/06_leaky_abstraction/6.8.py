# %% right="terms added in one expression"
def block_backward(x, W, dy):
    h = np.tanh(x @ W)
    da = (dy @ W) * (1 - h * h)
    return dy + da @ W.T, x.T @ da + dy.T @ h


# %% right="loops over the sums"
def block_backward(x, W, dy):
    h = np.tanh(x @ W)
    dx, dW = np.zeros_like(x), np.zeros_like(W)
    for i in range(len(x)):
        da = (W.T @ dy[i]) * (1 - h[i] ** 2)
        dx[i] += dy[i]
        dx[i] += W @ da
        dW += np.outer(dy[i], h[i])
        dW += np.outer(x[i], da)
    return dx, dW


# %% wrong="the leak left in" says="straight through"
def block_backward(x, W, dy):
    h = np.tanh(x @ W)
    dx = dy
    dW = dy.T @ h
    dh = dy @ W
    da = dh * (1 - h**2)
    dx = da @ W.T
    dW = x.T @ da
    return dx, dW


# %% wrong="only dx mended" says="h @ W.T"
def block_backward(x, W, dy):
    h = np.tanh(x @ W)
    da = (dy @ W) * (1 - h**2)
    return dy + da @ W.T, x.T @ da


# %% wrong="only dW mended" says="straight through"
def block_backward(x, W, dy):
    h = np.tanh(x @ W)
    da = (dy @ W) * (1 - h**2)
    return da @ W.T, x.T @ da + dy.T @ h


# %% wrong="an alias: the caller's dy is written into" says="two names"
def block_backward(x, W, dy):
    h = np.tanh(x @ W)
    dx = dy
    dW = dy.T @ h
    dh = dy @ W
    da = dh * (1 - h**2)
    dx += da @ W.T
    dW += x.T @ da
    return dx, dW


# %% wrong="slope of the tanh missing" says="1 − h²"
def block_backward(x, W, dy):
    h = np.tanh(x @ W)
    da = dy @ W
    return dy + da @ W.T, x.T @ da + dy.T @ h


# %% wrong="slope at the pre-activation" says="branches"
def block_backward(x, W, dy):
    a = x @ W
    da = (dy @ W) * (1 - a**2)
    return dy + da @ W.T, x.T @ da + dy.T @ np.tanh(a)


# %% wrong="mean of both uses of W" says="not a mean"
def block_backward(x, W, dy):
    h = np.tanh(x @ W)
    da = (dy @ W) * (1 - h**2)
    return dy + da @ W.T, (x.T @ da + dy.T @ h) / 2


# %% wrong="only the second use of W" says="x @ W"
def block_backward(x, W, dy):
    h = np.tanh(x @ W)
    da = (dy @ W) * (1 - h**2)
    return dy + da @ W.T, dy.T @ h


# %% wrong="a transpose that fits no shape" says="shape"
def block_backward(x, W, dy):
    h = np.tanh(x @ W)
    da = (dy @ W) * (1 - h**2)
    return dy + da @ W.T, (x.T @ da + dy.T @ h).T
