# %% right="by predecessors"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items()}
    into = predecessors(graph)[v]
    for u in into:
        for w in graph[v]:
            left[u][w] = left[u].get(w, 0.0) + graph[u][v] * graph[v][w]
        del left[u][v]
    del left[v]
    return [left, len(into) * len(graph[v])]


def accumulate(graph, order):
    if not order:
        return graph, 0
    smaller, first = eliminate(graph, order[0])
    left, rest = accumulate(smaller, order[1:])
    return left, first + rest


# %% right="a deep copy, edges as a list"
def eliminate(graph, v):
    edges = [(u, w, p) for u in graph for w, p in graph[u].items()]
    into = [(u, p) for u, w, p in edges if w == v]
    out = [(w, p) for u, w, p in edges if u == v]
    left = {u: {} for u in graph if u != v}
    for u, w, p in [e for e in edges if v not in e[:2]] + [(u, w, p * q) for u, p in into for w, q in out]:
        left[u][w] = left[u].get(w, 0) + p
    return left, len(into) * len(out)


def accumulate(graph, order):
    counts = []
    for v in order:
        graph, c = eliminate(graph, v)
        counts.append(c)
    return graph, sum(counts)


# %% wrong="overwrites an edge that is there" says="overwritten"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items() if u != v}
    products = 0
    for edges in left.values():
        if v in edges:
            incoming = edges.pop(v)
            for w, outgoing in graph[v].items():
                edges[w] = incoming * outgoing
                products += 1
    return left, products


def accumulate(graph, order):
    total = 0
    for v in order:
        graph, products = eliminate(graph, v)
        total += products
    return graph, total


# %% wrong="keeps the old edge only" says="product through"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items() if u != v}
    products = 0
    for edges in left.values():
        if v in edges:
            incoming = edges.pop(v)
            for w, outgoing in graph[v].items():
                edges.setdefault(w, incoming * outgoing)
                products += 1
    return left, products


def accumulate(graph, order):
    total = 0
    for v in order:
        graph, products = eliminate(graph, v)
        total += products
    return graph, total


# %% wrong="changes the caller's inner dictionaries" says="copy"
def eliminate(graph, v):
    left = {u: edges for u, edges in graph.items() if u != v}
    products = 0
    for edges in left.values():
        if v in edges:
            incoming = edges.pop(v)
            for w, outgoing in graph[v].items():
                edges[w] = edges.get(w, 0.0) + incoming * outgoing
                products += 1
    return left, products


def accumulate(graph, order):
    total = 0
    for v in order:
        graph, products = eliminate(graph, v)
        total += products
    return graph, total


# %% wrong="partials added along the path" says="multiplied"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items() if u != v}
    products = 0
    for edges in left.values():
        if v in edges:
            incoming = edges.pop(v)
            for w, outgoing in graph[v].items():
                edges[w] = edges.get(w, 0.0) + incoming + outgoing
                products += 1
    return left, products


def accumulate(graph, order):
    total = 0
    for v in order:
        graph, products = eliminate(graph, v)
        total += products
    return graph, total


# %% wrong="counts new edges only" says="new edges only"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items() if u != v}
    products = 0
    for edges in left.values():
        if v in edges:
            incoming = edges.pop(v)
            for w, outgoing in graph[v].items():
                products += w not in edges
                edges[w] = edges.get(w, 0.0) + incoming * outgoing
    return left, products


def accumulate(graph, order):
    total = 0
    for v in order:
        graph, products = eliminate(graph, v)
        total += products
    return graph, total


# %% wrong="counts additions as well" says="additions"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items() if u != v}
    products = 0
    for edges in left.values():
        if v in edges:
            incoming = edges.pop(v)
            for w, outgoing in graph[v].items():
                products += 1 + (w in edges)
                edges[w] = edges.get(w, 0.0) + incoming * outgoing
    return left, products


def accumulate(graph, order):
    total = 0
    for v in order:
        graph, products = eliminate(graph, v)
        total += products
    return graph, total


# %% wrong="edges into v stay" says="still there"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items() if u != v}
    products = 0
    for edges in left.values():
        if v in edges:
            for w, outgoing in graph[v].items():
                edges[w] = edges.get(w, 0.0) + edges[v] * outgoing
                products += 1
    return left, products


def accumulate(graph, order):
    total = 0
    for v in order:
        graph, products = eliminate(graph, v)
        total += products
    return graph, total


# %% wrong="v stays" says="take it out"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items()}
    products = 0
    for edges in left.values():
        if v in edges:
            incoming = edges.pop(v)
            for w, outgoing in graph[v].items():
                edges[w] = edges.get(w, 0.0) + incoming * outgoing
                products += 1
    return left, products


def accumulate(graph, order):
    total = 0
    for v in order:
        graph, products = eliminate(graph, v)
        total += products
    return graph, total


# %% wrong="degrees added" says="meets each successor"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items() if u != v}
    incoming = [u for u in left if v in left[u]]
    for u in incoming:
        through = left[u].pop(v)
        for w, outgoing in graph[v].items():
            left[u][w] = left[u].get(w, 0.0) + through * outgoing
    return left, len(incoming) + len(graph[v])


def accumulate(graph, order):
    total = 0
    for v in order:
        graph, products = eliminate(graph, v)
        total += products
    return graph, total


# %% wrong="the last count only" says="last elimination"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items() if u != v}
    products = 0
    for edges in left.values():
        if v in edges:
            incoming = edges.pop(v)
            for w, outgoing in graph[v].items():
                edges[w] = edges.get(w, 0.0) + incoming * outgoing
                products += 1
    return left, products


def accumulate(graph, order):
    for v in order:
        graph, products = eliminate(graph, v)
    return graph, products


# %% wrong="costs taken at the start" says="degrees at the start"
def eliminate(graph, v):
    left = {u: dict(edges) for u, edges in graph.items() if u != v}
    products = 0
    for edges in left.values():
        if v in edges:
            incoming = edges.pop(v)
            for w, outgoing in graph[v].items():
                edges[w] = edges.get(w, 0.0) + incoming * outgoing
                products += 1
    return left, products


def accumulate(graph, order):
    total = sum(eliminate(graph, v)[1] for v in order)
    for v in order:
        graph, _ = eliminate(graph, v)
    return graph, total
