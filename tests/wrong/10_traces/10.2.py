# %% right="written out"
def sample_by_jvp(f, x, v):
    _, tangent = torch.func.jvp(f, (x,), (v,))
    return (v * tangent).sum()


def sample_by_vjp(f, x, v):
    x = x.detach().requires_grad_()
    (pulled,) = torch.autograd.grad((f(x) * v).sum(), x)
    return torch.dot(pulled, v)


def z_score(samples, truth):
    k = samples.numel()
    mean = samples.sum() / k
    s2 = ((samples - mean) ** 2).sum() / (k - 1)
    return (mean - truth) / torch.sqrt(s2 / k)

# %% right="by numpy and floats"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    value, pull = torch.func.vjp(f, x)
    return float(sum(a * b for a, b in zip(pull(v)[0].tolist(), v.tolist())))


def z_score(samples, truth):
    q = samples.numpy()
    return float((q.mean() - truth) / (q.std(ddof=1) / np.sqrt(len(q))))

# %% wrong="the sum of Jv" says="dot product"
def sample_by_jvp(f, x, v):
    return jvp(f, x, v).sum()


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    standard_error = samples.std() / len(samples) ** 0.5
    return (samples.mean() - truth) / standard_error

# %% wrong="the sum of the vjp" says="dot product"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    return vjp(f, x, v).sum()


def z_score(samples, truth):
    standard_error = samples.std() / len(samples) ** 0.5
    return (samples.mean() - truth) / standard_error

# %% wrong="the value for the tangent" says="value first"
def sample_by_jvp(f, x, v):
    return v @ torch.func.jvp(f, (x,), (v,))[0]


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    standard_error = samples.std() / len(samples) ** 0.5
    return (samples.mean() - truth) / standard_error

# %% wrong="paired with x" says="paired with x"
def sample_by_jvp(f, x, v):
    return x @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    standard_error = samples.std() / len(samples) ** 0.5
    return (samples.mean() - truth) / standard_error

# %% wrong="divided by the length of v" says="normalisation"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v) / (v @ v)


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    standard_error = samples.std() / len(samples) ** 0.5
    return (samples.mean() - truth) / standard_error

# %% wrong="a mean over coordinates" says="not a mean"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    return (vjp(f, x, v) * v).mean()


def z_score(samples, truth):
    standard_error = samples.std() / len(samples) ** 0.5
    return (samples.mean() - truth) / standard_error

# %% wrong="both by jvp" says="should be a vjp"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    return v @ jvp(f, x, v)


def z_score(samples, truth):
    standard_error = samples.std() / len(samples) ** 0.5
    return (samples.mean() - truth) / standard_error

# %% wrong="the exact trace" says="exact trace"
def sample_by_jvp(f, x, v):
    return sum(jvp(f, x, e)[i] for i, e in enumerate(torch.eye(len(x))))


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    standard_error = samples.std() / len(samples) ** 0.5
    return (samples.mean() - truth) / standard_error

# %% wrong="n passes instead of one" says="passes; one is enough"
def sample_by_jvp(f, x, v):
    J = torch.stack([jvp(f, x, e) for e in torch.eye(len(x))], 1)
    return v @ J @ v


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    standard_error = samples.std() / len(samples) ** 0.5
    return (samples.mean() - truth) / standard_error

# %% wrong="without the root of k" says="one sample"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    return (samples.mean() - truth) / samples.std()

# %% wrong="k for its root" says="not k"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    return (samples.mean() - truth) / (samples.std() / len(samples))

# %% wrong="the variance" says="standard deviation"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    return (samples.mean() - truth) / (samples.var() / len(samples) ** 0.5)

# %% wrong="without a sign" says="sign"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    return abs(samples.mean() - truth) / samples.std() * len(samples) ** 0.5

# %% wrong="truth minus mean" says="sign"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    return (truth - samples.mean()) / samples.std() * len(samples) ** 0.5

# %% wrong="s with k below" says="k - 1"
def sample_by_jvp(f, x, v):
    return v @ jvp(f, x, v)


def sample_by_vjp(f, x, v):
    return vjp(f, x, v) @ v


def z_score(samples, truth):
    return (samples.mean() - truth) / (samples.std(correction=0) / len(samples) ** 0.5)
