"""Chapter 06, exercise 6.11: a recurrence over one window, its states and its gradients."""

import torch

from grader.check.exercises.ch06_explain import explain
from grader.check.functions import ask
from grader.check.submission import Submission
from grader.check.verdict import Verdict

WINDOW = """
for leaf in (W, U, xs, h):
    leaf.requires_grad_()
before = h * 1.0
states = run_window(W, U, xs, ends, before)
outputs["states"] = states
if states is not None:
    found = torch.autograd.grad((states * u).sum(), [W, U, xs, h], allow_unused=True)
    outputs["gradients"] = [torch.zeros_like(x) if d is None else d for x, d in zip([W, U, xs, h], found)]
"""


def judge_window(
    submission: Submission, exercise: str = "6.11", *, seed: int = 611, T: int = 6, n: int = 3, d: int = 2, m: int = 4
) -> list[Verdict]:
    """`run_window` on a window in which sequences end: states and gradients."""
    g = torch.Generator().manual_seed(seed)
    shapes = {"W": (m, m), "U": (d, m), "xs": (T, n, d), "h": (n, m), "u": (T, n, m)}
    case = {name: torch.randn(*shape, generator=g, dtype=torch.float64) for name, shape in shapes.items()}
    case["ends"] = torch.zeros(T, n, dtype=torch.bool)
    case["ends"][T // 2, 0] = case["ends"][1, n - 1] = case["ends"][T - 1, 0] = True
    states, right = _through_time(case)
    unlinked, blind, undetached = (
        _through_time(case, **flag)[1] for flag in ({"linked": False}, {"blind": True}, {"detached": False})
    )
    wiped = torch.where(case["ends"][..., None], 0.0, states)
    ends = "The gradient runs on across the end of a sequence: .data hides the reset from autograd."
    steps = "Each step is cut off from the one before. Detach the state once, before the loop."
    lines = {
        "states": (
            lambda out: out["states"],
            states,
            {"The last state of each sequence is wiped: the reset has written into a tensor already stored.": wiped},
            "A sequence that ends at t starts at t + 1 from 0; what was stored at t stays.",
        ),
        "gradients of W and U": (
            lambda out: out["gradients"][:2],
            right[:2],
            {steps: unlinked[:2], ends: blind[:2]},
            "The backward pass should meet the values of the forward pass: no edit of a stored state.",
        ),
        "gradients of xs and of h": (
            lambda out: out["gradients"][2:],
            right[2:],
            {
                steps: unlinked[2:],
                ends: blind[2:],
                "The gradient leaves the window: the state carried over should be detached.": undetached[2:],
            },
            "Inputs get gradients from later states of their own sequence; h gets none.",
        ),
    }

    def line(name: str) -> Verdict:
        pick, want, typical, otherwise = lines[name]
        return ask(
            submission,
            name,
            lambda: _window(submission, case),
            lambda out: explain(name, pick(out), want, typical, otherwise),
        )

    return [line(name) for name in lines]


def _window(submission: Submission, case: dict) -> dict | None:
    out = submission.run(WINDOW, case)
    return None if out.get("states") is None else out


def _through_time(
    case: dict, *, linked: bool = True, blind: bool = False, detached: bool = True
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The states, and the gradients of W, U, xs and h by hand (backpropagation through time, Werbos 1990).

    linked: a step hands its gradient to the step before. blind: it does so across ends as well.
    detached: h gets no gradient.
    """
    W, U, xs, h, u, ends = (case[name] for name in ("W", "U", "xs", "h", "u", "ends"))
    keep = torch.cat([torch.ones_like(ends[:1]), ~ends[:-1]])[..., None].to(h)
    read, states = [], []
    for x, k in zip(xs, keep, strict=True):
        read.append((states[-1] if states else h) * k)
        states.append(torch.tanh(x @ U + read[-1] @ W))
    dW, dU, dxs, later = torch.zeros_like(W), torch.zeros_like(U), [], torch.zeros_like(h)
    for t in reversed(range(len(xs))):
        da = (u[t] + later) * (1 - states[t] ** 2)
        dW, dU = dW + read[t].T @ da, dU + xs[t].T @ da
        dxs.insert(0, da @ U.T)
        later = (da @ W.T) * (1.0 if blind else keep[t]) * float(linked)
    return torch.stack(states), [dW, dU, torch.stack(dxs), later * (0.0 if detached else 1.0)]
