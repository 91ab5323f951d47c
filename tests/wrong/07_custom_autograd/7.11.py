# %% right="by var, n times the three terms" cell="answer-7.11-a"
EPS = 1e-5


def standardise(x, correction):
    r = 1 / torch.sqrt(x.var(0, correction=correction) + EPS)
    return (x - x.mean(0)) * r, r


def moved(t, xhat, r, correction):
    return r / len(t) * (len(t) * t - t.sum(0) - len(t) / (len(t) - correction) * xhat * (t * xhat).sum(0))


# %% right="care for tangents that are None" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.correction = inputs[3]
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad_y):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        return moved(gain * grad_y, xhat, r, ctx.correction), (grad_y * xhat).sum(0), grad_y.sum(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        zero = torch.zeros_like(x)
        dx = zero if dx is None else dx
        dgain = 0 if dgain is None else dgain
        dbias = 0 if dbias is None else dbias
        return gain * moved(dx, xhat, r, ctx.correction) + dgain * xhat + dbias


# %% wrong="mean branch forgotten" says="through the mean" cell="answer-7.11-a"
EPS = 1e-5


def standardise(x, correction):
    c = x - x.mean(0)
    r = (c.pow(2).sum(0) / (len(x) - correction) + EPS).rsqrt()
    return c * r, r


def moved(t, xhat, r, correction):
    return r * (t - xhat * (xhat * t).sum(0) / (len(t) - correction))


# %% wrong="variance branch forgotten" says="through the variance" cell="answer-7.11-a"
EPS = 1e-5


def standardise(x, correction):
    c = x - x.mean(0)
    r = (c.pow(2).sum(0) / (len(x) - correction) + EPS).rsqrt()
    return c * r, r


def moved(t, xhat, r, correction):
    return r * (t - t.mean(0))


# %% wrong="both held fixed" says="holds both fixed" cell="answer-7.11-a"
EPS = 1e-5


def standardise(x, correction):
    c = x - x.mean(0)
    r = (c.pow(2).sum(0) / (len(x) - correction) + EPS).rsqrt()
    return c * r, r


def moved(t, xhat, r, correction):
    return r * t


# %% wrong="n for n - 1" says="n - correction" cell="answer-7.11-a"
EPS = 1e-5


def standardise(x, correction):
    c = x - x.mean(0)
    r = (c.pow(2).sum(0) / (len(x) - correction) + EPS).rsqrt()
    return c * r, r


def moved(t, xhat, r, correction):
    return r * (t - t.mean(0) - xhat * (xhat * t).mean(0))


# %% wrong="always Bessel" says="forward" cell="answer-7.11-a"
EPS = 1e-5


def standardise(x, correction):
    r = (x.var(0) + EPS) ** -0.5
    return (x - x.mean(0)) * r, r


def moved(t, xhat, r, correction):
    return r * (t - t.mean(0) - xhat * (xhat * t).sum(0) / (len(t) - 1))


# %% wrong="r forgotten" says="deviation" cell="answer-7.11-a"
EPS = 1e-5


def standardise(x, correction):
    c = x - x.mean(0)
    r = (c.pow(2).sum(0) / (len(x) - correction) + EPS).rsqrt()
    return c * r, r


def moved(t, xhat, r, correction):
    return t - t.mean(0) - xhat * (xhat * t).sum(0) / (len(t) - correction)


# %% wrong="gain forgotten" says="gain is missing" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.correction = inputs[3]
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad_y):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        dx = moved(grad_y, xhat, r, ctx.correction)
        return dx, (grad_y * xhat).sum(0), grad_y.sum(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        zero = torch.zeros_like(x)
        dx = zero if dx is None else dx
        dgain = 0 if dgain is None else dgain
        dbias = 0 if dbias is None else dbias
        return gain * moved(dx, xhat, r, ctx.correction) + dgain * xhat + dbias


# %% wrong="means for sums" says="mean here" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.correction = inputs[3]
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad_y):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        dx = moved(gain * grad_y, xhat, r, ctx.correction)
        return dx, (grad_y * xhat).mean(0), grad_y.mean(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        zero = torch.zeros_like(x)
        dx = zero if dx is None else dx
        dgain = 0 if dgain is None else dgain
        dbias = 0 if dbias is None else dbias
        return gain * moved(dx, xhat, r, ctx.correction) + dgain * xhat + dbias


# %% wrong="x for x-hat" says="with x-hat" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.correction = inputs[3]
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad_y):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        dx = moved(gain * grad_y, xhat, r, ctx.correction)
        return dx, (grad_y * x).sum(0), grad_y.sum(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        zero = torch.zeros_like(x)
        dx = zero if dx is None else dx
        dgain = 0 if dgain is None else dgain
        dbias = 0 if dbias is None else dbias
        return gain * moved(dx, xhat, r, ctx.correction) + dgain * xhat + dbias


# %% wrong="exchanged" says="exchanged" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.correction = inputs[3]
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad_y):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        dx = moved(gain * grad_y, xhat, r, ctx.correction)
        return dx, grad_y.sum(0), (grad_y * xhat).sum(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        zero = torch.zeros_like(x)
        dx = zero if dx is None else dx
        dgain = 0 if dgain is None else dgain
        dbias = 0 if dbias is None else dbias
        return gain * moved(dx, xhat, r, ctx.correction) + dgain * xhat + dbias


# %% wrong="x-hat and r kept" says="second" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.correction = inputs[3]
        ctx.save_for_backward(inputs[1], *standardise(inputs[0], inputs[3]))
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad_y):
        gain, xhat, r = ctx.saved_tensors
        return moved(gain * grad_y, xhat, r, ctx.correction), (grad_y * xhat).sum(0), grad_y.sum(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        dx = 0 * x if dx is None else dx
        dgain = 0 if dgain is None else dgain
        dbias = 0 if dbias is None else dbias
        return gain * moved(dx, xhat, r, ctx.correction) + dgain * xhat + dbias


# %% wrong="tangents of gain and bias dropped" says="gain and bias" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.correction = inputs[3]
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad_y):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        return moved(gain * grad_y, xhat, r, ctx.correction), (grad_y * xhat).sum(0), grad_y.sum(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        dx = 0 * x if dx is None else dx
        dgain = 0 if dgain is None else dgain
        dbias = 0 if dbias is None else dbias
        return gain * moved(dx, xhat, r, ctx.correction)


# %% wrong="product rule forgotten" says="product rule" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.correction = inputs[3]
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad_y):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        return moved(gain * grad_y, xhat, r, ctx.correction), (grad_y * xhat).sum(0), grad_y.sum(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        dx = 0 * x if dx is None else dx
        dgain = 0 if dgain is None else dgain
        dbias = 0 if dbias is None else dbias
        return gain * moved(dx, xhat, r, ctx.correction) + dbias


# %% wrong="gain forgotten in jvp" says="gain is missing" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.correction = inputs[3]
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad_y):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        return moved(gain * grad_y, xhat, r, ctx.correction), (grad_y * xhat).sum(0), grad_y.sum(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        dx = 0 * x if dx is None else dx
        dgain = 0 if dgain is None else dgain
        dbias = 0 if dbias is None else dbias
        return moved(dx, xhat, r, ctx.correction) + dgain * xhat + dbias


# %% right="no care for None" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.correction = inputs[3]
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def backward(ctx, grad_y):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        return moved(gain * grad_y, xhat, r, ctx.correction), (grad_y * xhat).sum(0), grad_y.sum(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        return gain * moved(dx, xhat, r, ctx.correction) + dgain * xhat + dbias


# %% wrong="nothing saved for jvp" says="save_for_forward" cell="answer-7.11-b"
class BatchNorm(Function):
    @staticmethod
    def forward(x, gain, bias, correction):
        return gain * standardise(x, correction)[0] + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, gain, _, ctx.correction = inputs
        ctx.save_for_backward(x, gain)

    @staticmethod
    def backward(ctx, grad_y):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        return moved(gain * grad_y, xhat, r, ctx.correction), (grad_y * xhat).sum(0), grad_y.sum(0), None

    @staticmethod
    def jvp(ctx, dx, dgain, dbias, _):
        x, gain = ctx.saved_tensors
        xhat, r = standardise(x, ctx.correction)
        return gain * moved(dx, xhat, r, ctx.correction) + dgain * xhat + dbias
