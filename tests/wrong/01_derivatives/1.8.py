# %% right="formulas"
def partials(a, b):
    return dict(dc_da=b, dc_db=a, dd_db=1, de_dc=b + 1, de_dd=a * b, de_da=b * (b + 1), de_db=2 * a * b + a)


# %% right="by torch"
def partials(a, b):
    A, B = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (a, b))
    da, db = torch.autograd.grad(A * B * (B + 1), (A, B))
    return {"dc_da": b, "dc_db": a, "dd_db": 1.0, "de_dc": b + 1, "de_dd": a * b, "de_da": da, "de_db": db}


# %% right="an inverse matrix" cell="answer-1.8-b"
def path_sum(edges, start, end):
    names = sorted({start, end} | {v for edge in edges for v in edge[:2]})
    A = np.zeros((len(names), len(names)))
    for u, v, p in edges:
        A[names.index(u), names.index(v)] += p
    return np.linalg.inv(np.eye(len(names)) - A)[names.index(start), names.index(end)]


# %% right="backwards from the end, remembered" cell="answer-1.8-b"
def path_sum(edges, start, end):
    known = {start: 1.0}

    def total(v):
        if v not in known:
            known[v] = sum(total(u) * p for u, w, p in edges if w == v)
        return known[v]

    return total(end)


# %% right="a stack of unfinished paths" cell="answer-1.8-b"
def path_sum(edges, start, end):
    stack, total = [(start, 1.0)], 0.0
    while stack:
        v, product = stack.pop()
        if v == end:
            total += product
        else:
            stack += [(w, product * p) for u, w, p in edges if u == v]
    return total


# %% wrong="one path for b" says="through d"
def partials(a, b):
    return dict(dc_da=b, dc_db=a, dd_db=1, de_dc=b + 1, de_dd=a * b, de_da=b * (b + 1), de_db=a * (b + 1))


# %% wrong="the other path for b" says="through c"
def partials(a, b):
    return dict(dc_da=b, dc_db=a, dd_db=1, de_dc=b + 1, de_dd=a * b, de_da=b * (b + 1), de_db=a * b)


# %% wrong="paths multiplied" says="not multiplied"
def partials(a, b):
    return dict(dc_da=b, dc_db=a, dd_db=1, de_dc=b + 1, de_dd=a * b, de_da=b * (b + 1), de_db=a * (b + 1) * a * b)


# %% wrong="operands exchanged" says="other operand"
def partials(a, b):
    return dict(dc_da=a, dc_db=b, dd_db=1, de_dc=b + 1, de_dd=a * b, de_da=b * (b + 1), de_db=a * (b + 1) + a * b)


# %% wrong="numbers at (2, 3)" says="dc_da"
def partials(a, b):
    return dict(dc_da=3, dc_db=2, dd_db=1, de_dc=4, de_dd=6, de_da=12, de_db=14)


# %% wrong="a name missing" says="dd_db"
def partials(a, b):
    return dict(dc_da=b, dc_db=a, de_dc=b + 1, de_dd=a * b, de_da=b * (b + 1), de_db=a * (b + 1) + a * b)


# %% wrong="= for +=" says="+=" cell="answer-1.8-b"
def path_sum(edges, start, end):
    if start == end:
        return 1.0
    total = 0.0
    for u, v, p in edges:
        if u == start and path_sum(edges, v, end):
            total = p * path_sum(edges, v, end)
    return total


# %% wrong="returns at the first path" says="every path" cell="answer-1.8-b"
def path_sum(edges, start, end):
    if start == end:
        return 1.0
    for u, v, p in edges:
        if u == start and path_sum(edges, v, end):
            return p * path_sum(edges, v, end)
    return 0.0


# %% wrong="a dictionary of edges" says="a dictionary keeps" cell="answer-1.8-b"
def path_sum(edges, start, end):
    table = {(u, v): p for u, v, p in edges}

    def total(at):
        return 1.0 if at == end else sum(p * total(v) for (u, v), p in table.items() if u == at)

    return total(start)


# %% wrong="partials added along a path" says="multiplied" cell="answer-1.8-b"
def path_sum(edges, start, end):
    def paths(at):
        return [0.0] if at == end else [p + rest for u, v, p in edges if u == at for rest in paths(v)]

    return sum(paths(start)) if start != end else 1.0


# %% wrong="number of paths" says="number of paths" cell="answer-1.8-b"
def path_sum(edges, start, end):
    return 1.0 if start == end else float(sum(path_sum(edges, v, end) for u, v, _ in edges if u == start))


# %% wrong="0 from a vertex to itself" says="itself" cell="answer-1.8-b"
def path_sum(edges, start, end):
    return sum(p * (1.0 if v == end else path_sum(edges, v, end)) for u, v, p in edges if u == start)


# %% wrong="one pass over the edges, in their order" cell="answer-1.8-b"
def path_sum(edges, start, end):
    value = {start: 1.0}
    for u, v, p in edges:
        value[v] = value.get(v, 0.0) + p * value.get(u, 0.0)
    return value.get(end, 0.0)


# %% wrong="all edges multiplied" says="path by path" cell="answer-1.8-b"
def path_sum(edges, start, end):
    return math.prod(p for _, _, p in edges)
