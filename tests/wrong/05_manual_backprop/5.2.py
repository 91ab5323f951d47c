# %% right="subtract one at the labels"
dlogits = F.softmax(logits, 1)
dlogits[range(n), Yb] -= 1
dlogits /= n

# %% right="a loop over the rows"
dlogits = torch.zeros_like(logits)
for i in range(n):
    row = torch.exp(logits[i] - logits[i].max())
    dlogits[i] = row / row.sum() / n
    dlogits[i, Yb[i]] -= 1 / n

# %% wrong="not divided by n" says="factor n"
dlogits = F.softmax(logits, 1) - F.one_hot(Yb, vocab_size)

# %% wrong="the sign is turned" says="sign"
dlogits = (F.one_hot(Yb, vocab_size) - F.softmax(logits, 1)) / n

# %% wrong="the labels are forgotten" says="lacks the branch through labels"
dlogits = F.softmax(logits, 1) / n

# %% wrong="softmax along the batch" says="differ"
dlogits = (F.softmax(logits, 0) - F.one_hot(Yb, vocab_size)) / n

# %% wrong="only the labels divided by n" says="factor n"
dlogits = F.softmax(logits, 1)
dlogits[range(n), Yb] -= 1 / n

# %% wrong="logits for their softmax"
dlogits = (logits - F.one_hot(Yb, vocab_size)) / n

# %% wrong="zeros" says="zero everywhere"
dlogits = torch.zeros_like(logits)

# %% wrong="log-softmax for softmax"
dlogits = (F.log_softmax(logits, 1) - F.one_hot(Yb, vocab_size)) / n
