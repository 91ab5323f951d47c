# %% [markdown]
# Answers to exercise 9.2: LINEAR and the jvp rules.


# %% right="own operations, other forms" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: mul(power(x, -1), t)]
JVP["sin"] = [lambda t, out, x: mul(t, cos(x))]
JVP["cos"] = [lambda t, out, x: neg(mul(sin(x), t))]
JVP["tanh"] = [lambda t, out, x: sub(t, mul(mul(out, out), t))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]


# %% right="a function for each factor" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["log"] = [lambda t, out, x: div(t, x)]
slopes = {"exp": lambda out, x: out, "sin": lambda out, x: cos(x)}
for name, slope in slopes.items():
    JVP[name] = [lambda t, out, x, slope=slope: mul(slope(out, x), t)]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]


# %% wrong="the maximum taken for linear" says="max(x + z)"
LINEAR = []  # names, out of: neg exp log sin cos tanh power reduce_sum reduce_max
#              broadcast reshape transpose gather scatter_add
LINEAR = ["neg", "reduce_sum", "broadcast", "reduce_max", "reshape", "transpose", "gather", "scatter_add"]
JVP |= {name: linear_rule(name) for name in LINEAR}


# %% wrong="gather forgotten" says="gather is missing"
LINEAR = []  # names, out of: neg exp log sin cos tanh power reduce_sum reduce_max
#              broadcast reshape transpose gather scatter_add
LINEAR = ["neg", "reduce_sum", "broadcast", "reshape", "transpose", "scatter_add"]
JVP |= {name: linear_rule(name) for name in LINEAR}


# %% wrong="power taken for linear" says="p = 1"
LINEAR = []  # names, out of: neg exp log sin cos tanh power reduce_sum reduce_max
#              broadcast reshape transpose gather scatter_add
LINEAR = ["neg", "power", "reduce_sum", "broadcast", "reshape", "transpose", "gather", "scatter_add"]
JVP |= {name: linear_rule(name) for name in LINEAR}


# %% wrong="two operands" says="two operands"
LINEAR = []  # names, out of: neg exp log sin cos tanh power reduce_sum reduce_max
#              broadcast reshape transpose gather scatter_add
LINEAR = ["neg", "add", "reduce_sum", "broadcast", "reshape", "transpose", "gather", "scatter_add"]
JVP |= {name: linear_rule(name) for name in LINEAR}


# %% wrong="the tangent times its own operand" says="its own operand" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, x), lambda t, out, x, y: mul(y, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: mul(t, cos(x))]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]


# %% wrong="plus for the subtrahend" says="sign" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: mul(t, cos(x))]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]


# %% wrong="matrices in the other order" says="order matters" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(y, t), lambda t, out, x, y: matmul(t, x)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: mul(t, cos(x))]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]


# %% wrong="the sign of the cosine" says="sign" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: mul(t, cos(x))]
JVP["cos"] = [lambda t, out, x: mul(t, sin(x))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]


# %% wrong="the exponent stays" says="fall by one" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: mul(t, cos(x))]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p), p))]


# %% wrong="no factor p" says="factor p" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: mul(t, cos(x))]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, power(x, p - 1))]


# %% wrong="no square in tanh" says="with the square" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: mul(t, cos(x))]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, out))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]


# %% wrong="exp computed again" says="there already" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, exp(x))]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: mul(t, cos(x))]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]


# %% wrong="numpy in a rule" says="not with numpy" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: t * np.cos(x)]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]


# %% wrong="the derivative without the tangent" says="multiply by the tangent" cell="answer-9.2-b"
# JVP["add"] = [first operand's rule, second operand's rule], and so on: ten entries
JVP["add"] = [lambda t, out, x, y: t, lambda t, out, x, y: t]
JVP["sub"] = [lambda t, out, x, y: t, lambda t, out, x, y: neg(t)]
JVP["mul"] = [lambda t, out, x, y: mul(t, y), lambda t, out, x, y: mul(x, t)]
JVP["matmul"] = [lambda t, out, x, y: matmul(t, y), lambda t, out, x, y: matmul(x, t)]
JVP["exp"] = [lambda t, out, x: mul(t, out)]
JVP["log"] = [lambda t, out, x: div(t, x)]
JVP["sin"] = [lambda t, out, x: cos(x)]
JVP["cos"] = [lambda t, out, x: mul(t, neg(sin(x)))]
JVP["tanh"] = [lambda t, out, x: mul(t, sub(1.0, mul(out, out)))]
JVP["power"] = [lambda t, out, x, p: mul(t, mul(power(x, p - 1), p))]
