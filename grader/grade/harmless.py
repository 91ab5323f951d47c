"""What a submission may show in an instructor's browser: text and pictures, nothing that runs, no path of this machine.

Every function here takes what a student's process or notebook holds and gives what may be written to autograded/ and
feedback pages.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
import site
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

LONGEST_TEXT = 200_000  # characters of one output
LEFT_OUT = "[output of type {types} is not shown on graded pages]"
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}

COLOUR = re.compile(r"\x1b\[[0-9;]{0,30}m")
# Control sequences of terminals: CSI, OSC and the two-character ones.
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.?)", re.DOTALL)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What can begin a tag in HTML; "a < b" stays as it is.
TAG = re.compile(r"<(?=[a-zA-Z/!?])")
# The destination of a link or picture in Markdown that is not one of these goes nowhere.
LINK = re.compile(r"\]\((?!\s*(?:https?://|mailto:|#))")
REFERENCE = re.compile(r"\](?=[ \t]*[:\[])")
# Entities hide a scheme from the eye; those that `markdown` itself writes stay, so that it may be used twice.
ENTITY = re.compile(r"&(?!(?:lt|amp|#40|#92|#93);)(?=#|[a-zA-Z])")
# A block that JupyterLab's templates draw with a script.
DRAWN = re.compile(r"^(\s*(?:`{3,}|~{3,}))\s*mermaid", re.MULTILINE | re.IGNORECASE)
# TeX commands with which MathJax makes links, styles or loads code.
TEX = re.compile(r"\\(?=(?:href|url|style|class|cssId|data|require|include|bbox|unicode|let|def|newcommand)\b)")


def markdown(text: str) -> str:
    """A student's Markdown that renders as text, maths and links to the web, and holds no HTML."""
    text = CONTROL.sub("", ESCAPE.sub("", text))[:LONGEST_TEXT]
    text = TAG.sub("&lt;", ENTITY.sub("&amp;", DRAWN.sub(r"\1text", text)))
    return TEX.sub("&#92;", REFERENCE.sub("&#93;", LINK.sub("]&#40;", text)))


def plain(text: str, *, colours: bool = False) -> str:
    """Text without control characters, with no path of this machine. colours: keep the colours of a traceback."""
    if not colours:
        return hide_paths(CONTROL.sub("", ESCAPE.sub("", text))[:LONGEST_TEXT])
    parts, at = [], 0
    text = text[:LONGEST_TEXT]
    for colour in COLOUR.finditer(text):
        parts += [CONTROL.sub("", ESCAPE.sub("", text[at : colour.start()])), colour.group()]
        at = colour.end()
    return hide_paths("".join([*parts, CONTROL.sub("", ESCAPE.sub("", text[at:]))]))


def outputs(shown: object) -> list[dict]:
    """A cell's outputs, as a student process gives them, as harmless nbformat outputs; what is none is dropped."""
    return [made for output in shown if (made := _output(output))] if isinstance(shown, list) else []


def hide_paths(text: str) -> str:
    """The text with this machine's folders replaced by what they are."""
    for path, name in _places():
        text = text.replace(path, name)
    return text


def ours(shown: Sequence[Mapping]) -> list[dict]:
    """Outputs that the instructor's own code made: kept as they are, but for this machine's paths."""
    kept = []
    for output in shown:
        made = dict(output)
        if "text" in made:
            made["text"] = hide_paths(made["text"])
        if "data" in made:
            made["data"] = {
                mime: hide_paths(value) if isinstance(value, str) and not mime.startswith("image/") else value
                for mime, value in made["data"].items()
            }
        if "traceback" in made:
            made["traceback"] = [hide_paths(line) for line in made["traceback"]]
        kept.append(made)
    return kept


def _output(output: object) -> dict | None:
    if not isinstance(output, dict):
        return None
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": plain(_text(output.get("text")))}
    if kind == "error":
        lines = output.get("traceback")
        return {
            "output_type": "error",
            "ename": plain(_text(output.get("ename")))[:200],
            "evalue": plain(_text(output.get("evalue")))[:2000],
            "traceback": [plain(_text(line), colours=True) for line in lines[:200]] if isinstance(lines, list) else [],
        }
    if kind not in ("display_data", "execute_result"):
        return None
    made = {"output_type": kind, "data": _data(output.get("data")), "metadata": {}}
    return made | ({"execution_count": None} if kind == "execute_result" else {})


def _data(data: object) -> dict[str, str]:
    """Plain text and pictures; where there is neither, a sentence that says what was left out."""
    data = data if isinstance(data, dict) else {}
    kept = {mime: data[mime] for mime, start in PICTURES.items() if _is_picture(data.get(mime), start)}
    if isinstance(data.get("text/plain"), str):
        kept["text/plain"] = plain(data["text/plain"])
    types = ", ".join(sorted(re.sub(r"[^\w./+-]", "", str(mime))[:60] for mime in data)[:5])
    return kept or {"text/plain": LEFT_OUT.format(types=types or "unknown")}


def _is_picture(text: object, start: bytes) -> bool:
    if not isinstance(text, str):
        return False
    try:
        return base64.b64decode("".join(text.split()), validate=True).startswith(start)
    except (binascii.Error, ValueError):
        return False


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@functools.cache
def _places() -> tuple[tuple[str, str], ...]:
    """Folders of this machine, the longest first, and what is written in their place."""
    import grader

    known = {str(Path(folder)): "<packages>" for folder in (*site.getsitepackages(), site.getusersitepackages())}
    known |= {str(Path(sys.base_prefix)): "<python>", str(Path(sys.prefix)): "<python>"}
    known |= {str(Path(grader.__file__).resolve().parent.parent): "<course>", tempfile.gettempdir(): "<temporary>"}
    known[str(Path.home())] = "~"
    return tuple(sorted((item for item in known.items() if len(item[0]) > 3), key=lambda item: -len(item[0])))
