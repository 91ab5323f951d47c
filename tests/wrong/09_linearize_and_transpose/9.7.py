# %% [markdown]
# Answers to exercise 9.7: pull and transposed.


# %% right="lists of shares, added at the end"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct.setdefault(x, []).append(share)

    def total(x):
        shares = ct[x]
        while len(shares) > 1:
            shares.append(add(shares.pop(0), shares.pop(0)))
        return shares[0]

    for y, share in zip(program.outputs, cotangents):
        give(y, share)
    for eqn in reversed(program.eqns):
        if eqn.out in ct:
            received = total(eqn.out)
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [total(x) if x in ct else np.zeros(x.shape) for x in program.inputs]


# %% right="zeros from the start"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {x: np.zeros(x.shape) for x in [*program.inputs, *(eqn.out for eqn in program.eqns)]}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = add(ct[x], share)

    for y, share in zip(program.outputs, cotangents):
        give(y, share)
    for eqn in reversed(program.eqns):
        if True:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] for x in program.inputs]


# %% wrong="assigned for added" says="added, not assigned"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = share

    for y, share in zip(program.outputs, cotangents):
        give(y, share)
    for eqn in reversed(program.eqns):
        if eqn.out in ct:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] if x in ct else np.zeros(x.shape) for x in program.inputs]


# %% wrong="first equation first" says="last equation"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = add(ct[x], share) if x in ct else share

    for y, share in zip(program.outputs, cotangents):
        give(y, share)
    for eqn in program.eqns:
        if eqn.out in ct:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] if x in ct else np.zeros(x.shape) for x in program.inputs]


# %% wrong="None for an input that nobody reads" says="zeros"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = add(ct[x], share) if x in ct else share

    for y, share in zip(program.outputs, cotangents):
        give(y, share)
    for eqn in reversed(program.eqns):
        if eqn.out in ct:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] if x in ct else None for x in program.inputs]


# %% wrong="KeyError at dead code" says="passed over"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = add(ct[x], share) if x in ct else share

    for y, share in zip(program.outputs, cotangents):
        give(y, share)
    for eqn in reversed(program.eqns):
        if True:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] if x in ct else np.zeros(x.shape) for x in program.inputs]


# %% wrong="the first output only" says="cotangent of its own"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = add(ct[x], share) if x in ct else share

    for y, share in list(zip(program.outputs, cotangents))[:1]:
        give(y, share)
    for eqn in reversed(program.eqns):
        if eqn.out in ct:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] if x in ct else np.zeros(x.shape) for x in program.inputs]


# %% wrong="the first share only" says="added, not assigned"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = ct.get(x, share)

    for y, share in zip(program.outputs, cotangents):
        give(y, share)
    for eqn in reversed(program.eqns):
        if eqn.out in ct:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] if x in ct else np.zeros(x.shape) for x in program.inputs]


# %% wrong="outputs assigned by a dictionary" says="added from the start"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = add(ct[x], share) if x in ct else share

    ct.update((y, share) for y, share in zip(program.outputs, cotangents) if isinstance(y, Var))
    for eqn in reversed(program.eqns):
        if eqn.out in ct:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] if x in ct else np.zeros(x.shape) for x in program.inputs]


# %% wrong="ones for the cotangents" says="From the last"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = add(ct[x], share) if x in ct else share

    for y, share in zip(program.outputs, cotangents):
        give(y, np.ones(shape_of(y)))
    for eqn in reversed(program.eqns):
        if eqn.out in ct:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] if x in ct else np.zeros(x.shape) for x in program.inputs]


# %% wrong="numpy's addition" says="so that tracers work"
def pull(program, *cotangents):
    """The cotangents of the inputs, a list, for one cotangent for each output of a linear program."""
    ct = {}

    def give(x, share):
        if isinstance(x, Var):
            ct[x] = np.add(ct[x], share) if x in ct else share

    for y, share in zip(program.outputs, cotangents):
        give(y, share)
    for eqn in reversed(program.eqns):
        if eqn.out in ct:
            received = ct.pop(eqn.out)  # complete: all who read it come later in the program
            for x, rule in zip(eqn.ins, TRANSPOSE[eqn.name]):
                if isinstance(x, Var):
                    give(x, rule(received, *eqn.ins, **eqn.params))
    return [ct[x] if x in ct else np.zeros(x.shape) for x in program.inputs]


# %% wrong="transposed gives arrays" says="returns a Program" cell="answer-9.7-b"
def transposed(program):
    """The transpose of a linear program, as a Program: cotangents of the outputs in, cotangents of the inputs out."""
    return lambda *cotangents: pull(program, *cotangents)


# %% wrong="the shapes of the inputs" says="transpose" cell="answer-9.7-b"
def transposed(program):
    """The transpose of a linear program, as a Program: cotangents of the outputs in, cotangents of the inputs out."""
    return partial_eval(lambda *cotangents: pull(program, *cotangents), *map(shape_of, program.inputs))
