# %% right="a fresh gradient for each probe, lists of pieces"
def hessian_samples(loss, parameters, V):
    sizes = [p.numel() for p in parameters]
    found = []
    for k in range(V.shape[1]):
        pieces = [piece.view_as(p) for piece, p in zip(V[:, k].split(sizes), parameters)]
        gradients = torch.autograd.grad(loss(parameters), parameters, create_graph=True)
        slope = sum((d * v).sum() for d, v in zip(gradients, pieces))
        second = torch.autograd.grad(slope, parameters)
        found.append(sum((d * v).sum() for d, v in zip(second, pieces)).item())
    return torch.tensor(found)

# %% right="torch.func on one flat vector"
def hessian_samples(loss, parameters, V):
    shapes = [p.shape for p in parameters]
    sizes = [p.numel() for p in parameters]
    theta = torch.cat([p.detach().flatten() for p in parameters])

    def of_theta(theta):
        return loss([piece.view(shape) for piece, shape in zip(theta.split(sizes), shapes)])

    gradient = torch.func.grad(of_theta)
    return torch.stack([v @ torch.func.jvp(gradient, (theta,), (v,))[1] for v in V.T])

# %% wrong="the blocks between parameters missing" says="blocks between"
def hessian_samples(loss, parameters, V):
    gradients = torch.autograd.grad(loss(parameters), parameters, create_graph=True)
    samples = []
    for v in V.T:
        total = 0.0
        for p, d, piece in zip(parameters, gradients, v.split([p.numel() for p in parameters])):
            (second,) = torch.autograd.grad(d.flatten() @ piece, p, retain_graph=True)
            total = total + second.flatten() @ piece
        samples.append(total)
    return torch.stack(samples)

# %% wrong="the gradient squared" says="square of the gradient"
def hessian_samples(loss, parameters, V):
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    gradient = flat(torch.autograd.grad(loss(parameters), parameters, create_graph=True))
    samples = [(gradient @ v) ** 2 for v in V.T]
    return torch.stack(samples)

# %% wrong="one derivative" says="one more"
def hessian_samples(loss, parameters, V):
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    gradient = flat(torch.autograd.grad(loss(parameters), parameters, create_graph=True))
    samples = [gradient @ v for v in V.T]
    return torch.stack(samples)

# %% wrong="the sum of Hv" says="dot product with v"
def hessian_samples(loss, parameters, V):
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    gradient = flat(torch.autograd.grad(loss(parameters), parameters, create_graph=True))
    samples = [flat(torch.autograd.grad(gradient @ v, parameters, retain_graph=True)).sum() for v in V.T]
    return torch.stack(samples)

# %% wrong="the mean over probes" says="The mean"
def hessian_samples(loss, parameters, V):
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    gradient = flat(torch.autograd.grad(loss(parameters), parameters, create_graph=True))
    samples = [v @ flat(torch.autograd.grad(gradient @ v, parameters, retain_graph=True)) for v in V.T]
    return torch.stack(samples).mean()

# %% wrong="Hv itself" says="number for each column"
def hessian_samples(loss, parameters, V):
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    gradient = flat(torch.autograd.grad(loss(parameters), parameters, create_graph=True))
    samples = [flat(torch.autograd.grad(gradient @ v, parameters, retain_graph=True)) for v in V.T]
    return torch.stack(samples, 1)

# %% wrong="no graph of the gradient" says="stopped"
def hessian_samples(loss, parameters, V):
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    gradient = flat(torch.autograd.grad(loss(parameters), parameters))
    samples = [v @ flat(torch.autograd.grad(gradient @ v, parameters, retain_graph=True)) for v in V.T]
    return torch.stack(samples)

# %% wrong="a graph used up" says="stopped"
def hessian_samples(loss, parameters, V):
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    gradient = flat(torch.autograd.grad(loss(parameters), parameters, create_graph=True))
    samples = [v @ flat(torch.autograd.grad(gradient @ v, parameters)) for v in V.T]
    return torch.stack(samples)

# %% wrong="rows for columns" says="stopped"
def hessian_samples(loss, parameters, V):
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    gradient = flat(torch.autograd.grad(loss(parameters), parameters, create_graph=True))
    samples = [v @ flat(torch.autograd.grad(gradient @ v, parameters, retain_graph=True)) for v in V]
    return torch.stack(samples)

# %% wrong="divided by the number of parameters" says="No division"
def hessian_samples(loss, parameters, V):
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    gradient = flat(torch.autograd.grad(loss(parameters), parameters, create_graph=True))
    samples = [v @ flat(torch.autograd.grad(gradient @ v, parameters, retain_graph=True)) for v in V.T]
    return torch.stack(samples) / len(V)

# %% wrong="only the first parameter"
def hessian_samples(loss, parameters, V):
    def flat(tensors):
        return torch.cat([t.flatten() for t in tensors])

    gradient = flat(torch.autograd.grad(loss(parameters), parameters[:1], create_graph=True))
    samples = [v @ flat(torch.autograd.grad(gradient @ v[: len(gradient)], parameters, retain_graph=True)) for v in V.T]
    return torch.stack(samples)
