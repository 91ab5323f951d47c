"""A wrong gradient gets the name of the slip that was made, on forward passes that are no char-MLP."""

import pytest
import torch

from grader.check.diagnosis import diagnose
from grader.check.graph import ForwardGraph
from grader.check.reference import Reference
from tests.check.conftest import CELL, draw

TWICE = """# Forward pass for exercise 9.2: given dy, find dx
y = w * (x - x.mean(0, keepdim=True)) / torch.sqrt(x.var(0, keepdim=True) + 1e-5)
"""


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference.of(ForwardGraph.parse(CELL).run(draw(3)))


@pytest.fixture(scope="module")
def normalised() -> Reference:
    """One statement that reads x three times; x has (7, 4), so that no axis stands for another."""
    g = torch.Generator().manual_seed(4)
    env = {"x": torch.randn(7, 4, generator=g) * 3e-3, "w": torch.randn(1, 4, generator=g)}
    return Reference.of(ForwardGraph.parse(TWICE).run(env), torch.randn(7, 4, generator=g))


def keys(reference: Reference, name: str, value: torch.Tensor, upstream=None, earlier=None) -> list[str]:
    return [d.key for d in diagnose(reference, name, value, upstream or {}, earlier)]


SLIPS = {
    "sign": ("r", "-g['r']", "sign"),
    "a factor 2 forgotten": ("r", "g['r'] / 2", "factor:0.5"),
    "1/numel is 1/(n·4)": ("r", "g['r'] * 4", "factor:4"),
    "one branch of two": ("a", "g['r'] / s", "branch-missing:s"),
    "one branch of two, twice": ("a", "2 * g['r'] / s + g['s']", "branch-doubled:r"),
    "no sum over the broadcast axis": ("s", "-a / s**2 * g['r']", "not-summed"),
    "the sum over the other axis": ("s", "(-a / s**2 * g['r']).sum(0)", "wrong-axis"),
    "precedence": ("s", "-a / s**2 * g['r'].sum(1, keepdim=True)", "not-summed"),
    "sigmoid at its input": ("z", "z * (1 - z) * g['a']", "evaluated-at:input"),
    "sigmoid with a plus": ("z", "a * (1 + a) * g['a']", "inner-sign"),
    "the local derivative forgotten": ("z", "g['a']", "derivative-forgotten"),
    "upstream forgotten": ("z", "a * (1 - a)", "upstream-forgotten"),
    "upstream before it was complete": ("z", "a * (1 - a) * g['r'] / s", "too-early:da"),
    "the value for its gradient": ("z", "a * (1 - a) * a", "value-for-gradient:da"),
    "another factor": ("a", "g['r'] * z + g['s']", "swapped:z"),
    "another upstream": ("z", "a * (1 - a) * g['r']", "wrong-upstream:dr"),
    "transposed": ("W", "(X.T @ g['z']).T", "transposed"),
    "one row only": ("W", "torch.outer(X[-1], g['z'][-1])", "overwritten"),
    "all rows but the last": ("W", "X[:-1].T @ g['z'][:-1]", "partly-filled"),
    "mean for sum": ("b", "g['z'].mean(0)", "mean-for-sum"),
    "zeros": ("b", "torch.zeros(4)", "zeros"),
    "a constant": ("X", "torch.full((5, 3), 0.7)", "constant"),
    "a slip and a factor": ("z", "-a * (1 + a) * g['a']", "inner-sign"),
    "two slips": ("z", "a * (1 + a) * a", "value-for-gradient:da & inner-sign"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_has_its_name(reference: Reference, name: str):
    tensor, source, key = SLIPS[name]
    value = eval(source, {"torch": torch, "g": reference.gradients, **reference.forward.values})
    found = keys(reference, tensor, value)
    assert found[:1] == [key], found


def test_noise_is_unexplained(reference: Reference):
    g = torch.Generator().manual_seed(9)
    for name in ("r", "s", "a", "z", "W", "b"):
        gradient = reference.gradients[name]
        assert keys(reference, name, gradient * (1 + 0.1 * torch.randn(gradient.shape, generator=g))) == []


def test_a_slip_is_named_given_the_students_own_upstream(reference: Reference):
    """da is wrong itself; dz has a slip of its own on top of it."""
    a = reference.forward.values["a"]
    own = {"a": reference.gradients["a"] * 3}
    assert keys(reference, "z", a * (1 + a) * own["a"], own) == ["inner-sign"]


def test_what_is_computed_from_a_gradient_does_not_explain_it(reference: Reference):
    """A student who carries a wrong da on has a dz that contains it; da is not named after dz."""
    g = torch.Generator().manual_seed(10)
    wrong = torch.randn(5, 4, generator=g)
    assert keys(reference, "a", wrong, {"z": wrong}) == []


def test_a_tensor_of_an_earlier_pass_is_stale(reference: Reference):
    old = Reference.of(ForwardGraph.parse(CELL).run(draw(8))).forward.values
    value = old["a"] * (1 - old["a"]) * reference.gradients["a"]
    assert keys(reference, "z", value, earlier=old)[0].startswith("stale")


@pytest.mark.parametrize(
    ("slip", "key"),
    [
        ("w * 0 + 1", "derivative-forgotten"),
        ("w, epsilon=0.0", "epsilon"),
        ("-w", "sign"),
    ],
)
def test_a_statement_that_reads_a_tensor_three_times(normalised: Reference, slip: str, key: str):
    v = normalised.forward.values

    def backward(w, epsilon=1e-5):
        """The whole gradient, with another w or epsilon in the statement."""
        x = v["x"].clone().requires_grad_()
        y = w * (x - x.mean(0, keepdim=True)) / torch.sqrt(x.var(0, keepdim=True) + epsilon)
        return torch.autograd.grad((y * normalised.upstream).sum(), x)[0]

    assert keys(normalised, "x", eval(f"backward({slip})", {"backward": backward, "w": v["w"]}))[:1] == [key]


def test_a_branch_of_such_a_statement(normalised: Reference):
    v = normalised.forward.values
    deviation = torch.sqrt(v["x"].var(0, keepdim=True) + 1e-5)
    centred = v["w"] / deviation * (normalised.upstream - normalised.upstream.mean(0))
    (first, *_) = keys(normalised, "x", centred)
    assert first.startswith("branch-missing:x.var")
