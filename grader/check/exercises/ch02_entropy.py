"""Chapter 02: cross-entropy and its gradient, pairs of letters counted."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F

from grader.check.exercises.ch02_slips import expect_or_slip
from grader.check.functions import expect
from grader.check.mistakes import Slip
from grader.check.submission import Submission
from grader.check.verdict import Verdict

LETTERS = ".abcdefghijklmnopqrstuvwxyz"


def judge_cross_entropy(
    submission: Submission, exercise: str = "2.4", seed: int = 24, n: int = 5, k: int = 3
) -> list[Verdict]:
    """`cross_entropy` and `dlogits` on (n, k) logits, for each reduction, without and with class weights."""
    g = torch.Generator().manual_seed(seed)
    z = 2 * torch.randn(n, k, generator=g, dtype=torch.float64)
    y = torch.randint(0, k, (n,), generator=g)
    weight = 0.3 + 2 * torch.rand(k, generator=g, dtype=torch.float64)
    cases = [("mean", None), ("sum", None), ("none", None), ("mean", weight), ("sum", weight)]
    lines = []
    for reduction, w in cases:
        label = f"{reduction}, weights" if w is not None else reduction
        want = F.cross_entropy(z, y, weight=w, reduction=reduction)
        lines.append(
            expect_or_slip(
                submission,
                f"loss: {label}",
                "cross_entropy",
                z,
                y,
                w,
                reduction,
                want=want,
                slips=_loss_slips(z, y, w, reduction),
                because=_because(w, reduction),
            )
        )
    big = 400 * z
    lines.append(
        expect(
            submission,
            "loss: large logits",
            "cross_entropy",
            big,
            y,
            None,
            "mean",
            want=F.cross_entropy(big, y),
            because="A probability has underflowed to 0, and its logarithm is not finite: work with "
            "log p = z - logsumexp(z), never with log(softmax(z)).",
        )
    )
    for reduction, w in cases:
        label = f"{reduction}, weights" if w is not None else reduction
        lines.append(
            expect_or_slip(
                submission,
                f"dlogits: {label}",
                "dlogits",
                z,
                y,
                w,
                reduction,
                want=_gradient(z, y, w, reduction),
                slips=_gradient_slips(z, y, w, reduction),
                because=_because(w, reduction),
            )
        )
    return lines


def judge_bigrams(
    submission: Submission, exercise: str = "2.5", seed: int = 25, k: int = 4, names: Sequence[str] = ()
) -> list[Verdict]:
    """`count_bigrams` on a few names, `probabilities` and `mean_loss` on a (k, k) matrix with zero cells."""
    names = list(names) or ["anna", "bo", "anna", "z", "quinn"]
    g = torch.Generator().manual_seed(seed)
    counts = torch.randint(1, 9, (k, k), generator=g).double()
    counts[torch.arange(k), torch.randperm(k, generator=g)] = 0
    P = counts / counts.sum(1, keepdim=True)
    other = torch.softmax(torch.randn(k, k, generator=g, dtype=torch.float64), 1)
    pairs = _count([f".{name}." for name in names])
    count_slips = [
        Slip(pairs.T, "Transposed: the row is the first letter of a pair, the column the second."),
        Slip(_count([f"{name}." for name in names]), "The pair from the dot to the first letter is missing."),
        Slip(_count([f".{name}" for name in names]), "The pair from the last letter to the dot is missing."),
        Slip(_count(names), "The dots are missing at the start and at the end of each name."),
        Slip(_count(["." + "".join(names) + "."]), "One name runs into the next: a dot stands between them."),
        Slip(_count([f".{name}." for name in set(names)]), "A name that stands twice counts twice."),
        Slip((pairs > 0).double(), "Each pair counted once: add 1 for each time it occurs (does an index repeat?)."),
    ]
    share_slips = [
        Slip(counts / counts.sum(0), "The columns add up to 1; the rows should (keep the axis of the sum)."),
        Slip(counts / counts.sum(), "That is the share of all pairs; each row is a distribution of its own."),
        Slip((counts + 1) / (counts + 1).sum(1, keepdim=True), "Nothing is to be added to the counts here."),
    ]
    log, total = other.log(), counts.sum()
    loss = -(counts * log).sum() / total
    loss_slips = [
        Slip(-loss, "The sign: the loss is the negative mean logarithm."),
        Slip(loss * total, "That is the sum; divide by the number of pairs."),
        Slip(-log.mean(), "Each cell counts as often as its pair occurs: weigh by the counts."),
        Slip(-(counts * log).sum() / k, "Divided by the number of letters; divide by the number of pairs."),
        Slip(-(counts * log).mean(), "Divided by the number of cells; divide by the number of pairs."),
        Slip(loss / math.log(2), "In bits; nats are meant, the natural logarithm."),
    ]
    best = -sum(c * math.log(c / row.sum()) for row in counts.numpy() for c in row if c) / float(total)
    zero = "A cell with count 0 has probability 0, and 0 · log 0 is NaN here. A pair that never occurs adds nothing."
    return [
        expect_or_slip(
            submission,
            "count_bigrams",
            "count_bigrams",
            names,
            want=pairs,
            slips=count_slips,
            because="Put a dot before and after each name, then count neighbours.",
        ),
        expect_or_slip(
            submission,
            "probabilities",
            "probabilities",
            counts,
            want=P,
            slips=share_slips,
            because="Divide each row by its sum.",
        ),
        expect_or_slip(
            submission,
            "mean_loss",
            "mean_loss",
            counts,
            other,
            want=loss,
            slips=loss_slips,
            because="The mean over all pairs of -log P[first, second].",
        ),
        expect(submission, "zero cells", "mean_loss", counts, P, want=best, because=zero),
    ]


def _gradient(z: torch.Tensor, y: torch.Tensor, weight: torch.Tensor | None, reduction: str) -> torch.Tensor:
    """The gradient by autograd; for "none", row i is that of the loss of example i."""
    leaf = z.clone().requires_grad_()
    with torch.enable_grad():
        loss = F.cross_entropy(leaf, y, weight=weight, reduction=reduction).sum()
        return torch.autograd.grad(loss, leaf)[0]


def _loss_slips(z: torch.Tensor, y: torch.Tensor, weight: torch.Tensor | None, reduction: str) -> list[Slip]:
    want = F.cross_entropy(z, y, weight=weight, reduction=reduction)
    total = F.cross_entropy(z, y, weight=weight, reduction="sum")
    mean = F.cross_entropy(z, y, weight=weight, reduction="mean")
    slips = [
        Slip(-want, "The sign: the loss is the negative logarithm."),
        Slip(F.cross_entropy(z, y, reduction=reduction), "The class weights are ignored."),
    ]
    if reduction == "mean":
        slips += [
            Slip(total / len(y), "Divided by n: with class weights the mean divides by the sum of w[y]."),
            Slip(total, "That is reduction='sum'; divide for the mean."),
            Slip(total / z.numel(), "Divided by n·k; the mean runs over examples."),
            Slip(-torch.softmax(z, 1)[range(len(y)), y].mean(), "The logarithm is missing."),
        ]
    if reduction == "sum":
        slips.append(Slip(mean, "That is reduction='mean'; here the losses are added up."))
    if reduction == "none":
        slips.append(Slip(mean, "That is reduction='mean'; 'none' returns one loss for each example, shape (n,)."))
    return slips


def _gradient_slips(z: torch.Tensor, y: torch.Tensor, weight: torch.Tensor | None, reduction: str) -> list[Slip]:
    want, n = _gradient(z, y, weight, reduction), len(y)
    total = _gradient(z, y, weight, "sum")
    p = torch.softmax(z, 1)
    hot = F.one_hot(y, z.shape[1]).to(z.dtype)
    scale = 1 / n if reduction == "mean" else 1.0
    columns = (p - hot) * (1 if weight is None else weight)
    by_column = columns / (1 if reduction != "mean" else n if weight is None else weight[y].sum())
    slips = [
        Slip(-want, "The sign: softmax minus one-hot, not the other way round."),
        Slip(p * scale, "These are the probabilities: subtract 1 at the right class of each row."),
        Slip(-hot * scale, "The probabilities are missing: this is the one-hot part alone."),
        Slip((p - hot) * scale, "The class weights are ignored: row i carries the factor w[y[i]]."),
        Slip(by_column, "The weights multiply columns; the weight of the right class multiplies the whole row."),
    ]
    if reduction == "mean":
        slips += [
            Slip(total, "That is the gradient for reduction='sum'; divide as the mean does."),
            Slip(total / n, "Divided by n: with class weights the mean divides by the sum of w[y]."),
            Slip(total / z.numel(), "Divided by n·k; the mean runs over the n examples."),
        ]
    else:
        slips.append(Slip(_gradient(z, y, weight, "mean"), "That is the gradient for reduction='mean'; do not divide."))
    return slips


def _because(weight: torch.Tensor | None, reduction: str) -> str:
    if weight is not None and reduction == "mean":
        return "Each example counts with the weight of its class, w[y]; the mean divides by the sum of w[y]."
    if weight is not None:
        return "Example i counts with the weight of its class, w[y[i]]."
    return "For one example the loss is logsumexp(z) - z[y]."


def _count(texts: Iterable[str]) -> torch.Tensor:
    """Neighbouring letters of each text, counted: (27, 27), the row the first letter."""
    found = Counter(pair for text in texts for pair in pairwise(text))
    counts = torch.zeros(27, 27, dtype=torch.float64)
    for (first, second), times in found.items():
        counts[LETTERS.index(first), LETTERS.index(second)] = times
    return counts
