# Autograd's .grad in the place of an answer.
# expected: 5.1=0 5.2=0 5.3=0 5.4=0

# %% id="answer-5.1-a"
for p in (C, W1, b1, W2, b2, bngain, bnbias):
    p.requires_grad = True
logprobs.retain_grad()
loss.backward()
dlogprobs = logprobs.grad
dprobs = probs.grad
dcounts = counts.grad

# %% id="answer-5.1-e"
dW1 = W1.grad
db1 = b1.grad
dC = C.grad

# %% id="answer-5.2"
loss.backward()
dlogits = logits.grad

# %% id="answer-5.3"
dhprebn = hprebn.grad
