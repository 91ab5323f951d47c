"""Chapter 09, linearize and transpose: its language by torch, random programs in it, and what drivers share."""

import random
from collections.abc import Callable, Sequence

import numpy as np
import torch

from grader.check.errors import SubmissionError
from grader.check.functions import matches, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict, compare

Slip = tuple[object, str]


def _sum(x: torch.Tensor, axes: Sequence[int] | None = None) -> torch.Tensor:
    axes = tuple(range(x.dim())) if axes is None else tuple(axes)
    return x.sum(axes) if axes else x


def _scatter_add(x: torch.Tensor, index: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    index = torch.as_tensor(index)
    rows = x.reshape(-1, *x.shape[index.dim() :])
    return torch.zeros(tuple(shape), dtype=x.dtype).index_add(0, index.flatten(), rows)


# The notebook's functions by torch's own.
TORCH: dict[str, Callable] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "neg": torch.neg,
    "exp": torch.exp,
    "log": torch.log,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "power": lambda x, p: x**p,
    "matmul": torch.matmul,
    "reduce_sum": _sum,
    "reduce_max": lambda x, axes: x.amax(tuple(axes)),
    "broadcast": lambda x, shape: x.expand(tuple(shape)),
    "reshape": lambda x, shape: x.reshape(tuple(shape)),
    "transpose": lambda x, axes=(1, 0): x.permute(tuple(axes)),
    "gather": lambda x, index: x[torch.as_tensor(index)],
    "scatter_add": _scatter_add,
    "stop_gradient": lambda x: x.detach(),
    "checkpoint": lambda f: f,
}

# What drivers need: functions from text, constants as names, tuples that data has made into lists.
HELPERS = """
def function(case):
    return eval(f"lambda {', '.join(case['names'])}: {case['code']}", {**globals(), **case["constants"]})


def tuples(params):
    return {key: tuple(value) if isinstance(value, list) else value for key, value in params.items()}


def settled(x):
    return x if x is None else [array(item) for item in x] if isinstance(x, (list, tuple)) else array(x)


def array(x):
    if x is None or isinstance(x, (Tracer, Var)):
        raise TypeError(f"{type(x).__name__} where an array should be.")
    return np.array(x)


def run_program(program, *inputs):
    values = dict(zip(program.inputs, inputs))
    look = lambda x: values[x] if isinstance(x, Var) else x
    for eqn in list(program.eqns):
        values[eqn.out] = bind(eqn.name, *[look(x) for x in eqn.ins], **eqn.params)
    return [look(y) for y in program.outputs]


def attempt(number, work):
    try:
        outputs[str(number)] = work()
    except Exception as error:
        outputs[str(number)] = f"It stopped: {type(error).__name__}: {error}"


def probe(x):
    # A value whose every operation goes through bind: numpy cannot work on it.
    return x if not isinstance(x, np.ndarray) else Dual(probe_level, x, None)


def bare(x):
    return x.primal if isinstance(x, Dual) and x.level is probe_level else x


probe_level = Level(lambda level, name, operands, params: Dual(level, bind(name, *map(bare, operands), **params), None))
"""


def by_torch(case: dict, *inputs: torch.Tensor) -> object:
    """The value of a case's code by torch; `inputs` stand for its names."""
    constants = {key: torch.as_tensor(value) for key, value in case["constants"].items()}
    return eval(case["code"], {**TORCH, **constants, **dict(zip(case["names"], inputs, strict=True))})


def function_by_torch(case: dict) -> Callable:
    return lambda *inputs: by_torch(case, *inputs)


def tensors(arrays: Sequence[np.ndarray]) -> tuple[torch.Tensor, ...]:
    return tuple(torch.as_tensor(array) for array in arrays)


def make_case(code: str, inputs: dict[str, np.ndarray], **constants: np.ndarray) -> dict:
    """A program as data. inputs: what is differentiated, by name; constants: other arrays."""
    return {"code": code, "names": list(inputs), "inputs": list(inputs.values()), "constants": constants}


def explained(line: str, got: object, want: object, because: str, slips: Sequence[Slip] = ()) -> Verdict:
    """The verdict on `got`; where it equals the wrong value of a slip, the slip's sentence instead of `because`."""
    if isinstance(got, str):
        return Verdict(line, "failed", f"{got} {because}")
    verdict = matches(line, got, want, because=because)
    if verdict.passed or got is None:
        return verdict
    for value, sentence in slips:
        if _same(got, value):
            return matches(line, got, want, because=sentence)
    return verdict


def worst(line: str, verdicts: Sequence[Verdict]) -> Verdict:
    """Several verdicts as one line: the first that is not right, else right."""
    found = next((verdict for verdict in verdicts if not verdict.passed), None)
    return Verdict(line, "right") if found is None else Verdict(line, found.status, found.message)


def ask_all(submission: Submission, driver: str, inputs: dict, lines: Sequence[str]) -> dict | list[Verdict]:
    """What a driver leaves in `outputs`, or, where it was refused, a verdict for each of the lines."""
    try:
        return submission.run(HELPERS + driver, inputs)
    except SubmissionError as error:
        return [refused(line, error) for line in lines]


def after(submission: Submission, earlier: dict[str, str], verdicts: list[Verdict]) -> list[Verdict]:
    """The verdicts, led by a line naming the earlier exercise that is not done, where one is.

    earlier: by exercise, an expression that is None or raises while that exercise is undone.
    """
    if all(verdict.passed for verdict in verdicts):
        return verdicts
    for exercise, expression in earlier.items():
        try:
            done = submission.run(f"outputs['done'] = ({expression}) is not None", {})["done"]
        except SubmissionError:
            done = False
        if not done:
            sentence = f"This one builds on exercise {exercise}; do that first."
            return [Verdict(f"exercise {exercise}", "missing", sentence), *verdicts]
    return verdicts


DONE = {
    "9.1": "VALUE['scatter_add']",
    "9.2": "JVP['mul'] and JVP['gather']",
    "9.3": "jvp(lambda x: x, [1.0], [1.0])",
    "9.4": "evaluate(partial_eval(lambda x: [x], (1,)), 1.0)",
    "9.5": "linearize(lambda x: x, np.ones(1))",
    "9.6": "TRANSPOSE['mul'] and TRANSPOSE['gather']",
    "9.7": "pull(Program([], [], []))",
    "9.8": "grad(lambda x: x)",
}


def done_before(exercise: str) -> dict[str, str]:
    """The probes of the exercises before this one."""
    order = list(DONE)
    return {name: DONE[name] for name in (order[: order.index(exercise)] if exercise in order else order)}


def random_cases(seed: int, count: int, rows: int, columns: int, *, scalar: bool = False) -> list[dict]:
    """Random programs of two matrices x (rows, columns) and y (columns,), smooth and of moderate size.

    The result is a matrix (rows, columns), or its sum where `scalar`.
    """
    chance, rng = random.Random(seed), np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        code = "x"
        for _ in range(chance.randint(3, 6)):
            code = _step(chance, code, rows, columns)
        if "y" not in code:
            code = f"mul({code}, y)"
        x, y = rng.normal(size=(rows, columns)), rng.normal(size=columns)
        constants = {
            "A": 0.5 * rng.normal(size=(columns, columns)),
            "B": rng.normal(size=(rows, columns)),
            "index": rng.integers(0, rows, rows),
        }
        cases.append(make_case(f"reduce_sum({code})" if scalar else code, {"x": x, "y": y}, **constants))
    return cases


def _step(chance: random.Random, code: str, rows: int, columns: int) -> str:
    forms = [
        "sin({0})",
        "tanh({0})",
        "cos(mul({0}, B))",
        "exp(tanh({0}))",
        "log(add(mul({0}, {0}), 1.5))",
        "power(add(mul({0}, {0}), 1.0), -0.5)",
        "mul({0}, y)",
        "sub(x, {0})",
        "sub(mul({0}, 0.5), y)",
        "matmul({0}, A)",
        "gather({0}, index)",
        "scatter_add({0}, index, ({rows}, {columns}))",
        "add({0}, reduce_sum(x, (0,)))",
        "mul(neg({0}), reshape(reduce_sum(tanh({0}), (1,)), ({rows}, 1)))",
        "transpose(sin(transpose({0}, (1, 0))), (1, 0))",
    ]
    short = [form for form in forms if len(code) < 40 or form.count("{0}") == 1]
    return chance.choice(short).format(code, rows=rows, columns=columns)


def _same(got: object, value: object) -> bool:
    if isinstance(value, list | tuple):
        return isinstance(got, list) and len(got) == len(value) and all(map(_same, got, value))
    return not isinstance(got, list) and compare("", got, torch.as_tensor(np.asarray(value))).passed
