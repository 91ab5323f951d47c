"""Answers that let torch differentiate: each is to earn nothing, or to be flagged for a person."""

from tests.corpus.bases import Answer

LEAVES = "leaves = [p.clone().requires_grad_(True) for p in (C, W1, b1, W2, b2, bngain, bnbias)]\n"
REBUILT = """
C_, W1_, b1_, W2_, b2_, bngain_, bnbias_ = leaves
emb_ = C_[Xb]
embcat_ = emb_.view(emb_.shape[0], -1)
hprebn_ = embcat_ @ W1_ + b1_
bnmeani_ = 1 / n * hprebn_.sum(0, keepdim=True)
bndiff_ = hprebn_ - bnmeani_
bndiff2_ = bndiff_**2
bnvar_ = 1 / (n - 1) * bndiff2_.sum(0, keepdim=True)
bnvar_inv_ = (bnvar_ + 1e-5) ** -0.5
bnraw_ = bndiff_ * bnvar_inv_
hpreact_ = bngain_ * bnraw_ + bnbias_
h_ = torch.tanh(hpreact_)
logits_ = h_ @ W2_ + b2_
logit_maxes_ = logits_.max(1, keepdim=True).values
norm_logits_ = logits_ - logit_maxes_
counts_ = norm_logits_.exp()
counts_sum_ = counts_.sum(1, keepdim=True)
counts_sum_inv_ = counts_sum_**-1
probs_ = counts_ * counts_sum_inv_
logprobs_ = probs_.log()
loss_ = -logprobs_[range(n), Yb].mean()
"""
NAMES = [
    "emb",
    "embcat",
    "hprebn",
    "bnmeani",
    "bndiff",
    "bndiff2",
    "bnvar",
    "bnvar_inv",
    "bnraw",
    "hpreact",
    "h",
    "logits",
    "logit_maxes",
    "norm_logits",
    "counts",
    "counts_sum",
    "counts_sum_inv",
    "probs",
    "logprobs",
    "C",
    "W1",
    "b1",
    "W2",
    "b2",
    "bngain",
    "bnbias",
]
RETAIN = "for t in (" + ", ".join(f"{name}_" for name in NAMES) + "):\n    t.retain_grad()\nloss_.backward()\n"
MODEL = """
def model(C, W1, b1, W2, b2, bngain, bnbias):
    x = C[Xb].flatten(1) @ W1 + b1
    x = (x - x.mean(0)) / torch.sqrt(x.var(0) + 1e-5)
    return F.cross_entropy(torch.tanh(bngain * x + bnbias) @ W2 + b2, Yb)
"""
SEVEN = "C, W1, b1, W2, b2, bngain, bnbias"
D_SEVEN = "dC, dW1, db1, dW2, db2, dbngain, dbnbias"
XHAT = (
    "\nx = hprebn.clone().requires_grad_(True)\ny = bngain * (x - x.mean(0)) / torch.sqrt(x.var(0) + 1e-5) + bnbias\n"
)

AUTOGRAD: dict[str, Answer] = {
    name: Answer(exercise, name, cells)
    for name, exercise, cells in (
        ("the .grad of the notebook's tensors", "5.1", ("\n".join(f"d{x} = {x}.grad" for x in NAMES),)),
        (
            "loss.backward() and .grad",
            "5.1",
            (
                f"for p in ({SEVEN}):\n    p.requires_grad_(True)",
                "loss.backward()",
                "\n".join(f"d{x} = {x}.grad" for x in NAMES),
            ),
        ),
        (
            "a re-built forward pass and .grad",
            "5.1",
            (LEAVES, REBUILT, RETAIN, "\n".join(f"d{x} = {x}_.grad" for x in NAMES)),
        ),
        (
            "autograd.grad on a re-built forward pass",
            "5.1",
            (
                LEAVES + REBUILT,
                "inner = [" + ", ".join(f"{x}_" for x in NAMES) + "]\nfound = torch.autograd.grad(loss_, inner)\n",
                "\n".join(f"d{x} = found[{i}]" for i, x in enumerate(NAMES)),
            ),
        ),
        (
            "torch.func.grad of a re-built model",
            "5.1",
            (MODEL, f"{D_SEVEN} = torch.func.grad(model, argnums=tuple(range(7)))({SEVEN})"),
        ),
        (
            "torch.func.vjp of a re-built model",
            "5.1",
            (MODEL, f"_, back = torch.func.vjp(model, {SEVEN})\n{D_SEVEN} = back(torch.ones(()))"),
        ),
        (
            "jacobian of a re-built model",
            "5.1",
            (MODEL, f"{D_SEVEN} = torch.autograd.functional.jacobian(model, ({SEVEN}))"),
        ),
        (
            "cross_entropy on a leaf and .grad",
            "5.2",
            ("leaf = logits.clone().requires_grad_(True)\nF.cross_entropy(leaf, Yb).backward()\ndlogits = leaf.grad",),
        ),
        (
            "torch.func.grad of cross_entropy",
            "5.2",
            ("dlogits = torch.func.grad(lambda z: F.cross_entropy(z, Yb))(logits)",),
        ),
        (
            "autograd.grad of cross_entropy",
            "5.2",
            ("z = logits.detach().requires_grad_(True)\n(dlogits,) = torch.autograd.grad(F.cross_entropy(z, Yb), z)",),
        ),
        ("autograd.grad of batch norm", "5.3", (XHAT + "(dhprebn,) = torch.autograd.grad(y, x, dhpreact)",)),
        ("backward through batch norm", "5.3", (XHAT + "y.backward(dhpreact)\ndhprebn = x.grad",)),
        (
            "torch.func.vjp of F.batch_norm",
            "5.3",
            (
                "def norm(x):\n    return bngain * (x - x.mean(0)) / torch.sqrt(x.var(0) + 1e-5) + bnbias\n",
                "_, back = torch.func.vjp(norm, hprebn)\n(dhprebn,) = back(dhpreact)",
            ),
        ),
    )
}
