# %% [markdown]
# Answers to exercise 9.8: vjp and grad.


# %% right="a named function, the shape as a tuple"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    y, program = linearize(f, *primals)

    def back(ct):
        return pull(program, as_array(ct))

    return y, back


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    def gradients(*primals):
        y, back = vjp(f, *primals)
        if shape_of(y) != ():
            raise ValueError(f"grad needs a scalar; f returned the shape {shape_of(y)}. Use vjp with a cotangent.")
        return back(np.array(1.0))

    return gradients


# %% right="the transposed program evaluated"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    y, program = linearize(f, *primals)
    backwards = transposed(program)
    return y, lambda ct: evaluate(backwards, ct)


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    def gradients(*primals):
        y, back = vjp(f, *primals)
        if shape_of(y) != ():
            raise ValueError(f"grad needs a scalar; f returned the shape {shape_of(y)}. Use vjp with a cotangent.")
        return back(np.ones(()))

    return gradients


# %% wrong="linearized in every call" says="outside of back"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    return f(*primals), lambda ct: pull(linearize(f, *primals)[1], ct)


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    def gradients(*primals):
        y, back = vjp(f, *primals)
        if shape_of(y) != ():
            raise ValueError(f"grad needs a scalar; f returned the shape {shape_of(y)}. Use vjp with a cotangent.")
        return back(np.ones(()))

    return gradients


# %% wrong="a cotangent of ones" says="uses the ct"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    y, program = linearize(f, *primals)
    return y, lambda ct: pull(program, np.ones(shape_of(y)))


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    def gradients(*primals):
        y, back = vjp(f, *primals)
        if shape_of(y) != ():
            raise ValueError(f"grad needs a scalar; f returned the shape {shape_of(y)}. Use vjp with a cotangent.")
        return back(np.ones(()))

    return gradients


# %% wrong="the program instead of its transpose" says="pull of the linear program"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    y, program = linearize(f, *primals)
    return y, lambda ct: evaluate(program, *[ct] * len(primals))


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    def gradients(*primals):
        y, back = vjp(f, *primals)
        if shape_of(y) != ():
            raise ValueError(f"grad needs a scalar; f returned the shape {shape_of(y)}. Use vjp with a cotangent.")
        return back(np.ones(()))

    return gradients


# %% wrong="the first gradient only" says="values are expected"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    y, program = linearize(f, *primals)
    return y, lambda ct: pull(program, ct)


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    def gradients(*primals):
        y, back = vjp(f, *primals)
        if shape_of(y) != ():
            raise ValueError(f"grad needs a scalar; f returned the shape {shape_of(y)}. Use vjp with a cotangent.")
        return back(np.ones(()))[0]

    return gradients


# %% wrong="no error for a matrix" says="raise ValueError"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    y, program = linearize(f, *primals)
    return y, lambda ct: pull(program, ct)


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    def gradients(*primals):
        y, back = vjp(f, *primals)
        return back(np.ones(()))

    return gradients


# %% wrong="another error" says="raise ValueError"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    y, program = linearize(f, *primals)
    return y, lambda ct: pull(program, ct)


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    def gradients(*primals):
        y, back = vjp(f, *primals)
        if shape_of(y) != ():
            raise TypeError(f"grad needs a scalar; f returned the shape {shape_of(y)}. Use vjp with a cotangent.")
        return back(np.ones(()))

    return gradients


# %% wrong="the cotangent is the value" says="away from torch"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    y, program = linearize(f, *primals)
    return y, lambda ct: pull(program, ct)


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    def gradients(*primals):
        y, back = vjp(f, *primals)
        if shape_of(y) != ():
            raise ValueError(f"grad needs a scalar; f returned the shape {shape_of(y)}. Use vjp with a cotangent.")
        return back(y)

    return gradients


# %% wrong="the wrong order of the pair" says="stopped"
def vjp(f, *primals):
    """(f(*primals), back), where back(ct) is the list of cotangents of the primals."""
    y, program = linearize(f, *primals)
    return (lambda ct: pull(program, ct)), y


def grad(f):
    """The function that gives the list of gradients of f, which returns a scalar array."""
    def gradients(*primals):
        y, back = vjp(f, *primals)
        if shape_of(y) != ():
            raise ValueError(f"grad needs a scalar; f returned the shape {shape_of(y)}. Use vjp with a cotangent.")
        return back(np.ones(()))

    return gradients
