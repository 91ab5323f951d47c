"""Chapter 08: pictures of linearised graphs. Inputs are squares, intermediates circles, outputs diamonds."""

from collections.abc import Collection, Mapping, Sequence

import matplotlib.pyplot as plt
import networkx as nx
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grader.check.exercises.ch08_graphs import Graph, ends, predecessors, remaining, step_costs

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
Place = tuple[float, float]


def layout(graph: Graph) -> dict[str, Place]:
    """Places by depth: the longest path from an input decides the column, outputs stand in the last one."""
    into, depth = predecessors(graph), {}
    for v in graph:
        depth[v] = max((depth[u] + 1 for u in into[v]), default=0)
    last = max(depth.values())
    columns: dict[int, list[str]] = {}
    for v in graph:
        columns.setdefault(last if not graph[v] else depth[v], []).append(v)
    # Columns of odd height are shifted a little, so that long edges do not run through a vertex.
    return {
        v: (float(column), (len(names) - 1) / 2 - i + 0.18 * (column % 2))
        for column, names in columns.items()
        for i, v in enumerate(names)
    }


def draw(
    graph: Graph,
    ax: Axes,
    title: str = "",
    places: Mapping[str, Place] | None = None,
    mark: Collection[str] = (),
    new: Collection[tuple[str, str]] = (),
    partials: bool = False,
    names: Mapping[str, str] | None = None,
    font: int = 9,
) -> None:
    """Draw a graph, left to right. mark: vertices in orange. new: edges drawn dashed. partials: write them at edges."""
    places = dict(places or layout(graph))
    net = nx.DiGraph()
    net.add_nodes_from(graph)
    net.add_edges_from((u, w) for u in graph for w in graph[u])
    inputs, outputs = ends(graph)
    size = 52 * font
    for shape, color, chosen in (("s", "white", inputs), ("D", "#CCE3F2", outputs)):
        nx.draw_networkx_nodes(
            net, places, chosen, node_shape=shape, node_color=color, edgecolors="black", node_size=0.7 * size, ax=ax
        )
    inner = [v for v in graph if v not in inputs and v not in outputs]
    fill = [ORANGE if v in mark else "0.9" for v in inner]
    nx.draw_networkx_nodes(net, places, inner, node_color=fill, edgecolors="black", node_size=size, ax=ax)
    labels = {v: (names or {}).get(v, v) for v in graph}
    nx.draw_networkx_labels(net, places, labels, font_size=font, ax=ax)
    for chosen, color, style in (
        ([e for e in net.edges if e not in new], "0.35", "solid"),
        ([e for e in net.edges if e in new], VERMILION, "dashed"),
    ):
        nx.draw_networkx_edges(
            net, places, chosen, edge_color=color, style=style, node_size=size, arrowsize=10, width=1.3, ax=ax
        )
    if partials:
        written = {(u, w): f"{graph[u][w]:.3g}" for u, w in net.edges}
        nx.draw_networkx_edge_labels(net, places, written, font_size=font - 1, label_pos=0.55, ax=ax)
    ax.set_title(title, fontsize=10)
    ax.margins(0.16)
    ax.set_axis_off()


def draw_steps(
    graph: Graph,
    order: Sequence[str],
    title: str,
    across: int = 4,
    height: float = 2.4,
    places: Mapping[str, Place] | None = None,
) -> Figure:
    """One panel before each elimination and one at the end; new edges are dashed, the next vertex is orange."""
    costs, places = step_costs(graph, list(order)), places or layout(graph)
    panels = len(order) + 1
    rows = -(-panels // across)
    fig, axes = plt.subplots(rows, across, figsize=(3.1 * across, height * rows), layout="constrained", squeeze=False)
    before: set[tuple[str, str]] = {(u, w) for u in graph for w in graph[u]}
    for i, ax in enumerate(axes.flat):
        if i >= panels:
            ax.set_axis_off()
            continue
        now = remaining(graph, list(order[:i]))
        edges = {(u, w) for u in now for w in now[u]}
        text = f"{order[i]}: {costs[i]} (so far {sum(costs[: i + 1])})" if i < len(order) else f"done: {sum(costs)}"
        shown = {v: now[v] for v in now}
        draw(shown, ax, text, {v: places[v] for v in shown}, mark=order[i : i + 1], new=edges - before, font=8)
        before = edges
    fig.suptitle(title)
    return fig
