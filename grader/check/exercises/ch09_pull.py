"""Chapter 09, exercise 9.7: transposed programs."""

import numpy as np
import torch

from grader.check.exercises.ch09_language import (
    TORCH,
    after,
    ask_all,
    done_before,
    explained,
    worst,
)
from grader.check.submission import Submission
from grader.check.verdict import Verdict

PULLS = """
def build(spec):
    variables = {name: Var(tuple(shape)) for name, shape in spec["shapes"].items()}
    look = lambda key: variables[key] if key in variables else spec["known"].get(key) if isinstance(key, str) else key
    eqns = [Eqn(name, [look(key) for key in ins], tuples(params), look(out)) for out, name, ins, params in spec["eqns"]]
    return Program([look(key) for key in spec["inputs"]], eqns, [look(key) for key in spec["outputs"]])


def pulled(spec):
    out = pull(build(spec), *spec["ct"])
    return None if out is None else [array(x) for x in out]


def turned(spec):
    once = transposed(build(spec))
    if once is None:
        return None
    twice = transposed(once)
    back, there = run_program(once, *spec["ct"]), run_program(twice, *spec["x"])
    return [isinstance(once, Program), list(map(array, back)), list(map(array, there))]


def through_tracers(spec):
    out = pull(build(spec), *map(probe, spec["ct"]))
    return None if out is None else [array(bare(x)) for x in out]


for number, spec in enumerate(specs):
    attempt(number, lambda: pulled(spec))
    attempt(f"turned {number}", lambda: turned(spec))
    attempt(f"traced {number}", lambda: through_tracers(spec))
"""


def judge_pull(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on pull and transposed, on small programs that are made here, beside torch's vjp of the same."""
    rng = np.random.default_rng(seed)
    m, n = rows, columns
    known = {
        "A": rng.normal(size=(m, n)),
        "B": rng.normal(size=(m, n)),
        "M": rng.normal(size=(n, 4)),
        "R": rng.normal(size=n),
    }
    index = rng.integers(0, m, 2 * m)
    every = {
        "x": (m, n),
        "y": (n,),
        "a": (m, n),
        "b": (m, n),
        "c": (m, n),
        "d": (m, n),
        "s": (n,),
        "p": (m, 4),
        "g": (2 * m, n),
    }
    texts = [
        (
            "a chain",
            ["x"],
            [("a", "mul", ["x", "A"], {}), ("b", "neg", ["a"], {}), ("p", "matmul", ["b", "M"], {})],
            ["p"],
        ),
        (
            "a variable that is read twice",
            ["x"],
            [("a", "mul", ["x", "A"], {}), ("b", "mul", ["B", "x"], {}), ("c", "sub", ["a", "b"], {})],
            ["c"],
        ),
        ("both operands the same", ["x"], [("a", "mul", ["x", "A"], {}), ("b", "add", ["a", "a"], {})], ["b"]),
        (
            "an intermediate that is an output, too",
            ["x"],
            [("a", "mul", ["x", "A"], {}), ("b", "mul", ["a", "B"], {}), ("s", "reduce_sum", ["b"], {"axes": (0,)})],
            ["s", "a"],
        ),
        ("one variable as two outputs", ["x"], [("a", "mul", ["x", "A"], {})], ["a", "a", "x"]),
        (
            "dead code, and an input that nobody reads",
            ["x", "y"],
            [("a", "neg", ["x"], {}), ("b", "mul", ["x", "B"], {}), ("c", "mul", ["b", "A"], {})],
            ["a"],
        ),
        ("a known output", ["x"], [("g", "gather", ["x"], {"index": index})], ["g", "A"]),
        (
            "two inputs",
            ["x", "y"],
            [
                ("a", "broadcast", ["y"], {"shape": (m, n)}),
                ("b", "add", ["a", "x"], {}),
                ("c", "mul", ["b", "A"], {}),
                ("d", "add", ["c", "b"], {}),
                ("s", "reduce_sum", ["d"], {"axes": (0,)}),
            ],
            ["s", "d"],
        ),
    ]
    specs, wanted, forward = [], [], []
    for _, inputs, eqns, outputs in texts:
        used = {key for out, _, ins, _ in eqns for key in (out, *ins) if key in every} | set(inputs)
        spec = {
            "shapes": {key: every[key] for key in used},
            "known": known,
            "eqns": eqns,
            "inputs": inputs,
            "outputs": outputs,
        }
        spec["x"] = [rng.normal(size=every[key]) for key in inputs]
        leaves = [torch.tensor(x, requires_grad=True) for x in spec["x"]]
        with torch.enable_grad():
            values = _run(spec, leaves)
            spec["ct"] = [rng.normal(size=tuple(value.shape)) for value in values]
            total = sum((value * torch.as_tensor(ct)).sum() for value, ct in zip(values, spec["ct"], strict=True))
            grads = torch.autograd.grad(total, leaves, allow_unused=True)
        wanted.append([torch.zeros_like(x) if g is None else g for x, g in zip(leaves, grads, strict=True)])
        forward.append([value.detach() for value in values])
        specs.append(spec)
    lines = [line for line, *_ in texts] + ["cotangents that are tracers", "transposed", "transposed twice"]
    found = ask_all(submission, PULLS, {"specs": specs}, lines)
    if isinstance(found, list):
        return found
    verdicts = []
    for number, ((line, *_), spec, want) in enumerate(zip(texts, specs, wanted, strict=True)):
        verdicts.append(explained(line, found[str(number)], want, _pull_because(line), _pull_slips(line, spec, known)))
    traced = [
        explained(lines[-3], found[f"traced {i}"], want, "Add with the language's add, so that tracers work.")
        for i, want in enumerate(wanted)
    ]
    verdicts.append(worst(lines[-3], traced))
    verdicts += _judge_turned(
        lines[-2:],
        [found[f"turned {i}"] for i in (0, 1, 7)],
        [wanted[i] for i in (0, 1, 7)],
        [forward[i] for i in (0, 1, 7)],
    )
    return after(submission, done_before("9.7"), verdicts)


def _run(spec: dict, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    values = {key: torch.as_tensor(array) for key, array in spec["known"].items()}
    values |= dict(zip(spec["inputs"], inputs, strict=True))
    for out, name, ins, params in spec["eqns"]:
        values[out] = TORCH[name](*(values[key] for key in ins), **params)
    return [values[key] for key in spec["outputs"]]


def _pull_because(line: str) -> str:
    if "nobody reads" in line:
        return "An equation whose result received nothing is passed over, and an input that received nothing has zeros."
    if "known output" in line:
        return "A known output receives no cotangent: it is no Var."
    return (
        "From the last equation to the first; what a variable receives from several readers, and as an output, adds up."
    )


def _pull_slips(line: str, spec: dict, known: dict) -> list:
    ct = spec["ct"][0]
    once = "Only one of its readers' shares is there: cotangents are added, not assigned."
    if line.startswith("a variable"):
        return [([ct * known["A"]], once), ([-ct * known["B"]], once)]
    if line.startswith("both operands"):
        return [([ct * known["A"]], once)]
    if line.startswith("an intermediate"):
        inner = ct * known["B"]
        lost = "An output that is read further on has a cotangent of its own, and a share from its reader: add them."
        return [([inner * known["A"]], lost), ([spec["ct"][1] * known["A"]], lost)]
    if line.startswith("one variable"):
        last = "Two outputs may be one variable: their cotangents are added from the start."
        return [([c * known["A"] + spec["ct"][2]], last) for c in spec["ct"][:2]]
    return []


def _judge_turned(lines: list[str], answers: list, wanted: list, forward: list) -> list[Verdict]:
    once, twice = [], []
    for got, back, there in zip(answers, wanted, forward, strict=True):
        if got is None or isinstance(got, str):
            because = "transposed returns a Program: record pull with partial_eval."
            return [explained(line, got, 0.0, because) for line in lines]
        if got[0] is not True:
            return [
                Verdict(line, "wrong", "transposed returns a Program: record pull with partial_eval.") for line in lines
            ]
        once.append(explained(lines[0], got[1], back, "Run on the cotangents, it gives what pull gives."))
        twice.append(explained(lines[1], got[2], there, "The transpose of the transpose is the program's own map."))
    return [worst(lines[0], once), worst(lines[1], twice)]
