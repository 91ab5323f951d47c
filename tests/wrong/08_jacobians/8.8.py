# %% right="recursion for the neighbours"
def cost_after(graph, done, v):
    def neighbours(edges, u):
        out = set()
        for w in edges[u]:
            out |= neighbours(edges, w) if w in done else {w}
        return out

    return len(neighbours(graph, v)) * len(neighbours(predecessors(graph), v))


# %% right="networkx"
def cost_after(graph, done, v):
    net = nx.DiGraph((u, w) for u in graph for w in graph[u])
    inside = net.subgraph({*done, v})
    down = {w for u in {v} | nx.descendants(inside, v) for w in net.successors(u) if w not in inside}
    up = {w for u in {v} | nx.ancestors(inside, v) for w in net.predecessors(u) if w not in inside}
    return len(up) * len(down)


# %% right="bit by bit, from the end" cell="answer-8.8-b"
def subset_programme(graph):
    names = intermediates(graph)
    full = (1 << len(names)) - 1
    T, first = {full: 0}, {}
    for S in range(full - 1, -1, -1):
        done = {v for i, v in enumerate(names) if S >> i & 1}
        options = [
            (cost_after(graph, done, v) + T[S | 1 << i], i) for i, v in enumerate(names) if not S >> i & 1
        ]
        T[S], first[S] = min(options)
    order, S = [], 0
    while S != full:
        order.append(names[first[S]])
        S |= 1 << first[S]
    return T[0], order


# %% right="layer by layer, forwards" cell="answer-8.8-b"
def subset_programme(graph):
    names = intermediates(graph)
    layer = {frozenset(): (0, [])}
    for _ in names:
        following = {}
        for S, (spent, order) in layer.items():
            for v in names:
                if v in S:
                    continue
                total = spent + cost_after(graph, S, v)
                if total < following.get(S | {v}, (math.inf,))[0]:
                    following[S | {v}] = total, order + [v]
        layer = following
    return layer[frozenset(names)]


# %% wrong="direct edges only" says="direct edges"
def cost_after(graph, done, v):
    up = [u for u in predecessors(graph)[v] if u not in done]
    return len(up) * len([w for w in graph[v] if w not in done])


# %% wrong="done plays no part" says="plays no part"
def cost_after(graph, done, v):
    return len(predecessors(graph)[v]) * len(graph[v])


# %% wrong="counts those that are gone" says="gone were counted"
def cost_after(graph, done, v):
    def met(edges):
        found, stack = set(), [v]
        while stack:
            for u in edges[stack.pop()]:
                if u not in found:
                    found.add(u)
                    if u in done:
                        stack.append(u)
        return len(found)

    return met(predecessors(graph)) * met(graph)


# %% wrong="everything up times everything down" says="everything upstream"
def cost_after(graph, done, v):
    net = nx.DiGraph((u, w) for u in graph for w in graph[u])
    return len(nx.ancestors(net, v)) * len(nx.descendants(net, v))


# %% wrong="degrees added" says="adds the two"
def cost_after(graph, done, v):
    def met(edges):
        found, seen, stack = set(), set(), [v]
        while stack:
            for u in edges[stack.pop()]:
                if u not in done:
                    found.add(u)
                elif u not in seen:
                    seen.add(u)
                    stack.append(u)
        return len(found)

    return met(predecessors(graph)) + met(graph)


# %% wrong="one way counted more than once"
def cost_after(graph, done, v):
    def met(edges, u):
        return sum(met(edges, w) if w in done else 1 for w in edges[u])

    return met(predecessors(graph), v) * met(graph, v)


# %% wrong="one step through only"
def cost_after(graph, done, v):
    def met(edges):
        near = set(edges[v])
        for u in list(near):
            if u in done:
                near |= set(edges[u])
        return len(near - set(done))

    return met(predecessors(graph)) * met(graph)


# %% wrong="greedy" says="Markowitz" cell="answer-8.8-b"
def subset_programme(graph):
    order, total = [], 0
    names = intermediates(graph)
    while len(order) < len(names):
        cost, _, v = min((cost_after(graph, order, v), i, v) for i, v in enumerate(names) if v not in order)
        total += cost
        order.append(v)
    return total, order


# %% wrong="the order turned round" says="the order that you return" cell="answer-8.8-b"
def subset_programme(graph):
    @cache
    def rest(done):
        choices = [(cost_after(graph, done, v) + rest(done | {v})[0], v) for v in names if v not in done]
        return min(choices, default=(0, None))

    names, order = intermediates(graph), []
    while len(order) < len(names):
        order.append(rest(frozenset(order))[1])
    return rest(frozenset())[0], order[::-1]


# %% wrong="the largest" says="is possible" cell="answer-8.8-b"
def subset_programme(graph):
    @cache
    def rest(done):
        choices = [(cost_after(graph, done, v) + rest(done | {v})[0], v) for v in names if v not in done]
        return max(choices, default=(0, None))

    names, order = intermediates(graph), []
    while len(order) < len(names):
        order.append(rest(frozenset(order))[1])
    return rest(frozenset())[0], order


# %% wrong="paths counted, not vertices" says="count it once"
def cost_after(graph, done, v):
    def ways(neighbours, u):
        return sum(ways(neighbours, w) if w in done else 1 for w in neighbours[u])

    return ways(predecessors(graph), v) * ways(graph, v)
