# %% right="signs and counts"
def classify_by_sign(df, x, h=1e-3):
    before, after = np.sign(df(x - h)), np.sign(df(x + h))
    if before == after:
        return "neither"
    return "minimum" if after > before else "maximum"


def classify_hessian(H):
    values = np.linalg.eigvalsh(H.numpy())
    plus, minus = int((values > 1e-9).sum()), int((values < -1e-9).sum())
    if plus and minus:
        return "saddle"
    if plus + minus < len(values):
        return "undecided"
    return "minimum" if plus else "maximum"


# %% right="a table of signs, extremes"
def classify_by_sign(df, x, h=1e-3):
    return {(False, True): "minimum", (True, False): "maximum"}.get((df(x - h) > 0, df(x + h) > 0), "neither")


def classify_hessian(H):
    values = torch.linalg.eigh(H).eigenvalues
    low, high = values.min().item(), values.max().item()
    if low > 1e-9:
        return "minimum"
    if high < -1e-9:
        return "maximum"
    if low < -1e-9 and high > 1e-9:
        return "saddle"
    return "undecided"


# %% wrong="minimum and maximum swapped" says="from - to +"
def classify_by_sign(df, x, h=1e-3):
    left, right = df(x - h), df(x + h)
    if left < 0 < right:
        return "maximum"
    return "minimum" if left > 0 > right else "neither"


def classify_hessian(H):
    values = torch.linalg.eigvalsh(H)
    up, down = values > 1e-9, values < -1e-9
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"


# %% wrong="no third case" says="on both sides"
def classify_by_sign(df, x, h=1e-3):
    return "minimum" if df(x + h) > 0 else "maximum"


def classify_hessian(H):
    values = torch.linalg.eigvalsh(H)
    up, down = values > 1e-9, values < -1e-9
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"


# %% wrong="the second derivative, zero taken for neither" says="(x - c)⁴"
def classify_by_sign(df, x, h=1e-3):
    second = (df(x + h) - df(x - h)) / (2 * h)
    if abs(second) < 1e-4:
        return "neither"
    return "minimum" if second > 0 else "maximum"


def classify_hessian(H):
    values = torch.linalg.eigvalsh(H)
    up, down = values > 1e-9, values < -1e-9
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"


# %% wrong="always a minimum" says="maximum"
def classify_by_sign(df, x, h=1e-3):
    return "minimum"


def classify_hessian(H):
    values = torch.linalg.eigvalsh(H)
    up, down = values > 1e-9, values < -1e-9
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"


# %% wrong="the derivative at x itself" says="from - to +"
def classify_by_sign(df, x, h=1e-3):
    return "minimum" if df(x) == 0 else "neither"


def classify_hessian(H):
    values = torch.linalg.eigvalsh(H)
    up, down = values > 1e-9, values < -1e-9
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"


# %% wrong="around zero, not around x" says="from - to +"
def classify_by_sign(df, x, h=1e-3):
    left, right = df(-h), df(h)
    if left < 0 < right:
        return "minimum"
    return "maximum" if left > 0 > right else "neither"


def classify_hessian(H):
    values = torch.linalg.eigvalsh(H)
    up, down = values > 1e-9, values < -1e-9
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"


# %% wrong="the diagonal" says="diagonal"
def classify_by_sign(df, x, h=1e-3):
    left, right = df(x - h), df(x + h)
    if left < 0 < right:
        return "minimum"
    return "maximum" if left > 0 > right else "neither"


def classify_hessian(H):
    values = H.diagonal()
    up, down = values > 1e-9, values < -1e-9
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"


# %% wrong="the determinant" says="determinant"
def classify_by_sign(df, x, h=1e-3):
    left, right = df(x - h), df(x + h)
    if left < 0 < right:
        return "minimum"
    return "maximum" if left > 0 > right else "neither"


def classify_hessian(H):
    det = torch.linalg.det(H)
    if abs(det) < 1e-9:
        return "undecided"
    if det < 0:
        return "saddle"
    return "minimum" if H.trace() > 0 else "maximum"


# %% wrong="no undecided" says="zero eigenvalue"
def classify_by_sign(df, x, h=1e-3):
    left, right = df(x - h), df(x + h)
    if left < 0 < right:
        return "minimum"
    return "maximum" if left > 0 > right else "neither"


def classify_hessian(H):
    values = torch.linalg.eigvalsh(H)
    up, down = values > -1e-9, values < -1e-9
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"


# %% wrong="any zero is undecided" says="both signs"
def classify_by_sign(df, x, h=1e-3):
    left, right = df(x - h), df(x + h)
    if left < 0 < right:
        return "minimum"
    return "maximum" if left > 0 > right else "neither"


def classify_hessian(H):
    values = torch.linalg.eigvalsh(H)
    up, down = values > 1e-9, values < -1e-9
    if (values.abs() < 1e-9).any():
        return 'undecided'
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"


# %% wrong="minimum and maximum of the Hessian swapped" says="all eigenvalues positive"
def classify_by_sign(df, x, h=1e-3):
    left, right = df(x - h), df(x + h)
    if left < 0 < right:
        return "minimum"
    return "maximum" if left > 0 > right else "neither"


def classify_hessian(H):
    values = torch.linalg.eigvalsh(H)
    up, down = values > 1e-9, values < -1e-9
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "maximum"
    return "minimum" if down.all() else "undecided"


# %% wrong="saddles forgotten" says="saddle"
def classify_by_sign(df, x, h=1e-3):
    left, right = df(x - h), df(x + h)
    if left < 0 < right:
        return "minimum"
    return "maximum" if left > 0 > right else "neither"


def classify_hessian(H):
    values = torch.linalg.eigvalsh(H)
    up, down = values > 1e-9, values < -1e-9
    if False:
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "undecided"


# %% wrong="nothing but minimum and maximum" says="saddle"
def classify_by_sign(df, x, h=1e-3):
    left, right = df(x - h), df(x + h)
    if left < 0 < right:
        return "minimum"
    return "maximum" if left > 0 > right else "neither"


def classify_hessian(H):
    return "minimum" if (torch.linalg.eigvalsh(H) > 0).all() else "maximum"
