"""Random programs for chapter 03, as source text that runs on dual numbers, on floats and on torch tensors.

A program reads numbers `a`, `b`, `c` and leaves its result in `z`. Its steps keep every value of moderate size and away
from poles and kinks, so that rounding stays rounding.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import torch

from grader.check.errors import SubmissionError
from grader.check.functions import matches, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

INPUTS = ("a", "b", "c")

# Each is one statement's right-hand side: {p} and {q} are earlier values, {k} is a constant between 0.5 and 2.
ARITHMETIC_STEPS = (
    "{p} + {k} * {q}",
    "{k} - {p}",
    "-{p} + {q}",
    "{p} * {q} / ({p} * {p} + {q} * {q} + 1)",
    "({p} - {q}) / (2 + {p} ** 2)",
    "{k} / ({p} ** 2 + 1.5)",
    "({p} / ({p} ** 2 + 1)) ** 3",
    "{k} ** ({p} / ({p} ** 2 + 1))",
    "({p} ** 2 + 1) ** ({q} / ({q} ** 2 + 1))",
    "({p} ** 2 + {k}) ** -0.5",
    "{p} * {p} / (1 + {p} * {p})",
    "{p} / {k} if {p} > {q} else {q} * {k}",
)
FUNCTION_STEPS = (
    "sin({p}) * cos({q})",
    "exp(sin({p}) - {k})",
    "log({p} * {p} + {k})",
    "sqrt({p} * {p} + {q} * {q} + {k})",
    "tanh({p} - {q})",
    "relu({p} + {k}) / (1 + {p} * {p})",
    "{k} * tanh({p}) + cos({p})",
    "{p} - {k} * sin({q})",
)


def random_program(seed: int, steps: Sequence[str], length: int = 12) -> str:
    """The source of a program of `length` statements; its last one reads the last three values, so few are unused."""
    chance = random.Random(seed)
    names, lines = list(INPUTS), []
    for number in range(length):
        p, q = (chance.choice(names[-5:]) for _ in range(2))
        step = chance.choice(steps).format(p=p, q=q, k=round(chance.uniform(0.5, 2), 3))
        names.append(f"t{number}")
        lines.append(f"{names[-1]} = {step}")
    return "\n".join([*lines, f"z = {names[-1]} + {names[-2]} * 0.5 - {names[-3]} * {names[0]}"])


def random_numbers(seed: int, count: int) -> list[float]:
    """`count` numbers between 0.3 and 1.7 in size, of either sign."""
    chance = random.Random(seed)
    return [chance.choice((-1, 1)) * chance.uniform(0.3, 1.7) for _ in range(count)]


def run_program(source: str, inputs: Mapping[str, object], functions: Mapping[str, object]) -> object:
    """The value that a program leaves in `z`."""
    space = {**functions, **inputs}
    exec(source, space)
    return space["z"]


def torch_functions() -> dict[str, Callable]:
    """The elementary functions by name, for tensors."""
    return {name: getattr(torch, name) for name in ("exp", "log", "sin", "cos", "tanh", "sqrt", "relu")}


def by_torch(source: str, x: Sequence[float], v: Sequence[float]) -> tuple[float, float]:
    """A program's value and tangent by `torch.func.jvp`, in float64."""
    return _by_torch(source, tuple(x), tuple(v))


@lru_cache(maxsize=256)  # asked once when a program is drawn, and once when it is judged
def _by_torch(source: str, x: tuple[float, ...], v: tuple[float, ...]) -> tuple[float, float]:
    def program(*values: torch.Tensor) -> torch.Tensor:
        return run_program(source, dict(zip(INPUTS, values, strict=True)), torch_functions())

    primals = tuple(torch.tensor(value, dtype=torch.float64) for value in x)
    tangents = tuple(torch.tensor(value, dtype=torch.float64) for value in v)
    value, tangent = torch.func.jvp(program, primals, tangents)
    return value.item(), tangent.item()


def by_differences(source: str, x: Sequence[float], v: Sequence[float], h: float = 6e-6) -> float:
    """A program's tangent by a central difference in float64, on plain floats of the math module."""
    functions = {name: getattr(math, name) for name in ("exp", "log", "sin", "cos", "tanh", "sqrt")}
    functions["relu"] = lambda value: max(value, 0.0)

    def along(t: float) -> float:
        moved = [x_i + t * v_i for x_i, v_i in zip(x, v, strict=True)]
        return run_program(source, dict(zip(INPUTS, moved, strict=True)), functions)

    return (along(h) - along(-h)) / (2 * h)


def draw_programs(
    seed: int, count: int, steps: Sequence[str]
) -> tuple[list[str], list[list[float]], list[list[float]]]:
    """`count` random programs with a point and a direction for each, on which two oracles agree.

    torch's forward mode and a central difference: where they part, a step has crossed a branch's edge.
    """
    sources, points, seeds = [], [], []
    while len(sources) < count:
        seed += 1
        source, x, v = random_program(seed, steps), random_numbers(seed, 3), random_numbers(seed + 10**6, 3)
        tangent = by_torch(source, x, v)[1]
        if abs(tangent - by_differences(source, x, v)) <= 1e-6 * (1 + abs(tangent)):
            sources.append(source), points.append(x), seeds.append(v)
    return sources, points, seeds


def judge_runs(
    submission: Submission, driver: str, sources: list[str], points: list[list[float]], seeds: list[list[float]]
) -> list[Verdict]:
    """Verdicts on the values and on the tangents that `driver` computes for the programs, a pair for each."""
    names = (f"{len(sources)} random programs: values", f"{len(sources)} random programs: tangents")
    try:
        answer = submission.run(driver, {"sources": sources, "points": points, "seeds": seeds})
    except SubmissionError as error:
        return [refused(name, error) for name in names]
    got = [answer[str(number)] for number in range(len(sources))]
    if any(pair is None for pair in got):
        return [Verdict(name, "missing", "Not done yet.") for name in names]
    wants = [by_torch(*case) for case in zip(sources, points, seeds, strict=True)]
    return [
        matches(name, [pair[part] for pair in got], [want[part] for want in wants]) for part, name in enumerate(names)
    ]
