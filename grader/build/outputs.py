"""A solution notebook's stored outputs: kept where nothing before them changed, executed and cleaned elsewhere."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from grader.build.source import BuildError

CELL_SECONDS = 300
WIDGET = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}|\b0x7f[0-9a-fA-F]{6,}")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
# Variables that would make a notebook run as if it were being graded, or draw without storing its figures.
DROPPED_VARIABLES = ("NBGRADER_EXECUTION", "GRADER_QUICK", "MPLBACKEND")


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def unchanged(notebook: NotebookNode, stored: NotebookNode | None) -> int:
    """How many code cells, from the first on, have the source that they have in `stored`, and outputs from a run."""
    if stored is None:
        return 0
    count = 0
    for new, old in zip(code_cells(notebook), code_cells(stored), strict=False):
        if new.source != old.source or old.execution_count is None:
            break
        count += 1
    return count


def fill(notebook: NotebookNode, stored: NotebookNode | None, folder: Path, *, execute: bool = False) -> bool:
    """Give `notebook` its outputs, in place: `stored` ones for the unchanged beginning, fresh ones for the rest.

    Executes the whole notebook with `folder` as the working directory where any code cell is new or changed, or where
    `execute` says so (then nothing stored is kept). Returns whether it executed.
    Raises BuildError when a cell raises, does not end, or stores something of this machine.
    """
    keep = 0 if execute else unchanged(notebook, stored)
    cells = code_cells(notebook)
    run = keep < len(cells)
    if run:
        _execute(notebook, folder)
    for number, cell in enumerate(cells, 1):
        if number <= keep:
            cell.outputs = code_cells(stored)[number - 1].outputs
        cell.outputs = tidy(cell.outputs, number)
        cell.execution_count = number
        refuse_machine_made(cell, folder)
    return run


def tidy(outputs: list[NotebookNode], number: int) -> list[NotebookNode]:
    """Outputs as they are stored: neighbouring streams merged, `\\r` resolved, no widgets, counts equal to `number`."""
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream":
            if kept and kept[-1].output_type == "stream" and kept[-1].name == output.name:
                kept[-1].text += output.text
            else:
                kept.append(NotebookNode(output))
            continue
        output = NotebookNode(output)
        if "data" in output:
            output.data.pop(WIDGET, None)
            if not output.data:
                continue
        if output.output_type == "execute_result":
            output.execution_count = number
        kept.append(output)
    for output in kept:
        if output.output_type == "stream":
            output.text = "\n".join(line.split("\r")[-1] for line in output.text.replace("\r\n", "\n").split("\n"))
    return kept


def refuse_machine_made(cell: NotebookNode, folder: Path) -> None:
    """Raise BuildError when an output's text holds a path of this machine or an object's address."""
    paths = {
        str(Path(place).resolve()) for place in (folder, Path.cwd(), Path.home(), sys.prefix, tempfile.gettempdir())
    }
    paths = {path for path in paths if len(path) > 1} | {"/home/", "/Users/"}
    for output in cell.outputs:
        for text in _texts(output):
            found = next((path for path in sorted(paths) if path in text), None) or ADDRESS.search(text)
            if found:
                found = found if isinstance(found, str) else found.group()
                raise BuildError(
                    f"The output of cell {cell.id} holds {found!r}, which another machine would not print: "
                    "change the cell so that it does not show it."
                )


def _texts(output: NotebookNode) -> list[str]:
    if output.output_type == "stream":
        return [output.text]
    data = output.get("data", {})
    return [str(value) for kind, value in data.items() if kind.startswith("text/") or kind.endswith("+xml")]


def _execute(notebook: NotebookNode, folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in DROPPED_VARIABLES}
    environment["PYTHONHASHSEED"] = "0"
    metadata = notebook.metadata.copy()
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL_SECONDS,
        extra_arguments=["--log-level=ERROR"],
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        raise BuildError(f"{_failed(notebook)} raised {error.ename}: {error.evalue}") from None
    except CellTimeoutError:
        raise BuildError(f"A cell of {folder.name} ran longer than {CELL_SECONDS} s.") from None
    except DeadKernelError:
        raise BuildError(f"The kernel died while it executed {folder.name}.") from None
    notebook.metadata = metadata


def _failed(notebook: NotebookNode) -> str:
    """Which cell raised, with its traceback in plain text before the sentence."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":
                return ANSI.sub("", "\n".join(output.traceback)) + f"\nCell {cell.id}"
    return "A cell"
