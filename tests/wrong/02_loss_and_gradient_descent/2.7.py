# %% right="the norm as the eigenvalue, a start that is no symmetry"
def power_iteration(H, steps=500):
    v = 1.0 / torch.arange(1, len(H) + 1, dtype=H.dtype)
    for _ in range(steps):
        w = H @ v
        size = w.norm().item()
        v = w / size
    return size


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    path = torch.zeros(steps + 1, len(x0), dtype=x0.dtype)
    path[0] = x0
    for t in range(steps):
        path[t + 1] = path[t] - learning_rate * H @ path[t]
    return path


# %% right="by squaring the matrix"
def power_iteration(H, steps=500):
    A = H / H.norm()
    for _ in range(12):
        A = A @ A
        A = A / A.norm()
    return (A * H).sum() / A.trace()


def divergence_threshold(H):
    return float(2.0 * power_iteration(H) ** -1)


def quadratic_path(H, x0, learning_rate, steps):
    x, rows = x0.clone(), [x0.clone()]
    for _ in range(steps):
        x -= learning_rate * (H @ x)
        rows.append(x.clone())
    return torch.stack(rows)


# %% wrong="a start of ones" says="all ones"
def power_iteration(H, steps=500):
    v = torch.ones(len(H), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="never normalised" says="overflows"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
    return v @ H @ v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="normalised at the end only" says="overflows"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
    v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="one step" says="multiply by H"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(1):
        v = H @ v
        v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="the eigenvector" says="shape"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="squared" says="square"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return (H @ v) @ (H @ v)


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="the smallest" says="smallest"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = torch.linalg.solve(H, v)
        v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="the trace" says="trace"
def power_iteration(H, steps=500):
    return H.trace()


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="the diagonal" says="diagonal"
def power_iteration(H, steps=500):
    return H.diagonal().max()


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="one over lambda" says="1/λmax"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return 1 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="upside down" says="inverse"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return power_iteration(H) / 2


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="the flattest direction" says="λmin"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return 2 / torch.linalg.eigvalsh(H)[0]


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="no start" says="starting point"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - learning_rate * (H @ points[-1]))
    return torch.stack(points[1:])


# %% wrong="uphill" says="uphill"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] + learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="twice the gradient" says="twice"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points = [x0]
    for _ in range(steps):
        points.append(points[-1] - 2 * learning_rate * (H @ points[-1]))
    return torch.stack(points)


# %% wrong="in place without a copy" says="copy"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v
        v = v / v.norm()
    return v @ H @ v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    x, rows = x0, [x0]
    for _ in range(steps):
        x -= learning_rate * (H @ x)
        rows.append(x)
    return torch.stack(rows)


# %% wrong="zeros" says="power_iteration"
def power_iteration(H, steps=500):
    return 0.0


def divergence_threshold(H):
    return 0.0


def quadratic_path(H, x0, learning_rate, steps):
    return torch.zeros(steps + 1, len(x0))

# %% wrong="the path kept in float32" says="float32"
def power_iteration(H, steps=500):
    v = torch.randn(len(H), generator=torch.Generator().manual_seed(0), dtype=H.dtype)
    for _ in range(steps):
        v = H @ v / (H @ v).norm()
    return v @ H @ v


def divergence_threshold(H):
    return 2 / power_iteration(H)


def quadratic_path(H, x0, learning_rate, steps):
    points, x = torch.zeros(steps + 1, len(x0)), x0
    points[0] = x
    for t in range(steps):
        x = x - learning_rate * H @ x
        points[t + 1] = x
    return points
