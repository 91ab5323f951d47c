# %% right="by eigenvalues and loops"
def probe_variance(A, kind):
    S = (A + A.T) / 2
    n = S.shape[0]
    if kind == "rademacher":
        return 4 * sum(S[i, j] ** 2 for i in range(n) for j in range(i + 1, n))
    lam = torch.linalg.eigvalsh(S)
    if kind == "gaussian":
        return 2 * (lam**2).sum()
    return 2 * n / (n + 2) * ((lam - lam.mean()) ** 2).sum()


def sphere(n, k, g):
    columns = []
    for _ in range(k):
        v = torch.randn(n, generator=g)
        columns.append(v / torch.linalg.norm(v) * math.sqrt(n))
    return torch.stack(columns, 1)


def measured_variance(samples):
    q = samples.numpy()
    k, d = len(q), q - q.mean()
    s2 = (d**2).sum() / (k - 1)
    return float(s2), float(np.sqrt(((d**4).sum() / k - s2**2) / k))

# %% right="norms of A and traces of its square"
def probe_variance(A, kind):
    n = len(A)
    twice = torch.linalg.matrix_norm(A) ** 2 + (A @ A).trace()
    diagonal = torch.diag(A)
    if kind == "gaussian":
        return twice
    if kind == "rademacher":
        return twice - 2 * diagonal.square().sum()
    return n / (n + 2) * (twice - 2 * diagonal.sum() ** 2 / n)


def sphere(n, k, g):
    return F.normalize(torch.randn(n, k, generator=g), dim=0) * n**0.5


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="symmetric matrices only" says="symmetric part"
def probe_variance(A, kind):
    n, S = len(A), A
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="a factor 2 missing" says="factor 2"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return square
    if kind == "rademacher":
        return square - (S.diagonal() ** 2).sum()
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="the symmetric part not halved" says="half of A"
def probe_variance(A, kind):
    n, S = len(A), A + A.T
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="signs like Gaussians" says="gaussian probes"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * square
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="the square of the trace for signs" says="square of their sum"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - A.trace() ** 2)
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="the diagonal not squared" says="squared before"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - S.diagonal().sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="the sphere without n / (n + 2)" says="factor n/(n + 2)"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="the sphere's trace undivided" says="divided by n"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="the sphere with the diagonal's squares" says="tr(A)²/n"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - (S.diagonal() ** 2).sum())


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="a standard deviation" says="standard deviation"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return (2 * square).sqrt()
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="a sphere of radius 1" says="radius is √n"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="rows scaled instead of columns" says="along axis 0"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=1, keepdim=True)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="one norm for all" says="along axis 0"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return (n * k) ** 0.5 * V / V.norm()


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="a cube scaled to the sphere" says="corners"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = 2 * torch.rand(n, k, generator=g) - 1
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="only the positive orthant" says="mean of v"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.rand(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="probes as rows" says="shape"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(k, n, generator=g)
    return n**0.5 * V / V.norm(dim=1, keepdim=True)


def measured_variance(samples):
    s2 = samples.var()
    m4 = ((samples - samples.mean()) ** 4).mean()
    return s2, ((m4 - s2**2) / len(samples)).sqrt()

# %% wrong="the error of the mean" says="of the mean"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    return samples.var(), samples.std() / len(samples) ** 0.5

# %% wrong="a raw fourth moment" says="around the mean"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    return s2, (((samples**4).mean() - s2**2) / len(samples)).sqrt()

# %% wrong="without the subtraction" says="subtracted"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    return samples.var(), (((samples - samples.mean()) ** 4).mean() / len(samples)).sqrt()

# %% wrong="without the root" says="root"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var()
    return s2, (((samples - samples.mean()) ** 4).mean() - s2**2) / len(samples)

# %% wrong="divided by k" says="k - 1"
def probe_variance(A, kind):
    n, S = len(A), (A + A.T) / 2
    square = (S**2).sum()
    if kind == "gaussian":
        return 2 * square
    if kind == "rademacher":
        return 2 * (square - (S.diagonal() ** 2).sum())
    return 2 * n / (n + 2) * (square - A.trace() ** 2 / n)


def sphere(n, k, g):
    V = torch.randn(n, k, generator=g)
    return n**0.5 * V / V.norm(dim=0)


def measured_variance(samples):
    s2 = samples.var(correction=0)
    return s2, ((((samples - samples.mean()) ** 4).mean() - s2**2) / len(samples)).sqrt()
