# %% [markdown]
# Answers to exercise 4.1: nodes that remember.


# %% right="subtraction and division made of other operations"
class Node:
    def __init__(self, value, edges=()):
        self.value, self.edges = float(value), edges

    def __add__(self, other):
        other = as_node(other)
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_node(other)
        return Node(self.value * other.value, [[self, other.value], [other, self.value]])

    def __sub__(self, other):
        return self + as_node(other) * -1

    def __pow__(self, power):
        return Node(self.value**power, [(self, power * self.value**power / self.value)])

    def __truediv__(self, other):
        return self * as_node(other) ** -1

    __radd__, __rmul__ = __add__, __mul__
    __rsub__ = lambda self, other: as_node(other) - self
    __rtruediv__ = lambda self, other: as_node(other) / self


# %% right="a recursive chain" cell="answer-4.1-c"
def chain_derivative(output):
    if not output.edges:
        return 1.0
    ((operand, partial),) = output.edges
    return partial * chain_derivative(operand)


# %% right="slopes written through exp" cell="answer-4.1-b"
def exp(node):
    return Node(math.exp(node.value), ((node, math.exp(node.value)),))


def log(node):
    return Node(math.log(node.value), ((node, 1 / node.value),))


def tanh(node):
    return Node(math.tanh(node.value), ((node, 4 / (math.exp(node.value) + math.exp(-node.value)) ** 2),))


# %% wrong="minus forgotten in the subtraction" says="sign"
class Node:
    def __init__(self, value, edges=()):
        self.value, self.edges = float(value), edges

    def __add__(self, other):
        other = as_node(other)
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = as_node(other)
        return Node(self.value - other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_node(other)
        return Node(self.value * other.value, ((self, other.value), (other, self.value)))

    def __truediv__(self, other):
        other = as_node(other)
        return Node(self.value / other.value, ((self, 1 / other.value), (other, -self.value / other.value**2)))

    def __pow__(self, power):
        return Node(self.value**power, ((self, power * self.value ** (power - 1)),))

    __radd__, __rmul__ = __add__, __mul__
    __rsub__ = lambda self, other: as_node(other) - self
    __rtruediv__ = lambda self, other: as_node(other) / self


# %% wrong="each operand has its own value" says="value of the other"
class Node:
    def __init__(self, value, edges=()):
        self.value, self.edges = float(value), edges

    def __add__(self, other):
        other = as_node(other)
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = as_node(other)
        return Node(self.value - other.value, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        other = as_node(other)
        return Node(self.value * other.value, ((self, self.value), (other, other.value)))

    def __truediv__(self, other):
        other = as_node(other)
        return Node(self.value / other.value, ((self, 1 / other.value), (other, -self.value / other.value**2)))

    def __pow__(self, power):
        return Node(self.value**power, ((self, power * self.value ** (power - 1)),))

    __radd__, __rmul__ = __add__, __mul__
    __rsub__ = lambda self, other: as_node(other) - self
    __rtruediv__ = lambda self, other: as_node(other) / self


# %% wrong="the square as one edge" says="2a"
class Node:
    def __init__(self, value, edges=()):
        self.value, self.edges = float(value), edges

    def __add__(self, other):
        other = as_node(other)
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = as_node(other)
        return Node(self.value - other.value, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        other = as_node(other)
        return Node(self.value * other.value, ((self, other.value), *([] if other is self else [(other, self.value)])))

    def __truediv__(self, other):
        other = as_node(other)
        return Node(self.value / other.value, ((self, 1 / other.value), (other, -self.value / other.value**2)))

    def __pow__(self, power):
        return Node(self.value**power, ((self, power * self.value ** (power - 1)),))

    __radd__, __rmul__ = __add__, __mul__
    __rsub__ = lambda self, other: as_node(other) - self
    __rtruediv__ = lambda self, other: as_node(other) / self


# %% wrong="the denominator without its square" says="a / b²"
class Node:
    def __init__(self, value, edges=()):
        self.value, self.edges = float(value), edges

    def __add__(self, other):
        other = as_node(other)
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = as_node(other)
        return Node(self.value - other.value, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        other = as_node(other)
        return Node(self.value * other.value, ((self, other.value), (other, self.value)))

    def __truediv__(self, other):
        other = as_node(other)
        return Node(self.value / other.value, ((self, 1 / other.value), (other, -self.value / other.value)))

    def __pow__(self, power):
        return Node(self.value**power, ((self, power * self.value ** (power - 1)),))

    __radd__, __rmul__ = __add__, __mul__
    __rsub__ = lambda self, other: as_node(other) - self
    __rtruediv__ = lambda self, other: as_node(other) / self


# %% wrong="no edge to the denominator" says="no edge to b"
class Node:
    def __init__(self, value, edges=()):
        self.value, self.edges = float(value), edges

    def __add__(self, other):
        other = as_node(other)
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = as_node(other)
        return Node(self.value - other.value, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        other = as_node(other)
        return Node(self.value * other.value, ((self, other.value), (other, self.value)))

    def __truediv__(self, other):
        other = as_node(other)
        return Node(self.value / other.value, ((self, 1 / other.value),))

    def __pow__(self, power):
        return Node(self.value**power, ((self, power * self.value ** (power - 1)),))

    __radd__, __rmul__ = __add__, __mul__
    __rsub__ = lambda self, other: as_node(other) - self
    __rtruediv__ = lambda self, other: as_node(other) / self


# %% wrong="the exponent not lowered" says="power rule"
class Node:
    def __init__(self, value, edges=()):
        self.value, self.edges = float(value), edges

    def __add__(self, other):
        other = as_node(other)
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = as_node(other)
        return Node(self.value - other.value, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        other = as_node(other)
        return Node(self.value * other.value, ((self, other.value), (other, self.value)))

    def __truediv__(self, other):
        other = as_node(other)
        return Node(self.value / other.value, ((self, 1 / other.value), (other, -self.value / other.value**2)))

    def __pow__(self, power):
        return Node(self.value**power, ((self, power * self.value**power),))

    __radd__, __rmul__ = __add__, __mul__
    __rsub__ = lambda self, other: as_node(other) - self
    __rtruediv__ = lambda self, other: as_node(other) / self


# %% wrong="slope of the logarithm is the logarithm" says="1 / u" cell="answer-4.1-b"
def exp(node):
    return Node(math.exp(node.value), ((node, math.exp(node.value)),))


def log(node):
    return Node(math.log(node.value), ((node, math.log(node.value)),))


def tanh(node):
    return Node(math.tanh(node.value), ((node, 1 - math.tanh(node.value) ** 2),))


# %% wrong="slope of tanh at the output" says="1 − tanh²" cell="answer-4.1-b"
def exp(node):
    return Node(math.exp(node.value), ((node, math.exp(node.value)),))


def log(node):
    return Node(math.log(node.value), ((node, 1 / node.value),))


def tanh(node):
    return Node(math.tanh(node.value), ((node, 1 - math.tanh(math.tanh(node.value)) ** 2),))


# %% wrong="partials added along the chain" says="sum of the partials" cell="answer-4.1-c"
def chain_derivative(output):
    total = 0.0
    while output.edges:
        ((output, partial),) = output.edges
        total += partial
    return total


# %% wrong="stops one edge early" says="last edge" cell="answer-4.1-c"
def chain_derivative(output):
    product = 1.0
    while output.edges and output.edges[0][0].edges:
        ((output, partial),) = output.edges
        product *= partial
    return product

# %% wrong="one pair without its tuple" cell="answer-4.1-b" says="a tuple of pairs"
def exp(node):
    y = math.exp(node.value)
    return Node(y, (node, y))


def log(node):
    return Node(math.log(node.value), (node, 1 / node.value))


def tanh(node):
    y = math.tanh(node.value)
    return Node(y, (node, 1 - y * y))
