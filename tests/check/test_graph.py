"""The forward pass as a graph, against torch's own backward pass and float64 finite differences."""

import pytest
import torch

from grader.check import charmlp
from grader.check.chains import chains
from grader.check.errors import ForwardCellError
from grader.check.graph import ForwardGraph
from tests.check.conftest import CELL, draw

HEADER = "# Forward pass for exercise 9.1: find the gradient of every tensor\n"


def autograd(cell, case):
    """Gradients of the loss by loss.backward() over the cell run as ordinary code."""
    leaves = {
        k: v.clone().requires_grad_() if isinstance(v, torch.Tensor) and v.is_floating_point() else v
        for k, v in case.items()
    }
    namespace = {"torch": torch, "F": torch.nn.functional, **leaves}
    exec(cell, namespace)
    names = [s.target for s in ForwardGraph.parse(cell).statements if s.target != "loss"]
    names += [k for k, v in leaves.items() if isinstance(v, torch.Tensor) and v.requires_grad]
    for name in names:
        namespace[name].retain_grad()
    namespace["loss"].backward()
    return {name: namespace[name].grad for name in names}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_backward_equals_autograd_bit_for_bit(chapter_cells, seed):
    case = charmlp.draw(seed)
    ours = ForwardGraph.parse(chapter_cells["5.1"]).run(case).backward()
    theirs = autograd(chapter_cells["5.1"], case)
    assert len(theirs) == 26
    for name, gradient in theirs.items():
        assert torch.equal(ours[name], gradient), name


def test_order_is_outputs_first_and_complete():
    order = list(ForwardGraph.parse(CELL).run(draw(0)).backward())
    assert order[0] == "loss"
    assert set(order) == {"loss", "r", "s", "a", "z", "W", "b", "X", "T"}
    # A gradient is complete only when those of all its readers are.
    graph = ForwardGraph.parse(CELL)
    for name in order[1:]:
        assert all(order.index(reader.target) < order.index(name) for reader in graph.consumers(name))


def test_a_vjp_agrees_with_finite_differences():
    case = draw(3, dtype=torch.float64)
    forward = ForwardGraph.parse(CELL).run(case)
    g = torch.Generator().manual_seed(5)
    cotangent = torch.randn(5, 4, generator=g, dtype=torch.float64)
    vjp = forward.nodes["r"].vjp(cotangent)["s"]
    h, a, s = 1e-6, forward.values["a"], forward.values["s"]
    direction = torch.randn(5, 1, generator=g, dtype=torch.float64)
    difference = (cotangent * (a / (s + h * direction) - a / (s - h * direction))).sum() / (2 * h)
    assert torch.allclose((vjp * direction).sum(), difference, rtol=1e-8, atol=0)


@pytest.mark.parametrize("exercise", ["5.1", "5.2", "5.3"])
def test_chains_add_up_to_the_local_vjp(chapter_cells, exercise):
    env = charmlp.draw(4, dtype=torch.float64)
    for number in sorted(chapter_cells):
        forward = ForwardGraph.parse(chapter_cells[number]).run(env)
        env = forward.values
        if number == exercise:
            break
    g = torch.Generator().manual_seed(6)
    for statement in forward.graph.statements:
        node = forward.nodes[statement.target]
        cotangent = torch.randn(node.result.shape, generator=g, dtype=torch.float64)
        want = node.vjp(cotangent)
        made = {}
        for chain in chains(forward, statement):
            made[chain.name] = made.get(chain.name, 0) + chain.vjp(cotangent)
        assert set(made) == set(want)
        for name in want:
            scale = want[name].abs().max().item()
            assert torch.allclose(made[name], want[name], rtol=0, atol=1e-12 * (1 + scale)), (statement.target, name)


def test_header_says_what_is_asked(chapter_cells):
    third = ForwardGraph.parse(chapter_cells["5.3"])
    assert (third.given, third.find, third.output) == ("dhpreact", ("dhprebn",), "hpreact")
    assert ForwardGraph.parse(chapter_cells["5.2"]).find == ("dlogits",)
    assert ForwardGraph.parse(CELL).find is None


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("y = x", "first line"),
        (HEADER, "no statement"),
        (HEADER + "y = x\ny = 2 * x", "second time"),
        (HEADER + "y, z = x, x", "name = expression"),
        (HEADER + "y += x", "name = expression"),
    ],
)
def test_cells_that_are_no_graph_are_refused(cell, sentence):
    with pytest.raises(ForwardCellError, match=sentence):
        ForwardGraph.parse(cell)


def test_a_missing_input_and_a_failing_statement_are_named():
    graph = ForwardGraph.parse(CELL)
    with pytest.raises(ForwardCellError, match="needs X, W"):
        graph.run({"b": torch.zeros(4), "T": torch.zeros(5, 4)})
    with pytest.raises(ForwardCellError, match="z = X @ W"):
        graph.run({**draw(0), "W": torch.zeros(2, 4)})
