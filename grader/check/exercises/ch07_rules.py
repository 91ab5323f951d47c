"""Chapter 07: functions with a derivative of their own: reused outputs, other rules on purpose, singular points.

Each judge takes a seed and sizes, so that the hidden tests ask the same questions on other inputs.
"""

from collections.abc import Sequence

import torch

from grader.check.exercises.ch07_probe import Probe, bytes_of, normal
from grader.check.functions import in_turn
from grader.check.submission import Submission
from grader.check.verdict import Verdict

# A limit divided by norm + 1e-6, as torch.nn.utils does, is a right way to clip too.
CLIP_TOL = 1e-5


def judge_reuse(submission: Submission, seed: int, n: int, m: int, strided: bool = False) -> list[Verdict]:
    """Exercise 7.1: `Exp` and `LogSumExp`, their derivatives and what they keep."""
    (x,) = normal(seed, (n, m))
    exp = Probe(submission, "Exp.apply(*a)", torch.exp, [x], seed=seed + 1, strided=strided)
    lse = Probe(submission, "LogSumExp.apply(*a)", _logsumexp, [3 * x], seed=seed + 2, strided=strided)
    u, p = lse.case["u"], torch.softmax(3 * x, 1)
    far = torch.cat([x + 1000, x - 1000], 1)
    far[0, -1] = float("-inf")
    far[-1] -= 2000  # each row needs its own largest entry
    extreme = Probe(submission, "LogSumExp.apply(*a)", _logsumexp, [far], seed=seed + 3)
    exp_slips = {
        "The upstream gradient is missing: multiply by grad_y.": torch.exp(x),
        "exp of the output: y is the derivative already.": exp.case["u"] * torch.exp(torch.exp(x)),
        "Multiply by y = exp(x), not by x.": exp.case["u"] * x,
    }
    lse_slips = {
        "The upstream gradient is missing: multiply row i by grad_y[i].": p,
        "This is softmax over the other axis: the sum ran over the last one.": u[:, None] * torch.softmax(3 * x, 0),
        "This is exp(x), not divided by its sum: exp(x - y) is the softmax.": u[:, None] * torch.exp(3 * x),
        "Where is the softmax? Each entry of a row has its own share of the gradient.": u[:, None].expand_as(x),
    }
    lines = [
        exp.first("Exp", _each(exp_slips), "The derivative of exp is exp(x), which is the output."),
        exp.kept("Exp keeps its output", lambda kept: _keeps_output(kept, x)),
        *in_turn(
            lse.first("LogSumExp", _each(lse_slips), "The derivative is exp(x - y), row by row."),
            extreme.first(
                "LogSumExp, rows near 1000, -1000 and -inf",
                value="exp(1000) overflows, and exp(-1000) is 0: subtract each row's own largest entry before exp, add "
                "it again after log.",
            ),
            lse.second(
                "LogSumExp, second derivatives",
                "A term is missing. What was computed in forward is a constant to autograd: keep x and y themselves, "
                "and compute exp(x - y) in backward.",
            ),
        ),
        lse.kept("LogSumExp keeps x and y", lambda kept: keeps_at_most(kept, x, u)),
    ]
    return [*lines, *lse.on_devices("LogSumExp")]


def judge_straight_through(
    submission: Submission, seed: int, shape: tuple[int, ...], dtype: torch.dtype = torch.float64
) -> list[Verdict]:
    """Exercise 7.2: `RoundSTE`."""
    x = 3 * normal(seed, shape)[0].to(dtype)
    probe = Probe(submission, "RoundSTE.apply(*a)", lambda x: x + (torch.round(x) - x).detach(), [x], seed=seed + 1)
    u = probe.case["u"]
    slips = {
        "This is the true derivative of rounding, 0: here the gradient is to pass as if nothing had been rounded.": (
            torch.zeros_like(x)
        ),
        "The upstream gradient is missing: pass grad_y on.": torch.ones_like(x),
        "The gradient itself was rounded; only the value is to be.": torch.round(u),
        "The gradient was multiplied by the rounded value; the rule is that of the identity.": u * torch.round(x),
        "The gradient was multiplied by x; the rule is that of the identity.": u * x,
        "The sign is turned round.": -u,
        "This passes the gradient only where |x| is at most 1; here it passes everywhere.": u * (x.abs() <= 1),
    }
    first = probe.first("rounds, and passes the gradient", _each(slips), "The gradient of x is grad_y.")
    agrees = [] if dtype != torch.float64 else [probe.agrees("gradcheck must fail here", wanted="gradcheck")]
    return [*in_turn(first, *agrees), *probe.on_devices("rounds")]


def judge_reversal(submission: Submission, seed: int, shape: tuple[int, ...], strength: float) -> list[Verdict]:
    """Exercise 7.3: `ReverseGradient`."""
    (x,) = normal(seed, shape)

    def reference(x: torch.Tensor, strength: float) -> torch.Tensor:
        return (1 + strength) * x.detach() - strength * x

    def probe(strength: float) -> Probe:
        return Probe(submission, "ReverseGradient.apply(*a)", reference, [x, strength], seed=seed + 1)

    lines = []
    for lam in (strength, 0.25 * strength):
        here = probe(lam)
        u = here.case["u"]
        slips = {
            "The sign: the gradient is to be turned round.": lam * u,
            "strength is missing: -strength times grad_y.": -u,
            "The gradient passes unchanged.": u,
            "The upstream gradient is missing.": torch.full_like(x, -lam),
            "The gradient is divided by strength; multiply.": -u / lam,
            "The gradient was multiplied by x; forward is the identity.": -lam * u * x,
        }
        because = "Forward returns x unchanged; backward returns -strength * grad_y, and None for strength."
        lines.append(here.first(f"strength {lam:g}", _each(slips), because))
    here = probe(strength)
    lines.append(here.agrees("gradcheck must fail here", wanted="gradcheck"))
    return [*in_turn(*lines), *here.on_devices(f"strength {strength:g}")]


def judge_clip(submission: Submission, seed: int, shape: tuple[int, ...], strided: bool = False) -> list[Verdict]:
    """Exercise 7.4: `ClipGradient` on a long, a short and a zero gradient."""
    (x,) = normal(seed, shape)

    def reference(x: torch.Tensor, limit: float) -> torch.Tensor:
        y = 1.0 * x
        if y.requires_grad:
            y.register_hook(lambda d: d * torch.clamp(limit / d.norm().clamp(min=1e-30), max=1.0))
        return y

    def line(name: str, limit: float, factor: float, *, strided: bool = False) -> Verdict:
        probe = Probe(submission, "ClipGradient.apply(*a)", reference, [x, limit], seed=seed + 1, strided=strided)
        u = probe.case["u"] = factor * probe.case["u"]
        size = u.norm().clamp(min=1e-30)
        slips = {
            "It is not clipped: its norm is above the limit.": u,
            "This clamps each entry, which turns the direction: scale all of them by one number.": u.clamp(
                -limit, limit
            ),
            "Each row is clipped by itself; the norm is that of the whole gradient.": (
                u * torch.clamp(limit / u.norm(dim=-1, keepdim=True).clamp(min=1e-30), max=1.0)
            ),
            "Below the limit the gradient must stay as it is: scale by at most 1.": u * limit / size,
            "This has norm 1; its norm is to be the limit.": u / size,
            "The norm is the root of the sum of squares.": u * min(1.0, limit / float(size) ** 2),
            "limit / norm is turned round.": u * float(size) / limit,
            "A gradient longer than the limit is cut to zero; shorten it.": u * (size <= limit),
            "The value x was clipped; it is the gradient that is too long.": x * min(1.0, limit / float(x.norm())),
        }
        because = "min(1, limit / norm) times grad_y, with the norm of the whole gradient."
        return probe.first(name, _each(slips), because, tol=CLIP_TOL)

    size = normal(seed + 1, shape)[0].norm().item()
    probe = Probe(submission, "ClipGradient.apply(*a)", reference, [x, 0.3 * size], seed=seed + 1)
    return [
        line("a gradient three times too long", 0.3 * size, 1.0),
        line("the same, non-contiguous", 0.3 * size, 1.0, strided=True) if strided else line("long", 0.6, 1.0),
        _both("short ones stay, zero stays zero", line("short", 2.0 * size, 1.0), line("zero", 0.5, 0.0)),
        *probe.on_devices("clips"),
    ]


def judge_norm(submission: Submission, seed: int, n: int, m: int, strided: bool = False) -> list[Verdict]:
    """Exercise 7.6: `SafeNorm` on rows that are zero and rows that are not."""
    (x,) = normal(seed, (n, m))
    holes = x.clone()
    holes[n // 2] = 0.0

    def reference(x: torch.Tensor) -> torch.Tensor:
        zero = (x == 0).all(-1)
        return torch.where(zero, 0.0, torch.linalg.vector_norm(torch.where(zero[..., None], 1.0, x), dim=-1))

    plain = Probe(submission, "SafeNorm.apply(*a)", reference, [x], seed=seed + 1, strided=strided)
    mixed = Probe(submission, "SafeNorm.apply(*a)", reference, [holes], seed=seed + 2)
    u, size = plain.case["u"][:, None], x.norm(dim=1, keepdim=True)
    slips = {
        "The upstream gradient is missing: multiply row i by grad_y[i].": x / size,
        "Divide by the norm once more: the gradient of a norm has length 1.": u * x,
        "Divide by the norm, not by its square.": u * x / size**2,
        "The factor 2 of the square is cancelled by the 1/2 of the root.": 2 * u * x / size,
        "This is the gradient of the squared norm.": 2 * u * x,
        "This divides by the norm of the whole matrix; each row has its own.": u * x / x.norm(),
    }
    because = "The gradient of row i is x_i divided by its norm, times grad_y[i]."
    exactly = "The norm over the last axis: nothing is added under the root."
    hole = "At x = 0 the rule is a gradient of 0; 0/0 gives NaN, and one NaN spoils the whole batch's update."
    return [
        *in_turn(
            plain.first("rows that are not zero", _each(slips), because, value=exactly),
            mixed.first("one row of zeros", because=hole, value=exactly),
            _finite_second(plain, mixed),
        ),
        *mixed.on_devices("rows"),
    ]


def _finite_second(plain: Probe, mixed: Probe) -> Verdict:
    """Second derivatives, right where the norm is differentiable and finite everywhere."""
    line = "second derivatives"
    away = plain.second(line, "A term is missing: x and y must come from save_for_backward, with no detach between.")
    if not away.passed:
        return away
    verdict = mixed.second(line, "", tol=float("inf"))
    if verdict.passed:
        return verdict
    text = "A row of zeros makes NaN in the second derivative: repair the divisor before you divide, not the quotient."
    return Verdict(line, verdict.status, verdict.message if verdict.status == "failed" else text)


def _each(slips: dict[str, torch.Tensor]) -> dict[str, list[torch.Tensor]]:
    return {sentence: [value] for sentence, value in slips.items()}


def _both(line: str, *verdicts: Verdict) -> Verdict:
    """One line for several cases: the first that is not right."""
    worst = next((verdict for verdict in verdicts if not verdict.passed), None)
    return Verdict(line, "right") if worst is None else Verdict(line, worst.status, f"{worst.name}: {worst.message}")


def _logsumexp(x: torch.Tensor) -> torch.Tensor:
    return torch.logsumexp(x, -1)


def _keeps_output(kept: Sequence[torch.Tensor], x: torch.Tensor) -> str:
    if not kept:
        return "Nothing went through ctx.save_for_backward; tensors kept as attributes of ctx are not counted or freed."
    if any(torch.allclose(value, x) for value in kept if value.shape == x.shape):
        return "x is kept, and exp is computed a second time in backward: keep the output, which is the derivative."
    return "" if bytes_of(kept) <= bytes_of([x]) else "More than the output is kept."


def keeps_at_most(kept: Sequence[torch.Tensor], *needed: torch.Tensor) -> str:
    """A complaint where nothing is kept, or more bytes than `needed` has; else ""."""
    if not kept:
        return "Nothing went through ctx.save_for_backward; tensors kept as attributes of ctx are not counted or freed."
    have, limit = bytes_of(kept), bytes_of(needed)
    return "" if have <= limit else f"{have:,} bytes are kept; {limit:,} are enough."
