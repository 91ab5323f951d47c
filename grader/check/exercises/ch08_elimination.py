"""Chapter 08: a program as a linearised graph, and vertex elimination on it."""

import math
from dataclasses import replace

import numpy as np
import torch

from grader.check.errors import SubmissionError
from grader.check.exercises.ch01_slips import explained, uniform
from grader.check.exercises.ch08_graphs import (
    Graph,
    as_matrix,
    count,
    ends,
    intermediates,
    jacobian,
    predecessors,
    random_graph,
    remaining,
)
from grader.check.functions import ask, expect_value, in_turn, matches, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

TORCH = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "sin": torch.sin,
    "exp": torch.exp,
    "log": torch.log,
}

ELIMINATE = """
outputs["answer"], outputs["after"] = eliminate(graph, vertex), graph
"""

ACCUMULATE = """
outputs["answer"], outputs["after"] = accumulate(graph, order), graph
"""

PROGRAMS = {
    "one step after the other": [["z", "mul", "x", "y"], ["w", "sin", "z"], ["p", "add", "w", "z"], ["q", "log", "p"]],
    "a number as operand": [
        ["c", "mul", "x", "y"],
        ["d", "add", "y", 1.0],
        ["f", "div", 3.0, "d"],
        ["e", "mul", "c", "f"],
    ],
    "the same operand twice": [
        ["s", "mul", "x", "x"],
        ["t", "sub", "s", "y"],
        ["u", "add", "t", "t"],
        ["o", "exp", "u"],
    ],
}


def judge_linearise(submission: Submission, seed: int) -> list[Verdict]:
    """Verdicts on `linearise` for three programs at random inputs."""
    x, y = uniform(seed, 2)
    inputs = {"x": x, "y": y}
    lines = []
    for line, program in PROGRAMS.items():
        want = _linearised(program, inputs)
        lines.append(
            ask(
                submission,
                line,
                lambda program=program: submission.call("linearise", program, inputs),
                lambda got, line=line, want=want: _judge_graph(line, got, want),
            )
        )
    number = lines[1]
    if number.status == "failed" and lines[0].status != "failed":
        text = f"{number.message} An operand may be a plain number: it is its own value, and has no vertex."
        lines[1] = replace(number, message=text)
    return lines


def judge_counts(submission: Submission) -> list[Verdict]:
    """Verdicts on the two numbers found with a pencil."""
    because = (
        "Incoming times outgoing edges of the first vertex, then the same for the second in the graph that is left."
    )
    slips = {
        "forward_count": {
            "6 is what w first costs, or the degrees at the start: once z is gone, two edges enter w.": 6,
        },
        "reverse_count": {"8 is what z first costs; here w goes first.": 8},
    }
    found = []
    for name, want in (("forward_count", 8), ("reverse_count", 6)):
        verdict = expect_value(submission, name, want=want, because=because)
        if verdict.status == "wrong":
            verdict = explained(verdict, submission.value(name), slips[name])
        found.append(verdict)
    return found


def judge_elimination(submission: Submission, seed: int, n: int, inner: int, m: int) -> list[Verdict]:
    """Verdicts on `eliminate` and `accumulate` on a random graph of these sizes."""
    small = {"a": {"v": 2.0}, "b": {"v": -3.0, "y": 1.5}, "v": {"y": 0.5, "z": 4.0}, "y": {}, "z": {}}
    graph = random_graph(seed, n, inner, m, density=0.6)
    order = intermediates(graph)
    into = predecessors(graph)
    middle = max(order, key=lambda v: len(into[v]) * len(graph[v]))
    mixed = [order[i] for i in np.random.default_rng(seed).permutation(len(order))]
    return in_turn(
        _judge_eliminate(submission, "eliminate: a small graph", small, "v"),
        _judge_eliminate(submission, f"eliminate: {middle} of a larger one", graph, middle),
        _judge_accumulate(submission, "accumulate: forward order", graph, order),
        _judge_accumulate(submission, "accumulate: reverse order", graph, order[::-1]),
        _judge_accumulate(submission, "accumulate: a mixed order", graph, mixed),
    )


def _judge_graph(line: str, got: object, want: Graph) -> Verdict:
    if not is_graph(got):
        return Verdict(
            line, "wrong", "A graph is expected: a dictionary of dictionaries, {vertex: {successor: partial}}."
        )
    if missing := [v for v in want if v not in got]:
        return Verdict(
            line,
            "wrong",
            f"{', '.join(missing)} is no key: every vertex is one, outputs too, with an empty dictionary.",
        )
    if extra := [v for v in got if v not in want]:
        return Verdict(line, "wrong", f"{', '.join(map(str, extra))} should not be a vertex; a number is no vertex.")
    for u in want:
        if set(got[u]) != set(want[u]):
            turned = all(w in got and u in got[w] for w in want[u]) and want[u]
            hint = " The edges point backwards: from operand to result." if turned else ""
            return Verdict(
                line, "wrong", f"From {u} there are edges to {listed(want[u])}, not to {listed(got[u])}.{hint}"
            )
    for u in want:
        for w in want[u]:
            verdict = matches(line, got[u][w], want[u][w])
            if not verdict.passed:
                return Verdict(line, "wrong", _why_partial(u, w, got[u][w], want[u][w]))
    return Verdict(line, "right")


def _why_partial(u: str, w: str, got: object, want: float) -> str:
    text = f"The partial at {u} → {w} is {got:.6g}; it should be {want:.6g}."
    if matches(w, got, want / 2).passed:
        return text + f" {u} is both operands of {w}: the two partials add up (+=), one does not replace the other."
    if matches(w, got, -want).passed:
        return text + " Its sign is wrong."
    return text + " Take the partials at the operands' values, and let operand i have partial i."


def _judge_eliminate(submission: Submission, line: str, graph: Graph, vertex: str) -> Verdict:
    def judge(found: dict) -> Verdict:
        if found["answer"] is None:
            return Verdict(line, "missing", "Not done yet.")
        if not is_pair(found["answer"]):
            return Verdict(line, "wrong", "Return two things: the new graph, then the number of multiplications.")
        if found["after"] != graph:
            return Verdict(
                line, "wrong", "The caller's graph was changed: work on a copy, also of the inner dictionaries."
            )
        left, products = found["answer"]
        verdict = _judge_left(line, left, graph, vertex)
        return verdict if not verdict.passed else _judge_products(line, products, graph, vertex)

    return ask(submission, line, lambda: submission.run(ELIMINATE, {"graph": graph, "vertex": vertex}), judge)


def _judge_left(line: str, left: object, graph: Graph, vertex: str) -> Verdict:
    if not is_graph(left):
        return Verdict(line, "wrong", "The new graph is a dictionary of dictionaries, {vertex: {successor: partial}}.")
    if vertex in left:
        return Verdict(line, "wrong", f"{vertex} is still a key of the new graph: take it out.")
    if dangling := [u for u in left if vertex in left[u]]:
        return Verdict(
            line, "wrong", f"The edge {dangling[0]} → {vertex} is still there: take out its incoming edges too."
        )
    want = remaining(graph, [vertex])
    for u, edges in want.items():
        for w in edges:
            if w not in left.get(u, {}):
                return Verdict(
                    line,
                    "wrong",
                    f"{u} → {w} is missing: each predecessor is joined with each successor, and other edges stay.",
                )
            if matches(line, left[u][w], edges[w]).passed:
                continue
            old, through = graph[u].get(w, 0.0), graph[u].get(vertex, 0.0) * graph[vertex].get(w, 0.0)
            slips = {
                f"At {u} → {w} there was an edge already, and it was overwritten: add with +=.": through,
                f"At {u} → {w} the old partial is still there; the product through {vertex} is missing.": old,
                f"At {u} → {w} the two partials were added; along a path they are multiplied.": old
                + graph[u].get(vertex, 0.0)
                + graph[vertex].get(w, 0.0),
                f"At {u} → {w} the old partial and the product were multiplied; two paths are added.": old * through,
            }
            wrong = Verdict(
                line, "wrong", f"The partial at {u} → {w} is {left[u][w]:.6g}; it should be {edges[w]:.6g}."
            )
            return explained(wrong, left[u][w], slips)
    extra = [(u, w) for u in left for w in left[u] if w not in want.get(u, {})]
    if extra or len(left) != len(want):
        return Verdict(line, "wrong", f"There is more than before: {extra or sorted(set(left) - set(want))}.")
    return Verdict(line, "right")


def _judge_products(line: str, products: object, graph: Graph, vertex: str) -> Verdict:
    into, out = predecessors(graph)[vertex], graph[vertex]
    filled = sum(w not in graph[u] for u in into for w in out)
    return explained(
        matches(
            line,
            products,
            len(into) * len(out),
            because="One multiplication for each pair of predecessor and successor.",
        ),
        products,
        {
            "This counts the additions too; only multiplications count here.": 2 * len(into) * len(out) - filled,
            "This counts new edges only; an edge that was there already needs its multiplication as well.": filled,
            "This adds the degrees; each predecessor meets each successor, so they are multiplied.": len(into)
            + len(out),
        },
    )


def _judge_accumulate(submission: Submission, line: str, graph: Graph, order: list[str]) -> Verdict:
    inputs, outputs = ends(graph)

    def judge(found: dict) -> Verdict:
        if found["answer"] is None:
            return Verdict(line, "missing", "Not done yet.")
        if not is_pair(found["answer"]):
            return Verdict(
                line, "wrong", "Return two things: the graph that is left, then the number of multiplications."
            )
        left, products = found["answer"]
        if not is_graph(left) or set(left) != {*inputs, *outputs}:
            return Verdict(line, "wrong", f"Inputs and outputs should be left, {listed(inputs)} and {listed(outputs)}.")
        if found["after"] != graph:
            return Verdict(line, "wrong", "The caller's graph was changed: work on a copy.")
        verdict = matches(
            line, as_matrix(left, inputs, outputs), jacobian(graph), because="These edges should be the Jacobian."
        )
        if not verdict.passed:
            return verdict
        before = sum(len(predecessors(graph)[v]) * len(graph[v]) for v in order)
        last = len(predecessors(remaining(graph, order[:-1]))[order[-1]]) * len(remaining(graph, order[:-1])[order[-1]])
        slips = {
            "These are the degrees at the start: each elimination changes those that come after it.": before,
            "This is the count of the last elimination alone: add them up.": last,
        }
        because = "Each vertex counts when its turn comes: incoming times outgoing edges at that moment."
        return explained(matches(line, products, count(graph, order), because=because), products, slips)

    try:
        return judge(submission.run(ACCUMULATE, {"graph": graph, "order": order}))
    except SubmissionError as error:
        return refused(line, error)


def _linearised(program: list, inputs: dict[str, float]) -> Graph:
    """The local partials by torch's autograd, one operation at a time."""
    values, graph = dict(inputs), {v: {} for v in inputs}
    for target, operation, *operands in program:
        names = list(dict.fromkeys(v for v in operands if isinstance(v, str)))
        leaf = {v: torch.tensor(values[v], dtype=torch.float64, requires_grad=True) for v in names}
        with torch.enable_grad():
            result = TORCH[operation](
                *[leaf[v] if v in leaf else torch.tensor(v, dtype=torch.float64) for v in operands]
            )
            partials = torch.autograd.grad(result, [leaf[v] for v in names])
        values[target], graph[target] = result.item(), {}
        for v, partial in zip(names, partials, strict=True):
            graph[v][target] = partial.item()
    return graph


def is_graph(value: object) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(edges, dict) for edges in value.values())
        and all(_is_number(p) for edges in value.values() for p in edges.values())
    )


def _is_number(value: object) -> bool:
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError, RuntimeError):
        return False


def is_pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


def listed(names: object) -> str:
    return ", ".join(map(str, names)) or "nothing"
