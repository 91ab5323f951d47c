# %% right="a tuple, backward into .grad"
def projected(f, x, u, v, h=1e-5):
    leaf = x.detach().clone()
    leaf.requires_grad = True
    (u * f(leaf)).sum().backward()
    up, down = f(x + h * v).detach(), f(x - h * v).detach()
    return float((u * (up - down)).sum() / (2 * h)), float((leaf.grad * v).sum())


# %% right="allclose of numpy" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    g = torch.Generator().manual_seed(seed)
    for _ in range(3):
        u = torch.randn(f(x).shape, generator=g, dtype=x.dtype)
        v = torch.randn(x.shape, generator=g, dtype=x.dtype)
        a, b = projected(f, x, u, v)
        if not np.isclose(a, b, rtol=1e-5, atol=0):
            return False
    return True


# %% right="signs as directions, five trials" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    g = torch.Generator().manual_seed(seed)
    for _ in range(5):
        u = torch.randint(2, f(x).shape, generator=g).double() * 2 - 1 + 0.1 * torch.rand(f(x).shape, generator=g, dtype=x.dtype)
        v = torch.randn(x.shape, generator=g, dtype=x.dtype)
        a, b = projected(f, x, u, v)
        if abs(a - b) > 1e-6 * max(abs(a), abs(b)):
            return False
    return True


# %% wrong="forward difference" says="forward difference"
def projected(f, x, u, v, h=1e-5):
    leaf = x.detach().clone().requires_grad_()
    (dx,) = torch.autograd.grad((f(leaf) * u).sum(), leaf)
    with torch.no_grad():
        differences = ((f(x + h * v) - f(x)) * u).sum().item() / h
    return [differences, (dx * v).sum().item()]


# %% wrong="divided by h" says="2h"
def projected(f, x, u, v, h=1e-5):
    leaf = x.detach().clone().requires_grad_()
    (dx,) = torch.autograd.grad((f(leaf) * u).sum(), leaf)
    with torch.no_grad():
        differences = ((f(x + h * v) - f(x - h * v)) * u).sum().item() / h
    return [differences, (dx * v).sum().item()]


# %% wrong="exchanged" says="exchanged"
def projected(f, x, u, v, h=1e-5):
    leaf = x.detach().clone().requires_grad_()
    (dx,) = torch.autograd.grad((f(leaf) * u).sum(), leaf)
    with torch.no_grad():
        differences = ((f(x + h * v) - f(x - h * v)) * u).sum().item() / (2 * h)
    return [(dx * v).sum().item(), differences]


# %% wrong="u forgotten on the left" says="product with u"
def projected(f, x, u, v, h=1e-5):
    leaf = x.detach().clone().requires_grad_()
    (dx,) = torch.autograd.grad((f(leaf) * u).sum(), leaf)
    with torch.no_grad():
        differences = (f(x + h * v) - f(x - h * v)).sum().item() / (2 * h)
    return [differences, (dx * v).sum().item()]


# %% wrong="v forgotten on the right" says="v is missing"
def projected(f, x, u, v, h=1e-5):
    leaf = x.detach().clone().requires_grad_()
    (dx,) = torch.autograd.grad((f(leaf) * u).sum(), leaf)
    with torch.no_grad():
        differences = ((f(x + h * v) - f(x - h * v)) * u).sum().item() / (2 * h)
    return [differences, dx.sum().item()]


# %% wrong="differences twice" says="by your own backward"
def projected(f, x, u, v, h=1e-5):
    leaf = x.detach().clone().requires_grad_()
    (dx,) = torch.autograd.grad((f(leaf) * u).sum(), leaf)
    with torch.no_grad():
        differences = ((f(x + h * v) - f(x - h * v)) * u).sum().item() / (2 * h)
    return [differences, differences]


# %% wrong="gradcheck's tolerance" says="too loose" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    g = torch.Generator().manual_seed(seed)
    for _ in range(3):
        u = torch.randn(f(x).shape, generator=g, dtype=x.dtype)
        v = torch.randn(x.shape, generator=g, dtype=x.dtype)
        a, b = projected(f, x, u, v)
        if abs(a - b) > 1e-3 * abs(a) + 1e-5:
            return False
    return True


# %% wrong="an absolute tolerance" says="relative" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    g = torch.Generator().manual_seed(seed)
    for _ in range(3):
        u = torch.randn(f(x).shape, generator=g, dtype=x.dtype)
        v = torch.randn(x.shape, generator=g, dtype=x.dtype)
        a, b = projected(f, x, u, v)
        if abs(a - b) > 1e-5:
            return False
    return True


# %% wrong="u of ones" says="random" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    g = torch.Generator().manual_seed(seed)
    for _ in range(3):
        u = torch.ones_like(f(x))
        v = torch.randn(x.shape, generator=g, dtype=x.dtype)
        a, b = projected(f, x, u, v)
        if abs(a - b) > 1e-6 * max(abs(a), abs(b)):
            return False
    return True


# %% wrong="signs dropped" says="sign" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    g = torch.Generator().manual_seed(seed)
    for _ in range(3):
        u = torch.randn(f(x).shape, generator=g, dtype=x.dtype)
        v = torch.randn(x.shape, generator=g, dtype=x.dtype)
        a, b = projected(f, x, u, v)
        if abs(abs(a) - abs(b)) > 1e-6 * max(abs(a), abs(b)):
            return False
    return True


# %% wrong="v along the first axis only" says="entry is never looked at" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    g = torch.Generator().manual_seed(seed)
    for _ in range(3):
        u = torch.randn(f(x).shape, generator=g, dtype=x.dtype)
        v = torch.zeros_like(x)
        v.view(-1)[0] = 1.0
        a, b = projected(f, x, u, v)
        if abs(a - b) > 1e-6 * max(abs(a), abs(b)):
            return False
    return True


# %% wrong="tolerance of zero" says="right function" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    g = torch.Generator().manual_seed(seed)
    for _ in range(3):
        u = torch.randn(f(x).shape, generator=g, dtype=x.dtype)
        v = torch.randn(x.shape, generator=g, dtype=x.dtype)
        a, b = projected(f, x, u, v)
        if a != b:
            return False
    return True


# %% wrong="always True" says="too loose" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    return True


# %% wrong="always False" says="right function" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    return False


# %% wrong="float32 accepted" says="float64" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    g = torch.Generator().manual_seed(seed)
    for _ in range(3):
        u = torch.randn(f(x).shape, generator=g, dtype=x.dtype)
        v = torch.randn(x.shape, generator=g, dtype=x.dtype)
        a, b = projected(f, x, u, v)
        if abs(a - b) > 1e-6 * max(abs(a), abs(b)):
            return False
    return True


# %% wrong="turned round" says="right function" cell="answer-7.9-b"
def my_gradcheck(f, x, seed=0):
    if x.dtype != torch.float64:
        raise ValueError('float64')
    g = torch.Generator().manual_seed(seed)
    for _ in range(3):
        u = torch.randn(f(x).shape, generator=g, dtype=x.dtype)
        v = torch.randn(x.shape, generator=g, dtype=x.dtype)
        a, b = projected(f, x, u, v)
        if abs(a - b) <= 1e-6 * max(abs(a), abs(b)):
            return False
    return True
