"""Make the site: an index, a page for each released notebook, a style sheet and a font for the maths."""

from __future__ import annotations

import importlib.resources
import re
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grader.build.maths import markdown
from grader.build.notebooks import RELEASE, read_stored
from grader.build.source import BuildError, Chapter, find_chapters
from grader.build.taint import untainted

CAPTION = re.compile(r"\*Figure: (.+?)\*(?=\n\n|\s*$)", re.DOTALL)
NOTEBOOK_LINK = re.compile(r'href="\.\./(\w+)/\w+\.ipynb')
HEADING = re.compile(r'<h(\d) id="([^"]+)">(.*?)</h\d>', re.DOTALL)
TIME_LINE = re.compile(r"\*\*Time:\*\* (\d+) minutes.* \*\*Points:\*\* (\d+)")
FONT = "STIXTwoMath-Regular.ttf"  # SIL Open Font License; the package ziamath brings it


@dataclass(frozen=True)
class Page:
    """A chapter's page. headings: (level, id, HTML) of the second and third level."""

    name: str
    title: str
    minutes: str
    points: str
    body: str
    headings: list[tuple[int, str, str]]


def build_site(root: Path, place: Path) -> list[Path]:
    """Write the site into `place`, emptied first; returns the pages, the index last.

    Raises BuildError for what is not built, and for a `place` that holds something else.
    """
    pages = [read_page(root, chapter) for chapter in find_chapters(root)]
    if place.exists():
        if any(place.iterdir()) and not (place / "index.html").exists():
            raise BuildError(f"{place} holds other things: name an empty folder for the site.")
        shutil.rmtree(place)
    (place / "chapters").mkdir(parents=True)
    environment = Environment(
        loader=PackageLoader("grader.build.site", "."), autoescape=True, undefined=StrictUndefined
    )
    written = []
    for number, page in enumerate(pages):
        before, after = pages[number - 1] if number else None, pages[number + 1] if number + 1 < len(pages) else None
        text = environment.get_template("chapter.html.j2").render(page=page, before=before, after=after, pages=pages)
        written.append(place / "chapters" / f"{page.name}.html")
        written[-1].write_text(text, encoding="utf-8")
    written.append(place / "index.html")
    written[-1].write_text(environment.get_template("index.html.j2").render(pages=pages), encoding="utf-8")
    source = importlib.resources.files("grader.build.site")
    light, dark = (HtmlFormatter(style=style).get_style_defs(".code") for style in ("default", "github-dark"))
    style = (source / "style.css").read_text(encoding="utf-8")
    colours = f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
    (place / "style.css").write_text(colours + style, encoding="utf-8")
    # Found without importing the package, whose own work is not wanted here.
    (package,) = find_spec("ziamath").submodule_search_locations
    shutil.copy(Path(package) / "fonts" / FONT, place / FONT)
    return written


def read_page(root: Path, chapter: Chapter) -> Page:
    """A chapter's release as a page. A given cell that depends on no answer shows what it showed in the solution."""
    released = read_stored(root / RELEASE / chapter.name / chapter.solution.name)
    solution = read_stored(chapter.solution)
    if released is None or solution is None:
        raise BuildError(f"{chapter.name} is not built yet: run `make notebooks`.")
    shown = {cell.source: cell.outputs for cell in untainted(solution)}
    reader = markdown(html=True, anchors=True)
    parts = []
    for cell, following in zip(released.cells, [*released.cells[1:], None], strict=True):
        if cell.cell_type == "markdown":
            parts.append(NOTEBOOK_LINK.sub(r'href="\1.html', reader.render(cell.source)))
            continue
        parts.append(_code(cell))
        alt = _caption(following)
        parts += [_output(output, alt) for output in shown.get(cell.source, [])]
    body = "\n".join(part for part in parts if part)
    headings = [(int(level), name, text) for level, name, text in HEADING.findall(body)]
    title = next((text for level, _, text in headings if level == 1), chapter.name)
    time = TIME_LINE.search("\n".join(cell.source for cell in released.cells[:2]))
    minutes, points = time.groups() if time else ("", "")
    return Page(chapter.name, title, minutes, points, body, [h for h in headings if h[0] in (2, 3)])


def _code(cell: NotebookNode) -> str:
    role = cell.metadata.get("nbgrader", {})
    kind = "yours" if role.get("solution") else "check" if role.get("grade") else "given"
    label = {"yours": "Your turn", "check": "Check", "given": "Code"}[kind]
    text = highlight(cell.source, PythonLexer(), HtmlFormatter(nowrap=True))
    return (
        f'<div class="cell {kind}"><span class="label">{label}</span>'
        f'<pre class="code" tabindex="0" aria-label="{label}"><code>{text}</code></pre></div>'
    )


def _output(output: NotebookNode, alt: str) -> str:
    if output.output_type == "stream":
        return f'<pre class="output" tabindex="0">{Markup.escape(output.text)}</pre>'
    data = output.get("data", {})
    if "image/png" in data:
        source = "".join(data["image/png"].split())
        return f'<img src="data:image/png;base64,{source}" alt="{Markup.escape(alt)}">'
    if "text/html" in data:
        return f'<div class="output scroll" tabindex="0" role="region" aria-label="Output">{data["text/html"]}</div>'
    if "text/plain" in data:
        return f'<pre class="output" tabindex="0">{Markup.escape(data["text/plain"])}</pre>'
    return ""


def _caption(cell: NotebookNode | None) -> str:
    """The description that stands below a figure, as its alternative text."""
    if cell is None or cell.cell_type != "markdown":
        return ""
    found = CAPTION.search(cell.source)
    return " ".join(found[1].replace("$", "").replace("`", "").split()) if found else ""
