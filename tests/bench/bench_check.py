"""How long the check of exercise 5.1 takes, beside one loss.backward() of the same model.

Prints medians and 95th percentiles, measured in turn in one run.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from grader.build.source import read_source
from grader.check import charmlp, manual
from grader.check.graph import ForwardGraph
from grader.check.submission import LiveSubmission

SOURCE = Path(__file__).resolve().parents[2] / "solutions/05_manual_backprop/manual_backprop.py"
ROUNDS = 60
SLIP = ("counts_sum_inv * dprobs + dcounts_sum", "counts_sum_inv * dprobs")


def main() -> None:
    torch.set_num_threads(1)
    cells = [cell.source for cell in read_source(SOURCE).cells if cell.cell_type == "code"]
    forward = next(cell for cell in cells if "exercise 5.1" in cell.split("\n")[0])
    answer = [cell for cell in cells[cells.index(forward) :] if "BEGIN SOLUTION" in cell][:5]
    right = _notebook(forward, answer)
    wrong = _notebook(forward, [_with_slip(cell) for cell in answer])
    rows = {
        "forward pass and loss.backward()": _backward(forward),
        "check, everything right": lambda: manual.look(right, "5.1"),
        "check, one early slip, explained": lambda: manual.look(wrong, "5.1"),
    }
    taken = {name: [] for name in rows}
    for run in rows.values():
        run()
    for _ in range(ROUNDS):
        for name, run in rows.items():
            start = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - start)
    table = Table("what", "median", "95th percentile", "times loss.backward()")
    base = statistics.median(next(iter(taken.values())))
    for name, seconds in taken.items():
        median, high = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
        table.add_row(name, f"{1e3 * median:.1f} ms", f"{1e3 * high:.1f} ms", f"{median / base:.1f}")
    Console().print(table)


def _with_slip(cell: str) -> str:
    return cell.replace(*SLIP)


def _notebook(forward: str, answer: list[str]) -> LiveSubmission:
    namespace: dict[str, object] = {"torch": torch, "F": torch.nn.functional, **charmlp.draw(5)}
    history = [forward, *answer]
    for cell in history:
        exec(cell, namespace)
    return LiveSubmission(namespace, lambda: history)


def _backward(forward: str) -> Callable[[], None]:
    case = charmlp.draw(5)
    leaves = {name: case[name].requires_grad_() for name in ForwardGraph.parse(forward).inputs if _is_float(case[name])}
    code = compile(forward, "<forward pass>", "exec")

    def run() -> None:
        namespace = {"torch": torch, "F": torch.nn.functional, **case, **leaves}
        exec(code, namespace)
        namespace["loss"].backward()

    return run


def _is_float(value: object) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


if __name__ == "__main__":
    main()
