# %% [markdown]
# Answers to exercise 4.3: an order without recursion.


# %% right="depth first with a stack of one's own"
def backward_order(output):
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((operand, False) for operand, _ in node.edges)
    return order[::-1]


# %% right="the library's sorter"
def backward_order(output):
    import graphlib

    operands, stack = {}, [output]
    while stack:
        node = stack.pop()
        if node not in operands:
            operands[node] = [operand for operand, _ in node.edges]
            stack.extend(operands[node])
    return list(graphlib.TopologicalSorter(operands).static_order())[::-1]


# %% wrong="recursion" says="recursion limit"
def backward_order(output):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for operand, _ in node.edges:
                visit(operand)
            order.append(node)

    visit(output)
    return order[::-1]


# %% wrong="nearest first" says="before one of its readers"
def backward_order(output):
    order, seen = [output], {output}
    for node in order:
        for operand, _ in node.edges:
            if operand not in seen:
                seen.add(operand)
                order.append(operand)
    return order


# %% wrong="depth first, noted on the way down" says="before one of its readers"
def backward_order(output):
    order, seen, stack = [], set(), [output]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            order.append(node)
            stack.extend(operand for operand, _ in node.edges)
    return order


# %% wrong="inputs first" says="turned around"
def backward_order(output):
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((operand, False) for operand, _ in node.edges)
    return order


# %% wrong="no memory of what was seen" says="once"
def backward_order(output):
    order, stack = [], [output]
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(operand for operand, _ in node.edges)
    return order


# %% wrong="a list for what was seen" says="in` on a list"
def backward_order(output):
    order, seen, stack = [], [], [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.append(node)
            stack.append((node, True))
            stack.extend((operand, False) for operand, _ in node.edges)
    return order[::-1]


# %% wrong="readers counted once for two edges" says="once"
def backward_order(output):
    readers, found = {output: 0}, [output]
    for node in found:
        for operand in {operand for operand, _ in node.edges}:
            if operand not in readers:
                readers[operand] = 0
                found.append(operand)
            readers[operand] += 1
    order = [output]
    for node in order:
        for operand, _ in node.edges:
            readers[operand] -= 1
            if readers[operand] <= 0:
                order.append(operand)
    return order


# %% wrong="the output left out" says="missing"
def backward_order(output):
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((operand, False) for operand, _ in node.edges)
    return order[-2::-1]
