# %% right="new_empty"
@interp.register_fake
def interp_fake(x, xp, fp):
    return x.new_empty(x.shape)


# %% right="one-hot weights and a matrix product" cell="answer-7.10-b"
def interp_setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def interp_backward(ctx, grad_y):
    x, xp, fp = ctx.saved_tensors
    i = (torch.searchsorted(xp, x.contiguous(), right=True) - 1).clamp(0, len(xp) - 2)
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    t = torch.clamp((x - xp[i]) / width, 0, 1)
    inside = (x > xp[0]) & (x < xp[-1])
    dx = grad_y * torch.where(inside, rise / width, 0.0)
    dfp = torch.zeros_like(fp)
    rows = F.one_hot(i.flatten(), len(fp)).to(fp)
    nexts = F.one_hot(i.flatten() + 1, len(fp)).to(fp)
    dfp = ((1 - t) * grad_y).flatten() @ rows + (t * grad_y).flatten() @ nexts
    return dx, None, dfp


interp.register_autograd(interp_backward, setup_context=interp_setup)


# %% right="index_put with accumulate" cell="answer-7.10-b"
def interp_setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def interp_backward(ctx, grad_y):
    x, xp, fp = ctx.saved_tensors
    i = (torch.searchsorted(xp, x.contiguous(), right=True) - 1).clamp(0, len(xp) - 2)
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    t = torch.clamp((x - xp[i]) / width, 0, 1)
    inside = (x > xp[0]) & (x < xp[-1])
    dx = grad_y * torch.where(inside, rise / width, 0.0)
    dfp = torch.zeros_like(fp)
    dfp = dfp.index_put((i,), (1 - t) * grad_y, accumulate=True).index_put((i + 1,), t * grad_y, accumulate=True)
    return dx, None, dfp


interp.register_autograd(interp_backward, setup_context=interp_setup)


# %% wrong="the table's shape" says="shape"
@interp.register_fake
def interp_fake(x, xp, fp):
    return torch.empty_like(fp)


# %% wrong="float32 always" says="float64"
@interp.register_fake
def interp_fake(x, xp, fp):
    return torch.empty(x.shape, device=x.device)


# %% wrong="on the CPU always" says="device"
@interp.register_fake
def interp_fake(x, xp, fp):
    return torch.empty(x.shape, dtype=x.dtype)


# %% wrong="weights exchanged" says="exchanged" cell="answer-7.10-b"
def interp_setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def interp_backward(ctx, grad_y):
    x, xp, fp = ctx.saved_tensors
    i = (torch.searchsorted(xp, x.contiguous(), right=True) - 1).clamp(0, len(xp) - 2)
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    t = torch.clamp((x - xp[i]) / width, 0, 1)
    inside = (x > xp[0]) & (x < xp[-1])
    dx = grad_y * torch.where(inside, rise / width, 0.0)
    dfp = torch.zeros_like(fp)
    dfp = dfp.index_add(0, i.flatten(), (t * grad_y).flatten())
    dfp = dfp.index_add(0, i.flatten() + 1, ((1 - t) * grad_y).flatten())
    return dx, None, dfp


interp.register_autograd(interp_backward, setup_context=interp_setup)


# %% wrong="upstream forgotten in dx" says="upstream" cell="answer-7.10-b"
def interp_setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def interp_backward(ctx, grad_y):
    x, xp, fp = ctx.saved_tensors
    i = (torch.searchsorted(xp, x.contiguous(), right=True) - 1).clamp(0, len(xp) - 2)
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    t = torch.clamp((x - xp[i]) / width, 0, 1)
    inside = (x > xp[0]) & (x < xp[-1])
    dx = torch.where(inside, rise / width, 0.0)
    dfp = torch.zeros_like(fp)
    dfp = dfp.index_add(0, i.flatten(), ((1 - t) * grad_y).flatten())
    dfp = dfp.index_add(0, i.flatten() + 1, (t * grad_y).flatten())
    return dx, None, dfp


interp.register_autograd(interp_backward, setup_context=interp_setup)


# %% wrong="width forgotten" says="width" cell="answer-7.10-b"
def interp_setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def interp_backward(ctx, grad_y):
    x, xp, fp = ctx.saved_tensors
    i = (torch.searchsorted(xp, x.contiguous(), right=True) - 1).clamp(0, len(xp) - 2)
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    t = torch.clamp((x - xp[i]) / width, 0, 1)
    inside = (x > xp[0]) & (x < xp[-1])
    dx = grad_y * torch.where(inside, rise, 0.0)
    dfp = torch.zeros_like(fp)
    dfp = dfp.index_add(0, i.flatten(), ((1 - t) * grad_y).flatten())
    dfp = dfp.index_add(0, i.flatten() + 1, (t * grad_y).flatten())
    return dx, None, dfp


interp.register_autograd(interp_backward, setup_context=interp_setup)


# %% wrong="slope beyond the ends" says="beyond" cell="answer-7.10-b"
def interp_setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def interp_backward(ctx, grad_y):
    x, xp, fp = ctx.saved_tensors
    i = (torch.searchsorted(xp, x.contiguous(), right=True) - 1).clamp(0, len(xp) - 2)
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    t = torch.clamp((x - xp[i]) / width, 0, 1)
    inside = (x > xp[0]) & (x < xp[-1])
    dx = grad_y * rise / width
    dfp = torch.zeros_like(fp)
    dfp = dfp.index_add(0, i.flatten(), ((1 - t) * grad_y).flatten())
    dfp = dfp.index_add(0, i.flatten() + 1, (t * grad_y).flatten())
    return dx, None, dfp


interp.register_autograd(interp_backward, setup_context=interp_setup)


# %% wrong="overwritten instead of added" says="index_add" cell="answer-7.10-b"
def interp_setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def interp_backward(ctx, grad_y):
    x, xp, fp = ctx.saved_tensors
    i = (torch.searchsorted(xp, x.contiguous(), right=True) - 1).clamp(0, len(xp) - 2)
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    t = torch.clamp((x - xp[i]) / width, 0, 1)
    inside = (x > xp[0]) & (x < xp[-1])
    dx = grad_y * torch.where(inside, rise / width, 0.0)
    dfp = torch.zeros_like(fp)
    dfp[i] = (1 - t) * grad_y
    dfp[i + 1] = t * grad_y
    return dx, None, dfp


interp.register_autograd(interp_backward, setup_context=interp_setup)


# %% wrong="the left end only" says="left end" cell="answer-7.10-b"
def interp_setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def interp_backward(ctx, grad_y):
    x, xp, fp = ctx.saved_tensors
    i = (torch.searchsorted(xp, x.contiguous(), right=True) - 1).clamp(0, len(xp) - 2)
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    t = torch.clamp((x - xp[i]) / width, 0, 1)
    inside = (x > xp[0]) & (x < xp[-1])
    dx = grad_y * torch.where(inside, rise / width, 0.0)
    dfp = torch.zeros_like(fp)
    dfp = dfp.index_add(0, i.flatten(), ((1 - t) * grad_y).flatten())
    return dx, None, dfp


interp.register_autograd(interp_backward, setup_context=interp_setup)


# %% wrong="slope detached" says="second" cell="answer-7.10-b"
def interp_setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs)


def interp_backward(ctx, grad_y):
    x, xp, fp = ctx.saved_tensors
    i = (torch.searchsorted(xp, x.contiguous(), right=True) - 1).clamp(0, len(xp) - 2)
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    t = torch.clamp((x - xp[i]) / width, 0, 1)
    inside = (x > xp[0]) & (x < xp[-1])
    dx = grad_y * torch.where(inside, rise.detach() / width, 0.0)
    dfp = torch.zeros_like(fp)
    dfp = dfp.index_add(0, i.flatten(), ((1 - t) * grad_y).flatten())
    dfp = dfp.index_add(0, i.flatten() + 1, (t * grad_y).flatten())
    return dx, None, dfp


interp.register_autograd(interp_backward, setup_context=interp_setup)
