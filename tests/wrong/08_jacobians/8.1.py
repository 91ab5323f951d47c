# %% right="zeros, filled line by line"
def by_columns(jvp, n):
    columns = []
    for j in range(n):
        e = torch.zeros(n, dtype=torch.float64)
        e[j] = 1.0
        columns.append(jvp(e))
    J = torch.zeros(len(columns[0]), n, dtype=torch.float64)
    for j, column in enumerate(columns):
        J[:, j] = column
    return J


def by_rows(vjp, m):
    return torch.stack([vjp(torch.nn.functional.one_hot(torch.tensor(i), m).double()) for i in range(m)])


def jacobian(jvp, vjp, n, m):
    if m <= n:
        return by_rows(vjp, m)
    return by_columns(jvp, n)


# %% right="the transpose of stacked columns, numpy in between"
def by_columns(jvp, n):
    return torch.stack([jvp(torch.from_numpy(np.eye(n)[j])) for j in range(n)]).T


def by_rows(vjp, m):
    return torch.cat([vjp(e)[None] for e in torch.eye(m, dtype=torch.float64)])


def jacobian(jvp, vjp, n, m):
    return by_columns(jvp, n) if n <= m else by_rows(vjp, m)


# %% wrong="columns stacked as rows" says="transpose"
def by_columns(jvp, n):
    return torch.stack([jvp(e) for e in torch.eye(n, dtype=torch.float64)])


def by_rows(vjp, m):
    return torch.stack([vjp(e) for e in torch.eye(m, dtype=torch.float64)])


def jacobian(jvp, vjp, n, m):
    return by_columns(jvp, n) if n < m else by_rows(vjp, m)


# %% wrong="a vector of ones" says="adds the columns up"
def by_columns(jvp, n):
    return jvp(torch.ones(n, dtype=torch.float64))


def by_rows(vjp, m):
    return vjp(torch.ones(m, dtype=torch.float64))


def jacobian(jvp, vjp, n, m):
    return by_columns(jvp, n) if n < m else by_rows(vjp, m)


# %% wrong="the mode for the other shape" says="are enough"
def by_columns(jvp, n):
    return torch.stack([jvp(e) for e in torch.eye(n, dtype=torch.float64)], dim=1)


def by_rows(vjp, m):
    return torch.stack([vjp(e) for e in torch.eye(m, dtype=torch.float64)])


def jacobian(jvp, vjp, n, m):
    return by_columns(jvp, n) if n > m else by_rows(vjp, m)


# %% wrong="always reverse" says="jvp are enough"
def by_columns(jvp, n):
    return torch.stack([jvp(e) for e in torch.eye(n, dtype=torch.float64)], dim=1)


def by_rows(vjp, m):
    return torch.stack([vjp(e) for e in torch.eye(m, dtype=torch.float64)])


def jacobian(jvp, vjp, n, m):
    return by_rows(vjp, m)


# %% wrong="concatenated" says="stack them"
def by_columns(jvp, n):
    return torch.cat([jvp(e) for e in torch.eye(n, dtype=torch.float64)])


def by_rows(vjp, m):
    return torch.cat([vjp(e) for e in torch.eye(m, dtype=torch.float64)])


def jacobian(jvp, vjp, n, m):
    return by_columns(jvp, n) if n < m else by_rows(vjp, m)


# %% wrong="n and m mixed up" says="wants a tangent of shape"
def by_columns(jvp, n):
    return torch.stack([jvp(e) for e in torch.eye(n, dtype=torch.float64)], dim=1)


def by_rows(vjp, m):
    return torch.stack([vjp(e) for e in torch.eye(m, dtype=torch.float64)])


def jacobian(jvp, vjp, n, m):
    return by_columns(jvp, m) if n < m else by_rows(vjp, n)


# %% wrong="sizes written as numbers" only="hidden"
def by_columns(jvp, n):
    return torch.stack([jvp(e) for e in torch.eye(5, dtype=torch.float64)], dim=1)


def by_rows(vjp, m):
    return torch.stack([vjp(e) for e in torch.eye(3, dtype=torch.float64)])


def jacobian(jvp, vjp, n, m):
    return torch.stack([jvp(e) for e in torch.eye(n, dtype=torch.float64)], dim=1) if n < m else torch.stack([vjp(e) for e in torch.eye(m, dtype=torch.float64)])
