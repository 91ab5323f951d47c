# %% [markdown]
# Answers to exercise 9.10: residuals, prune, checkpoint.


# %% right="loops"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    held = []
    for eqn in program.eqns:
        for x in eqn.ins:
            if not isinstance(x, Var) and not is_number(x) and all(x is not y for y in held):
                held.append(x)
    return held


def prune(program):
    """The program without equations that no output needs."""
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if eqn.out in needed:
            kept.append(eqn)
            needed.update(x for x in eqn.ins if isinstance(x, Var))
    return Program(program.inputs, kept[::-1], program.outputs)


# %% right="push by linearizing, its transpose by pull" cell="answer-9.10-b"
# JVP["checkpoint"] = [lambda t, out, x, f: ...]
# VALUE["push"] = lambda x, t, f, shape: ...
# TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: ...]
JVP["checkpoint"] = [lambda t, out, x, f: push(x, t, f, shape_of(out))]
VALUE["push"] = lambda x, t, f, shape: evaluate(linearize(f, x)[1], t)[0]
TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: pull(linearize(f, x)[1], ct)[0]]


# %% wrong="every use counts" says="counts once"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    return [x for eqn in program.eqns for x in eqn.ins if not isinstance(x, Var) and not is_number(x)]


def prune(program):
    """The program without equations that no output needs."""
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if eqn.out in needed:
            kept.append(eqn)
            needed.update(x for x in eqn.ins if isinstance(x, Var))
    return Program(program.inputs, kept[::-1], program.outputs)


# %% wrong="numbers count" says="Plain numbers"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    return [x for eqn in program.eqns for x in eqn.ins if not isinstance(x, Var)]


def prune(program):
    """The program without equations that no output needs."""
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if eqn.out in needed:
            kept.append(eqn)
            needed.update(x for x in eqn.ins if isinstance(x, Var))
    return Program(program.inputs, kept[::-1], program.outputs)


# %% wrong="equal arrays are one" says="compare objects"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    held = {np.asarray(x).tobytes(): x for eqn in program.eqns for x in eqn.ins if not isinstance(x, Var) and not is_number(x)}
    return list(held.values())


def prune(program):
    """The program without equations that no output needs."""
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if eqn.out in needed:
            kept.append(eqn)
            needed.update(x for x in eqn.ins if isinstance(x, Var))
    return Program(program.inputs, kept[::-1], program.outputs)


# %% wrong="the second operand only" says="in any place"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    held = {id(x): x for eqn in program.eqns for x in eqn.ins[1:] if not isinstance(x, Var) and not is_number(x)}
    return list(held.values())


def prune(program):
    """The program without equations that no output needs."""
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if eqn.out in needed:
            kept.append(eqn)
            needed.update(x for x in eqn.ins if isinstance(x, Var))
    return Program(program.inputs, kept[::-1], program.outputs)


# %% wrong="variables count, too" says="arrays"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    held = {id(x): x for eqn in program.eqns for x in eqn.ins if not is_number(x)}
    return list(held.values())


def prune(program):
    """The program without equations that no output needs."""
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if eqn.out in needed:
            kept.append(eqn)
            needed.update(x for x in eqn.ins if isinstance(x, Var))
    return Program(program.inputs, kept[::-1], program.outputs)


# %% wrong="one generation only" says="operands of operands"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    held = {id(x): x for eqn in program.eqns for x in eqn.ins if not isinstance(x, Var) and not is_number(x)}
    return list(held.values())


def prune(program):
    """The program without equations that no output needs."""
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if eqn.out in needed:
            kept.append(eqn)
    return Program(program.inputs, kept[::-1], program.outputs)


# %% wrong="nothing pruned" says="no output depends"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    held = {id(x): x for eqn in program.eqns for x in eqn.ins if not isinstance(x, Var) and not is_number(x)}
    return list(held.values())


def prune(program):
    """The program without equations that no output needs."""
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if True:
            kept.append(eqn)
            needed.update(x for x in eqn.ins if isinstance(x, Var))
    return Program(program.inputs, kept[::-1], program.outputs)


# %% wrong="backwards order" says="another order"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    held = {id(x): x for eqn in program.eqns for x in eqn.ins if not isinstance(x, Var) and not is_number(x)}
    return list(held.values())


def prune(program):
    """The program without equations that no output needs."""
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if eqn.out in needed:
            kept.append(eqn)
            needed.update(x for x in eqn.ins if isinstance(x, Var))
    return Program(program.inputs, kept, program.outputs)


# %% wrong="in place" says="changed the program"
def residuals(program):
    """The distinct arrays (by identity) that the equations of `program` hold, in order of appearance."""
    held = {id(x): x for eqn in program.eqns for x in eqn.ins if not isinstance(x, Var) and not is_number(x)}
    return list(held.values())


def prune(program):
    """The program without equations that no output needs."""
    needed = {y for y in program.outputs if isinstance(y, Var)}
    kept = []
    for eqn in reversed(program.eqns):
        if eqn.out in needed:
            kept.append(eqn)
            needed.update(x for x in eqn.ins if isinstance(x, Var))
    program.eqns[:] = kept[::-1]
    return program


# %% wrong="no push, an ordinary jvp" says="no push" cell="answer-9.10-b"
# JVP["checkpoint"] = [lambda t, out, x, f: ...]
# VALUE["push"] = lambda x, t, f, shape: ...
# TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: ...]
JVP["checkpoint"] = [lambda t, out, x, f: jvp(f, [x], [t])[1]]
VALUE["push"] = lambda x, t, f, shape: jvp(f, [x], [t])[1]
TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: vjp(f, x)[1](ct)[0]]


# %% wrong="the value for the tangent" says="second part" cell="answer-9.10-b"
# JVP["checkpoint"] = [lambda t, out, x, f: ...]
# VALUE["push"] = lambda x, t, f, shape: ...
# TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: ...]
JVP["checkpoint"] = [lambda t, out, x, f: push(x, t, f, shape_of(out))]
VALUE["push"] = lambda x, t, f, shape: jvp(f, [x], [t])[0]
TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: vjp(f, x)[1](ct)[0]]


# %% wrong="x and t exchanged" says="known, and t" cell="answer-9.10-b"
# JVP["checkpoint"] = [lambda t, out, x, f: ...]
# VALUE["push"] = lambda x, t, f, shape: ...
# TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: ...]
JVP["checkpoint"] = [lambda t, out, x, f: push(t, x, f, shape_of(out))]
VALUE["push"] = lambda x, t, f, shape: jvp(f, [x], [t])[1]
TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: vjp(f, x)[1](ct)[0]]


# %% wrong="forward for backward" says="vjp of f at x" cell="answer-9.10-b"
# JVP["checkpoint"] = [lambda t, out, x, f: ...]
# VALUE["push"] = lambda x, t, f, shape: ...
# TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: ...]
JVP["checkpoint"] = [lambda t, out, x, f: push(x, t, f, shape_of(out))]
VALUE["push"] = lambda x, t, f, shape: jvp(f, [x], [t])[1]
TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: jvp(f, [x], [ct])[1]]


# %% wrong="a list for an array" says="stopped" cell="answer-9.10-b"
# JVP["checkpoint"] = [lambda t, out, x, f: ...]
# VALUE["push"] = lambda x, t, f, shape: ...
# TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: ...]
JVP["checkpoint"] = [lambda t, out, x, f: push(x, t, f, shape_of(out))]
VALUE["push"] = lambda x, t, f, shape: jvp(f, [x], [t])[1]
TRANSPOSE["push"] = [None, lambda ct, x, t, f, shape: vjp(f, x)[1](ct)]
