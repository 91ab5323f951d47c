"""Answers to exercise 3.4, jvp for any structure."""


# %% right="its own recursion over the output"
def jvp(f, x, v):
    def split(y):
        if isinstance(y, dict):
            both = {key: split(part) for key, part in y.items()}
            return {k: p[0] for k, p in both.items()}, {k: p[1] for k, p in both.items()}
        if isinstance(y, (list, tuple)):
            both = [split(part) for part in y]
            return [p[0] for p in both], [p[1] for p in both]
        return (y.primal, y.tangent) if isinstance(y, Dual) else (y, 0.0 * np.asarray(y))

    return split(f(tree_map(Dual, x, v)))


# %% right="outputs lifted first"
def jvp(f, x, v):
    out = tree_map(lift, f(tree_map(lambda p, t: Dual(p, t), x, v)))
    primals = tree_map(lambda d: d.primal, out)
    tangents = tree_map(lambda d: d.tangent, out)
    return primals, tangents


# %% wrong="the seed is one everywhere" says="seed"
def jvp(f, x, v):
    y = f(tree_map(lambda p: Dual(p, np.ones(np.shape(p))), x))
    return tree_map(lambda d: lift(d).primal, y), tree_map(lambda d: lift(d).tangent, y)


# %% wrong="zeros for the tangents" says="was v the seed"
def jvp(f, x, v):
    y = f(x)
    return y, tree_map(lambda p: np.zeros(np.shape(p)), y)


# %% wrong="a constant output stops it" says="AttributeError"
def jvp(f, x, v):
    y = f(tree_map(Dual, x, v))
    return tree_map(lambda d: d.primal, y), tree_map(lambda d: d.tangent, y)


# %% wrong="a constant output moves at rate 1" says="seed of x is v"
def jvp(f, x, v):
    y = f(tree_map(Dual, x, v))
    tangents = tree_map(lambda d: d.tangent if isinstance(d, Dual) else 1.0, y)
    return tree_map(lambda d: lift(d).primal, y), tangents


# %% wrong="the tangents alone" says="two things"
def jvp(f, x, v):
    return tree_map(lambda d: lift(d).tangent, f(tree_map(Dual, x, v)))


# %% wrong="Duals are returned" says="Dual"
def jvp(f, x, v):
    y = f(tree_map(Dual, x, v))
    return y, y


# %% wrong="a single number only" says="stopped"
def jvp(f, x, v):
    y = f(Dual(x, v))
    return y.primal, y.tangent


# %% wrong="primal and seed exchanged" says="primals"
def jvp(f, x, v):
    y = f(tree_map(Dual, v, x))
    return tree_map(lambda d: lift(d).primal, y), tree_map(lambda d: lift(d).tangent, y)


# %% wrong="results exchanged" says="changed places"
def jvp(f, x, v):
    y = f(tree_map(Dual, x, v))
    return tree_map(lambda d: lift(d).tangent, y), tree_map(lambda d: lift(d).primal, y)


# %% wrong="a pass for each result" says="one pass"
def jvp(f, x, v):
    primals = tree_map(lambda d: lift(d).primal, f(tree_map(Dual, x, v)))
    return primals, tree_map(lambda d: lift(d).tangent, f(tree_map(Dual, x, v)))


# %% wrong="one-sided finite differences" says="tangents"
def jvp(f, x, v):
    h = 1e-7
    y = f(x)
    return y, tree_map(lambda a, b: (a - b) / h, f(tree_map(lambda p, t: p + h * t, x, v)), y)
