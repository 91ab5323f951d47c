# %% right="a loop over the rows, numpy for the jumps"
def zero_one_loss(logits, targets):
    wrong = 0
    for i in range(len(targets)):
        if int(logits[i].argmax()) != int(targets[i]):
            wrong += 1
    return wrong / len(targets)


def jump_points(a, b):
    return torch.tensor(sorted((-a / b).tolist()), dtype=torch.float64)


# %% right="one minus the accuracy, max with indices"
def zero_one_loss(logits, targets):
    best = logits.max(dim=1).indices
    return 1 - (best == targets).to(logits.dtype).mean()


def jump_points(a, b):
    return torch.sort(a / -b)[0]


# %% wrong="the accuracy" says="accuracy"
def zero_one_loss(logits, targets):
    return (logits.argmax(1) == targets).double().mean()


def jump_points(a, b):
    return (-a / b).sort().values


# %% wrong="a count" says="number of mistakes"
def zero_one_loss(logits, targets):
    return (logits.argmax(1) != targets).sum()


def jump_points(a, b):
    return (-a / b).sort().values


# %% wrong="the wrong axis" says="axis 1"
def zero_one_loss(logits, targets):
    return (logits.argmax(0) != targets).double().mean()


def jump_points(a, b):
    return (-a / b).sort().values


# %% wrong="argmin" says="argmin"
def zero_one_loss(logits, targets):
    return (logits.argmin(1) != targets).double().mean()


def jump_points(a, b):
    return (-a / b).sort().values


# %% wrong="a threshold at zero" says="threshold"
def zero_one_loss(logits, targets):
    predicted = (logits * (logits > 0)).argmax(1)
    return (predicted != targets).double().mean()


def jump_points(a, b):
    return (-a / b).sort().values


# %% wrong="the sign of the jump" says="sign"
def zero_one_loss(logits, targets):
    return (logits.argmax(1) != targets).double().mean()


def jump_points(a, b):
    return (a / b).sort().values


# %% wrong="not sorted" says="sorted"
def zero_one_loss(logits, targets):
    return (logits.argmax(1) != targets).double().mean()


def jump_points(a, b):
    return -a / b


# %% wrong="b over a" says="upside down"
def zero_one_loss(logits, targets):
    return (logits.argmax(1) != targets).double().mean()


def jump_points(a, b):
    return (-b / a).sort().values


# %% wrong="zeros" says="argmax"
def zero_one_loss(logits, targets):
    return 0.0


def jump_points(a, b):
    return torch.zeros_like(a)

# %% right="in float32"
def zero_one_loss(logits, targets):
    return (logits.argmax(dim=1) != targets).float().mean()


def jump_points(a, b):
    return torch.tensor(sorted((-a / b).tolist()))
