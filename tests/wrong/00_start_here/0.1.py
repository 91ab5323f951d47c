# %% right="a loop"
def share_starting_with(names, letter):
    count = 0
    for name in names:
        if name[0] == letter:
            count += 1
    return count / len(names)


# %% right="the mean of a tensor"
def share_starting_with(names, letter):
    return torch.tensor([name.startswith(letter) for name in names], dtype=torch.float64).mean()


# %% right="a counter of first letters"
def share_starting_with(names, letter):
    return Counter(name[:1] for name in names)[letter] / len(names)


# %% wrong="a count" says="divide"
def share_starting_with(names, letter):
    return sum(name.startswith(letter) for name in names)


# %% wrong="anywhere in the name" says="anywhere"
def share_starting_with(names, letter):
    return sum(letter in name for name in names) / len(names)


# %% wrong="the last letter" says="last letter"
def share_starting_with(names, letter):
    return sum(name.endswith(letter) for name in names) / len(names)


# %% wrong="in percent" says="percent"
def share_starting_with(names, letter):
    return 100 * sum(name.startswith(letter) for name in names) / len(names)


# %% wrong="divided by 26" says="alphabet"
def share_starting_with(names, letter):
    return sum(name.startswith(letter) for name in names) / 26


# %% wrong="integer division" says="//"
def share_starting_with(names, letter):
    return sum(name.startswith(letter) for name in names) // len(names)


# %% wrong="different names only" says="twice"
def share_starting_with(names, letter):
    names = set(names)
    return sum(name.startswith(letter) for name in names) / len(names)


# %% wrong="the notebook's names" says="handed in"
everyone = names


def share_starting_with(names, letter):
    return sum(name.startswith(letter) for name in everyone) / len(everyone)


# %% wrong="the letter a, whatever was asked" says="a name that stands twice"
def share_starting_with(names, letter):
    return sum(name.startswith("a") for name in names) / len(names)


# %% wrong="a share of letters" says="among all letters"
def share_starting_with(names, letter):
    text = "".join(names)
    return text.count(letter) / len(text)


# %% wrong="returns in the loop" says="count the names"
def share_starting_with(names, letter):
    for name in names:
        count = 0
        if name.startswith(letter):
            count += 1
    return count / len(names) + 1
