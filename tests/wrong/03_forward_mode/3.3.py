"""Answers to exercise 3.3, the rule table."""

# %% right="a dictionary at once, derivatives at the input"
DERIVATIVES.update(
    exp=lambda x, y: np.exp(x),
    log=lambda x, y: x**-1.0,
    sin=lambda x, y: np.cos(x),
    cos=lambda x, y: -np.sin(x),
    tanh=lambda x, y: 1 / np.cosh(x) ** 2,
    sqrt=lambda x, y: 0.5 * x**-0.5,
    relu=lambda x, y: np.where(np.asarray(x) > 0, 1.0, 0.0),
)


# %% right="the case of a Dual first, looked up when called" cell="answer-3.3-b"
def elementary(name):
    def call(x):
        if isinstance(x, Dual):
            value = FUNCTIONS[name](x.primal)
            return Dual(value, x.tangent * DERIVATIVES[name](x.primal, value))
        return FUNCTIONS[name](x)

    return call


# %% right="plain numbers lifted and taken out again" cell="answer-3.3-b"
def elementary(name):
    f, df = FUNCTIONS[name], DERIVATIVES[name]

    def call(x):
        d = lift(x)
        y = Dual(f(d.primal), df(d.primal, f(d.primal)) * d.tangent)
        return y if isinstance(x, Dual) else y.primal

    return call


# %% wrong="the power rule for exp" says="power rule"
DERIVATIVES.update(exp=lambda x, y: x * np.exp(x - 1), log=lambda x, y: 1 / x, sin=lambda x, y: np.cos(x))
DERIVATIVES.update(cos=lambda x, y: -np.sin(x), tanh=lambda x, y: 1 - y * y, sqrt=lambda x, y: 0.5 / y)
DERIVATIVES["relu"] = lambda x, y: (x > 0) * 1.0

# %% wrong="log at the output" says="1/y"
DERIVATIVES.update(exp=lambda x, y: y, log=lambda x, y: 1 / y, sin=lambda x, y: np.cos(x))
DERIVATIVES.update(cos=lambda x, y: -np.sin(x), tanh=lambda x, y: 1 - y * y, sqrt=lambda x, y: 0.5 / y)
DERIVATIVES["relu"] = lambda x, y: (x > 0) * 1.0

# %% wrong="cos without its sign" says="sign"
DERIVATIVES.update(exp=lambda x, y: y, log=lambda x, y: 1 / x, sin=lambda x, y: np.cos(x))
DERIVATIVES.update(cos=lambda x, y: np.sin(x), tanh=lambda x, y: 1 - y * y, sqrt=lambda x, y: 0.5 / y)
DERIVATIVES["relu"] = lambda x, y: (x > 0) * 1.0

# %% wrong="tanh at the input" says="1 - x\u00b2"
DERIVATIVES.update(exp=lambda x, y: y, log=lambda x, y: 1 / x, sin=lambda x, y: np.cos(x))
DERIVATIVES.update(cos=lambda x, y: -np.sin(x), tanh=lambda x, y: 1 - x * x, sqrt=lambda x, y: 0.5 / y)
DERIVATIVES["relu"] = lambda x, y: (x > 0) * 1.0

# %% wrong="sqrt without the half" says="factor 1/2"
DERIVATIVES.update(exp=lambda x, y: y, log=lambda x, y: 1 / x, sin=lambda x, y: np.cos(x))
DERIVATIVES.update(cos=lambda x, y: -np.sin(x), tanh=lambda x, y: 1 - y * y, sqrt=lambda x, y: 1 / y)
DERIVATIVES["relu"] = lambda x, y: (x > 0) * 1.0

# %% wrong="sqrt divides by the input" says="input x"
DERIVATIVES.update(exp=lambda x, y: y, log=lambda x, y: 1 / x, sin=lambda x, y: np.cos(x))
DERIVATIVES.update(cos=lambda x, y: -np.sin(x), tanh=lambda x, y: 1 - y * y, sqrt=lambda x, y: 0.5 / x)
DERIVATIVES["relu"] = lambda x, y: (x > 0) * 1.0

# %% wrong="relu with slope 1 at 0" says="slope 0"
DERIVATIVES.update(exp=lambda x, y: y, log=lambda x, y: 1 / x, sin=lambda x, y: np.cos(x))
DERIVATIVES.update(cos=lambda x, y: -np.sin(x), tanh=lambda x, y: 1 - y * y, sqrt=lambda x, y: 0.5 / y)
DERIVATIVES["relu"] = lambda x, y: (x >= 0) * 1.0

# %% wrong="relu by a branch that sees numbers only" says="stopped"
DERIVATIVES.update(exp=lambda x, y: y, log=lambda x, y: 1 / x, sin=lambda x, y: np.cos(x))
DERIVATIVES.update(cos=lambda x, y: -np.sin(x), tanh=lambda x, y: 1 - y * y, sqrt=lambda x, y: 0.5 / y)
DERIVATIVES["relu"] = lambda x, y: 1.0 if x > 0 else 0.0


# %% wrong="the rate is forgotten" says="factor \u1e8b" cell="answer-3.3-b"
def elementary(name):
    def call(x):
        if not isinstance(x, Dual):
            return FUNCTIONS[name](x)
        y = FUNCTIONS[name](x.primal)
        return Dual(y, DERIVATIVES[name](x.primal, y))

    return call


# %% wrong="plain numbers come back as Duals" says="Dual" cell="answer-3.3-b"
def elementary(name):
    def call(x):
        x = lift(x)
        y = FUNCTIONS[name](x.primal)
        return Dual(y, DERIVATIVES[name](x.primal, y) * x.tangent)

    return call


# %% wrong="the function applied to the tangent" says="times \u1e8b" cell="answer-3.3-b"
def elementary(name):
    def call(x):
        if not isinstance(x, Dual):
            return FUNCTIONS[name](x)
        return Dual(FUNCTIONS[name](x.primal), FUNCTIONS[name](np.abs(x.tangent)))

    return call


# %% wrong="the table is not read" says="DERIVATIVES" cell="answer-3.3-b"
def elementary(name):
    slopes = dict(DERIVATIVES)
    slopes.setdefault("square", lambda x, y: x)

    def call(x):
        if not isinstance(x, Dual):
            return FUNCTIONS[name](x)
        y = FUNCTIONS[name](x.primal)
        return Dual(y, slopes[name](x.primal, y) * x.tangent if name != "square" else x.tangent)

    return call

# %% wrong="no way for plain arrays" cell="answer-3.3-b" says="return the plain result"
def elementary(name):
    def function(x):
        y = FUNCTIONS[name](x.primal)
        return Dual(y, DERIVATIVES[name](x.primal, y) * x.tangent)

    return function
