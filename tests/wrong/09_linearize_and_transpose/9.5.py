# %% [markdown]
# Answers to exercise 9.5: linearize.


# %% right="the value kept aside while recording"
def linearize(f, *primals):
    """(f(*primals), the Program of t -> J t). f returns one array."""
    kept = []

    def tangent(*tangents):
        y, dy = jvp(f, list(primals), list(tangents))
        kept.append(y)
        return [dy]

    program = partial_eval(tangent, *[shape_of(x) for x in primals])
    return kept[0], program


# %% right="outputs cut afterwards"
def linearize(f, *primals):
    """(f(*primals), the Program of t -> J t). f returns one array."""
    program = partial_eval(lambda *tangents: list(jvp(f, primals, tangents)), *map(shape_of, primals))
    y = program.outputs[0]
    program.outputs = program.outputs[1:]
    return y, program


# %% wrong="both outputs left in" says="only output"
def linearize(f, *primals):
    """(f(*primals), the Program of t -> J t). f returns one array."""
    program = partial_eval(lambda *tangents: list(jvp(f, primals, tangents)), *map(shape_of, primals))
    y, dy = program.outputs  # y is known: no primal depends on a tangent
    return y, program


# %% wrong="the value as the output" says="gives the value"
def linearize(f, *primals):
    """(f(*primals), the Program of t -> J t). f returns one array."""
    program = partial_eval(lambda *tangents: list(jvp(f, primals, tangents)), *map(shape_of, primals))
    y, dy = program.outputs  # y is known: no primal depends on a tangent
    return y, Program(program.inputs, program.eqns, [y])


# %% wrong="the function run a second time" says="computed 2 times"
def linearize(f, *primals):
    """(f(*primals), the Program of t -> J t). f returns one array."""
    program = partial_eval(lambda *tangents: list(jvp(f, primals, tangents)), *map(shape_of, primals))
    y, dy = program.outputs  # y is known: no primal depends on a tangent
    return f(*primals), Program(program.inputs, program.eqns, [dy])


# %% wrong="the tangent as the value" says="first part of the pair"
def linearize(f, *primals):
    """(f(*primals), the Program of t -> J t). f returns one array."""
    program = partial_eval(lambda *tangents: list(jvp(f, primals, tangents)), *map(shape_of, primals))
    y, dy = program.outputs  # y is known: no primal depends on a tangent
    return evaluate(program, *primals)[1], Program(program.inputs, program.eqns, [dy])


# %% wrong="the first primal only" says="inputs"
def linearize(f, *primals):
    """(f(*primals), the Program of t -> J t). f returns one array."""
    program = partial_eval(lambda t: list(jvp(lambda x: f(x, *primals[1:]), primals[:1], [t])), shape_of(primals[0]))
    y, dy = program.outputs  # y is known: no primal depends on a tangent
    return y, Program(program.inputs, program.eqns, [dy])


# %% wrong="primals unknown, too" says="variable of the program"
def linearize(f, *primals):
    """(f(*primals), the Program of t -> J t). f returns one array."""
    program = partial_eval(lambda *xs: list(jvp(f, xs, primals)), *map(shape_of, primals))
    y, dy = program.outputs  # y is known: no primal depends on a tangent
    return y, Program(program.inputs, program.eqns, [dy])


# %% wrong="a function for a program" says="stopped"
def linearize(f, *primals):
    """(f(*primals), the Program of t -> J t). f returns one array."""
    program = partial_eval(lambda *tangents: list(jvp(f, primals, tangents)), *map(shape_of, primals))
    y, dy = program.outputs  # y is known: no primal depends on a tangent
    return y, lambda *tangents: jvp(f, primals, tangents)[1]
