"""The engine that chapter 04 teaches, taken out of its solution: a namespace, and its text."""

from pathlib import Path

from grader.build.source import SENTINELS, cell_slug, course_root, find_chapters, read_source

# The cells that make up the engine, in their order.
CELLS = (
    "answer-4.3",
    "engine-tensor",
    "engine-record",
    "answer-4.4-a",
    "engine-add",
    "answer-4.4-b",
    "answer-4.4-c",
    "answer-4.4-d",
    "answer-4.5-a",
    "answer-4.5-b",
    "answer-4.5-c",
    "answer-4.6",
    "answer-4.7",
    "answer-4.8-a",
    "answer-4.8-b",
)


def engine_text(root: Path | None = None) -> str:
    """The engine's source: the cells of the solution, without the markers of solution regions."""
    (chapter,) = find_chapters(root or course_root(), ["04"])
    sources = {cell.id: cell.source for cell in read_source(chapter.source).cells}
    lines = [line for name in CELLS for line in [*sources[cell_slug(name)].split("\n"), "", ""]]
    kept = [line for line in lines if not any(marker in line for marker in SENTINELS)]
    return "import contextlib\n\nimport numpy as np\n\n\n" + "\n".join(kept).rstrip() + "\n"


def load_engine() -> dict[str, object]:
    """The engine's names (Tensor, backward, matmul, …)."""
    namespace: dict[str, object] = {"__name__": "taught_engine"}
    exec(compile(engine_text(), "<the engine of chapter 04>", "exec"), namespace)
    return namespace


def engine_lines() -> int:
    """The engine's lines that are neither blank nor a comment nor part of a docstring."""
    import ast

    tree = ast.parse(engine_text())
    documented = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            documented.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(engine_text().split("\n"), 1)
    return sum(bool(line.strip()) and not line.strip().startswith("#") and i not in documented for i, line in lines)
