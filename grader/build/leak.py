"""The proof that nothing of a solution is in what students get.

Compared by lines with all whitespace taken out, and with a line's comment as a line of its own, so that neither layout
nor an added comment hides a leak. A line that also stands in given text, of its own chapter or of the one that shows
it, is no secret.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.build.notebooks import RELEASE, read_stored
from grader.build.outputs import code_cells
from grader.build.source import (
    BEGIN_HIDDEN,
    BEGIN_SOLUTION,
    END_HIDDEN,
    END_SOLUTION,
    SENTINELS,
    find_chapters,
    read_source,
    regions,
)

RUN = 3  # lines: a solution's words, one by one, also stand in programs that do something else
SHORTEST = 12  # characters: shorter lines ("else:", "n = 32") say nothing by standing in both texts


@dataclass(frozen=True)
class Secrets:
    """What students must not get, by chapter.

    lines: line -> "a solution line" or "a hidden test line". given: the text that every reader has, squeezed.
    pictures: base64 text of the pictures that the solution stores.
    """

    lines: dict[str, dict[str, str]]
    given: dict[str, str]
    pictures: dict[str, set[str]]


def secrets_of(root: Path) -> Secrets:
    """The secrets of every chapter of the course."""
    chapters = find_chapters(root)
    sources = {chapter.name: read_source(chapter.source) for chapter in chapters}
    return Secrets(
        lines={name: secret_lines(source) for name, source in sources.items()},
        given={name: squeeze("\n".join(given_text(source))) for name, source in sources.items()},
        pictures={chapter.name: stored_pictures(read_stored(chapter.solution)) for chapter in chapters},
    )


def leaks(root: Path) -> list[str]:
    """One sentence for each leak in `root`/notebooks: the file, and what leaked."""
    secrets = secrets_of(root)
    found: list[str] = []
    for path in sorted((root / RELEASE).rglob("*")):
        if path.is_file() and ".ipynb_checkpoints" not in path.parts:
            name = path.relative_to(root)
            found += [f"{name.as_posix()}: {sentence}" for sentence in leaked(name, path.read_bytes(), secrets)]
    return found


def leaked(path: Path, content: bytes, secrets: Secrets) -> list[str]:
    """One sentence for each secret in a file that students get. path: below the course's folder."""
    text = content.decode("utf-8", "replace")
    shown = "\n".join(squeeze(string) for string in _strings(path, text))
    allowed = secrets.given.get(path.parent.name, "")
    sentences = ["a Python source"] if path.suffix == ".py" else []
    sentences += [f"the marker {word!r}" for word in SENTINELS if word in text]
    sentences += stored_outputs(nbformat.reads(text, as_version=4)) if path.suffix == ".ipynb" else []
    for chapter, lines in secrets.lines.items():
        sentences += [
            f"{kind} of {chapter}: {line}"
            for line, kind in lines.items()
            if squeeze(line) in shown and squeeze(line) not in allowed
        ]
        if any(image in shown for image in secrets.pictures[chapter]):
            sentences.append(f"a picture stored in the solution of {chapter}")
    return sentences


def secret_lines(notebook: NotebookNode) -> dict[str, str]:
    """Line -> "a solution line" or "a hidden test line", for all that students must not see."""
    given = squeeze("\n".join(given_text(notebook)))
    secrets: dict[str, str] = {}
    kinds = ((BEGIN_SOLUTION, END_SOLUTION, "a solution line"), (BEGIN_HIDDEN, END_HIDDEN, "a hidden test line"))
    for cell in notebook.cells:
        for begin, end, kind in kinds:
            for region in regions(cell.source, begin, end):
                for line in split_comments(region):
                    if len(squeeze(line)) >= SHORTEST and squeeze(line) not in given:
                        secrets[line] = kind
    return secrets


def secret_runs(notebook: NotebookNode) -> dict[str, str]:
    """Squeezed text -> first line, of every three lines in a row of a solution: for programs that students get."""
    given = squeeze("\n".join(given_text(notebook)))
    runs = {}
    for cell in notebook.cells:
        for region in regions(cell.source, BEGIN_SOLUTION, END_SOLUTION):
            lines = [line.strip() for line in region if line.strip()]
            for first in range(len(lines) - RUN + 1):
                run = squeeze("".join(lines[first : first + RUN]))
                if len(run) >= RUN * SHORTEST and run not in given:
                    runs[run] = lines[first]
    return runs


def given_text(notebook: NotebookNode) -> Iterator[str]:
    """Every line of the source that stands outside solution and hidden-test regions."""
    for cell in notebook.cells:
        inside = False
        for line in cell.source.split("\n"):
            if line.strip() in (BEGIN_SOLUTION, BEGIN_HIDDEN):
                inside = True
            elif line.strip() in (END_SOLUTION, END_HIDDEN):
                inside = False
            elif not inside:
                yield line


def split_comments(region: list[str]) -> list[str]:
    """The region's lines without their comments, then the comments, each as a line."""
    code, comments = list(region), []
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO("\n".join(region) + "\n").readline))
    except (tokenize.TokenError, IndentationError):
        tokens = []  # a region cut out of a function body need not be a program; its lines are compared whole
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            code[row - 1] = region[row - 1][:column]
            comments.append(token.string.lstrip("#! "))
    return [line.strip() for line in (*code, *comments) if line.strip()]


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def stored_outputs(notebook: NotebookNode | None) -> Iterator[str]:
    for cell in code_cells(notebook) if notebook else []:
        if cell.outputs or cell.execution_count is not None:
            yield f"stored output in cell {cell.get('id', '?')}"


def stored_pictures(notebook: NotebookNode | None) -> set[str]:
    """Base64 text of every picture that the solution stores."""
    pictures = set()
    for cell in code_cells(notebook) if notebook else []:
        for output in cell.outputs:
            data = output.get("data", {})
            pictures |= {squeeze(value) for kind, value in data.items() if kind in ("image/png", "image/jpeg")}
    return pictures


def _strings(path: Path, text: str) -> list[str]:
    """What there is to read in a file: every string of a notebook's JSON, or the text itself."""
    if path.suffix != ".ipynb":
        return [text]
    try:
        return list(_json_strings(json.loads(text)))
    except ValueError:
        return [text]


def _json_strings(value: object) -> Iterator[str]:
    """Every string of a parsed JSON value; a list of strings (nbformat's source) is joined to one text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        yield "".join(value)
    elif isinstance(value, list):
        for item in value:
            yield from _json_strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _json_strings(item)
