# %% right="argmin of a tensor"
def best_step(estimate, slope, hs):
    errors = torch.tensor([float(estimate(h)) for h in hs], dtype=torch.float64).sub(slope).abs()
    i = errors.argmin()
    return hs[i].item(), errors[i].item()


# %% right="min of pairs"
def best_step(estimate, slope, hs):
    error, h = min((abs(float(estimate(h)) - slope), float(h)) for h in hs)
    return [h, error]


# %% right="powers for roots" cell="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    factor, power = {"forward": (4, 1 / 2), "central": (3, 1 / 3)}[rule]
    return (factor * u * abs(f / fk)) ** power


# %% right="numpy's roots" cell="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    return np.cbrt(3 * u * abs(f) / abs(fk)) if rule == "central" else np.sqrt(4 * u * abs(f) / abs(fk))


# %% wrong="the index" says="index"
def best_step(estimate, slope, hs):
    errors = [abs(float(estimate(h)) - slope) for h in hs]
    return [errors.index(min(errors)), min(errors)]


# %% wrong="error first" says="h first"
def best_step(estimate, slope, hs):
    return list(min((abs(float(estimate(h)) - slope), float(h)) for h in hs))


# %% wrong="no absolute value" says="abs"
def best_step(estimate, slope, hs):
    errors = [float(estimate(h)) - slope for h in hs]
    return [float(hs[errors.index(min(errors))]), min(errors)]


# %% wrong="the absolute value too late" says="abs"
def best_step(estimate, slope, hs):
    errors = [float(estimate(h)) - slope for h in hs]
    return [float(hs[errors.index(min(errors))]), abs(min(errors))]


# %% wrong="smallest h" says="smaller is not"
def best_step(estimate, slope, hs):
    h = hs.min()
    return [float(h), abs(float(estimate(h)) - slope)]


# %% wrong="the worst step" says="worst"
def best_step(estimate, slope, hs):
    error, h = max((abs(float(estimate(h)) - slope), float(h)) for h in hs)
    return [h, error]


# %% wrong="smallest estimate" says="compare the estimate"
def best_step(estimate, slope, hs):
    estimates = [abs(float(estimate(h))) for h in hs]
    return [float(hs[estimates.index(min(estimates))]), min(estimates)]


# %% wrong="only the error"
def best_step(estimate, slope, hs):
    return min(abs(float(estimate(h)) - slope) for h in hs)


# %% wrong="one rule for both" says="other rule" cell="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    return 2 * math.sqrt(u * abs(f) / abs(fk))


# %% wrong="square root without the 2" says="factor" cell="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    ratio = u * abs(f) / abs(fk)
    return math.sqrt(ratio) if rule == "forward" else (3 * ratio) ** (1 / 3)


# %% wrong="4 outside the root" says="under the root" cell="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    ratio = u * abs(f) / abs(fk)
    return 4 * math.sqrt(ratio) if rule == "forward" else (3 * ratio) ** (1 / 3)


# %% wrong="upside down" says="upside down" cell="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    ratio = u * abs(fk) / abs(f)
    return 2 * math.sqrt(ratio) if rule == "forward" else (3 * ratio) ** (1 / 3)


# %% wrong="a square root for the cube root" says="cube root" cell="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    ratio = u * abs(f) / abs(fk)
    return 2 * math.sqrt(ratio) if rule == "forward" else math.sqrt(3 * ratio)


# %% wrong="signs not dropped" says="abs" cell="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    ratio = u * f / abs(fk)
    return 2 * abs(ratio) ** 0.5 * (1 if ratio > 0 else -1) if rule == "forward" else (3 * abs(ratio)) ** (1 / 3)


# %% wrong="integer division in the exponent" cell="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    ratio = u * abs(f) / abs(fk)
    return 2 * math.sqrt(ratio) if rule == "forward" else (3 * ratio) ** (1 // 3)


# %% wrong="f forgotten" says="|f| is missing" cell="answer-1.3-b"
def predicted_step(rule, f, fk, u):
    return 2 * math.sqrt(u / abs(fk)) if rule == "forward" else (3 * u / abs(fk)) ** (1 / 3)

# %% wrong="the estimates in float32" says="float32"
def best_step(estimate, slope, hs):
    errors = (torch.tensor([estimate(h) for h in hs]) - slope).abs()
    best = errors.argmin()
    return [hs[best].item(), errors[best].item()]
