# %% right="an if"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        norm = grad_y.norm()
        if norm <= ctx.limit:
            return grad_y.clone(), None
        return grad_y * ctx.limit / norm, None


# %% right="a small number in the divisor"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        norm = torch.linalg.vector_norm(grad_y)
        return grad_y * torch.clamp(ctx.limit / (norm + 1e-6), max=1.0), None


# %% right="where"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        norm = (grad_y**2).sum().sqrt()
        return torch.where(norm > ctx.limit, grad_y * ctx.limit / norm, grad_y), None


# %% wrong="entries clamped" says="each entry"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y.clamp(-ctx.limit, ctx.limit), None


# %% wrong="row by row" says="row"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        norm = grad_y.norm(dim=-1, keepdim=True)
        return grad_y * (ctx.limit / norm.clamp(min=ctx.limit)), None


# %% wrong="always scaled to the limit" says="at most 1"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y * ctx.limit / grad_y.norm().clamp(min=1e-30), None


# %% wrong="zero over zero" says="NaN"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        norm = grad_y.norm()
        scale = (norm > 0).to(grad_y) * torch.minimum(torch.ones_like(norm), ctx.limit / norm)
        return grad_y * scale * (norm / norm), None


# %% wrong="scaled to one" says="norm 1"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y / grad_y.norm().clamp(min=1e-30), None


# %% wrong="squared norm" says="root"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y * torch.clamp(ctx.limit / (grad_y**2).sum().clamp(min=1e-30), max=1.0), None


# %% wrong="cut to zero" says="cut to zero"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y * (grad_y.norm() <= ctx.limit), None


# %% wrong="not clipped" says="above the limit"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y, None


# %% wrong="the value clipped" says="forward"
class ClipGradient(Function):
    @staticmethod
    def forward(x, limit):
        return x * min(1.0, limit / float(x.norm()))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y, None
