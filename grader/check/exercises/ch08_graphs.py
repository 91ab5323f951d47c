"""Chapter 08: linearised graphs, and what is known of them without eliminating anything.

A graph is a dictionary {vertex: {successor: partial}} with every vertex as a key, in program order, so that each edge
leads from an earlier key to a later one. Inputs have no incoming edge, outputs no outgoing one; the rest are
intermediates.

Here nothing is eliminated. After the vertices of a set S are gone, u and w are joined where a path leads from u to w
whose inner vertices all lie in S, and the partial is the sum over those paths. This gives every cost and every
Jacobian on a second way (Bentert, Crane, Drange, Mizutani and Sullivan, arXiv 2506.17521; the values are the Schur
complement of I - A).
"""

import math
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import combinations, pairwise, permutations

import numpy as np

Graph = dict[str, dict[str, float]]

LION = "a b > v1; v1 > v2 y4; v2 > y1 y2 y3 y4"
BAT = "x1 x2 > v2; x3 x4 > v3; v2 v3 > v4; v2 > y5; v3 > y7; v4 > y5 y6 y8 y7"
ONE_OUTPUT = "x0 x1 > v0; x1 > v1; v0 > v2; v0 > v3; v1 > v3; v2 > v3; v1 > y; v3 > y"
MARKOWITZ_LOSES = "x0 > v0; v0 > v1; x0 > v2; x1 > v2; v1 > v2; v0 > y; v1 > y; v2 > y"


def read_graph(text: str, seed: int = 0) -> Graph:
    """The graph of lines like "a b > c; c > y1 y2": every vertex left of > has an edge to every vertex right of it.

    The partials are numbers from 0.5 to 1.5, with two decimals, drawn with `seed`. Vertices stand in a program order.
    Raises ValueError where a line has no > or the edges run in a circle.
    """
    graph: Graph = {}
    rng = np.random.default_rng(seed)
    for line in filter(None, (part.strip() for part in text.split(";"))):
        if ">" not in line:
            raise ValueError(f"{line!r} has no >; write it like 'a b > c'.")
        sources, targets = (side.replace(",", " ").split() for side in line.split(">"))
        for u in sources:
            for w in targets:
                graph.setdefault(u, {})[w] = round(float(rng.uniform(0.5, 1.5)), 2)
                graph.setdefault(w, {})
    return in_program_order(graph)


def in_program_order(graph: Graph) -> Graph:
    """The same graph with its keys in an order in which edges lead forward; ties keep the order of mention.

    Raises ValueError where there is none.
    """
    into = predecessors(graph)
    ordered: Graph = {}
    while len(ordered) < len(graph):
        ready = [v for v in graph if v not in ordered and all(u in ordered for u in into[v])]
        if not ready:
            raise ValueError("The edges run in a circle; a program's graph has none.")
        ordered[ready[0]] = graph[ready[0]]
    return ordered


def hourglass(n: int, w: int, m: int, seed: int = 0) -> Graph:
    """Layers of n inputs, w, 1, w intermediates and m outputs, each layer joined completely with the next."""
    layers = [[f"x{i}" for i in range(n)], [f"p{i}" for i in range(w)], ["c"], [f"q{i}" for i in range(w)]]
    layers.append([f"y{i}" for i in range(m)])
    lines = [f"{' '.join(a)} > {' '.join(b)}" for a, b in pairwise(layers)]
    return read_graph("; ".join(lines), seed)


def random_graph(seed: int, n: int, inner: int, m: int, density: float = 0.45) -> Graph:
    """A random graph with n inputs, `inner` intermediates and m outputs; each has the edges that make it one."""
    rng = np.random.default_rng(seed)
    names = [f"x{i}" for i in range(n)] + [f"v{i}" for i in range(inner)] + [f"y{i}" for i in range(m)]
    last = n + inner
    edges = {(i, j) for j in range(n, len(names)) for i in range(min(j, last)) if rng.random() < density}
    edges |= {(int(rng.integers(0, min(j, last))), j) for j in range(n, len(names))}
    edges |= {(i, int(rng.integers(max(i + 1, n), len(names)))) for i in range(last)}
    graph: Graph = {name: {} for name in names}
    for i, j in sorted(edges):
        graph[names[i]][names[j]] = float(rng.uniform(0.5, 1.5) * rng.choice([-1, 1]))
    return graph


def predecessors(graph: Graph) -> dict[str, list[str]]:
    into: dict[str, list[str]] = {v: [] for v in graph}
    for u, edges in graph.items():
        for w in edges:
            into[w].append(u)
    return into


def intermediates(graph: Graph) -> list[str]:
    """The vertices with edges on both sides, in program order."""
    into = predecessors(graph)
    return [v for v in graph if into[v] and graph[v]]


def ends(graph: Graph) -> tuple[list[str], list[str]]:
    """Inputs and outputs, in program order."""
    into = predecessors(graph)
    return [v for v in graph if not into[v]], [v for v in graph if into[v] and not graph[v]]


def reached(edges: dict[str, Collection[str]], start: str, through: Collection[str]) -> set[str]:
    """The vertices outside `through` to which a path leads from `start` with all inner vertices in `through`."""
    found, seen, stack = set(), set(), [start]
    while stack:
        for w in edges[stack.pop()]:
            if w not in through:
                found.add(w)
            elif w not in seen:
                seen.add(w)
                stack.append(w)
    return found


def remaining(graph: Graph, done: Collection[str]) -> Graph:
    """The graph after the vertices `done` are gone: partials are sums over the paths through them."""

    def onward(u: str) -> dict[str, float]:
        total: dict[str, float] = {}
        for w, partial in graph[u].items():
            for end, product in onward_from(w).items() if w in done else [(w, 1.0)]:
                total[end] = total.get(end, 0.0) + partial * product
        return total

    onward_from = cache(onward)
    return {u: dict(onward_from(u)) for u in graph if u not in done}


def step_costs(graph: Graph, order: Sequence[str]) -> list[int]:
    """What each elimination of `order` costs: in-degree times out-degree at that moment."""
    into, done, costs = predecessors(graph), set(), []
    for v in order:
        costs.append(len(reached(into, v, done)) * len(reached(graph, v, done)))
        done.add(v)
    return costs


def count(graph: Graph, order: Sequence[str]) -> int:
    return sum(step_costs(graph, order))


def least(graph: Graph) -> int:
    """The smallest number of multiplications over all orders, by trying each prefix set once."""
    into = predecessors(graph)

    @cache
    def rest(left: frozenset[str]) -> int:
        done = inner - left
        return min(
            (len(reached(into, v, done)) * len(reached(graph, v, done)) + rest(left - {v}) for v in left), default=0
        )

    inner = frozenset(intermediates(graph))
    return rest(inner)


def least_by_trying(graph: Graph) -> int:
    """The same by trying every order: for up to six intermediates."""
    return min(count(graph, order) for order in permutations(intermediates(graph)))


def markowitz_counts(graph: Graph) -> set[int]:
    """The counts of every order that always takes a cheapest vertex, over all ways to break ties."""
    into = predecessors(graph)

    @cache
    def rest(left: frozenset[str]) -> frozenset[int]:
        if not left:
            return frozenset({0})
        done = inner - left
        costs = {v: len(reached(into, v, done)) * len(reached(graph, v, done)) for v in left}
        low = min(costs.values())
        return frozenset(low + more for v in left if costs[v] == low for more in rest(left - {v}))

    inner = frozenset(intermediates(graph))
    return set(rest(inner))


def least_products(graph: Graph) -> int:
    """The fewest products of two factors that give the Jacobian of a graph without paths of more than three edges.

    A product joins two neighbouring pieces of a path. Pieces of two edges inside a path of three are helpers. Given
    the helpers that are made, an entry takes one product for each vertex at which its paths are put together. The
    search goes through all sets of helpers. A face elimination makes one product, so none needs fewer steps.
    Raises ValueError where a path has more than three edges.
    """
    inputs, outputs = ends(graph)
    entries = {(x, y): set(_paths(graph, x, y)) for x in inputs for y in outputs}
    if any(len(path) > 4 for paths in entries.values() for path in paths):
        raise ValueError("A path has more than three edges: least_products does not look at those.")
    long = {path for paths in entries.values() for path in paths if len(path) == 4}
    helpers = sorted({path[:3] for path in long} | {path[1:] for path in long})

    def joins(paths: set[tuple[str, ...]], made: frozenset[tuple[str, ...]]) -> float:
        middles = sorted({v for path in paths for v in path[1:-1]})
        at = [
            {path[1]}
            if len(path) == 3
            else {v for v, helper in ((path[2], path[:3]), (path[1], path[1:])) if helper in made}
            for path in paths
            if len(path) > 2
        ]
        for size in range(len(middles) + 1):
            if any(all(set(chosen) & spots for spots in at) for chosen in combinations(middles, size)):
                return size
        return math.inf

    def costs(paths: set[tuple[str, ...]]) -> tuple[set, dict[frozenset, float]]:
        own = {helper for helper in helpers for path in paths if helper in (path[:3], path[1:])}
        subsets = [frozenset(c) for size in range(len(own) + 1) for c in combinations(sorted(own), size)]
        return own, {made: joins(paths, made) for made in subsets}

    tables = [costs(paths) for paths in entries.values()]
    sets = (frozenset(c) for size in range(len(helpers) + 1) for c in combinations(helpers, size))
    return int(min(len(made) + sum(table[made & own] for own, table in tables) for made in sets))


def _paths(graph: Graph, start: str, end: str) -> Iterator[tuple[str, ...]]:
    if start == end:
        yield (end,)
    for w in graph[start]:
        for path in _paths(graph, w, end):
            yield (start, *path)


def jacobian(graph: Graph) -> np.ndarray:
    """The Jacobian, outputs by inputs, from one linear solve: (I - A)⁻¹ adds up the products of all paths."""
    names = list(graph)
    A = np.array([[graph[u].get(w, 0.0) for w in names] for u in names])
    sums = np.linalg.solve(np.eye(len(names)) - A, np.eye(len(names)))
    inputs, outputs = ends(graph)
    return sums[np.ix_([names.index(u) for u in inputs], [names.index(w) for w in outputs])].T


def as_matrix(graph: Graph, inputs: Sequence[str], outputs: Sequence[str]) -> np.ndarray:
    """The edges of a two-layer graph as a matrix (outputs, inputs); a missing edge is 0."""
    return np.array([[graph[u].get(w, 0.0) for u in inputs] for w in outputs])


def brackets(first: int, last: int) -> Iterator[object]:
    """Every way to bracket F_last ⋯ F_first, as nested pairs [left, right] of factor numbers."""
    if first == last:
        yield first
    for k in range(first, last):
        for left in brackets(k + 1, last):
            for right in brackets(first, k):
                yield [left, right]
