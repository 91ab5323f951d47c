# %% [markdown]
# Answers to exercise 4.2: fan-out.


# %% right="get with a default"
def gradients(order):
    grad = {order[0]: 1}
    for node in order:
        for operand, partial in node.edges:
            grad[operand] = grad.get(operand, 0) + grad[node] * partial
    return grad


# %% right="each node asks its readers"
def gradients(order):
    grad = {}
    for i, node in enumerate(order):
        grad[node] = 1.0 if i == 0 else sum(grad[r] * p for r in order[:i] for v, p in r.edges if v is node)
    return grad


# %% wrong="assigned instead of added" says="+="
def gradients(order):
    grad = dict.fromkeys(order, 0.0)
    grad[order[0]] = 1.0
    for node in order:
        for operand, partial in node.edges:
            grad[operand] = partial * grad[node]
    return grad


# %% wrong="the first reader only" says="+="
def gradients(order):
    grad = {order[0]: 1.0}
    for node in order:
        for operand, partial in node.edges:
            grad.setdefault(operand, partial * grad[node])
    return grad


# %% wrong="the readers' gradient forgotten" says="multiplied by its reader"
def gradients(order):
    grad = dict.fromkeys(order, 0.0)
    grad[order[0]] = 1.0
    for node in order:
        for operand, partial in node.edges:
            grad[operand] += partial
    return grad


# %% wrong="everybody begins with 1" says="Only the output begins with 1"
def gradients(order):
    grad = dict.fromkeys(order, 1.0)
    for node in order:
        for operand, partial in node.edges:
            grad[operand] += partial * grad[node]
    return grad


# %% wrong="nobody begins with 1" says="with respect to itself is 1"
def gradients(order):
    grad = dict.fromkeys(order, 0.0)
    for node in order:
        for operand, partial in node.edges:
            grad[operand] += partial * grad[node]
    return grad


# %% wrong="from the inputs to the output" says="shares add up"
def gradients(order):
    grad = dict.fromkeys(order, 0.0)
    grad[order[0]] = 1.0
    for node in reversed(order):
        for operand, partial in node.edges:
            grad[operand] += partial * grad[node]
    return grad


# %% wrong="edges as a dictionary, so one of two is lost" says="one share only"
def gradients(order):
    grad = dict.fromkeys(order, 0.0)
    grad[order[0]] = 1.0
    for node in order:
        for operand, partial in dict(node.edges).items():
            grad[operand] += partial * grad[node]
    return grad


# %% wrong="a sign" says="1; you have -1"
def gradients(order):
    grad = dict.fromkeys(order, 0.0)
    grad[order[0]] = -1.0
    for node in order:
        for operand, partial in node.edges:
            grad[operand] += partial * grad[node]
    return grad


# %% wrong="zeros" says="itself is 1"
def gradients(order):
    return dict.fromkeys(order, 0.0)
