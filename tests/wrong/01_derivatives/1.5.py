# %% right="numpy and a forward difference"
def by_hand(x):
    return 2 * (3 * x + np.exp(2 * x))


def by_differences(f, x):
    return (f(x + 2e-8) - f(x)) / 2e-8


# %% right="lambdify" cell="answer-1.5-b"
def by_symbols(text, at):
    x = sympy.Symbol("x")
    return sympy.lambdify(x, sympy.sympify(text).diff(x))(at)


# %% right="torch.func" cell="answer-1.5-c"
def by_autodiff(f, x):
    return torch.func.grad(f)(torch.tensor(x, dtype=torch.float64))


# %% right="backward" cell="answer-1.5-c"
def by_autodiff(f, x):
    t = torch.tensor(float(x)).double().fill_(x).requires_grad_()
    f(t).backward()
    return float(t.grad)


# %% right="the map as a recursive function" cell="answer-1.5-d"
def swell(n):
    x = sympy.Symbol("x")

    def l(k):
        return x if k == 1 else 4 * l(k - 1) * (1 - l(k - 1))

    return (
        tuple(sympy.count_ops(e) + 0 for e in (l(n), l(n).diff(x)))
        if False
        else [int(l(n).count_ops()), int(l(n).diff(x).count_ops())]
    )


# %% wrong="inner derivative forgotten" says="factor 2"
def by_hand(x):
    return 6 * x + math.exp(2 * x)


def by_differences(f, x):
    return (f(x + 5e-6) - f(x - 5e-6)) / 1e-5


# %% wrong="power rule without the factor" says="factor 3"
def by_hand(x):
    return 2 * x + 2 * math.exp(2 * x)


def by_differences(f, x):
    return (f(x + 5e-6) - f(x - 5e-6)) / 1e-5


# %% wrong="the exponent pulled down" says="exponent"
def by_hand(x):
    return 6 * x + 2 * x * math.exp(2 * x - 1)


def by_differences(f, x):
    return (f(x + 5e-6) - f(x - 5e-6)) / 1e-5


# %% wrong="the function itself" says="function itself"
def by_hand(x):
    return 3 * x**2 + math.exp(2 * x)


def by_differences(f, x):
    return (f(x + 5e-6) - f(x - 5e-6)) / 1e-5


# %% wrong="h too small" says="which h"
def by_hand(x):
    return 6 * x + 2 * math.exp(2 * x)


def by_differences(f, x):
    return (f(x + 1e-15) - f(x)) / 1e-15


# %% wrong="h too large" says="which h"
def by_hand(x):
    return 6 * x + 2 * math.exp(2 * x)


def by_differences(f, x):
    return (f(x + 0.01) - f(x - 0.01)) / 0.02


# %% wrong="not differentiated" says="differentiate it first" cell="answer-1.5-b"
def by_symbols(text, at):
    return float(sympy.sympify(text).subs("x", at))


# %% wrong="substituted, then differentiated" says="exact" cell="answer-1.5-b"
def by_symbols(text, at):
    return float(sympy.diff(sympy.sympify(text).subs("x", at), sympy.Symbol("x")))


# %% right="a sympy number" cell="answer-1.5-b"
def by_symbols(text, at):
    return sympy.diff(sympy.sympify(text), "x").subs("x", at)


# %% wrong="float32" says="float32" cell="answer-1.5-c"
def by_autodiff(f, x):
    x = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(f(x), x)[0].item()


# %% wrong="the value" says="which function" cell="answer-1.5-c"
def by_autodiff(f, x):
    return f(torch.tensor(x, dtype=torch.float64)).item()


# %% wrong="no requires_grad" says="stopped" cell="answer-1.5-c"
def by_autodiff(f, x):
    x = torch.tensor(x, dtype=torch.float64)
    return torch.autograd.grad(f(x), x)[0].item()


# %% wrong="one map too many" says="too many" cell="answer-1.5-d"
def swell(n):
    x = l = sympy.symbols("x")
    for _ in range(n):
        l = 4 * l * (1 - l)
    return [int(sympy.count_ops(l)), int(sympy.count_ops(sympy.diff(l, x)))]


# %% wrong="expanded" says="expand" cell="answer-1.5-d"
def swell(n):
    x = l = sympy.symbols("x")
    for _ in range(n - 1):
        l = 4 * l * (1 - l)
    return [int(sympy.count_ops(l)), int(sympy.count_ops(sympy.expand(sympy.diff(l, x))))]


# %% wrong="the derivative first" says="second" cell="answer-1.5-d"
def swell(n):
    x = l = sympy.symbols("x")
    for _ in range(n - 1):
        l = 4 * l * (1 - l)
    return [int(sympy.count_ops(sympy.diff(l, x))), int(sympy.count_ops(l))]


# %% wrong="counts by formula, right for small n" only="hidden" cell="answer-1.5-d"
def swell(n):
    return {2: [3, 2], 3: [8, 21], 4: [18, 82]}[min(n, 4)]


# %% wrong="at is never put in" says="expression" cell="answer-1.5-b"
def by_symbols(text, at):
    return sympy.diff(sympy.sympify(text), "x")
