# %% right="the logarithm of V times the mean of exp"
def start_loss(vocab, s):
    return math.log(vocab * math.exp(0.5 * s * s))


# %% right="with numpy"
def start_loss(vocab, s):
    return np.log(vocab) + np.square(s) / 2


# %% right="two steps, in place on a copy" cell="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    W2 = W2.clone()
    W2 *= s
    W2 /= torch.std(h @ (W2 / s))
    return [W2, 0 * b2]


# %% wrong="equal logits" says="spread costs"
def start_loss(vocab, s):
    return math.log(vocab)


# %% wrong="factor one half missing" says="factor"
def start_loss(vocab, s):
    return math.log(vocab) + s**2


# %% wrong="s instead of its square" says="s²"
def start_loss(vocab, s):
    return math.log(vocab) + s / 2


# %% wrong="sign of the second term" says="sign"
def start_loss(vocab, s):
    return math.log(vocab) - s**2 / 2


# %% wrong="bits" says="nats"
def start_loss(vocab, s):
    return math.log2(vocab) + s**2 / 2


# %% wrong="27 written as a number"
def start_loss(vocab, s):
    return math.log(27) + s**2 / 2


# %% wrong="spread of the weights" says="weights the spread" cell="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    return W2 * s / W2.std(), torch.zeros_like(b2)


# %% wrong="multiplied without measuring" says="factor" cell="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    return W2 * s, torch.zeros_like(b2)


# %% wrong="the bias kept" says="bias" cell="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    return W2 * s / (h @ W2).std(), b2


# %% wrong="measured with the bias in" says="without the bias" cell="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    return W2 * s / (h @ W2 + b2).std(), torch.zeros_like(b2)


# %% wrong="a factor for each letter" says="one factor" cell="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    return W2 * s / (h @ W2).std(0), torch.zeros_like(b2)


# %% wrong="zeros" says="largest difference" cell="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    return torch.zeros_like(W2), torch.zeros_like(b2)


# %% wrong="upside down" says="upside down" cell="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    return W2 * (h @ W2).std() / s, torch.zeros_like(b2)


# %% wrong="the variance" says="variance" cell="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    return W2 * s / (h @ W2).var(), torch.zeros_like(b2)

# %% right="a spread divided by n" cell="answer-6.4-b"
def quiet_head(W2, b2, h, s):
    return W2 * s / (h @ W2).std(correction=0), torch.zeros(b2.shape, dtype=b2.dtype)


# %% right="a float32 scalar" cell="answer-6.4-a"
def start_loss(vocab, s):
    return torch.log(torch.tensor(float(vocab))) + s**2 / 2
