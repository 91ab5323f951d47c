# %% right="loops over examples and classes"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    losses, total = [], 0.0
    for z, y in zip(logits, targets):
        w = 1.0 if weight is None else weight[y]
        top = z.max()
        losses.append(w * (top + (z - top).exp().sum().log() - z[y]))
        total = total + w
    losses = torch.stack(losses)
    return {"none": losses, "sum": losses.sum(), "mean": losses.sum() / total}[reduction]


def dlogits(logits, targets, weight=None, reduction="mean"):
    out = torch.zeros_like(logits)
    total = 0.0
    for i, y in enumerate(targets.tolist()):
        w = 1.0 if weight is None else weight[y]
        e = (logits[i] - logits[i].max()).exp()
        out[i] = w * e / e.sum()
        out[i, y] -= w
        total += w
    if reduction == "mean":
        out /= total
    return out


# %% right="log_softmax and in-place subtraction"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    logp = torch.log_softmax(logits, dim=1)
    weight = torch.ones(logits.shape[1], dtype=logits.dtype) if weight is None else weight
    losses = -(F.one_hot(targets, logits.shape[1]) * weight * logp).sum(1)
    if reduction == "mean":
        return losses.sum() / weight[targets].sum()
    return losses.sum() if reduction == "sum" else losses


def dlogits(logits, targets, weight=None, reduction="mean"):
    d = torch.log_softmax(logits, dim=1).exp()
    d[torch.arange(len(targets)), targets] -= 1
    if weight is not None:
        d *= weight[targets].unsqueeze(1)
    if reduction == "mean":
        d /= len(targets) if weight is None else weight[targets].sum()
    return d


# %% wrong="weighted mean over n" says="divided by n"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * (logits.logsumexp(1) - logits[range(len(targets)), targets])
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1]))
    return gradient / len(targets) if reduction == "mean" else gradient


# %% wrong="the log of a softmax" says="logsumexp"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * -torch.softmax(logits, 1)[range(len(targets)), targets].log()
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1]))
    return gradient / w.sum() if reduction == "mean" else gradient


# %% wrong="no logarithm" says="logarithm is missing"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * -torch.softmax(logits, 1)[range(len(targets)), targets]
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1]))
    return gradient / w.sum() if reduction == "mean" else gradient


# %% wrong="the sign of the loss" says="sign"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * (logits[range(len(targets)), targets] - logits.logsumexp(1))
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1]))
    return gradient / w.sum() if reduction == "mean" else gradient


# %% wrong="probabilities only" says="subtract 1 at the right class"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * (logits.logsumexp(1) - logits[range(len(targets)), targets])
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (torch.softmax(logits, 1))
    return gradient / w.sum() if reduction == "mean" else gradient


# %% wrong="observed minus predicted" says="sign"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * (logits.logsumexp(1) - logits[range(len(targets)), targets])
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (F.one_hot(targets, logits.shape[1]) - torch.softmax(logits, 1))
    return gradient / w.sum() if reduction == "mean" else gradient


# %% wrong="not divided" says="reduction='sum'"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * (logits.logsumexp(1) - logits[range(len(targets)), targets])
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1]))
    return gradient


# %% wrong="always divided" says="do not divide"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * (logits.logsumexp(1) - logits[range(len(targets)), targets])
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1]))
    return gradient / w.sum()


# %% wrong="divided by all entries" says="n·k"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * (logits.logsumexp(1) - logits[range(len(targets)), targets])
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1]))
    return gradient / logits.numel() if reduction == "mean" else gradient


# %% wrong="weights on columns" says="columns"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * (logits.logsumexp(1) - logits[range(len(targets)), targets])
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = (1 if weight is None else weight) * (torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1]))
    return gradient / w.sum() if reduction == "mean" else gradient


# %% wrong="weights ignored" says="weights are ignored"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) 
    losses = w * (logits.logsumexp(1) - logits[range(len(targets)), targets])
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) 
    gradient = w[:, None] * (torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1]))
    return gradient / w.sum() if reduction == "mean" else gradient


# %% wrong="softmax over columns" says="dlogits"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * (logits.logsumexp(1) - logits[range(len(targets)), targets])
    if reduction == "none":
        return losses
    return losses.sum() / w.sum() if reduction == "mean" else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (torch.softmax(logits, 0) - F.one_hot(targets, logits.shape[1]))
    return gradient / w.sum() if reduction == "mean" else gradient


# %% wrong="none gives a mean" says="one loss for each example"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    losses = w * (logits.logsumexp(1) - logits[range(len(targets)), targets])
    return losses.sum() / w.sum() if reduction in ("mean", "none") else losses.sum()


def dlogits(logits, targets, weight=None, reduction="mean"):
    w = torch.ones_like(logits[:, 0]) if weight is None else weight[targets]
    gradient = w[:, None] * (torch.softmax(logits, 1) - F.one_hot(targets, logits.shape[1]))
    return gradient / w.sum() if reduction == "mean" else gradient


# %% wrong="zeros" says="dlogits"
def cross_entropy(logits, targets, weight=None, reduction="mean"):
    return torch.zeros(len(targets)) if reduction == "none" else 0.0


def dlogits(logits, targets, weight=None, reduction="mean"):
    return torch.zeros_like(logits)
