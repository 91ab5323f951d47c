# %% right="one call"
def stable_loss(z, y):
    return F.cross_entropy(z, y)


# %% right="log_softmax and gather"
def stable_loss(z, y):
    return -torch.log_softmax(z, dim=1).gather(1, y[:, None]).mean()


# %% right="the largest logit taken out by hand"
def stable_loss(z, y):
    z = z - z.max(dim=1, keepdim=True).values
    return (z.exp().sum(1).log() - z[range(len(y)), y]).mean()


# %% wrong="the leak left in" says="has become 0"
def stable_loss(z, y):
    return -torch.log(torch.softmax(z, dim=1)[range(len(y)), y]).mean()


# %% wrong="a floor added" says="hides them"
def stable_loss(z, y):
    return -torch.log(torch.softmax(z, dim=1)[range(len(y)), y] + 1e-8).mean()


# %% wrong="a floor by clamp" says="hides them"
def stable_loss(z, y):
    return -torch.log(torch.softmax(z, dim=1)[range(len(y)), y].clamp(min=1e-30)).mean()


# %% wrong="the sum of exponentials overflows" says="inf"
def stable_loss(z, y):
    return (torch.log(torch.exp(z).sum(1)) - z[range(len(y)), y]).mean()


# %% wrong="sum for mean" says="factor"
def stable_loss(z, y):
    return F.cross_entropy(z, y, reduction="sum")


# %% wrong="sign" says="sign"
def stable_loss(z, y):
    return torch.log_softmax(z, dim=1)[range(len(y)), y].mean()


# %% wrong="over the wrong axis" says="one piece"
def stable_loss(z, y):
    return -torch.log_softmax(z, dim=0)[range(len(y)), y].mean()


# %% wrong="the normaliser outside the graph" says="one piece"
def stable_loss(z, y):
    return (torch.logsumexp(z, dim=1).detach() - z[range(len(y)), y]).mean()


# %% wrong="logits clamped" says="hides them"
def stable_loss(z, y):
    return F.cross_entropy(z.clamp(-50, 50), y)
