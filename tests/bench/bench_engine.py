"""One training step of the char-MLP (float64, batch 32, hidden 64) by the engine of chapter 04 and by others.

`python -m tests.bench.bench_engine [rounds]`. All take turns within each round, and what is measured is processor time,
so that a busy machine is unfair to none. A ratio is the median over rounds of the time beside that of numpy with
gradients written by hand. HIPS autograd and micrograd take part where they are installed.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table

from tests.bench.taught_engine import engine_lines, load_engine

BATCH, HIDDEN, EMBEDDING, BLOCK, LETTERS, LR = 32, 64, 10, 3, 27, 0.1
STEPS = 20  # steps in a round, but for micrograd
Step = Callable[[np.ndarray, np.ndarray], float]


def start() -> list[np.ndarray]:
    """C, W1, b1, W2, b2."""
    rng = np.random.default_rng(1)
    shapes = [(LETTERS, EMBEDDING), (BLOCK * EMBEDDING, HIDDEN), (HIDDEN,), (HIDDEN, LETTERS), (LETTERS,)]
    return [0.3 * rng.normal(size=shape) for shape in shapes]


def by_hand() -> Step:
    C, W1, b1, W2, b2 = parameters = start()

    def step(X: np.ndarray, Y: np.ndarray) -> float:
        n, rows = len(X), np.arange(len(X))
        embcat = C[X].reshape(n, -1)
        h = np.tanh(embcat @ W1 + b1)
        logits = h @ W2 + b2
        shifted = logits - logits.max(1, keepdims=True)
        counts = np.exp(shifted)
        sums = counts.sum(1, keepdims=True)
        loss = (np.log(sums[:, 0]) - shifted[rows, Y]).mean()
        dlogits = counts / sums
        dlogits[rows, Y] -= 1
        dlogits *= 1 / n
        dhpreact = (1 - h * h) * (dlogits @ W2.T)
        dC = np.zeros_like(C)
        np.add.at(dC, X, (dhpreact @ W1.T).reshape(n, BLOCK, EMBEDDING))
        gradients = [dC, embcat.T @ dhpreact, dhpreact.sum(0), h.T @ dlogits, dlogits.sum(0)]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= LR * gradient
        return float(loss)

    return step


def by_taught_engine() -> Step:
    engine = load_engine()
    reshape, linear, tanh = engine["reshape"], engine["linear"], engine["tanh"]
    cross_entropy, backward, zero_grad = engine["cross_entropy"], engine["backward"], engine["zero_grad"]
    C, W1, b1, W2, b2 = parameters = [engine["Tensor"](array, requires_grad=True) for array in start()]

    def step(X: np.ndarray, Y: np.ndarray) -> float:
        zero_grad(parameters)
        hidden = tanh(linear(reshape(C[X], (len(X), -1)), W1, b1))
        loss = cross_entropy(linear(hidden, W2, b2), Y)
        backward(loss)
        for parameter in parameters:
            parameter.data -= LR * parameter.grad
        return float(loss.data)

    return step


def by_torch() -> Step:
    C, W1, b1, W2, b2 = parameters = [torch.tensor(array, requires_grad=True) for array in start()]

    def step(X: np.ndarray, Y: np.ndarray) -> float:
        hidden = torch.tanh(C[torch.from_numpy(X)].flatten(1) @ W1 + b1)
        loss = F.cross_entropy(hidden @ W2 + b2, torch.from_numpy(Y))
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= LR * gradient
        return loss.item()

    return step


def by_hips_autograd() -> Step:
    import autograd.numpy as anp
    from autograd import value_and_grad

    parameters = start()

    def loss(parameters, X, Y):
        C, W1, b1, W2, b2 = parameters
        h = anp.tanh(anp.dot(C[X].reshape(len(X), -1), W1) + b1)
        logits = anp.dot(h, W2) + b2
        shifted = logits - anp.max(logits, 1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(shifted), 1)) - shifted[np.arange(len(X)), Y])

    differentiated = value_and_grad(loss)

    def step(X: np.ndarray, Y: np.ndarray) -> float:
        value, gradients = differentiated(parameters, X, Y)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= LR * gradient
        return float(value)

    return step


def by_micrograd() -> Step:
    """One Value a number. micrograd has no tanh, exp or log: they are added in its own style."""
    import math

    from micrograd.engine import Value

    def unary(x, value, slope):
        out = Value(value, (x,))

        def _backward():
            x.grad += slope * out.grad

        out._backward = _backward
        return out

    def tanh(x):
        value = math.tanh(x.data)
        return unary(x, value, 1 - value * value)

    C, W1, b1, W2, b2 = (np.vectorize(Value, otypes=[object])(array) for array in start())
    parameters = [value for array in (C, W1, b1, W2, b2) for value in array.flat]

    def step(X: np.ndarray, Y: np.ndarray) -> float:
        hidden = C[X].reshape(len(X), -1) @ W1 + b1
        hidden = np.vectorize(tanh, otypes=[object])(hidden)
        loss = Value(0.0)
        for row, target in zip(hidden @ W2 + b2, Y, strict=True):
            largest = max(value.data for value in row)
            counts = [unary(v, math.exp(v.data - largest), math.exp(v.data - largest)) for v in row]
            total = sum(counts[1:], counts[0])
            loss = loss + unary(total, math.log(total.data) + largest, 1 / total.data) - row[target]
        loss = loss * (1 / len(X))
        for value in parameters:
            value.grad = 0
        # its backward recurses once for each operation of the longest chain
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(100_000)
        loss.backward()
        sys.setrecursionlimit(limit)
        for value in parameters:
            value.data -= LR * value.grad
        return loss.data

    return step


def contestants() -> dict[str, Step]:
    found = {"numpy, gradients by hand": by_hand(), f"chapter 04 ({engine_lines()} lines)": by_taught_engine()}
    found["torch eager, one thread"] = by_torch()
    if find_spec("autograd"):
        found["HIPS autograd"] = by_hips_autograd()
    if find_spec("micrograd"):
        found["micrograd"] = by_micrograd()
    return found


def measure(steps: dict[str, Step], rounds: int) -> dict[str, list[float]]:
    """Seconds of processor time a step, a list over rounds for each; micrograd takes one step in every tenth round."""
    rng = np.random.default_rng(2)
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(rounds):
        batches = [(rng.integers(0, LETTERS, (BATCH, BLOCK)), rng.integers(0, LETTERS, BATCH)) for _ in range(STEPS)]
        for name, step in steps.items():
            own = batches if name != "micrograd" else batches[: 1 if turn % 10 == 0 else 0]
            started = time.process_time()
            for X, Y in own:
                step(X, Y)
            if own:
                times[name].append((time.process_time() - started) / len(own))
            if name == "micrograd":
                gc.collect()  # its graphs are reference cycles; nobody else shall clear them away
    return times


def agree(steps: dict[str, Step]) -> float:
    """The largest difference between the losses of all, over two steps from the same start."""
    rng = np.random.default_rng(3)
    worst = 0.0
    for _ in range(2):
        X, Y = rng.integers(0, LETTERS, (BATCH, BLOCK)), rng.integers(0, LETTERS, BATCH)
        losses = [step(X, Y) for step in steps.values()]
        worst = max(worst, max(losses) - min(losses))
    return worst


def long_chain(operations: int) -> float:
    """Seconds for building a chain of `operations` additions and walking back, at the default recursion limit."""
    engine = load_engine()
    x = y = engine["Tensor"](1.0, requires_grad=True)
    started = time.process_time()
    for _ in range(operations):
        y = engine["add"](y, 1.0)
    engine["backward"](y)
    return time.process_time() - started if x.grad == 1 else float("nan")


def main(rounds: int = 100) -> int:
    torch.set_num_threads(1)
    steps = contestants()
    apart = agree(steps)
    if not apart < 1e-9:
        print(f"The contestants do not compute the same step: their losses are {apart:.1e} apart.")
        return 1
    times = measure(steps, rounds)
    floor = times["numpy, gradients by hand"]
    table = Table(
        "one step",
        "µs of processor time",
        "beside hand-written numpy",
        title=f"char-MLP, float64, batch {BATCH}, hidden {HIDDEN}",
    )
    for name, taken in times.items():
        every = floor if len(taken) == len(floor) else floor[::10]
        ratio = statistics.median(own / base for own, base in zip(taken, every, strict=True))
        table.add_row(name, f"{1e6 * statistics.median(taken):,.0f}", f"{ratio:.2f}")
    Console().print(table)
    taught = next(taken for name, taken in times.items() if name.startswith("chapter 04"))
    if "HIPS autograd" in times:
        pairs = zip(taught, times["HIPS autograd"], strict=True)
        print(f"chapter 04 beside HIPS autograd: {statistics.median(own / other for own, other in pairs):.2f}")
    gc.collect()
    for operations in (50_000, 200_000):
        seconds = long_chain(operations)
        print(
            f"a chain of {operations:,} operations: {seconds:.2f} s, {1e6 * seconds / operations:.1f} µs an operation"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(*[int(argument) for argument in sys.argv[1:]]))
