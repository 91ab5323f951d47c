"""Hypotheses about a wrong gradient as a whole: zeros, a constant, another tensor, transposed, partly filled."""

from collections.abc import Iterator

import torch

from grader.check import weights
from grader.check.suspects import Scene
from grader.check.weights import Weight

# (key, bits, detail)
About = Iterator[tuple[str, float, str]]


def about_whole(scene: Scene) -> About:
    """What the gradient is instead of the true one, as far as it is something with a name."""
    value = scene.value
    if not value.any():
        yield "zeros", 1.0, ""
        return
    if scene.is_rounding:
        yield "zeros", 4.5, ", up to rounding"
    yield from _moved(scene)
    yield from _partly_filled(scene)
    for name, gradient in scene.gradients.items():
        of, _, unfinished = name.partition(":")
        yield from _same_as(scene, f"equals:d{of}", 6.4 if unfinished else 5.9, gradient)
    for name, tensor in scene.tensors.items():
        own = name == scene.name
        key = f"value-for-gradient:d{name}" if own else f"equals:{name}"
        yield from _same_as(scene, key, 4.5 if own else 6.5, tensor)
    if value.numel() > 1 and scene.target.equals(value.flatten()[0].expand(value.shape)):
        yield "constant", 7.1, f"{value.flatten()[0].item():.4g}"


def _moved(scene: Scene) -> About:
    """The true entries, at other places."""
    target, true = scene.target, scene.true
    if true.dim() == 2 and scene.value.shape == true.T.shape and target.equals(true.T):
        yield "transposed", 3.0, ""
    if scene.value.shape != true.shape:
        return
    for axis in range(true.dim()):
        if any(target.equals(true.roll(shift, axis)) for shift in (1, -1)):
            yield "index-shift", 4.5, ""
    if true.dim() == 2 and min(true.shape) > 1:
        turned = (true.T.reshape(true.shape), true.reshape(true.T.shape).T)
        if any(target.equals(other) for other in turned):
            yield "reshaped", 4.5, ""


def _partly_filled(scene: Scene) -> About:
    if scene.value.shape != scene.true.shape:
        return
    done = scene.value != 0
    if done.any() and not done.all() and scene.target.equals(torch.where(done, scene.true, 0.0)):
        yield "partly-filled", 4.0, f"{int(done.sum())} of {done.numel()} entries are there and right"


def _same_as(scene: Scene, key: str, cost: float, other: torch.Tensor) -> About:
    if (factor := scene.target.ratio(other.to(torch.float64))) is not None:
        named = scene.numbers.name(Weight(factor))
        yield key, cost + weights.cost([named]), "" if named.text == "1" else f"it has an extra factor {named.text}"
