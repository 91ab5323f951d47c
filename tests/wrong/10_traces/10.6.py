# %% right="numpy and the formula"
def median_error(estimate, truth, trials):
    errors = []
    for _ in range(trials):
        errors.append(abs((estimate() - truth) / truth))
    return float(np.median(errors))


def fitted_slope(ms, errors):
    x, y = np.log10(ms), np.log10(errors)
    return float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())

# %% right="torch"
def median_error(estimate, truth, trials):
    found = torch.tensor([float(estimate()) for _ in range(trials)], dtype=torch.float64)
    return ((found - truth).abs() / abs(truth)).median()


def fitted_slope(ms, errors):
    x = torch.tensor(ms, dtype=torch.float64).log()
    y = torch.tensor(errors, dtype=torch.float64).log()
    line = torch.linalg.lstsq(torch.stack([x, torch.ones_like(x)], 1), y[:, None]).solution
    return line[0, 0]

# %% wrong="an absolute error" says="size of the truth"
def median_error(estimate, truth, trials):
    return sorted(abs(float(estimate()) - truth) for _ in range(trials))[trials // 2]


def fitted_slope(ms, errors):
    slope, _ = np.polyfit(np.log(ms), np.log(errors), 1)
    return slope

# %% wrong="divided by a negative truth" says="is positive"
def median_error(estimate, truth, trials):
    return sorted(abs(float(estimate()) - truth) / truth for _ in range(trials))[trials // 2]


def fitted_slope(ms, errors):
    slope, _ = np.polyfit(np.log(ms), np.log(errors), 1)
    return slope

# %% wrong="the mean" says="mean; the median"
def median_error(estimate, truth, trials):
    return sum(abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)) / trials


def fitted_slope(ms, errors):
    slope, _ = np.polyfit(np.log(ms), np.log(errors), 1)
    return slope

# %% wrong="the median estimate's error" says="median's error"
def median_error(estimate, truth, trials):
    middle = np.median([float(estimate()) for _ in range(trials)])
    return abs(middle - truth) / abs(truth)


def fitted_slope(ms, errors):
    slope, _ = np.polyfit(np.log(ms), np.log(errors), 1)
    return slope

# %% wrong="not sorted" says="sort"
def median_error(estimate, truth, trials):
    return [abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)][trials // 2]


def fitted_slope(ms, errors):
    slope, _ = np.polyfit(np.log(ms), np.log(errors), 1)
    return slope

# %% wrong="asked once" says="asked once"
def median_error(estimate, truth, trials):
    errors = [abs(float(estimate()) - truth) / abs(truth)] * trials
    return sorted(errors)[trials // 2]


def fitted_slope(ms, errors):
    slope, _ = np.polyfit(np.log(ms), np.log(errors), 1)
    return slope

# %% wrong="the end points" says="first and the last"
def median_error(estimate, truth, trials):
    errors = [abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)]
    return sorted(errors)[trials // 2]


def fitted_slope(ms, errors):
    return math.log(errors[-1] / errors[0]) / math.log(ms[-1] / ms[0])

# %% wrong="no logarithms" says="logarithms"
def median_error(estimate, truth, trials):
    errors = [abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)]
    return sorted(errors)[trials // 2]


def fitted_slope(ms, errors):
    return np.polyfit(ms, errors, 1)[0]

# %% wrong="only the error's logarithm" says="m has no logarithm"
def median_error(estimate, truth, trials):
    errors = [abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)]
    return sorted(errors)[trials // 2]


def fitted_slope(ms, errors):
    return np.polyfit(ms, np.log(errors), 1)[0]

# %% wrong="the intercept" says="intercept, not"
def median_error(estimate, truth, trials):
    errors = [abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)]
    return sorted(errors)[trials // 2]


def fitted_slope(ms, errors):
    return np.polyfit(np.log(ms), np.log(errors), 1)[1]

# %% wrong="axes exchanged" says="exchanged"
def median_error(estimate, truth, trials):
    errors = [abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)]
    return sorted(errors)[trials // 2]


def fitted_slope(ms, errors):
    return np.polyfit(np.log(errors), np.log(ms), 1)[0]

# %% wrong="two bases" says="bases"
def median_error(estimate, truth, trials):
    errors = [abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)]
    return sorted(errors)[trials // 2]


def fitted_slope(ms, errors):
    return np.polyfit(np.log(ms), np.log10(errors), 1)[0]

# %% wrong="through the origin" says="intercept"
def median_error(estimate, truth, trials):
    errors = [abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)]
    return sorted(errors)[trials // 2]


def fitted_slope(ms, errors):
    x, y = np.log(ms), np.log(errors)
    return (x * y).sum() / (x * x).sum()

# %% wrong="a positive rate" says="sign"
def median_error(estimate, truth, trials):
    errors = [abs(float(estimate()) - truth) / abs(truth) for _ in range(trials)]
    return sorted(errors)[trials // 2]


def fitted_slope(ms, errors):
    return -np.polyfit(np.log(ms), np.log(errors), 1)[0]
