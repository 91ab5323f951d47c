# %% right="pairs of cost and position"
def markowitz(graph):
    names = intermediates(graph)
    order = []
    for _ in names:
        into = predecessors(graph)
        costs = [(len(into[v]) * len(graph[v]), i, v) for i, v in enumerate(names) if v not in order]
        v = min(costs)[2]
        graph = eliminate(graph, v)[0]
        order.append(v)
    return order


# %% right="a loop with a strict comparison, no elimination"
def markowitz(graph):
    succ = {u: set(e) for u, e in graph.items()}
    order, left = [], intermediates(graph)
    while left:
        best = None
        for v in left:
            into = [u for u in succ if v in succ[u]]
            cost = len(into) * len(succ[v])
            if best is None or cost < best[0]:
                best = cost, v, into
        _, v, into = best
        for u in into:
            succ[u] = (succ[u] | succ[v]) - {v}
        del succ[v]
        left.remove(v)
        order.append(v)
    return order


# %% right="a trap by a search" cell="answer-8.6-b"
my_trap = read_graph(
    "x0 > v0; v0 > v1; x0 x1 v1 > v2; v0 v1 v2 > y; z0 > w0; w0 > w1; z0 z1 w1 > w2; w0 w1 w2 > q", seed=3
)

# %% wrong="degrees of the untouched graph" says="each round"
def markowitz(graph):
    into = predecessors(graph)
    return sorted(intermediates(graph), key=lambda v: len(into[v]) * len(graph[v]))


# %% wrong="the last of equals" says="first in program order"
def markowitz(graph):
    order, left = [], intermediates(graph)
    while left:
        into = predecessors(graph)
        v = min(reversed(left), key=lambda v: len(into[v]) * len(graph[v]))
        graph, _ = eliminate(graph, v)
        order.append(v)
        left.remove(v)
    return order


# %% wrong="the dearest first" says="dearest"
def markowitz(graph):
    order, left = [], intermediates(graph)
    while left:
        into = predecessors(graph)
        v = max(left, key=lambda v: len(into[v]) * len(graph[v]))
        graph, _ = eliminate(graph, v)
        order.append(v)
        left.remove(v)
    return order


# %% wrong="sum of the degrees" says="product of the degrees"
def markowitz(graph):
    order, left = [], intermediates(graph)
    while left:
        into = predecessors(graph)
        v = min(left, key=lambda v: len(into[v]) + len(graph[v]))
        graph, _ = eliminate(graph, v)
        order.append(v)
        left.remove(v)
    return order


# %% wrong="program order" says="program order itself"
def markowitz(graph):
    return intermediates(graph)


# %% wrong="predecessors not updated" says="incoming edges were counted once"
def markowitz(graph):
    order, left, into = [], intermediates(graph), predecessors(graph)
    while left:
        v = min(left, key=lambda v: len(into[v]) * len(graph[v]))
        graph, _ = eliminate(graph, v)
        order.append(v)
        left.remove(v)
    return order


# %% wrong="the graph of the section" says="gap is 1" cell="answer-8.6-b"
my_trap = greedy_loses

# %% wrong="an hourglass" says="gap is 0" cell="answer-8.6-b"
my_trap = hourglass(3, 2, 3)

# %% wrong="an unlucky tie only" says="lucky" cell="answer-8.6-b"
my_trap = one_output
