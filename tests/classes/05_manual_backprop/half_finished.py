# Half finished: the cross-entropy part of 5.1, and 5.2.
# expected: 5.1=8 5.2=8 5.3=0 5.4=0

# %% id="answer-5.1-a"
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0 / n
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

# %% id="answer-5.2"
dlogits = (F.softmax(logits, 1) - F.one_hot(Yb, vocab_size)) / n
