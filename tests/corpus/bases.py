"""Complete right answers to exercises 5.1 to 5.3, in styles that people write. Everything else is made from these."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """A right answer: the exercise, a name for the style, and the sources of its cells."""

    exercise: str
    style: str
    cells: tuple[str, ...]


# Set aside before any diagnosis was tried: wrong answers made from these are reported apart.
HELD_OUT_STYLES = {("5.1", "helpers"), ("5.2", "row by row"), ("5.3", "expanded")}

TEXTBOOK = (
    """
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0 / n
dprobs = dlogprobs / probs
dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
dcounts_sum = -(counts_sum**-2) * dcounts_sum_inv
dcounts = counts_sum_inv * dprobs + torch.ones_like(counts) * dcounts_sum
dnorm_logits = counts * dcounts
dlogit_maxes = -dnorm_logits.sum(1, keepdim=True)
dlogits = dnorm_logits + F.one_hot(logits.max(1).indices, vocab_size) * dlogit_maxes
""",
    """
dh = dlogits @ W2.T
dW2 = h.T @ dlogits
db2 = dlogits.sum(0)
dhpreact = (1 - h**2) * dh
""",
    """
dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
dbnbias = dhpreact.sum(0, keepdim=True)
dbnraw = bngain * dhpreact
dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv
dbndiff2 = 1 / (n - 1) * torch.ones_like(bndiff2) * dbnvar
dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2
dbnmeani = -dbndiff.sum(0, keepdim=True)
dhprebn = dbndiff + 1 / n * dbnmeani
""",
    """
dembcat = dhprebn @ W1.T
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
demb = dembcat.view(emb.shape)
dC = torch.zeros_like(C)
dC.index_add_(0, Xb.view(-1), demb.reshape(-1, demb.shape[2]))
""",
)

LOOPS = (
    """
dlogprobs = torch.zeros_like(logprobs)
for i in range(n):
    dlogprobs[i, Yb[i]] = -1 / n
dprobs = (1.0 / probs) * dlogprobs
""",
    """
dcounts_sum_inv = (dprobs * counts).sum(1, keepdim=True)
dcounts_sum = -1.0 / counts_sum**2 * dcounts_sum_inv
dcounts = dprobs * counts_sum_inv
dcounts += dcounts_sum.expand_as(counts)
dnorm_logits = norm_logits.exp() * dcounts
print(dnorm_logits.shape)
""",
    """
dlogit_maxes = torch.zeros_like(logit_maxes)
for i in range(n):
    dlogit_maxes[i] = -dnorm_logits[i].sum()
dlogits = dnorm_logits.clone()
for i in range(n):
    dlogits[i, logits[i].argmax()] += dlogit_maxes[i, 0]
""",
    """
dW2 = torch.zeros_like(W2)
for i in range(n):
    dW2 += h[i][:, None] * dlogits[i][None, :]
db2 = dlogits.sum(0)
dh = dlogits @ W2.transpose(0, 1)
dhpreact = dh * (1.0 - torch.tanh(hpreact) ** 2)
""",
    """
dbnbias = dhpreact.sum(0, keepdim=True)
dbngain = (dhpreact * bnraw).sum(0, keepdim=True)
dbnraw = dhpreact * bngain
dbndiff = dbnraw * bnvar_inv
dbnvar_inv = (dbnraw * bndiff).sum(0, keepdim=True)
dbnvar = dbnvar_inv * (-0.5 * (bnvar + 1e-5) ** (-1.5))
dbndiff2 = torch.zeros_like(bndiff2)
for i in range(n):
    dbndiff2[i] = dbnvar[0] / (n - 1)
dbndiff += dbndiff2 * 2 * bndiff
""",
    """
dhprebn = dbndiff.clone()
dbnmeani = (-dbndiff).sum(0, keepdim=True)
dhprebn += torch.ones_like(hprebn) * dbnmeani / n
dembcat = dhprebn @ W1.T
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(0)
demb = dembcat.reshape(n, 3, -1)
""",
    """
dC = torch.zeros_like(C)
for i in range(Xb.shape[0]):
    for j in range(Xb.shape[1]):
        dC[Xb[i, j]] += demb[i, j]
""",
)

TERSE = (
    """
dlogprobs = -F.one_hot(Yb, vocab_size) / n
dprobs = dlogprobs * probs**-1
dcounts_sum_inv = torch.einsum("ik,ik->i", counts, dprobs)[:, None]
dcounts_sum = -dcounts_sum_inv * counts_sum_inv**2
dcounts = dcounts_sum + dprobs / counts_sum
dnorm_logits = dcounts * counts
dlogit_maxes = torch.zeros_like(logit_maxes)
dlogits = dnorm_logits
dh, dW2, db2 = dlogits @ W2.T, h.T @ dlogits, dlogits.sum(0)
dhpreact = dh - dh * h * h
""",
    """
dbngain, dbnbias, dbnraw = (bnraw * dhpreact).sum(0), dhpreact.sum(0), bngain * dhpreact
dbnvar_inv = (bndiff * dbnraw).sum(0)
dbnvar = -(bnvar_inv**3) * dbnvar_inv / 2
dbndiff2 = (dbnvar / (n - 1)).expand(n, -1)
dbndiff = dbnraw * bnvar_inv + 2 * dbndiff2 * bndiff
dbnmeani = -dbndiff.sum(0)
dhprebn = dbndiff + dbnmeani / n
dembcat, dW1, db1 = dhprebn @ W1.T, embcat.T @ dhprebn, dhprebn.sum(0)
demb = dembcat.view_as(emb)
dC = torch.einsum("ijv,ije->ve", F.one_hot(Xb, vocab_size).to(demb.dtype), demb)
""",
)

HELPERS = (
    """
def fold(gradient, axis):
    return gradient.sum(axis, keepdim=True)


def spread(gradient, like):
    return gradient * torch.ones_like(like)
""",
    """
with torch.no_grad():
    minus_share = torch.full((n, 1), -1.0 / n)
    dlogprobs = torch.zeros_like(logprobs).scatter_(1, Yb.view(-1, 1), minus_share)
    dprobs = torch.div(dlogprobs, probs)
    dcounts_sum_inv = fold(dprobs * counts, 1)
    slope = -torch.pow(counts_sum, -2)
    dcounts_sum = slope * dcounts_sum_inv
""",
    """
check("5.1")
print("so far", dprobs.shape, dcounts_sum.shape)
""",
    """
dcounts = torch.mul(counts_sum_inv, dprobs)
dcounts.add_(spread(dcounts_sum, counts))
dnorm_logits = torch.mul(counts, dcounts)
dlogit_maxes = fold(-dnorm_logits, 1)
where = logits.argmax(1, keepdim=True)
dlogits = dnorm_logits.scatter_add(1, where, dlogit_maxes)
""",
    """
dh = torch.matmul(dlogits, W2.T)
dW2 = torch.matmul(h.T, dlogits)
db2 = torch.sum(dlogits, 0)
dtanh = 1.0 - torch.pow(h, 2)
dhpreact = torch.mul(dtanh, dh)
check("5.1")
""",
    """
dbngain = fold(dhpreact * bnraw, 0)
dbnbias = fold(dhpreact, 0)
dbnraw = torch.mul(dhpreact, bngain)
dbndiff = torch.mul(dbnraw, bnvar_inv)
dbnvar_inv = fold(torch.mul(bndiff, dbnraw), 0)
root = torch.pow(bnvar + 1e-5, -1.5)
dbnvar = torch.mul(-0.5 * root, dbnvar_inv)
dbndiff2 = spread(dbnvar / (n - 1.0), bndiff2)
dbndiff.add_(torch.mul(2.0 * bndiff, dbndiff2))
dbnmeani = fold(-1.0 * dbndiff, 0)
dhprebn = torch.add(dbndiff, dbnmeani * (1.0 / n))
""",
    """
dembcat = torch.matmul(dhprebn, W1.T)
dW1 = torch.matmul(embcat.T, dhprebn)
db1 = torch.sum(dhprebn, 0)
demb = dembcat.view(Xb.shape[0], Xb.shape[1], C.shape[1])
dC = torch.zeros_like(C)
for letter in range(vocab_size):
    dC[letter] = demb[Xb == letter].sum(0)
check("5.1")
""",
)

IN_PLACE = (
    """
eps, inv_n = 1e-5, 1.0 / n
dlogprobs = logprobs.new_zeros(logprobs.shape)
dlogprobs[torch.arange(n), Yb] -= inv_n
dprobs = dlogprobs.clone()
dprobs /= probs
dcounts = counts_sum_inv * dprobs
dcounts_sum_inv = (dprobs * counts).sum(dim=1, keepdims=True)
dcounts_sum = dcounts_sum_inv.clone()
dcounts_sum *= -(counts_sum**-2.0)
dcounts += dcounts_sum
""",
    """
dnorm_logits = dcounts.clone()
dnorm_logits *= counts
dlogit_maxes = -1 * dnorm_logits.sum(dim=1, keepdims=True)
dlogits = dnorm_logits
rows, columns = torch.arange(n), logits.max(1).indices
dlogits[rows, columns] += dlogit_maxes.view(-1)
db2 = dlogits.sum(dim=0)
dW2 = (dlogits.T @ h).T
dh = (W2 @ dlogits.T).T
dhpreact = dh.clone()
dhpreact *= 1 - h * h
""",
    """
dbngain = (bnraw * dhpreact).sum(dim=0, keepdims=True)
dbnbias = dhpreact.sum(dim=0, keepdims=True)
dbnraw = dhpreact.clone()
dbnraw *= bngain
dbnvar_inv = (bndiff * dbnraw).sum(dim=0, keepdims=True)
dbnvar = dbnvar_inv * (bnvar + eps) ** -1.5
dbnvar *= -0.5
dbndiff2 = torch.ones(n, 1) * dbnvar
dbndiff2 /= n - 1
dbndiff = bndiff * dbndiff2
dbndiff *= 2
dbndiff += bnvar_inv * dbnraw
dbnmeani = -dbndiff.sum(dim=0, keepdims=True)
dhprebn = dbndiff
dhprebn += dbnmeani * inv_n
""",
    """
dW1 = embcat.T @ dhprebn
db1 = dhprebn.sum(dim=0)
dembcat = dhprebn @ W1.T
demb = dembcat.view(emb.shape[0], emb.shape[1], emb.shape[2])
dC = C.new_zeros(C.shape)
dC.index_put_((Xb,), demb, accumulate=True)
""",
)

SOFTMAX = (
    """
dlogits = (F.softmax(logits, 1) - F.one_hot(Yb, vocab_size)) / n
""",
)

SUBTRACT = (
    """
dlogits = F.softmax(logits, dim=1)
dlogits[range(n), Yb] -= 1
dlogits /= n
""",
)

ROW_BY_ROW = (
    """
dlogits = torch.zeros_like(logits)
for i in range(n):
    p = torch.exp(logits[i] - logits[i].max())
    dlogits[i] = p / p.sum() / n
    dlogits[i, Yb[i]] -= 1.0 / n
""",
)

COMPACT = (
    """
dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(0) - bnraw * (dhpreact * bnraw).sum(0) / (n - 1))
""",
)

BESSEL = (
    """
dhprebn = bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0))
""",
)

PROJECTIONS = (
    """
std = torch.sqrt(hprebn.var(0, keepdim=True) + 1e-5)
xhat = (hprebn - hprebn.mean(0, keepdim=True)) / std
dxhat = bngain * dhpreact
along_mean = dxhat.mean(0, keepdim=True)
along_xhat = (dxhat * xhat).sum(0, keepdim=True) / (n - 1)
dhprebn = (dxhat - along_mean - along_xhat * xhat) / std
""",
)

EXPANDED = (
    """
diff = hprebn - hprebn.mean(0, keepdim=True)
inv = (diff.pow(2).sum(0, keepdim=True) / (n - 1) + 1e-5) ** -0.5
draw = bngain * dhpreact
dinv = (draw * diff).sum(0, keepdim=True)
dvar = -0.5 * inv**3 * dinv
ddiff = draw * inv + 2 / (n - 1) * diff * dvar
dhprebn = ddiff - ddiff.sum(0, keepdim=True) / n
""",
)

BASES = (
    Answer("5.1", "textbook", TEXTBOOK),
    Answer("5.1", "loops", LOOPS),
    Answer("5.1", "terse", TERSE),
    Answer("5.1", "in place", IN_PLACE),
    Answer("5.1", "helpers", HELPERS),
    Answer("5.2", "softmax", SOFTMAX),
    Answer("5.2", "subtract", SUBTRACT),
    Answer("5.2", "row by row", ROW_BY_ROW),
    Answer("5.3", "compact", COMPACT),
    Answer("5.3", "bessel", BESSEL),
    Answer("5.3", "projections", PROJECTIONS),
    Answer("5.3", "expanded", EXPANDED),
)
