# %% right="a mask added to the divisor"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.linalg.vector_norm(x, dim=-1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return x * (grad_y / (y + (y == 0)))[..., None]


# %% right="masked_fill"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        y = y.masked_fill(y == 0, 1.0)
        return grad_y.unsqueeze(-1) * (x / y.unsqueeze(-1))


# %% wrong="no repair" says="NaN"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return (grad_y / y).unsqueeze(-1) * x


# %% wrong="an epsilon under the root" says="nothing is added"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1) + 1e-6)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return (grad_y / y).unsqueeze(-1) * x


# %% wrong="nan_to_num on the quotient" says="second"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return torch.nan_to_num((grad_y / y).unsqueeze(-1) * x)


# %% wrong="where on the quotient" says="second"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        d = (grad_y / y).unsqueeze(-1) * x
        return torch.where(y.unsqueeze(-1) > 0, d, torch.zeros_like(d))


# %% wrong="upstream forgotten" says="upstream"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return x / torch.where(y > 0, y, 1.0).unsqueeze(-1)


# %% wrong="not divided" says="length 1"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return grad_y.unsqueeze(-1) * x


# %% wrong="divided by the square" says="square"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return (grad_y / torch.where(y > 0, y, 1.0) ** 2).unsqueeze(-1) * x


# %% wrong="a factor of two" says="factor 2"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return (grad_y / torch.where(y > 0, y, 1.0)).unsqueeze(-1) * 2 * x


# %% wrong="x detached" says="second"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0].detach().clone(), output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return (grad_y / torch.where(y > 0, y, 1.0)).unsqueeze(-1) * x


# %% wrong="no gradient wherever a row is zero"
class SafeNorm(Function):
    @staticmethod
    def forward(x):
        return torch.sqrt((x**2).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        if (y == 0).any():
            return torch.zeros_like(x)
        return (grad_y / y).unsqueeze(-1) * x
