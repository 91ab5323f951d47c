# Right, with whole-tensor operations and helper functions.
# expected: 5.1=26 5.2=8 5.3=12 5.4=14

# %% id="answer-5.1-a"
right = F.one_hot(Yb, vocab_size).to(logprobs.dtype)
dlogprobs = -right / n
dprobs = dlogprobs / probs
dcounts_sum_inv = torch.einsum("ik,ik->i", counts, dprobs).unsqueeze(1)
dcounts_sum = -dcounts_sum_inv / counts_sum.square()
dcounts = dprobs * counts_sum_inv + dcounts_sum.expand_as(counts)

# %% id="answer-5.1-b"
dnorm_logits = counts * dcounts
dlogit_maxes = -dnorm_logits.sum(dim=1, keepdim=True)
dlogits = dnorm_logits.scatter_add(1, logits.argmax(1, keepdim=True), dlogit_maxes)

# %% id="answer-5.1-c"
def linear_backward(x, W, dout):
    """The gradients of x, W and the bias of x @ W + b."""
    return dout @ W.T, x.T @ dout, dout.sum(0)


dh, dW2, db2 = linear_backward(h, W2, dlogits)
dhpreact = torch.addcmul(dh, h.square(), dh, value=-1)

# %% id="answer-5.1-d"
total = lambda x: x.sum(dim=0, keepdim=True)
dbngain, dbnbias = total(dhpreact * bnraw), total(dhpreact)
dbnraw = dhpreact * bngain
dbnvar_inv = total(dbnraw * bndiff)
dbnvar = -0.5 * dbnvar_inv * bnvar_inv**3
dbndiff2 = (dbnvar / (n - 1)).expand_as(bndiff2)
dbndiff = dbnraw * bnvar_inv + 2 * bndiff * dbndiff2
dbnmeani = -total(dbndiff)
dhprebn = dbndiff + dbnmeani / n

# %% id="answer-5.1-e"
dembcat, dW1, db1 = linear_backward(embcat, W1, dhprebn)
demb = dembcat.reshape(*Xb.shape, -1)
dC = torch.zeros_like(C)
dC.index_add_(0, Xb.flatten(), demb.flatten(0, 1))

# %% after="answer-5.1-e"
check("5.1")

# %% id="answer-5.2"
dlogits = F.softmax(logits, dim=1).scatter_add(1, Yb[:, None], -torch.ones(n, 1)) / n

# %% id="answer-5.3"
dhprebn = bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0))

# %% id="answer-5.4-a"
def batch_norm_backward(dout, bngain, bnraw, bnvar_inv):
    n = len(dout)
    dbngain, dbnbias = (dout * bnraw).sum(0, keepdim=True), dout.sum(0, keepdim=True)
    return bngain * bnvar_inv * (dout - dbnbias / n - bnraw * dbngain / (n - 1)), dbngain, dbnbias


def loss_and_gradients(parameters, Xb, Yb):
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    embcat = C[Xb].flatten(1)
    hprebn = torch.addmm(b1, embcat, W1)
    variance, mean = torch.var_mean(hprebn, dim=0, keepdim=True)
    bnvar_inv = torch.rsqrt(variance + 1e-5)
    bnraw = (hprebn - mean) * bnvar_inv
    h = torch.tanh(bnbias + bngain * bnraw)
    logprobs = F.log_softmax(torch.addmm(b2, h, W2), 1)
    loss = -logprobs.gather(1, Yb[:, None]).mean()
    dlogits = (logprobs.exp() - F.one_hot(Yb, logprobs.shape[1])) / len(Xb)
    dh, dW2, db2 = linear_backward(h, W2, dlogits)
    dhprebn, dbngain, dbnbias = batch_norm_backward(dh * (1 - h**2), bngain, bnraw, bnvar_inv)
    dembcat, dW1, db1 = linear_backward(embcat, W1, dhprebn)
    dC = torch.zeros_like(C).index_add(0, Xb.flatten(), dembcat.reshape(-1, C.shape[1]))
    return loss, [dC, dW1, db1, dW2, db2, dbngain, dbnbias]

# %% id="answer-5.4-b"
def sgd_step(parameters, gradients, lr):
    with torch.no_grad():
        for p, dp in zip(parameters, gradients):
            p.sub_(lr * dp)
