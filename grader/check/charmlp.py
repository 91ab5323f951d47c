"""Parameters and batches for the character MLP of chapter 05, drawn afresh from a seed."""

import torch


def draw(
    seed: int,
    n: int = 32,
    *,
    vocab_size: int = 27,
    n_embd: int = 10,
    n_hidden: int = 64,
    block_size: int = 3,
    dtype: torch.dtype = torch.float32,
) -> dict[str, object]:
    """Everything that the forward pass of chapter 05 starts from, at the notebook's own scales.

    Returns C (vocab_size, n_embd), W1 (block_size·n_embd, n_hidden), b1 (n_hidden,), W2 (n_hidden, vocab_size),
    b2 (vocab_size,), bngain and bnbias (1, n_hidden), all `dtype` without requires_grad; Xb (n, block_size) and
    Yb (n,) int64; n and vocab_size.

    The last letter stands among the inputs, the labels and the predictions of every batch, so that an answer with
    `F.one_hot(Xb)`, which counts the letters that it meets, does not fail by chance.
    """
    g = torch.Generator().manual_seed(seed)
    while True:
        fan_in = n_embd * block_size
        case = {
            "C": torch.randn((vocab_size, n_embd), generator=g, dtype=torch.float64),
            "W1": torch.randn((fan_in, n_hidden), generator=g, dtype=torch.float64) * (5 / 3) / fan_in**0.5,
            "b1": torch.randn(n_hidden, generator=g, dtype=torch.float64) * 0.1,
            "W2": torch.randn((n_hidden, vocab_size), generator=g, dtype=torch.float64) * 0.1,
            "b2": torch.randn(vocab_size, generator=g, dtype=torch.float64) * 0.1,
            "bngain": torch.randn((1, n_hidden), generator=g, dtype=torch.float64) * 0.1 + 1.0,
            "bnbias": torch.randn((1, n_hidden), generator=g, dtype=torch.float64) * 0.1,
        }
        case = {name: value.to(dtype) for name, value in case.items()}
        case["Xb"] = torch.randint(0, vocab_size, (n, block_size), generator=g)
        case["Yb"] = torch.randint(0, vocab_size, (n,), generator=g)
        case |= {"n": n, "vocab_size": vocab_size}
        predicted = logits(case).argmax(1)
        if all(letters.max() == vocab_size - 1 for letters in (case["Xb"], case["Yb"], predicted)):
            return case


def logits(case: dict[str, object]) -> torch.Tensor:
    """The model's logits (n, vocab_size) for a case, by torch's own operations: an oracle for the notebook's steps."""
    hprebn = case["C"][case["Xb"]].flatten(1) @ case["W1"] + case["b1"]
    deviation = hprebn.std(0, keepdim=True, correction=1).square().add(1e-5).sqrt()
    hpreact = case["bngain"] * (hprebn - hprebn.mean(0, keepdim=True)) / deviation + case["bnbias"]
    return hpreact.tanh() @ case["W2"] + case["b2"]


def parameters(case: dict[str, object]) -> list[torch.Tensor]:
    """The seven parameters in the notebook's order."""
    return [case[name] for name in ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")]
