# %% right="the run computed from the two points"
def secant_slope(f, x, h):
    left, right = x, x + h
    return (f(right) - f(left)) / (right - left)


# %% right="the secant taken from the other end"
def secant_slope(f, x, h):
    return (f(x) - f(x + h)) / -h


# %% right="in torch"
def secant_slope(f, x, h):
    rise = torch.tensor(f(x + h), dtype=torch.float64) - f(x)
    return rise / h


# %% right="the limit estimated with a tiny step" cell="answer-1.1-b"
speed_at_2 = (position(2 + 1e-6) - position(2)) / 1e-6


# %% wrong="a missing bracket" says="bracket"
def secant_slope(f, x, h):
    return f(x + h) - f(x) / h


# %% wrong="the rise alone" says="divide it by the run"
def secant_slope(f, x, h):
    return f(x + h) - f(x)


# %% wrong="the sign turned round" says="sign"
def secant_slope(f, x, h):
    return (f(x) - f(x + h)) / h


# %% wrong="a central secant" says="from x - h"
def secant_slope(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


# %% wrong="the tangent in place of the secant" says="tangent"
def secant_slope(f, x, h):
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6


# %% wrong="absolute value of h" says="negative"
def secant_slope(f, x, h):
    return (f(x + h) - f(x)) / abs(h)


# %% wrong="divided by x + h" says="not x + h"
def secant_slope(f, x, h):
    return (f(x + h) - f(x)) / (x + h)


# %% wrong="zero"
def secant_slope(f, x, h):
    return 0.0


# %% wrong="a row of the table for the limit" says="average" cell="answer-1.1-b"
speed_at_2 = 17.997

# %% wrong="the position for the speed" says="position" cell="answer-1.1-b"
speed_at_2 = 48
