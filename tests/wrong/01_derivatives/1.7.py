# %% right="by torch"
def hill_gradient(p):
    return torch.func.grad(hill)(p)


# %% right="numbers in a tensor"
def hill_gradient(p):
    x, y = p.tolist()
    return torch.tensor([2 * x * y, x * x + math.cos(y)], dtype=torch.float64)


# %% right="a loop that keeps the best" cell="answer-1.7-b"
def steepest(f, p, r):
    best, highest = None, -math.inf
    for k in range(360):
        d = torch.tensor([math.cos(k * math.pi / 180), math.sin(k * math.pi / 180)], dtype=torch.float64)
        if (height := float(f(p + r * d))) > highest:
            best, highest = d, height
    return best


# %% right="all at once" cell="answer-1.7-b"
def steepest(f, p, r):
    k = torch.arange(360, dtype=torch.float64) * torch.pi / 180
    d = torch.stack([torch.cos(k), torch.sin(k)], dim=-1)
    return d[f(p + r * d).argmax()]


# %% right="the other way round" cell="answer-1.7-c"
def level_direction(g):
    d = torch.tensor([float(g[1]), -float(g[0])], dtype=torch.float64)
    return d / torch.linalg.vector_norm(d)


# %% wrong="entries exchanged" says="exchanged"
def hill_gradient(p):
    x, y = p
    return torch.stack([x**2 + torch.cos(y), 2 * x * y])


# %% wrong="cos in both" says="constant"
def hill_gradient(p):
    x, y = p
    return torch.stack([2 * x * y + torch.cos(y), x**2 + torch.cos(y)])


# %% wrong="minus cos" says="+cos"
def hill_gradient(p):
    x, y = p
    return torch.stack([2 * x * y, x**2 - torch.cos(y)])


# %% wrong="sin left as it is" says="cos(y)"
def hill_gradient(p):
    x, y = p
    return torch.stack([2 * x * y, x**2 + torch.sin(y)])


# %% wrong="the sum of the partials" says="two entries"
def hill_gradient(p):
    x, y = p
    return 2 * x * y + x**2 + torch.cos(y)


# %% wrong="steepest descent" says="descent" cell="answer-1.7-b"
def steepest(f, p, r):
    k = torch.deg2rad(torch.arange(360.0))
    d = torch.stack([k.cos(), k.sin()], 1)
    return d[torch.tensor([float(f(p + r * v)) for v in d]).argmin()]


# %% wrong="the point reached" says="direction" cell="answer-1.7-b"
def steepest(f, p, r):
    k = torch.deg2rad(torch.arange(360.0))
    d = torch.stack([k.cos(), k.sin()], 1)
    return p + r * d[torch.tensor([float(f(p + r * v)) for v in d]).argmax()]


# %% wrong="length r" says="length 1" cell="answer-1.7-b"
def steepest(f, p, r):
    k = torch.deg2rad(torch.arange(360.0))
    d = torch.stack([k.cos(), k.sin()], 1)
    return r * d[torch.tensor([float(f(p + r * v)) for v in d]).argmax()]


# %% wrong="degrees for radians" says="radians" cell="answer-1.7-b"
def steepest(f, p, r):
    k = torch.arange(360.0)
    d = torch.stack([k.cos(), k.sin()], 1)
    return d[torch.tensor([float(f(p + r * v)) for v in d]).argmax()]


# %% wrong="the number of the angle" says="not a direction" cell="answer-1.7-b"
def steepest(f, p, r):
    k = torch.deg2rad(torch.arange(360.0))
    d = torch.stack([k.cos(), k.sin()], 1)
    return torch.tensor([float(f(p + r * v)) for v in d]).argmax()


# %% wrong="p forgotten" cell="answer-1.7-b"
def steepest(f, p, r):
    k = torch.deg2rad(torch.arange(360.0))
    d = torch.stack([k.cos(), k.sin()], 1)
    return d[torch.tensor([float(f(r * v)) for v in d]).argmax()]


# %% wrong="along the gradient" says="fastest" cell="answer-1.7-c"
def level_direction(g):
    return g / g.norm()


# %% wrong="not of length 1" says="length" cell="answer-1.7-c"
def level_direction(g):
    return torch.stack([-g[1], g[0]])


# %% wrong="swapped without the sign" says="sign" cell="answer-1.7-c"
def level_direction(g):
    return torch.stack([g[1], g[0]]) / g.norm()
