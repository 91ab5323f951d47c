# %% right="a diagonal matrix and an inverse"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        D = torch.diag(1 - z**2)
        I = torch.eye(len(z), dtype=z.dtype, device=z.device)
        dx = D @ torch.linalg.inv(I - D @ W).T @ grad_z
        return dx[:, None] * z, dx


# %% right="the adjoint by iteration"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        J = (1 - z**2)[:, None] * W
        a = grad_z
        for _ in range(150):
            a = grad_z + J.T @ a
        dx = (1 - z**2) * a
        return torch.outer(dx, z), dx


# %% right="only what asks for a gradient"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        D = torch.diag(1 - z**2)
        I = torch.eye(len(z), dtype=z.dtype, device=z.device)
        dx = D @ torch.linalg.solve((I - D @ W).T, grad_z)
        return (torch.outer(dx, z) if ctx.needs_input_grad[0] else None), dx


# %% wrong="no solve" says="last step"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        D = torch.diag(1 - z**2)
        I = torch.eye(len(z), dtype=z.dtype, device=z.device)
        dx = D @ grad_z
        return torch.outer(dx, z), dx


# %% wrong="not transposed" says="transpose"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        D = torch.diag(1 - z**2)
        I = torch.eye(len(z), dtype=z.dtype, device=z.device)
        dx = D @ torch.linalg.solve(I - D @ W, grad_z)
        return torch.outer(dx, z), dx


# %% wrong="slope forgotten after the solve" says="slope"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        D = torch.diag(1 - z**2)
        I = torch.eye(len(z), dtype=z.dtype, device=z.device)
        dx = torch.linalg.solve((I - D @ W).T, grad_z)
        return torch.outer(dx, z), dx


# %% wrong="slope on the columns" says="rows of W"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        D = torch.diag(1 - z**2)
        I = torch.eye(len(z), dtype=z.dtype, device=z.device)
        dx = D @ torch.linalg.solve((I - W @ D).T, grad_z)
        return torch.outer(dx, z), dx


# %% wrong="slope forgotten in J" says="slope"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        D = torch.diag(1 - z**2)
        I = torch.eye(len(z), dtype=z.dtype, device=z.device)
        dx = D @ torch.linalg.solve((I - W).T, grad_z)
        return torch.outer(dx, z), dx


# %% wrong="plus for minus" says="sign"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        D = torch.diag(1 - z**2)
        I = torch.eye(len(z), dtype=z.dtype, device=z.device)
        dx = D @ torch.linalg.solve((I + D @ W).T, grad_z)
        return torch.outer(dx, z), dx


# %% wrong="outer product turned round" says="transposed"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        D = torch.diag(1 - z**2)
        I = torch.eye(len(z), dtype=z.dtype, device=z.device)
        dx = D @ torch.linalg.solve((I - D @ W).T, grad_z)
        return torch.outer(z, dx), dx


# %% wrong="J kept from setup"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        W, x = inputs
        ctx.save_for_backward(output, (1 - output**2)[:, None] * W)

    @staticmethod
    def backward(ctx, grad_z):
        z, J = ctx.saved_tensors
        a = torch.linalg.solve((torch.eye(len(z), dtype=z.dtype, device=z.device) - J).T, grad_z)
        dx = (1 - z**2) * a
        return torch.outer(dx, z), dx


# %% wrong="detached" says="second"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output.detach().clone())

    @staticmethod
    def backward(ctx, grad_z):
        W, z = ctx.saved_tensors
        D = torch.diag(1 - z**2)
        I = torch.eye(len(z), dtype=z.dtype, device=z.device)
        dx = D @ torch.linalg.solve((I - D @ W).T, grad_z)
        return torch.outer(dx, z), dx


# %% wrong="the unrolled loop in backward"
class FixedPoint(Function):
    @staticmethod
    def forward(W, x):
        return iterate(W, x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs, output)

    @staticmethod
    def backward(ctx, grad_z):
        W, x, z = ctx.saved_tensors
        dx = (1 - z**2) * grad_z
        for _ in range(20):
            dx = (1 - z**2) * (grad_z + W @ dx)
        return torch.outer(dx, z), dx
