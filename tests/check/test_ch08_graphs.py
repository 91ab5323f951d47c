"""The counts that chapter 08 states, from the graphs themselves; the Jacobian after any order, beside torch's."""

from itertools import permutations

import numpy as np
import pytest
import torch

from grader.check.exercises.ch08_chains import chain_count, diagonal_chain, tridiagonal
from grader.check.exercises.ch08_graphs import (
    BAT,
    LION,
    MARKOWITZ_LOSES,
    ONE_OUTPUT,
    as_matrix,
    brackets,
    count,
    ends,
    hourglass,
    intermediates,
    least,
    least_by_trying,
    least_products,
    markowitz_counts,
    random_graph,
    read_graph,
    remaining,
)

# forward, reverse, Markowitz over all ties, least by vertices
COUNTS = {
    "lion": (read_graph(LION), 12, 12, {12}, 12),
    "bat": (read_graph(BAT), 24, 24, {24}, 24),
    "hourglass 2-2-1-2-2": (hourglass(2, 2, 2), 16, 16, {12}, 12),
    "hourglass 3-2-1-2-3": (hourglass(3, 2, 3), 30, 30, {21}, 21),
    "hourglass 4-3-1-3-4": (hourglass(4, 3, 4), 72, 72, {40}, 40),
    "one output": (read_graph(ONE_OUTPUT), 10, 7, {6, 7}, 6),
    "Markowitz loses": (read_graph(MARKOWITZ_LOSES), 6, 5, {6}, 5),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_of_the_known_graphs(name):
    graph, forward, reverse, greedy, best = COUNTS[name]
    order = intermediates(graph)
    assert count(graph, order) == forward
    assert count(graph, order[::-1]) == reverse
    assert markowitz_counts(graph) == greedy
    assert least(graph) == best
    if len(order) <= 5:
        assert least_by_trying(graph) == best


def test_all_orders_of_the_bat_cost_the_same():
    bat = read_graph(BAT)
    assert {count(bat, order) for order in permutations(intermediates(bat))} == {24}


@pytest.mark.parametrize(("text", "vertices", "faces"), [(LION, 12, 11), (BAT, 24, 22), ("a b > v; v > y z", 4, 4)])
def test_no_sequence_of_products_is_shorter(text, vertices, faces):
    graph = read_graph(text)
    assert least(graph) == vertices
    assert least_products(graph) == faces


def test_long_paths_are_refused():
    with pytest.raises(ValueError, match="three edges"):
        least_products(hourglass(2, 2, 2))


@pytest.mark.parametrize(
    ("chain", "forward", "reverse", "best"),
    [
        ([np.eye(8, dtype=bool), np.ones((1, 8), bool), np.ones((8, 1), bool), np.eye(8, dtype=bool)], 136, 136, 80),
        (diagonal_chain(0, 30), 1440, 1350, 1110),
        ([tridiagonal(20), tridiagonal(20), np.ones((3, 20), bool), np.ones((20, 3), bool)], 1652, 3520, 1548),
    ],
)
def test_counts_of_the_known_chains(chain, forward, reverse, best):
    plans = list(brackets(1, len(chain)))
    one_way, other_way = 1, len(chain)
    for k in range(2, len(chain) + 1):
        one_way, other_way = [k, one_way], [other_way, len(chain) + 1 - k]
    assert chain_count(chain, one_way) == forward
    assert chain_count(chain, other_way) == reverse
    assert min(chain_count(chain, plan) for plan in plans) == best


def test_the_jacobian_does_not_depend_on_the_order():
    """On every prefix of a random order, what is left still gives the Jacobian that torch finds."""
    graph = random_graph(11, 3, 5, 2, density=0.6)
    inputs, outputs = ends(graph)

    def values(x):
        found = dict(zip(inputs, x, strict=True))
        for v in graph:
            if v not in found:
                found[v] = sum(graph[u][v] * found[u] for u in graph if v in graph[u])
        return torch.stack([found[w] for w in outputs])

    want = torch.autograd.functional.jacobian(values, torch.zeros(len(inputs), dtype=torch.float64)).numpy()
    for order in permutations(intermediates(graph)):
        np.testing.assert_allclose(as_matrix(remaining(graph, order), inputs, outputs), want, rtol=1e-12, atol=1e-12)
