# Right, with loops where a sum is meant.
# expected: 5.1=26 5.2=8 5.3=12 5.4=14

# %% id="answer-5.1-a"
dlogprobs = torch.zeros_like(logprobs)
for i in range(n):
    dlogprobs[i, Yb[i]] = -1.0 / n
dprobs = (1.0 / probs) * dlogprobs
dcounts_sum_inv = torch.zeros_like(counts_sum_inv)
for i in range(n):
    for k in range(vocab_size):
        dcounts_sum_inv[i] += counts[i, k] * dprobs[i, k]
dcounts_sum = dcounts_sum_inv * -(counts_sum_inv**2)
dcounts = torch.zeros_like(counts)
for i in range(n):
    dcounts[i] += counts_sum_inv[i] * dprobs[i]
    dcounts[i] += dcounts_sum[i]

# %% id="answer-5.1-b"
dnorm_logits = dcounts * counts
dlogit_maxes = torch.zeros_like(logit_maxes)
for i in range(n):
    dlogit_maxes[i] = -dnorm_logits[i].sum()
dlogits = dnorm_logits.clone()
for i in range(n):
    dlogits[i, logits[i].argmax()] += dlogit_maxes[i, 0]

# %% after="answer-5.1-b"
print(dlogits.shape, dlogits.abs().max())

# %% id="answer-5.1-c"
dh = torch.zeros_like(h)
dW2 = torch.zeros_like(W2)
db2 = torch.zeros_like(b2)
for i in range(n):
    dh[i] = W2 @ dlogits[i]
    dW2 += torch.outer(h[i], dlogits[i])
    db2 += dlogits[i]
dhpreact = dh * (1.0 - h * h)

# %% id="answer-5.1-d"
dbngain, dbnbias = torch.zeros_like(bngain), torch.zeros_like(bnbias)
for i in range(n):
    dbngain[0] += bnraw[i] * dhpreact[i]
    dbnbias[0] += dhpreact[i]
dbnraw = dhpreact * bngain
dbnvar_inv = torch.zeros_like(bnvar_inv)
for i in range(n):
    dbnvar_inv[0] += bndiff[i] * dbnraw[i]
dbnvar = dbnvar_inv * -0.5 * (bnvar + 1e-5) ** (-1.5)
dbndiff2 = torch.zeros_like(bndiff2)
for i in range(n):
    dbndiff2[i] = dbnvar[0] / (n - 1)
dbndiff = dbnraw * bnvar_inv
dbndiff += 2 * bndiff * dbndiff2
dbnmeani = torch.zeros_like(bnmeani)
for i in range(n):
    dbnmeani[0] -= dbndiff[i]
dhprebn = dbndiff.clone()
for i in range(n):
    dhprebn[i] += dbnmeani[0] / n

# %% id="answer-5.1-e"
dembcat = dhprebn @ W1.T
dW1, db1 = torch.zeros_like(W1), torch.zeros_like(b1)
for i in range(n):
    dW1 += torch.outer(embcat[i], dhprebn[i])
    db1 += dhprebn[i]
demb = dembcat.view(emb.shape)
dC = torch.zeros_like(C)
for i in range(Xb.shape[0]):
    for j in range(Xb.shape[1]):
        letter = Xb[i, j]
        dC[letter] += demb[i, j]

# %% id="answer-5.2"
dlogits = F.softmax(logits, 1)
for i in range(n):
    dlogits[i, Yb[i]] -= 1
dlogits /= n

# %% id="answer-5.3"
dhprebn = torch.zeros_like(hprebn)
dbnraw_5_3 = bngain * dhpreact
for j in range(hprebn.shape[1]):
    x, dy = bnraw[:, j], dbnraw_5_3[:, j]
    dhprebn[:, j] = bnvar_inv[0, j] * (dy - dy.mean() - x * (dy * x).sum() / (n - 1))

# %% id="answer-5.4-a"
def loss_and_gradients(parameters, Xb, Yb):
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    n = Xb.shape[0]
    embcat = C[Xb].reshape(n, -1)
    hprebn = embcat @ W1 + b1
    bndiff = hprebn - hprebn.mean(0, keepdim=True)
    bnvar_inv = ((bndiff**2).sum(0, keepdim=True) / (n - 1) + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    h = torch.tanh(bngain * bnraw + bnbias)
    probs = F.softmax(h @ W2 + b2, 1)
    loss = 0.0
    dlogits = probs.clone()
    for i in range(n):
        loss = loss - probs[i, Yb[i]].log() / n
        dlogits[i, Yb[i]] -= 1
    dlogits /= n
    dhpreact = (dlogits @ W2.T) * (1 - h**2)
    dbnraw = dhpreact * bngain
    dhprebn = bnvar_inv * (dbnraw - dbnraw.mean(0) - bnraw * (dbnraw * bnraw).sum(0) / (n - 1))
    demb = (dhprebn @ W1.T).view(n, Xb.shape[1], -1)
    dC = torch.zeros_like(C)
    for i in range(n):
        for j in range(Xb.shape[1]):
            dC[Xb[i, j]] += demb[i, j]
    gradients = [dC, embcat.T @ dhprebn, dhprebn.sum(0), h.T @ dlogits, dlogits.sum(0)]
    gradients.append((dhpreact * bnraw).sum(0, keepdim=True))
    gradients.append(dhpreact.sum(0, keepdim=True))
    return loss, gradients

# %% id="answer-5.4-b"
@torch.no_grad()
def sgd_step(parameters, gradients, lr):
    for i in range(len(parameters)):
        parameters[i] -= lr * gradients[i]
