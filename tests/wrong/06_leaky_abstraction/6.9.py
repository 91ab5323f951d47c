# %% right="torch's norm, whose gradient at 0 is 0"
def lengths(v):
    return torch.linalg.vector_norm(v, dim=1)


# %% right="only rows that are not zero"
def lengths(v):
    square = (v * v).sum(1)
    found = torch.zeros_like(square)
    some = square > 0
    found[some] = square[some].sqrt()
    return found


# %% right="masked_fill twice"
def lengths(v):
    square = v.square().sum(-1)
    zero = square == 0
    return square.masked_fill(zero, 4.0).sqrt().masked_fill(zero, 0.0)


# %% wrong="the leak left in" says="both its branches"
def lengths(v):
    square = (v**2).sum(dim=1)
    return torch.where(square > 0, torch.sqrt(square), torch.zeros_like(square))


# %% wrong="nan_to_num on the result" says="both its branches"
def lengths(v):
    square = (v**2).sum(dim=1)
    return torch.where(square > 0, torch.sqrt(square), torch.zeros_like(square)).nan_to_num()


# %% wrong="a hook that covers the NaN up" says="covered up"
def lengths(v):
    square = (v**2).sum(dim=1)
    if square.requires_grad:
        square.register_hook(torch.nan_to_num)
    return torch.where(square > 0, torch.sqrt(square), torch.zeros_like(square))


# %% wrong="a small number under the root" says="short vectors"
def lengths(v):
    return torch.sqrt((v**2).sum(dim=1) + 1e-12)


# %% wrong="clamped under the root" says="short vectors"
def lengths(v):
    return torch.sqrt((v**2).sum(dim=1).clamp(min=1e-12))


# %% wrong="a threshold takes short rows for zero" says="short vectors"
def lengths(v):
    square = (v**2).sum(dim=1)
    zero = square < 1e-12
    return torch.where(zero, 0.0, torch.where(zero, 1.0, square).sqrt())


# %% wrong="squares" says="squared"
def lengths(v):
    return (v**2).sum(dim=1)


# %% wrong="no gradient at all" says="stopped"
def lengths(v):
    return v.detach().norm(dim=1)


# %% wrong="over the wrong axis" says="stopped"
def lengths(v):
    return torch.linalg.vector_norm(v, dim=0)
