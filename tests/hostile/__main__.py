"""`make hostile`, or `python -m tests.hostile [NAME …]`: every hostile submission, then every layer alone."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console

from grader.grade.sandbox import layers
from tests.hostile import matrix
from tests.hostile.course import read_cases
from tests.hostile.harness import harness
from tests.hostile.nest import in_nest, possible


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description="Attack the grader, in a nest.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="submissions; all when none is given")
    parser.add_argument("--layers", action="store_true", help="only the probes, each layer alone")
    parser.add_argument("--stock", action="store_true", help="only the table of what nbgrader alone makes of the same")
    arguments = parser.parse_args()
    if not possible():
        print("This machine cannot make the throw-away namespaces that escape attempts run in: Linux, as root or with")
        print("user namespaces. `python -m grader doctor` says more.")
        return 1
    if arguments.stock:
        from tests.hostile.stock import stock

        return in_nest(stock)
    status = 0
    if not arguments.layers:
        status |= in_nest(lambda: submissions(arguments.names))
    if arguments.layers or not arguments.names:
        status |= in_nest(probes)
    return 1 if status else 0


def submissions(names: list[str]) -> int:
    """Grade the cases, in a nest; 1 where any of them has a fault."""
    faulty = 0
    cases = read_cases(names)
    with harness() as course:
        for case in cases:
            outcome = course.judge(case)
            faulty += bool(outcome.faults)
            points = "+".join(f"{score:g}" for score in outcome.scores.values())
            print(f"{'FAULT' if outcome.faults else 'ok':5} {outcome.seconds:5.1f} s {points:>8}  {case.name}")
            for fault in outcome.faults:
                print(f"      {fault}")
            sys.stdout.flush()
    print(f"{len(cases)} submissions, {faulty} with faults.")
    return 1 if faulty else 0


def probes() -> int:
    """The matrix of probes and layers, in a nest; 1 where it shows what should not be."""
    outcomes = matrix.matrix(layers.present())
    matrix.show(outcomes, Console(width=max(150, Console().width)))
    found = matrix.faults(outcomes)
    print("\n".join(found) or "Every probe is stopped with all layers on, and every layer stops something alone.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
