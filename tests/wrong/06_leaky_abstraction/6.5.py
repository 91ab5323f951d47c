# %% right="torch's own, on copies"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = (value.clone() for value in running)
    y = F.batch_norm(x, mean, var, gain, bias, training, momentum, eps)
    return y, (mean, var)


# %% right="lerp and rsqrt"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    n = len(x)
    if not training:
        return gain * (x - mean) * torch.rsqrt(var + eps) + bias, (mean, var)
    mu = x.sum(0) / n
    away = x - mu
    v = (away * away).sum(0) / n
    new = torch.lerp(mean, mu, momentum), torch.lerp(var, v * n / (n - 1), momentum)
    return gain * away * torch.rsqrt(v + eps) + bias, new


# %% wrong="unbiased variance in y" says="n and n − 1"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    if training:
        mu, v = x.mean(0), x.var(0)
        running = ((1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v)
        mean, var = mu, v
    return gain * (x - mean) / torch.sqrt(var + eps) + bias, running


# %% wrong="biased variance in the running average" says="n and n − 1"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    if training:
        mu, v = x.mean(0), x.var(0, unbiased=False)
        running = ((1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v)
        mean, var = mu, v
    return gain * (x - mean) / torch.sqrt(var + eps) + bias, running


# %% wrong="weights of old and new exchanged" says="exchanged"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    if training:
        mu, v = x.mean(0), x.var(0, unbiased=False)
        running = (momentum * mean + (1 - momentum) * mu, momentum * var + (1 - momentum) * x.var(0))
        mean, var = mu, v
    return gain * (x - mean) / torch.sqrt(var + eps) + bias, running


# %% wrong="the batch's statistics in evaluation too" says="in evaluation the running"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    mu, v = x.mean(0), x.var(0, unbiased=False)
    if training:
        running = ((1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * x.var(0))
    return gain * (x - mu) / torch.sqrt(v + eps) + bias, running


# %% wrong="the flag ignored" says="training branch"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    mu, v = x.mean(0), x.var(0, unbiased=False)
    running = ((1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * x.var(0))
    return gain * (x - mu) / torch.sqrt(v + eps) + bias, running


# %% wrong="evaluation updates the averages" says="must leave"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    mu, v = x.mean(0), x.var(0, unbiased=False)
    running = ((1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * x.var(0))
    if training:
        mean, var = mu, v
    return gain * (x - mean) / torch.sqrt(var + eps) + bias, running


# %% wrong="running values used in training" says="batch's own mean"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    y = gain * (x - mean) / torch.sqrt(var + eps) + bias
    if training:
        running = ((1 - momentum) * mean + momentum * x.mean(0), (1 - momentum) * var + momentum * x.var(0))
    return y, running


# %% wrong="eps outside the root" says="under the root"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    if training:
        mu, v = x.mean(0), x.var(0, unbiased=False)
        running = ((1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * x.var(0))
        mean, var = mu, v
    return gain * (x - mean) / (torch.sqrt(var) + eps) + bias, running


# %% wrong="no averaging: the last batch is kept" says="mix them"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    if training:
        mean, var = x.mean(0), x.var(0, unbiased=False)
        running = (mean, x.var(0))
    return gain * (x - mean) / torch.sqrt(var + eps) + bias, running


# %% wrong="momentum written as 0.1" only="hidden"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = running
    if training:
        running = (0.9 * mean + 0.1 * x.mean(0), 0.9 * var + 0.1 * x.var(0))
        mean, var = x.mean(0), x.var(0, unbiased=False)
    return gain * (x - mean) / torch.sqrt(var + eps) + bias, running


# %% wrong="only y is returned" says="return y, (mean, var)"
def batch_norm(x, gain, bias, running, training, momentum=0.1, eps=1e-5):
    mean, var = (x.mean(0), x.var(0, unbiased=False)) if training else running
    return gain * (x - mean) / torch.sqrt(var + eps) + bias
