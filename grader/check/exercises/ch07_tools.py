"""Chapter 07: a gradcheck of the student's own (7.9) and an operator that torch did not have (7.10)."""

import torch

from grader.check.exercises.ch07_probe import Probe, normal
from grader.check.functions import ask, in_turn, matches
from grader.check.submission import Submission
from grader.check.verdict import Verdict

# Functions with a right backward and with slips that a gradient check is there to find.
SUSPECTS = """
import torch


def _function(name, value, backward):
    class Suspect(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return value(x)

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, u):
            return backward(ctx.saved_tensors[0], u)

    return Suspect.apply


def _suspects(A):
    def hole(x, u):
        d = u * torch.cos(x)
        d.view(-1)[-2] = 0.0
        return d

    square = A @ A.mT
    square = square + torch.arange(len(A)).to(A)
    softmax = lambda x, u: u[:, None] * torch.softmax(x, 1)
    return {
        "sine": (torch.sin, lambda x, u: u * torch.cos(x)),
        "log-sum-exp": (lambda x: torch.logsumexp(x, 1), softmax),
        "matrix product": (lambda x: square @ x, lambda x, u: square.mT @ u),
        "a tiny cube": (lambda x: 1e-6 * x**3, lambda x, u: 3e-6 * x**2 * u),
        "off by 1e-4": (torch.sin, lambda x, u: 1.0001 * u * torch.cos(x)),
        "upstream forgotten": (torch.sin, lambda x, u: torch.cos(x)),
        "one wrong entry": (torch.sin, hole),
        "sign": (torch.cos, lambda x, u: u * torch.sin(x)),
        "transposed": (lambda x: square @ x, lambda x, u: square @ u),
        "a tiny cube off by 1 %": (lambda x: 1e-6 * x**3, lambda x, u: 3.03e-6 * x**2 * u),
        "straight-through": (torch.round, lambda x, u: u),
        "no gradient": (torch.sin, lambda x, u: torch.zeros_like(x)),
    }


def _try(x, seeds, names):
    suspects = _suspects(x[:, : len(x)] if x.shape[1] >= len(x) else x.mT @ x)
    found = {}
    for name in names:
        f = _function(name, *suspects[name])
        found[name] = [my_gradcheck(f, x.clone(), seed=seed) for seed in seeds]
    return found


outputs["found"] = _try(suspect_x, suspect_seeds, suspect_names)
"""

PROJECTED = """
import torch


class _Halved(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return torch.exp(x) @ torch.arange(1.0, x.shape[-1] + 1).to(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, u):
        (x,) = ctx.saved_tensors
        return 0.5 * u[..., None] * torch.exp(x) * torch.arange(1.0, x.shape[-1] + 1).to(x)


outputs["pair"] = projected(_Halved.apply, pr_x, pr_u, pr_v, pr_h)
"""

FLOAT32 = """
def _refuses(x):
    import torch

    if my_gradcheck(torch.sin, x.double()) is None:
        return None
    try:
        my_gradcheck(torch.sin, x)
    except ValueError:
        return "ValueError"
    return "no error"


outputs["answer"] = _refuses(f32_x)
"""

RIGHT = ("sine", "log-sum-exp", "matrix product", "a tiny cube")
CAUGHT = {
    "off by 1e-4": "The tolerance is too loose: central differences in float64 are good to 1e-9, so 1e-6 is generous.",
    "upstream forgotten": "u must be random: with ones, a backward that forgets the upstream gradient looks right.",
    "one wrong entry": "v must have a random part in every entry, or an entry is never looked at.",
    "sign": "Compare the two numbers with their signs.",
    "transposed": "u and v must be random and different, or a transposed Jacobian looks right.",
    "a tiny cube off by 1 %": "An absolute tolerance hides errors of small gradients: make it relative.",
    "straight-through": "Compare with finite differences of f, not with autograd again.",
    "no gradient": "A gradient of zero beside a slope that is not zero is an error.",
}


def judge_gradcheck(submission: Submission, seed: int, n: int, m: int, h: float) -> list[Verdict]:
    """Exercise 7.9: `projected` at a coarse step, and `my_gradcheck` on right functions and wrong ones."""
    x, v = normal(seed, (n, m), (n, m))
    (u,) = normal(seed + 1, (n,))
    seeds = [seed + k for k in range(3)]

    def verdict(line: str, names: tuple[str, ...], wanted: bool, because: dict[str, str]) -> Verdict:
        def judge(found: dict[str, list]) -> Verdict:
            if any(answer is None for answers in found.values() for answer in answers):
                return Verdict(line, "missing", "Not done yet.")
            for name, answers in found.items():
                wrong = sum(bool(answer) != wanted for answer in answers)
                if wrong:
                    said = "accepted" if not wanted else "refused"
                    text = f"{name}: {said} with {wrong} of {len(answers)} seeds. {because.get(name, '')}"
                    return Verdict(line, "wrong", text.strip())
            return Verdict(line, "right")

        inputs = {"suspect_x": x, "suspect_seeds": seeds, "suspect_names": list(names)}
        return ask(submission, line, lambda: submission.run(SUSPECTS, inputs)["found"], judge)

    strict = {name: "A right function must pass: rounding leaves about 1e-10 of the slope." for name in RIGHT}
    accepted = verdict("right functions pass", RIGHT, True, strict)
    caught = [verdict(name, (name,), False, CAUGHT) for name in CAUGHT]
    if accepted.passed and not any(line.passed for line in caught):
        # A check that accepts everything has shown nothing with this line.
        accepted = Verdict(accepted.name, "missing", "They do; but wrong ones must be found too.")
    elif not accepted.passed:
        caught = [
            Verdict(line.name, "missing", "Found; but right functions must pass too.") if line.passed else line
            for line in caught
        ]
    return [_judge_projected(submission, x, u, v, h), accepted, *caught, _judge_float32(submission, x)]


def _judge_projected(submission: Submission, x: torch.Tensor, u: torch.Tensor, v: torch.Tensor, h: float) -> Verdict:
    """Both numbers for Σ j·exp(x_ij) with a backward that is half of the truth, at a step that shows which rule."""
    line = "projected"
    weights = torch.arange(1.0, x.shape[1] + 1, dtype=x.dtype)

    def f(x: torch.Tensor) -> torch.Tensor:
        return torch.exp(x) @ weights

    central = float(u @ (f(x + h * v) - f(x - h * v)) / (2 * h))
    forward = float(u @ (f(x + h * v) - f(x)) / h)
    backward = float((0.5 * u[:, None] * torch.exp(x) * weights * v).sum())
    ones = float((f(x + h * v) - f(x - h * v)).sum() / (2 * h))
    slips = {
        "The two numbers are exchanged: differences first.": [backward, central],
        "This is the forward difference; take f(x + hv) - f(x - hv) over 2h.": [forward, backward],
        "Divide by 2h.": [2 * central, backward],
        "The product with u is missing in the first number.": [ones, backward],
        "The second number is by your own backward, contracted with v; this is by differences.": [central, central],
        "The second number is Jᵀu contracted with v; the v is missing.": [
            central,
            float((0.5 * u[:, None] * torch.exp(x) * weights).sum()),
        ],
    }

    def judge(pair: list) -> Verdict:
        found = matches(line, pair, [central, backward])
        because = next((text for text, value in slips.items() if matches(line, pair, value).passed), "")
        return found if found.passed else matches(line, pair, [central, backward], because=because)

    inputs = {"pr_x": x, "pr_u": u, "pr_v": v, "pr_h": h}
    return ask(submission, line, lambda: submission.run(PROJECTED, inputs)["pair"], judge)


def _judge_float32(submission: Submission, x: torch.Tensor) -> Verdict:
    line = "float32 is refused"

    def judge(answer: str) -> Verdict:
        text = "In float32 differences are good to 1e-3 at best: raise ValueError unless x is float64."
        return Verdict(line, "right") if answer == "ValueError" else Verdict(line, "wrong", text)

    return ask(submission, line, lambda: submission.run(FLOAT32, {"f32_x": x.float()})["answer"], judge)


FAKE = """
def _fake(shapes, dtype):
    import torch

    dtype = getattr(torch, dtype)
    made = [torch.empty(*shape, device="meta", dtype=dtype) for shape in shapes]
    y = interp(*made)
    return None if y is None else [list(y.shape), str(y.dtype).removeprefix("torch."), y.device.type]


outputs["answer"] = _fake(fake_shapes, fake_dtype)
"""


def judge_operator(submission: Submission, seed: int, shape: tuple[int, ...], k: int) -> list[Verdict]:
    """Exercise 7.10: `interp`, its shape without data, and its gradients against torch's own operations."""
    x, fp, gaps = normal(seed, shape, (k,), (k,))
    xp = torch.cumsum(0.2 + gaps.abs(), 0)
    xp = xp - xp.mean()
    # Most points inside the table, some beyond either end.
    x = 0.8 * x * float(xp[-1])

    def probe(inputs: list, needs: tuple[bool, ...] = (True, False, True)) -> Probe:
        return Probe(submission, "interp(*a)", table, inputs, seed=seed + 1, needs=needs)

    whole = probe([x, xp, fp])
    inner = probe([x.clamp(float(xp[0]) + 0.01, float(xp[-1]) - 0.01), xp, fp])
    because = "dx is grad_y times the slope of the segment; dfp gathers (1 - t)·grad_y and t·grad_y at its two ends."
    return [
        _judge_fake(submission, [list(shape), [k], [k]]),
        *in_turn(
            inner.first("inside the table", operator_slips(inner), because),
            whole.first(
                "beyond the ends too",
                operator_slips(whole),
                "Beyond the ends the value is constant: slope 0, weight 1 on it.",
            ),
            inner.second("second derivatives", "A term is missing: the slope depends on fp, the weights on x."),
            probe([x, xp, fp], (False, False, True)).first("only the table learns", because=because),
        ),
    ]


def operator_slips(probe: Probe) -> dict[str, object]:
    """The gradients of x and fp that usual mistakes give."""
    x, xp, fp = probe.case["inputs"]
    u = probe.case["u"]
    i = (torch.searchsorted(xp, x, right=True) - 1).clamp(0, len(xp) - 2)
    width, rise = xp[i + 1] - xp[i], fp[i + 1] - fp[i]
    inside = (x > xp[0]) & (x < xp[-1])
    t = ((x - xp[i]) / width).clamp(0, 1)
    dx = u * inside * rise / width

    def gather(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        found = torch.zeros_like(fp).index_add(0, i.flatten(), (left * u).flatten())
        return found.index_add(0, (i + 1).flatten(), (right * u).flatten())

    lost = torch.zeros_like(fp)
    lost[i] = (1 - t) * u
    lost[i + 1] = t * u
    dfp = gather(1 - t, t)
    return {
        "The two weights are exchanged: the left end has 1 - t.": [dx, gather(t, 1 - t)],
        "The upstream gradient is missing in dx.": [inside * rise / width, dfp],
        "dx is the slope of the segment: divide by its width.": [u * inside * rise, dfp],
        "Beyond the ends the value is constant: dx is 0 there.": [u * rise / width, dfp],
        "Two points of one segment overwrite each other: add into the table (index_add).": [dx, lost],
        "Only the left end gets its part of the gradient.": [dx, gather(1 - t, 0 * t)],
    }


def table(x: torch.Tensor, xp: torch.Tensor, fp: torch.Tensor) -> torch.Tensor:
    """np.interp in torch's own operations: piecewise linear through (xp, fp), constant beyond the ends."""
    i = (torch.searchsorted(xp, x.detach(), right=True) - 1).clamp(0, len(xp) - 2)
    within = torch.where(x < xp[0], xp[0], torch.where(x > xp[-1], xp[-1], x))
    t = (within - xp[i]) / (xp[i + 1] - xp[i])
    return (1 - t) * fp[i] + t * fp[i + 1]


def _judge_fake(submission: Submission, shapes: list[list[int]]) -> Verdict:
    line = "the shape, without data"

    def judge(got: list) -> Verdict:
        want = [shapes[0], "float64", "meta"]
        text = f"An empty result of shape {tuple(shapes[0])}, float64, on the device of x is expected."
        return Verdict(line, "right") if got == want else Verdict(line, "wrong", f"{text} This is {got}.")

    inputs = {"fake_shapes": shapes, "fake_dtype": "float64"}
    return ask(submission, line, lambda: submission.run(FAKE, inputs)["answer"], judge)
