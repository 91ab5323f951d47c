# Right, in as few lines as go, with checks and prints in between.
# expected: 5.1=26 5.2=8 5.3=12 5.4=14

# %% id="answer-5.1-a"
dlogprobs = torch.zeros(logprobs.shape).index_put((torch.arange(n), Yb), torch.tensor(-1 / n)); dprobs = dlogprobs / probs
dcounts_sum_inv = (dprobs * counts).sum(1, True); dcounts_sum = -dcounts_sum_inv * counts_sum**-2; dcounts = dprobs * counts_sum_inv + dcounts_sum

# %% after="answer-5.1-a"
check("5.1")
print("five of twenty-six")

# %% id="answer-5.1-b"
dnorm_logits, dlogit_maxes = counts * dcounts, torch.zeros_like(logit_maxes); dlogits = 1 * dnorm_logits

# %% id="answer-5.1-c"
dh, dW2, db2 = dlogits @ W2.t(), h.t() @ dlogits, dlogits.sum(0); dhpreact = dh - dh * h**2

# %% id="answer-5.1-d"
dbngain, dbnbias, dbnraw = (dhpreact * bnraw).sum(0)[None], dhpreact.sum(0)[None], bngain * dhpreact
dbnvar_inv = (bndiff * dbnraw).sum(0, True); dbnvar = -dbnvar_inv * bnvar_inv**3 / 2; dbndiff2 = dbnvar.repeat(n, 1) / (n - 1)
dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2; dbnmeani = -dbndiff.sum(0); dhprebn = dbndiff + dbnmeani / n

# %% id="answer-5.1-e"
dembcat, dW1, db1 = dhprebn @ W1.T, embcat.T @ dhprebn, dhprebn.sum(0); demb = dembcat.unflatten(1, emb.shape[1:])
dC = F.one_hot(Xb.view(-1), vocab_size).float().T @ demb.view(-1, C.shape[1])

# %% after="answer-5.1-e"
print({name: tuple(value.shape) for name, value in globals().copy().items() if name in ("dC", "dW1", "demb")})

# %% id="answer-5.2"
dlogits = (F.softmax(logits, 1) - (Yb[:, None] == torch.arange(vocab_size)).float()) / n

# %% id="answer-5.3"
dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(0) - bnraw * (dhpreact * bnraw).sum(0) / (n - 1))

# %% id="answer-5.4-a"
def loss_and_gradients(parameters, Xb, Yb):
    (C, W1, b1, W2, b2, bngain, bnbias), n = parameters, len(Xb)
    e = C[Xb].view(n, -1); x = e @ W1 + b1; r = (x.var(0) + 1e-5).rsqrt(); z = (x - x.mean(0)) * r
    h = (bngain * z + bnbias).tanh(); q = (h @ W2 + b2).log_softmax(1); dq = (q.exp() - F.one_hot(Yb, q.shape[1])) / n
    da = dq @ W2.T * (1 - h * h); dg, db = (da * z).sum(0, True), da.sum(0, True); dx = bngain * r * (da - db / n - z * dg / (n - 1))
    dC = F.one_hot(Xb.flatten(), len(C)).float().T @ (dx @ W1.T).view(-1, C.shape[1])
    return F.nll_loss(q, Yb), [dC, e.T @ dx, dx.sum(0), h.T @ dq, dq.sum(0), dg, db]

# %% id="answer-5.4-b"
def sgd_step(parameters, gradients, lr): [p.data.add_(d, alpha=-lr) for p, d in zip(parameters, gradients)]
