"""Chapter 02, loss and gradient descent.

Each judge takes a seed and sizes, so that a hidden test asks the same questions about other inputs. Here: 0-1 loss,
softmax, likelihood. The others: `ch02_entropy` (2.4, 2.5), `ch02_training` (2.6, 2.7), `ch02_noise` (2.8, 2.9),
`ch02_critical` (2.10).
"""

import math

import numpy as np
import torch

from grader.check.exercises.ch02_critical import judge_critical
from grader.check.exercises.ch02_entropy import judge_bigrams, judge_cross_entropy
from grader.check.exercises.ch02_noise import judge_minibatch, judge_schedules
from grader.check.exercises.ch02_slips import expect_or_slip
from grader.check.exercises.ch02_training import judge_quadratic, judge_regression
from grader.check.functions import expect
from grader.check.mistakes import Slip
from grader.check.submission import Submission
from grader.check.verdict import Verdict


def judge_zero_one(
    submission: Submission, exercise: str = "2.1", seed: int = 21, n: int = 13, k: int = 4
) -> list[Verdict]:
    """`zero_one_loss` on (n, k) logits with every third prediction wrong, `jump_points` on n examples."""
    g = torch.Generator().manual_seed(seed)
    logits = torch.randn(n, k, generator=g, dtype=torch.float64)
    best = torch.from_numpy(logits.numpy().argmax(1))
    targets = (best + (torch.arange(n) % 3 == 1)) % k
    loss = len(range(1, n, 3)) / n
    slips = [
        Slip(1 - loss, "That is the share of right predictions, the accuracy; the loss counts the wrong ones."),
        Slip(loss * n, "That is the number of mistakes; divide it by the number of examples."),
        Slip((targets.numpy() != logits.numpy().argmin(1)).mean(), "argmin picks the least likely class; argmax."),
    ]
    a, b = torch.randn(2, n, generator=g, dtype=torch.float64)
    b = b.sign() * (b.abs() + 0.2)
    jumps = torch.from_numpy(np.sort(-a.numpy() / b.numpy()))
    jump_slips = [
        Slip(-a / b, "These are the right places, but not sorted."),
        Slip((a / b).sort().values, "The sign: the margin a + t·b is zero at t = -a/b."),
        Slip((-b / a).sort().values, "Upside down: solve a + t·b = 0 for t."),
    ]
    low = logits - 10
    single = 1e-6  # answers may be in float32, and a wrong share is off by 1/n
    return [
        expect_or_slip(
            submission,
            "a batch",
            "zero_one_loss",
            logits,
            targets,
            want=loss,
            slips=slips,
            because="Compare the argmax of each row (axis 1) with its target, then take the mean.",
            tol=single,
        ),
        expect_or_slip(
            submission,
            "all logits negative",
            "zero_one_loss",
            low,
            targets,
            want=loss,
            slips=slips,
            because="No threshold is needed: the largest logit of a row wins, whatever its sign.",
            tol=single,
        ),
        expect_or_slip(
            submission,
            "jump_points",
            "jump_points",
            a,
            b,
            want=jumps,
            slips=jump_slips,
            because="An example changes sides where its margin a + t·b is zero.",
            tol=single * float(jumps.abs().max()),
        ),
    ]


def judge_softmax(
    submission: Submission, exercise: str = "2.2", seed: int = 22, n: int = 3, k: int = 5
) -> list[Verdict]:
    """`softmax` on (n, k) logits: moderate, large, of very different size from row to row, float32."""
    g = torch.Generator().manual_seed(seed)
    z = 2 * torch.randn(n, k, generator=g, dtype=torch.float64)
    far = z + torch.linspace(-900, 900, n, dtype=torch.float64)[:, None]
    slips = [
        Slip(torch.softmax(z, 0), "The sum runs over the wrong axis: each row must add up to 1, not each column."),
        Slip(torch.softmax(z.flatten(), 0).view(n, k), "The sum runs over the whole matrix; each row is its own axis."),
        Slip(torch.log_softmax(z, 1), "That is the logarithm of the softmax."),
        Slip(z.exp(), "These are the exponentials; divide each row by its sum."),
        Slip(torch.sigmoid(z), "That is the sigmoid of each entry; the softmax couples the entries of a row."),
    ]
    single = (z + 100).float()
    overflow = "exp overflows above 709 in float64; subtract each row's largest entry first, the ratios stay."
    return [
        expect_or_slip(
            submission,
            "a batch",
            "softmax",
            z,
            want=torch.softmax(z, 1),
            slips=slips,
            because="Exponentials, divided by the sum of their own row (keep its axis).",
        ),
        expect(submission, "large logits", "softmax", z + 800, want=torch.softmax(z, 1), because=overflow),
        expect(
            submission,
            "rows far apart",
            "softmax",
            far,
            want=torch.softmax(far, 1),
            because="Each row needs its own maximum: with one for the whole matrix, low rows become 0/0.",
        ),
        expect(
            submission,
            "float32 near 100",
            "softmax",
            single,
            want=torch.softmax(single, 1),
            because="In float32 exp overflows from 88.8 on.",
        ),
    ]


def judge_likelihood(
    submission: Submission, exercise: str = "2.3", seed: int = 23, n: int = 7, p: float = 0.1
) -> list[Verdict]:
    """`likelihood` and `log_likelihood` of n probabilities and of 2,000; `underflow_count` of `p` and of 1/27."""
    g = torch.Generator().manual_seed(seed)
    some = 0.1 + 0.8 * torch.rand(n, generator=g, dtype=torch.float64)
    many = 0.1 + 0.8 * torch.rand(2000, generator=g, dtype=torch.float64)
    log = math.fsum(map(math.log, some.tolist()))
    product_slips = [
        Slip(some.sum(), "A sum; independent events multiply."),
        Slip(some.mean(), "That is the mean; independent events multiply."),
        Slip(log, "That is the log-likelihood."),
    ]
    log_slips = [
        Slip(-log, "The sign: this is the negative log-likelihood."),
        Slip(log / n, "That is the mean; the log-likelihood is the sum."),
        Slip(log / math.log(2), "The base: the natural logarithm is meant, not base 2."),
        Slip(log / math.log(10), "The base: the natural logarithm is meant, not base 10."),
    ]
    lines = [
        expect_or_slip(
            submission,
            "likelihood",
            "likelihood",
            some,
            want=math.prod(some.tolist()),
            slips=product_slips,
            because="The product of the probabilities.",
        ),
        expect_or_slip(
            submission,
            "log_likelihood",
            "log_likelihood",
            some,
            want=log,
            slips=log_slips,
            because="The sum of the logarithms.",
        ),
        expect(
            submission,
            "2,000 factors",
            "log_likelihood",
            many,
            want=math.fsum(map(math.log, many.tolist())),
            because="The product has underflowed to 0 before the logarithm: take logarithms first, then add.",
        ),
    ]
    for label, q in (("factors of 1/27", 1 / 27), (f"factors of {p:g}", p)):
        count = _factors(q, np.float32)
        slips = [
            Slip(count - 1, "Off by one: count the factor that makes the product 0, too."),
            Slip(count + 1, "Off by one: the first factor counts as one."),
            Slip(_factors(q, np.float64), "That is the count in float64; Python's own numbers have 64 bits."),
            Slip(math.ceil(-126 / math.log2(q)), "That is where normal numbers end; subnormal ones go on to 1.4e-45."),
        ]
        because = "Multiply one float32 factor at a time, from 1, until the product is 0."
        lines.append(expect_or_slip(submission, label, "underflow_count", q, want=count, slips=slips, because=because))
    return lines


EXERCISES = {
    "2.1": judge_zero_one,
    "2.2": judge_softmax,
    "2.3": judge_likelihood,
    "2.4": judge_cross_entropy,
    "2.5": judge_bigrams,
    "2.6": judge_regression,
    "2.7": judge_quadratic,
    "2.8": judge_schedules,
    "2.9": judge_minibatch,
    "2.10": judge_critical,
}


def _factors(p: float, dtype: type) -> int:
    """How many factors `p` of a dtype it takes until their running product is 0."""
    product, count = dtype(1), 0
    while product > 0:
        product, count = dtype(product * dtype(p)), count + 1
    return count
