# %% [markdown]
# Answers to exercise 4.4: elementwise operations and the reverse of broadcasting.


# %% right="all axes at once" cell="answer-4.4-a"
def unbroadcast(g, x):
    extra = g.ndim - x.ndim
    axes = tuple(range(extra)) + tuple(extra + i for i, size in enumerate(x.shape) if size == 1)
    return g.sum(axes, keepdims=True).reshape(x.shape).astype(x.dtype)


# %% right="subtraction and division from others" cell="answer-4.4-b"
def mul(a, b):
    x, y = value(a), value(b)
    return record(x * y, (b, lambda g: unbroadcast(x * g, y)), (a, lambda g: unbroadcast(y * g, x)))


def sub(a, b):
    return add(a, mul(b, -1.0))


def div(a, b):
    inverse = record(1 / b.data, (b, lambda g: -g / b.data**2)) if isinstance(b, Tensor) else 1 / b
    return mul(a, inverse)


# %% right="slopes through np.where and cosh" cell="answer-4.4-d"
def tanh(a):
    x, y = a.data, np.tanh(a.data)
    return record(y, (a, lambda g: g / np.cosh(x) ** 2))


def relu(a):
    x = a.data
    return record(np.maximum(x, 0), (a, lambda g: np.where(x > 0, g, 0).astype(x.dtype)))


# %% wrong="stretched axes forgotten" says="size 1" cell="answer-4.4-a"
def unbroadcast(g, x):
    while g.ndim > x.ndim:
        g = g.sum(0)
    return g.astype(x.dtype)


# %% wrong="axes in front forgotten" says="in front" cell="answer-4.4-a"
def unbroadcast(g, x):
    for axis, size in enumerate(x.shape):
        if size == 1:
            g = g.sum(axis, keepdims=True)
    return g.astype(x.dtype)


# %% wrong="sums the last axes instead of the first" says="unbroadcast" cell="answer-4.4-a"
def unbroadcast(g, x):
    while g.ndim > x.ndim:
        g = g.sum(-1)
    for axis, size in enumerate(x.shape):
        if size == 1:
            g = g.sum(axis, keepdims=True)
    return g.astype(x.dtype)


# %% wrong="mean for sum" says="sum" cell="answer-4.4-a"
def unbroadcast(g, x):
    while g.ndim > x.ndim:
        g = g.mean(0)
    for axis, size in enumerate(x.shape):
        if size == 1:
            g = g.mean(axis, keepdims=True)
    return g.astype(x.dtype)


# %% wrong="dtype of the cotangent kept" says="dtype" cell="answer-4.4-a"
def unbroadcast(g, x):
    while g.ndim > x.ndim:
        g = g.sum(0)
    for axis, size in enumerate(x.shape):
        if size == 1:
            g = g.sum(axis, keepdims=True)
    return g


# %% wrong="minus forgotten" says="sign" cell="answer-4.4-b"
def sub(a, b):
    x, y = value(a), value(b)
    return record(x - y, (a, lambda g: unbroadcast(g, x)), (b, lambda g: unbroadcast(g, y)))


def mul(a, b):
    x, y = value(a), value(b)
    return record(x * y, (a, lambda g: unbroadcast(g * y, x)), (b, lambda g: unbroadcast(g * x, y)))


def div(a, b):
    x, y = value(a), value(b)
    return record(x / y, (a, lambda g: unbroadcast(g / y, x)), (b, lambda g: unbroadcast(-g * x / y**2, y)))


# %% wrong="no unbroadcast in the product" says="sum over the" cell="answer-4.4-b"
def sub(a, b):
    x, y = value(a), value(b)
    return record(x - y, (a, lambda g: unbroadcast(g, x)), (b, lambda g: unbroadcast(-g, y)))


def mul(a, b):
    x, y = value(a), value(b)
    return record(x * y, (a, lambda g: g * y), (b, lambda g: g * x))


def div(a, b):
    x, y = value(a), value(b)
    return record(x / y, (a, lambda g: unbroadcast(g / y, x)), (b, lambda g: unbroadcast(-g * x / y**2, y)))


# %% wrong="cotangent forgotten in the product" says="cotangent g" cell="answer-4.4-b"
def sub(a, b):
    x, y = value(a), value(b)
    return record(x - y, (a, lambda g: unbroadcast(g, x)), (b, lambda g: unbroadcast(-g, y)))


def mul(a, b):
    x, y = value(a), value(b)
    return record(x * y, (a, lambda g: unbroadcast(y + 0 * g, x)), (b, lambda g: unbroadcast(x + 0 * g, y)))


def div(a, b):
    x, y = value(a), value(b)
    return record(x / y, (a, lambda g: unbroadcast(g / y, x)), (b, lambda g: unbroadcast(-g * x / y**2, y)))


# %% wrong="each operand times itself" says="other operand" cell="answer-4.4-b"
def sub(a, b):
    x, y = value(a), value(b)
    return record(x - y, (a, lambda g: unbroadcast(g, x)), (b, lambda g: unbroadcast(-g, y)))


def mul(a, b):
    x, y = value(a), value(b)
    return record(x * y, (a, lambda g: unbroadcast(g * x, x)), (b, lambda g: unbroadcast(g * y, y)))


def div(a, b):
    x, y = value(a), value(b)
    return record(x / y, (a, lambda g: unbroadcast(g / y, x)), (b, lambda g: unbroadcast(-g * x / y**2, y)))


# %% wrong="denominator not squared" says="b²" cell="answer-4.4-b"
def sub(a, b):
    x, y = value(a), value(b)
    return record(x - y, (a, lambda g: unbroadcast(g, x)), (b, lambda g: unbroadcast(-g, y)))


def mul(a, b):
    x, y = value(a), value(b)
    return record(x * y, (a, lambda g: unbroadcast(g * y, x)), (b, lambda g: unbroadcast(g * x, y)))


def div(a, b):
    x, y = value(a), value(b)
    return record(x / y, (a, lambda g: unbroadcast(g / y, x)), (b, lambda g: unbroadcast(-g * x / y, y)))


# %% wrong="exponent not lowered" says="power rule" cell="answer-4.4-c"
def power(a, p):
    return record(a.data**p, (a, lambda g: g * p * a.data**p))


def exp(a):
    y = np.exp(a.data)
    return record(y, (a, lambda g: g * y))


def log(a):
    return record(np.log(a.data), (a, lambda g: g / a.data))


# %% wrong="slope of exp at the output" says="exp" cell="answer-4.4-c"
def power(a, p):
    return record(a.data**p, (a, lambda g: g * p * a.data ** (p - 1)))


def exp(a):
    y = np.exp(a.data)
    return record(y, (a, lambda g: g * np.exp(y)))


def log(a):
    return record(np.log(a.data), (a, lambda g: g / a.data))


# %% wrong="log times instead of over" says="g / x" cell="answer-4.4-c"
def power(a, p):
    return record(a.data**p, (a, lambda g: g * p * a.data ** (p - 1)))


def exp(a):
    y = np.exp(a.data)
    return record(y, (a, lambda g: g * y))


def log(a):
    return record(np.log(a.data), (a, lambda g: g * a.data))


# %% wrong="tanh without the square" says="1 − tanh" cell="answer-4.4-d"
def tanh(a):
    x, y = a.data, np.tanh(a.data)
    return record(y, (a, lambda g: g * (1 - y)))


def relu(a):
    x = a.data
    return record(np.maximum(x, 0), (a, lambda g: g * (x > 0)))


# %% wrong="relu passes at 0" says="at 0 the slope is 0" cell="answer-4.4-d"
def tanh(a):
    x, y = a.data, np.tanh(a.data)
    return record(y, (a, lambda g: g * (1 - y**2)))


def relu(a):
    x = a.data
    return record(np.maximum(x, 0), (a, lambda g: g * (x >= 0)))


# %% wrong="relu looks at the cotangent" says="x > 0" cell="answer-4.4-d"
def tanh(a):
    x, y = a.data, np.tanh(a.data)
    return record(y, (a, lambda g: g * (1 - y**2)))


def relu(a):
    x = a.data
    return record(np.maximum(x, 0), (a, lambda g: g * (g > 0)))

# %% wrong="vjps that write into g" cell="answer-4.4-d" says="changed g"
def tanh(a):
    y = np.tanh(value(a))

    def vjp(g):
        g *= 1 - y**2
        return g

    return record(y, (a, vjp))


def relu(a):
    x = value(a)
    return record(np.maximum(x, 0), (a, lambda g: g * (x > 0)))
