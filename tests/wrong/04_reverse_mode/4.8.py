# %% [markdown]
# Answers to exercise 4.8: backward, no_grad, zero_grad.


# %% right="shares added with a default of 0" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    order = backward_order(output)
    if any(node.freed for node in order):
        raise RuntimeError("freed")
    cotangents = {output: np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)}
    for node in order:
        g = cotangents.pop(node)
        if node.requires_grad and not node.edges:
            node.grad = g + 0 if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            cotangents[operand] = cotangents.get(operand, 0) + vjp(g)
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True


# %% right="gradients noted at the end of the walk" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None:
        if output.data.size > 1:
            raise ValueError("pass g")
        g = 1.0
    order = backward_order(output)
    for node in order:
        if node.freed:
            raise RuntimeError("freed")
    bar = {node: np.zeros(node.data.shape, node.data.dtype) for node in order}
    bar[output] = bar[output] + np.asarray(g, output.data.dtype)
    for node in order:
        for operand, vjp in node.edges:
            bar[operand] = bar[operand] + vjp(bar[node])
    for node in order:
        if node.edges:
            if not keep_graph:
                node.edges, node.freed = (), True
        elif node.requires_grad:
            node.grad = (0 if node.grad is None else node.grad) + bar[node]


# %% right="no_grad with an exit stack" cell="answer-4.8-b"
@contextlib.contextmanager
def no_grad():
    with contextlib.ExitStack() as stack:
        stack.callback(tape.__setitem__, "recording", tape["recording"])
        tape["recording"] = False
        yield


def zero_grad(parameters):
    for parameter in parameters:
        parameter.grad = None


# %% wrong="assigned at a fan-out" says="assigned" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    order = backward_order(output)
    if any(node.freed for node in order):
        raise RuntimeError("freed")
    cotangents = {output: np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)}
    for node in order:
        g = cotangents.pop(node)
        if node.requires_grad and not node.edges:
            node.grad = g + 0 if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            cotangents[operand] = vjp(g)
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True


# %% wrong="the cotangent ignored" says="begin with g" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    order = backward_order(output)
    if any(node.freed for node in order):
        raise RuntimeError("freed")
    cotangents = {output: np.ones_like(output.data)}
    for node in order:
        g = cotangents.pop(node)
        if node.requires_grad and not node.edges:
            node.grad = g + 0 if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            cotangents[operand] = cotangents.get(operand, 0) + vjp(g)
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True


# %% wrong="no error where g is missing" says="ValueError" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    pass
    order = backward_order(output)
    if any(node.freed for node in order):
        raise RuntimeError("freed")
    cotangents = {output: np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)}
    for node in order:
        g = cotangents.pop(node)
        if node.requires_grad and not node.edges:
            node.grad = g + 0 if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            cotangents[operand] = cotangents.get(operand, 0) + vjp(g)
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True


# %% wrong="freed nodes not noticed" says="RuntimeError" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    order = backward_order(output)
    pass
    cotangents = {output: np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)}
    for node in order:
        g = cotangents.pop(node)
        if node.requires_grad and not node.edges:
            node.grad = g + 0 if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            cotangents[operand] = cotangents.get(operand, 0) + vjp(g)
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True


# %% wrong="only the output looked at" says="freed node in it" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    order = backward_order(output)
    if output.freed:
        raise RuntimeError("freed")
    cotangents = {output: np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)}
    for node in order:
        g = cotangents.pop(node)
        if node.requires_grad and not node.edges:
            node.grad = g + 0 if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            cotangents[operand] = cotangents.get(operand, 0) + vjp(g)
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True


# %% wrong="nothing freed" says="freed the graph" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    order = backward_order(output)
    if any(node.freed for node in order):
        raise RuntimeError("freed")
    cotangents = {output: np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)}
    for node in order:
        g = cotangents.pop(node)
        if node.requires_grad and not node.edges:
            node.grad = g + 0 if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            cotangents[operand] = cotangents.get(operand, 0) + vjp(g)
        if False:
            node.edges, node.freed = (), True


# %% wrong="leaves freed too" says="leaves are not freed" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    order = backward_order(output)
    if any(node.freed for node in order):
        raise RuntimeError("freed")
    cotangents = {output: np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)}
    for node in order:
        g = cotangents.pop(node)
        if node.requires_grad and not node.edges:
            node.grad = g + 0 if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            cotangents[operand] = cotangents.get(operand, 0) + vjp(g)
        if not keep_graph:
            node.edges, node.freed = (), True


# %% wrong="noticed too late" says="too late" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    cotangents = {output: np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)}
    for node in backward_order(output):
        g = cotangents.pop(node)
        if node.freed:
            raise RuntimeError("freed")
        if node.requires_grad and not node.edges:
            node.grad = g + 0 if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            cotangents[operand] = cotangents.get(operand, 0) + vjp(g)
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True


# %% wrong="the gradient replaced" says="replaced" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    order = backward_order(output)
    if any(node.freed for node in order):
        raise RuntimeError("freed")
    cotangents = {output: np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)}
    for node in order:
        g = cotangents.pop(node)
        if node.requires_grad and not node.edges:
            node.grad = g + 0
        for operand, vjp in node.edges:
            cotangents[operand] = cotangents.get(operand, 0) + vjp(g)
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True


# %% wrong="leaves share an array" says="share one array" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    order = backward_order(output)
    if any(node.freed for node in order):
        raise RuntimeError("freed")
    cotangents = {output: np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)}
    for node in order:
        g = cotangents.pop(node)
        if node.requires_grad and not node.edges:
            node.grad = g if node.grad is None else node.grad + g
        for operand, vjp in node.edges:
            share = vjp(g)
            cotangents[operand] = cotangents[operand] + share if operand in cotangents else share
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True


# %% wrong="cotangents left on the nodes" says="left over" cell="answer-4.8-a"
def backward(output, g=None, keep_graph=False):
    if g is None and output.data.size != 1:
        raise ValueError("g is missing")
    order = backward_order(output)
    if any(node.freed for node in order):
        raise RuntimeError("freed")
    output.grad = np.asarray(1.0 if g is None else g, output.data.dtype) * np.ones_like(output.data)
    for node in order:
        for operand, vjp in node.edges:
            share = vjp(node.grad)
            operand.grad = share + 0 if operand.grad is None else operand.grad + share
        if node.edges and not keep_graph:
            node.edges, node.freed = (), True


# %% wrong="recording switched on after the block" says="not True" cell="answer-4.8-b"
@contextlib.contextmanager
def no_grad():
    tape["recording"] = False
    try:
        yield
    finally:
        tape["recording"] = True


def zero_grad(parameters):
    for parameter in parameters:
        parameter.grad = None


# %% wrong="not restored after an error" says="finally" cell="answer-4.8-b"
@contextlib.contextmanager
def no_grad():
    before = tape["recording"]
    tape["recording"] = False
    yield
    tape["recording"] = before


def zero_grad(parameters):
    for parameter in parameters:
        parameter.grad = None


# %% wrong="never restored" says="restore" cell="answer-4.8-b"
@contextlib.contextmanager
def no_grad():
    tape["recording"] = False
    yield


def zero_grad(parameters):
    for parameter in parameters:
        parameter.grad = None


# %% wrong="recording goes on" says="recorded" cell="answer-4.8-b"
@contextlib.contextmanager
def no_grad():
    yield


def zero_grad(parameters):
    for parameter in parameters:
        parameter.grad = None


# %% wrong="zeros for None" says="None" cell="answer-4.8-b"
@contextlib.contextmanager
def no_grad():
    before = tape["recording"]
    tape["recording"] = False
    try:
        yield
    finally:
        tape["recording"] = before


def zero_grad(parameters):
    for parameter in parameters:
        parameter.grad = np.zeros_like(parameter.data)
