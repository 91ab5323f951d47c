"""Right ways to write one line, and the right variants made from them: one line of a base answer replaced, or many."""

import ast
import random
from collections.abc import Iterator

from tests.corpus.bases import BASES, Answer
from tests.corpus.program import flat, written

# Each form defines one gradient from values of the forward pass and gradients further up, whatever their form.
FORMS: dict[str, tuple[str, ...]] = {
    "dlogprobs": (
        "dlogprobs = torch.zeros_like(logprobs)\ndlogprobs[range(n), Yb] = -1.0 / n",
        "dlogprobs = torch.zeros((n, vocab_size))\nfor i, y in enumerate(Yb):\n    dlogprobs[i, y] += -(1.0 / n)",
        "dlogprobs = F.one_hot(Yb, num_classes=vocab_size) * (-1.0 / n)",
        "dlogprobs = torch.zeros_like(logprobs).scatter(1, Yb[:, None], -1.0 / n)",
        "dlogprobs = -(torch.arange(vocab_size) == Yb[:, None]).float() / n",
        "dlogprobs = -torch.eye(vocab_size)[Yb] / n",
    ),
    "dprobs": (
        "dprobs = (1 / probs) * dlogprobs",
        "dprobs = dlogprobs / probs",
        "dprobs = probs**-1 * dlogprobs",
        "dprobs = dlogprobs / logprobs.exp()",
        "dprobs = torch.reciprocal(probs).mul(dlogprobs)",
    ),
    "dcounts_sum_inv": (
        "dcounts_sum_inv = (counts * dprobs).sum(1, keepdims=True)",
        "dcounts_sum_inv = torch.sum(dprobs * counts, dim=-1, keepdim=True)",
        "dcounts_sum_inv = torch.einsum('ik,ik->i', counts, dprobs).unsqueeze(1)",
        "dcounts_sum_inv = torch.stack([counts[i] @ dprobs[i] for i in range(n)]).view(n, 1)",
        "dcounts_sum_inv = (counts * dprobs) @ torch.ones(vocab_size, 1)",
        "dcounts_sum_inv = torch.diag(counts @ dprobs.T)[:, None]",
    ),
    "dcounts_sum": (
        "dcounts_sum = -(counts_sum**-2) * dcounts_sum_inv",
        "dcounts_sum = dcounts_sum_inv * (-1.0 / counts_sum**2)",
        "dcounts_sum = -dcounts_sum_inv / (counts_sum * counts_sum)",
        "dcounts_sum = -counts_sum_inv * counts_sum_inv * dcounts_sum_inv",
        "dcounts_sum = dcounts_sum_inv * counts_sum_inv.square().neg()",
    ),
    "dcounts": (
        "dcounts = counts_sum_inv * dprobs + dcounts_sum",
        "dcounts = dprobs / counts_sum\ndcounts += dcounts_sum",
        "dcounts = torch.ones_like(counts) * dcounts_sum\ndcounts += counts_sum_inv * dprobs",
        "dcounts = counts_sum_inv * dprobs\ndcounts = dcounts + dcounts_sum.expand(-1, vocab_size)",
        "direct = counts_sum_inv * dprobs\nshared = dcounts_sum.repeat(1, vocab_size)\ndcounts = direct + shared",
        "dcounts = torch.addcmul(dcounts_sum, counts_sum_inv, dprobs)",
    ),
    "dnorm_logits": (
        "dnorm_logits = counts * dcounts",
        "dnorm_logits = norm_logits.exp() * dcounts",
        "dnorm_logits = torch.exp(norm_logits).mul(dcounts)",
        "dnorm_logits = dcounts.clone()\ndnorm_logits *= counts",
    ),
    "dlogit_maxes": (
        "dlogit_maxes = torch.zeros_like(logit_maxes)",
        "dlogit_maxes = torch.zeros(n, 1)",
        "dlogit_maxes = -dnorm_logits.sum(1, keepdim=True)",
        "dlogit_maxes = (dnorm_logits * -1).sum(1, keepdims=True)",
        "dlogit_maxes = -(dnorm_logits @ torch.ones(vocab_size, 1))",
        "dlogit_maxes = torch.zeros_like(logit_maxes)\nfor i in range(n):\n    dlogit_maxes[i] -= sum(dnorm_logits[i])",
    ),
    "dlogits": (
        "dlogits = dnorm_logits.clone()\ndlogits += F.one_hot(logits.max(1).indices, vocab_size) * dlogit_maxes",
        "dlogits = dnorm_logits.clone()\ndlogits[range(n), logits.argmax(1)] += dlogit_maxes.squeeze(1)",
        "dlogits = dnorm_logits + torch.zeros_like(logits).scatter_(1, logits.argmax(1, keepdim=True), dlogit_maxes)",
        "dlogits = dnorm_logits + (logits == logit_maxes) * dlogit_maxes",
        "dlogits = dnorm_logits.scatter_add(1, logits.argmax(1)[:, None], dlogit_maxes)",
        "dlogits = dnorm_logits.clone()\nfor i in range(n):\n    dlogits[i, logits[i].argmax()] += dlogit_maxes[i, 0]",
        "dlogits = dnorm_logits + torch.eye(vocab_size)[logits.argmax(1)] * dlogit_maxes",
        "dlogits = dnorm_logits.clone()",
    ),
    "dh": (
        "dh = dlogits @ W2.T",
        "dh = torch.einsum('ik,jk->ij', dlogits, W2)",
        "dh = (W2 @ dlogits.T).T",
        "dh = F.linear(dlogits, W2)",
        "dh = torch.stack([W2 @ row for row in dlogits])",
    ),
    "dW2": (
        "dW2 = h.T @ dlogits",
        "dW2 = torch.einsum('ij,ik->jk', h, dlogits)",
        "dW2 = (dlogits.T @ h).T",
        "dW2 = sum(torch.outer(h[i], dlogits[i]) for i in range(n))",
        "dW2 = (h[:, :, None] * dlogits[:, None, :]).sum(0)",
    ),
    "db2": (
        "db2 = dlogits.sum(0)",
        "db2 = dlogits.sum(0, keepdim=True)",
        "db2 = torch.ones(n) @ dlogits",
        "db2 = torch.zeros_like(b2)\nfor row in dlogits:\n    db2 += row",
        "db2 = dlogits.mean(0) * n",
    ),
    "dhpreact": (
        "dhpreact = (1.0 - h**2) * dh",
        "dhpreact = dh - h.square() * dh",
        "dhpreact = (1 - torch.tanh(hpreact) ** 2) * dh",
        "dhpreact = dh * (1 + h) * (1 - h)",
        "dhpreact = dh / torch.cosh(hpreact) ** 2",
        "dhpreact = (1 - h * h).mul(dh)",
    ),
    "dbngain": (
        "dbngain = (bnraw * dhpreact).sum(0, keepdim=True)",
        "dbngain = (bnraw * dhpreact).sum(0)",
        "dbngain = torch.einsum('ij,ij->j', bnraw, dhpreact)[None]",
        "dbngain = torch.diag(bnraw.T @ dhpreact).view(1, -1)",
    ),
    "dbnbias": (
        "dbnbias = dhpreact.sum(0, keepdim=True)",
        "dbnbias = dhpreact.sum(0)",
        "dbnbias = torch.ones(1, n) @ dhpreact",
    ),
    "dbnraw": (
        "dbnraw = bngain * dhpreact",
        "dbnraw = dhpreact @ torch.diag(bngain[0])",
        "dbnraw = bngain.expand_as(dhpreact) * dhpreact",
    ),
    "dbnvar_inv": (
        "dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)",
        "dbnvar_inv = (dbnraw * bndiff).sum(0)",
        "dbnvar_inv = torch.einsum('ij,ij->j', dbnraw, bndiff).unsqueeze(0)",
    ),
    "dbnvar": (
        "dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv",
        "dbnvar = -0.5 * bnvar_inv**3 * dbnvar_inv",
        "dbnvar = dbnvar_inv * -bnvar_inv / (2 * (bnvar + 1e-5))",
        "dbnvar = -dbnvar_inv / (2 * (bnvar + 1e-5) * torch.sqrt(bnvar + 1e-5))",
        "dbnvar = -(dbnvar_inv / 2) * torch.rsqrt(bnvar + 1e-5).pow(3)",
    ),
    "dbndiff2": (
        "dbndiff2 = torch.ones_like(bndiff2) * dbnvar / (n - 1)",
        "dbndiff2 = (dbnvar / (n - 1)).expand_as(bndiff2)",
        "dbndiff2 = (dbnvar * (1.0 / (n - 1))).repeat(n, 1)",
        "dbndiff2 = torch.full_like(bndiff2, 1 / (n - 1)) * dbnvar",
        "dbndiff2 = torch.ones(n, 1) @ dbnvar / (n - 1)",
        "dbndiff2 = torch.broadcast_to(dbnvar, bndiff2.shape) / (bndiff2.shape[0] - 1)",
    ),
    "dbndiff": (
        "dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2",
        "dbndiff = bnvar_inv * dbnraw\ndbndiff += 2.0 * bndiff * dbndiff2",
        "dbndiff = 2 * bndiff * dbndiff2\ndbndiff = dbndiff + dbnraw * bnvar_inv",
        "dbndiff = dbnraw * bnvar_inv + dbndiff2 * bndiff + bndiff * dbndiff2",
        "dbndiff = torch.addcmul(bnvar_inv * dbnraw, bndiff, dbndiff2, value=2)",
    ),
    "dbnmeani": (
        "dbnmeani = -dbndiff.sum(0, keepdim=True)",
        "dbnmeani = (-1 * dbndiff).sum(0)",
        "dbnmeani = -(torch.ones(1, n) @ dbndiff)",
        "dbnmeani = -n * dbndiff.mean(0, keepdim=True)",
    ),
    "dhprebn": (
        "dhprebn = dbndiff + dbnmeani / n",
        "dhprebn = dbndiff.clone()\ndhprebn += 1.0 / n * torch.ones_like(hprebn) * dbnmeani",
        "dhprebn = dbnmeani / n + dbndiff",
        "dhprebn = dbndiff.clone()\ndhprebn += (dbnmeani / n).expand(n, -1)",
        "dhprebn = torch.add(dbndiff, dbnmeani, alpha=1 / n)",
    ),
    "dembcat": (
        "dembcat = dhprebn @ W1.T",
        "dembcat = (W1 @ dhprebn.T).T",
        "dembcat = torch.einsum('ij,ej->ie', dhprebn, W1)",
        "dembcat = F.linear(dhprebn, W1)",
    ),
    "dW1": (
        "dW1 = embcat.T @ dhprebn",
        "dW1 = (dhprebn.T @ embcat).T",
        "dW1 = torch.einsum('ie,ij->ej', embcat, dhprebn)",
        "dW1 = sum(embcat[i].unsqueeze(1) * dhprebn[i] for i in range(n))",
    ),
    "db1": (
        "db1 = dhprebn.sum(0)",
        "db1 = dhprebn.sum(0, keepdim=True)",
        "db1 = torch.zeros_like(b1)",
        "db1 = torch.ones(n) @ dhprebn",
    ),
    "demb": (
        "demb = dembcat.view(emb.shape)",
        "demb = dembcat.view(n, 3, -1)",
        "demb = dembcat.reshape(emb.shape[0], emb.shape[1], emb.shape[2])",
        "demb = dembcat.unflatten(1, (block_size, C.shape[1]))",
        "demb = torch.stack(dembcat.split(C.shape[1], dim=1), 1)",
    ),
    "dC": (
        "dC = torch.zeros_like(C)\nfor i in range(n):\n    for j in range(3):\n        dC[Xb[i, j]] += demb[i, j]",
        "dC = torch.zeros_like(C)\nfor row, gradients in zip(Xb, demb):\n"
        "    for letter, gradient in zip(row, gradients):\n        dC[letter] += gradient",
        "dC = torch.zeros_like(C).index_add(0, Xb.flatten(), demb.flatten(0, 1))",
        "dC = torch.zeros(C.shape)\ndC.index_add_(0, Xb.view(-1), demb.reshape(-1, C.shape[1]))",
        "dC = F.one_hot(Xb, vocab_size).float().view(-1, vocab_size).T @ demb.reshape(-1, C.shape[1])",
        "dC = F.one_hot(Xb).float().flatten(0, 1).T @ demb.flatten(0, 1)",
        "dC = torch.einsum('ijv,ije->ve', F.one_hot(Xb, num_classes=vocab_size).float(), demb)",
        "dC = torch.zeros_like(C)\ndC.scatter_add_(0, Xb.view(-1, 1).expand(-1, C.shape[1]), demb.flatten(0, 1))",
        "columns = demb.flatten(0, 1).T\n"
        "dC = torch.stack([torch.bincount(Xb.flatten(), column, vocab_size) for column in columns], 1)",
        "dC = torch.zeros_like(C)\ndC.index_put_((Xb,), demb, accumulate=True)",
        "dC = torch.stack([demb[Xb == letter].sum(0) for letter in range(vocab_size)])",
        "dC = torch.zeros_like(C)\nfor j in range(block_size):\n    dC.index_add_(0, Xb[:, j], demb[:, j])",
    ),
}

# Whole answers to the exercises that ask for one expression.
WHOLE: dict[str, tuple[str, ...]] = {
    "5.2": (
        "dlogits = (torch.softmax(logits, 1) - F.one_hot(Yb, num_classes=vocab_size)) / n",
        "dlogits = 1.0 / n * (logits.softmax(1) - F.one_hot(Yb, vocab_size).float())",
        "dlogits = F.softmax(logits, -1)\ndlogits[torch.arange(n), Yb] -= 1.0\ndlogits *= 1 / n",
        "dlogits = F.softmax(logits, 1) / n\ndlogits[range(n), Yb] -= 1 / n",
        "dlogits = (probs - torch.eye(vocab_size)[Yb]) / n",
        "dlogits = probs.clone()\ndlogits[range(n), Yb] -= 1\ndlogits = dlogits / n",
        "dlogits = (counts / counts_sum - (torch.arange(vocab_size) == Yb[:, None]).float()) / n",
        "dlogits = (F.log_softmax(logits, 1).exp() - F.one_hot(Yb, vocab_size)).div(n)",
        "dlogits = torch.exp(logits - torch.logsumexp(logits, 1, keepdim=True)) / n\n"
        "dlogits.scatter_add_(1, Yb[:, None], torch.full((n, 1), -1 / n))",
        "e = torch.exp(logits)\ndlogits = (e / e.sum(1, keepdim=True) - F.one_hot(Yb, vocab_size)) / n",
        "target = torch.zeros_like(logits)\ntarget[range(n), Yb] = 1\ndlogits = (logits.softmax(1) - target) * n**-1",
        "dlogits = -(F.one_hot(Yb, vocab_size) - logits.softmax(1)) / logits.shape[0]",
        "dlogits = torch.where(F.one_hot(Yb, vocab_size) == 1, logits.softmax(1) - 1, logits.softmax(1)) / n",
        "dlogits = torch.stack([(row.softmax(0) - F.one_hot(y, vocab_size)) / n for row, y in zip(logits, Yb)])",
        "def soft(z):\n    e = (z - z.amax(1, keepdim=True)).exp()\n    return e / e.sum(1, keepdim=True)\n\n\n"
        "dlogits = soft(logits) / n\nfor i in range(n):\n    dlogits[i, Yb[i]] -= 1 / n",
    ),
    "5.3": (
        "dhprebn = bngain * bnvar_inv / n * "
        "(n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0))",
        "dhprebn = bnvar_inv * (bngain * dhpreact - (bngain * dhpreact).mean(0)"
        " - bnraw * (bngain * dhpreact * bnraw).sum(0) / (n - 1))",
        "dhprebn = bngain * (hprebn.var(0, keepdim=True) + 1e-5) ** -0.5 * (dhpreact - dhpreact.mean(0, keepdim=True)"
        " - bnraw / (n - 1) * (dhpreact * bnraw).sum(0, keepdim=True))",
        "g = bngain * bnvar_inv * dhpreact\ndhprebn = g - g.mean(0) - bnraw * (g * bnraw).sum(0) / (n - 1)",
        "g = bngain * dhpreact\ndhprebn = bnvar_inv * (g - g.sum(0) / n"
        " - bnraw * torch.einsum('ij,ij->j', g, bnraw) / (n - 1))",
        "ones = torch.ones(n, 1)\ndhprebn = bngain * bnvar_inv * (dhpreact - ones @ (ones.T @ dhpreact) / n"
        " - bnraw * (bnraw * dhpreact).sum(0) / (n - 1))",
        "draw = dhpreact * bngain\ndvar = (draw * bndiff).sum(0) * -0.5 * (bnvar + 1e-5) ** -1.5\n"
        "dmean = -(draw * bnvar_inv).sum(0)\ndhprebn = draw * bnvar_inv + dvar * 2 * bndiff / (n - 1) + dmean / n",
        "draw = bngain * dhpreact\ndiff2 = (bnvar_inv**3 * (draw * bndiff).sum(0)) * bndiff / (n - 1)\n"
        "ddiff = draw * bnvar_inv - diff2\ndhprebn = ddiff - ddiff.mean(0)",
        "s = torch.sqrt(bnvar + 1e-5)\ndhprebn = bngain / s * (dhpreact - dhpreact.mean(0)"
        " - bndiff / s**2 * (dhpreact * bndiff).mean(0) * n / (n - 1))",
        "dhprebn = torch.zeros_like(hprebn)\nfor j in range(hprebn.shape[1]):\n"
        "    y, x = dhpreact[:, j], bnraw[:, j]\n"
        "    dhprebn[:, j] = bngain[0, j] * bnvar_inv[0, j] * (y - y.mean() - x * (y @ x) / (n - 1))",
        "centred = dhpreact - dhpreact.mean(0)\n"
        "dhprebn = (bngain * bnvar_inv) * (centred - bnraw * (centred * bnraw).sum(0) / (n - 1))",
        "std = hprebn.std(0, keepdim=True, unbiased=True)\nscale = torch.sqrt(std**2 + 1e-5)\n"
        "x = (hprebn - hprebn.mean(0)) / scale\n"
        "dhprebn = bngain / scale * (dhpreact - dhpreact.sum(0) / n - x * (dhpreact * x).sum(0) / (n - 1))",
    ),
}


def right_variants(seed: int = 5) -> Iterator[tuple[str, Answer]]:
    """Right answers by construction, each with a name: the bases, every form in one base, and random combinations."""
    for base in BASES:
        yield f"{base.exercise} {base.style}", base
    for exercise, forms in WHOLE.items():
        for number, form in enumerate(forms, start=1):
            yield f"{exercise} form {number}", Answer(exercise, f"form {number}", (form,))
    bases = [base for base in BASES if base.exercise == "5.1"]
    turn = 0
    for gradient, forms in FORMS.items():
        for number, form in enumerate(forms, start=1):
            base = bases[turn % len(bases)]
            turn += 1
            yield f"5.1 {base.style}, {gradient} form {number}", substitute(base, {gradient: form})
    rng = random.Random(seed)
    for number in range(1, 31):
        base = rng.choice(bases)
        chosen = {g: rng.choice(forms) for g, forms in FORMS.items() if rng.random() < 0.6}
        yield f"5.1 {base.style}, combination {number}", substitute(base, chosen)


def substitute(base: Answer, forms: dict[str, str]) -> Answer:
    """`base` with the statements of some gradients replaced, each at the place where the base completes it."""
    bodies = [flat(ast.parse(cell).body) for cell in base.cells]
    last = {name: statement for body in bodies for statement in body for name in written(statement)}
    cells = []
    for body in bodies:
        lines = []
        for statement in body:
            names = written(statement)
            if not names or not set(names) <= set(forms):
                lines.append(ast.unparse(statement))
            lines += [forms[name] for name in names if name in forms and last[name] is statement]
        cells.append("\n".join(lines))
    return Answer(base.exercise, f"{base.style} with other forms", tuple(cells))
