# %% right="a loop over the rows"
def loss_and_gradient(W, counts):
    M = counts.sum()
    dW = torch.zeros_like(W)
    loss = 0.0
    for i in range(len(W)):
        e = (W[i] - W[i].max()).exp()
        p = e / e.sum()
        loss = loss - (counts[i] * p.log()).sum() / M
        dW[i] = (counts[i].sum() * p - counts[i]) / M
    return loss, dW


def descend(W, counts, learning_rate, steps):
    W = W.clone()
    for _ in range(steps):
        W -= learning_rate * loss_and_gradient(W, counts)[1]
    return W


# %% right="shares instead of counts"
def loss_and_gradient(W, counts):
    share = counts / counts.sum()
    S = torch.softmax(W, dim=1)
    logsum = W.logsumexp(1)
    loss = (share.sum(1) * logsum).sum() - (share * W).sum()
    return [loss.item(), torch.diag(share.sum(1)) @ S - share]


def descend(W, counts, learning_rate, steps):
    if steps == 0:
        return W
    return descend(W - learning_rate * loss_and_gradient(W, counts)[1], counts, learning_rate, steps - 1)


# %% right="a tensor" cell="answer-2.6-b"
learning_rate = torch.tensor(40.0)

# %% right="a smaller rate that gets there, too" cell="answer-2.6-b"
learning_rate = 30


# %% wrong="rows weigh the same" says="as often as its letter occurs"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    rows = counts.sum(1, keepdim=True)
    return -(counts * log_s).sum() / total, log_s.exp() - counts / rows


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return W


# %% wrong="one softmax for each cell" says="one softmax for each pair"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = log_s.exp()
    return -(counts * log_s).sum() / total, (predicted - counts) / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return W


# %% wrong="not divided" says="divide by the number of pairs"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, predicted - counts


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return W


# %% wrong="counted minus predicted" says="sign"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, (counts - predicted) / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return W


# %% wrong="the counted part forgotten" says="subtract counts"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, predicted / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return W


# %% wrong="softmax over columns" says="your own dW"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 0)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, (predicted - counts) / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return W


# %% wrong="only the gradient" says="returns two things"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return (predicted - counts) / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return W


# %% wrong="27 hard-coded" says="loss_and_gradient stopped"
def loss_and_gradient(W, counts):
    total = counts.sum()
    W = W.view(27, 27)
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, (predicted - counts) / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return W


# %% wrong="W changed in place" says="works in place"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, (predicted - counts) / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        W -= learning_rate * loss_and_gradient(W, counts)[1]
    return W


# %% wrong="uphill" says="uphill"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, (predicted - counts) / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W + learning_rate * dW
    return W


# %% wrong="one step only" says="only one step"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, (predicted - counts) / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        return W - learning_rate * dW


# %% wrong="the gradient of the start" says="taken once"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, (predicted - counts) / total


def descend(W, counts, learning_rate, steps):
    _, dW = loss_and_gradient(W, counts)
    for _ in range(steps):
        W = W - learning_rate * dW
    return W


# %% wrong="W never updated" says="has not moved"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, (predicted - counts) / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        new = W - learning_rate * dW
    return W


# %% wrong="nothing returned" says="not done"
def loss_and_gradient(W, counts):
    total = counts.sum()
    log_s = torch.log_softmax(W, 1)
    predicted = counts.sum(1, keepdim=True) * log_s.exp()
    return -(counts * log_s).sum() / total, (predicted - counts) / total


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return None


# %% wrong="zeros" says="loss"
def loss_and_gradient(W, counts):
    return 0.0, torch.zeros_like(W)


def descend(W, counts, learning_rate, steps):
    for _ in range(steps):
        _, dW = loss_and_gradient(W, counts)
        W = W - learning_rate * dW
    return W


# %% wrong="too small" cell="answer-2.6-b" says="too small"
learning_rate = 1

# %% wrong="much too large" cell="answer-2.6-b" says="too large"
learning_rate = 200

# %% wrong="beyond the threshold" cell="answer-2.6-b" says="too large"
learning_rate = 100

# %% wrong="not a number" cell="answer-2.6-b" says="number is expected"
learning_rate = "fifty"
