# %% right="the saved tuple indexed"
class Exp(Function):
    @staticmethod
    def forward(x):
        return torch.exp(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, grad_y):
        return ctx.saved_tensors[0] * grad_y


# %% right="torch's logsumexp, an index with None" cell="answer-7.1-b"
class LogSumExp(Function):
    @staticmethod
    def forward(x):
        return torch.logsumexp(x, -1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return (x - y[..., None]).exp() * grad_y[..., None]


# %% right="only x kept, the softmax computed again" cell="answer-7.1-b"
class LogSumExp(Function):
    @staticmethod
    def forward(x):
        top = x.amax(-1, keepdim=True)
        return (top + (x - top).exp().sum(-1, keepdim=True).log()).squeeze(-1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        (x,) = ctx.saved_tensors
        return torch.softmax(x, -1) * grad_y.unsqueeze(-1)


# %% wrong="x kept, exp again" says="second time"
class Exp(Function):
    @staticmethod
    def forward(x):
        return torch.exp(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        (x,) = ctx.saved_tensors
        return grad_y * torch.exp(x)


# %% wrong="upstream forgotten" says="upstream"
class Exp(Function):
    @staticmethod
    def forward(x):
        return torch.exp(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, grad_y):
        return ctx.saved_tensors[0]


# %% wrong="exp of the output" says="derivative already"
class Exp(Function):
    @staticmethod
    def forward(x):
        return torch.exp(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y * torch.exp(ctx.saved_tensors[0])


# %% wrong="kept as an attribute" says="attributes of ctx"
class Exp(Function):
    @staticmethod
    def forward(x):
        return torch.exp(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.y = output

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y * ctx.y


# %% wrong="input and output kept" says="second time"
class Exp(Function):
    @staticmethod
    def forward(x):
        return torch.exp(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs, output)

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y * ctx.saved_tensors[1]


# %% wrong="detached"
class Exp(Function):
    @staticmethod
    def forward(x):
        return torch.exp(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output.detach().clone().zero_())

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y * ctx.saved_tensors[0]


# %% wrong="no maximum subtracted" says="overflow" cell="answer-7.1-b"
class LogSumExp(Function):
    @staticmethod
    def forward(x):
        return torch.log(torch.exp(x).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return grad_y.unsqueeze(-1) * torch.exp(x - y.unsqueeze(-1))


# %% wrong="softmax over the other axis" says="axis" cell="answer-7.1-b"
class LogSumExp(Function):
    @staticmethod
    def forward(x):
        top = x.amax(-1, keepdim=True)
        return (top + (x - top).exp().sum(-1, keepdim=True).log()).squeeze(-1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad_y):
        (x,) = ctx.saved_tensors
        return grad_y.unsqueeze(-1) * torch.softmax(x, 0)


# %% wrong="softmax kept from forward" says="second derivative" cell="answer-7.1-b"
class LogSumExp(Function):
    @staticmethod
    def forward(x):
        top = x.amax(-1, keepdim=True)
        return (top + (x - top).exp().sum(-1, keepdim=True).log()).squeeze(-1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(torch.softmax(inputs[0], -1))

    @staticmethod
    def backward(ctx, grad_y):
        return grad_y.unsqueeze(-1) * ctx.saved_tensors[0]


# %% wrong="upstream of log-sum-exp forgotten" says="upstream" cell="answer-7.1-b"
class LogSumExp(Function):
    @staticmethod
    def forward(x):
        top = x.amax(-1, keepdim=True)
        return (top + (x - top).exp().sum(-1, keepdim=True).log()).squeeze(-1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return torch.exp(x - y.unsqueeze(-1))


# %% wrong="not divided by the sum" says="softmax" cell="answer-7.1-b"
class LogSumExp(Function):
    @staticmethod
    def forward(x):
        top = x.amax(-1, keepdim=True)
        return (top + (x - top).exp().sum(-1, keepdim=True).log()).squeeze(-1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return grad_y.unsqueeze(-1) * torch.exp(x)


# %% wrong="each entry gets all" says="share" cell="answer-7.1-b"
class LogSumExp(Function):
    @staticmethod
    def forward(x):
        top = x.amax(-1, keepdim=True)
        return (top + (x - top).exp().sum(-1, keepdim=True).log()).squeeze(-1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return grad_y.unsqueeze(-1).expand_as(x)


# %% wrong="one maximum for all, not added again" says="forward" cell="answer-7.1-b"
class LogSumExp(Function):
    @staticmethod
    def forward(x):
        return (x - x.max()).exp().sum(-1).log()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return grad_y.unsqueeze(-1) * torch.softmax(x, -1)


# %% wrong="one largest entry for all rows" says="own largest entry" cell="answer-7.1-b"
class LogSumExp(Function):
    @staticmethod
    def forward(x):
        top = x.max()
        return top + torch.log(torch.exp(x - top).sum(-1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_y):
        x, y = ctx.saved_tensors
        return grad_y.unsqueeze(-1) * torch.exp(x - y.unsqueeze(-1))
