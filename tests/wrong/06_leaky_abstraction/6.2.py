# %% right="retain_grad and backward"
def survey(x, weights, cotangent):
    h, hs = x, []
    for weight in weights:
        h = torch.tanh(h @ weight.clone().requires_grad_())
        h.retain_grad()
        hs.append(h)
    torch.sum(h * cotangent).backward()
    rows = []
    for h in hs:
        share = (h.detach().abs() > 0.97).sum().item() / h.numel()
        rows.append([h.detach().std().item(), share, h.grad.std().item()])
    return torch.tensor(rows, dtype=x.dtype)


# %% right="the chain rule by hand"
def survey(x, weights, cotangent):
    hs = [x]
    for weight in weights:
        hs.append(torch.tanh(hs[-1] @ weight))
    table, dh = torch.zeros(len(weights), 3, dtype=x.dtype), cotangent
    for k in range(len(weights), 0, -1):
        table[k - 1] = torch.tensor([hs[k].std(), (hs[k].abs() > 0.97).double().mean(), dh.std()])
        dh = (dh * (1 - hs[k] ** 2)) @ weights[k - 1].T
    return table


# %% right="the ratio at its smallest, larger over smaller" cell="answer-6.2-b"
def choose(gains, surveys):
    def uneven(i):
        first, last = surveys[i][0, 2].item(), surveys[i][-1, 2].item()
        return max(first, last) / min(first, last)

    return gains[min(range(len(gains)), key=uneven)]


# %% wrong="gradients of the pre-activations" says="pre-activations"
def survey(x, weights, cotangent):
    h, zs, hs = x, [], []
    for weight in weights:
        z = h @ weight.clone().requires_grad_()
        h = torch.tanh(z)
        zs.append(z)
        hs.append(h)
    dzs = torch.autograd.grad((h * cotangent).sum(), zs)
    return torch.stack(
        [torch.stack([h.std(), (h.abs() > 0.97).double().mean(), dz.std()]) for h, dz in zip(hs, dzs)]
    ).detach()


# %% wrong="a cotangent of ones" says="ones"
def survey(x, weights, cotangent):
    h, hs = x.clone().requires_grad_(), []
    for weight in weights:
        h = torch.tanh(h @ weight)
        hs.append(h)
    dhs = torch.autograd.grad(h.sum(), hs)
    return torch.stack(
        [torch.stack([h.std(), (h.abs() > 0.97).double().mean(), dh.std()]) for h, dh in zip(hs, dhs)]
    ).detach()


# %% wrong="one side of the saturation" says="|h|"
def survey(x, weights, cotangent):
    h, hs = x.clone().requires_grad_(), []
    for weight in weights:
        h = torch.tanh(h @ weight)
        hs.append(h)
    dhs = torch.autograd.grad((h * cotangent).sum(), hs)
    return torch.stack(
        [torch.stack([h.std(), (h > 0.97).double().mean(), dh.std()]) for h, dh in zip(hs, dhs)]
    ).detach()


# %% wrong="counts, not shares" says="share lies between"
def survey(x, weights, cotangent):
    h, hs = x.clone().requires_grad_(), []
    for weight in weights:
        h = torch.tanh(h @ weight)
        hs.append(h)
    dhs = torch.autograd.grad((h * cotangent).sum(), hs)
    return torch.stack(
        [torch.stack([h.std(), (h.abs() > 0.97).double().sum(), dh.std()]) for h, dh in zip(hs, dhs)]
    ).detach()


# %% wrong="last layer first" says="reverse order"
def survey(x, weights, cotangent):
    h, hs = x.clone().requires_grad_(), []
    for weight in weights:
        h = torch.tanh(h @ weight)
        hs.append(h)
    dhs = torch.autograd.grad((h * cotangent).sum(), hs)
    rows = [torch.stack([h.std(), (h.abs() > 0.97).double().mean(), dh.std()]) for h, dh in zip(hs, dhs)]
    return torch.stack(rows[::-1]).detach()


# %% wrong="the input counted as a layer" says="shape"
def survey(x, weights, cotangent):
    h = x.clone().requires_grad_()
    hs = [h]
    for weight in weights:
        h = torch.tanh(h @ weight)
        hs.append(h)
    dhs = torch.autograd.grad((h * cotangent).sum(), hs)
    return torch.stack(
        [torch.stack([h.std(), (h.abs() > 0.97).double().mean(), dh.std()]) for h, dh in zip(hs, dhs)]
    ).detach()


# %% wrong="zeros" says="largest difference"
def survey(x, weights, cotangent):
    return torch.zeros(len(weights), 3, dtype=torch.float64)


# %% wrong="nothing requires a gradient" says="stopped"
def survey(x, weights, cotangent):
    h, hs = x, []
    for weight in weights:
        h = torch.tanh(h @ weight)
        hs.append(h)
    dhs = torch.autograd.grad((h * cotangent).sum(), hs)
    return torch.stack([torch.stack([h.std(), h.abs().mean(), dh.std()]) for h, dh in zip(hs, dhs)])


# %% wrong="difference from 1 instead of the logarithm" says="logarithm" cell="answer-6.2-b"
def choose(gains, surveys):
    return min(zip(gains, surveys), key=lambda pair: abs(pair[1][0, 2] / pair[1][-1, 2] - 1))[0]


# %% wrong="no absolute value: the most vanishing one" says="logarithm" cell="answer-6.2-b"
def choose(gains, surveys):
    return min(zip(gains, surveys), key=lambda pair: pair[1][0, 2] / pair[1][-1, 2])[0]


# %% wrong="the position, not the gain" says="position" cell="answer-6.2-b"
def choose(gains, surveys):
    uneven = [abs(math.log(table[0, 2] / table[-1, 2])) for table in surveys]
    return uneven.index(min(uneven))


# %% wrong="the gain 5/3, whatever the surveys say" says="third column" cell="answer-6.2-b"
def choose(gains, surveys):
    return 5 / 3

# %% right="numbers gathered in a float32 table" cell="answer-6.2-a"
def survey(x, weights, cotangent):
    h, hs = x, []
    for weight in weights:
        h = torch.tanh(h @ weight.clone().requires_grad_())
        h.retain_grad()
        hs.append(h)
    h.backward(cotangent)
    saturated = [(h.abs() > 0.97).sum().item() / h.numel() for h in hs]
    return torch.tensor([[h.std().item(), share, h.grad.std().item()] for h, share in zip(hs, saturated)])


# %% right="standard deviations divided by n" cell="answer-6.2-a"
def survey(x, weights, cotangent):
    hs = [x.clone().requires_grad_()]
    for weight in weights:
        hs.append(torch.tanh(hs[-1] @ weight))
    ds = torch.autograd.grad(hs[-1], hs[1:], cotangent)
    rows = [[h.std(correction=0), (h.abs() > 0.97).float().mean(), d.std(correction=0)] for h, d in zip(hs[1:], ds)]
    return torch.tensor([[entry.item() for entry in row] for row in rows])
