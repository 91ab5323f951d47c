# %% right="all permutations"
def brute_force(graph):
    best = None
    for order in permutations(intermediates(graph)):
        total = accumulate(graph, order)[1]
        if best is None or total < best[0]:
            best = [total, list(order)]
    return best


# %% right="a minimum over tuples"
def brute_force(graph):
    return min((accumulate(graph, order)[1], order) for order in permutations(intermediates(graph)))


# %% right="factored" cell="answer-8.4-b"
def hourglass_counts(n, w, m):
    return n * w * (2 + m), m * w * (2 + n), w * (n + m) + n * m


# %% wrong="forward order only" says="forward order"
def brute_force(graph):
    order = intermediates(graph)
    return accumulate(graph, order)[1], order


# %% wrong="the better of both modes" says="others may cost less"
def brute_force(graph):
    order = intermediates(graph)
    return min((accumulate(graph, o)[1], o) for o in (order, order[::-1]))


# %% wrong="the worst order" says="is possible"
def brute_force(graph):
    return max((accumulate(graph, order)[1], order) for order in permutations(intermediates(graph)))


# %% wrong="the order of another count" says="the order that you return"
def brute_force(graph):
    best = math.inf
    for order in permutations(intermediates(graph)):
        best = min(best, accumulate(graph, order)[1])
    return best, order


# %% wrong="greedy" says="Markowitz"
def brute_force(graph):
    start, order, total = graph, [], 0
    while left := intermediates(graph):
        v = min(left, key=lambda v: len(predecessors(graph)[v]) * len(graph[v]))
        graph, products = eliminate(graph, v)
        order.append(v)
        total += products
    return total, order


# %% wrong="only the count" says="two things"
def brute_force(graph):
    return min(accumulate(graph, order)[1] for order in permutations(intermediates(graph)))


# %% wrong="inputs and outputs in the order" says="each intermediate once"
def brute_force(graph):
    total, order = min((accumulate(graph, order)[1], order) for order in permutations(intermediates(graph)))
    return total, [v for v in graph if v not in order] + list(order)


# %% wrong="rotations only"
def brute_force(graph):
    names = intermediates(graph)
    orders = [names[i:] + names[:i] for i in range(len(names))]
    return min((accumulate(graph, order)[1], order) for order in orders)


# %% wrong="forward and reverse exchanged" says="exchanged" cell="answer-8.4-b"
def hourglass_counts(n, w, m):
    return [2 * m * w + n * w * m, 2 * n * w + n * w * m, n * w + w * m + n * m]


# %% wrong="the last layer forgotten" says="pencil" cell="answer-8.4-b"
def hourglass_counts(n, w, m):
    return [n * w + n * w, m * w + m * w, n * w + w * m + n * m]


# %% wrong="a waist that costs nothing" says="last step" cell="answer-8.4-b"
def hourglass_counts(n, w, m):
    return [2 * n * w + n * w * m - n * m, 2 * m * w + n * w * m - n * m, n * w + w * m]


# %% wrong="the numbers of the picture" says="pencil" cell="answer-8.4-b"
def hourglass_counts(n, w, m):
    return [72, 72, 40]


# %% wrong="the better mode for the best" says="waist last" cell="answer-8.4-b"
def hourglass_counts(n, w, m):
    f, r = 2 * n * w + n * w * m, 2 * m * w + n * w * m
    return [f, r, min(f, r)]
