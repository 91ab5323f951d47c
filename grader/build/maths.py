"""Markdown with maths to HTML that needs no script and no network: TeX becomes MathML, which browsers draw themselves.

MathML Core has no `mathvariant` for single letters, so ℝ and ℒ become letters of Unicode's own.
"""

from __future__ import annotations

import re
from html import escape

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

LETTER = re.compile(r'<mi mathvariant="(double-struck|script)">([A-Za-z])</mi>')
DOUBLE = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))
SCRIPT = dict(zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ", strict=True))
# What latex2mathml does not know, in words that it knows.
KNOWN = (
    (re.compile(r"\\arg(?![a-z])"), r"\\operatorname{arg}"),
    (re.compile(r"\\textbf\{([^{}]*)\}"), r"\1"),
)


def to_mathml(tex: str, *, block: bool = False) -> str:
    """TeX as a MathML element; as code where it cannot be read."""
    for pattern, plain in KNOWN:
        tex = pattern.sub(plain, tex)
    try:
        mathml = convert(tex, display="block" if block else "inline")
    except Exception:  # latex2mathml raises a dozen kinds; a reader can still read the TeX
        return f"<code>{escape(tex)}</code>"
    return LETTER.sub(_letter, mathml)


def markdown(*, html: bool, anchors: bool = False) -> MarkdownIt:
    """A renderer of a notebook's Markdown. html: whether HTML in it passes through. anchors: give headings ids."""
    reader = MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])
    reader.use(
        dollarmath_plugin,
        allow_digits=False,
        double_inline=True,
        renderer=lambda tex, options: to_mathml(tex, block=options["display_mode"]),
    )
    return reader.use(anchors_plugin, max_level=3) if anchors else reader


def _letter(match: re.Match) -> str:
    kind, letter = match.groups()
    if kind == "double-struck":
        base = 0x1D538 - ord("A") if letter.isupper() else 0x1D552 - ord("a")
        return f"<mi>{DOUBLE.get(letter) or chr(base + ord(letter))}</mi>"
    base = 0x1D49C - ord("A") if letter.isupper() else 0x1D4B6 - ord("a")
    return f"<mi>{SCRIPT.get(letter) or chr(base + ord(letter))}</mi>"
