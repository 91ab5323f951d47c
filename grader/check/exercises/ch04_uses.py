"""Chapter 04, reverse mode: what the engine is used for: training, the cheap gradient, checkpoints."""

from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from grader.check.errors import SubmissionError
from grader.check.functions import ask, matches, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

TRAIN = """
parameters = [Tensor(array, requires_grad=True) for array in arrays]
losses, first = [], None
loss = mlp_loss(parameters, *batches[0])
outputs["loss"] = None if loss is None else np.array(loss.data)
for X, Y in batches:
    loss = train_step(parameters, X, Y, lr)
    losses.append("a Tensor" if isinstance(loss, Tensor) else loss)
    first = first or [np.array(parameter.data) for parameter in parameters]
outputs["losses"], outputs["first"] = losses, first
outputs["last"] = [np.array(parameter.data) for parameter in parameters]
"""

REVERSE = """
calls = []


def f(t):
    calls.append(type(t).__name__)
    x = t.data
    return record((weights * np.sin(x)).sum(), (t, lambda g: g * weights * np.cos(x)))


answer = gradient_by_reverse(f, x)
outputs["answer"], outputs["calls"], outputs["x"] = answer, calls, x
"""

CHAIN_OF_STATES = """
class State:
    alive = most = advanced = 0

    def __init__(self, x):
        self.x = x
        State.alive += 1

    def __del__(self):
        State.alive -= 1


def step(state):
    State.advanced += 1
    new = State(np.sin(matrix @ state.x))
    State.most = max(State.most, State.alive)
    return new


def step_vjp(state, g):
    return matrix.T @ (np.cos(matrix @ state.x) * g)


found = checkpointed_vjp(step, step_vjp, State(x), g, length, spacing)
outputs["found"] = found
outputs["advanced"], outputs["most"] = State.advanced, State.most
"""


def judge_training(submission: Submission, seed: int, batch: int, hidden: int, embedding: int) -> list[Verdict]:
    """Verdicts on mlp_loss and train_step, for a network of the given sizes on three batches, beside torch."""
    rng = np.random.default_rng(seed)
    sizes = [(27, embedding), (3 * embedding, hidden), (hidden,), (hidden, 27), (27,)]
    arrays = [rng.normal(size=size) * (1.0 if i == 0 else 0.3) for i, size in enumerate(sizes)]
    batches = [[rng.integers(0, 27, (batch + i, 3)), rng.integers(0, 27, batch + i)] for i in range(3)]
    names = ["the loss", "the loss that a step returns", "one step", "three steps, batches of other sizes"]
    try:
        found = submission.run(TRAIN, {"arrays": arrays, "batches": batches, "lr": 0.3})
    except SubmissionError as error:
        return [refused(name, error) for name in names]
    want, first, last = _train_in_torch(arrays, batches, 0.3)
    piled = _train_in_torch(arrays, batches, 0.3, piled=True)[2]
    if found["losses"][0] is None and _same(found["last"], arrays):
        return [Verdict(name, "missing", "Not done yet.") for name in names]
    slip = (
        "Gradients of earlier steps were still there: forget them at the start of each step."
        if _same(found["last"], piled)
        else ""
    )
    back = (
        "The parameters moved uphill: the step is −lr · grad." if _same(found["first"], _uphill(arrays, first)) else ""
    )
    still = (
        "The parameters did not move: change `parameter.data` of the tensors that were handed in."
        if _same(found["first"], arrays)
        else ""
    )
    before = "The loss is that before the step, a float; the second is taken at the moved parameters."
    return [
        matches(
            names[0],
            found["loss"],
            want[0],
            because="Look up, lay side by side, linear, tanh, linear, cross-entropy (a mean over the batch).",
        ),
        Verdict(names[1], "wrong", "It is a Tensor; return a float: float(loss.data).")
        if "a Tensor" in found["losses"]
        else matches(names[1], found["losses"], [float(loss) for loss in want], because=slip or before, tol=1e-9),
        _all_match(names[2], found["first"], first, back or still),
        _all_match(names[3], found["last"], last, slip or back or still),
    ]


def judge_cheap_gradient(submission: Submission, seed: int, n: int) -> list[Verdict]:
    """Verdicts on the two gradients of f(x) = Σ wᵢ sin xᵢ and on the number of calls that each makes."""
    rng = np.random.default_rng(seed)
    x, weights = rng.normal(size=n), rng.uniform(0.5, 2, n)
    want, asked = weights * np.cos(x), []

    def jvp(at, direction):
        asked.append(np.asarray(direction))
        return float((weights * np.cos(np.asarray(at)) * np.asarray(direction)).sum())

    def judge_forward(got):
        verdict = matches(
            forward, got, want, because="One call with each unit vector; its tangent is one entry of the gradient."
        )
        if verdict.passed and len(asked) != n:
            return Verdict(forward, "wrong", f"{n} calls of jvp are enough; you made {len(asked)}.")
        return verdict

    def judge_reverse(found):
        if found["answer"] is None:
            return Verdict(reverse, "missing", "Not done yet.")
        if found["calls"] != ["Tensor"]:
            return Verdict(reverse, "wrong", f"f is called once, with a Tensor; you made {len(found['calls'])} calls.")
        if not np.array_equal(found["x"], x):
            return Verdict(reverse, "wrong", "Your function changed x: make the leaf of a copy.")
        return matches(
            reverse, found["answer"], want, because="A leaf with requires_grad=True, f, backward, then the leaf's grad."
        )

    forward, reverse = "forward, n calls", "reverse, one call"
    return [
        ask(submission, forward, lambda: submission.call("gradient_by_forward", jvp, x), judge_forward),
        ask(submission, reverse, lambda: submission.run(REVERSE, {"x": x, "weights": weights}), judge_reverse),
    ]


def judge_checkpoints(submission: Submission, seed: int, lengths: tuple[tuple[int, int], ...]) -> list[Verdict]:
    """Verdicts on checkpointed_vjp for pairs (length, spacing): the cotangent, the calls of step, the states held."""
    rng = np.random.default_rng(seed)
    lines = []
    for length, spacing in lengths:
        line = f"{length} steps, spacing {spacing}"
        # Orthogonal, so that the cotangent neither dies out nor explodes along the chain.
        matrix = np.linalg.qr(rng.normal(size=(3, 3)))[0] * 1.05
        inputs = {
            "matrix": matrix,
            "x": rng.normal(size=3),
            "g": rng.normal(size=3),
            "length": length,
            "spacing": spacing,
        }
        question = partial(submission.run, CHAIN_OF_STATES, inputs)
        lines.append(ask(submission, line, question, partial(_judge_checkpointed, line, inputs)))
    return lines


def _judge_checkpointed(line: str, inputs: dict, found: dict) -> Verdict:
    if found["found"] is None:
        return Verdict(line, "missing", "Not done yet.")
    length, spacing = inputs["length"], inputs["spacing"]
    segments = -(-length // spacing)
    calls, states = spacing * (segments - 1) + length - segments, segments + min(spacing, length) - 1
    x = torch.tensor(inputs["x"], requires_grad=True)
    with torch.enable_grad():
        y = x
        for _ in range(length):
            y = torch.sin(torch.tensor(inputs["matrix"]) @ y)
        (want,) = torch.autograd.grad(y, x, torch.tensor(inputs["g"]))
    verdict = matches(
        line,
        found["found"],
        want,
        because="Each step's vjp is taken at the state before that step, from the last to the first.",
    )
    if not verdict.passed:
        return verdict
    # Two states more than needed are no slip: a loop variable or two may hold one.
    if found["most"] > states + 2:
        return Verdict(
            line,
            "wrong",
            f"The cotangent is right, but {found['most']} states were held at once; {states} are enough. Keep "
            "checkpoints only, and forget a segment's states when it is done.",
        )
    if found["advanced"] > calls:
        return Verdict(
            line,
            "wrong",
            f"The cotangent is right, but step was called {found['advanced']} times; {calls} calls are enough. "
            "Begin each segment at its own checkpoint, and stop before its last step.",
        )
    return Verdict(line, "right")


def _train_in_torch(arrays, batches, lr, piled=False):
    """Losses, parameters after one step, parameters at the end; `piled` never forgets a gradient."""
    parameters = [torch.tensor(array, requires_grad=True) for array in arrays]
    sums, losses, first = [torch.zeros_like(p) for p in parameters], [], None
    for X, Y in batches:
        C, W1, b1, W2, b2 = parameters
        with torch.enable_grad():
            hidden = torch.tanh(C[torch.tensor(X)].flatten(1) @ W1 + b1)
            loss = F.cross_entropy(hidden @ W2 + b2, torch.tensor(Y))
            grads = torch.autograd.grad(loss, parameters)
        losses.append(loss.detach())
        sums = [total * piled + grad for total, grad in zip(sums, grads, strict=True)]
        for parameter, total in zip(parameters, sums, strict=True):
            parameter.data = parameter.data - lr * total
        first = first or [parameter.detach().numpy() for parameter in parameters]
    return losses, first, [parameter.detach().numpy() for parameter in parameters]


def _uphill(arrays: list[np.ndarray], downhill: list[np.ndarray]) -> list[np.ndarray]:
    return [2 * start - end for start, end in zip(arrays, downhill, strict=True)]


def _same(got: list[np.ndarray], want: list[np.ndarray]) -> bool:
    return all(g.shape == w.shape and np.allclose(g, w, rtol=1e-9, atol=1e-12) for g, w in zip(got, want, strict=True))


def _all_match(line: str, got: list[np.ndarray], want: list[np.ndarray], because: str) -> Verdict:
    names = ("C", "W1", "b1", "W2", "b2")
    for name, g, w in zip(names, got, want, strict=True):
        verdict = matches(line, g, w, because=because or f"{name} is not where gradient descent takes it.")
        if not verdict.passed:
            return verdict
    return Verdict(line, "right")
