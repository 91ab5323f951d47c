"""`python -m tests.corpus [--quick]`: grade every answer of the corpus by replay and print what came of it."""

import argparse
import os
import sys
import time

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.corpus.report import BOUNDS, QUICK, Counts, faults, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small part of the corpus")
    parser.add_argument("--list", action="store_true", help="name each answer that was not graded as it should be")
    parser.add_argument("--silent", action="store_true", help="list the mutants that no value shows, with the proof")
    parser.add_argument("--held-out", action="store_true", help="with --list, name held-out answers as well")
    parser.add_argument("--workers", type=int, default=2, help="processes to grade in (0: this one)")
    parser.add_argument("--device", default="cpu", help="where answers are replayed: cpu (the default), cuda, mps")
    options = parser.parse_args()
    console = Console(width=130 if not sys.stdout.isatty() else None)
    start = time.perf_counter()

    def progress(items, total):
        label = "grading"
        return track(items, label, total, console=console, transient=True, disable=not console.is_terminal)

    share = QUICK if options.quick else 1.0
    workers = min(options.workers, os.cpu_count() or 1)
    counts = run(share, workers=workers, progress=progress, device=options.device)
    console.print(_table(counts))
    if options.silent:
        console.print(_proofs(counts))
    for line in counts.notes if options.list else ():
        if options.held_out or not line.held_out:
            console.print(line.text, markup=False, highlight=False)
    failed = faults(counts, named=not options.quick)
    for fault in failed:
        console.print(f"Below its bound: {fault}")
    console.print(f"{time.perf_counter() - start:.0f} s")
    return 1 if failed else 0


def _table(counts: Counts) -> Table:
    table = Table(title="The corpus of manual-backprop answers")
    table.add_column("what")
    table.add_column("of", justify="right")
    table.add_column("outcome", justify="right")
    table.add_column("bound", justify="right")
    for row in counts.rows():
        table.add_row(row.what, str(row.of), row.outcome, BOUNDS.get(row.what, ("", ""))[1])
    return table


def _proofs(counts: Counts) -> Table:
    table = Table(title="No value shows these: the gradient nearest to its bound, over all scoring cases")
    for column in ("operator", "planted in", "style", "gradient", "largest difference", "bound"):
        table.add_column(column)
    for silent in counts.silent:
        mutant, (name, difference, bound) = silent.mutant, silent.worst
        style = f"{mutant.exercise} {mutant.answer.style}"
        table.add_row(mutant.operator, mutant.gradient, style, name, f"{difference:.2g}", f"{bound:.2g}")
    return table


if __name__ == "__main__":
    sys.exit(main())
