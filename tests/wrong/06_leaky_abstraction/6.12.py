# %% right="one big batch"
def train(w, updates, lr):
    for micro_batches in updates:
        x = torch.cat([x.flatten(0, 1) for x, _ in micro_batches])
        y = torch.cat([y.flatten() for _, y in micro_batches])
        w = w.detach().requires_grad_()
        (d,) = torch.autograd.grad(F.cross_entropy(x @ w, y, ignore_index=-1), w)
        w = w - lr * d
    return w.detach()


# %% right="gradients added by hand, divided at the end"
def train(w, updates, lr):
    w = w.clone()
    for micro_batches in updates:
        total, count = torch.zeros_like(w), 0
        for x, y in micro_batches:
            real = y >= 0
            leaf = w.clone().requires_grad_()
            loss = F.cross_entropy(x[real] @ leaf, y[real], reduction="sum")
            total += torch.autograd.grad(loss, leaf)[0]
            count += int(real.sum())
        w -= lr * total / count
    return w


# %% right="an optimizer and a mask"
def train(w, updates, lr):
    w = torch.nn.Parameter(w.clone())
    optimizer = torch.optim.SGD([w], lr=lr)
    for micro_batches in updates:
        optimizer.zero_grad()
        count = torch.cat([y.flatten() for _, y in micro_batches]).ge(0).sum()
        for x, y in micro_batches:
            logs = torch.log_softmax(x @ w, dim=-1)
            picked = logs.gather(-1, y.clamp(min=0)[..., None])[..., 0]
            (-(picked * (y >= 0)).sum() / count).backward()
        optimizer.step()
    return w.detach()


# %% wrong="the leaks left in" says="padding"
def train(w, updates, lr):
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        for x, y in micro_batches:
            losses = F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="none")
            (losses.mean() / len(micro_batches)).backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


# %% wrong="only the zeroing mended" says="padding"
def train(w, updates, lr):
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        w.grad = None
        for x, y in micro_batches:
            losses = F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="none")
            (losses.mean() / len(micro_batches)).backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


# %% wrong="only the mean mended" says="update before"
def train(w, updates, lr):
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        tokens = sum((y >= 0).sum() for _, y in micro_batches)
        for x, y in micro_batches:
            losses = F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="sum")
            (losses / tokens).backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


# %% wrong="a mean of means" says="mean of means"
def train(w, updates, lr):
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        w.grad = None
        for x, y in micro_batches:
            losses = F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="sum")
            (losses / (y >= 0).sum().clamp(min=1) / len(micro_batches)).backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


# %% wrong="torch's mean for each micro-batch" says="mean of means"
def train(w, updates, lr):
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        w.grad = None
        for x, y in micro_batches:
            loss = F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1)
            (loss / len(micro_batches)).backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


# %% wrong="a sum" says="factor"
def train(w, updates, lr):
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        w.grad = None
        for x, y in micro_batches:
            F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="sum").backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


# %% wrong="zeroed between micro-batches" says="one mean"
def train(w, updates, lr):
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        tokens = sum((y >= 0).sum() for _, y in micro_batches)
        for x, y in micro_batches:
            w.grad = None
            losses = F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="sum")
            (losses / tokens).backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


# %% wrong="a step after each micro-batch" says="one mean"
def train(w, updates, lr):
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        tokens = sum((y >= 0).sum() for _, y in micro_batches)
        for x, y in micro_batches:
            w.grad = None
            losses = F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="sum")
            (losses / tokens).backward()
            with torch.no_grad():
                w -= lr * w.grad
    return w.detach()


# %% wrong="padding taken for the last letter" says="one mean"
def train(w, updates, lr):
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        w.grad = None
        tokens = sum((y >= 0).sum() for _, y in micro_batches)
        for x, y in micro_batches:
            losses = -torch.log_softmax(x @ w, -1).gather(-1, (y % w.shape[1])[..., None])
            (losses.sum() / tokens).backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


# %% wrong="uphill" says="one mean"
def train(w, updates, lr):
    w = w.clone().requires_grad_()
    for micro_batches in updates:
        w.grad = None
        tokens = sum((y >= 0).sum() for _, y in micro_batches)
        for x, y in micro_batches:
            losses = F.cross_entropy((x @ w).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="sum")
            (losses / tokens).backward()
        with torch.no_grad():
            w += lr * w.grad
    return w.detach()
