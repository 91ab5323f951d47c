"""Chapter 09, exercises 9.8 and 9.9: vjp and grad, Hessian-vector products."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from grader.check.exercises.ch09_language import (
    after,
    ask_all,
    done_before,
    explained,
    function_by_torch,
    make_case,
    random_cases,
    tensors,
    worst,
)
from grader.check.functions import expect_that
from grader.check.submission import Submission
from grader.check.verdict import Verdict

GRADS = """
def vjps(case):
    ran.clear()
    pair = vjp(function(case), *case["inputs"])
    if pair is None:
        return None
    y, back = pair
    return [array(y), *[[array(x) for x in back(ct)] for ct in case["cts"]], len(ran)]


def gradients(case):
    found = grad(function(case))
    return None if found is None else [array(x) for x in found(*case["inputs"])]


def model():
    found = grad(lambda *params: char_mlp(*params, X, Y))
    return None if found is None else [array(x) for x in found(*params)]


def refused():
    try:
        found = grad(lambda x: mul(x, 2.0))
        return None if found is None else [array(x) for x in found(matrix)] and "nothing"
    except Exception as error:
        return type(error).__name__


ran, plain = [], VALUE.get("tanh", np.tanh)
VALUE["tanh"] = lambda x: (ran.append(1), plain(x))[1]
for number, case in enumerate(cases):
    attempt(number, lambda: vjps(case))
VALUE["tanh"] = plain
for number, case in enumerate(scalars):
    attempt(f"scalar {number}", lambda: gradients(case))
outputs["refused"] = refused()
attempt("model", model)
"""


def judge_grad(submission: Submission, seed: int, batch: int, hidden: int, embedding: int) -> list[Verdict]:
    """Verdicts on vjp and grad, random programs, and the char-MLP of these sizes within 1e-12 of torch."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(3, 4)), rng.normal(size=4)
    cases = [make_case("mul(tanh(mul(x, y)), x)", {"x": x, "y": y}), *random_cases(seed, 4, 3, 4)]
    for case in cases:
        case["cts"] = [rng.normal(size=(3, 4)) for _ in range(2)]
    scalars = random_cases(seed + 1, 4, 3, 4, scalar=True)
    params, X, Y = _char_mlp(rng, batch, hidden, embedding)
    inputs = {"cases": cases, "scalars": scalars, "params": params, "X": X, "Y": Y, "matrix": x}
    lines = [
        "vjp",
        "vjp, another cotangent",
        "the forward work is done once",
        "vjp, random programs",
        "grad, random programs",
        "grad of a matrix",
        "the char-MLP, to 1e-12",
    ]
    found = ask_all(submission, GRADS, inputs, lines)
    if isinstance(found, list):
        return found
    pairs = [_judge_vjp(found[str(number)], case) for number, case in enumerate(cases)]
    first, second = pairs[0]
    verdicts = [first, second]
    verdicts.append(_judge_calls(lines[2], found["0"]))
    verdicts.append(worst(lines[3], [verdict for pair in pairs[1:] for verdict in pair]))
    tail = []
    for number, case in enumerate(scalars):
        want = torch.func.grad(function_by_torch(case), argnums=(0, 1))(*tensors(case["inputs"]))
        tail.append(
            explained(lines[4], found[f"scalar {number}"], list(want), "A list, one gradient for each argument.")
        )
    verdicts.append(worst(lines[4], tail))
    if found["refused"] is None:
        verdicts.append(Verdict(lines[5], "missing", "Not done yet."))
    else:
        text = f"grad of a function with a matrix as its result should raise ValueError; it raised {found['refused']}."
        verdicts.append(expect_that(lines[5], found["refused"] == "ValueError", text))
    verdicts.append(_judge_model(lines[6], found["model"], params, X, Y))
    return after(submission, done_before("9.8"), verdicts)


def _judge_vjp(got: object, case: dict) -> tuple[Verdict, Verdict]:
    lines = "vjp", "vjp, another cotangent"
    if got is None or isinstance(got, str):
        return tuple(explained(line, got, 0.0, "vjp returns a pair: the value and a function.") for line in lines)
    value, back = torch.func.vjp(function_by_torch(case), *tensors(case["inputs"]))
    shown = explained(lines[0], got[0], value, "That is the value, the first part of the pair.")
    verdicts = []
    for line, answer, ct in zip(lines, got[1:3], case["cts"], strict=True):
        want = list(back(torch.as_tensor(ct)))
        ones = list(back(torch.ones_like(value)))
        slips = [(ones, "This is for a cotangent of ones: back uses the ct that it is given.")]
        verdicts.append(
            explained(line, answer, want, "back(ct) is pull of the linear program: a list, one for each primal.", slips)
        )
    return (verdicts[0] if shown.passed else shown), verdicts[1]


def _judge_calls(line: str, got: object) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, "")
    text = f"tanh was computed {got[3]} times for one vjp and two calls of back; linearize once, outside of back."
    return expect_that(line, got[3] == 1, text)


def _judge_model(line: str, got: object, params: list[np.ndarray], X: np.ndarray, Y: np.ndarray) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, "")
    leaves = [torch.tensor(p, requires_grad=True) for p in params]
    with torch.enable_grad():
        want = torch.autograd.grad(char_mlp_by_torch(leaves, X, Y), leaves)
    names = ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")
    if len(got) != len(want):
        return Verdict(line, "wrong", f"Seven gradients are expected, one for each parameter; this is {len(got)}.")
    for name, mine, theirs in zip(names, got, want, strict=True):
        if mine.shape != tuple(theirs.shape):
            return Verdict(line, "wrong", f"d{name} has the shape {mine.shape}, its parameter {tuple(theirs.shape)}.")
        apart = float(np.abs(mine - theirs.numpy()).max())
        if not apart <= 1e-12:
            return Verdict(line, "wrong", f"d{name} is {apart:.1g} away from torch's.")
    return Verdict(line, "right")


def _char_mlp(
    rng: np.random.Generator, batch: int, hidden: int, embedding: int
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    shapes = [(27, embedding), (3 * embedding, hidden), (hidden,), (hidden, 27), (27,), (1, hidden), (1, hidden)]
    params = [0.4 * rng.normal(size=shape) + (number == 5) for number, shape in enumerate(shapes)]
    return params, rng.integers(0, 27, (batch, 3)), rng.integers(0, 27, batch)


def char_mlp_by_torch(params: list[torch.Tensor], X: np.ndarray, Y: np.ndarray) -> torch.Tensor:
    """The loss of the char-MLP with batch normalisation (Bessel's correction, ε = 1e-5), a scalar."""
    C, W1, b1, W2, b2, bngain, bnbias = params
    hprebn = C[torch.as_tensor(X)].flatten(1) @ W1 + b1
    bnraw = (hprebn - hprebn.mean(0)) / (hprebn.var(0) + 1e-5).sqrt()
    return F.cross_entropy(torch.tanh(bngain * bnraw + bnbias) @ W2 + b2, torch.as_tensor(Y))


HVPS = """
def product(which, case):
    found = (hvp if which == "hvp" else hvp_by_grad)(function(case), case["inputs"], case["vs"])
    return found if found is None or isinstance(found, Tracer) else [array(x) for x in found]


def of_model(which):
    found = (hvp if which == "hvp" else hvp_by_grad)(lambda *ps: char_mlp(*ps, X, Y), params, vs)
    return None if found is None else [array(x) for x in found]


for which in ("hvp", "hvp_by_grad"):
    for number, case in enumerate(cases):
        attempt(f"{which} {number}", lambda: product(which, case))
    attempt(f"{which} model", lambda: of_model(which))
"""


def judge_hvp(submission: Submission, seed: int, batch: int, hidden: int, embedding: int) -> list[Verdict]:
    """Verdicts on both Hessian-vector products: a quadratic, two arrays, the char-MLP of these sizes."""
    rng = np.random.default_rng(seed)
    x, y, A = rng.normal(size=(1, 4)), rng.normal(size=4), rng.normal(size=(4, 4))
    quadratic = "reduce_sum(mul(matmul(x, A), x))"
    cases = [
        make_case(quadratic, {"x": x}, A=A),
        make_case("reduce_sum(mul(sin(mul(x, y)), exp(mul(0.5, y))))", {"x": x, "y": y}),
        *random_cases(seed, 2, 3, 4, scalar=True),
    ]
    for case in cases:
        case["vs"] = [rng.normal(size=array.shape) for array in case["inputs"]]
    params, X, Y = _char_mlp(rng, batch, hidden, embedding)
    vs = [rng.normal(size=p.shape) for p in params]
    kinds = ["a quadratic", "two arrays", "random programs", "the char-MLP"]
    lines = [f"{which}, {kind}" for which in ("hvp", "hvp_by_grad") for kind in kinds]
    found = ask_all(submission, HVPS, {"cases": cases, "params": params, "vs": vs, "X": X, "Y": Y}, lines)
    if isinstance(found, list):
        return found
    model = _products(lambda *ps: char_mlp_by_torch(list(ps), X, Y), params, vs)
    verdicts = []
    for which in ("hvp", "hvp_by_grad"):
        each = []
        for number, case in enumerate(cases):
            name = f"{which}, {kinds[min(number, 2)]}"
            each.append(
                _judge_product(
                    name, found[f"{which} {number}"], *_products(function_by_torch(case), case["inputs"], case["vs"])
                )
            )
        verdicts += [*each[:2], worst(f"{which}, {kinds[2]}", each[2:])]
        verdicts.append(_judge_product(f"{which}, {kinds[3]}", found[f"{which} model"], *model))
    return after(submission, done_before("9.9"), verdicts)


def _products(
    f: Callable, inputs: list[np.ndarray], vs: list[np.ndarray]
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """(H v, the gradient), by torch's double backward."""
    leaves = [torch.tensor(x, requires_grad=True) for x in inputs]
    with torch.enable_grad():
        grads = torch.autograd.grad(f(*leaves), leaves, create_graph=True)
        along = sum((g * torch.as_tensor(v)).sum() for g, v in zip(grads, vs, strict=True))
        products = torch.autograd.grad(along, leaves, allow_unused=True, materialize_grads=True)
    return list(products), [g.detach() for g in grads]


def _judge_product(line: str, got: object, want: list[torch.Tensor], gradient: list[torch.Tensor]) -> Verdict:
    because = "A list alike in shape to xs: the derivative of the gradient along vs."
    alike = isinstance(got, list) and [np.shape(g) for g in got] == [tuple(w.shape) for w in want]
    if alike:
        # As one vector: an array of it may be zero but for rounding, as that of a bias before batch normalisation.
        got = np.concatenate([np.ravel(g) for g in got])
        want, gradient = (torch.cat([part.flatten() for part in parts]) for parts in (want, gradient))
        slips = [
            (gradient, "This is the gradient: differentiate it once more, along v."),
            (2 * want, "This is twice H v: a factor 2 too many."),
            (want / 2, "This is half of H v: a factor 2 is missing."),
        ]
        return explained(line, got, want, because, slips)
    return explained(line, got, want, because)
