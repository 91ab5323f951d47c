# %% right="rows of an identity matrix"
def forward_difference(f, x, h):
    steps = h * torch.eye(len(x), dtype=x.dtype)
    return torch.stack([torch.as_tensor(f(x + step) - f(x), dtype=x.dtype) / h for step in steps])


# %% right="a list, made a tensor at the end" cell="answer-1.2-b"
def central_difference(f, x, h):
    slopes = []
    for i in range(len(x)):
        up, down = x.clone(), x.clone()
        up[i] += h
        down[i] -= h
        slopes.append(float(f(up) - f(down)) / h / 2)
    return torch.tensor(slopes, dtype=x.dtype)


# %% right="moved in place and put back"
def forward_difference(f, x, h):
    x = x.clone()
    start, slopes = f(x), torch.empty_like(x)
    for i in range(x.shape[0]):
        kept = x[i].clone()
        x[i] = kept + h
        slopes[i] = (f(x) - start) / h
        x[i] = kept
    return slopes


# %% wrong="earlier coordinates stay moved" says="clone"
def forward_difference(f, x, h):
    moved, gradient = x.clone(), torch.zeros_like(x)
    for i in range(len(x)):
        moved[i] += h
        gradient[i] = (f(moved) - f(x)) / h
    return gradient


# %% wrong="each step starts from the last" says="stay moved"
def forward_difference(f, x, h):
    moved, gradient = x.clone(), torch.zeros_like(x)
    for i in range(len(x)):
        before = f(moved)
        moved[i] += h
        gradient[i] = (f(moved) - before) / h
    return gradient


# %% wrong="all coordinates at once" says="all coordinates"
def forward_difference(f, x, h):
    return torch.ones_like(x) * (f(x + h) - f(x)) / h


# %% wrong="the caller's x is moved" says="caller"
def forward_difference(f, x, h):
    start, gradient = f(x), torch.zeros_like(x)
    for i in range(len(x)):
        kept = x[i].clone()
        x[i] += h
        gradient[i] = (f(x) - start) / h
        x[i] = kept
    x += 1e-9
    return gradient


# %% wrong="central in place of forward" says="central"
def forward_difference(f, x, h):
    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        e = torch.zeros_like(x)
        e[i] = h
        gradient[i] = (f(x + e) - f(x - e)) / (2 * h)
    return gradient


# %% wrong="backward in place of forward" says="backward"
def forward_difference(f, x, h):
    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        e = torch.zeros_like(x)
        e[i] = h
        gradient[i] = (f(x) - f(x - e)) / h
    return gradient


# %% wrong="kept in float32" says="float32"
def forward_difference(f, x, h):
    gradient = torch.zeros(len(x))
    for i in range(len(x)):
        moved = x.clone()
        moved[i] += h
        gradient[i] = (f(moved) - f(x)) / h
    return gradient


# %% wrong="one number" says="shape"
def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


# %% wrong="the size written as a number" only="hidden"
def forward_difference(f, x, h):
    gradient = torch.zeros_like(x)
    for i in range(3):
        moved = x.clone()
        moved[i] += h
        gradient[i] = (f(moved) - f(x)) / h
    return gradient


# %% wrong="divided by h for 2h" says="2h" cell="answer-1.2-b"
def central_difference(f, x, h):
    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        e = torch.zeros_like(x)
        e[i] = h
        gradient[i] = (f(x + e) - f(x - e)) / h
    return gradient


# %% wrong="/ 2 * h" says="brackets" cell="answer-1.2-b"
def central_difference(f, x, h):
    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        e = torch.zeros_like(x)
        e[i] = h
        gradient[i] = (f(x + e) - f(x - e)) / 2 * h
    return gradient


# %% wrong="two names for one tensor" says="second name" cell="answer-1.2-b"
def central_difference(f, x, h):
    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        up = down = x.clone()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient
