# %% right="filled from the end, matrix times column"
def gradient_norms(W, states, u, tanh):
    T = len(states) - 1
    norms = torch.zeros(T + 1, dtype=W.dtype)
    g = u.clone()
    norms[T] = g.norm()
    for t in range(T - 1, -1, -1):
        if tanh:
            g = g * (1 - states[t + 1] ** 2)
        g = W @ g
        norms[t] = g.norm()
    return norms


# %% right="products of Jacobian matrices"
def gradient_norms(W, states, u, tanh):
    J, norms = torch.eye(len(u), dtype=W.dtype), [u.norm()]
    for h in states[1:].flip(0):
        slope = 1 - h * h if tanh else torch.ones_like(h)
        J = (W * slope) @ J  # dh_{t+1}/dh_t, as columns
        norms.insert(0, (J @ u).norm())
    return torch.stack(norms)


# %% right="torch's own clip on copies" cell="answer-6.6-b"
def clip_by_norm(gradients, limit):
    holders = [torch.zeros_like(d) for d in gradients]
    for holder, d in zip(holders, gradients):
        holder.grad = d.clone()
    torch.nn.utils.clip_grad_norm_(holders, limit)
    return [holder.grad for holder in holders]


# %% right="one flat vector" cell="answer-6.6-b"
def clip_by_norm(gradients, limit):
    norm = torch.cat([d.reshape(-1) for d in gradients]).norm().item()
    return [d * (limit / norm) for d in gradients] if norm > limit else list(gradients)


# %% wrong="no transpose" says="transpose"
def gradient_norms(W, states, u, tanh):
    dh, norms = u, [u.norm()]
    for h in states[1:].flip(0):
        dh = (dh * (1 - h**2) if tanh else dh) @ W
        norms.append(dh.norm())
    return torch.stack(norms[::-1])


# %% wrong="the slope of the tanh forgotten" says="slope"
def gradient_norms(W, states, u, tanh):
    dh, norms = u, [u.norm()]
    for _ in states[1:]:
        dh = dh @ W.T
        norms.append(dh.norm())
    return torch.stack(norms[::-1])


# %% wrong="the slope one step early" says="not at h_t"
def gradient_norms(W, states, u, tanh):
    dh, norms = u, [u.norm()]
    for h in states[:-1].flip(0):
        dh = (dh * (1 - h**2) if tanh else dh) @ W.T
        norms.append(dh.norm())
    return torch.stack(norms[::-1])


# %% wrong="slope after the matrix" says="comes before"
def gradient_norms(W, states, u, tanh):
    dh, norms = u, [u.norm()]
    for h in states[1:].flip(0):
        dh = dh @ W.T
        dh = dh * (1 - h**2) if tanh else dh
        norms.append(dh.norm())
    return torch.stack(norms[::-1])


# %% wrong="times backward" says="backward"
def gradient_norms(W, states, u, tanh):
    dh, norms = u, [u.norm()]
    for h in states[1:].flip(0):
        dh = (dh * (1 - h**2) if tanh else dh) @ W.T
        norms.append(dh.norm())
    return torch.stack(norms)


# %% wrong="squared norms" says="root"
def gradient_norms(W, states, u, tanh):
    dh, norms = u, [(u**2).sum()]
    for h in states[1:].flip(0):
        dh = (dh * (1 - h**2) if tanh else dh) @ W.T
        norms.append((dh**2).sum())
    return torch.stack(norms[::-1])


# %% wrong="one norm short" says="shape"
def gradient_norms(W, states, u, tanh):
    dh, norms = u, []
    for h in states[1:].flip(0):
        dh = (dh * (1 - h**2) if tanh else dh) @ W.T
        norms.append(dh.norm())
    return torch.stack(norms[::-1])


# %% wrong="each tensor by itself" says="one norm for all" cell="answer-6.6-b"
def clip_by_norm(gradients, limit):
    return [d * min(1.0, limit / max(d.norm().item(), 1e-12)) for d in gradients]


# %% wrong="clamped entries" says="clamping" cell="answer-6.6-b"
def clip_by_norm(gradients, limit):
    return [d.clamp(-limit, limit) for d in gradients]


# %% wrong="the sum of squares without the root" says="root" cell="answer-6.6-b"
def clip_by_norm(gradients, limit):
    total = sum((d**2).sum().item() for d in gradients)
    return [d * min(1.0, limit / max(total, 1e-12)) for d in gradients]


# %% wrong="sum of the tensors' norms" says="not the norms" cell="answer-6.6-b"
def clip_by_norm(gradients, limit):
    total = sum(d.norm().item() for d in gradients)
    return [d * min(1.0, limit / max(total, 1e-12)) for d in gradients]


# %% wrong="short gradients stretched to the limit" says="as they are" cell="answer-6.6-b"
def clip_by_norm(gradients, limit):
    total = math.sqrt(sum((d**2).sum().item() for d in gradients))
    return [d * limit / max(total, 1e-12) for d in gradients]


# %% wrong="zero divided by zero" says="nan" cell="answer-6.6-b"
def clip_by_norm(gradients, limit):
    total = torch.cat([d.flatten() for d in gradients]).norm()
    return [d / total * torch.minimum(total, torch.tensor(limit)) for d in gradients]


# %% wrong="nothing is clipped" says="nothing is clipped" cell="answer-6.6-b"
def clip_by_norm(gradients, limit):
    return gradients

# %% right="a list of floats" cell="answer-6.6-a"
def gradient_norms(W, states, u, tanh):
    d, norms = u, [u.norm().item()]
    for h in states.flip(0)[:-1]:
        d = W @ (d * (1 - h**2) if tanh else d)
        norms.append(d.norm().item())
    return norms[::-1]


# %% wrong="the matrix first, then the slope of the state before" cell="answer-6.6-a" says="first the tanh"
def gradient_norms(W, states, u, tanh):
    d, norms = u, [u.norm()]
    for h in states[:-1].flip(0):
        d = d @ W.T
        d = d * (1 - h**2) if tanh else d
        norms.append(d.norm())
    return torch.stack(norms[::-1])
