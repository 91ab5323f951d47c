# Slips in one line of one of the five answer cells; the wide corpus of this exercise is in tests/corpus.

# %% right="dcounts added up in place" cell="answer-5.1-a"
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0 / n
dprobs = (1.0 / probs) * dlogprobs
dcounts_sum_inv = (counts * dprobs).sum(1, keepdims=True)
dcounts = counts_sum_inv * dprobs
dcounts_sum = (-(counts_sum**-2)) * dcounts_sum_inv
dcounts += torch.ones_like(counts) * dcounts_sum

# %% right="dC by two loops" cell="answer-5.1-e"
dembcat = dhprebn @ W1.T
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
demb = dembcat.view(emb.shape)
dC = torch.zeros_like(C)
for k in range(Xb.shape[0]):
    for j in range(Xb.shape[1]):
        dC[Xb[k, j]] += demb[k, j]

# %% wrong="the mean's 1/n is forgotten" cell="answer-5.1-a" says="factor n"
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0
dprobs = dlogprobs / probs
dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
dcounts_sum = -(counts_sum**-2) * dcounts_sum_inv
dcounts = counts_sum_inv * dprobs + dcounts_sum

# %% wrong="the second branch of counts is forgotten" cell="answer-5.1-a" says="lacks the branch through counts_sum"
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0 / n
dprobs = dlogprobs / probs
dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
dcounts_sum = -(counts_sum**-2) * dcounts_sum_inv
dcounts = counts_sum_inv * dprobs

# %% wrong="a broadcast operand is not summed" cell="answer-5.1-a" says="has not been summed"
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0 / n
dprobs = dlogprobs / probs
dcounts_sum_inv = counts * dprobs
dcounts_sum = -(counts_sum**-2) * dcounts_sum_inv.sum(1, keepdim=True)
dcounts = counts_sum_inv * dprobs + dcounts_sum

# %% wrong="tanh's derivative taken at its input" cell="answer-5.1-c" says="taken at the wrong tensor"
dh = dlogits @ W2.T
dW2 = h.T @ dlogits
db2 = dlogits.sum(0)
dhpreact = (1 - hpreact**2) * dh

# %% wrong="dW2 transposed" cell="answer-5.1-c" says="transposed"
dh = dlogits @ W2.T
dW2 = dlogits.T @ h
db2 = dlogits.sum(0)
dhpreact = (1 - h**2) * dh

# %% wrong="n for n - 1" cell="answer-5.1-d" says="(n − 1)/n"
dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
dbnbias = dhpreact.sum(0, keepdim=True)
dbnraw = bngain * dhpreact
dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv
dbndiff2 = torch.ones_like(bndiff2) / n * dbnvar
dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2
dbnmeani = -dbndiff.sum(0, keepdim=True)
dhprebn = dbndiff + dbnmeani / n

# %% wrong="repeated letters overwrite each other" cell="answer-5.1-e" says="keeps the last value only"
dembcat = dhprebn @ W1.T
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
demb = dembcat.view(emb.shape)
dC = torch.zeros_like(C)
dC[Xb] = demb

# %% wrong="everything zero" cell="answer-5.1-e" says="zero everywhere"
dembcat = torch.zeros_like(embcat)
dW1 = torch.zeros_like(W1)
db1 = torch.zeros_like(b1)
demb = torch.zeros_like(emb)
dC = torch.zeros_like(C)
