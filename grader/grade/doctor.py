"""`python -m grader doctor`: which layers of the sandbox this machine has, and whether a class may be graded here."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grader.grade.sandbox import Refused, landlock, layers
from grader.grade.sandbox.policy import isolation_setting


def examine(console: Console | None = None) -> int:
    """Print both tables and the verdict; 1 where grading would refuse, else 0."""
    console = console or Console()
    isolation = isolation_setting()
    found = layers.facts()
    console.print(_layer_table(found))
    for advice, names in _advice(found).items():
        console.print(f"[bold]To get {', '.join(names)}[/bold]: {escape(advice)}.")
    console.print(_property_table(found))
    try:
        layers.require(isolation)
    except Refused as refusal:
        console.print(escape(str(refusal)), style="bold red")
        return 1
    console.print(escape(_verdict(isolation, found)), style="bold" if isolation == "full" else "bold yellow")
    return 0


def _layer_table(found: frozenset[str]) -> Table:
    table = Table("layer", "here", "what it stops", title="Layers", title_justify="left", box=SIMPLE_HEAD)
    for layer in layers.LAYERS:
        here = layer.name in found
        name = f"landlock (ABI {landlock.abi()})" if here and layer.name == "landlock" else layer.name
        table.add_row(name, _word(here, "present", "missing"), escape(layer.stops))
    return table


def _property_table(found: frozenset[str]) -> Table:
    table = Table("required property", "holds", "given by", title="Properties", title_justify="left", box=SIMPLE_HEAD)
    for wanted in layers.PROPERTIES:
        given = [" + ".join(sorted(names)) for names in wanted.given_by if names <= found]
        needs = "needs " + ", or ".join(" + ".join(sorted(names)) for names in wanted.given_by)
        table.add_row(wanted.name, _word(bool(given), "yes", "no"), "; ".join(given) or f"[dim]{needs}[/dim]")
    return table


def _advice(found: frozenset[str]) -> dict[str, list[str]]:
    """How to get what is missing -> the layers that it brings."""
    advice: dict[str, list[str]] = {}
    for layer in layers.LAYERS:
        if layer.name not in found:
            advice.setdefault(layer.get, []).append(layer.name)
    return advice


def _word(good: bool, yes: str, no: str) -> str:
    return f"[green]{yes}[/green]" if good else f"[bold red]{no}[/bold red]"


def _verdict(isolation: str, found: frozenset[str]) -> str:
    if isolation == "full":
        return "A class can be graded here: every required property holds."
    setting = f"GRADER_ISOLATION={isolation}, which every report says"
    if isolation == "none":
        return f"A class can be graded here without isolation ({setting}): grade nobody's code but your own."
    lacking = [wanted.name for wanted in layers.missing(found)]
    open_still = f"does not hold: {', '.join(lacking)}" if lacking else "every property holds; full would work too"
    return f"A class can be graded here with what there is ({setting}): {open_still}."
