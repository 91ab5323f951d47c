# %% right="the form of the lecture"
dhprebn = (
    bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0))
)

# %% right="a loop over the features"
dhprebn = torch.zeros_like(hprebn)
for j in range(hprebn.shape[1]):
    x, dy = hprebn[:, j] - hprebn[:, j].mean(), dhpreact[:, j]
    s = (hprebn[:, j].var() + 1e-5) ** 0.5
    dx = bngain[0, j] * (dy / s - x * (dy * x).sum() / (s**3 * (n - 1)))
    dhprebn[:, j] = dx - dx.mean()

# %% wrong="n for n - 1 in the last term" says="wrong"
dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(0) - bnraw * (dhpreact * bnraw).sum(0) / n)

# %% wrong="the branch through the variance is forgotten" says="lacks the branch through"
dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(0))

# %% wrong="the branch through the mean is forgotten" says="lacks the branch through"
dhprebn = bngain * bnvar_inv * (dhpreact - bnraw * (dhpreact * bnraw).sum(0) / (n - 1))

# %% wrong="bngain is forgotten"
dhprebn = bnvar_inv * (dhpreact - dhpreact.mean(0) - bnraw * (dhpreact * bnraw).sum(0) / (n - 1))

# %% wrong="both statistics taken as constants" says="lacks the branch through"
dhprebn = bngain * bnvar_inv * dhpreact

# %% wrong="plus for minus before the mean" says="sign"
dhprebn = bngain * bnvar_inv * (dhpreact + dhpreact.mean(0) - bnraw * (dhpreact * bnraw).sum(0) / (n - 1))

# %% wrong="sums along the features"
dhprebn = bngain * bnvar_inv * (
    dhpreact - dhpreact.mean(1, keepdim=True) - bnraw * (dhpreact * bnraw).sum(1, keepdim=True) / (n - 1)
)

# %% wrong="the upstream gradient itself"
dhprebn = dhpreact.clone()
