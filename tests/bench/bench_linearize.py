"""The gradient of the char-MLP with batch normalisation (float64, batch 32, hidden 64) by the core of chapter 09.

`python -m tests.bench.bench_linearize [rounds]`. Beside HIPS autograd and jax without jit, where they are installed;
torch eager for orientation. All take turns within each round; what is measured is processor time, and a ratio is the
median over rounds. Exits with 1 where the gradients differ by more than 1e-12.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from grader.check.exercises.ch09_reverse import char_mlp_by_torch
from tests.bench.taught_linearize import core_lines, load_core

BATCH, HIDDEN, EMBEDDING, BLOCK, LETTERS = 32, 64, 10, 3, 27
REPEATS = 10  # gradients in a round
Gradients = Callable[[], list[np.ndarray]]


def start() -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """The parameters C, W1, b1, W2, b2, bngain, bnbias, and a batch X, Y."""
    rng = np.random.default_rng(1)
    shapes = [(LETTERS, EMBEDDING), (BLOCK * EMBEDDING, HIDDEN), (HIDDEN,), (HIDDEN, LETTERS), (LETTERS,)]
    params = [0.3 * rng.normal(size=shape) for shape in shapes]
    params += [1 + 0.1 * rng.normal(size=(1, HIDDEN)), 0.1 * rng.normal(size=(1, HIDDEN))]
    return params, rng.integers(0, LETTERS, (BATCH, BLOCK)), rng.integers(0, LETTERS, BATCH)


def loss_in(
    xp: object, params: list, X: np.ndarray, Y: np.ndarray, constant: Callable[[object], object] = lambda x: x
) -> object:
    """The loss with numpy's names, for autograd.numpy and jax.numpy. constant: takes its argument out of the graph.

    With it the operations are those of the chapter's loss; without it the row's largest logit is differentiated, too.
    """
    C, W1, b1, W2, b2, bngain, bnbias = params
    n = len(X)
    hprebn = xp.dot(C[X].reshape(n, -1), W1) + b1
    bndiff = hprebn - xp.mean(hprebn, 0)
    bnvar = xp.sum(bndiff * bndiff, 0) / (n - 1)
    h = xp.tanh(bngain * (bndiff * (bnvar + 1e-5) ** -0.5) + bnbias)
    logits = xp.dot(h, W2) + b2
    shifted = logits - xp.max(constant(logits), 1, keepdims=True)
    return xp.mean(xp.log(xp.sum(xp.exp(shifted), 1)) - shifted[np.arange(n), Y])


def contestants() -> dict[str, Gradients]:
    params, X, Y = start()
    core = load_core()
    gradients = core["grad"](lambda *ps: core["char_mlp"](*ps, X, Y))
    found: dict[str, Gradients] = {f"chapter 09 ({core_lines()} lines)": lambda: gradients(*params)}
    if find_spec("autograd"):
        import autograd
        import autograd.numpy as anp

        by_autograd = autograd.grad(lambda ps: loss_in(anp, ps, X, Y, autograd.tracer.getval))
        found["HIPS autograd"] = lambda: by_autograd(params)
    if find_spec("jax"):
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        by_jax = jax.grad(lambda ps: loss_in(jnp, ps, X, Y, jax.lax.stop_gradient))
        given = [jnp.asarray(p) for p in params]
        found["jax, without jit"] = lambda: [np.asarray(g) for g in by_jax(given)]

    def by_torch() -> list[np.ndarray]:
        leaves = [torch.tensor(p, requires_grad=True) for p in params]
        return [g.numpy() for g in torch.autograd.grad(char_mlp_by_torch(leaves, X, Y), leaves)]

    found["torch eager, one thread"] = by_torch
    return found


def measure(gradients: dict[str, Gradients], rounds: int) -> dict[str, list[float]]:
    """Seconds of processor time for one gradient, a list over rounds for each."""
    times: dict[str, list[float]] = {name: [] for name in gradients}
    for _ in range(rounds):
        for name, run in gradients.items():
            repeats = REPEATS if "jax" not in name else 1
            started = time.process_time()
            for _ in range(repeats):
                run()
            times[name].append((time.process_time() - started) / repeats)
    return times


def main(rounds: int = 30) -> int:
    torch.set_num_threads(1)
    gradients = contestants()
    first, *others = [run() for run in gradients.values()]
    apart = max(float(np.abs(a - b).max()) for other in others for a, b in zip(first, other, strict=True))
    if not apart <= 1e-12:
        print(f"The contestants do not compute the same gradient: they are {apart:.1e} apart.")
        return 1
    times = measure(gradients, rounds)
    table = Table("one gradient", "µs of processor time", "chapter 09 beside it", title=__doc__.split("\n")[0])
    own = next(iter(times.values()))
    for name, taken in times.items():
        ratio = statistics.median(mine / theirs for mine, theirs in zip(own, taken, strict=True))
        table.add_row(name, f"{1e6 * statistics.median(taken):,.0f}", f"{ratio:.2f}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(*[int(argument) for argument in sys.argv[1:]]))
