# %% right="rows, by vjp"
def divergence(f, x):
    total = 0.0
    for i in range(len(x)):
        e = torch.zeros_like(x)
        e[i] = 1.0
        total = total + vjp(f, x, e)[i]
    return total

# %% right="the Jacobian and its trace"
def divergence(f, x):
    return torch.func.jacfwd(f)(x).trace()

# %% wrong="one pass with ones" says="all entries"
def divergence(f, x):
    return vjp(f, x, torch.ones_like(x)).sum()

# %% wrong="one jvp with ones" says="all entries"
def divergence(f, x):
    return jvp(f, x, torch.ones_like(x)).sum()

# %% wrong="always entry 0 of a column" says="row 0"
def divergence(f, x):
    return sum(jvp(f, x, e)[0] for e in torch.eye(len(x), dtype=x.dtype))

# %% wrong="always entry 0 of a row" says="column 0"
def divergence(f, x):
    return sum(vjp(f, x, e)[0] for e in torch.eye(len(x), dtype=x.dtype))

# %% wrong="the mean" says="mean"
def divergence(f, x):
    return torch.stack([jvp(f, x, e)[i] for i, e in enumerate(torch.eye(len(x), dtype=x.dtype))]).mean()

# %% wrong="overwritten instead of added" says="last diagonal"
def divergence(f, x):
    for i, e in enumerate(torch.eye(len(x), dtype=x.dtype)):
        total = jvp(f, x, e)[i]
    return total

# %% wrong="returned inside the loop" says="first diagonal"
def divergence(f, x):
    total = 0
    for i, e in enumerate(torch.eye(len(x), dtype=x.dtype)):
        total += jvp(f, x, e)[i]
        return total

# %% wrong="the sum of the outputs" says="f itself"
def divergence(f, x):
    return f(x).sum()

# %% wrong="a Hutchinson sample" says="pass"
def divergence(f, x):
    v = torch.randint(0, 2, (len(x),), generator=torch.Generator().manual_seed(0)).to(x.dtype) * 2 - 1
    return v @ jvp(f, x, v)

# %% wrong="unit vectors of the default dtype" says="stopped"
def divergence(f, x):
    return sum(jvp(f, x, e)[i] for i, e in enumerate(torch.eye(len(x), dtype=torch.float32)))
