# %% right="random signs, columns one by one"
def hutchpp(matvec, n, m, g):
    k = m // 3
    S = rademacher(n, k, g)
    AS = torch.stack([matvec(s) for s in S.T], 1)
    U, _, _ = torch.linalg.svd(AS, full_matrices=False)
    exact = sum(q @ matvec(q) for q in U.T)
    rest = []
    for _ in range(m - 2 * k):
        v = rademacher(n, 1, g)[:, 0]
        v = v - U @ (U.T @ v)
        rest.append(float(v @ matvec(v)))
    return float(exact) + sum(rest) / len(rest)

# %% right="A asked for G itself, projected after"
def hutchpp(matvec, n, m, g):
    k = m // 3
    S, G = rademacher(n, k, g), gaussian(n, m - 2 * k, g)
    AG = matvec(G)
    Q, _ = torch.linalg.qr(matvec(S))
    AQ = matvec(Q)
    P = torch.eye(n) - Q @ Q.T
    APG = AG - AQ @ (Q.T @ G)
    return torch.trace(Q.T @ AQ) + torch.trace(G.T @ P @ APG) / G.shape[1]

# %% right="both projections written out"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    Y = matvec(PG)
    return (Q * matvec(Q)).sum() + (G * (Y - Q @ (Q.T @ Y))).sum() / (m - 2 * k)

# %% wrong="the factor 3/m" says="3 divides m"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + 3 / m * (PG * matvec(PG)).sum()

# %% wrong="divided by k" says="probes of its own"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / k

# %% wrong="divided by m" says="Divided by m"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / m

# %% wrong="a sum over probes" says="sum over the probes"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum()

# %% wrong="projected on the right only" says="one side"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (G * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="projected on the left only" says="one side"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(G)).sum() / (m - 2 * k)

# %% wrong="no projection" says="counted twice"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="the sketch used again" says="fresh"
def hutchpp(matvec, n, m, g):
    k = m // 3
    S = gaussian(n, k, g)
    Q = torch.linalg.qr(matvec(S)).Q
    G = S[:, torch.arange(m - 2 * k) % k]
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="Q from S" says="sketch S itself"
def hutchpp(matvec, n, m, g):
    k = m // 3
    S = gaussian(n, k, g)
    matvec(S)
    Q = torch.linalg.qr(S).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="Q from S and two thirds for the rest" says="matvecs are asked"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(gaussian(n, k, g)).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="Q from another sketch" says="another sketch"
def hutchpp(matvec, n, m, g):
    k = m // 3
    matvec(gaussian(n, k, g))
    Q = torch.linalg.qr(gaussian(n, k, g)).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="Q not orthonormal" says="orthonormal"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = matvec(gaussian(n, k, g)) / n
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="three times the ceiling" says="overspent"
def hutchpp(matvec, n, m, g):
    k = -(-m // 3)
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (k)

# %% wrong="m probes for the rest" says="overspent"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - k)

# %% wrong="a budget not used up" says="matvecs are asked"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (k)

# %% wrong="the exact part forgotten" says="exact part"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return 0 * (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="the rest subtracted" says="added"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() - (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="uniform probes" says="E[v²]"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = 2 * torch.rand(n, m - 2 * k, generator=g) - 1
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="probes in [0, 1]" says="E[v²]"
def hutchpp(matvec, n, m, g):
    k = m // 3
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = torch.rand(n, m - 2 * k, generator=g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="a fixed seed" says="same number"
def hutchpp(matvec, n, m, g):
    k, g = m // 3, torch.Generator().manual_seed(0)
    Q = torch.linalg.qr(matvec(gaussian(n, k, g))).Q
    G = gaussian(n, m - 2 * k, g)
    PG = G - Q @ (Q.T @ G)
    return (Q * matvec(Q)).sum() + (PG * matvec(PG)).sum() / (m - 2 * k)

# %% wrong="plain Hutchinson" says="none is with"
def hutchpp(matvec, n, m, g):
    V = gaussian(n, m, g)
    return (V * matvec(V)).sum() / m
