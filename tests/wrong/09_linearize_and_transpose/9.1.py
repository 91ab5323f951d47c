# %% [markdown]
# Answers to exercise 9.1: value rules.


# %% right="one-hot product for the scatter"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.add.reduce(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
VALUE |= {"broadcast": np.broadcast_to, "transpose": np.transpose}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    chosen = np.arange(shape[0])[:, None] == np.ravel(index)
    return (chosen @ np.reshape(x, (np.size(index), -1))).reshape(shape)


VALUE["scatter_add"] = scatter_add_value


# %% right="methods of arrays and a loop"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: x.sum(axis=axes)
VALUE["reduce_max"] = lambda x, axes: x.max(axis=axes)
VALUE |= {"broadcast": np.broadcast_to, "transpose": np.transpose}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: np.take(x, index, axis=0)}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    for place in np.ndindex(*np.shape(index)):
        out[index[place]] += x[place]
    return out


VALUE["scatter_add"] = scatter_add_value


# %% wrong="repeated rows are lost" says="only the last"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.add.reduce(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
VALUE |= {"broadcast": np.broadcast_to, "transpose": np.transpose}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    out[index] += x
    return out


VALUE["scatter_add"] = scatter_add_value


# %% wrong="the axes are kept" says="keepdims"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.sum(x, axes, keepdims=True)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
VALUE |= {"broadcast": np.broadcast_to, "transpose": np.transpose}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, x)  # out[index] += x would keep only the last of equal indices
    return out


VALUE["scatter_add"] = scatter_add_value


# %% wrong="mean for sum" says="mean"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.mean(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
VALUE |= {"broadcast": np.broadcast_to, "transpose": np.transpose}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, x)  # out[index] += x would keep only the last of equal indices
    return out


VALUE["scatter_add"] = scatter_add_value


# %% wrong="the first axis only" says="all the axes"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.add.reduce(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes[0])
VALUE |= {"broadcast": np.broadcast_to, "transpose": np.transpose}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, x)  # out[index] += x would keep only the last of equal indices
    return out


VALUE["scatter_add"] = scatter_add_value


# %% wrong="all axes reversed" says="axes[i]"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.add.reduce(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
VALUE |= {"broadcast": np.broadcast_to, "transpose": lambda x, axes: np.transpose(x)}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, x)  # out[index] += x would keep only the last of equal indices
    return out


VALUE["scatter_add"] = scatter_add_value


# %% wrong="the inverse permutation" says="inverse"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.add.reduce(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
VALUE |= {"broadcast": np.broadcast_to, "transpose": lambda x, axes: np.transpose(x, np.argsort(axes))}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, x)  # out[index] += x would keep only the last of equal indices
    return out


VALUE["scatter_add"] = scatter_add_value


# %% wrong="square whatever p" says="as p"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.add.reduce(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
VALUE |= {"broadcast": np.broadcast_to, "transpose": np.transpose}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**2, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, x)  # out[index] += x would keep only the last of equal indices
    return out


VALUE["scatter_add"] = scatter_add_value


# %% wrong="sine for cosine" says="cos"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.sin, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.add.reduce(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
VALUE |= {"broadcast": np.broadcast_to, "transpose": np.transpose}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, x)  # out[index] += x would keep only the last of equal indices
    return out


VALUE["scatter_add"] = scatter_add_value


# %% wrong="columns for rows" says="rows x[index]"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.add.reduce(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
VALUE |= {"broadcast": np.broadcast_to, "transpose": np.transpose}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[:, index % x.shape[1]]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, x)  # out[index] += x would keep only the last of equal indices
    return out


VALUE["scatter_add"] = scatter_add_value


# %% wrong="resize for broadcast" says="repeated"
# VALUE["log"] = ..., and so on for the eleven names of the table
VALUE |= {"log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
VALUE["reduce_sum"] = lambda x, axes: np.add.reduce(x, axes)
VALUE["reduce_max"] = lambda x, axes: np.maximum.reduce(x, axes)
VALUE |= {"broadcast": lambda x, shape: np.resize(x, shape), "transpose": np.transpose}  # their parameters have the right names
VALUE |= {"power": lambda x, p: x**p, "gather": lambda x, index: x[index]}


def scatter_add_value(x, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, x)  # out[index] += x would keep only the last of equal indices
    return out


VALUE["scatter_add"] = scatter_add_value
