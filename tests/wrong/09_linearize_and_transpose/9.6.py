# %% [markdown]
# Answers to exercise 9.6: transpose rules.


# %% right="with a loop over the axes"
def sum_to(ct, shape):
    """The transpose of broadcasting from `shape` to ct.shape: sums over the axes along which it repeated."""
    ahead = len(shape_of(ct)) - len(shape)
    axes = tuple(range(ahead))
    for axis, n in enumerate(shape):
        if n != shape_of(ct)[ahead + axis]:
            axes += (ahead + axis,)
    return reshape(reduce_sum(ct, axes), shape)


def spread(ct, shape, axes):
    """The transpose of summing an array of `shape` over `axes`: ct repeated along them."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return broadcast(reshape(ct, kept), shape)


# %% right="operators, and the permutation by index" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: ct * -1.0 if isinstance(ct, Tracer) else mul(ct, -1.0)]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(axes.index(i) for i in range(len(axes))))]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="new axes only" says="length 1"
def sum_to(ct, shape):
    """The transpose of broadcasting from `shape` to ct.shape: sums over the axes along which it repeated."""
    ahead = len(shape_of(ct)) - len(shape)
    repeated = [ahead + i for i, n in enumerate(shape) if n == 1]
    return reshape(reduce_sum(ct, tuple(range(ahead))), shape)


def spread(ct, shape, axes):
    """The transpose of summing an array of `shape` over `axes`: ct repeated along them."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return broadcast(reshape(ct, kept), shape)


# %% wrong="mean over the copies" says="mean over the copies"
def sum_to(ct, shape):
    """The transpose of broadcasting from `shape` to ct.shape: sums over the axes along which it repeated."""
    ahead = len(shape_of(ct)) - len(shape)
    repeated = [ahead + i for i, n in enumerate(shape) if n == 1]
    copies = np.prod(shape_of(ct)) / max(np.prod(shape), 1)
    return mul(reshape(reduce_sum(ct, (*range(ahead), *repeated)), shape), float(1 / copies))


def spread(ct, shape, axes):
    """The transpose of summing an array of `shape` over `axes`: ct repeated along them."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return broadcast(reshape(ct, kept), shape)


# %% wrong="shared out among the summands" says="divided among"
def sum_to(ct, shape):
    """The transpose of broadcasting from `shape` to ct.shape: sums over the axes along which it repeated."""
    ahead = len(shape_of(ct)) - len(shape)
    repeated = [ahead + i for i, n in enumerate(shape) if n == 1]
    return reshape(reduce_sum(ct, (*range(ahead), *repeated)), shape)


def spread(ct, shape, axes):
    """The transpose of summing an array of `shape` over `axes`: ct repeated along them."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    share = np.prod(kept) / np.prod(shape)
    return mul(broadcast(reshape(ct, kept), shape), float(share))


# %% wrong="lost axes put in front" says="lost axes"
def sum_to(ct, shape):
    """The transpose of broadcasting from `shape` to ct.shape: sums over the axes along which it repeated."""
    ahead = len(shape_of(ct)) - len(shape)
    repeated = [ahead + i for i, n in enumerate(shape) if n == 1]
    return reshape(reduce_sum(ct, (*range(ahead), *repeated)), shape)


def spread(ct, shape, axes):
    """The transpose of summing an array of `shape` over `axes`: ct repeated along them."""
    return broadcast(ct, shape)


# %% wrong="no sign in sub" says="sign" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="the factor forgotten" says="factor is missing" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="the operand's own shape asked for values" says="stopped" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, x), lambda ct, x, y: mul(y, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="matrix products in the wrong order" says="Aᵀ" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(ct, transpose(x))]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="the matrix not transposed" says="ct·Bᵀ" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, y), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="the same permutation again" says="not its inverse" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, axes)]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="numpy in a rule" says="not with numpy" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: np.multiply(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="reshape to the result's shape" says="operand's shape" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="gather for gather" says="that was picked" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: gather(ct, index % len(ct))]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="rows picked twice keep one" says="they add up" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: neg(ct)]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: (lambda out: (out.__setitem__(index, ct), out)[1])(np.zeros(x.shape))]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]


# %% wrong="zeros" says="sign" cell="answer-9.6-b"
TRANSPOSE = {}
# TRANSPOSE["add"] = [first operand's rule, second operand's rule], and so on: eleven entries
TRANSPOSE["add"] = [lambda ct, x, y: ct, lambda ct, x, y: ct]
TRANSPOSE["sub"] = [lambda ct, x, y: ct, lambda ct, x, y: neg(ct)]
TRANSPOSE["neg"] = [lambda ct, x: ct]
TRANSPOSE["mul"] = [lambda ct, x, y: mul(ct, y), lambda ct, x, y: mul(x, ct)]
TRANSPOSE["matmul"] = [lambda ct, x, y: matmul(ct, transpose(y)), lambda ct, x, y: matmul(transpose(x), ct)]
TRANSPOSE["reduce_sum"] = [lambda ct, x, axes: spread(ct, x.shape, axes)]
TRANSPOSE["broadcast"] = [lambda ct, x, shape: sum_to(ct, x.shape)]
TRANSPOSE["reshape"] = [lambda ct, x, shape: reshape(ct, x.shape)]
TRANSPOSE["transpose"] = [lambda ct, x, axes: transpose(ct, tuple(np.argsort(axes)))]
TRANSPOSE["gather"] = [lambda ct, x, index: scatter_add(ct, index, x.shape)]
TRANSPOSE["scatter_add"] = [lambda ct, x, index, shape: gather(ct, index)]
