# %% right="loops and math"
def likelihood(p):
    product = 1.0
    for entry in p.tolist():
        product *= entry
    return product


def log_likelihood(p):
    return sum(math.log(entry) for entry in p.tolist())


def underflow_count(p):
    p = torch.tensor(p, dtype=torch.float32)
    product = torch.ones((), dtype=torch.float32)
    count = 0
    while product != 0:
        product *= p
        count += 1
    return count


# %% right="cumulative product"
def likelihood(p):
    return p.log().sum().exp()


def log_likelihood(p):
    return p.log().sum()


def underflow_count(p):
    running = np.cumprod(np.full(400, p, dtype=np.float32), dtype=np.float32)
    return int(np.argmax(running == 0)) + 1


# %% wrong="the sum" says="multiply"
def likelihood(p):
    return p.sum()


def log_likelihood(p):
    return p.log().sum()


def underflow_count(p):
    factor, product, count = np.float32(p), np.float32(1), 0
    while product > 0:
        product, count = product * factor, count + 1
    return count


# %% wrong="the mean" says="multiply"
def likelihood(p):
    return p.mean()


def log_likelihood(p):
    return p.log().sum()


def underflow_count(p):
    factor, product, count = np.float32(p), np.float32(1), 0
    while product > 0:
        product, count = product * factor, count + 1
    return count


# %% wrong="log of the product" says="underflowed"
def likelihood(p):
    return p.prod()


def log_likelihood(p):
    return p.prod().log()


def underflow_count(p):
    factor, product, count = np.float32(p), np.float32(1), 0
    while product > 0:
        product, count = product * factor, count + 1
    return count


# %% wrong="negative" says="sign"
def likelihood(p):
    return p.prod()


def log_likelihood(p):
    return -p.log().sum()


def underflow_count(p):
    factor, product, count = np.float32(p), np.float32(1), 0
    while product > 0:
        product, count = product * factor, count + 1
    return count


# %% wrong="the mean of the logarithms" says="mean"
def likelihood(p):
    return p.prod()


def log_likelihood(p):
    return p.log().mean()


def underflow_count(p):
    factor, product, count = np.float32(p), np.float32(1), 0
    while product > 0:
        product, count = product * factor, count + 1
    return count


# %% wrong="base 10" says="base"
def likelihood(p):
    return p.prod()


def log_likelihood(p):
    return p.log10().sum()


def underflow_count(p):
    factor, product, count = np.float32(p), np.float32(1), 0
    while product > 0:
        product, count = product * factor, count + 1
    return count


# %% wrong="base 2" says="base"
def likelihood(p):
    return p.prod()


def log_likelihood(p):
    return p.log2().sum()


def underflow_count(p):
    factor, product, count = np.float32(p), np.float32(1), 0
    while product > 0:
        product, count = product * factor, count + 1
    return count


# %% wrong="counted in float64" says="float64"
def likelihood(p):
    return p.prod()


def log_likelihood(p):
    return p.log().sum()


def underflow_count(p):
    product, count = 1.0, 0
    while product > 0:
        product, count = product * p, count + 1
    return count


# %% wrong="one too few" says="off by one"
def likelihood(p):
    return p.prod()


def log_likelihood(p):
    return p.log().sum()


def underflow_count(p):
    factor, product, count = np.float32(p), np.float32(1), 0
    while product * factor > 0:
        product, count = product * factor, count + 1
    return count


# %% wrong="the end of the normal numbers" says="subnormal"
def likelihood(p):
    return p.prod()


def log_likelihood(p):
    return p.log().sum()


def underflow_count(p):
    return math.ceil(math.log(torch.finfo(torch.float32).tiny) / math.log(p))


# %% wrong="hard-coded" says="one float32 factor at a time"
def likelihood(p):
    return p.prod()


def log_likelihood(p):
    return p.log().sum()


def underflow_count(p):
    return 32
