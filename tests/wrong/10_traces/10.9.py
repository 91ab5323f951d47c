# %% right="one column after another" cell="answer-10.9-a"
def triangle_samples(matvec, V):
    samples = []
    for v in V.T:
        u = matvec(v)
        samples.append(float(u @ matvec(u)) / 6)
    return torch.tensor(samples)

# %% right="einsum" cell="answer-10.9-a"
def triangle_samples(matvec, V):
    AV = matvec(V)
    return torch.einsum("ik,ik->k", AV, matvec(AV)) / 6

# %% right="the formula, then a sweep of Gram and Schmidt" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    n = len(v)
    Q = torch.zeros(n, k, dtype=v.dtype)
    alpha, beta = torch.zeros(k, dtype=v.dtype), torch.zeros(k - 1, dtype=v.dtype)
    Q[:, 0] = v / torch.linalg.norm(v)
    for j in range(k):
        w = matvec(Q[:, j])
        if j > 0:
            w = w - beta[j - 1] * Q[:, j - 1]
        alpha[j] = Q[:, j] @ w
        w = w - alpha[j] * Q[:, j]
        for i in range(j + 1):
            w = w - (Q[:, i] @ w) * Q[:, i]
        for i in range(j + 1):
            w = w - (Q[:, i] @ w) * Q[:, i]
        if j < k - 1:
            beta[j] = torch.linalg.norm(w)
            Q[:, j + 1] = w / beta[j]
    return alpha, beta


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta.log()).sum()

# %% right="the logarithm as a matrix" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = np.diag(alpha.numpy()) + np.diag(beta.numpy(), 1) + np.diag(beta.numpy(), -1)
    theta, U = np.linalg.eigh(T)
    return float((U * np.log(theta) @ U.T)[0, 0])

# %% wrong="walks instead of triangles" says="6 times" cell="answer-10.9-a"
def triangle_samples(matvec, V):
    AV = matvec(V)
    return (AV * matvec(AV)).sum(0)

# %% wrong="a third" says="walked 6" cell="answer-10.9-a"
def triangle_samples(matvec, V):
    AV = matvec(V)
    return (AV * matvec(AV)).sum(0) / 3

# %% wrong="three matvecs" says="two a probe" cell="answer-10.9-a"
def triangle_samples(matvec, V):
    AV = matvec(V)
    return (V * matvec(matvec(AV))).sum(0) / 6

# %% wrong="two steps" says="two steps" cell="answer-10.9-a"
def triangle_samples(matvec, V):
    AV = matvec(V)
    return (AV * AV).sum(0) / 6

# %% wrong="the mean" says="The mean" cell="answer-10.9-a"
def triangle_samples(matvec, V):
    AV = matvec(V)
    return (AV * matvec(AV)).sum(0).mean() / 6

# %% wrong="the sum" says="The sum" cell="answer-10.9-a"
def triangle_samples(matvec, V):
    AV = matvec(V)
    return (AV * matvec(AV)).sum() / 6

# %% wrong="one product" says="third power" cell="answer-10.9-a"
def triangle_samples(matvec, V):
    AV = matvec(V)
    return (V * AV).sum(0) / 6

# %% wrong="v not scaled" says="length 1" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        w = w - alpha[j] * basis[j]
        if j:
            w = w - beta[j - 1] * basis[j - 1]
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta.log()).sum()

# %% wrong="no sweep" says="orthogonality" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        w = w - alpha[j] * basis[j]
        if j:
            w = w - beta[j - 1] * basis[j - 1]
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta.log()).sum()

# %% wrong="the vector before forgotten" says="vector before" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        w = w - alpha[j] * basis[j]
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta.log()).sum()

# %% wrong="beta before the subtraction" says="not before" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        length = w.norm()
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(length)
            basis.append(w / w.norm())
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta.log()).sum()

# %% wrong="beta squared" says="square" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w @ w)
            basis.append(w / w.norm())
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta.log()).sum()

# %% wrong="k entries of beta" says="no use" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if True:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta.log()).sum()

# %% wrong="one step too few" says="shapes" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k - 1):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta.log()).sum()

# %% wrong="first entries not squared" says="squared" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] * theta.log()).sum()

# %% wrong="rows for columns" says="columns" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[:, 0] ** 2 * theta.log()).sum()

# %% wrong="the trace of the logarithm" says="trace of log" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return theta.log().sum()

# %% wrong="the logarithm last" says="taken last" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta).sum().log()

# %% wrong="no logarithm" says="logarithm is missing" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta).sum()

# %% wrong="equal weights" says="weight" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1) + torch.diag(beta, -1)
    theta, vectors = torch.linalg.eigh(T)
    return theta.log().mean()

# %% wrong="only one side of the diagonal" says="one side" cell="answer-10.9-b"
def lanczos(matvec, v, k):
    basis, alpha, beta = [v / v.norm()], [], []
    for j in range(k):
        w = matvec(basis[j])
        alpha.append(basis[j] @ w)
        for _ in range(2):
            Q = torch.stack(basis)
            w = w - Q.T @ (Q @ w)
        if j + 1 < k:
            beta.append(w.norm())
            basis.append(w / beta[-1])
    return torch.stack(alpha), torch.stack(beta) if beta else torch.zeros(0)


def log_form(alpha, beta):
    T = torch.diag(alpha) + torch.diag(beta, 1)
    theta, vectors = torch.linalg.eigh(T)
    return (vectors[0] ** 2 * theta.log()).sum()
