# %% right="a mask by multiplication"
def run_window(W, U, xs, ends, h):
    states, h = [], h.detach()
    keep = (~ends).to(h.dtype).unsqueeze(-1)
    for t in range(len(xs)):
        h = torch.tanh(torch.addmm(xs[t] @ U, h, W))
        states.append(h)
        h = h * keep[t]
    return torch.stack(states)


# %% right="an edit of a clone"
def run_window(W, U, xs, ends, h):
    states, h = [], h.detach().clone()
    for x, end in zip(xs, ends):
        h = torch.tanh(x @ U + h @ W)
        states.append(h)
        h = h.clone()
        h[end] = 0.0
    return torch.stack(states)


# %% right="reset before the step"
def run_window(W, U, xs, ends, h):
    states, h = [], h.data
    for t, x in enumerate(xs):
        if t > 0:
            h = h.masked_fill(ends[t - 1][:, None], 0.0)
        h = torch.tanh(x @ U + h @ W)
        states.append(h)
    return torch.stack(states)


# %% wrong="the leaks left in" says="wiped"
def run_window(W, U, xs, ends, h):
    states = []
    for x, end in zip(xs, ends):
        h = torch.tanh(x @ U + h.detach() @ W)
        states.append(h)
        h.data[end] = 0.0
    return torch.stack(states)


# %% wrong="only the detach moved" says="wiped"
def run_window(W, U, xs, ends, h):
    states, h = [], h.detach()
    for x, end in zip(xs, ends):
        h = torch.tanh(x @ U + h @ W)
        states.append(h)
        h.data[end] = 0.0
    return torch.stack(states)


# %% wrong="only the reset mended" says="each step is cut off"
def run_window(W, U, xs, ends, h):
    states = []
    for x, end in zip(xs, ends):
        h = torch.tanh(x @ U + h.detach() @ W)
        states.append(h)
        h = torch.where(end[:, None], 0.0, h)
    return torch.stack(states)


# %% wrong="the reset hidden, on a copy of the value" says="across the end"
def run_window(W, U, xs, ends, h):
    states, h = [], h.detach()
    for x, end in zip(xs, ends):
        h = torch.tanh(x @ U + h @ W)
        states.append(h)
        h = h * 1.0
        h.data[end] = 0.0
    return torch.stack(states)


# %% wrong="an edit in place without .data" says="inplace"
def run_window(W, U, xs, ends, h):
    states, h = [], h.detach()
    for x, end in zip(xs, ends):
        h = torch.tanh(x @ U + h @ W)
        states.append(h)
        h[end] = 0.0
    return torch.stack(states)


# %% wrong="never detached" says="leaves the window"
def run_window(W, U, xs, ends, h):
    states = []
    for x, end in zip(xs, ends):
        h = torch.tanh(x @ U + h @ W)
        states.append(h)
        h = torch.where(end[:, None], 0.0, h)
    return torch.stack(states)


# %% wrong="the stored state reset too" says="wiped"
def run_window(W, U, xs, ends, h):
    states, h = [], h.detach()
    for x, end in zip(xs, ends):
        h = torch.where(end[:, None], 0.0, torch.tanh(x @ U + h @ W))
        states.append(h)
    return torch.stack(states)


# %% wrong="no reset" says="from 0"
def run_window(W, U, xs, ends, h):
    states, h = [], h.detach()
    for x in xs:
        h = torch.tanh(x @ U + h @ W)
        states.append(h)
    return torch.stack(states)


# %% wrong="reset one step early" says="from 0"
def run_window(W, U, xs, ends, h):
    states, h = [], h.detach()
    for x, end in zip(xs, ends):
        h = torch.where(end[:, None], 0.0, h)
        h = torch.tanh(x @ U + h @ W)
        states.append(h)
    return torch.stack(states)


# %% wrong="under no_grad" says="stopped"
def run_window(W, U, xs, ends, h):
    states = []
    with torch.no_grad():
        for x, end in zip(xs, ends):
            h = torch.tanh(x @ U + h @ W)
            states.append(h)
            h = torch.where(end[:, None], 0.0, h)
    return torch.stack(states)


# %% wrong="detached where a text ends, for the whole batch" says="largest difference"
def run_window(W, U, xs, ends, h):
    states, h = [], h.detach()
    for x, end in zip(xs, ends):
        h = torch.tanh(x @ U + h @ W)
        states.append(h)
        if end.any():
            h = torch.where(end[:, None], 0.0, h).detach()
    return torch.stack(states)
