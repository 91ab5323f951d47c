# %% [markdown]
# Answers to exercise 9.9: Hessian-vector products.


# %% right="reverse over forward for the second"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    return jvp(grad(f), xs, vs)[1]


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    return grad(lambda *at: jvp(f, at, vs)[1])(*xs)


# %% right="the first program linearized, the second a sum of parts"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    values, tangents = jvp(lambda *at: grad(f)(*at), list(xs), list(vs))
    return tangents


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    def along(*xs):
        first, *others = [reduce_sum(mul(v, slope)) for slope, v in zip(grad(f)(*xs), vs)]
        for part in others:
            first = add(first, part)
        return first

    return grad(along)(*xs)


# %% wrong="the gradient" says="This is the gradient"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    return jvp(grad(f), xs, vs)[0]


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    def along(*xs):
        total = 0.0
        for slope, v in zip(grad(f)(*xs), vs):
            total = add(total, reduce_sum(mul(slope, v)))
        return total

    return grad(along)(*xs)


# %% wrong="the gradient at x + v less that at x" says="derivative of the gradient"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    there = grad(f)(*[x + v for x, v in zip(xs, vs)])
    return [b - a for a, b in zip(grad(f)(*xs), there)]


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    def along(*xs):
        total = 0.0
        for slope, v in zip(grad(f)(*xs), vs):
            total = add(total, reduce_sum(mul(slope, v)))
        return total

    return grad(along)(*xs)


# %% wrong="the first array only" says="two arrays"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    return jvp(grad(f), xs, vs)[1]


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    def along(*xs):
        total = 0.0
        for slope, v in list(zip(grad(f)(*xs), vs))[:1]:
            total = add(total, reduce_sum(mul(slope, v)))
        return total

    return grad(along)(*xs)


# %% wrong="v forgotten" says="derivative of the gradient"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    return jvp(grad(f), xs, vs)[1]


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    def along(*xs):
        total = 0.0
        for slope, v in zip(grad(f)(*xs), vs):
            total = add(total, reduce_sum(slope))
        return total

    return grad(along)(*xs)


# %% wrong="the norm of the gradient" says="derivative of the gradient"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    return jvp(grad(f), xs, vs)[1]


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    def along(*xs):
        total = 0.0
        for slope, v in zip(grad(f)(*xs), vs):
            total = add(total, reduce_sum(mul(slope, slope)))
        return total

    return grad(along)(*xs)


# %% wrong="twice" says="factor 2"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    return jvp(grad(f), xs, vs)[1]


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    def along(*xs):
        total = 0.0
        for slope, v in zip(grad(f)(*xs), vs):
            total = add(total, reduce_sum(mul(slope, v)))
        return total

    return [2 * part for part in grad(along)(*xs)]


# %% wrong="the primals as the direction" says="derivative of the gradient"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    return jvp(grad(f), xs, xs)[1]


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    def along(*xs):
        total = 0.0
        for slope, v in zip(grad(f)(*xs), vs):
            total = add(total, reduce_sum(mul(slope, v)))
        return total

    return grad(along)(*xs)


# %% wrong="forward differences" says="Largest difference"
def hvp(f, xs, vs):
    """H v, a list of arrays: forward mode over reverse mode."""
    there = grad(f)(*[x + 1e-6 * v for x, v in zip(xs, vs)])
    return [(b - a) / 1e-6 for a, b in zip(grad(f)(*xs), there)]


def hvp_by_grad(f, xs, vs):
    """H v, a list of arrays: reverse mode over reverse mode."""
    def along(*xs):
        total = 0.0
        for slope, v in zip(grad(f)(*xs), vs):
            total = add(total, reduce_sum(mul(slope, v)))
        return total

    return grad(along)(*xs)
