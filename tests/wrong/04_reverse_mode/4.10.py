# %% [markdown]
# Answers to exercise 4.10: one pass against n.


# %% right="a loop over unit vectors"
def gradient_by_forward(jvp, x):
    g = np.zeros_like(x)
    for i in range(x.size):
        e = np.zeros_like(x)
        e[i] = 1
        g[i] = jvp(x, e)
    return g


def gradient_by_reverse(f, x):
    leaf = Tensor(x.copy(), requires_grad=True)
    backward(f(leaf))
    return leaf.grad


# %% right="a leaf with a grad of its own"
def gradient_by_forward(jvp, x):
    return np.array([jvp(x, v) for v in np.eye(len(x))])


def gradient_by_reverse(f, x):
    leaf = Tensor(np.array(x), True)
    backward(f(leaf), np.array(1.0))
    return leaf.grad.copy()


# %% wrong="one pass with all ones" says="unit vector"
def gradient_by_forward(jvp, x):
    return jvp(x, np.ones(len(x))) * np.ones(len(x))


def gradient_by_reverse(f, x):
    leaf = Tensor(x.copy(), requires_grad=True)
    backward(f(leaf))
    return leaf.grad


# %% wrong="twice as many passes" says="calls of jvp are enough"
def gradient_by_forward(jvp, x):
    return np.array([jvp(x, v) / 2 + jvp(x, v) / 2 for v in np.eye(len(x))])


def gradient_by_reverse(f, x):
    leaf = Tensor(x.copy(), requires_grad=True)
    backward(f(leaf))
    return leaf.grad


# %% wrong="directions along x" says="unit vector"
def gradient_by_forward(jvp, x):
    return np.array([jvp(x, x * v) for v in np.eye(len(x))])


def gradient_by_reverse(f, x):
    leaf = Tensor(x.copy(), requires_grad=True)
    backward(f(leaf))
    return leaf.grad


# %% wrong="the directional derivative itself" says="unit vector"
def gradient_by_forward(jvp, x):
    return jvp(x, np.ones(len(x)))


def gradient_by_reverse(f, x):
    leaf = Tensor(x.copy(), requires_grad=True)
    backward(f(leaf))
    return leaf.grad


# %% wrong="the values for the gradient" says="leaf's grad"
def gradient_by_forward(jvp, x):
    return np.array([jvp(x, v) for v in np.eye(len(x))])


def gradient_by_reverse(f, x):
    leaf = Tensor(x.copy(), requires_grad=True)
    backward(f(leaf))
    return leaf.data


# %% wrong="no derivatives required" says="not done"
def gradient_by_forward(jvp, x):
    return np.array([jvp(x, v) for v in np.eye(len(x))])


def gradient_by_reverse(f, x):
    leaf = Tensor(x.copy())
    backward(f(leaf))
    return leaf.grad


# %% wrong="n calls backwards too" says="called once"
def gradient_by_forward(jvp, x):
    return np.array([jvp(x, v) for v in np.eye(len(x))])


def gradient_by_reverse(f, x):
    g = np.zeros(len(x))
    for i in range(len(x)):
        leaf = Tensor(x.copy(), requires_grad=True)
        backward(f(leaf))
        g[i] = leaf.grad[i]
    return g


# %% wrong="differences of f" says="called once"
def gradient_by_forward(jvp, x):
    return np.array([jvp(x, v) for v in np.eye(len(x))])


def gradient_by_reverse(f, x):
    g = np.zeros(len(x))
    for i, e in enumerate(np.eye(len(x))):
        g[i] = (float(f(Tensor(x + 1e-6 * e)).data) - float(f(Tensor(x - 1e-6 * e)).data)) / 2e-6
    return g


# %% wrong="x changed on the way" says="changed x"
def gradient_by_forward(jvp, x):
    return np.array([jvp(x, v) for v in np.eye(len(x))])


def gradient_by_reverse(f, x):
    leaf = Tensor(x, requires_grad=True)
    backward(f(leaf))
    leaf.data *= 0
    return leaf.grad
