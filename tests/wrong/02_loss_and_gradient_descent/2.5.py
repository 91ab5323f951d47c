# %% right="index_put with accumulation, loops for the loss"
def count_bigrams(names):
    text = "." + ".".join(names) + "."
    codes = torch.tensor([stoi[c] for c in text])
    table = torch.zeros(27, 27, dtype=torch.float64)
    table.index_put_((codes[:-1], codes[1:]), torch.tensor(1.0, dtype=torch.float64), accumulate=True)
    return table


def probabilities(counts):
    P = torch.zeros_like(counts)
    for i in range(len(counts)):
        P[i] = counts[i] / counts[i].sum()
    return P


def mean_loss(counts, P):
    loss, total = 0.0, 0.0
    for i in range(counts.shape[0]):
        for j in range(counts.shape[1]):
            if counts[i, j] > 0:
                loss -= counts[i, j] * math.log(P[i, j])
                total += counts[i, j]
    return loss / total


# %% right="a dictionary, nan_to_num"
def count_bigrams(names):
    found = {}
    for name in names:
        codes = [0] + [stoi[c] for c in name] + [0]
        for pair in zip(codes, codes[1:]):
            found[pair] = found.get(pair, 0) + 1
    table = torch.zeros((27, 27), dtype=torch.float64)
    for (i, j), times in found.items():
        table[i, j] = times
    return table


def probabilities(counts):
    return (counts.T / counts.sum(1)).T


def mean_loss(counts, P):
    return -(counts * P.log()).nan_to_num(0.0).sum() / counts.sum()


# %% wrong="transposed" says="transposed"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[second], stoi[first]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="no dot in front" says="dot to the first letter"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f"{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="no dot at the end" says="last letter to the dot"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}"
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="no dots" says="dots are missing"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = name
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="names run together" says="runs into"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    spelled = "." + "".join(names) + "."
    for first, second in zip(spelled, spelled[1:]):
        table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="an index that repeats counted once" says="counted once"
def count_bigrams(names):
    text = "." + ".".join(names) + "."
    codes = torch.tensor([stoi[c] for c in text])
    table = torch.zeros(27, 27, dtype=torch.float64)
    table[codes[:-1], codes[1:]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="each name once" says="stands twice"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in sorted(set(names)):
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="columns" says="columns add up to 1"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(0, keepdim=True)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="the axis lost" says="columns"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(0)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="no kept axis" says="divide each row"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="share of all pairs" says="share of all pairs"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum()


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="NaN at zero cells" says="0 · log 0"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return -(counts * P.log()).sum() / counts.sum()


# %% wrong="unweighted" says="weigh by the counts"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return -P[P > 0].log().mean()


# %% wrong="the sum" says="divide by the number of pairs"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return -torch.xlogy(counts, P).sum()


# %% wrong="the sign" says="sign"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    return torch.xlogy(counts, P).sum() / counts.sum()


# %% wrong="P ignored" says="-log P"
def count_bigrams(names):
    table = torch.zeros(27, 27, dtype=torch.float64)
    for name in names:
        spelled = f".{name}."
        for first, second in zip(spelled, spelled[1:]):
            table[stoi[first], stoi[second]] += 1
    return table


def probabilities(counts):
    return counts / counts.sum(1, keepdim=True)


def mean_loss(counts, P):
    Q = counts / counts.sum(1, keepdim=True)
    return -torch.xlogy(counts, Q).sum() / counts.sum()
