# %% right="multinomial"
def minibatch_gradient(per_example, batch, replacement, g):
    even = torch.ones(len(per_example))
    drawn = torch.multinomial(even, batch, replacement=replacement, generator=g)
    return per_example.index_select(0, drawn).sum(0) / batch


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% right="a loop and a generator of numpy"
def minibatch_gradient(per_example, batch, replacement, g):
    seed = int(torch.randint(2**31, (1,), generator=g))
    drawn = np.random.default_rng(seed).choice(len(per_example), size=batch, replace=replacement)
    total = torch.zeros(per_example.shape[1], dtype=per_example.dtype)
    for i in drawn:
        total += per_example[i]
    return total / batch


def predicted_variance(per_example, batch, replacement):
    n = per_example.shape[0]
    spread = (per_example**2).mean(0) - per_example.mean(0) ** 2
    factor = 1.0 if replacement else (n - batch) / (n - 1)
    return float(spread.sum()) / batch * factor


# %% wrong="the first examples" says="drawn each time"
def minibatch_gradient(per_example, batch, replacement, g):
    return per_example[:batch].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="a sum" says="not the sum"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].sum(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="divided by N" says="B/N"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].sum(0) / n


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="always with replacement" says="replacement"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g)
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="never with replacement" says="replacement"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="seeded anew at each call" says="same examples"
def minibatch_gradient(per_example, batch, replacement, g):
    g = torch.Generator().manual_seed(0)
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="the last example never drawn" says="exactly the full gradient"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example) - 1
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="one number" says="shape"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean()


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="a single example" says="variance"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (1,), generator=g) if replacement else torch.randperm(n, generator=g)[:1]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="N - 1" says="N - 1"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).sum() / (n - 1) / batch
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="no batch" says="variance of one example"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean()
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="B squared" says="B²"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch**2
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="the standard deviation" says="standard deviation"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    variance = variance.sqrt()
    return variance if replacement else variance * (n - batch) / (n - 1)


# %% wrong="no correction without replacement" says="factor (N - B)/(N - 1) is missing"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance


# %% wrong="N below" says="N below"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance * (n - batch) / n


# %% wrong="upside down" says="upside down"
def minibatch_gradient(per_example, batch, replacement, g):
    n = len(per_example)
    drawn = torch.randint(n, (batch,), generator=g) if replacement else torch.randperm(n, generator=g)[:batch]
    return per_example[drawn].mean(0)


def predicted_variance(per_example, batch, replacement):
    n = len(per_example)
    variance = ((per_example - per_example.mean(0)) ** 2).sum(1).mean() / batch
    return variance if replacement else variance / (n - batch) * (n - 1)


# %% wrong="zeros" says="full gradient"
def minibatch_gradient(per_example, batch, replacement, g):
    return torch.zeros(per_example.shape[1])


def predicted_variance(per_example, batch, replacement):
    return 0.0
