# %% right="by hand, without autograd"
def clipped_step(parameters, x, y, lr, max_norm):
    w, b = parameters
    residual = 2 * (x @ w + b - y) / len(y)
    dw, db = x.T @ residual, residual.sum().reshape(1)
    norm = torch.cat([dw, db]).norm()
    scale = torch.clamp(max_norm / norm, max=1.0)
    return [w - lr * scale * dw, b - lr * scale * db]


# %% right="torch's own clip and an optimizer"
def clipped_step(parameters, x, y, lr, max_norm):
    held = [torch.nn.Parameter(p.clone()) for p in parameters]
    optimizer = torch.optim.SGD(held, lr=lr)
    ((x @ held[0] + held[1] - y) ** 2).mean().backward()
    torch.nn.utils.clip_grad_norm_(held, max_norm)
    optimizer.step()
    return [p.detach() for p in held]


# %% wrong="the leak left in" says="cut off"
def clipped_step(parameters, x, y, lr, max_norm):
    w, b = (p.clone().requires_grad_() for p in parameters)
    loss = torch.clamp(F.mse_loss(x @ w + b, y), max=max_norm)
    gradients = torch.autograd.grad(loss, (w, b))
    return [(p - lr * d).detach() for p, d in zip((w, b), gradients)]


# %% wrong="loss clamped and gradient clipped" says="cut off"
def clipped_step(parameters, x, y, lr, max_norm):
    w, b = (p.clone().requires_grad_() for p in parameters)
    loss = torch.clamp(F.mse_loss(x @ w + b, y), max=max_norm)
    gradients = torch.autograd.grad(loss, (w, b))
    norm = torch.cat(gradients).norm().item()
    return [(p - lr * d * min(1.0, max_norm / max(norm, 1e-12))).detach() for p, d in zip((w, b), gradients)]


# %% wrong="no limit at all" says="not clipped"
def clipped_step(parameters, x, y, lr, max_norm):
    w, b = (p.clone().requires_grad_() for p in parameters)
    gradients = torch.autograd.grad(F.mse_loss(x @ w + b, y), (w, b))
    return [(p - lr * d).detach() for p, d in zip((w, b), gradients)]


# %% wrong="each parameter's gradient by itself" says="one norm"
def clipped_step(parameters, x, y, lr, max_norm):
    w, b = (p.clone().requires_grad_() for p in parameters)
    gradients = torch.autograd.grad(F.mse_loss(x @ w + b, y), (w, b))
    return [(p - lr * d * min(1.0, max_norm / d.norm().item())).detach() for p, d in zip((w, b), gradients)]


# %% wrong="clamped entries" says="clamping"
def clipped_step(parameters, x, y, lr, max_norm):
    w, b = (p.clone().requires_grad_() for p in parameters)
    gradients = torch.autograd.grad(F.mse_loss(x @ w + b, y), (w, b))
    return [(p - lr * d.clamp(-max_norm, max_norm)).detach() for p, d in zip((w, b), gradients)]


# %% wrong="always the full length" says="stays as it is"
def clipped_step(parameters, x, y, lr, max_norm):
    w, b = (p.clone().requires_grad_() for p in parameters)
    gradients = torch.autograd.grad(F.mse_loss(x @ w + b, y), (w, b))
    norm = torch.cat(gradients).norm()
    return [(p - lr * max_norm * d / norm).detach() for p, d in zip((w, b), gradients)]


# %% wrong="uphill" says="sign"
def clipped_step(parameters, x, y, lr, max_norm):
    w, b = (p.clone().requires_grad_() for p in parameters)
    gradients = torch.autograd.grad(F.mse_loss(x @ w + b, y), (w, b))
    scale = min(1.0, max_norm / torch.cat(gradients).norm().item())
    return [(p + lr * scale * d).detach() for p, d in zip((w, b), gradients)]


# %% wrong="the loss squashed by a logarithm" says="min(1"
def clipped_step(parameters, x, y, lr, max_norm):
    w, b = (p.clone().requires_grad_() for p in parameters)
    gradients = torch.autograd.grad(torch.log1p(F.mse_loss(x @ w + b, y)), (w, b))
    scale = min(1.0, max_norm / torch.cat(gradients).norm().item())
    return [(p - lr * scale * d).detach() for p, d in zip((w, b), gradients)]
