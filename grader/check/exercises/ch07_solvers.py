"""Chapter 07: the fixed point (7.5), swish (7.7), the mended sine (7.8), batch norm as one Function (7.11)."""

import torch
import torch.nn.functional as F

from grader.check.exercises.ch07_probe import Probe, normal
from grader.check.exercises.ch07_rules import keeps_at_most
from grader.check.functions import in_turn
from grader.check.submission import Submission
from grader.check.verdict import Verdict

EPS = 1e-5


def judge_fixed_point(submission: Submission, seed: int, d: int, norm: float = 0.5) -> list[Verdict]:
    """Exercise 7.5: `FixedPoint` of z = tanh(W z + x), against the unrolled loop.

    norm: the largest singular value of W; below 1 the loop converges at least as fast as its powers.
    """
    W, x = normal(seed, (d, d), (d,))
    W = norm * W / torch.linalg.matrix_norm(W, 2)
    probe = Probe(submission, "FixedPoint.apply(*a)", unrolled, [W, x], seed=seed + 1)
    z, u, eye = unrolled(W, x), probe.case["u"], torch.eye(d, dtype=W.dtype)
    D = 1 - z**2
    J = D[:, None] * W

    def pair(adjoint: torch.Tensor, slope: torch.Tensor = D) -> list[torch.Tensor]:
        return [torch.outer(slope * adjoint, z), slope * adjoint]

    right = torch.linalg.solve((eye - J).T, u)
    slips = {
        "This is the gradient through the last step alone: the system with I - J is not solved.": pair(u),
        "Transpose: the cotangent is solved with the transpose of I - J.": pair(torch.linalg.solve(eye - J, u)),
        "The slope 1 - z² of tanh is missing after the solve.": pair(right, torch.ones_like(D)),
        "The slope belongs to the rows of W: J[i, j] = (1 - z_i²) W[i, j].": pair(
            torch.linalg.solve((eye - W * D).T, u)
        ),
        "J is W with its rows scaled by the slope 1 - z²; here W itself was used.": pair(
            torch.linalg.solve((eye - W).T, u)
        ),
        "The sign: the system is I - J, not I + J.": pair(torch.linalg.solve((eye + J).T, u)),
        "The gradient of W is transposed: row i belongs to output i.": [torch.outer(z, D * right), D * right],
        "The gradient of W is an outer product with z, not with x.": [torch.outer(D * right, x), D * right],
    }
    only_x = Probe(submission, "FixedPoint.apply(*a)", unrolled, [W, x], seed=seed + 2, needs=(False, True))
    return [
        *in_turn(
            probe.first(
                "as the unrolled loop", slips, "Solve (I - J)ᵀ a = grad_z, then go back through one step with a."
            ),
            only_x.first("only x asks for a gradient", because="Return a gradient for each input that asks for one."),
            probe.second(
                "second derivatives",
                "A term is missing: save W and z themselves by save_for_backward and form J in backward.",
            ),
        ),
        probe.kept("what is kept", lambda kept: keeps_at_most(kept, W, x, z)),
        *probe.on_devices("as the unrolled loop"),
    ]


def judge_swish(submission: Submission, seed: int, shape: tuple[int, ...], strided: bool = False) -> list[Verdict]:
    """Exercise 7.7: `Swish`: values, gradients, what it keeps, and vmap of grad."""
    (x,) = (2 * t for t in normal(seed, shape))
    probe = Probe(submission, "Swish.apply(*a)", F.silu, [x], seed=seed + 1, strided=strided)
    thousand = torch.linspace(-4, 4, 1000, dtype=torch.float32)
    memory = Probe(submission, "Swish.apply(*a)", F.silu, [thousand], seed=seed + 2)
    u, s = probe.case["u"], torch.sigmoid(x)
    slips = {
        "The upstream gradient is missing: multiply by grad_y.": s + x * s * (1 - s),
        "The product rule has two terms: x·σ' is missing.": u * s,
        "The product rule has two terms: σ itself is missing.": u * x * s * (1 - s),
        "σ' is σ(1 - σ): a factor σ is missing.": u * (s + x * (1 - s)),
        "The sign: σ' is σ(1 - σ).": u * (s - x * s * (1 - s)),
        "σ' is σ(1 - σ), not 1 - σ².": u * (s + x * (1 - s**2)),
    }
    return [
        *in_turn(
            probe.first("as silu", {k: [v] for k, v in slips.items()}, "y' = σ + x·σ(1 - σ)."),
            probe.second("second derivatives", "Only x may be kept; what forward computed is a constant to autograd."),
            probe.mapped("under vmap(grad)", "Each example has a gradient of its own."),
        ),
        memory.kept("4,000 bytes for 1,000 numbers", lambda kept: keeps_at_most(kept, thousand)),
        *probe.on_devices("as silu"),
    ]


def judge_mended(submission: Submission, seed: int, shape: tuple[int, ...], strided: bool = False) -> list[Verdict]:
    """Exercise 7.8: `MendedSine`, the same function and gradients, and all four second derivatives."""
    x, w = normal(seed, shape, shape)
    probe = Probe(submission, "MendedSine.apply(*a)", _sine, [x, w], seed=seed + 1, strided=strided)
    only_w = Probe(submission, "MendedSine.apply(*a)", _sine, [x, w], seed=seed + 2, needs=(False, True))
    u = probe.case["u"]
    slips = {
        "The upstream gradient is missing.": [w * x.cos(), x.sin()],
        "The sign: the derivative of sin is cos.": [-u * w * x.cos(), u * x.sin()],
        "The two gradients are exchanged: that of x comes first.": [u * x.sin(), u * w * x.cos()],
        "w is missing in the gradient of x.": [u * x.cos(), u * x.sin()],
    }
    forgotten = (
        "The first derivatives are right; in the second a term is missing. A tensor computed in setup_context or "
        "forward, or detached, is a constant in backward: keep the inputs, compute sin and cos in backward."
    )
    verdicts = [
        probe.second("second derivatives", forgotten),
        only_w.second("only w asks for a gradient", forgotten),
        probe.agrees("gradcheck and gradgradcheck"),
    ]
    return in_turn(probe.first("first derivatives, as before", slips), *verdicts)


def judge_batch_norm(submission: Submission, seed: int, n: int, m: int, strided: bool = False) -> list[Verdict]:
    """Exercise 7.11: `BatchNorm` with Bessel's correction and, against torch's own batch norm, without."""
    x, gain, bias = normal(seed, (n, m), (m,), (m,))
    x = x * torch.linspace(0.3, 2.0, m, dtype=x.dtype) + 3

    def probe(correction: int, needs: tuple[bool, ...] = (True, True, True, False), **more: bool) -> Probe:
        reference = _bessel if correction else _torchs
        return Probe(
            submission,
            "BatchNorm.apply(*a)",
            reference,
            [x, gain, bias, correction],
            seed=seed + 1,
            needs=needs,
            **more,
        )

    bessel = probe(1, strided=strided)
    forgotten = (
        "A term is missing. x-hat and 1/std are intermediates: kept from forward they are constants in the second "
        "derivative. Keep x and gain, and compute them again in backward."
    )
    sum_forgotten = "The gradients of gain and bias are sums over the batch; that of x has three terms."
    tangent = "The tangent of gain·x-hat + bias has three terms; x-hat moves with the mean and with the deviation."
    return [
        *in_turn(
            bessel.first("correction 1", batch_norm_slips(bessel, 1), sum_forgotten),
            probe(0).first("correction 0, as torch", batch_norm_slips(probe(0), 0), sum_forgotten),
            probe(1, (False, True, False, False)).first("only gain asks for a gradient", because=sum_forgotten),
            bessel.second("second derivatives", forgotten),
        ),
        bessel.kept("what is kept", lambda kept: keeps_at_most(kept, x, gain, bias)),
        *in_turn(
            probe(1).tangent("jvp, all three move", tangent_slips(probe(1)), tangent),
            probe(0, (True, False, False, False)).tangent("jvp, only x moves", because=tangent),
        ),
        *bessel.on_devices("correction 1"),
    ]


def batch_norm_slips(probe: Probe, correction: int) -> dict[str, object]:
    """The gradients that usual mistakes give, by the sentence that names each."""
    x, gain = probe.case["inputs"][:2]
    u, n = probe.case["u"], len(x)
    xhat, r = _standardise(x, correction)
    g = gain * u

    def back(*, mean: bool = True, spread: float = n - correction, g: torch.Tensor = g) -> torch.Tensor:
        return r * (g - mean * g.mean(0) - (xhat * (xhat * g).sum(0) / spread if spread else 0))

    own = [(u * xhat).sum(0), u.sum(0)]
    return {
        "The branch through the mean is missing.": [back(mean=False), *own],
        "The branch through the variance is missing.": [back(spread=0.0), *own],
        "Mean and deviation depend on x: this holds both fixed.": [back(mean=False, spread=0.0), *own],
        "Divided by n where the variance divides by n - correction, or the other way round.": [
            back(spread=n - 1 + correction),
            *own,
        ],
        "gain is missing in the gradient of x.": [back(g=u), *own],
        "The deviation, 1/std in front, is missing in the gradient of x.": [back() / r, *own],
        "The sum over the batch of dgain and dbias is a mean here.": [back(), own[0] / n, own[1] / n],
        "dgain and dbias are exchanged.": [back(), own[1], own[0]],
        "gain's gradient is with x-hat, not with x.": [back(), (u * x).sum(0), own[1]],
    }


def tangent_slips(probe: Probe) -> dict[str, torch.Tensor]:
    """The tangents that usual mistakes give."""
    x, gain = probe.case["inputs"][:2]
    tx, tgain, tbias = probe.case["along"]
    xhat, r = _standardise(x, 1)
    moved = r * (tx - tx.mean(0) - xhat * (xhat * tx).sum(0) / (len(x) - 1))
    return {
        "The tangents of gain and bias are missing.": gain * moved,
        "The tangent of gain is missing: product rule.": gain * moved + tbias,
        "The tangent of bias is missing.": gain * moved + tgain * xhat,
        "x-hat moves with mean and deviation; here both are held fixed.": gain * r * tx + tgain * xhat + tbias,
        "gain is missing in front of the tangent of x-hat.": moved + tgain * xhat + tbias,
        "The tangent of x is missing: x-hat moves too.": tgain * xhat + tbias,
    }


def unrolled(W: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """80 steps of z ← tanh(W z + x) from zero: at a norm of 0.6 the last one moves z by less than 1e-17."""
    z = torch.zeros_like(x)
    for _ in range(80):
        z = torch.tanh(W @ z + x)
    return z


def _sine(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return w * torch.sin(x)


def _standardise(x: torch.Tensor, correction: int) -> tuple[torch.Tensor, torch.Tensor]:
    r = (x.var(0, correction=correction) + EPS) ** -0.5
    return (x - x.mean(0)) * r, r


def _bessel(x: torch.Tensor, gain: torch.Tensor, bias: torch.Tensor, correction: int) -> torch.Tensor:
    return gain * _standardise(x, correction)[0] + bias


def _torchs(x: torch.Tensor, gain: torch.Tensor, bias: torch.Tensor, correction: int) -> torch.Tensor:
    return F.batch_norm(x, None, None, gain, bias, training=True, eps=EPS)
