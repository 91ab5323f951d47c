# %% right="torch.autograd for reverse, vjp of the gradient"
def reverse_over_reverse(f, x, v):
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x, create_graph=True)
    return torch.autograd.grad((gradient * v).sum(), x)[0]


def forward_over_reverse(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]


def reverse_over_forward(f, x, v):
    def along(x):
        _, slope = torch.func.jvp(f, (x,), (v,))
        return slope

    return torch.func.vjp(along, x)[1](torch.ones(()))[0]

# %% right="forward_ad's dual numbers"
def reverse_over_reverse(f, x, v):
    return torch.func.vjp(torch.func.grad(f), x)[1](v)[0]


def forward_over_reverse(f, x, v):
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x.detach().requires_grad_(), v)
        (gradient,) = torch.autograd.grad(f(dual), dual, create_graph=True)
        return torch.autograd.forward_ad.unpack_dual(gradient).tangent


def reverse_over_forward(f, x, v):
    x = x.detach().requires_grad_()
    with torch.autograd.forward_ad.dual_level():
        slope = torch.autograd.forward_ad.unpack_dual(f(torch.autograd.forward_ad.make_dual(x, v))).tangent
        return torch.autograd.grad(slope, x)[0]

# %% wrong="the gradient" says="is the gradient"
def reverse_over_reverse(f, x, v):
    return torch.func.grad(f)(x)


def forward_over_reverse(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]


def reverse_over_forward(f, x, v):
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[1])(x)

# %% wrong="the gradient times v" says="one derivative"
def reverse_over_reverse(f, x, v):
    return torch.func.grad(lambda x: (torch.func.grad(f)(x) * v).sum())(x)


def forward_over_reverse(f, x, v):
    return torch.func.grad(f)(x) * v


def reverse_over_forward(f, x, v):
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[1])(x)

# %% wrong="vᵀHv" says="a number; Hv"
def reverse_over_reverse(f, x, v):
    return (v * torch.func.grad(lambda x: (torch.func.grad(f)(x) * v).sum())(x)).sum()


def forward_over_reverse(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]


def reverse_over_forward(f, x, v):
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[1])(x)

# %% wrong="v forgotten" says="v is missing"
def reverse_over_reverse(f, x, v):
    return torch.func.grad(lambda x: torch.func.grad(f)(x).sum())(x)


def forward_over_reverse(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]


def reverse_over_forward(f, x, v):
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[1])(x)

# %% wrong="the value of the jvp" says="is the gradient"
def reverse_over_reverse(f, x, v):
    return torch.func.grad(lambda x: (torch.func.grad(f)(x) * v).sum())(x)


def forward_over_reverse(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[0]


def reverse_over_forward(f, x, v):
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[1])(x)

# %% wrong="the directional derivative" says="directional derivative"
def reverse_over_reverse(f, x, v):
    return torch.func.grad(lambda x: (torch.func.grad(f)(x) * v).sum())(x)


def forward_over_reverse(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]


def reverse_over_forward(f, x, v):
    return torch.func.jvp(f, (x,), (v,))[1]

# %% wrong="along x" says="direction is v"
def reverse_over_reverse(f, x, v):
    return torch.func.grad(lambda x: (torch.func.grad(f)(x) * v).sum())(x)


def forward_over_reverse(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (x,))[1]


def reverse_over_forward(f, x, v):
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[1])(x)

# %% wrong="gradient of the value" says="gradient; v"
def reverse_over_reverse(f, x, v):
    return torch.func.grad(lambda x: (torch.func.grad(f)(x) * v).sum())(x)


def forward_over_reverse(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]


def reverse_over_forward(f, x, v):
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[0])(x)

# %% wrong="all three reverse over reverse" says="reverse over reverse"
def reverse_over_reverse(f, x, v):
    return torch.func.grad(lambda x: (torch.func.grad(f)(x) * v).sum())(x)


def forward_over_reverse(f, x, v):
    return reverse_over_reverse(f, x, v)


def reverse_over_forward(f, x, v):
    return reverse_over_reverse(f, x, v)

# %% wrong="two orders exchanged" says="forward over reverse"
def reverse_over_reverse(f, x, v):
    return torch.func.grad(lambda x: (torch.func.grad(f)(x) * v).sum())(x)


def forward_over_reverse(f, x, v):
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[1])(x)


def reverse_over_forward(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]

# %% wrong="a graph that was not kept" says="stopped"
def reverse_over_reverse(f, x, v):
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x)
    return torch.autograd.grad((gradient * v).sum(), x)[0]


def forward_over_reverse(f, x, v):
    return torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]


def reverse_over_forward(f, x, v):
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[1])(x)

# %% wrong="finite differences" says="finite difference"
def reverse_over_reverse(f, x, v):
    return torch.func.grad(lambda x: (torch.func.grad(f)(x) * v).sum())(x)


def forward_over_reverse(f, x, v):
    gradient = torch.func.grad(f)
    return (gradient(x + 1e-5 * v) - gradient(x - 1e-5 * v)) / 2e-5


def reverse_over_forward(f, x, v):
    return torch.func.grad(lambda x: torch.func.jvp(f, (x,), (v,))[1])(x)
