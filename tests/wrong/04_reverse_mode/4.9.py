# %% [markdown]
# Answers to exercise 4.9: training.


# %% right="products and sums apart"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    h = tanh(reshape(C[X], (X.shape[0], X.shape[1] * C.data.shape[1])) @ W1 + b1)
    return -reduce_mean(gather(log_softmax(h @ W2 + b2), (np.arange(len(Y)), Y)))


def train_step(parameters, X, Y, lr):
    loss = mlp_loss(parameters, X, Y)
    zero_grad(parameters)
    backward(loss)
    for p in parameters:
        p.data = p.data - lr * p.grad
    return loss.data.item()


# %% right="gradients forgotten after the step"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = tanh(linear(reshape(gather(C, X), (len(X), -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    for p in parameters:
        p.grad = None
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * parameter.grad
    zero_grad(parameters)
    return float(loss.data)


# %% wrong="gradients never forgotten" says="earlier steps"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = tanh(linear(reshape(gather(C, X), (len(X), -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    pass
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * parameter.grad
    pass
    return float(loss.data)


# %% wrong="uphill" says="uphill"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = tanh(linear(reshape(gather(C, X), (len(X), -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data += lr * parameter.grad
    pass
    return float(loss.data)


# %% wrong="a new name for the moved parameter" says="did not move"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = tanh(linear(reshape(gather(C, X), (len(X), -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter = parameter.data - lr * parameter.grad
    pass
    return float(loss.data)


# %% wrong="the batch size as a number" says="stopped"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = tanh(linear(reshape(gather(C, X), (32, -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * parameter.grad
    pass
    return float(loss.data)


# %% wrong="no tanh" says="tanh"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = linear(reshape(gather(C, X), (len(X), -1)), W1, b1)
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * parameter.grad
    pass
    return float(loss.data)


# %% wrong="relu for tanh" says="tanh"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = relu(linear(reshape(gather(C, X), (len(X), -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * parameter.grad
    pass
    return float(loss.data)


# %% wrong="a sum over the batch" says="mean over the batch"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = tanh(linear(reshape(gather(C, X), (len(X), -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y) * len(X)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * parameter.grad
    pass
    return float(loss.data)


# %% wrong="the loss after the step" says="before the step"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = tanh(linear(reshape(gather(C, X), (len(X), -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * parameter.grad
    pass
    return float(mlp_loss(parameters, X, Y).data)


# %% wrong="the learning rate forgotten" says="descent"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = tanh(linear(reshape(gather(C, X), (len(X), -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= parameter.grad
    pass
    return float(loss.data)


# %% wrong="the table stays as it is" says="C is not where"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = tanh(linear(reshape(gather(C, X), (len(X), -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * parameter.grad if parameter is not parameters[0] else 0.0
    pass
    return float(loss.data)


# %% wrong="the sign of the gradient only" says="descent"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    hidden = tanh(linear(reshape(gather(C, X), (len(X), -1)), W1, b1))
    return cross_entropy(linear(hidden, W2, b2), Y)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * np.sign(parameter.grad)
    pass
    return float(loss.data)

# %% wrong="the loss returned as a Tensor" says="return a float"
def mlp_loss(parameters, X, Y):
    C, W1, b1, W2, b2 = parameters
    return cross_entropy(linear(tanh(linear(reshape(C[X], (len(X), -1)), W1, b1)), W2, b2), Y)


def train_step(parameters, X, Y, lr):
    zero_grad(parameters)
    loss = mlp_loss(parameters, X, Y)
    backward(loss)
    for parameter in parameters:
        parameter.data -= lr * parameter.grad
    return loss
