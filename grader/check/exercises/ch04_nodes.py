"""Chapter 04, reverse mode: the scalar engine: nodes, fan-out, the order of the walk back."""

import numpy as np
import torch

from grader.check.errors import SubmissionError
from grader.check.functions import expect_that, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict, compare

# Walks every path from a result to its operands: right for these few nodes, hopeless for a real program.
EVALUATE_NODES = """
answers = []
for case in cases:
    leaves = {name: Node(number) for name, number in case["operands"].items()}
    reached = {id(leaf): 0.0 for leaf in leaves.values()}

    def walk(node, weight):
        if id(node) in reached:
            reached[id(node)] += weight
        if any(not isinstance(edge, tuple | list) or len(edge) != 2 for edge in node.edges):
            raise TypeError("edges is a tuple of pairs; one pair alone is written ((operand, partial),)")
        for operand, partial in node.edges:
            if isinstance(partial, Node):
                raise TypeError("a partial is a Node; it should be a number, computed from .value")
            walk(operand, weight * partial)

    try:
        result = eval(case["code"], {**globals(), **leaves})
        if result is not None:
            walk(result, 1.0)
            result = [result.value, {name: reached[id(leaf)] for name, leaf in leaves.items()}]
        answers.append(result)
    except Exception as error:
        replaced = "Tensor" in globals() and case["code"].startswith(("exp", "log", "tanh"))
        answers.append("replaced" if replaced else f"{type(error).__name__}: {error}")
outputs["answers"] = answers
"""

CHAIN = """
node, nodes = Node(1.0), []
for partial in partials:
    node = Node(1.0, ((node, partial),))
answer = chain_derivative(node)
outputs["answer"] = answer
outputs["alone"] = chain_derivative(Node(2.0))
"""

WALK = """
nodes = []
for edges in graph:
    nodes.append(Node(1.0, tuple((nodes[i], partial) for i, partial in edges)))
found = gradients(list(reversed(nodes)))
outputs["found"] = None if found is None else [found.get(node) for node in nodes]
"""

# Counts how often edges are read and nodes are compared, and stops a walk that does far too much of either.
ORDER = """
class CountedNode(Node):
    work = 0

    def _count():
        CountedNode.work += 1
        if CountedNode.work > limit:
            raise RuntimeError("TOO MUCH WORK")

    @property
    def edges(self):
        CountedNode._count()
        return self.own_edges

    @edges.setter
    def edges(self, edges):
        self.own_edges = edges

    def __eq__(self, other):
        CountedNode._count()
        return self is other

    __hash__ = object.__hash__


nodes = []
for start, end in zip(starts[:-1], starts[1:]):
    nodes.append(CountedNode(1.0, tuple((nodes[i], 1.0) for i in operands[start:end])))
number = {id(node): i for i, node in enumerate(nodes)}
try:
    found = backward_order(nodes[-1])
    outputs["found"] = None if found is None else np.array([number.get(id(node), -1) for node in found])
except RecursionError:
    outputs["stopped"] = "recursion"
except RuntimeError as error:
    outputs["stopped"] = "work" if "TOO MUCH WORK" in str(error) else str(error)
while nodes:
    nodes.pop()
"""


def judge_nodes(submission: Submission, seed: int) -> list[Verdict]:
    """Verdicts on the operations of `Node` and on `chain_derivative`, at random operands between 0.5 and 2."""
    rng = np.random.default_rng(seed)
    a, b = float(rng.uniform(0.5, 2.0)), float(rng.uniform(0.9, 2.4))
    oracle = {"exp": torch.exp, "log": torch.log, "tanh": torch.tanh}
    slips = {
        "a - b": "The operand behind a minus sign has the partial −1.",
        "a * b": "The partial with respect to one operand is the value of the other.",
        "a * a": "One operand used twice has two edges, one for each use; together they give 2a.",
        "a / b": "With respect to the denominator the partial is −a / b².",
        "a ** 3": "The power rule: the exponent in front, and the exponent one less.",
        "b ** -0.5": "The power rule holds for negative and fractional exponents too: p · u^(p−1).",
        "2 - a": "A number on the left: 2 − a has the slope −1.",
        "3 / b": "A number on the left: 3 / b has the slope −3 / b².",
        "exp(a)": "exp is its own derivative, taken at the operand.",
        "log(b)": "The derivative of ln u is 1 / u.",
        "tanh(a)": "The derivative of tanh is 1 − tanh².",
    }
    cases = [
        {"code": code, "operands": {name: at for name, at in (("a", a), ("b", b)) if name in code}} for code in slips
    ]
    answers = _run(submission, EVALUATE_NODES, {"cases": cases}, "answers")
    if isinstance(answers, SubmissionError):
        lines = [refused(code, answers) for code in slips]
    else:
        lines = [
            _judge_operation(case, answer, oracle, slips[case["code"]])
            for case, answer in zip(cases, answers, strict=True)
        ]
    return [*lines, _judge_chain(submission, rng)]


def judge_fan_out(submission: Submission, seed: int, nodes: int) -> list[Verdict]:
    """Verdicts on `gradients` over a chain, a diamond, an operand used twice, and a random graph of `nodes` nodes."""
    rng = np.random.default_rng(seed)

    def draw() -> float:
        return float(rng.uniform(0.5, 2) * rng.choice([-1, 1]))

    chain = [[], [(0, draw())], [(1, draw())], [(2, draw())]]
    diamond = [[], [(0, draw())], [(0, draw())], [(1, draw()), (2, draw())]]
    twice = [[], [(0, draw())], [(1, draw()), (1, draw())]]
    shortcut = [[], [(0, draw())], [(1, draw()), (0, draw())], [(2, draw()), (0, draw())]]
    tangle = [[(int(j), draw() / 2) for j in rng.choice(i, min(i, 2))] for i in range(nodes)]
    tangle[-1] += [(i, 0.1 * draw()) for i in range(nodes - 1)]  # so that everything is reached
    # A chain cannot tell `=` from `+=`, so it does not stand alone.
    graphs = {"a chain, then a diamond": [chain, diamond], "an operand used twice": [twice]}
    graphs |= {"a shortcut past two nodes": [shortcut], f"a random graph of {nodes} nodes": [tangle]}
    return [_judge_gradients(submission, line, group) for line, group in graphs.items()]


def judge_order(submission: Submission, seed: int, nodes: int, chain: int, rungs: int) -> list[Verdict]:
    """Verdicts on `backward_order`: small graphs with shortcuts, a long chain, a ladder of diamonds, unused nodes."""
    rng = np.random.default_rng(seed)
    shortcut = [[], [0], [1], [2, 0]]
    twice = [[], [0], [1, 1], [2, 0], [3, 1]]
    tangle = [sorted(int(j) for j in rng.choice(i, min(i, 3))) for i in range(nodes)]
    tangle[-1] = list(range(0, nodes - 1, 2)) or [0]
    aside = [[], [0], [0], [1]]  # node 2 is read by nobody
    ladder = [[]]
    for _ in range(rungs):
        top = len(ladder) - 1
        ladder += [[top], [top], [top + 1, top + 2]]
    long = [[], *([i] for i in range(chain - 1))]
    return [
        _judge_order(submission, "a shortcut past two nodes", shortcut),
        _judge_order(submission, "an operand used twice", twice),
        _judge_order(submission, f"a random graph of {nodes} nodes, one aside", tangle, also=aside),
        _judge_order(submission, f"a chain of {chain:,} nodes", long),
        _judge_order(submission, f"a ladder of {rungs} diamonds", ladder),
    ]


def _run(submission: Submission, driver: str, inputs: dict[str, object], name: str) -> object:
    """What the driver leaves under `name`, or the SubmissionError that it ended in."""
    try:
        return submission.run(driver, inputs).get(name)
    except SubmissionError as error:
        return error


def _judge_operation(case: dict, answer: object, oracle: dict, slip: str) -> Verdict:
    code = case["code"]
    if answer is None:
        return Verdict(code, "missing", "Not done yet.")
    if answer == "replaced":
        text = "Section 3 has replaced this function by one for tensors; run the cell of 4.1 again to look at it."
        return Verdict(code, "missing", text)
    if isinstance(answer, str):
        return Verdict(code, "failed", f"This stopped: {answer}.")
    leaves = {name: torch.tensor(at, dtype=torch.float64, requires_grad=True) for name, at in case["operands"].items()}
    with torch.enable_grad():
        want = eval(code, {}, {**oracle, **leaves})
        slopes = torch.autograd.grad(want, list(leaves.values()))
    value, partials = answer
    first = compare(code, value, want.detach())
    if not first.passed:
        return Verdict(code, "wrong", f"The value itself is {value:.6g}; it should be {want.item():.6g}.")
    for name, slope in zip(leaves, slopes, strict=True):
        got = partials[name]
        if not compare(code, got, slope).passed:
            sign = " The sign is wrong." if compare(code, -got, slope).passed and got else ""
            none = f" There is no edge to {name}, or it carries 0." if not got else ""
            text = f"The value is right; the partial with respect to {name} is {got:.6g}, it should be {slope:.6g}."
            return Verdict(code, "wrong", f"{text}{sign}{none} {slip}")
    return Verdict(code, "right")


def _judge_chain(submission: Submission, rng: np.random.Generator) -> Verdict:
    line = "a chain of five"
    partials = [float(p) for p in rng.uniform(0.5, 2, 5) * [1, -1, 1, 1, 1]]
    try:
        answer = submission.run(CHAIN, {"partials": partials})
    except SubmissionError as error:
        return refused(line, error)
    if answer["answer"] is None:
        return Verdict(line, "missing", "Not done yet.")
    want = torch.tensor(partials, dtype=torch.float64).prod()
    verdict = compare(line, answer["answer"], want)
    if not verdict.passed:
        slip = "A chain's derivative is the product of all its partials, from the output to the first node."
        if compare(line, answer["answer"], torch.tensor(sum(partials), dtype=torch.float64)).passed:
            slip = "This is the sum of the partials; along one path they are multiplied."
        elif compare(line, answer["answer"], want / partials[0]).passed:
            slip = "The last edge, the one that leads to the first node, is missing."
        return Verdict(line, "wrong", slip)
    return expect_that(
        line, answer["alone"] == 1, "A chain of one node: the derivative of x with respect to itself is 1."
    )


def _judge_gradients(submission: Submission, line: str, graphs: list[list]) -> Verdict:
    for graph in graphs:
        found = _run(submission, WALK, {"graph": [[list(edge) for edge in edges] for edges in graph]}, "found")
        if isinstance(found, SubmissionError):
            return refused(line, found)
        if found is None:
            return Verdict(line, "missing", "Not done yet.")
        if any(not isinstance(entry, int | float) for entry in found):
            return Verdict(line, "wrong", "The dictionary has no number for some node; every node of `order` is a key.")
        want = _total_derivatives(graph)
        verdict = compare(line, np.array(found, dtype=float), torch.tensor(want))
        if not verdict.passed:
            return Verdict(line, "wrong", _explain_gradients(graph, np.array(found, dtype=float), want))
    return Verdict(line, "right")


def _total_derivatives(graph: list[list]) -> np.ndarray:
    """The last row of (I − P)⁻¹, where P holds the partials: the sum over all paths of the products along them."""
    n = len(graph)
    partials = np.zeros((n, n))
    for i, edges in enumerate(graph):
        for j, partial in edges:
            partials[i, j] += partial
    return np.linalg.solve((np.eye(n) - partials).T, np.eye(n)[-1])


def _explain_gradients(graph: list[list], found: np.ndarray, want: np.ndarray) -> str:
    if found[-1] != 1:
        return f"The output's derivative with respect to itself is 1; you have {found[-1]:g}."
    if np.allclose(found, -want):
        return "The sign is wrong."
    readers = [[(i, p) for i, edges in enumerate(graph) for j, p in edges if j == k] for k in range(len(graph))]
    for k in reversed(range(len(graph) - 1)):
        if abs(found[k] - want[k]) > 1e-9 * max(1.0, abs(want[k])):
            shares = [p * found[i] for i, p in readers[k]]
            if np.isclose(found[k], sum(p for _, p in readers[k])):
                return (
                    "Some node has the sum of its local partials; each has to be multiplied by its reader's gradient."
                )
            if len(shares) > 1 and any(np.isclose(found[k], share) for share in shares):
                return (
                    f"A node with {len(shares)} edges ending in it has one share only: was it assigned (=) where it "
                    "should be added (+=)?"
                )
            if np.isclose(found[k], sum(shares) + 1):
                return "Only the output begins with 1; all others begin with 0."
            count = f"{len(shares)} edge{'s' if len(shares) > 1 else ''}"
            return f"A node with {count} ending in it has {found[k]:.4g}; its shares add up to {sum(shares):.4g}."
    return "Some gradients are wrong."


def _judge_order(
    submission: Submission, line: str, graph: list[list[int]], also: list[list[int]] | None = None
) -> Verdict:
    if also is not None and not (first := _judge_order(submission, line, also)).passed:
        return first
    starts = np.cumsum([0, *(len(operands) for operands in graph)])
    edges = int(starts[-1])
    # As two arrays, which cross much faster than a list of lists: node i reads operands[starts[i]:starts[i + 1]].
    flat = np.array([operand for operands in graph for operand in operands], dtype=int)
    try:
        inputs = {"starts": starts, "operands": flat, "limit": 20 * (len(graph) + edges)}
        answer = submission.run(ORDER, inputs)
    except SubmissionError as error:
        return refused(line, error)
    if answer.get("stopped") == "recursion":
        return Verdict(line, "failed", "Python's recursion limit was reached: walk with a loop and a list of your own.")
    if answer.get("stopped") == "work":
        text = (
            f"Stopped: with {len(graph):,} nodes, edges were read and nodes compared more than "
            f"{20 * (len(graph) + edges):,} times. Visit each node once, and remember nodes in a dictionary or a set: "
            "`in` on a list compares one by one."
        )
        return Verdict(line, "wrong", text)
    if "stopped" in answer:
        return Verdict(line, "failed", f"Your code stopped: {answer['stopped']}")
    found = answer["found"]
    if found is None:
        return Verdict(line, "missing", "Not done yet.")
    return _judge_positions(line, graph, found.tolist())


def _judge_positions(line: str, graph: list[list[int]], found: list[int]) -> Verdict:
    reached, stack = set(), [len(graph) - 1]
    while stack:
        if (node := stack.pop()) not in reached:
            reached.add(node)
            stack.extend(graph[node])
    place = {node: i for i, node in enumerate(found)}
    early = [(i, j) for i in reached for j in graph[i] if i in place and j in place and place[j] < place[i]]
    if len(found) != len(place):
        text = f"The list has {len(found)} entries for {len(place)} different nodes: each node stands there once."
    elif missing := reached - set(found):
        text = f"{len(missing)} of the {len(reached)} nodes that the output depends on are missing."
    elif set(found) - reached:
        text = "The list has nodes that the output does not depend on."
    elif found[0] != len(graph) - 1:
        text = "The output comes first" + ("; this list is turned around." if found[-1] == len(graph) - 1 else ".")
    elif early:
        text = "A node stands before one of its readers: its gradient would be handed on before it is complete."
    else:
        return Verdict(line, "right")
    return Verdict(line, "wrong", text)
