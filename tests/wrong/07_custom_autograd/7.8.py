# %% right="needs_input_grad"
class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        x, w = ctx.saved_tensors
        dx = grad_y * w * x.cos() if ctx.needs_input_grad[0] else None
        return dx, grad_y * x.sin()


# %% right="a cosine as a shifted sine"
import math


class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        x, w = ctx.saved_tensors
        return grad_y * w * torch.sin(x + math.pi / 2), grad_y * torch.sin(x)


# %% wrong="unchanged" says="constant"
class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, w = inputs
        ctx.save_for_backward(torch.sin(x), torch.cos(x), w)

    @staticmethod
    def backward(ctx, grad_y):
        sin, cos, w = ctx.saved_tensors
        return grad_y * w * cos, grad_y * sin


# %% wrong="x detached" says="second"
class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, w = inputs
        ctx.save_for_backward(x.detach(), w)

    @staticmethod
    def backward(ctx, grad_y):
        x, w = ctx.saved_tensors
        return grad_y * w * x.cos(), grad_y * x.sin()


# %% wrong="w as data" says="second"
class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, w = inputs
        ctx.save_for_backward(x)
        ctx.w = w.data

    @staticmethod
    def backward(ctx, grad_y):
        (x,) = ctx.saved_tensors
        return grad_y * ctx.w * x.cos(), grad_y * x.sin()


# %% wrong="unrecorded" says="second"
class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        x, w = ctx.saved_tensors
        with torch.no_grad():
            sin, cos = x.sin(), x.cos()
        return grad_y * w * cos, grad_y * sin


# %% wrong="the cosine mended, the sine not" says="second"
class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, w = inputs
        ctx.save_for_backward(x, w, torch.sin(x))

    @staticmethod
    def backward(ctx, grad_y):
        x, w, sin = ctx.saved_tensors
        return grad_y * w * x.cos(), grad_y * sin


# %% wrong="once differentiable" says="second"
class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad_y):
        x, w = ctx.saved_tensors
        return grad_y * w * x.cos(), grad_y * x.sin()


# %% wrong="exchanged" says="exchanged"
class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        x, w = ctx.saved_tensors
        return grad_y * x.sin(), grad_y * w * x.cos()


# %% wrong="sign of the derivative" says="sign"
class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        x, w = ctx.saved_tensors
        return -grad_y * w * x.cos(), grad_y * x.sin()


# %% wrong="w forgotten" says="missing"
class MendedSine(Function):
    @staticmethod
    def forward(x, w):
        return w * torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        x, w = ctx.saved_tensors
        return grad_y * x.cos(), grad_y * x.sin()
