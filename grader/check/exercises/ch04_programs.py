"""Random programs over all operations of chapter 04, written once and run twice: by a student's engine and by torch."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from grader.check.exercises.ch04_arrays import TORCH
from grader.check.tolerance import largest, tolerance

CALM = 30.0  # the largest entry that a program's values may reach
CLEAR = 1e-3  # how far from a kink or a tie the entries stay

RUN_PROGRAMS = """
answers = []
with np.errstate(all="ignore"):
    for program in programs:
        names = {name: Tensor(array, requires_grad=True) for name, array in program["leaves"].items()}
        leaves = list(names)
        names.update(program["constants"])
        try:
            for name, code in program["steps"]:
                names[name] = eval(code, {**globals(), **names})
            backward(names[name], program["g"])
            grads = [names[leaf].grad for leaf in leaves]
            answers.append([None if grad is None else np.asarray(grad) for grad in grads])
        except Exception as error:
            answers.append(f"{type(error).__name__}: {error}")
outputs["answers"] = answers
"""


@dataclass(frozen=True)
class Program:
    """steps: pairs (name, expression) over leaves, constants and earlier names; g: the last value's cotangent.

    gradients: by torch, of each leaf, in the leaves' dtype. slack: the largest difference from them that is right.
    """

    leaves: dict[str, np.ndarray]
    constants: dict[str, np.ndarray]
    steps: list[tuple[str, str]]
    g: np.ndarray
    gradients: list[torch.Tensor]
    slack: list[float]

    @property
    def text(self) -> str:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in self.leaves.items())
        return f"{shapes}; " + "; ".join(f"{name} = {code}" for name, code in self.steps)

    @property
    def inputs(self) -> dict[str, object]:
        return {
            "leaves": self.leaves,
            "constants": self.constants,
            "steps": [list(step) for step in self.steps],
            "g": self.g,
        }


@lru_cache(maxsize=1024)  # a class is judged on the same ones
def random_program(seed: int) -> Program:
    """A program of 4 to 10 operations on 2 to 4 leaves, a quarter of them in float32, some value always used twice."""
    rng = np.random.default_rng(seed)
    dtype = np.float32 if rng.random() < 0.25 else np.float64
    p, q, r = (int(size) for size in rng.integers(1, 5, 3))
    shapes = [(p, q), (q,), (1, q), (p, 1), (), (r, p, q), (r, 1, q), (q, r), (1, 1)]
    picked = [shapes[0], *(shapes[int(i)] for i in rng.integers(0, len(shapes), rng.integers(1, 4)))]
    leaves = {f"x{i}": rng.normal(size=shape).astype(dtype) for i, shape in enumerate(picked)}
    constants: dict[str, np.ndarray] = {}
    values = {name: torch.tensor(array, dtype=torch.float64) for name, array in leaves.items()}
    steps: list[tuple[str, str]] = []
    wanted = int(rng.integers(4, 11))
    while len(steps) < wanted:
        code = _operation(rng, values, constants)
        if (value := _evaluate(code, values, constants)) is not None:
            name = f"v{len(steps)}"
            values[name] = value
            steps.append((name, code))
    # Everything not read yet is gathered, one value twice, so that no step is idle and none stands alone.
    unread = [name for name in values if not any(_reads(code, name) for _, code in steps)]
    twice = str(rng.choice(list(values)))
    total = " + ".join(f"reduce_sum({name}) * {rng.normal():.3f}" for name in unread if name != steps[-1][0])
    steps.append(("out", f"{steps[-1][0]} * reduce_mean({twice} * {twice})" + (f" + {total}" if total else "")))
    return _with_gradients(rng, leaves, constants, steps)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """torch on one thread: for arrays of a few entries, handing out work takes longer than the work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def judge_program(program: Program, answer: object) -> str:
    """What is wrong with the gradients that an engine gave for `program`, empty where nothing is."""
    if isinstance(answer, str):
        return f"stopped: {answer}"
    for name, got, want, slack in zip(program.leaves, answer, program.gradients, program.slack, strict=True):
        if got is None:
            return f"{name}.grad is None."
        got = torch.as_tensor(np.asarray(got))
        if got.shape != want.shape:
            return f"{name}.grad has the shape {tuple(got.shape)}, not {tuple(want.shape)}."
        if got.dtype != want.dtype:
            return f"{name}.grad has the dtype {str(got.dtype)[6:]}, not {str(want.dtype)[6:]}."
        difference = largest(got.double() - want.double())
        if not difference <= slack:
            return f"{name}.grad is off by {difference:.2g}, beside entries up to {largest(want):.2g}."
    return ""


def _operation(rng: np.random.Generator, values: dict[str, torch.Tensor], constants: dict[str, np.ndarray]) -> str:
    """One expression over the values so far; it need not be possible."""
    a, b = (str(name) for name in rng.choice(list(values), 2))
    x = values[a]
    kind = str(rng.choice(["binary", "number", "unary", "reduce", "shape", "matmul", "gather", "softmax"]))
    axis: object = None
    if x.dim() and rng.random() < 0.8:
        axes = tuple(int(i) for i in rng.permutation(x.dim())[: rng.integers(1, x.dim() + 1)])
        axis = axes[0] - x.dim() if rng.random() < 0.5 else axes
    if kind == "binary":
        return str(rng.choice([f"{a} + {b}", f"{a} - {b}", f"{a} * {b}", f"{a} / ({b} * {b} + 0.5)", f"{a} * {a}"]))
    if kind == "number":
        return str(rng.choice([f"{a} * 0.7", f"2 - {a}", f"1.5 / ({a} * {a} + 1)", f"{a} + 0.3", f"-{a}"]))
    if kind == "unary":
        return str(
            rng.choice(
                [
                    f"exp(tanh({a}))",
                    f"tanh({a})",
                    f"relu({a})",
                    f"log({a} * {a} + 0.5)",
                    f"power({a} * {a} + 0.5, -0.5)",
                    f"power({a}, 3)",
                ]
            )
        )
    if kind == "reduce":
        name = rng.choice(["reduce_sum", "reduce_mean", "reduce_max"])
        return f"{name}({a}, axis={axis}, keepdims={rng.random() < 0.5})"
    if kind == "shape":
        axes = tuple(int(i) for i in rng.permutation(x.dim()))
        return f"transpose({a}, {axes})" if rng.random() < 0.5 and x.dim() > 1 else f"reshape({a}, (-1, 1))"
    if kind == "matmul" and x.dim() > 1 and values[b].dim() > 1:
        if x.dim() == 2 and rng.random() < 0.4:
            return f"linear({a}, transpose({a}), reduce_sum({a}, axis=1))"
        return str(rng.choice([f"matmul({a}, {b})", f"matmul({a}, transpose({a}))"]))
    if not x.dim():
        return f"tanh({a})"
    name = f"k{len(constants)}"
    if kind == "gather":
        constants[name] = rng.integers(0, x.shape[0], int(rng.integers(2, 6)))
        return f"gather({a}, {name})"
    if x.dim() == 2 and rng.random() < 0.5:
        constants[name] = rng.integers(0, x.shape[1], x.shape[0])
        return f"cross_entropy({a}, {name})"
    return f"log_softmax({a}, axis={int(rng.integers(-x.dim(), x.dim()))})"


def _evaluate(code: str, values: dict[str, torch.Tensor], constants: dict[str, np.ndarray]) -> torch.Tensor | None:
    """The value of an expression; None where it is impossible, wild, large, or near a kink or a tie."""
    near = []

    def relu(x):
        near.append(largest(1 / x.abs().clamp_min(1e-30)))
        return torch.relu(x)

    def reduce_max(x, axis=None, keepdims=False):
        # All entries apart is more than is needed, and easy to see.
        apart = x.flatten().sort().values.diff()
        near.append(largest(1 / apart.clamp_min(1e-30)))
        return TORCH["reduce_max"](x, axis, keepdims)

    scope = {**TORCH, "relu": relu, "reduce_max": reduce_max, **values}
    scope |= {name: torch.as_tensor(array) for name, array in constants.items()}
    try:
        value = eval(code, {}, scope)
    except (RuntimeError, IndexError, ValueError):
        return None
    calm = value.numel() <= 200 and bool(torch.isfinite(value).all()) and largest(value) < CALM
    return value if calm and all(one_over < 1 / CLEAR for one_over in near) else None


def _with_gradients(
    rng: np.random.Generator,
    leaves: dict[str, np.ndarray],
    constants: dict[str, np.ndarray],
    steps: list[tuple[str, str]],
) -> Program:
    g, exact = _differentiate(leaves, constants, steps, torch.float64, rng)
    if next(iter(leaves.values())).dtype == np.float64:
        return Program(leaves, constants, steps, g, exact, [tolerance(want) for want in exact])
    # In float32 an honest engine may be as far off as torch itself is, several times over.
    _, rough = _differentiate(leaves, constants, steps, torch.float32, g)
    slack = [tolerance(want.float()) + 16 * largest(want - close) for want, close in zip(exact, rough, strict=True)]
    return Program(leaves, constants, steps, g.astype(np.float32), [want.float() for want in exact], slack)


def _differentiate(
    leaves: dict[str, np.ndarray],
    constants: dict[str, np.ndarray],
    steps: list[tuple[str, str]],
    precision: torch.dtype,
    upstream: np.random.Generator | np.ndarray,
) -> tuple[np.ndarray, list[torch.Tensor]]:
    """The cotangent of the last value, drawn where a generator is given, and torch's gradients of the leaves."""
    names = {name: torch.tensor(array, dtype=precision, requires_grad=True) for name, array in leaves.items()}
    inputs = list(names.values())
    names |= {name: torch.as_tensor(array) for name, array in constants.items()}
    with torch.enable_grad():
        for name, code in steps:
            names[name] = eval(code, {}, {**TORCH, **names})
        out = names["out"]
        g = upstream if isinstance(upstream, np.ndarray) else np.asarray(upstream.normal(size=tuple(out.shape)))
        return g, list(torch.autograd.grad(out, inputs, torch.tensor(g, dtype=precision)))


def _reads(code: str, name: str) -> bool:
    return name in code.replace("(", " ").replace(")", " ").replace(",", " ").replace("-", " ").split()
