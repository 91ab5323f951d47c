# %% right="autograd for the partials"
def linearise(program, inputs):
    values, graph = dict(inputs), {name: {} for name in inputs}
    for target, operation, *operands in program:
        numbers = [values.get(o, o) for o in operands]
        values[target] = RULES[operation][0](*numbers)
        graph[target] = {}
        for o, p in zip(operands, RULES[operation][1](*numbers)):
            if o in graph:
                graph[o].setdefault(target, 0.0)
                graph[o][target] += p
    return graph


# %% right="edges first, then a dictionary"
def linearise(program, inputs):
    values, edges = dict(inputs), []
    for target, operation, *operands in program:
        f, df = RULES[operation]
        args = [o if isinstance(o, (int, float)) else values[o] for o in operands]
        values[target] = f(*args)
        edges += [(o, target, p) for o, p in zip(operands, df(*args)) if not isinstance(o, (int, float))]
    graph = {v: {} for v in values}
    for u, v, p in edges:
        graph[u][v] = graph[u].get(v, 0.0) + p
    return graph


# %% right="sums in another order" cell="answer-8.2-b"
forward_count, reverse_count = 8, 6


# %% wrong="= for +=" says="add up"
def linearise(program, inputs):
    values, graph = dict(inputs), {name: {} for name in inputs}
    for target, operation, *operands in program:
        numbers = [values[o] if isinstance(o, str) else o for o in operands]
        values[target], graph[target] = RULES[operation][0](*numbers), {}
        for o, p in zip(operands, RULES[operation][1](*numbers)):
            if isinstance(o, str):
                graph[o][target] = p
    return graph


# %% wrong="numbers become vertices" says="a number is no vertex"
def linearise(program, inputs):
    values, graph = dict(inputs), {name: {} for name in inputs}
    for target, operation, *operands in program:
        numbers = [values[o] if isinstance(o, str) else o for o in operands]
        values[target], graph[target] = RULES[operation][0](*numbers), {}
        for o, p in zip(operands, RULES[operation][1](*numbers)):
            into = graph.setdefault(str(o), {})
            into[target] = into.get(target, 0.0) + p
    return graph


# %% wrong="edges point backwards" says="backwards"
def linearise(program, inputs):
    values, graph = dict(inputs), {name: {} for name in inputs}
    for target, operation, *operands in program:
        numbers = [values[o] if isinstance(o, str) else o for o in operands]
        values[target], graph[target] = RULES[operation][0](*numbers), {}
        for o, p in zip(operands, RULES[operation][1](*numbers)):
            if isinstance(o, str):
                graph[target][o] = graph[target].get(o, 0.0) + p
    return graph


# %% wrong="outputs are no keys" says="every vertex"
def linearise(program, inputs):
    values, graph = dict(inputs), {}
    for target, operation, *operands in program:
        numbers = [values[o] if isinstance(o, str) else o for o in operands]
        values[target] = RULES[operation][0](*numbers)
        for o, p in zip(operands, RULES[operation][1](*numbers)):
            if isinstance(o, str):
                into = graph.setdefault(o, {})
                into[target] = into.get(target, 0.0) + p
    return graph


# %% wrong="partials in the wrong order" says="operand i"
def linearise(program, inputs):
    values, graph = dict(inputs), {name: {} for name in inputs}
    for target, operation, *operands in program:
        numbers = [values[o] if isinstance(o, str) else o for o in operands]
        values[target], graph[target] = RULES[operation][0](*numbers), {}
        for o, p in zip(operands, reversed(RULES[operation][1](*numbers))):
            if isinstance(o, str):
                graph[o][target] = graph[o].get(target, 0.0) + p
    return graph


# %% wrong="values on the edges" says="partial at"
def linearise(program, inputs):
    values, graph = dict(inputs), {name: {} for name in inputs}
    for target, operation, *operands in program:
        numbers = [values[o] if isinstance(o, str) else o for o in operands]
        values[target], graph[target] = RULES[operation][0](*numbers), {}
        for o in operands:
            if isinstance(o, str):
                graph[o][target] = values[target]
    return graph


# %% wrong="numbers looked up as names" says="stopped"
def linearise(program, inputs):
    values, graph = dict(inputs), {name: {} for name in inputs}
    for target, operation, *operands in program:
        numbers = [values[o] for o in operands]
        values[target], graph[target] = RULES[operation][0](*numbers), {}
        for o, p in zip(operands, RULES[operation][1](*numbers)):
            graph[o][target] = graph[o].get(target, 0.0) + p
    return graph


# %% wrong="counts exchanged" says="w first" cell="answer-8.2-b"
forward_count, reverse_count = 6, 8


# %% wrong="degrees at the start" says="at the start" cell="answer-8.2-b"
forward_count = reverse_count = 2 * 2 + 1 * 2


# %% wrong="degrees added" says="times outgoing" cell="answer-8.2-b"
forward_count, reverse_count = 4 + 4, 3 + 4


# %% wrong="numbers looked up as names" says="has no vertex"
def linearise(program, inputs):
    values, graph = dict(inputs), {name: {} for name in inputs}
    for target, operation, *operands in program:
        numbers = [values[o] for o in operands]
        value, partials = RULES[operation]
        values[target], graph[target] = value(*numbers), {}
        for o, partial in zip(operands, partials(*numbers)):
            graph[o][target] = graph[o].get(target, 0.0) + partial
    return graph
