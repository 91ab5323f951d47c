"""Chapter 08: which order of elimination is best, by trying, by rule of thumb and by subsets."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from grader.check.errors import SubmissionError
from grader.check.exercises.ch01_slips import expect_or_explain, explained
from grader.check.exercises.ch08_elimination import is_pair, listed
from grader.check.exercises.ch08_graphs import (
    BAT,
    LION,
    MARKOWITZ_LOSES,
    Graph,
    count,
    hourglass,
    intermediates,
    least,
    predecessors,
    random_graph,
    reached,
    read_graph,
)
from grader.check.functions import ask, in_turn, matches
from grader.check.submission import Submission
from grader.check.verdict import Verdict


def judge_brute_force(submission: Submission, seed: int, inner: int) -> list[Verdict]:
    """Verdicts on `brute_force`: the lion, the bat and two random graphs with `inner` intermediates."""
    graphs = {
        "brute_force: the lion": read_graph(LION),
        "brute_force: the bat": read_graph(BAT),
        f"brute_force: {inner} intermediates": random_graph(seed, 3, inner, 2, density=0.6),
        "brute_force: one more": _telling(seed + 1, inner + 1),
    }
    return [_judge_best(submission, line, "brute_force", graph) for line, graph in graphs.items()]


def judge_subsets(submission: Submission, seed: int, inner: int) -> list[Verdict]:
    """Verdicts on `cost_after` and `subset_programme`; the largest graph has `inner` + 1 intermediates."""
    chain = read_graph("a b c > u; u > v w; v > w x; w > x; x > y z; u > z")
    graph = _telling(seed, inner)
    order = intermediates(graph)
    largest = _telling(seed + 1, inner + 1)
    return [
        _judge_cost(submission, "cost_after: nothing gone", chain, [], "w"),
        *in_turn(
            _judge_cost(submission, "cost_after: u and v gone", chain, ["u", "v"], "w"),
            _judge_cost(submission, "cost_after: a larger graph", graph, order[1::2], order[2]),
            _judge_cost(
                submission, "cost_after: all others gone", graph, [v for v in order if v != order[3]], order[3]
            ),
        ),
        _judge_best(submission, "subset_programme: an hourglass", "subset_programme", hourglass(3, 2, 3)),
        _judge_best(submission, f"subset_programme: {inner} intermediates", "subset_programme", graph),
        _judge_best(submission, f"subset_programme: {inner + 1} intermediates", "subset_programme", largest),
    ]


def judge_hourglass(submission: Submission, sizes: Sequence[tuple[int, int, int]]) -> list[Verdict]:
    """Verdicts on the closed form for hourglasses n-w-1-w-m, beside counts on the graphs themselves."""
    lines = []
    for n, w, m in sizes:
        graph = hourglass(n, w, m)
        order = intermediates(graph)
        middle = order[:w] + order[w + 1 :] + [order[w]]
        want = [count(graph, order), count(graph, order[::-1]), count(graph, middle)]
        f, r, b = want
        slips = {
            "Forward and reverse are exchanged.": [r, f, b],
            "The order is forward, reverse, best.": [b, f, r],
            "The last step is missing: when one vertex is left, it still costs n·m.": [f - n * m, r - n * m, b - n * m],
            "The best order has the waist last: until then nothing is ever joined across it.": [f, r, min(f, r)],
            "In forward order the last layer also has to be eliminated, w vertices with n incoming edges each.": [
                n * w + n * w + n * m,
                m * w + m * w + n * m,
                b,
            ],
        }
        because = "Eliminate it with a pencil, layer by layer: incoming times outgoing edges, added up."
        line = f"hourglass_counts({n}, {w}, {m})"
        lines.append(
            expect_or_explain(submission, line, "hourglass_counts", n, w, m, want=want, slips=slips, because=because)
        )
    return lines


def judge_markowitz(submission: Submission, seed: int, inner: int) -> list[Verdict]:
    """Verdicts on `markowitz`: the order, on known graphs and on random ones with `inner` intermediates."""
    graphs = {
        "markowitz: the hourglass": hourglass(3, 2, 3),
        "markowitz: the graph of this section": read_graph(MARKOWITZ_LOSES),
        f"markowitz: {inner} intermediates": _telling(seed, inner, moves=True),
        f"markowitz: {inner + 1} intermediates": _telling(seed + 1, inner + 1, moves=True),
    }
    lines = []
    for line, graph in graphs.items():
        slips = {
            "Each round has to look at the graph as it is then: degrees change with every elimination.": _greedy(
                graph, still=True
            ),
            "The incoming edges were counted once, at the start; they change as well.": _greedy(graph, half=True),
            "Among equals take the first in program order; this takes the last.": _greedy(graph, last=True),
            "This takes the dearest vertex each time; Markowitz takes the cheapest.": _greedy(graph, dearest=True),
            "The rule looks at the product of the degrees, not at their sum.": _greedy(graph, added=True),
            "This is the program order itself.": intermediates(graph),
        }
        because = "Again and again: the vertex whose incoming times outgoing edges are fewest now, first of equals."
        want = _greedy(graph)
        verdict = expect_or_explain(submission, line, "markowitz", graph, want=want, slips=slips, because=because)
        lines.append(_blamed(submission, verdict))
    return lines


def compare_orders(seeds: Iterable[int]) -> dict[str, list[float]]:
    """How many per cent forward, reverse and Markowitz order cost above the best one, on one random graph a seed."""
    extra: dict[str, list[float]] = {"forward": [], "reverse": [], "Markowitz": []}
    for seed in seeds:
        graph = random_graph(seed, 4, 6, 4, density=0.35)
        order, best = intermediates(graph), least(graph)
        for name, tried in zip(extra, (order, order[::-1], _greedy(graph)), strict=True):
            extra[name].append(100 * (count(graph, tried) / best - 1))
    return extra


def _judge_best(submission: Submission, line: str, function: str, graph: Graph) -> Verdict:
    def judge(got: object) -> Verdict:
        if not is_pair(got) or not isinstance(got[1], list):
            return Verdict(line, "wrong", "Return two things: the smallest count, then an order that has it.")
        order = intermediates(graph)
        best, found = least(graph), got[1]
        if sorted(map(str, found)) != sorted(order):
            text = f"The order should hold each intermediate once, {listed(order)}; it has {listed(found)}."
            return Verdict(line, "wrong", text)
        verdict = matches(line, got[0], best, because=f"{best} is possible. Every order has to be looked at.")
        if not verdict.passed:
            slips = {
                "This is the count of the forward order; others may cost less.": count(graph, order),
                "This is the count of the reverse order; others may cost less.": count(graph, order[::-1]),
                "This is what Markowitz finds; it is not always the smallest.": count(graph, _greedy(graph)),
            }
            return explained(verdict, got[0], slips)
        if count(graph, found) != best:
            text = f"The count is right, but the order that you return costs {count(graph, found)}."
            return Verdict(line, "wrong", text)
        return verdict

    return _blamed(submission, ask(submission, line, lambda: submission.call(function, graph), judge))


def _blamed(submission: Submission, verdict: Verdict) -> Verdict:
    """`verdict`; where the answer stopped because `eliminate`, on which it may stand, is still a stub, it says so."""
    if verdict.status != "failed":
        return verdict
    try:
        undone = submission.call("eliminate", {"a": {"v": 1.0}, "v": {"y": 1.0}, "y": {}}, "v") is None
    except SubmissionError:
        return verdict
    note = f"{verdict.message} Exercise 8.3 is not done yet: eliminate returns None."
    return replace(verdict, message=note) if undone else verdict


def _judge_cost(submission: Submission, line: str, graph: Graph, done: list[str], vertex: str) -> Verdict:
    into = predecessors(graph)
    want = len(reached(into, vertex, done)) * len(reached(graph, vertex, done))
    direct = [u for u in into[vertex] if u not in done], [w for w in graph[vertex] if w not in done]
    everything = len(reached(into, vertex, done) | (_closure(into, vertex) & set(done)))
    slips = {
        "This counts direct edges only; a path through vertices that are gone has become an edge.": len(direct[0])
        * len(direct[1]),
        "This is the cost in the untouched graph: `done` plays no part in it.": len(into[vertex]) * len(graph[vertex]),
        "This adds the two numbers; each predecessor meets each successor.": len(reached(into, vertex, done))
        + len(reached(graph, vertex, done)),
        "A vertex that is met on several ways is one predecessor or successor: count it once.": _ways(
            into, vertex, done
        )
        * _ways(graph, vertex, done),
        "Vertices that are gone were counted too.": everything
        * len(reached(graph, vertex, done) | (_closure(graph, vertex) & set(done))),
        "This is everything upstream times everything downstream: stop at vertices that are still there.": len(
            _closure(into, vertex)
        )
        * len(_closure(graph, vertex)),
    }
    because = (
        "Walk from the vertex through vertices of `done` and count the others that you meet, once each, on both sides."
    )
    return ask(
        submission,
        line,
        lambda: submission.call("cost_after", graph, done, vertex),
        lambda got: explained(matches(line, got, want, because=because), got, slips),
    )


def _greedy(
    graph: Graph,
    *,
    still: bool = False,
    half: bool = False,
    last: bool = False,
    dearest: bool = False,
    added: bool = False,
) -> list[str]:
    """The Markowitz order (Griewank and Reese, 1991), or that of a known slip."""
    into, order = predecessors(graph), []
    left = intermediates(graph)

    def cost(v: str) -> int:
        a = len(into[v]) if still or half else len(reached(into, v, order))
        b = len(graph[v]) if still else len(reached(graph, v, order))
        return a + b if added else a * b

    while left:
        choices = left[::-1] if last else left
        order.append(max(choices, key=cost) if dearest else min(choices, key=cost))
        left = [v for v in left if v not in order]
    return order


def _telling(seed: int, inner: int, moves: bool = False) -> Graph:
    """A random graph on which orders differ: forward, reverse and (moves) the slips of Markowitz miss the best."""
    for more in range(200):
        graph = random_graph(seed + 1000 * more, 3, inner, 3, density=0.5)
        order = intermediates(graph)
        costs = {count(graph, order), count(graph, order[::-1])}
        if moves:
            slips = [_greedy(graph, **{slip: True}) for slip in ("still", "half", "last", "dearest", "added")]
            if _greedy(graph) not in (*slips, order):
                return graph
        elif least(graph) < min(costs | {count(graph, _greedy(graph))}):
            return graph
    raise AssertionError(f"no telling graph with {inner} intermediates near seed {seed}")


def _ways(edges: dict, start: str, through: list[str]) -> int:
    """The paths from `start` through vertices of `through` to vertices that are outside."""
    return sum(_ways(edges, w, through) if w in through else 1 for w in edges[start])


def _closure(edges: dict, start: str) -> set[str]:
    found, stack = set(), [start]
    while stack:
        for w in edges[stack.pop()]:
            if w not in found:
                found.add(w)
                stack.append(w)
    return found
