"""Answers to exercise 3.7, second derivatives by nesting."""


# %% right="a named first derivative" cell="answer-3.7-a"
def second_derivative(f, x):
    def slope(s):
        return derivative(f, s)

    return derivative(slope, x)


# %% right="two displacements of one function" cell="answer-3.7-a"
def second_derivative(f, x):
    return derivative(lambda s: derivative(lambda t: f(x + s + t), 0.0), 0.0)


# %% right="the whole Hessian, then its product" cell="answer-3.7-b"
def hvp(f, x, v):
    n = len(x)

    def entry(i, j):
        def g(s, t):
            return f([x[k] + (s if k == i else 0.0) + (t if k == j else 0.0) for k in range(n)])

        return derivative(lambda s: derivative(lambda t: g(s, t), 0.0), 0.0)

    return [float(sum(entry(i, j) * v[j] for j in range(n))) for i in range(n)]


# %% right="the direction outside, the unit vector inside" cell="answer-3.7-b"
def hvp(f, x, v):
    answer = []
    for i in range(len(x)):
        unit = [0.0] * len(x)
        unit[i] = 1.0
        answer.append(
            derivative(
                lambda t: derivative(lambda s: f([a + t * b + s * c for a, b, c in zip(x, v, unit)]), 0.0), 0.0
            )
        )
    return answer


# %% wrong="the first derivative" says="first derivative" cell="answer-3.7-a"
def second_derivative(f, x):
    return derivative(f, x)


# %% wrong="the first derivative squared" says="differentiate the derivative" cell="answer-3.7-a"
def second_derivative(f, x):
    return derivative(f, x) * derivative(f, x)


# %% wrong="half of it" says="factor 2" cell="answer-3.7-a"
def second_derivative(f, x):
    return derivative(lambda s: derivative(f, s), x) / 2


# %% wrong="the inner derivative at the outer point" says="differentiate the derivative" cell="answer-3.7-a"
def second_derivative(f, x):
    return derivative(lambda s: derivative(f, x), x)


# %% wrong="the gradient" says="gradient" cell="answer-3.7-b"
def hvp(f, x, v):
    return [derivative(lambda s: f([x[j] + s * float(i == j) for j in range(len(x))]), 0.0) for i in range(len(x))]


# %% wrong="the diagonal times v" says="mixed derivatives" cell="answer-3.7-b"
def hvp(f, x, v):
    def along(i, s):
        return f([x[j] + s * float(i == j) for j in range(len(x))])

    return [
        v[i] * derivative(lambda s: derivative(lambda t: along(i, s + t), 0.0), 0.0) for i in range(len(x))
    ]


# %% wrong="ones for v" says="v is not used" cell="answer-3.7-b"
def hvp(f, x, v):
    def moved(i, s, t):
        return f([x[j] + s * float(i == j) + t for j in range(len(x))])

    return [derivative(lambda s: derivative(lambda t: moved(i, s, t), 0.0), 0.0) for i in range(len(x))]


# %% wrong="late binding: every entry is the last" says="entry i" cell="answer-3.7-b"
def hvp(f, x, v):
    entries = []
    for i in range(len(x)):
        entries.append(
            lambda s: derivative(lambda t: f([x[j] + s * float(i == j) + t * v[j] for j in range(len(x))]), 0.0)
        )
    return [derivative(entry, 0.0) for entry in entries]


# %% wrong="a single number, v\u00b7Hv" says="wrong" cell="answer-3.7-b"
def hvp(f, x, v):
    def along(t):
        return f([a + t * b for a, b in zip(x, v)])

    return derivative(lambda s: derivative(along, s), 0.0)


# %% wrong="the derivative along v, not yet by entries" says="numbers are expected" cell="answer-3.7-b"
def hvp(f, x, v):
    return [derivative(lambda t: f([a + t * b for a, b in zip(x, v)]), 0.0)]
