# %% right="torch.autograd, and the negative divergence forward in time reversed"
def field_and_divergence(f, t, x, v):
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        dx = f(t, x)
        (pulled,) = torch.autograd.grad((dx * v).sum(), x, create_graph=True)
    return dx, (pulled * v).sum(dim=1)


def log_likelihood(f, x, v, count):
    def slope(s, state):
        dx, divergence = field_and_divergence(f, 1 - s, state[0], v)
        return -dx, -divergence

    z, change = rk4(slope, (x, torch.zeros(x.shape[0])), 0.0, 1.0, count)
    return change + log_normal(z)

# %% right="by a jvp"
def field_and_divergence(f, t, x, v):
    dx, tangent = torch.func.jvp(lambda x: f(t, x), (x,), (v,))
    return dx, torch.einsum("bi,bi->b", v, tangent)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral

# %% wrong="one number for the batch" says="whole batch"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum()


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral

# %% wrong="the sum of the pulled probe" says="multiply by v"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, pull(v)[0].sum(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral

# %% wrong="the product of J and v itself" says="row by row"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, pull(v)[0]


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral

# %% wrong="a mean over coordinates" says="mean over coordinates"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).mean(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral

# %% wrong="the exact divergence" says="exact divergence"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, sum(pull(torch.eye(x.shape[1])[i].expand_as(x))[0][:, i] for i in range(x.shape[1]))


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral

# %% wrong="a minus too many" says="minus"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, -(pull(v)[0] * v).sum(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral

# %% wrong="the pair exchanged" says="exchanged"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return (pull(v)[0] * v).sum(1), dx


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral

# %% wrong="detached" says="cut off"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum(1).detach()


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral

# %% wrong="no graph for the training" says="cut off"
def field_and_divergence(f, t, x, v):
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        dx = f(t, x)
        (pulled,) = torch.autograd.grad((dx * v).sum(), x, retain_graph=True)
    return dx, (pulled * v).sum(dim=1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) + integral

# %% wrong="the integral subtracted" says="sign of the integral"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z) - integral

# %% wrong="solved forward" says="run back"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 0.0, 1.0, count)
    return log_normal(z) + integral

# %% wrong="solved forward with the right sign" says="run back"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 0.0, 1.0, count)
    return log_normal(z) - integral

# %% wrong="the density of x" says="landing point"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(x) + integral

# %% wrong="only the density" says="integral of the divergence"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return log_normal(z)

# %% wrong="only the integral" says="log-density"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return integral

# %% wrong="the loss" says="negative log-likelihood"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return -(log_normal(z) + integral)

# %% wrong="the mean" says="one number for each row"
def field_and_divergence(f, t, x, v):
    dx, pull = torch.func.vjp(lambda x: f(t, x), x)
    return dx, (pull(v)[0] * v).sum(1)


def log_likelihood(f, x, v, count):
    def slope(t, state):
        return field_and_divergence(f, t, state[0], v)

    z, integral = rk4(slope, (x, torch.zeros(len(x))), 1.0, 0.0, count)
    return (log_normal(z) + integral).mean()
