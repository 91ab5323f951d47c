"""Chapter 06, the six snippets to mend (6.7 to 6.12): their gradients on fresh data, and whether the cause is gone."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F

from grader.check.errors import SubmissionError
from grader.check.exercises.ch06_clip import judge_step
from grader.check.exercises.ch06_explain import explain
from grader.check.exercises.ch06_recurrence import judge_window
from grader.check.functions import ask, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

BLOCK = """
dx, dW = block_backward(x, W, dy)
outputs.update(dx=dx, dW=dW, dy=dy)
"""


def judge_block(
    submission: Submission, exercise: str = "6.8", *, seed: int = 68, n: int = 4, d: int = 3, m: int = 5
) -> list[Verdict]:
    """`block_backward` beside autograd, and whether the caller's dy is left alone."""
    g = torch.Generator().manual_seed(seed)
    x, W, dy = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((n, d), (d, m), (n, d)))
    leaves = [x.clone().requires_grad_(), W.clone().requires_grad_()]
    y = leaves[0] + torch.tanh(leaves[0] @ leaves[1]) @ leaves[1].T
    dx, dW = torch.autograd.grad((y * dy).sum(), leaves)
    h = torch.tanh(x @ W)
    outer = dy.T @ h
    try:
        got = submission.run(BLOCK, {name: value.numpy() for name, value in {"x": x, "W": W, "dy": dy}.items()})
    except SubmissionError as error:
        # A stub returns None, which does not unpack.
        undone = "NoneType" in str(error) or error.kind == "missing"
        unfit = Verdict("", "missing", "Not done yet.") if undone else refused("", error)
        return [Verdict(name, unfit.status, unfit.message) for name in ("dx", "dW")]
    flat = dy + dy @ W @ W.T
    first = explain(
        "dx",
        got["dx"],
        dx,
        {
            "The branch straight through is missing: x goes to y twice, and the two gradients add.": dx - dy,
            "The branch through the tanh is missing.": dy,
            "Added twice: one term dy, one term da @ W.T.": dx + dy,
            "The slope of the tanh, 1 − h², is missing.": flat,
        },
        "Two branches: dy straight through, da @ W.T through the tanh.",
    )
    second = explain(
        "dW",
        got["dW"],
        dW,
        {
            "W is used twice; the branch of h @ W.T is missing. `=` replaces what was there, `+=` adds.": dW - outer,
            "W is used twice; the branch of x @ W is missing.": outer,
            "Two uses are a sum, not a mean.": dW / 2,
        },
        "Two branches: x.T @ da and dy.T @ h.",
    )
    if not torch.equal(torch.as_tensor(got["dy"]), dy):
        said = "The caller's dy has changed: `dx = dy` gives one array two names, and += writes into both. Copy it."
        first = Verdict("dx", "wrong", said)
    return [first, second]


LENGTHS = """
import warnings

v.requires_grad_()
with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(bool(watch)):
    warnings.simplefilter("ignore")
    y = lengths(v)
    outputs["lengths"] = y
    if y is not None:
        try:
            outputs["gradient"] = torch.autograd.grad((y * u).sum(), v)[0]
        except RuntimeError as error:
            if "nan" not in str(error):
                raise
            outputs["nan in"] = str(error).split("'")[1]
"""


def judge_lengths(
    submission: Submission, exercise: str = "6.9", *, seed: int = 69, n: int = 6, d: int = 3
) -> list[Verdict]:
    """`lengths` with rows of zeros: values and gradients at size 1 and size 1e-9; no NaN inside the backward pass."""
    g = torch.Generator().manual_seed(seed)
    v, u = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((n, d), (n,)))
    v[:: n - 1] = 0.0  # the first row and the last
    lines = [
        _lengths(submission, name, size * v, u) for name, size in (("lengths near 1", 1.0), ("tiny lengths", 1e-9))
    ]
    way = "no NaN on the way"
    # Where there is none, the gradient must be right as well: an answer without a root would pass otherwise.
    inner = ask(
        submission,
        way,
        lambda: _run(submission, LENGTHS, {"v": v, "u": u, "watch": 1}, "lengths"),
        lambda out: (
            Verdict(
                way,
                "wrong",
                f"{out['nan in']} still yields NaN, which is only covered up. Let the square root never see a 0.",
            )
            if "nan in" in out
            else explain(way, out["gradient"], _norm(v, u)[1], {}, "No NaN; the gradient is wrong, as above.")
        ),
    )
    return [*lines, inner]


def _lengths(submission: Submission, line: str, v: torch.Tensor, u: torch.Tensor) -> Verdict:
    want = _norm(v, u)

    def judge(out: dict) -> Verdict:
        typical = {"The lengths are squared; take the root.": [want[0] ** 2, 2 * u[:, None] * v]}
        if torch.isnan(out["gradient"]).any():
            said = "where picks the value, but both its branches are differentiated, and 0 · inf is NaN. Make the "
            typical = {said + "argument of sqrt safe before the root.": [out["lengths"], out["gradient"]]}
            return Verdict(line, "not finite", next(iter(typical)))
        otherwise = "A small number added under the root changes short vectors; zero rows alone need care."
        return explain(line, [out["lengths"], out["gradient"]], want, typical, otherwise)

    return ask(submission, line, lambda: _run(submission, LENGTHS, {"v": v, "u": u, "watch": 0}, "lengths"), judge)


def _norm(v: torch.Tensor, u: torch.Tensor) -> list[torch.Tensor]:
    """Lengths and the gradient of their sum weighted by u; torch's own norm has the gradient 0 at the zero vector."""
    leaf = v.clone().requires_grad_()
    norm = torch.linalg.vector_norm(leaf, dim=1)
    return [norm.detach(), torch.autograd.grad((norm * u).sum(), leaf)[0]]


LOSS = """
z.requires_grad_()
loss = stable_loss(z, y)
outputs["loss"] = loss
if loss is not None:
    outputs["gradient"] = torch.autograd.grad(loss, z)[0]
"""


def judge_loss(
    submission: Submission, exercise: str = "6.10", *, seed: int = 610, n: int = 5, v: int = 7
) -> list[Verdict]:
    """`stable_loss` where the right letter is far behind, in both precisions, and for large logits."""
    g = torch.Generator().manual_seed(seed)
    z, y = torch.randn(n, v, generator=g, dtype=torch.float64), torch.randint(v, (n,), generator=g)
    behind = z.clone()
    behind[range(0, n, 2), y[::2]] -= 1.0
    behind[range(0, n, 2), (y[::2] + 1) % v] += 1.0
    far = z + 1000 * (behind - z)
    return [
        _loss(submission, "float32, a gap of 200", (z + 100 * (behind - z)).float(), y),
        _loss(submission, "float64, a gap of 2000", far, y),
        _loss(submission, "all logits near 10,000", far + 10_000, y),
    ]


def _loss(submission: Submission, line: str, z: torch.Tensor, y: torch.Tensor) -> Verdict:
    def pair(loss: Callable[[torch.Tensor], torch.Tensor]) -> list[torch.Tensor]:
        leaf = z.clone().requires_grad_()
        value = loss(leaf)
        return [value.detach(), torch.autograd.grad(value, leaf)[0]]

    want = pair(lambda leaf: F.cross_entropy(leaf, y))
    lost = want[1].abs().sum(1) > 1.5 / len(z)  # rows that are wholly wrong: |gradient| sums to 2/n there

    def judge(out: dict) -> Verdict:
        got = [out["loss"], out["gradient"]]
        if not all(bool(torch.isfinite(torch.as_tensor(part)).all()) for part in got):
            return Verdict(line, "not finite", "A probability has become 0 or an exponential inf; never form either.")
        if out["gradient"].shape == z.shape and not out["gradient"][lost].abs().sum(1).gt(0).all():
            said = "Finite, but the gradient is 0 on the rows that are most wrong: the floor under the log hides them."
            return Verdict(line, "wrong", said)
        typical = {
            "A factor: this is the sum over the batch, not the mean.": pair(
                lambda leaf: F.cross_entropy(leaf, y, reduction="sum")
            ),
            "The sign is wrong: minus the log-probability.": pair(lambda leaf: -F.cross_entropy(leaf, y)),
        }
        return explain(line, got, want, typical, "Subtract the log of the sum of exponentials, computed in one piece.")

    return ask(submission, line, lambda: _run(submission, LOSS, {"z": z, "y": y}, "loss"), judge)


def judge_updates(
    submission: Submission, exercise: str = "6.12", *, seed: int = 612, d: int = 3, v: int = 4, T: int = 5
) -> list[Verdict]:
    """`train` over one update, over two, and with a micro-batch that is all padding."""
    g = torch.Generator().manual_seed(seed)
    w = torch.randn(d, v, generator=g, dtype=torch.float64)

    def micro(lengths: Sequence[int]) -> list[torch.Tensor]:
        x = torch.randn(len(lengths), T, d, generator=g, dtype=torch.float64)
        y = torch.randint(v, (len(lengths), T), generator=g)
        y[torch.arange(T) >= torch.tensor(lengths)[:, None]] = -1
        return [x, y]

    first, second = [micro([T, 2]), micro([1, 1, 2])], [micro([3, T, T]), micro([2])]
    cases = {
        "one update": [first],
        "two updates": [first, second],
        "a micro-batch of padding alone": [[micro([T, 1]), micro([0, 0])], second],
    }
    return [_updates(submission, line, w, updates) for line, updates in cases.items()]


def _updates(submission: Submission, line: str, w: torch.Tensor, updates: list) -> Verdict:
    lr = 0.4

    def after(gradient: Callable, stale: bool = False) -> torch.Tensor:
        now, kept = w.clone(), torch.zeros_like(w)
        for update in updates:
            fresh = gradient(now.clone().requires_grad_(), update)
            kept = kept + fresh if stale else fresh
            now = now - lr * kept
        return now

    padding = "The positions of padding are counted too: divide by the number of real tokens"
    means = "This is a mean of means: divide by the real tokens of the whole update, not of each micro-batch"
    zero = "the gradient of the update before is still in w.grad: start each update from zero"
    typical = {
        f"{padding}.": after(_with_padding),
        f"{means}.": after(_mean_of_means),
        # After one update a stale gradient does not show, so these come second.
        f"{zero[0].upper()}{zero[1:]}.": after(_per_token, True),
        f"Two leaks: {zero}. {padding}.": after(_with_padding, True),
        f"Two leaks: {zero}. {means}.": after(_mean_of_means, True),
        "A factor: the sum over the tokens, not their mean.": after(_sum),
    }
    return ask(
        submission,
        line,
        lambda: submission.call("train", w, updates, lr),
        lambda got: explain(line, got, after(_per_token), typical, "One mean over the real tokens of each update."),
    )


def _joined(w: torch.Tensor, update: Sequence, reduction: str, ignore: int = -1) -> torch.Tensor:
    x, y = (torch.cat([pair[k].flatten(0, 1) for pair in update]) for k in (0, 1))
    return F.cross_entropy(x @ w, y, ignore_index=ignore, reduction=reduction)


def _per_token(w: torch.Tensor, update: Sequence) -> torch.Tensor:
    return torch.autograd.grad(_joined(w, update, "mean"), w)[0]


def _sum(w: torch.Tensor, update: Sequence) -> torch.Tensor:
    return torch.autograd.grad(_joined(w, update, "sum"), w)[0]


def _with_padding(w: torch.Tensor, update: Sequence) -> torch.Tensor:
    losses = [_joined(w, [pair], "sum") / pair[1].numel() for pair in update]
    return torch.autograd.grad(sum(losses) / len(update), w)[0]


def _mean_of_means(w: torch.Tensor, update: Sequence) -> torch.Tensor:
    losses = [_joined(w, [pair], "sum") / (pair[1] >= 0).sum().clamp(min=1) for pair in update]
    return torch.autograd.grad(sum(losses) / len(update), w)[0]


def _run(submission: Submission, driver: str, inputs: dict, name: str) -> dict | None:
    """What a driver leaves; None where the student's function returned None."""
    out = submission.run(driver, inputs)
    return None if out.get(name) is None else out


EXERCISES = {
    "6.7": judge_step,
    "6.8": judge_block,
    "6.9": judge_lengths,
    "6.10": judge_loss,
    "6.11": judge_window,
    "6.12": judge_updates,
}
