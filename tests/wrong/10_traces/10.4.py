# %% right="a property and reshape"
class Counter:
    def __init__(self, matvec, budget=None):
        self.ask = matvec
        self.left = float("inf") if budget is None else budget
        self.count = 0

    def __call__(self, V):
        price = V.reshape(len(V), -1).shape[1]
        if price > self.left:
            raise RuntimeError("no budget left")
        answer = self.ask(V)
        self.left -= price
        self.count += price
        return answer

# %% right="numel over n"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        price = V.numel() // V.shape[0]
        if self.budget is not None:
            if self.count + price > self.budget:
                raise RuntimeError(f"budget {self.budget}")
        self.count = self.count + price
        return self.matvec(V)

# %% wrong="a call counts one" says="counts its columns"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        if self.budget is not None and self.count + 1 > self.budget:
            raise RuntimeError("budget")
        self.count += 1
        return self.matvec(V)

# %% wrong="rows counted" says="counts rows"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        price = 1 if V.ndim == 1 else V.shape[0]
        if self.budget is not None and self.count + price > self.budget:
            raise RuntimeError("budget")
        self.count += V.shape[0]
        return self.matvec(V)

# %% wrong="the length of a vector" says="not its length"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        price = V.shape[-1]
        if self.budget is not None and self.count + price > self.budget:
            raise RuntimeError("budget")
        self.count += price
        return self.matvec(V)

# %% wrong="entries counted" says="counts entries"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        self.count += V.numel()
        return self.matvec(V)

# %% wrong="overwritten" says="overwritten"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        self.count = 1 if V.ndim == 1 else V.shape[1]
        return self.matvec(V)

# %% wrong="no limit" says="nothing is raised"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        self.count += 1 if V.ndim == 1 else V.shape[1]
        return self.matvec(V)

# %% wrong="met counts as exceeded" says="exactly met"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        price = 1 if V.ndim == 1 else V.shape[1]
        if self.budget is not None and self.count + price >= self.budget:
            raise RuntimeError("budget")
        self.count += price
        return self.matvec(V)

# %% wrong="raised after the product" says="after the product"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        price = 1 if V.ndim == 1 else V.shape[1]
        answer = self.matvec(V)
        if self.budget is not None and self.count + price > self.budget:
            raise RuntimeError("budget")
        self.count += price
        return answer

# %% wrong="counted before it is refused" says="does not count"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        self.count += 1 if V.ndim == 1 else V.shape[1]
        if self.budget is not None and self.count > self.budget:
            raise RuntimeError("budget")
        return self.matvec(V)

# %% wrong="an assert" says="RuntimeError is wanted"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        price = 1 if V.ndim == 1 else V.shape[1]
        assert self.budget is None or self.count + price <= self.budget
        self.count += price
        return self.matvec(V)

# %% wrong="nothing returned" says="None"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.count = matvec, budget, 0

    def __call__(self, V):
        price = 1 if V.ndim == 1 else V.shape[1]
        if self.budget is not None and self.count + price > self.budget:
            raise RuntimeError("budget")
        self.count += price
        self.matvec(V)

# %% wrong="another name" says="count"
class Counter:
    def __init__(self, matvec, budget=None):
        self.matvec, self.budget, self.calls = matvec, budget, 0

    def __call__(self, V):
        self.calls += 1 if V.ndim == 1 else V.shape[1]
        return self.matvec(V)
