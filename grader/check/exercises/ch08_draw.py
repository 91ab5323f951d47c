"""Chapter 08: pictures of linearised graphs. Inputs are squares, intermediates circles, outputs diamonds.

In a graded run, where nobody looks, graphs are left out and the panels of `draw_steps` are one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

import matplotlib.pyplot as plt
import networkx as nx
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grader.check.exercises.ch08_graphs import Graph, ends, intermediates, predecessors, remaining, step_costs
from grader.check.quick import steps

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
    arrows: bool = True,
) -> None:
    """Draw a graph, left to right. mark: vertices in orange. new: edges drawn dashed. partials: write them at edges.

    arrows: False draws lines without heads, for graphs of very many edges.
    """
    ax.set_title(title, fontsize=10)
    ax.set_axis_off()
    if _graded():
        return
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
        look = {"arrowsize": 10, "node_size": size} if arrows else {}
        nx.draw_networkx_edges(
            net,
            places,
            chosen,
            edge_color=color,
            style=style,
            width=1.3 if arrows else 0.6,
            arrows=arrows,
            ax=ax,
            **look,
        )
    if partials:
        written = {(u, w): f"{graph[u][w]:.3g}" for u, w in net.edges}
        nx.draw_networkx_edge_labels(net, places, written, font_size=font - 1, label_pos=0.55, ax=ax)
    ax.margins(0.16)


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
    if _graded():
        return plt.figure()
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


def draw_lattice(graph: Graph, ax: Axes, title: str, best: Sequence[str], other: Sequence[str] = ()) -> None:
    """All sets of eliminated vertices, joined where one is added, with what that costs. best: bold; other: dashed."""
    inner = intermediates(graph)
    columns: dict[int, list[frozenset]] = {}
    for bits in range(1 << len(inner)):
        gone = frozenset(v for i, v in enumerate(inner) if bits >> i & 1)
        columns.setdefault(len(gone), []).append(gone)
    place = {S: (k, (len(sets) - 1) / 2 - i) for k, sets in columns.items() for i, S in enumerate(sets)}
    walked = [{(frozenset(way[:k]), v) for k, v in enumerate(way)} for way in (best, other)]
    for S, (x, y) in place.items():
        for v in inner:
            if v in S:
                continue
            end, cost = place[S | {v}], step_costs(graph, [*S, v])[-1]
            style = {"color": "0.6", "lw": 1}
            if (S, v) in walked[1]:
                style = {"color": VERMILION, "lw": 2, "ls": "--"}
            if (S, v) in walked[0]:
                style = {"color": BLUE, "lw": 3.5}
            ax.plot([x, end[0]], [y, end[1]], zorder=0, **style)
            spot = (0.62 * x + 0.38 * end[0], 0.62 * y + 0.38 * end[1])
            ax.text(
                *spot, str(cost), ha="center", va="center", fontsize=8, bbox={"fc": "white", "ec": "none", "pad": 1}
            )
        text = "{" + ", ".join(v for v in inner if v in S) + "}"
        ax.text(x, y, text, ha="center", va="center", bbox={"fc": "white", "ec": "black", "boxstyle": "round"})
    ax.set(xlim=(-0.4, len(inner) + 0.5), ylim=(-1.5, 1.5), title=title)
    ax.set_axis_off()


def draw_plan(ax: Axes, plan: object, costs: Callable[[object], int], title: str) -> None:
    """A bracketing as a tree: factors at the bottom, at each product what it costs by itself."""
    leaves: list[int] = []

    def walk(part: object) -> Place:
        if not isinstance(part, list | tuple):
            leaves.append(part)
            spot = (float(len(leaves) - 1), 0.0)
            ax.text(*spot, f"$F_{part}$", ha="center", va="center", bbox={"fc": "0.9", "ec": "black"})
            return spot
        below = [walk(side) for side in part]
        spot = (sum(x for x, _ in below) / 2, max(y for _, y in below) + 1)
        for x, y in below:
            ax.plot([spot[0], x], [spot[1], y], color="0.4", zorder=0)
        own = costs(part) - sum(costs(side) for side in part)
        ax.text(*spot, f"{own:,}", ha="center", va="center", bbox={"fc": "white", "ec": "black", "boxstyle": "round"})
        return spot

    top = walk(plan)
    ax.set(xlim=(-0.6, len(leaves) - 0.4), ylim=(-0.5, top[1] + 0.5), title=title)
    ax.set_axis_off()


def _graded() -> bool:
    return steps(full=2, quick=1) == 1
