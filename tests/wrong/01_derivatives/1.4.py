# %% right="the attribute imag"
def complex_step(f, x, h=1e-20):
    z = f(x + h * 1j)
    return z.imag / h


# %% right="arrays throughout"
def complex_step(f, x, h=1e-20):
    z = np.asarray(x, dtype=complex)
    z = z + complex(0, h)
    return np.asarray(f(z)).imag / h


# %% right="Re as the trap" cell="answer-1.4-b"
def trap(x):
    return np.real(x) ** 3 + x * 0


trap_at = 2


# %% right="conjugation as the trap" cell="answer-1.4-b"
def trap(x):
    return np.conj(x) * 5


trap_at = -0.7


# %% wrong="the real part" says="imaginary"
def complex_step(f, x, h=1e-20):
    return np.real(f(x + 1j * h)) / h


# %% wrong="the whole complex number" says="this is complex"
def complex_step(f, x, h=1e-20):
    return (f(x + 1j * h) - f(x)) / h


# %% wrong="not divided" says="divide"
def complex_step(f, x, h=1e-20):
    return np.imag(f(x + 1j * h))


# %% wrong="a central difference" says="loses digits"
def complex_step(f, x, h=1e-20):
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


# %% wrong="a real step" says="imaginary"
def complex_step(f, x, h=1e-20):
    return np.imag(f(x + h)) / h


# %% wrong="f(x) subtracted from the imaginary part" says="loses digits"
def complex_step(f, x, h=1e-20):
    return (np.imag(f(x + 1j * h)) - f(x)) / h


# %% wrong="walks the other way" says="sign"
def complex_step(f, x, h=1e-20):
    return np.imag(f(x - 1j * h)) / h


# %% wrong="h of its own, too large" says="loses digits"
def complex_step(f, x, h=1e-20):
    return np.imag(f(x + 1e-5j)) / 1e-5


# %% wrong="numbers only" says="stopped"
def complex_step(f, x, h=1e-20):
    return f(complex(x, h)).imag / h


# %% wrong="a trap at a kink" says="left and right" cell="answer-1.4-b"
def trap(x):
    return abs(x)


trap_at = 0.0


# %% wrong="a trap that raises" says="not silent" cell="answer-1.4-b"
def trap(x):
    return max(x, 0.0) ** 2


trap_at = 1.0


# %% wrong="no trap at all" says="no failure" cell="answer-1.4-b"
def trap(x):
    return x**2 + np.sin(x)


trap_at = 1.0


# %% wrong="a trap where the slope is 0 anyway" says="no failure" cell="answer-1.4-b"
def trap(x):
    return abs(x) ** 2


trap_at = 0.0


# %% wrong="complex for real x" says="real and finite" cell="answer-1.4-b"
def trap(x):
    return abs(x) + 1j


trap_at = 1.0
