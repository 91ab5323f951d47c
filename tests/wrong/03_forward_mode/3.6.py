"""Answers to exercise 3.6, levels."""


# %% right="attributes in the place of isinstance" cell="answer-3.6-a"
def parts(x, level):
    return (x.primal, x.tangent) if getattr(x, "level", 0) == level else (x, 0.0)


# %% right="a loop over the arguments, skipping constants" cell="answer-3.6-b"
def apply(name, *args):
    top = 0
    for x in args:
        if isinstance(x, Nested) and x.level > top:
            top = x.level
    function, partials = RULES[name]
    if not top:
        return function(*args)
    primals = [parts(x, top)[0] for x in args]
    slopes, tangent = partials(*primals), 0.0
    for x, slope in zip(args, slopes):
        if isinstance(x, Nested) and x.level == top:
            tangent = tangent + slope * x.tangent
    return Nested(apply(name, *primals), tangent, top)


# %% right="a level of one's own count" cell="answer-3.6-c"
def derivative(f, x):
    level = next(new_level) + 1
    next(new_level)
    _, slope = parts(f(Nested(x, 1.0, level)), level)
    return slope


# %% wrong="parts of any level" says="constant at this level" cell="answer-3.6-a"
def parts(x, level):
    return (x.primal, x.tangent) if isinstance(x, Nested) else (x, 0.0)


# %% wrong="a constant moves at rate 1" says="constant at this level" cell="answer-3.6-a"
def parts(x, level):
    return (x.primal, x.tangent) if isinstance(x, Nested) and x.level == level else (x, 1.0)


# %% wrong="levels below count too" says="constant at this level" cell="answer-3.6-a"
def parts(x, level):
    return (x.primal, x.tangent) if isinstance(x, Nested) and x.level <= level else (x, 0.0)


# %% wrong="levels are ignored: perturbation confusion" says="perturbation confusion" cell="answer-3.6-b"
def apply(name, *args):
    function, partials = RULES[name]
    if not any(isinstance(x, Nested) for x in args):
        return function(*args)
    level = max(x.level for x in args if isinstance(x, Nested))
    primals = [x.primal if isinstance(x, Nested) else x for x in args]
    tangents = [x.tangent if isinstance(x, Nested) else 0.0 for x in args]
    tangent = sum(slope * x_dot for slope, x_dot in zip(partials(*primals), tangents))
    return Nested(apply(name, *primals), tangent, level)


# %% wrong="the lowest level first" says="at the level of y" cell="answer-3.6-b"
def apply(name, *args):
    function, partials = RULES[name]
    level = min((x.level for x in args if isinstance(x, Nested)), default=0)
    if level == 0:
        return function(*args)
    primals, tangents = zip(*(parts(x, level) for x in args))
    tangent = sum(slope * x_dot for slope, x_dot in zip(partials(*primals), tangents))
    return Nested(apply(name, *primals), tangent, level)


# %% wrong="the plain function on lower levels" says="stopped" cell="answer-3.6-b"
def apply(name, *args):
    function, partials = RULES[name]
    level = max((x.level for x in args if isinstance(x, Nested)), default=0)
    if level == 0:
        return function(*args)
    primals, tangents = zip(*(parts(x, level) for x in args))
    tangent = sum(slope * x_dot for slope, x_dot in zip(partials(*primals), tangents))
    return Nested(function(*primals), tangent, level)


# %% wrong="the first argument only" says="adds partial times rate" cell="answer-3.6-b"
def apply(name, *args):
    function, partials = RULES[name]
    level = max((x.level for x in args if isinstance(x, Nested)), default=0)
    if level == 0:
        return function(*args)
    primals, tangents = zip(*(parts(x, level) for x in args))
    return Nested(apply(name, *primals), partials(*primals)[0] * tangents[0], level)


# %% wrong="partials without the rates" says="wrong" cell="answer-3.6-b"
def apply(name, *args):
    function, partials = RULES[name]
    level = max((x.level for x in args if isinstance(x, Nested)), default=0)
    if level == 0:
        return function(*args)
    primals = [parts(x, level)[0] for x in args]
    return Nested(apply(name, *primals), sum(partials(*primals)), level)


# %% wrong="the tangent of whatever level" says="tangent of another level" cell="answer-3.6-c"
def derivative(f, x):
    y = f(Nested(x, 1.0, next(new_level)))
    return y.tangent if isinstance(y, Nested) else 0.0


# %% wrong="one level for all" says="perturbation confusion" cell="answer-3.6-c"
def derivative(f, x):
    return parts(f(Nested(x, 1.0, 1)), 1)[1]


# %% wrong="a result that does not depend on x stops it" says="tangent of another level" cell="answer-3.6-c"
def derivative(f, x):
    return f(Nested(x, 1.0, next(new_level))).tangent


# %% wrong="the seed is x" says="without nesting" cell="answer-3.6-c"
def derivative(f, x):
    level = next(new_level)
    return parts(f(Nested(x, x, level)), level)[1]


# %% wrong="levels in falling order" says="level" cell="answer-3.6-c"
def derivative(f, x):
    level = 1_000_000 - next(new_level)
    return parts(f(Nested(x, 1.0, level)), level)[1]

# %% wrong="partials of the arguments as they are" cell="answer-3.6-b" says="without end"
def apply(name, *args):
    function, partials = RULES[name]
    levels = [x.level for x in args if isinstance(x, Nested)]
    if not levels:
        return function(*args)
    primals, tangents = zip(*(parts(x, max(levels)) for x in args))
    tangent = sum(p * t for p, t in zip(partials(*args), tangents))
    return Nested(apply(name, *primals), tangent, max(levels))
