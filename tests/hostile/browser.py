"""What of a graded notebook would run in a browser that shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

from nbconvert.filters.markdown_mistune import markdown2html_mistune

RUNNING_TYPES = ("application/javascript", "application/vnd.jupyter.widget-view+json")
MARKUP_TYPES = ("text/html", "image/svg+xml")
RUNNING_TAGS = ("script", "iframe", "object", "embed", "meta", "link", "form")
TEX_LINK = "\\href{javascript:"


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in RUNNING_TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attributes:
            if name.startswith("on") or "".join((value or "").lower().split()).startswith(("javascript:", "data:text")):
                self.found.append(f"<{tag} {name}={value!r}>")


def running(notebook: Mapping) -> Iterator[str]:
    """Each tag, attribute or output type that would run, or load something that does."""
    for cell in notebook["cells"]:
        pages = []
        if cell["cell_type"] == "markdown":
            pages.append(markdown2html_mistune(cell["source"]))
            if TEX_LINK in cell["source"]:
                yield TEX_LINK
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            yield from (kind for kind in RUNNING_TYPES if kind in data)
            pages += [str(data[kind]) for kind in MARKUP_TYPES if kind in data]
            if "text/markdown" in data:
                pages.append(markdown2html_mistune(str(data["text/markdown"])))
        if "svg" in json.dumps(cell.get("attachments") or {}):
            yield "an SVG attachment"
        for page in pages:
            finder = _Finder()
            finder.feed(page)
            yield from finder.found
