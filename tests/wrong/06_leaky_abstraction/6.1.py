# %% right="a fixed number of halvings"
def edge(slope_at, alive, dead, width=1e-4):
    for _ in range(math.ceil(math.log2(abs(dead - alive) / width))):
        middle = 0.5 * (alive + dead)
        alive, dead = (middle, dead) if slope_at(middle) else (alive, middle)
    return dead


# %% right="recursion"
def edge(slope_at, alive, dead, width=1e-4):
    if abs(alive - dead) <= width:
        return dead
    middle = alive + (dead - alive) / 2
    return edge(slope_at, middle, dead, width) if slope_at(middle) != 0 else edge(slope_at, alive, middle, width)


# %% right="from the formats' own largest and smallest gaps, as a list" cell="answer-6.1-b"
def sigmoid_edges(p, e):
    gap = 2.0 ** (1 - p)
    return [-math.log(gap / 2), -e / math.log2(math.e)]


# %% wrong="returns the living end" says="dead end"
def edge(slope_at, alive, dead, width=1e-4):
    while abs(dead - alive) > width:
        middle = (alive + dead) / 2
        if slope_at(middle) == 0:
            dead = middle
        else:
            alive = middle
    return alive


# %% wrong="no absolute value: the left edge is never sought" says="abs()"
def edge(slope_at, alive, dead, width=1e-4):
    while dead - alive > width:
        middle = (alive + dead) / 2
        if slope_at(middle) == 0:
            dead = middle
        else:
            alive = middle
    return dead


# %% wrong="walks instead of halving" says="bisect"
def edge(slope_at, alive, dead, width=1e-4):
    step = math.copysign(width / 2, dead - alive)
    x = alive
    while slope_at(x) != 0:
        x += step
    return x


# %% wrong="moves the wrong end" says="halve"
def edge(slope_at, alive, dead, width=1e-4):
    while abs(dead - alive) > width:
        middle = (alive + dead) / 2
        if slope_at(middle) == 0:
            alive = middle
        else:
            dead = middle
    return dead


# %% wrong="half of the gap forgotten" says="gap above 1" cell="answer-6.1-b"
def sigmoid_edges(p, e):
    return (p - 1) * math.log(2), -e * math.log(2)


# %% wrong="rounding of the quotient below 1" says="not the quotient" cell="answer-6.1-b"
def sigmoid_edges(p, e):
    return (p + 1) * math.log(2), -e * math.log(2)


# %% wrong="taken as symmetric" says="symmetric" cell="answer-6.1-b"
def sigmoid_edges(p, e):
    return p * math.log(2), -p * math.log(2)


# %% wrong="bits for nats" says="ln 2" cell="answer-6.1-b"
def sigmoid_edges(p, e):
    return float(p), -float(e)


# %% wrong="both edges positive" says="sign" cell="answer-6.1-b"
def sigmoid_edges(p, e):
    return p * math.log(2), e * math.log(2)


# %% wrong="float32 written as numbers" says="right" cell="answer-6.1-b"
def sigmoid_edges(p, e):
    return 24 * math.log(2), -128 * math.log(2)


# %% wrong="underflow at the smallest subnormal number" says="overflows" cell="answer-6.1-b"
def sigmoid_edges(p, e):
    return p * math.log(2), (3 - p - e) * math.log(2)
