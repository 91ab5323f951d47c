# %% right="a table filled by width"
def dense_chain(sizes):
    p = len(sizes) - 1
    cost = {(i, i): 0 for i in range(1, p + 1)}
    plan = {(i, i): i for i in range(1, p + 1)}
    for width in range(1, p):
        for i in range(1, p - width + 1):
            j = i + width
            k = min(range(i, j), key=lambda k: cost[k + 1, j] + cost[i, k] + sizes[j] * sizes[k] * sizes[i - 1])
            cost[i, j] = cost[k + 1, j] + cost[i, k] + sizes[j] * sizes[k] * sizes[i - 1]
            plan[i, j] = [plan[k + 1, j], plan[i, k]]
    return cost[1, p], plan[1, p]


# %% right="loops and patterns by logical or" cell="answer-8.7-b"
def product_count(A, B):
    total = 0
    for k in range(A.shape[1]):
        total += int(np.count_nonzero(A[:, k])) * int(np.count_nonzero(B[k]))
    return total


def sparse_chain(patterns):
    if len(patterns) == 1:
        return 0, 1

    def shift(plan, by):
        return [shift(part, by) for part in plan] if isinstance(plan, list) else plan + by

    def pattern(part):
        P = part[0].astype(int)
        for F in part[1:]:
            P = (F.astype(int) @ P > 0).astype(int)
        return P > 0

    options = []
    for k in range(1, len(patterns)):
        right, right_plan = sparse_chain(patterns[:k])
        left, left_plan = sparse_chain(patterns[k:])
        total = left + right + product_count(pattern(patterns[k:]), pattern(patterns[:k]))
        options.append((total, [shift(left_plan, k), right_plan]))
    return min(options, key=lambda option: option[0])


# %% wrong="forward mode's brackets" says="forward mode"
def dense_chain(sizes):
    cost, plan = 0, 1
    for k in range(2, len(sizes)):
        cost += sizes[k] * sizes[k - 1] * sizes[0]
        plan = [k, plan]
    return cost, plan


# %% wrong="reverse mode's brackets" says="reverse mode"
def dense_chain(sizes):
    p = len(sizes) - 1
    cost, plan = 0, p
    for k in range(p - 1, 0, -1):
        cost += sizes[p] * sizes[k] * sizes[k - 1]
        plan = [plan, k]
    return cost, plan


# %% wrong="the plan the other way round" says="other way round"
def dense_chain(sizes):
    @cache
    def best(i, j):
        if i == j:
            return 0, i
        splits = []
        for k in range(i, j):
            (a, left), (b, right) = best(k + 1, j), best(i, k)
            splits.append((a + b + sizes[j] * sizes[k] * sizes[i - 1], [right, left]))
        return min(splits, key=lambda split: split[0])

    return best(1, len(sizes) - 1)


# %% wrong="sizes off by one" says="at every place"
def dense_chain(sizes):
    @cache
    def best(i, j):
        if i == j:
            return 0, i
        splits = []
        for k in range(i, j):
            (a, left), (b, right) = best(k + 1, j), best(i, k)
            splits.append((a + b + sizes[j] * sizes[k] * sizes[i], [left, right]))
        return min(splits, key=lambda split: split[0])

    return best(1, len(sizes) - 1)


# %% wrong="greedy: the cheapest product first" says="cheapest product"
def dense_chain(sizes):
    parts, sizes, total = list(range(1, len(sizes))), list(sizes), 0
    while len(parts) > 1:
        k = min(range(1, len(sizes) - 1), key=lambda k: sizes[k - 1] * sizes[k] * sizes[k + 1])
        total += sizes[k - 1] * sizes[k] * sizes[k + 1]
        parts[k - 1 : k + 1] = [[parts[k], parts[k - 1]]]
        del sizes[k]
    return total, parts[0]


# %% wrong="only the count" says="two things"
def dense_chain(sizes):
    @cache
    def best(i, j):
        if i == j:
            return 0
        return min(best(k + 1, j) + best(i, k) + sizes[j] * sizes[k] * sizes[i - 1] for k in range(i, j))

    return best(1, len(sizes) - 1)


# %% wrong="dense counts" says="a zero is never multiplied" cell="answer-8.7-b"
def product_count(A, B):
    return A.shape[0] * A.shape[1] * B.shape[1]


def sparse_chain(patterns):
    return dense_chain([patterns[0].shape[1], *[F.shape[0] for F in patterns]])


# %% wrong="entries of the product" says="how many entries" cell="answer-8.7-b"
def product_count(A, B):
    return int((A @ B).sum())


def sparse_chain(patterns):
    @cache
    def best(i, j):
        if i == j:
            return 0, i, patterns[i - 1]
        splits = []
        for k in range(i, j):
            (a, left, L), (b, right, R) = best(k + 1, j), best(i, k)
            splits.append((a + b + product_count(L, R), [left, right], L @ R))
        return min(splits, key=lambda split: split[0])

    return best(1, len(patterns))[:2]


# %% wrong="rows with columns" says="row k of B" cell="answer-8.7-b"
def product_count(A, B):
    return int(A.sum() * B.sum())


def sparse_chain(patterns):
    return None


# %% wrong="the dense plan, counted sparsely" says="chosen for dense matrices" cell="answer-8.7-b"
def product_count(A, B):
    return int(A.sum(0) @ B.sum(1))


def sparse_chain(patterns):
    plan = dense_chain([patterns[0].shape[1], *[F.shape[0] for F in patterns]])[1]

    def cost(part):
        if isinstance(part, int):
            return 0, patterns[part - 1]
        (a, L), (b, R) = cost(part[0]), cost(part[1])
        return a + b + product_count(L, R), L @ R

    return cost(plan)[0], plan
