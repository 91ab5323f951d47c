# %% right="a loop, another fraction, half angles"
def step_decay(step, lr, every, factor):
    rate = lr
    for t in range(1, step + 1):
        if t % every == 0:
            rate *= factor
    return rate


def inverse_decay(step, lr, half):
    return lr * half / (half + step)


def cosine_decay(step, lr, total):
    return lr * math.cos(math.pi * step / (2 * total)) ** 2


# %% right="numpy"
def step_decay(step, lr, every, factor):
    return lr * np.power(factor, np.floor(step / every))


def inverse_decay(step, lr, half):
    return lr * (1 + step / half) ** -1


def cosine_decay(step, lr, total):
    return 0.5 * lr * (1 + np.cos(np.pi * step / total))


# %% wrong="continuous" says="little at each step"
def step_decay(step, lr, every, factor):
    return lr * factor ** (step / every)


def inverse_decay(step, lr, half):
    return lr / (1 + step / half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(math.pi * step / total))


# %% wrong="one step late" says="one step late"
def step_decay(step, lr, every, factor):
    return lr * factor ** ((step - 1) // every)


def inverse_decay(step, lr, half):
    return lr / (1 + step / half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(math.pi * step / total))


# %% wrong="one drop only" says="drops once"
def step_decay(step, lr, every, factor):
    return lr * factor if step >= every else lr


def inverse_decay(step, lr, half):
    return lr / (1 + step / half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(math.pi * step / total))


# %% wrong="subtracted" says="subtracts"
def step_decay(step, lr, every, factor):
    return lr - factor * (step // every)


def inverse_decay(step, lr, half):
    return lr / (1 + step / half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(math.pi * step / total))


# %% wrong="multiplied by the count" says="power"
def step_decay(step, lr, every, factor):
    return lr * factor * (step // every)


def inverse_decay(step, lr, half):
    return lr / (1 + step / half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(math.pi * step / total))


# %% wrong="half multiplies" says="multiplied by half"
def step_decay(step, lr, every, factor):
    return lr * factor ** (step // every)


def inverse_decay(step, lr, half):
    return lr / (1 + step * half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(math.pi * step / total))


# %% wrong="exponential" says="exponential"
def step_decay(step, lr, every, factor):
    return lr * factor ** (step // every)


def inverse_decay(step, lr, half):
    return lr * 0.5 ** (step / half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(math.pi * step / total))


# %% wrong="a square root" says="square root"
def step_decay(step, lr, every, factor):
    return lr * factor ** (step // every)


def inverse_decay(step, lr, half):
    return lr / math.sqrt(1 + step / half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(math.pi * step / total))


# %% wrong="no one" says="inverse_decay"
def step_decay(step, lr, every, factor):
    return lr * factor ** (step // every)


def inverse_decay(step, lr, half):
    return lr / (step / half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(math.pi * step / total))


# %% wrong="no plus one" says="ends at -lr"
def step_decay(step, lr, every, factor):
    return lr * factor ** (step // every)


def inverse_decay(step, lr, half):
    return lr / (1 + step / half)


def cosine_decay(step, lr, total):
    return lr * math.cos(math.pi * step / total)


# %% wrong="no half" says="½"
def step_decay(step, lr, every, factor):
    return lr * factor ** (step // every)


def inverse_decay(step, lr, half):
    return lr / (1 + step / half)


def cosine_decay(step, lr, total):
    return lr * (1 + math.cos(math.pi * step / total))


# %% wrong="no pi" says="π"
def step_decay(step, lr, every, factor):
    return lr * factor ** (step // every)


def inverse_decay(step, lr, half):
    return lr / (1 + step / half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(step / total))


# %% wrong="a whole wave" says="whole wave"
def step_decay(step, lr, every, factor):
    return lr * factor ** (step // every)


def inverse_decay(step, lr, half):
    return lr / (1 + step / half)


def cosine_decay(step, lr, total):
    return lr / 2 * (1 + math.cos(2 * math.pi * step / total))


# %% wrong="linear" says="linear"
def step_decay(step, lr, every, factor):
    return lr * factor ** (step // every)


def inverse_decay(step, lr, half):
    return lr / (1 + step / half)


def cosine_decay(step, lr, total):
    return lr * (1 - step / total)


# %% wrong="zeros" says="step_decay"
def step_decay(step, lr, every, factor):
    return 0.0


def inverse_decay(step, lr, half):
    return 0.0


def cosine_decay(step, lr, total):
    return 0.0

# %% right="float32 tensors"
def step_decay(step, lr, every, factor):
    return torch.tensor(lr * factor ** math.floor(step / every))


def inverse_decay(step, lr, half):
    return torch.tensor(lr * half / (half + step))


def cosine_decay(step, lr, total):
    return 0.5 * lr * (1 + torch.cos(torch.tensor(math.pi * step / total)))
