# %% right="first free colour, left to right"
def column_colours(pattern):
    colours = []
    for j in range(pattern.shape[1]):
        taken = {colours[l] for l in range(j) if (pattern[:, l] & pattern[:, j]).any()}
        colours.append(min(c for c in range(j + 1) if c not in taken))
    return colours


def compressed_jacobian(jvp, pattern, colours):
    m, n = pattern.shape
    J = torch.zeros(m, n, dtype=torch.float64)
    for c in range(max(colours) + 1):
        mine = [j for j in range(n) if colours[j] == c]
        v = torch.zeros(n, dtype=torch.float64)
        v[mine] = 1.0
        out = jvp(v)
        for j in mine:
            for i in range(m):
                if pattern[i, j]:
                    J[i, j] = out[i]
    return J


# %% right="another strategy, one multiplication"
def column_colours(pattern):
    meet = nx.Graph()
    meet.add_nodes_from(range(pattern.shape[1]))
    for row in pattern:
        js = np.flatnonzero(row).tolist()
        meet.add_edges_from((a, b) for a in js for b in js if a < b)
    found = nx.greedy_color(meet, "smallest_last")
    return [found[j] for j in range(pattern.shape[1])]


def compressed_jacobian(jvp, pattern, colours):
    seeds = torch.nn.functional.one_hot(torch.tensor(colours)).double()
    thin = torch.stack([jvp(s) for s in seeds.T], dim=1)
    return thin[:, colours] * torch.as_tensor(pattern)


# %% wrong="one colour for all" says="they meet there"
def column_colours(pattern):
    return [0] * pattern.shape[1]


def compressed_jacobian(jvp, pattern, colours):
    pattern, colours = torch.as_tensor(pattern), torch.as_tensor(colours)
    return sum(torch.where(pattern & (colours == c), jvp((colours == c).double())[:, None], 0.0) for c in colours.unique())


# %% wrong="a colour for each column" says="never meet"
def column_colours(pattern):
    return list(range(pattern.shape[1]))


def compressed_jacobian(jvp, pattern, colours):
    pattern, colours = torch.as_tensor(pattern), torch.as_tensor(colours)
    return sum(torch.where(pattern & (colours == c), jvp((colours == c).double())[:, None], 0.0) for c in colours.unique())


# %% wrong="rows coloured" says="columns"
def column_colours(pattern):
    meet = pattern.astype(int) @ pattern.T.astype(int) > 0
    found = nx.greedy_color(nx.from_numpy_array(np.triu(meet, 1)), "largest_first")
    return [found[j] for j in sorted(found)]


def compressed_jacobian(jvp, pattern, colours):
    pattern, colours = torch.as_tensor(pattern), torch.as_tensor(colours)
    return sum(torch.where(pattern & (colours == c), jvp((colours == c).double())[:, None], 0.0) for c in colours.unique())


# %% wrong="neighbours only" says="same colour"
def column_colours(pattern):
    return [j % 2 for j in range(pattern.shape[1])]


def compressed_jacobian(jvp, pattern, colours):
    pattern, colours = torch.as_tensor(pattern), torch.as_tensor(colours)
    return sum(torch.where(pattern & (colours == c), jvp((colours == c).double())[:, None], 0.0) for c in colours.unique())


# %% wrong="three colours, whatever the pattern" says="same colour"
def column_colours(pattern):
    return [j % 3 for j in range(pattern.shape[1])]


def compressed_jacobian(jvp, pattern, colours):
    pattern, colours = torch.as_tensor(pattern), torch.as_tensor(colours)
    return sum(torch.where(pattern & (colours == c), jvp((colours == c).double())[:, None], 0.0) for c in colours.unique())


# %% wrong="copied to all columns of the colour" says="keep it only where"
def column_colours(pattern):
    meet = pattern.T.astype(int) @ pattern.astype(int) > 0
    found = nx.greedy_color(nx.from_numpy_array(np.triu(meet, 1)), "largest_first")
    return [found[j] for j in range(pattern.shape[1])]


def compressed_jacobian(jvp, pattern, colours):
    J = torch.zeros(pattern.shape, dtype=torch.float64)
    for c in set(colours):
        mine = torch.as_tensor(colours) == c
        J[:, mine] = jvp(mine.double())[:, None]
    return J


# %% wrong="a pass for each column" says="are enough"
def column_colours(pattern):
    meet = pattern.T.astype(int) @ pattern.astype(int) > 0
    found = nx.greedy_color(nx.from_numpy_array(np.triu(meet, 1)), "largest_first")
    return [found[j] for j in range(pattern.shape[1])]


def compressed_jacobian(jvp, pattern, colours):
    return torch.stack([jvp(e) for e in torch.eye(pattern.shape[1], dtype=torch.float64)], dim=1)


# %% wrong="left compressed" says="compressed matrix"
def column_colours(pattern):
    meet = pattern.T.astype(int) @ pattern.astype(int) > 0
    found = nx.greedy_color(nx.from_numpy_array(np.triu(meet, 1)), "largest_first")
    return [found[j] for j in range(pattern.shape[1])]


def compressed_jacobian(jvp, pattern, colours):
    seeds = torch.nn.functional.one_hot(torch.tensor(colours)).double()
    return torch.stack([jvp(s) for s in seeds.T], dim=1)


# %% wrong="a dictionary of colours" says="one colour for each"
def column_colours(pattern):
    meet = pattern.T.astype(int) @ pattern.astype(int) > 0
    found = nx.greedy_color(nx.from_numpy_array(np.triu(meet, 1)), "largest_first")
    return {str(j): c for j, c in found.items()}


def compressed_jacobian(jvp, pattern, colours):
    pattern, colours = torch.as_tensor(pattern), torch.as_tensor(colours)
    return sum(torch.where(pattern & (colours == c), jvp((colours == c).double())[:, None], 0.0) for c in colours.unique())
