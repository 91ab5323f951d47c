"""Chapter 09, exercises 9.4 and 9.5: partial evaluation, linearize."""

import numpy as np
import torch

from grader.check.exercises.ch09_language import (
    after,
    ask_all,
    by_torch,
    done_before,
    explained,
    function_by_torch,
    make_case,
    random_cases,
    tensors,
    worst,
)
from grader.check.functions import expect_that, matches
from grader.check.submission import Submission
from grader.check.verdict import Verdict

RECORDS = """
def checked(case):
    ran.clear()
    program = partial_eval(function(case), *[x.shape for x in case["inputs"]])
    if program is None:
        return None
    seen = {"names": [eqn.name for eqn in program.eqns], "done": list(ran)}
    seen["kinds"] = [type(y).__name__ for y in program.outputs]
    seen["ins"] = sorted({type(x).__name__ for eqn in program.eqns for x in eqn.ins})
    defined = {*program.inputs, *(eqn.out for eqn in program.eqns)}
    used = {x for eqn in program.eqns for x in [*eqn.ins, *program.outputs] if isinstance(x, Var)}
    seen["defined"] = used <= defined and {y for y in program.outputs if isinstance(y, Var)} <= defined
    if not seen["defined"] or "Unknown" in (*seen["ins"], *seen["kinds"]):
        return seen
    values = dict(zip(program.inputs, case["inputs"]))
    look = lambda x: values[x] if isinstance(x, Var) else x
    shapes = []
    for eqn in program.eqns:
        values[eqn.out] = bind(eqn.name, *map(look, eqn.ins), **eqn.params)
        shapes.append(tuple(eqn.out.shape) == np.shape(values[eqn.out]))
    return seen | {"shapes": all(shapes), "values": [array(look(y)) for y in program.outputs]}


def nested():
    kinds = []

    def outer(a):
        inner = partial_eval(lambda b: [mul(a, sin(b))], (3,))
        kinds.extend(type(x).__name__ for eqn in inner.eqns for x in eqn.ins)
        return run_program(inner, row)

    program = partial_eval(outer, (3,))
    return None if program is None else [kinds, [eqn.name for eqn in program.eqns]]


def evaluated(wrap):
    x, y, z, last, dead = Var((3,)), Var((3,)), Var((3,)), Var((3,)), Var((3,))
    eqns = [Eqn("mul", [x, row], {}, z), Eqn("neg", [y], {}, dead), Eqn("add", [z, z], {}, last)]
    out = evaluate(Program([x, y], eqns, [last, z, row, x]), wrap(row + 1), wrap(row - 1))
    return None if out is None else [array(bare(v)) for v in out]


ran, rules = [], dict(VALUE)
noted = lambda name: lambda *args, **params: (ran.append(name), rules[name](*args, **params))[1]
VALUE.update({name: noted(name) for name in rules})
for number, case in enumerate(cases):
    attempt(number, lambda: checked(case))
VALUE.update(rules)
attempt("nested", nested)
attempt("evaluate", lambda: evaluated(lambda x: x))
attempt("tracers", lambda: evaluated(probe))
outputs["reading"] = residual_names
"""


def judge_partial_eval(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on partial evaluation, evaluate, and the reading of the printed program."""
    rng = np.random.default_rng(seed)
    x, w, A = rng.normal(size=(rows, columns)), rng.normal(size=(columns, 3)), rng.normal(size=(rows, columns))
    row = rng.normal(size=3)
    parts = [
        (
            "known operations are computed, unknown ones recorded",
            make_case("[mul(exp(A), tanh(sub(mul(x, cos(A)), A)))]", {"x": x}, A=A),
            ["mul", "sub", "tanh", "mul"],
        ),
        (
            "two inputs of different shapes",
            make_case("[matmul(x, w), reduce_sum(w, (0,))]", {"x": x, "w": w}),
            ["matmul", "reduce_sum"],
        ),
        ("known outputs stay values", make_case("[sin(A), neg(x), x]", {"x": x}, A=A), ["neg"]),
    ]
    programs = [(case, None) for case in random_cases(seed + 1, 4, rows, columns)]
    for case, _ in programs:
        case["code"] = f"[{case['code']}]"
    lines = [line for line, *_ in parts]
    lines += ["random programs", "an unknown of an older level", "evaluate", "evaluate, with tracers", "residual_names"]
    cases = [case for _, case, _ in parts] + [case for case, _ in programs]
    found = ask_all(submission, RECORDS, {"cases": cases, "row": row}, lines)
    if isinstance(found, list):
        return found
    verdicts = [_judge_record(line, found[str(n)], case, names) for n, (line, case, names) in enumerate(parts)]
    tail = [
        _judge_record("random programs", found[str(len(parts) + n)], case, None) for n, (case, _) in enumerate(programs)
    ]
    verdicts.append(worst("random programs", tail))
    verdicts.append(_judge_older(lines[-4], found["nested"]))
    want = [2 * row * (row + 1), row * (row + 1), row, row + 1]
    because = "Outputs in order: a Var is looked up, a known value stands for itself, an input is itself."
    verdicts.append(explained(lines[-3], found["evaluate"], want, because))
    verdicts.append(
        explained(lines[-2], found["tracers"], want, "Each equation goes through bind, so that tracers work.")
    )
    verdicts.append(_judge_reading(lines[-1], found["reading"]))
    return after(submission, done_before("9.4"), verdicts)


def _judge_record(line: str, got: object, case: dict, names: list[str] | None) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, "")
    if "Unknown" in got["kinds"]:
        return Verdict(line, "wrong", "An output of the program is an Unknown; a program holds its var.")
    if "Unknown" in got["ins"]:
        text = "An Unknown of this level stands among the ins of an equation; it enters as its var."
        return Verdict(line, "wrong", text)
    want = by_torch(case, *tensors(case["inputs"]))
    if names is not None and got["names"] != names:
        have = " ".join(got["names"]) or "nothing"
        return Verdict(
            line,
            "wrong",
            f"Recorded is {have}; it should be {' '.join(names)}: what touches an unknown, once, in order.",
        )
    if names is not None and "tanh" in got["done"]:
        return Verdict(
            line, "wrong", "tanh of an unknown was computed while recording: there is nothing to compute yet."
        )
    if not got["defined"]:
        return Verdict(line, "wrong", "A variable is read that is no input and that no equation defines.")
    if not got["shapes"]:
        return Verdict(line, "wrong", "The shape of an equation's out is not that of its value: use SHAPE[name].")
    return explained(line, got["values"], list(want), "Run with the right inputs, the program gives another value.")


def _judge_older(line: str, got: object) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, "An Unknown of an older level is known here.")
    if "Unknown" not in got[0]:
        return Verdict(
            line,
            "wrong",
            "An Unknown of an older level entered the program as a Var: it is a known value there. Test x.level.",
        )
    return expect_that(
        line, got[1] == ["mul"], "Run inside the older level, the inner program adds one mul to the outer one."
    )


def _judge_reading(line: str, got: object) -> Verdict:
    want = ["cos x", "exp x", "sin x"]
    if not got:
        return Verdict(line, "missing", "Not done yet.")
    if not isinstance(got, list) or not set(map(str, got)) <= set(want):
        return Verdict(line, "wrong", 'A list of three strings, each one of "sin x", "cos x", "exp x".')
    hint = (
        "Read the first two equations: A is what the rule of sin multiplies by, B what that of exp does; the product's "
        "rule brings the third."
    )
    return expect_that(line, got == want, hint)


LINEARIZED = """
def both(case):
    ran.clear()
    pair = linearize(function(case), *case["inputs"])
    if pair is None:
        return None
    y, program = pair
    once, again = len(ran), []
    for tangents in case["tangents"]:
        again += [array(z) for z in run_program(program, *tangents)]
    held = {id(x) for eqn in program.eqns for x in eqn.ins if isinstance(x, np.ndarray)}
    names = [eqn.name for eqn in program.eqns]
    return {
        "value": None if isinstance(y, (Tracer, Var)) else array(y),
        "tangents": again, "calls": [once, len(ran) - once],
        "sizes": [len(program.inputs), len(program.outputs)], "residuals": len(held), "names": names,
    }


ran, plain = [], VALUE.get("tanh", np.tanh)
VALUE["tanh"] = lambda x: (ran.append(1), plain(x))[1]
for number, case in enumerate(cases):
    attempt(number, lambda: both(case))
VALUE["tanh"] = plain
"""
LINEAR_NAMES = {
    "neg",
    "reduce_sum",
    "broadcast",
    "reshape",
    "transpose",
    "gather",
    "scatter_add",
    "add",
    "sub",
    "mul",
    "matmul",
}


def judge_linearize(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on linearize: the value, J t for two t, what is in the program and what has been computed."""
    rng = np.random.default_rng(seed)
    x, y, B = rng.normal(size=(rows, columns)), rng.normal(size=columns), rng.normal(size=(rows, columns))
    parts = [
        ("sin(x)·exp(x)", make_case("mul(sin(x), exp(x))", {"x": x})),
        ("two primals", make_case(f"matmul(tanh(mul(x, y)), reshape(y, ({columns}, 1)))", {"x": x, "y": y})),
        ("a result that does not move", make_case("mul(B, B)", {"x": x}, B=B)),
    ]
    programs = random_cases(seed + 1, 4, rows, columns)
    cases = [case for _, case in parts] + programs
    for case in cases:
        case["tangents"] = [[rng.normal(size=array.shape) for array in case["inputs"]] for _ in range(2)]
    lines = [line for line, _ in parts] + ["random programs", "computed once", "three residuals"]
    found = ask_all(submission, LINEARIZED, {"cases": cases}, lines)
    if isinstance(found, list):
        return found
    verdicts = [_judge_linearized(line, found[str(n)], case) for n, (line, case) in enumerate(parts)]
    tail = [_judge_linearized("random programs", found[str(len(parts) + n)], case) for n, case in enumerate(programs)]
    verdicts.append(worst("random programs", tail))
    verdicts.append(_judge_once(lines[-2], found["1"]))
    verdicts.append(_judge_residuals(lines[-1], found["0"]))
    return after(submission, done_before("9.5"), verdicts)


def _judge_linearized(line: str, got: object, case: dict) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, "linearize returns a pair: the value and a Program.")
    if got["sizes"] != [len(case["inputs"]), 1]:
        return Verdict(
            line,
            "wrong",
            f"The program has {got['sizes'][0]} inputs and {got['sizes'][1]} outputs. One input for each primal, and "
            "the tangent as the only output, are asked for.",
        )
    f, primals = function_by_torch(case), tensors(case["inputs"])
    if got["value"] is None:
        return Verdict(
            line, "wrong", "The value is a variable of the program: it is known, so hand it out as an array."
        )
    first = matches(line, got["value"], f(*primals), because="That is the value, the first part of the pair.")
    if not first.passed:
        return first
    if curved := set(got["names"]) - LINEAR_NAMES:
        return Verdict(
            line,
            "wrong",
            f"The program holds {curved.pop()}, which is not linear: the primals were unknown. Only the tangents are.",
        )
    want = [torch.func.jvp(f, primals, tensors(tangents))[1] for tangents in case["tangents"]]
    slips = [
        ([f(*primals)] * 2, "The program gives the value, not the tangent: it is the second half of what jvp returns.")
    ]
    return explained(line, got["tangents"], want, "That is J t, for two t, by running the program.", slips)


def _judge_once(line: str, got: object) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, "")
    once, later = got["calls"]
    if later:
        return Verdict(
            line,
            "wrong",
            "tanh was computed again when the program ran: what needs no tangent is computed in linearize.",
        )
    return expect_that(
        line,
        once == 1,
        f"tanh was computed {once} times in linearize; once is enough: take value and program from one run.",
    )


def _judge_residuals(line: str, got: object) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, "")
    many = f"The program of sin(x)·exp(x) holds {got['residuals']} arrays; three are enough: cos x, exp x, sin x."
    return expect_that(line, got["residuals"] == 3, many)
