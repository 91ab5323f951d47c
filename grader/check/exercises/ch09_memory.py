"""Chapter 09, exercises 9.10 and 9.11: residuals, dead code, checkpoints, and what has no transpose."""

import numpy as np
import torch

from grader.check.exercises.ch09_language import after, ask_all, done_before, explained, tensors
from grader.check.functions import expect_that, matches
from grader.check.submission import Submission
from grader.check.verdict import Verdict

MEMORY = """
def held():
    x, a, b, c = (Var(A.shape) for _ in range(4))
    twin = A.copy()
    eqns = [Eqn("mul", [x, A], {}, a), Eqn("mul", [B, a], {}, b), Eqn("mul", [b, 2.0], {}, c)]
    eqns.append(Eqn("mul", [c, A], {}, Var(A.shape)))
    first = residuals(Program([x], eqns, []))
    if first is None:
        return None
    second = residuals(Program([x], [*eqns, Eqn("mul", [c, twin], {}, Var(A.shape))], []))
    same = len(first) == 2 and any(z is A for z in first) and any(z is B for z in first)
    return [len(first), len(second), same]


def pruned():
    x, y, a, b, c, d, e = (Var(A.shape) for _ in range(7))
    eqns = [Eqn("neg", [x], {}, a), Eqn("mul", [y, A], {}, b), Eqn("mul", [a, B], {}, c)]
    eqns += [Eqn("neg", [b], {}, d), Eqn("add", [c, a], {}, e)]
    letter = dict(zip(map(id, eqns), "abcde"))
    found, unchanged = [], True
    for outs in ([e], [d], [a, d], [A]):
        given = Program([x, y], eqns, outs)
        program = prune(given)
        if program is None:
            return None
        kept = ",".join(letter[id(eqn)] for eqn in program.eqns)
        found.append([kept, len(program.inputs), len(program.outputs)])
        unchanged &= len(given.eqns) == 5
    return [*found, unchanged]


def layers(h):
    return tanh(matmul(tanh(matmul(h, M)), N))


def whole(h, wrapped):
    inner = checkpoint(layers) if wrapped else layers
    return reduce_sum(mul(sin(inner(mul(h, B))), A))


def rules():
    if "push" not in VALUE or "checkpoint" not in JVP:
        return None
    return array(push(A, B, layers, A.shape))


def marks():
    ran.clear()
    y, program = linearize(lambda h: whole(h, True), A)
    first = len(ran)
    inside = [eqn.name for eqn in program.eqns]
    ins = next((eqn.ins for eqn in program.eqns if eqn.name == "push"), [None, None])
    shapes = [tuple(eqn.out.shape) == A.shape for eqn in program.eqns if eqn.name == "push"]
    linear = "push" not in inside or isinstance(ins[1], Var) and isinstance(ins[0], np.ndarray)
    if not linear:
        return {"linear": False}
    gradient = pull(program, np.ones(()))[0]
    counts = {"first": first, "later": len(ran) - first, "names": inside, "linear": linear, "shapes": all(shapes)}
    return {"value": array(y), "gradient": array(gradient)} | counts


def second_order():
    return array(jvp(lambda h: grad(lambda z: whole(z, True))(h)[0], [A], [B])[1])


ran, plain = [], VALUE.get("tanh", np.tanh)
VALUE["tanh"] = lambda x: (ran.append(1), plain(x))[1]
attempt("held", held)
attempt("pruned", pruned)
attempt("rules", rules)
attempt("marks", lambda: marks() if "checkpoint" in JVP and "push" in TRANSPOSE else None)
attempt("second", lambda: second_order() if "checkpoint" in JVP and "push" in TRANSPOSE else None)
VALUE["tanh"] = plain
"""


def judge_memory(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on residuals, prune and the rules of checkpoint and push."""
    rng = np.random.default_rng(seed)
    A, B = rng.normal(size=(2, rows, columns))
    M, N = rng.normal(size=(columns, 3)), rng.normal(size=(3, columns))
    lines = [
        "residuals",
        "prune",
        "push, its value",
        "checkpoint, the gradient",
        "checkpoint, what is held",
        "checkpoint, what is computed",
        "checkpoint, twice differentiated",
    ]
    found = ask_all(submission, MEMORY, {"A": A, "B": B, "M": M, "N": N}, lines)
    if isinstance(found, list):
        return found
    a, b, m, n = tensors((A, B, M, N))

    def layers(h: torch.Tensor) -> torch.Tensor:
        return torch.tanh(torch.tanh(h @ m) @ n)

    def whole(h: torch.Tensor) -> torch.Tensor:
        return (torch.sin(layers(h * b)) * a).sum()

    value, tangent = torch.func.jvp(layers, (a,), (b,))
    because = "push is J_f(x)·t: the tangent of jvp, the second part of its pair."
    slips = [(value, "This is the value of f; push is the tangent, the second part of jvp's pair.")]
    verdicts = [
        _judge_held(lines[0], found["held"]),
        _judge_pruned(lines[1], found["pruned"]),
        explained(lines[2], found["rules"], tangent, because, slips),
        *_judge_marks(lines[3:6], found["marks"], torch.func.grad(whole)(a), whole(a)),
    ]
    second = torch.func.jvp(torch.func.grad(whole), (a,), (b,))[1]
    verdicts.append(
        explained(
            lines[6], found["second"], second, "H v through a checkpoint: the rules are made of jvp, push and vjp only."
        )
    )
    return after(submission, done_before("9.10"), verdicts)


def _judge_held(line: str, got: object) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, "residuals returns a list of arrays.")
    first, second, same = got
    if first == 4 or first == 3:
        why = (
            "an object that is read twice counts once"
            if first == 3
            else "plain numbers do not count, and an object that is read twice counts once"
        )
        return Verdict(line, "wrong", f"{first} arrays were found where 2 are: {why}.")
    if first != 2 or not same:
        return Verdict(
            line,
            "wrong",
            f"{first} arrays were found where 2 are: every known array among the ins, in any place, and no Var.",
        )
    return expect_that(
        line, second == 3, "Two arrays with equal entries are two residuals: compare objects (id), not values."
    )


def _judge_pruned(line: str, got: object) -> Verdict:
    if got is None or isinstance(got, str):
        return explained(line, got, 0.0, "prune returns a Program.")
    *found, unchanged = got
    if not unchanged:
        return Verdict(line, "wrong", "prune changed the program that it was given: make a new one.")
    wanted = ["a,c,e", "b,d", "a,b,d", ""]
    for (kept, inputs, outputs), want, count in zip(found, wanted, (1, 1, 2, 1), strict=True):
        if kept != want:
            if sorted(kept) == sorted(want):
                reason = "they stand in another order: each equation after those that it reads."
            elif len(kept) > len(want):
                reason = "no output depends on the others: walk from the outputs backwards."
            else:
                reason = "outputs depend on operands of operands, too, and several outputs each on their own."
            return Verdict(
                line, "wrong", f"Kept are the equations {kept or 'none'}, it should be {want or 'none'}: {reason}"
            )
        if inputs != 2 or outputs != count:
            return Verdict(line, "wrong", "Inputs and outputs of the program stay as they are.")
    return Verdict(line, "right")


def _judge_marks(lines: list[str], got: object, gradient: torch.Tensor, value: torch.Tensor) -> list[Verdict]:
    if got is None or isinstance(got, str):
        because = "Both the jvp rule of checkpoint and the transpose rule of push are needed here."
        return [explained(line, got, 0.0, because) for line in lines]
    if not got["linear"]:
        because = "push has the operands x, known, and t, a variable: push(x, t, f, shape_of(out))."
        return [Verdict(line, "wrong", because) for line in lines]
    first = matches(lines[0], got["value"], value, because="The value is that without a checkpoint.")
    if first.passed:
        first = matches(
            lines[0], got["gradient"], gradient, because="The transpose of push is the vjp of f at x, applied to ct."
        )
    if "push" not in got["names"]:
        because = (
            "The linear program has no push in it: the jvp rule of checkpoint must leave the work inside f for later."
        )
        return [first, Verdict(lines[1], "wrong", because), Verdict(lines[2], "wrong", because)]
    held = expect_that(
        lines[1],
        got["shapes"],
        "The shape of push is that of f(x): push(x, t, f, shape_of(out)).",
    )
    times = f"{got['first']} times forward and {got['later']} times backward"
    counts = f"tanh was computed {times}; twice each, for two layers, are enough."
    return [first, held, expect_that(lines[2], got["first"] == 2 and got["later"] == 2, counts)]


REFUSALS = """
def asked(code, shapes):
    f = eval("lambda x, y: " + code, globals())
    program = partial_eval(lambda x, y: [f(x, y)], *map(tuple, shapes))
    try:
        answer = check_linear(program)
        return "accepted" if answer is None else f"returned {answer!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


for number, code in enumerate(codes):
    attempt(number, lambda: asked(code, shapes))


def bottom():
    level, other = Level(jvp_step), Level(jvp_step)
    inner = Dual(other, A, A + 1)
    found = [concrete(z) for z in (A, 2.5, Dual(level, A, A + 2), Dual(level, inner, A + 3), Dual(level, A, inner))]
    return None if any(z is None for z in found) else [array(z) for z in found]


def unknown(wrap):
    try:
        found = concrete(wrap(Unknown(Level(record_step), Var((3,)))))
        return None if found is None else "nothing"
    except Exception as error:
        return type(error).__name__


attempt("bottom", bottom)
attempt("unknown", lambda: unknown(lambda x: x))
attempt("deep", lambda: unknown(lambda x: Dual(Level(jvp_step), x, x)))
"""
REFUSED = (
    ("a curved primitive", ("sin(mul(x, 2.0))", "power(x, 2)", "reduce_max(x, (0,))"), ("sin", "power", "reduce_max")),
    (
        "a product of two variables",
        ("mul(x, x)", "mul(neg(x), y)", "matmul(x, transpose(y))"),
        ("mul", "mul", "matmul"),
    ),
    ("x + 1 is affine", ("add(x, 1.0)", "sub(A, x)", "add(A, neg(y))"), ("add", "sub", "add")),
    ("a constant output", ("A",), ("output",)),
)
LINEAR_CODES = (
    "sub(mul(x, 2.0), y)",
    "add(x, x)",
    "matmul(mul(A, x), transpose(A))",
    "gather(reshape(x, tuple(reversed(A.shape))), np.array([0, 0]))",
    "reduce_sum(broadcast(neg(y), (2, *A.shape)), (1,))",
    "mul(A, 0.0)",
)


def judge_refusals(submission: Submission, seed: int, rows: int, columns: int) -> list[Verdict]:
    """Verdicts on check_linear and concrete."""
    A = np.random.default_rng(seed).normal(size=(rows, columns))
    codes = [code for _, group, _ in REFUSED for code in group] + list(LINEAR_CODES)
    lines = [line for line, *_ in REFUSED] + ["linear programs pass", "concrete", "concrete of an unknown"]
    found = ask_all(submission, REFUSALS, {"codes": codes, "shapes": [(rows, columns)] * 2, "A": A}, lines)
    if isinstance(found, list):
        return found
    answers = {code: found[str(number)] for number, code in enumerate(codes)}
    if all(answer == "accepted" for answer in answers.values()):
        verdicts = [Verdict(line, "missing", "Not done yet.") for line in lines[:5]]
    else:
        verdicts = [_judge_refused(*row, answers) for row in REFUSED]
        slip = next((code for code in LINEAR_CODES if answers[code] != "accepted"), None)
        text = "" if slip is None else f"{slip} is linear and was refused: {answers[slip]}"
        verdicts.append(expect_that(lines[4], slip is None, text))
    because = (
        "The primal of a Dual, and of that one, to the bottom: a loop, not one step. Numbers and arrays are themselves."
    )
    verdicts.append(explained(lines[5], found["bottom"], [A, np.array(2.5), A, A, A], because))
    verdicts.append(_judge_unknown(lines[6], found["unknown"], found["deep"]))
    return after(submission, done_before("9.11"), verdicts)


def _judge_refused(line: str, codes: tuple[str, ...], words: tuple[str, ...], answers: dict) -> Verdict:
    for code, word in zip(codes, words, strict=True):
        answer = answers[code]
        if answer == "accepted":
            return Verdict(
                line,
                "wrong",
                f"{code} was accepted, and it is not linear: twice the input does not give twice the output.",
            )
        if not answer.startswith("NotLinear"):
            return Verdict(line, "wrong", f"{code} should raise NotLinear with a sentence; it gave {answer}")
        if word not in answer.removeprefix("NotLinear"):
            return Verdict(line, "wrong", f"The message about {code} should hold the word {word!r}; it is: {answer}")
    return Verdict(line, "right")


def _judge_unknown(line: str, plain: object, deep: object) -> Verdict:
    for answer, text in ((plain, "an Unknown"), (deep, "a Dual with an Unknown in it")):
        if answer is None:
            return Verdict(line, "missing", "Not done yet.")
        if answer != "UnknownValue":
            return Verdict(line, "wrong", f"For {text} concrete should raise UnknownValue; it raised {answer}.")
    return Verdict(line, "right")
