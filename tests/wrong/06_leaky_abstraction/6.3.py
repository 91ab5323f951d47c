# %% right="the largest is not above 0"
def dead_units(z):
    return z.max(dim=0).values <= 0


# %% right="a count through relu"
def dead_units(z):
    return (torch.relu(z) > 0).sum(0) == 0


# %% right="a loop, quantile for the median" cell="answer-6.3-b"
def revive(b, z, dead):
    new = b.clone()
    for j in range(len(b)):
        if dead[j]:
            new[j] -= torch.quantile(z[:, j], 0.5)
    return new


# %% right="a mask times the shift" cell="answer-6.3-b"
def revive(b, z, dead):
    return b - dead * z.median(0).values


# %% wrong="silent on any example" says="all, not any"
def dead_units(z):
    return (z <= 0).any(dim=0)


# %% wrong="a negative mean" says="negative mean"
def dead_units(z):
    return z.mean(dim=0) <= 0


# %% wrong="strictly below 0" says="exactly 0"
def dead_units(z):
    return (z < 0).all(dim=0)


# %% wrong="over the units, not the examples" says="axis 0"
def dead_units(z):
    return (z <= 0).all(dim=1)


# %% wrong="nine tenths silent" says="threshold"
def dead_units(z):
    return (z <= 0).double().mean(dim=0) > 0.9


# %% wrong="the living ones" says="living"
def dead_units(z):
    return (z > 0).any(dim=0)


# %% wrong="no unit is dead"
def dead_units(z):
    return torch.zeros(z.shape[1], dtype=torch.bool)


# %% wrong="shift in the wrong direction" says="sign" cell="answer-6.3-b"
def revive(b, z, dead):
    return torch.where(dead, b + z.median(dim=0).values, b)


# %% wrong="mean for median" says="median" cell="answer-6.3-b"
def revive(b, z, dead):
    return torch.where(dead, b - z.mean(dim=0), b)


# %% wrong="bias set to 0" says="median" cell="answer-6.3-b"
def revive(b, z, dead):
    return torch.where(dead, torch.zeros_like(b), b)


# %% wrong="everybody is shifted" says="living units" cell="answer-6.3-b"
def revive(b, z, dead):
    return b - z.median(dim=0).values


# %% wrong="minus the median alone, the old bias forgotten" says="half" cell="answer-6.3-b"
def revive(b, z, dead):
    return torch.where(dead, -z.median(dim=0).values, b)


# %% wrong="unchanged" says="nothing has changed" cell="answer-6.3-b"
def revive(b, z, dead):
    return b

# %% wrong="writes into the biases that were handed in" cell="answer-6.3-b" says="b itself has changed"
def revive(b, z, dead):
    b[dead] -= z.median(0).values[dead]
    return b
