# %% right="neg and mul"
class ReverseGradient(Function):
    @staticmethod
    def forward(x, strength):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.strength = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y.neg().mul(ctx.strength), None


# %% right="unpacked, a clone forward"
class ReverseGradient(Function):
    @staticmethod
    def forward(x, strength):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.strength = inputs

    @staticmethod
    def backward(ctx, grad_y):
        return -(ctx.strength * grad_y), None


# %% wrong="not turned round" says="sign"
class ReverseGradient(Function):
    @staticmethod
    def forward(x, strength):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.strength = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return ctx.strength * grad_y, None


# %% wrong="strength forgotten" says="strength"
class ReverseGradient(Function):
    @staticmethod
    def forward(x, strength):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.strength = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return -grad_y, None


# %% wrong="one gradient returned" says="incorrect number"
class ReverseGradient(Function):
    @staticmethod
    def forward(x, strength):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.strength = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return -ctx.strength * grad_y


# %% wrong="passes unchanged" says="unchanged"
class ReverseGradient(Function):
    @staticmethod
    def forward(x, strength):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.strength = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y, None


# %% wrong="upstream forgotten" says="upstream"
class ReverseGradient(Function):
    @staticmethod
    def forward(x, strength):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.strength = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return -ctx.strength * torch.ones_like(grad_y), None


# %% wrong="divided" says="divided"
class ReverseGradient(Function):
    @staticmethod
    def forward(x, strength):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.strength = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return -grad_y / ctx.strength, None


# %% wrong="None first" says="None"
class ReverseGradient(Function):
    @staticmethod
    def forward(x, strength):
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.strength = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return None, -ctx.strength * grad_y


# %% wrong="the value turned too" says="forward"
class ReverseGradient(Function):
    @staticmethod
    def forward(x, strength):
        return -x

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.strength = inputs[1]

    @staticmethod
    def backward(ctx, grad_y):
        return -ctx.strength * grad_y, None
