# %% right="all four agree with the first"
def one_sided(f, x, h):
    left, right = (f(x - h) - f(x)) / -h, (f(x + h) - f(x)) / h
    return left, right


def differentiable(f, x):
    slopes = [slope for h in (1e-4, 1e-6) for slope in one_sided(f, x, h)]
    gap = max(abs(a - b) for a in slopes for b in slopes)
    return gap <= 1e-3 * (1 + abs(slopes[1]))


# %% right="numpy"
def one_sided(f, x, h):
    values = np.array([f(x + k * h) for k in (-1, 0, 1)], dtype=float)
    return (np.diff(values) / h).tolist()


def differentiable(f, x):
    slopes = np.concatenate([one_sided(f, x, 1e-4), one_sided(f, x, 1e-6)])
    return bool(np.ptp(slopes) <= 1e-3 * (1 + abs(slopes[3])))


# %% right="half of x plus its modulus" cell="answer-1.6-b"
def relu_again(x):
    return (x + x.abs()) / 2


# %% right="a comparison that counts 0 in" cell="answer-1.6-b"
def relu_again(x):
    return torch.where(x >= 0, x, 0.0)


# %% wrong="exchanged" says="exchanged"
def one_sided(f, x, h):
    return [(f(x + h) - f(x)) / h, (f(x) - f(x - h)) / h]


def differentiable(f, x):
    slopes = one_sided(f, x, 1e-4) + one_sided(f, x, 1e-6)
    return bool(max(slopes) - min(slopes) <= 1e-3 * (1 + abs(slopes[2])))


# %% wrong="sign of the left slope" says="wrong sign"
def one_sided(f, x, h):
    return [(f(x - h) - f(x)) / h, (f(x + h) - f(x)) / h]


def differentiable(f, x):
    slopes = one_sided(f, x, 1e-4) + one_sided(f, x, 1e-6)
    return bool(max(slopes) - min(slopes) <= 1e-3 * (1 + abs(slopes[3])))


# %% wrong="a step of its own" says="from x - h to x"
def one_sided(f, x, h):
    h = 1e-6
    return [(f(x) - f(x - h)) / h, (f(x + h) - f(x)) / h]


def differentiable(f, x):
    slopes = [(f(x + s) - f(x)) / s for s in (-1e-4, 1e-4, -1e-6, 1e-6)]
    return bool(max(slopes) - min(slopes) <= 1e-3 * (1 + abs(slopes[3])))


# %% wrong="one step only" says="grow"
def one_sided(f, x, h):
    return [(f(x) - f(x - h)) / h, (f(x + h) - f(x)) / h]


def differentiable(f, x):
    left, right = one_sided(f, x, 1e-6)
    return bool(abs(left - right) <= 1e-3 * (1 + abs(right)))


# %% wrong="slopes compared exactly" says="rounding"
def one_sided(f, x, h):
    return [(f(x) - f(x - h)) / h, (f(x + h) - f(x)) / h]


def differentiable(f, x):
    slopes = one_sided(f, x, 1e-4) + one_sided(f, x, 1e-6)
    return max(slopes) == min(slopes)


# %% wrong="always True" says="|x|"
def one_sided(f, x, h):
    return [(f(x) - f(x - h)) / h, (f(x + h) - f(x)) / h]


def differentiable(f, x):
    return True


# %% wrong="always False" says="|x|"
def one_sided(f, x, h):
    return [(f(x) - f(x - h)) / h, (f(x + h) - f(x)) / h]


def differentiable(f, x):
    return False


# %% wrong="continuity in place of differentiability" says="|x|"
def one_sided(f, x, h):
    return [(f(x) - f(x - h)) / h, (f(x + h) - f(x)) / h]


def differentiable(f, x):
    return abs(f(x + 1e-6) - f(x - 1e-6)) < 1e-3


# %% wrong="relu itself" says="gives 0" cell="answer-1.6-b"
def relu_again(x):
    return torch.relu(x)


# %% wrong="where, 0 counted out" says="gives 0" cell="answer-1.6-b"
def relu_again(x):
    return torch.where(x > 0, x, 0.0)


# %% wrong="softplus" says="relu's values" cell="answer-1.6-b"
def relu_again(x):
    return torch.nn.functional.softplus(x, beta=50)


# %% wrong="sign error" says="relu's values" cell="answer-1.6-b"
def relu_again(x):
    return torch.relu(-x) - x


# %% wrong="values right, slopes cut off" says="slopes" cell="answer-1.6-b"
def relu_again(x):
    return torch.relu(x).detach() + 0 * x
