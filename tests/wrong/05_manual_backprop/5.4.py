# %% right="the long way back, and a step by index"
def loss_and_gradients(parameters, Xb, Yb):
    C, W1, b1, W2, b2, gain, bias = parameters
    n, x = len(Xb), C[Xb].flatten(1)
    z = x @ W1 + b1
    d = z - z.mean(0, keepdim=True)
    v = d.square().sum(0, keepdim=True) / (n - 1)
    r = d / torch.sqrt(v + 1e-5)
    h = torch.tanh(gain * r + bias)
    logits = h @ W2 + b2
    logp = torch.log_softmax(logits, 1)
    loss = -logp[torch.arange(n), Yb].mean()
    g = logp.exp()
    g[torch.arange(n), Yb] -= 1
    g = g / n
    dz2 = g @ W2.T * (1 - h * h)
    dr = gain * dz2
    dv = (dr * d).sum(0, keepdim=True) * -0.5 * (v + 1e-5) ** -1.5
    dd = dr / torch.sqrt(v + 1e-5) + 2 * d * dv / (n - 1)
    dz = dd - dd.mean(0, keepdim=True)
    dC = torch.zeros_like(C)
    for i in range(n):
        for j in range(Xb.shape[1]):
            dC[Xb[i, j]] += (dz[i] @ W1.T).view(Xb.shape[1], -1)[j]
    return loss.item(), (dC, x.T @ dz, dz.sum(0), h.T @ g, g.sum(0), (dz2 * r).sum(0), dz2.sum(0))

# %% right="sgd_step by copy_" cell="answer-5.4-b"
def sgd_step(parameters, gradients, lr):
    for i in range(len(parameters)):
        parameters[i].copy_(parameters[i] - lr * gradients[i])

# %% wrong="the gradients of a batch of 32" says="wrong"
def loss_and_gradients(parameters, Xb, Yb):
    loss, gradients = right_loss_and_gradients(parameters, Xb, Yb)
    return loss, [gradient * len(Xb) / 32 for gradient in gradients]

def right_loss_and_gradients(parameters, Xb, Yb):
    leaves = [p.clone().requires_grad_() for p in parameters]
    C, W1, b1, W2, b2, gain, bias = leaves
    z = C[Xb].flatten(1) @ W1 + b1
    r = (z - z.mean(0)) / torch.sqrt(z.var(0) + 1e-5)
    loss = F.cross_entropy(torch.tanh(gain * r + bias) @ W2 + b2, Yb)
    loss.backward()
    return loss.detach(), [p.grad for p in leaves]

# %% wrong="the gradients in another order" says="shape"
def loss_and_gradients(parameters, Xb, Yb):
    leaves = [p.clone().requires_grad_() for p in parameters]
    C, W1, b1, W2, b2, gain, bias = leaves
    z = C[Xb].flatten(1) @ W1 + b1
    r = (z - z.mean(0)) / torch.sqrt(z.var(0) + 1e-5)
    loss = F.cross_entropy(torch.tanh(gain * r + bias) @ W2 + b2, Yb)
    loss.backward()
    return loss.detach(), [p.grad for p in reversed(leaves)]

# %% wrong="the loss alone" says="two things"
def loss_and_gradients(parameters, Xb, Yb):
    return 3.3

# %% wrong="zeros" says="wrong"
def loss_and_gradients(parameters, Xb, Yb):
    return 0.0, [torch.zeros_like(p) for p in parameters]

# %% wrong="uphill" cell="answer-5.4-b" says="wrong"
def sgd_step(parameters, gradients, lr):
    for parameter, gradient in zip(parameters, gradients):
        parameter += lr * gradient

# %% wrong="new tensors instead of the old ones" cell="answer-5.4-b" says="have not moved"
def sgd_step(parameters, gradients, lr):
    for parameter, gradient in zip(parameters, gradients):
        parameter = parameter - lr * gradient

# %% wrong="the learning rate is forgotten" cell="answer-5.4-b" says="wrong"
def sgd_step(parameters, gradients, lr):
    for parameter, gradient in zip(parameters, gradients):
        parameter -= gradient

# %% wrong="only the first row of each gradient" cell="answer-5.4-b" says="wrong"
def sgd_step(parameters, gradients, lr):
    for parameter, gradient in zip(parameters, gradients):
        parameter -= lr * gradient[0]
