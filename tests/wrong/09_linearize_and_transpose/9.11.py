# %% [markdown]
# Answers to exercise 9.11: check_linear and concrete.


# %% right="recursion" cell="answer-9.11-b"
def concrete(x):
    """The plain value at the bottom of x. Raises UnknownValue where there is none."""
    if isinstance(x, Dual):
        return concrete(x.primal)
    if isinstance(x, Unknown):
        raise UnknownValue("This decision depends on a value that is not known yet: the program cannot be recorded.")
    return x


# %% right="constants first"
def check_linear(program):
    """Raises NotLinear, naming the primitive, if `program` is not linear in its variables."""
    constants = [y for y in program.outputs if not isinstance(y, Var)]
    if any(np.abs(y).max() > 0 for y in constants):
        raise NotLinear("a constant output")
    for eqn in program.eqns:
        variables = sum(isinstance(x, Var) for x in eqn.ins)
        if eqn.name not in TRANSPOSE:
            raise NotLinear(f"{eqn.name} has no transpose rule: it is not linear. Linearize the function first.")
        if eqn.name in ("mul", "matmul") and variables > 1:
            raise NotLinear(f"{eqn.name} of two variables is linear in each, not in both. Linearize the function first.")
        if eqn.name in ("add", "sub") and variables < 2:
            raise NotLinear(f"{eqn.name} of a variable and a known value is affine, not linear. Take the constant away.")


# %% wrong="the table only" says="mul(x, x) was accepted"
def check_linear(program):
    """Raises NotLinear, naming the primitive, if `program` is not linear in its variables."""
    for eqn in program.eqns:
        variables = sum(isinstance(x, Var) for x in eqn.ins)
        if eqn.name not in TRANSPOSE:
            raise NotLinear(f"{eqn.name} has no transpose rule: it is not linear. Linearize the function first.")
        if eqn.name in ("add", "sub") and variables < 2:
            raise NotLinear(f"{eqn.name} of a variable and a known value is affine, not linear. Take the constant away.")
    for y in program.outputs:
        if not isinstance(y, Var) and np.any(y):
            raise NotLinear("an output is a constant other than zero, which no linear map gives.")


# %% wrong="affine accepted" says="add(x, 1.0) was accepted"
def check_linear(program):
    """Raises NotLinear, naming the primitive, if `program` is not linear in its variables."""
    for eqn in program.eqns:
        variables = sum(isinstance(x, Var) for x in eqn.ins)
        if eqn.name not in TRANSPOSE:
            raise NotLinear(f"{eqn.name} has no transpose rule: it is not linear. Linearize the function first.")
        if eqn.name in ("mul", "matmul") and variables > 1:
            raise NotLinear(f"{eqn.name} of two variables is linear in each, not in both. Linearize the function first.")
    for y in program.outputs:
        if not isinstance(y, Var) and np.any(y):
            raise NotLinear("an output is a constant other than zero, which no linear map gives.")


# %% wrong="constants accepted" says="A was accepted"
def check_linear(program):
    """Raises NotLinear, naming the primitive, if `program` is not linear in its variables."""
    for eqn in program.eqns:
        variables = sum(isinstance(x, Var) for x in eqn.ins)
        if eqn.name not in TRANSPOSE:
            raise NotLinear(f"{eqn.name} has no transpose rule: it is not linear. Linearize the function first.")
        if eqn.name in ("mul", "matmul") and variables > 1:
            raise NotLinear(f"{eqn.name} of two variables is linear in each, not in both. Linearize the function first.")
        if eqn.name in ("add", "sub") and variables < 2:
            raise NotLinear(f"{eqn.name} of a variable and a known value is affine, not linear. Take the constant away.")


# %% wrong="zero refused" says="is linear and was refused"
def check_linear(program):
    """Raises NotLinear, naming the primitive, if `program` is not linear in its variables."""
    for eqn in program.eqns:
        variables = sum(isinstance(x, Var) for x in eqn.ins)
        if eqn.name not in TRANSPOSE:
            raise NotLinear(f"{eqn.name} has no transpose rule: it is not linear. Linearize the function first.")
        if eqn.name in ("mul", "matmul") and variables > 1:
            raise NotLinear(f"{eqn.name} of two variables is linear in each, not in both. Linearize the function first.")
        if eqn.name in ("add", "sub") and variables < 2:
            raise NotLinear(f"{eqn.name} of a variable and a known value is affine, not linear. Take the constant away.")
    for y in program.outputs:
        if not isinstance(y, Var):
            raise NotLinear("an output is a constant other than zero, which no linear map gives.")


# %% wrong="sums of variables refused" says="is linear and was refused"
def check_linear(program):
    """Raises NotLinear, naming the primitive, if `program` is not linear in its variables."""
    for eqn in program.eqns:
        variables = sum(isinstance(x, Var) for x in eqn.ins)
        if eqn.name not in TRANSPOSE:
            raise NotLinear(f"{eqn.name} has no transpose rule: it is not linear. Linearize the function first.")
        if eqn.name in ("mul", "matmul", "add", "sub") and variables > 1:
            raise NotLinear(f"{eqn.name} of two variables is linear in each, not in both. Linearize the function first.")
    for y in program.outputs:
        if not isinstance(y, Var) and np.any(y):
            raise NotLinear("an output is a constant other than zero, which no linear map gives.")


# %% wrong="the bare KeyError" says="should raise NotLinear"
def check_linear(program):
    """Raises NotLinear, naming the primitive, if `program` is not linear in its variables."""
    for eqn in program.eqns:
        variables = sum(isinstance(x, Var) for x in eqn.ins)
        TRANSPOSE[eqn.name]
        if eqn.name in ("mul", "matmul") and variables > 1:
            raise NotLinear(f"{eqn.name} of two variables is linear in each, not in both. Linearize the function first.")
        if eqn.name in ("add", "sub") and variables < 2:
            raise NotLinear(f"{eqn.name} of a variable and a known value is affine, not linear. Take the constant away.")
    for y in program.outputs:
        if not isinstance(y, Var) and np.any(y):
            raise NotLinear("an output is a constant other than zero, which no linear map gives.")


# %% wrong="a message without the name" says="should hold the word"
def check_linear(program):
    """Raises NotLinear, naming the primitive, if `program` is not linear in its variables."""
    for eqn in program.eqns:
        variables = sum(isinstance(x, Var) for x in eqn.ins)
        if eqn.name not in TRANSPOSE:
            raise NotLinear("not linear")
        if eqn.name in ("mul", "matmul") and variables > 1:
            raise NotLinear(f"{eqn.name} of two variables is linear in each, not in both. Linearize the function first.")
        if eqn.name in ("add", "sub") and variables < 2:
            raise NotLinear(f"{eqn.name} of a variable and a known value is affine, not linear. Take the constant away.")
    for y in program.outputs:
        if not isinstance(y, Var) and np.any(y):
            raise NotLinear("an output is a constant other than zero, which no linear map gives.")


# %% wrong="an answer for an error" says="should raise NotLinear"
def check_linear(program):
    """Raises NotLinear, naming the primitive, if `program` is not linear in its variables."""
    for eqn in program.eqns:
        variables = sum(isinstance(x, Var) for x in eqn.ins)
        if eqn.name not in TRANSPOSE:
            raise NotLinear(f"{eqn.name} has no transpose rule: it is not linear. Linearize the function first.")
        if eqn.name in ("mul", "matmul") and variables > 1:
            return False
        if eqn.name in ("add", "sub") and variables < 2:
            raise NotLinear(f"{eqn.name} of a variable and a known value is affine, not linear. Take the constant away.")
    for y in program.outputs:
        if not isinstance(y, Var) and np.any(y):
            raise NotLinear("an output is a constant other than zero, which no linear map gives.")


# %% wrong="one step down" says="to the bottom" cell="answer-9.11-b"
def concrete(x):
    """The plain value at the bottom of x. Raises UnknownValue where there is none."""
    if isinstance(x, Dual):
        x = x.primal
    if isinstance(x, Unknown):
        raise UnknownValue("This decision depends on a value that is not known yet: the program cannot be recorded.")
    return x


# %% wrong="the tangent" says="to the bottom" cell="answer-9.11-b"
def concrete(x):
    """The plain value at the bottom of x. Raises UnknownValue where there is none."""
    while isinstance(x, Dual):
        x = x.tangent
    if isinstance(x, Unknown):
        raise UnknownValue("This decision depends on a value that is not known yet: the program cannot be recorded.")
    return x


# %% wrong="the variable of an Unknown" says="UnknownValue" cell="answer-9.11-b"
def concrete(x):
    """The plain value at the bottom of x. Raises UnknownValue where there is none."""
    while isinstance(x, Dual):
        x = x.primal
    if isinstance(x, Unknown):
        return x.var.shape
    return x
