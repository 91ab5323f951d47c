"""Answers to exercise 3.2, dual numbers."""

# %% right="comparisons by name, reflected by symmetry"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0 * np.asarray(x))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.primal * other.tangent + self.tangent * other.primal)

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% right="the quotient rule with one denominator, the power rule in its two terms" cell="answer-3.2-b"
def divide(x, y):
    return Dual(x.primal / y.primal, (x.tangent * y.primal - x.primal * y.tangent) / y.primal**2)


def power(x, y):
    if not isinstance(y, Dual):
        return Dual(x.primal**y, y * x.primal ** (y - 1) * x.tangent)
    base, base_dot = (x.primal, x.tangent) if isinstance(x, Dual) else (x, 0.0)
    result = base**y.primal
    return Dual(result, y.primal * base ** (y.primal - 1) * base_dot + result * np.log(base) * y.tangent)


# %% right="through products and logarithms" cell="answer-3.2-b"
def divide(x, y):
    return x * Dual(1 / y.primal, -y.tangent / y.primal**2)


def power(x, y):
    if isinstance(y, Dual):
        x = lift(x)
        exponent = y * Dual(np.log(x.primal), x.tangent / x.primal)
        value = np.exp(exponent.primal)
        return Dual(value, value * exponent.tangent)
    return Dual(x.primal**y, x.tangent * y * x.primal ** (y - 1.0))


# %% wrong="a constant moves at rate 1" says="stands still"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, np.ones(np.shape(x)))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.primal * other.tangent + self.tangent * other.primal)

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% wrong="a constant has a tangent without the array's shape" says="another shape"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0)


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.primal * other.tangent + self.tangent * other.primal)

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% wrong="tangents multiplied in a product" says="second order"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0 * np.asarray(x))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.tangent * other.tangent)

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% wrong="one branch of the product" says="both operands move"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0 * np.asarray(x))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.tangent * other.primal)

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% wrong="each rate with its own value" says="the other operand"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0 * np.asarray(x))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.primal * self.tangent + other.primal * other.tangent)

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% wrong="k - x as x - k" says="k - x"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0 * np.asarray(x))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.primal * other.tangent + self.tangent * other.primal)

    def __rsub__(self, other):
        return self - other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% wrong="plus in the tangent of a difference" says="sign"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0 * np.asarray(x))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent + other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.primal * other.tangent + self.tangent * other.primal)

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% wrong="addition in place" says="in place"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0 * np.asarray(x))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        self.primal = self.primal + other.primal
        self.tangent = self.tangent + other.tangent
        return self

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.primal * other.tangent + self.tangent * other.primal)

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% wrong="comparisons look at tangents" says="compare the primals"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0 * np.asarray(x))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.primal * other.tangent + self.tangent * other.primal)

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.tangent, lift(other).tangent)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% wrong="no reflected operations" says="k + x"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0 * np.asarray(x))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.primal * other.tangent + self.tangent * other.primal)

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))
    __eq__ = lambda x, y: x._compare(y, "eq")


# %% wrong="no comparison with ==" says="x == z"
import operator


def lift(x):
    return x if isinstance(x, Dual) else Dual(x, 0.0 * np.asarray(x))


class Dual(Pair):
    def __neg__(self):
        return Dual(-self.primal, -self.tangent)

    def __add__(self, other):
        other = lift(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __sub__(self, other):
        other = lift(other)
        return Dual(self.primal - other.primal, self.tangent - other.tangent)

    def __mul__(self, other):
        other = lift(other)
        return Dual(self.primal * other.primal, self.primal * other.tangent + self.tangent * other.primal)

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _compare(self, other, name):
        return getattr(operator, name)(self.primal, lift(other).primal)

    __lt__, __le__ = (lambda x, y: x._compare(y, "lt")), (lambda x, y: x._compare(y, "le"))
    __gt__, __ge__ = (lambda x, y: x._compare(y, "gt")), (lambda x, y: x._compare(y, "ge"))


# %% wrong="plus in the quotient rule" says="sign" cell="answer-3.2-b"
def divide(x, y):
    return Dual(x.primal / y.primal, (x.tangent * y.primal + x.primal * y.tangent) / y.primal**2)


def power(x, y):
    if not isinstance(y, Dual):
        return Dual(x.primal**y, y * x.primal ** (y - 1) * x.tangent)
    base, base_dot = (x.primal, x.tangent) if isinstance(x, Dual) else (x, 0.0)
    result = base**y.primal
    return Dual(result, y.primal * base ** (y.primal - 1) * base_dot + result * np.log(base) * y.tangent)


# %% wrong="a quotient of tangents" says="not the quotient of the tangents" cell="answer-3.2-b"
def divide(x, y):
    return Dual(x.primal / y.primal, x.tangent / (y.tangent or 1.0))


def power(x, y):
    if not isinstance(y, Dual):
        return Dual(x.primal**y, y * x.primal ** (y - 1) * x.tangent)
    base, base_dot = (x.primal, x.tangent) if isinstance(x, Dual) else (x, 0.0)
    result = base**y.primal
    return Dual(result, y.primal * base ** (y.primal - 1) * base_dot + result * np.log(base) * y.tangent)


# %% wrong="the denominator not squared" says="once only" cell="answer-3.2-b"
def divide(x, y):
    return Dual(x.primal / y.primal, (x.tangent * y.primal - x.primal * y.tangent) / y.primal)


def power(x, y):
    if not isinstance(y, Dual):
        return Dual(x.primal**y, y * x.primal ** (y - 1) * x.tangent)
    base, base_dot = (x.primal, x.tangent) if isinstance(x, Dual) else (x, 0.0)
    result = base**y.primal
    return Dual(result, y.primal * base ** (y.primal - 1) * base_dot + result * np.log(base) * y.tangent)


# %% wrong="logarithm of a negative base" says="logarithm" cell="answer-3.2-b"
def divide(x, y):
    return Dual(x.primal / y.primal, (x.tangent * y.primal - x.primal * y.tangent) / y.primal**2)


def power(x, y):
    x, y = lift(x), lift(y)
    value = x.primal**y.primal
    return Dual(value, value * (y.primal / x.primal * x.tangent + np.log(x.primal) * y.tangent))


# %% wrong="power rule without the rate" says="missing" cell="answer-3.2-b"
def divide(x, y):
    return Dual(x.primal / y.primal, (x.tangent * y.primal - x.primal * y.tangent) / y.primal**2)


def power(x, y):
    if not isinstance(y, Dual):
        return Dual(x.primal**y, y * x.primal ** (y - 1))
    base, base_dot = (x.primal, x.tangent) if isinstance(x, Dual) else (x, 0.0)
    result = base**y.primal
    return Dual(result, y.primal * base ** (y.primal - 1) * base_dot + result * np.log(base) * y.tangent)


# %% wrong="power rule for a moving exponent" says="the exponent moves" cell="answer-3.2-b"
def divide(x, y):
    return Dual(x.primal / y.primal, (x.tangent * y.primal - x.primal * y.tangent) / y.primal**2)


def power(x, y):
    if not isinstance(y, Dual):
        return Dual(x.primal**y, y * x.primal ** (y - 1) * x.tangent)
    x = lift(x)
    return Dual(x.primal**y.primal, y.primal * x.primal ** (y.primal - 1) * (x.tangent + y.tangent))


# %% wrong="no factor ln k" says="ln k" cell="answer-3.2-b"
def divide(x, y):
    return Dual(x.primal / y.primal, (x.tangent * y.primal - x.primal * y.tangent) / y.primal**2)


def power(x, y):
    if not isinstance(y, Dual):
        return Dual(x.primal**y, y * x.primal ** (y - 1) * x.tangent)
    base, base_dot = (x.primal, x.tangent) if isinstance(x, Dual) else (x, 0.0)
    result = base**y.primal
    return Dual(result, y.primal * base ** (y.primal - 1) * base_dot + result * y.tangent)


# %% wrong="the exponent does not move" says="branch through the exponent" cell="answer-3.2-b"
def divide(x, y):
    return Dual(x.primal / y.primal, (x.tangent * y.primal - x.primal * y.tangent) / y.primal**2)


def power(x, y):
    if not isinstance(y, Dual):
        return Dual(x.primal**y, y * x.primal ** (y - 1) * x.tangent)
    base, base_dot = (x.primal, x.tangent) if isinstance(x, Dual) else (x, 0.0)
    result = base**y.primal
    return Dual(result, y.primal * base ** (y.primal - 1) * base_dot + result * np.log(base) * y.tangent * (not isinstance(x, Dual)))
