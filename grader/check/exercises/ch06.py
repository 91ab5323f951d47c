"""Chapter 06, the leaky abstraction: saturation, scale, batch norm, time (6.1 to 6.6) and six leaks to mend."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch

from grader.check.exercises import ch06_leaks
from grader.check.exercises.ch06_explain import SINGLE, explain
from grader.check.exercises.ch06_norm_time import judge_batch_norm, judge_time
from grader.check.functions import ask, matches
from grader.check.submission import Submission
from grader.check.tolerance import largest
from grader.check.verdict import Verdict

LN2 = math.log(2)

REVIVE = """
before = b.clone()
found = revive(b, z, dead)
outputs["b"], outputs["spoiled"] = found, not torch.equal(b, before)
"""


def judge_edges(
    submission: Submission,
    exercise: str = "6.1",
    *,
    at: Sequence[float] = (3.7, -41.3),
    formats: Sequence[tuple[int, int]] = ((24, 128), (53, 1024)),
) -> list[Verdict]:
    """`edge` on step functions that fall to 0 at `at`; `sigmoid_edges` for the formats (p, e)."""
    return [_edge(submission, float(place)) for place in at] + [_format(submission, p, e) for p, e in formats]


def _edge(submission: Submission, place: float, width: float = 0.01) -> Verdict:
    far, asked = math.copysign(64.0, place), []

    def slope_at(x: object) -> float:
        asked.append(float(x))
        return 0.25 if abs(float(x)) < abs(place) else 0.0

    def judge(got: object) -> Verdict:
        typical = {
            "The bracket never closed: on the left dead − alive is negative, so its length needs abs().": far,
            "This is the living end, where the search began; move the end that has the same slope as the middle.": 0.0,
        }
        verdict = explain(line, got, place, typical, "Keep one end alive and one dead, and halve.", tol=width)
        if verdict.passed and abs(float(got)) < abs(place):
            return Verdict(line, "wrong", "At this point the slope is not 0 yet; return the dead end of the bracket.")
        if verdict.passed and len(asked) > 40:
            return Verdict(line, "wrong", f"Right, but after {len(asked)} questions; halving needs 13: bisect.")
        return verdict

    line = f"an edge on the {'right' if place > 0 else 'left'}"
    return ask(submission, line, lambda: submission.call("edge", slope_at, 0.0, far, width), judge)


def _format(submission: Submission, p: int, e: int) -> Verdict:
    typical = {
        "The gap above 1 is 2^(1−p), and what is below half of it is rounded away: 2^(−p).": [(p - 1) * LN2, -e * LN2],
        "Round the sum 1 + exp(−x), not the quotient: the gap above 1 counts, 2^(1−p), and half of it.": [
            (p + 1) * LN2,
            -e * LN2,
        ],
        "Not symmetric: on the left nothing is rounded; exp(−x) overflows.": [p * LN2, -p * LN2],
        "exp overflows before the quotient underflows: the largest number, not the smallest, sets the left edge.": [
            p * LN2,
            -(e + p - 3) * LN2,
        ],
        "A factor ln 2 is missing: exp(x) = 2^p means x = p ln 2.": [float(p), -float(e)],
        "The sign: the left edge is a negative x.": [p * LN2, e * LN2],
        "The two are exchanged: first the right edge, then the left.": [-e * LN2, p * LN2],
    }
    line, want = f"p = {p}, e = {e}", [p * LN2, -e * LN2]
    otherwise = "Right: where 1 + exp(−x) rounds to 1. Left: where exp(−x) exceeds 2^e."
    return ask(
        submission,
        line,
        lambda: submission.call("sigmoid_edges", p, e),
        lambda got: explain(line, got, want, typical, otherwise),
    )


def judge_survey(
    submission: Submission, exercise: str = "6.2", *, seed: int = 62, n: int = 12, widths: Sequence[int] = (7, 9, 5, 6)
) -> list[Verdict]:
    """`survey` on a random tanh net of these widths, column by column, and `choose` on made-up surveys."""
    g = torch.Generator().manual_seed(seed)
    x, cotangent = (torch.randn(n, size, generator=g, dtype=torch.float64) for size in (widths[0], widths[-1]))
    pairs = pairwise(widths)
    weights = [torch.randn(a, b, generator=g, dtype=torch.float64) for a, b in pairs]
    want, typical = _survey(x, weights, cotangent)
    names = ("std of the activations", "share beyond 0.97", "std of the gradients")

    def column(k: int) -> Verdict:
        def judge(got: object) -> Verdict:
            if not isinstance(got, torch.Tensor) or got.shape != want.shape:
                return matches(names[k], got, want, because="One row a layer: std of h, share, std of the gradient.")
            others = {sentence: table[:, k] for sentence, table in typical.items()}
            mine, count = got[:, k].double(), torch.tensor([n * size for size in widths[1:]])
            if k != 1 and matches(names[k], mine * (count / (count - 1)) ** 0.5, want[:, k], tol=SINGLE).passed:
                return Verdict(names[k], "right", "Divided by n; torch's std divides by n − 1.")
            return explain(names[k], mine, want[:, k], others, tol=SINGLE * (1 + largest(want[:, k])), near=SINGLE)

        return ask(submission, names[k], lambda: submission.call("survey", x, weights, cotangent), judge)

    return [*[column(k) for k in range(3)], _choice(submission, g)]


def _survey(
    x: torch.Tensor, weights: Sequence[torch.Tensor], cotangent: torch.Tensor
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The table by the chain rule, and what usual mistakes make of it."""
    h, hs = x, []
    for weight in weights:
        hs.append(h := torch.tanh(h @ weight))

    def gradients(last: torch.Tensor) -> list[torch.Tensor]:
        found = [last]
        for weight, out in zip(reversed(weights[1:]), reversed(hs[1:]), strict=True):
            found.insert(0, (found[0] * (1 - out**2)) @ weight.T)
        return found

    def table(dhs: Sequence[torch.Tensor], share=lambda h: (h.abs() > 0.97).double().mean()) -> torch.Tensor:
        return torch.stack([torch.stack([a.std(), share(a), b.std()]) for a, b in zip(hs, dhs, strict=True)])

    right = gradients(cotangent)
    return table(right), {
        "These are the gradients of the pre-activations: the factor 1 − h² of the layer's own tanh is too much.": table(
            [dh * (1 - h**2) for dh, h in zip(right, hs, strict=True)]
        ),
        "This is the gradient for a cotangent of ones; use the one that is passed in.": table(
            gradients(torch.ones_like(cotangent))
        ),
        "Saturation has two sides: take |h|.": table(right, lambda h: (h > 0.97).double().mean()),
        "This is a number of entries; a share lies between 0 and 1.": table(
            right, lambda h: (h.abs() > 0.97).double().sum()
        ),
        "The layers are in reverse order: the first row is the first layer.": table(right).flip(0),
    }


def _choice(submission: Submission, g: torch.Generator) -> Verdict:
    """Ratios 0.05, 2.2 and 30 in a random order: in logarithms 2.2 is nearest to 1, as a difference 0.05."""
    order = torch.randperm(3, generator=g).tolist()
    gains, ratios = [[0.4, 1.3, 2.9][i] for i in order], [[0.05, 2.2, 30.0][i] for i in order]
    surveys = [torch.rand(4, 3, generator=g, dtype=torch.float64) + 0.1 for _ in gains]
    for table, ratio in zip(surveys, ratios, strict=True):
        table[0, 2] = ratio * table[-1, 2]
    typical = {
        "Compare ratios by their logarithm: 0.05 is further from 1 than 2.2 is.": 0.4,
        "This is the largest gradient, not the most even one.": 2.9,
        "This is a position; return the gain itself.": order.index(1),
    }
    return ask(
        submission,
        "choose",
        lambda: submission.call("choose", gains, surveys),
        lambda got: explain(
            "choose", got, 1.3, typical, "The gain with the smallest |ln(first / last)|, third column."
        ),
    )


def judge_dead(
    submission: Submission, exercise: str = "6.3", *, seed: int = 63, n: int = 40, more: int = 3
) -> list[Verdict]:
    """`dead_units` on a batch with every kind of unit, and `revive` on the same."""
    g = torch.Generator().manual_seed(seed)
    z = torch.randn(n, 7 + more, generator=g, dtype=torch.float64)
    z[:, 0] = -0.5 - torch.exp(1.5 * z[:, 0])  # dead, and skewed: its mean is far from its median
    z[:, 1] = -(0.5 + z[:, 1].abs()) * (torch.arange(n) % 3 > 0)  # dead; exactly 0 on every third example
    z[:, 2] = -z[:, 2].abs()
    z[n // 2, 2] = 0.3  # alive on one example
    z[:, 3] = z[:, 3].abs() + 0.1
    z[:, 4] -= 0.7
    z[:, 5] = -2 - torch.exp(z[:, 5])
    z[:, 6] += 0.9
    truth = torch.tensor([True, True, False, False, False, True, False] + [False] * more)
    mixed = torch.randperm(7 + more, generator=g)
    z, dead = z[:, mixed], truth[mixed]
    b = torch.randn(7 + more, generator=g, dtype=torch.float64)
    typical = {
        "Dead means silent on every example: all, not any.": (z <= 0).any(0),
        "A negative mean is not death: one example above 0 keeps a unit alive.": z.mean(0) <= 0,
        "At exactly 0 the slope is 0 too, so z <= 0 is silent.": (z < 0).all(0),
        "One active example in the batch is enough to live; no threshold is needed.": (z <= 0).double().mean(0) > 0.9,
        "These are the living ones.": ~dead,
    }
    typical = {sentence: found.double() for sentence, found in typical.items()}
    units = ask(
        submission,
        "dead_units",
        lambda: submission.call("dead_units", z),
        lambda got: explain(
            "dead_units",
            got.double() if isinstance(got, torch.Tensor) else got,
            dead.double(),
            typical,
            "One bool a unit: reduce over axis 0, the examples.",
        ),
    )
    revived = ask(submission, "revive", lambda: _revive(submission, b, z, dead), lambda got: _revived(got, b, z, dead))
    return [units, revived]


def _revive(submission: Submission, b: torch.Tensor, z: torch.Tensor, dead: torch.Tensor) -> object:
    """What `revive` returns, or a sentence where it has written into the biases that were handed in."""
    found = submission.run(REVIVE, {"b": b, "z": z, "dead": dead})
    return "b itself has changed; return new biases and leave those as they are." if found["spoiled"] else found["b"]


def _revived(got: object, b: torch.Tensor, z: torch.Tensor, dead: torch.Tensor) -> Verdict:
    """Half of the examples above 0 for each dead unit (0.4 to 0.6: medians of even counts differ), no other change."""
    if isinstance(got, str):
        return Verdict("revive", "wrong", got)
    if not isinstance(got, torch.Tensor) or got.shape != b.shape:
        return matches("revive", got, b, because="Return the new biases, one a unit.")
    shift = got - b
    firing = ((z + shift) > 0).double().mean(0)
    if torch.equal(got, b):
        return Verdict("revive", "wrong", "Nothing has changed: dead units need a new bias.")
    if shift[~dead].abs().max() > 1e-12:
        return Verdict("revive", "wrong", "The biases of living units have changed too; shift the dead ones alone.")
    low, high = firing[dead].min().item(), firing[dead].max().item()
    if low >= 0.4 and high <= 0.6:
        return Verdict("revive", "right")
    reason = "It should be half: shift the bias by minus the median of the unit's z."
    if torch.allclose(got[dead], (b + z.median(0).values)[dead], rtol=1e-9, atol=0):
        reason = "The sign is wrong: the shift is minus the median."
    elif torch.allclose(got[dead], (b - z.mean(0))[dead], rtol=1e-9, atol=0):
        reason = "This shifts by the mean; z is skewed, so half of the examples means the median."
    elif not got[dead].any():
        reason = "A bias of 0 says nothing about z, which the weights have made; use the median of z."
    return Verdict("revive", "wrong", f"Revived units fire on {low:.0%} to {high:.0%} of the examples. {reason}")


def judge_start(
    submission: Submission, exercise: str = "6.4", *, seed: int = 64, cases=((27, 1.0), (500, 0.4)), v: int = 9
) -> list[Verdict]:
    """`start_loss` for (vocabulary, spread), and `quiet_head` on a random head with `v` letters."""
    lines = [_start(submission, vocab, s) for vocab, s in cases]
    g = torch.Generator().manual_seed(seed)
    W2, b2, h = (torch.randn(*shape, generator=g, dtype=torch.float64) for shape in ((6, v), (v,), (50, 6)))
    s = cases[-1][1] / 3
    zero = torch.zeros_like(b2)
    typical = {
        "This gives the weights the spread s; the logits h @ W2 should have it.": [W2 * s / W2.std(), zero],
        "A factor: divide by the spread that the logits have now.": [W2 * s, zero],
        "The bias stays in: b2 should be 0.": [W2 * s / (h @ W2).std(), b2],
        "Measure the spread without the bias, which you set to 0.": [W2 * s / (h @ W2 + b2).std(), zero],
        "One factor for the whole matrix, not one a letter: take std over all entries.": [
            W2 * s / (h @ W2).std(0),
            zero,
        ],
        "The ratio is upside down.": [W2 * (h @ W2).std() / s, zero],
        "That is the root of the variance taken once too often, or not at all.": [W2 * s / (h @ W2).var(), zero],
    }
    head = ask(
        submission,
        "quiet_head",
        lambda: submission.call("quiet_head", W2, b2, h, s),
        lambda got: _quiet(got, W2, h, s, typical),
    )
    return [*lines, head]


def _quiet(got: object, W2: torch.Tensor, h: torch.Tensor, s: float, typical: dict[str, list]) -> Verdict:
    """Either standard deviation is one: divided by n or by n − 1."""
    z, zero = h @ W2, torch.zeros(W2.shape[1], dtype=W2.dtype)
    if (verdict := matches("quiet_head", got, [W2 * s / z.std(correction=0), zero])).passed:
        return verdict
    return explain("quiet_head", got, [W2 * s / z.std(), zero], typical, "Return the pair W2, b2.")


def _start(submission: Submission, vocab: int, s: float) -> Verdict:
    line, base = f"{vocab} letters, s = {s:g}", math.log(vocab)
    typical = {
        "That is the loss of equal logits; add what their spread costs, from the mean of exp(z).": base,
        "Wrong factor: the mean of exp(z) is exp(s²/2) for z ~ N(0, s²).": base + s**2,
        "s should enter as s²: the mean of exp(z) is exp(s²/2).": base + s / 2,
        "Sign: a spread of the logits makes the loss larger.": base - s**2 / 2,
        "Natural logarithms throughout: the loss is in nats.": math.log2(vocab) + s**2 / 2,
    }
    return ask(
        submission,
        line,
        lambda: submission.call("start_loss", vocab, s),
        lambda got: explain(
            line,
            got,
            base + s**2 / 2,
            typical,
            "ln of (vocab times the mean of exp(z)).",
            tol=SINGLE * base,
            near=SINGLE,
        ),
    )


EXERCISES = {
    "6.1": judge_edges,
    "6.2": judge_survey,
    "6.3": judge_dead,
    "6.4": judge_start,
    "6.5": judge_batch_norm,
    "6.6": judge_time,
    **ch06_leaks.EXERCISES,
}
