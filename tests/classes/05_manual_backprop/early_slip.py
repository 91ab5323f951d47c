# One early slip, the mean's 1/n forgotten, carried through all that follows.
# expected: 5.1=25 5.2=0 5.3=12 5.4=14

# %% id="answer-5.1-a"
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0
dprobs = dlogprobs / probs
dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
dcounts_sum = -(counts_sum**-2) * dcounts_sum_inv
dcounts = counts_sum_inv * dprobs
dcounts += dcounts_sum

# %% id="answer-5.1-b"
dnorm_logits = counts * dcounts
dlogit_maxes = -dnorm_logits.sum(1, keepdim=True)
dlogits = dnorm_logits.clone()
dlogits += F.one_hot(logits.max(1).indices, num_classes=vocab_size) * dlogit_maxes

# %% id="answer-5.1-c"
dh = dlogits @ W2.T
dW2 = h.T @ dlogits
db2 = dlogits.sum(0)
dhpreact = (1 - h**2) * dh

# %% id="answer-5.1-d"
dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
dbnbias = dhpreact.sum(0, keepdim=True)
dbnraw = bngain * dhpreact
dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv
dbndiff2 = torch.ones_like(bndiff2) / (n - 1) * dbnvar
dbndiff = bnvar_inv * dbnraw
dbndiff += 2 * bndiff * dbndiff2
dbnmeani = -dbndiff.sum(0, keepdim=True)
dhprebn = dbndiff.clone()
dhprebn += dbnmeani / n

# %% id="answer-5.1-e"
dembcat = dhprebn @ W1.T
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
demb = dembcat.view(emb.shape)
dC = torch.zeros_like(C)
for i in range(n):
    for j in range(block_size):
        dC[Xb[i, j]] += demb[i, j]

# %% id="answer-5.2"
dlogits = (F.softmax(logits, 1) - F.one_hot(Yb, vocab_size))

# %% id="answer-5.3"
dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(0) - bnraw * (dhpreact * bnraw).sum(0) / (n - 1))

# %% id="answer-5.4-a"
def loss_and_gradients(parameters, Xb, Yb):
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    n = len(Xb)
    embcat = C[Xb].view(n, -1)
    hprebn = embcat @ W1 + b1
    bnvar_inv = (hprebn.var(0, keepdim=True) + 1e-5) ** -0.5
    bnraw = (hprebn - hprebn.mean(0, keepdim=True)) * bnvar_inv
    h = torch.tanh(bngain * bnraw + bnbias)
    logits = h @ W2 + b2
    loss = F.cross_entropy(logits, Yb)
    dlogits = (F.softmax(logits, 1) - F.one_hot(Yb, W2.shape[1])) / n
    dW2, db2 = h.T @ dlogits, dlogits.sum(0)
    dhpreact = (1 - h**2) * (dlogits @ W2.T)
    dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
    dbnbias = dhpreact.sum(0, keepdim=True)
    dhprebn = bngain * bnvar_inv * (dhpreact - dbnbias / n - bnraw * dbngain / (n - 1))
    dW1, db1 = embcat.T @ dhprebn, dhprebn.sum(0)
    demb = (dhprebn @ W1.T).view(-1, C.shape[1])
    dC = torch.zeros_like(C).index_add_(0, Xb.reshape(-1), demb)
    return loss, [dC, dW1, db1, dW2, db2, dbngain, dbnbias]

# %% id="answer-5.4-b"
@torch.no_grad()
def sgd_step(parameters, gradients, lr):
    for parameter, gradient in zip(parameters, gradients):
        parameter -= lr * gradient
