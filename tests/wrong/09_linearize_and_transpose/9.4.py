# %% [markdown]
# Answers to exercise 9.4: partial evaluation.


# %% right="a helper that looks inside"
def record_step(level, name, operands, params):
    """An operation at a recording level: an Eqn more in level.eqns, and an Unknown."""
    ins = []
    for x in operands:
        ours = isinstance(x, Unknown) and x.level is level
        ins.append(x.var if ours else x)
    out = Var(SHAPE[name](*ins, **params))
    level.eqns.append(Eqn(name, ins, params, out))
    unknown = Unknown(level, out)
    return unknown


def partial_eval(f, *shapes):
    """The Program of what f computes from unknown arrays of these shapes. f returns a list of arrays."""
    level = Level(record_step)
    inputs = [Var(shape) for shape in shapes]
    outputs = f(*[Unknown(level, var) for var in inputs])
    outputs = [y.var if isinstance(y, Unknown) and y.level is level else y for y in outputs]
    return Program(inputs, level.eqns, outputs)


# %% right="known values among the outputs by get" cell="answer-9.4-b"
def evaluate(program, *inputs):
    """The outputs of `program`, a list, for arrays or tracers as inputs."""
    values = dict(zip(program.inputs, inputs))

    def look(x):
        return values[x] if isinstance(x, Var) else x

    for eqn in program.eqns:
        values[eqn.out] = bind(eqn.name, *[look(x) for x in eqn.ins], **eqn.params)
    return [look(y) for y in program.outputs]


# %% wrong="every Unknown is ours" says="older level"
def record_step(level, name, operands, params):
    """An operation at a recording level: an Eqn more in level.eqns, and an Unknown."""
    ins = [x.var if isinstance(x, Unknown) else x for x in operands]
    out = Var(SHAPE[name](*ins, **params))
    level.eqns.append(Eqn(name, ins, params, out))
    return Unknown(level, out)


def partial_eval(f, *shapes):
    """The Program of what f computes from unknown arrays of these shapes. f returns a list of arrays."""
    level = Level(record_step)
    inputs = [Var(shape) for shape in shapes]
    outputs = f(*[Unknown(level, var) for var in inputs])
    outputs = [y.var if isinstance(y, Unknown) and y.level is level else y for y in outputs]
    return Program(inputs, level.eqns, outputs)


# %% wrong="tracers in the equations" says="as its var"
def record_step(level, name, operands, params):
    """An operation at a recording level: an Eqn more in level.eqns, and an Unknown."""
    ins = list(operands)
    out = Var(SHAPE[name](*ins, **params))
    level.eqns.append(Eqn(name, ins, params, out))
    return Unknown(level, out)


def partial_eval(f, *shapes):
    """The Program of what f computes from unknown arrays of these shapes. f returns a list of arrays."""
    level = Level(record_step)
    inputs = [Var(shape) for shape in shapes]
    outputs = f(*[Unknown(level, var) for var in inputs])
    outputs = [y.var if isinstance(y, Unknown) and y.level is level else y for y in outputs]
    return Program(inputs, level.eqns, outputs)


# %% wrong="the equation is not appended" says="Recorded is nothing"
def record_step(level, name, operands, params):
    """An operation at a recording level: an Eqn more in level.eqns, and an Unknown."""
    ins = [x.var if isinstance(x, Unknown) and x.level is level else x for x in operands]
    out = Var(SHAPE[name](*ins, **params))
    return Unknown(level, out)


def partial_eval(f, *shapes):
    """The Program of what f computes from unknown arrays of these shapes. f returns a list of arrays."""
    level = Level(record_step)
    inputs = [Var(shape) for shape in shapes]
    outputs = f(*[Unknown(level, var) for var in inputs])
    outputs = [y.var if isinstance(y, Unknown) and y.level is level else y for y in outputs]
    return Program(inputs, level.eqns, outputs)


# %% wrong="the shape of the first operand" says="use SHAPE"
def record_step(level, name, operands, params):
    """An operation at a recording level: an Eqn more in level.eqns, and an Unknown."""
    ins = [x.var if isinstance(x, Unknown) and x.level is level else x for x in operands]
    out = Var(shape_of(ins[0]))
    level.eqns.append(Eqn(name, ins, params, out))
    return Unknown(level, out)


def partial_eval(f, *shapes):
    """The Program of what f computes from unknown arrays of these shapes. f returns a list of arrays."""
    level = Level(record_step)
    inputs = [Var(shape) for shape in shapes]
    outputs = f(*[Unknown(level, var) for var in inputs])
    outputs = [y.var if isinstance(y, Unknown) and y.level is level else y for y in outputs]
    return Program(inputs, level.eqns, outputs)


# %% wrong="newest equation first" says="in order"
def record_step(level, name, operands, params):
    """An operation at a recording level: an Eqn more in level.eqns, and an Unknown."""
    ins = [x.var if isinstance(x, Unknown) and x.level is level else x for x in operands]
    out = Var(SHAPE[name](*ins, **params))
    level.eqns.insert(0, Eqn(name, ins, params, out))
    return Unknown(level, out)


def partial_eval(f, *shapes):
    """The Program of what f computes from unknown arrays of these shapes. f returns a list of arrays."""
    level = Level(record_step)
    inputs = [Var(shape) for shape in shapes]
    outputs = f(*[Unknown(level, var) for var in inputs])
    outputs = [y.var if isinstance(y, Unknown) and y.level is level else y for y in outputs]
    return Program(inputs, level.eqns, outputs)


# %% wrong="params forgotten" says="stopped"
def record_step(level, name, operands, params):
    """An operation at a recording level: an Eqn more in level.eqns, and an Unknown."""
    ins = [x.var if isinstance(x, Unknown) and x.level is level else x for x in operands]
    out = Var(SHAPE[name](*ins, **params))
    level.eqns.append(Eqn(name, ins, {}, out))
    return Unknown(level, out)


def partial_eval(f, *shapes):
    """The Program of what f computes from unknown arrays of these shapes. f returns a list of arrays."""
    level = Level(record_step)
    inputs = [Var(shape) for shape in shapes]
    outputs = f(*[Unknown(level, var) for var in inputs])
    outputs = [y.var if isinstance(y, Unknown) and y.level is level else y for y in outputs]
    return Program(inputs, level.eqns, outputs)


# %% wrong="unknowns as outputs" says="holds its var"
def record_step(level, name, operands, params):
    """An operation at a recording level: an Eqn more in level.eqns, and an Unknown."""
    ins = [x.var if isinstance(x, Unknown) and x.level is level else x for x in operands]
    out = Var(SHAPE[name](*ins, **params))
    level.eqns.append(Eqn(name, ins, params, out))
    return Unknown(level, out)


def partial_eval(f, *shapes):
    """The Program of what f computes from unknown arrays of these shapes. f returns a list of arrays."""
    level = Level(record_step)
    inputs = [Var(shape) for shape in shapes]
    outputs = f(*[Unknown(level, var) for var in inputs])
    return Program(inputs, level.eqns, outputs)


# %% wrong="known outputs dropped" says="values are expected"
def record_step(level, name, operands, params):
    """An operation at a recording level: an Eqn more in level.eqns, and an Unknown."""
    ins = [x.var if isinstance(x, Unknown) and x.level is level else x for x in operands]
    out = Var(SHAPE[name](*ins, **params))
    level.eqns.append(Eqn(name, ins, params, out))
    return Unknown(level, out)


def partial_eval(f, *shapes):
    """The Program of what f computes from unknown arrays of these shapes. f returns a list of arrays."""
    level = Level(record_step)
    inputs = [Var(shape) for shape in shapes]
    outputs = f(*[Unknown(level, var) for var in inputs])
    outputs = [y.var if isinstance(y, Unknown) else None for y in outputs if isinstance(y, Unknown)]
    return Program(inputs, level.eqns, outputs)


# %% wrong="the value rule instead of bind" says="bind" cell="answer-9.4-b"
def evaluate(program, *inputs):
    """The outputs of `program`, a list, for arrays or tracers as inputs."""
    values = dict(zip(program.inputs, inputs))
    look = lambda x: values[x] if isinstance(x, Var) else x
    for eqn in program.eqns:
        values[eqn.out] = VALUE[eqn.name](*map(look, eqn.ins), **eqn.params)
    return [look(y) for y in program.outputs]


# %% wrong="the last value only" says="values are expected" cell="answer-9.4-b"
def evaluate(program, *inputs):
    """The outputs of `program`, a list, for arrays or tracers as inputs."""
    values = dict(zip(program.inputs, inputs))
    look = lambda x: values[x] if isinstance(x, Var) else x
    for eqn in program.eqns:
        values[eqn.out] = bind(eqn.name, *map(look, eqn.ins), **eqn.params)
    return [values[eqn.out]]


# %% wrong="known outputs looked up" says="stopped" cell="answer-9.4-b"
def evaluate(program, *inputs):
    """The outputs of `program`, a list, for arrays or tracers as inputs."""
    values = dict(zip(program.inputs, inputs))
    look = lambda x: values[x] if isinstance(x, Var) else x
    for eqn in program.eqns:
        values[eqn.out] = bind(eqn.name, *map(look, eqn.ins), **eqn.params)
    return [values[y] for y in program.outputs]


# %% wrong="in the order of the formula" says="first two equations" cell="answer-9.4-c"
residual_names = ["sin x", "cos x", "exp x"]


# %% wrong="other words" says="three strings" cell="answer-9.4-c"
residual_names = ["cos", "exp", "sin"]
