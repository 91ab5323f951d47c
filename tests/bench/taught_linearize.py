"""The core that chapter 09 teaches, taken out of its solution: a namespace, and its text."""

import ast
from pathlib import Path

from grader.build.source import SENTINELS, cell_slug, course_root, find_chapters, read_source

# The cells that make up the core, in their order.
CELLS = (
    "core-program",
    "core-levels",
    "core-bind",
    "core-functions",
    "core-arrays",
    "core-operators",
    "answer-9.1",
    "linear-rule",
    "answer-9.2-a",
    "answer-9.2-b",
    "answer-9.3-a",
    "as-array",
    "answer-9.3-b",
    "core-shapes",
    "answer-9.4-a",
    "answer-9.4-b",
    "answer-9.5",
    "answer-9.6-a",
    "answer-9.6-b",
    "answer-9.7-a",
    "answer-9.7-b",
    "answer-9.8",
)
# What is not needed for gradients: Hessian products, checkpoints, refusals.
MORE = (
    "answer-9.9",
    "answer-9.10-a",
    "checkpoint-primitives",
    "answer-9.10-b",
    "errors",
    "answer-9.11-a",
    "answer-9.11-b",
)


def core_text(root: Path | None = None, cells: tuple[str, ...] = CELLS) -> str:
    """The core's source: the cells of the solution, without the markers of solution regions."""
    (chapter,) = find_chapters(root or course_root(), ["09"])
    sources = {cell.id: cell.source for cell in read_source(chapter.source).cells}
    lines = [line for name in cells for line in [*sources[cell_slug(name)].split("\n"), "", ""]]
    kept = [line for line in lines if not any(marker in line for marker in SENTINELS)]
    head = "import functools\nimport itertools\nfrom dataclasses import dataclass\n\nimport numpy as np\n\n\n"
    return head + "\n".join(kept).rstrip() + "\n"


def load_core(*, more: bool = False) -> dict[str, object]:
    """The core's names (bind, jvp, linearize, grad, …), and `char_mlp`; `more`: hvp, checkpoint, check_linear, too."""
    namespace: dict[str, object] = {"__name__": "taught_core"}
    cells = (*CELLS, "char-mlp", *(MORE if more else ()))
    exec(compile(core_text(cells=cells), "<the core of chapter 09>", "exec"), namespace)
    return namespace


def core_lines() -> int:
    """The core's lines that are neither blank nor a comment nor part of a docstring."""
    text = core_text()
    documented = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            documented.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(text.split("\n"), 1)
    return sum(bool(line.strip()) and not line.strip().startswith("#") and i not in documented for i, line in lines)
