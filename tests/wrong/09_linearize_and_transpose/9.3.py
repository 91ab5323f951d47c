# %% [markdown]
# Answers to exercise 9.3: jvp_step and jvp.


# %% right="shares in a list first"
def jvp_step(level, name, operands, params):
    """An operation at a forward-mode level: a Dual of `level`, or the primal alone where no tangent arises."""
    primals, tangents = [], []
    for x in operands:
        ours = isinstance(x, Dual) and x.level is level
        primals.append(x.primal if ours else x)
        tangents.append(x.tangent if ours else None)
    out = bind(name, *primals, **params)  # older levels have their turn here
    shares = [rule(t, out, *primals, **params) for rule, t in zip(JVP[name], tangents) if t is not None]
    shares = [share for share in shares if share is not None]
    if not shares:
        return out
    total = shares[0]
    for share in shares[1:]:
        total = total + share
    return Dual(level, out, total)


# %% right="zeros by multiplication, one place for lists" cell="answer-9.3-b"
def jvp(f, primals, tangents):
    """(f(*primals), its tangent along `tangents`). primals, tangents: lists of arrays or tracers, alike in shape."""
    level = Level(jvp_step)
    out = f(*[Dual(level, as_array(x), as_array(t)) for x, t in zip(primals, tangents)])

    def split(y):
        if isinstance(y, Dual) and y.level is level:
            return y.primal, y.tangent
        return y, mul(as_array(y), 0.0)  # y does not depend on the primals

    values, moves = zip(*map(split, out if isinstance(out, list) else [out]))
    return (list(values), list(moves)) if isinstance(out, list) else (values[0], moves[0])


# %% wrong="every Dual is ours" says="confusion"
def jvp_step(level, name, operands, params):
    """An operation at a forward-mode level: a Dual of `level`, or the primal alone where no tangent arises."""
    primals, tangents = [], []
    for x in operands:
        ours = isinstance(x, Dual)
        primals.append(x.primal if ours else x)
        tangents.append(x.tangent if ours else None)
    out = bind(name, *primals, **params)  # older levels have their turn here
    total = None
    for rule, t in zip(JVP[name], tangents):
        share = None if t is None else rule(t, out, *primals, **params)
        if share is not None:
            total = share if total is None else add(total, share)
    return out if total is None else Dual(level, out, total)


# %% wrong="assigned for added" says="added, not assigned"
def jvp_step(level, name, operands, params):
    """An operation at a forward-mode level: a Dual of `level`, or the primal alone where no tangent arises."""
    primals, tangents = [], []
    for x in operands:
        ours = isinstance(x, Dual) and x.level is level
        primals.append(x.primal if ours else x)
        tangents.append(x.tangent if ours else None)
    out = bind(name, *primals, **params)  # older levels have their turn here
    total = None
    for rule, t in zip(JVP[name], tangents):
        share = None if t is None else rule(t, out, *primals, **params)
        if share is not None:
            total = share
    return out if total is None else Dual(level, out, total)


# %% wrong="no bind for the primals" says="stopped"
def jvp_step(level, name, operands, params):
    """An operation at a forward-mode level: a Dual of `level`, or the primal alone where no tangent arises."""
    primals, tangents = [], []
    for x in operands:
        ours = isinstance(x, Dual) and x.level is level
        primals.append(x.primal if ours else x)
        tangents.append(x.tangent if ours else None)
    out = VALUE[name](*primals, **params)  # older levels have their turn here
    total = None
    for rule, t in zip(JVP[name], tangents):
        share = None if t is None else rule(t, out, *primals, **params)
        if share is not None:
            total = share if total is None else add(total, share)
    return out if total is None else Dual(level, out, total)


# %% wrong="only the first operand" says="share of one operand"
def jvp_step(level, name, operands, params):
    """An operation at a forward-mode level: a Dual of `level`, or the primal alone where no tangent arises."""
    primals, tangents = [], []
    for x in operands:
        ours = isinstance(x, Dual) and x.level is level
        primals.append(x.primal if ours else x)
        tangents.append(x.tangent if ours else None)
    out = bind(name, *primals, **params)  # older levels have their turn here
    total = None
    for rule, t in list(zip(JVP[name], tangents))[:1]:
        share = None if t is None else rule(t, out, *primals, **params)
        if share is not None:
            total = share if total is None else add(total, share)
    return out if total is None else Dual(level, out, total)


# %% wrong="constants have tangent one" says="constant"
def jvp_step(level, name, operands, params):
    """An operation at a forward-mode level: a Dual of `level`, or the primal alone where no tangent arises."""
    primals, tangents = [], []
    for x in operands:
        ours = isinstance(x, Dual) and x.level is level
        primals.append(x.primal if ours else x)
        tangents.append(x.tangent if ours else np.ones(shape_of(x)))
    out = bind(name, *primals, **params)  # older levels have their turn here
    total = None
    for rule, t in zip(JVP[name], tangents):
        share = None if t is None else rule(t, out, *primals, **params)
        if share is not None:
            total = share if total is None else add(total, share)
    return out if total is None else Dual(level, out, total)


# %% wrong="a zero tangent for everything" says="primal alone"
def jvp_step(level, name, operands, params):
    """An operation at a forward-mode level: a Dual of `level`, or the primal alone where no tangent arises."""
    primals, tangents = [], []
    for x in operands:
        ours = isinstance(x, Dual) and x.level is level
        primals.append(x.primal if ours else x)
        tangents.append(x.tangent if ours else None)
    out = bind(name, *primals, **params)  # older levels have their turn here
    total = None
    for rule, t in zip(JVP[name], tangents):
        share = None if t is None else rule(t, out, *primals, **params)
        if share is not None:
            total = share if total is None else add(total, share)
    return Dual(level, out, np.zeros(shape_of(out)) if total is None else total)


# %% wrong="any Dual of a result" says="no part at its own level" cell="answer-9.3-b"
def jvp(f, primals, tangents):
    """(f(*primals), its tangent along `tangents`). primals, tangents: lists of arrays or tracers, alike in shape."""
    level = Level(jvp_step)
    out = f(*[Dual(level, as_array(x), as_array(t)) for x, t in zip(primals, tangents)])

    def split(y):
        if isinstance(y, Dual):
            return y.primal, y.tangent
        return y, np.zeros(shape_of(y))  # y does not depend on the primals

    return tuple(map(list, zip(*map(split, out)))) if isinstance(out, list) else split(out)


# %% wrong="None for a result that does not move" says="zero" cell="answer-9.3-b"
def jvp(f, primals, tangents):
    """(f(*primals), its tangent along `tangents`). primals, tangents: lists of arrays or tracers, alike in shape."""
    level = Level(jvp_step)
    out = f(*[Dual(level, as_array(x), as_array(t)) for x, t in zip(primals, tangents)])

    def split(y):
        if isinstance(y, Dual) and y.level is level:
            return y.primal, y.tangent
        return y, np.zeros(())  # y does not depend on the primals

    return tuple(map(list, zip(*map(split, out)))) if isinstance(out, list) else split(out)


# %% wrong="pairs in a list" says="pair are lists" cell="answer-9.3-b"
def jvp(f, primals, tangents):
    """(f(*primals), its tangent along `tangents`). primals, tangents: lists of arrays or tracers, alike in shape."""
    level = Level(jvp_step)
    out = f(*[Dual(level, as_array(x), as_array(t)) for x, t in zip(primals, tangents)])

    def split(y):
        if isinstance(y, Dual) and y.level is level:
            return y.primal, y.tangent
        return y, np.zeros(shape_of(y))  # y does not depend on the primals

    return tuple(map(split, out))[:2] if isinstance(out, list) else split(out)


# %% wrong="ones for the tangents" says="tangent" cell="answer-9.3-b"
def jvp(f, primals, tangents):
    """(f(*primals), its tangent along `tangents`). primals, tangents: lists of arrays or tracers, alike in shape."""
    level = Level(jvp_step)
    out = f(*[Dual(level, as_array(x), np.ones(shape_of(t))) for x, t in zip(primals, tangents)])

    def split(y):
        if isinstance(y, Dual) and y.level is level:
            return y.primal, y.tangent
        return y, np.zeros(shape_of(y))  # y does not depend on the primals

    return tuple(map(list, zip(*map(split, out)))) if isinstance(out, list) else split(out)


# %% wrong="the value twice" says="value where the tangent" cell="answer-9.3-b"
def jvp(f, primals, tangents):
    """(f(*primals), its tangent along `tangents`). primals, tangents: lists of arrays or tracers, alike in shape."""
    level = Level(jvp_step)
    out = f(*[Dual(level, as_array(x), as_array(t)) for x, t in zip(primals, tangents)])

    def split(y):
        if isinstance(y, Dual) and y.level is level:
            return y.primal, y.primal
        return y, np.zeros(shape_of(y))  # y does not depend on the primals

    return tuple(map(list, zip(*map(split, out)))) if isinstance(out, list) else split(out)


# %% wrong="numbers left as they are" says="as_array makes arrays" cell="answer-9.3-b"
def jvp(f, primals, tangents):
    """(f(*primals), its tangent along `tangents`). primals, tangents: lists of arrays or tracers, alike in shape."""
    level = Level(jvp_step)
    out = f(*[Dual(level, x, t) for x, t in zip(primals, tangents)])

    def split(y):
        if isinstance(y, Dual) and y.level is level:
            return y.primal, y.tangent
        return y, np.zeros(shape_of(y))  # y does not depend on the primals

    return tuple(map(list, zip(*map(split, out)))) if isinstance(out, list) else split(out)
