"""Feedback pages: nbgrader's own, with maths that needs no script and no network, and colours that can be read."""

from __future__ import annotations

from pathlib import Path

from jinja2 import DictLoader, pass_context
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

from grader.build.maths import markdown

STYLE = Path(__file__).with_suffix(".css")


class FeedbackExporter(HTMLExporter):
    """For `GenerateFeedback.exporter_class`: Markdown with its TeX as MathML, no MathJax, a language, a style."""

    def __init__(self, **kwargs: object) -> None:
        # nbgrader's template imports this macro by name, at the place where a style may stand as well.
        macro = f"{{% macro mathjax(url='') %}}<style>{STYLE.read_text(encoding='utf-8')}</style>{{% endmacro %}}"
        super().__init__(extra_loaders=[DictLoader({"mathjax.html.j2": macro})], **kwargs)
        self._markdown = markdown(html=True)

    @pass_context
    def markdown2html(self, context: object, source: str) -> str:
        """The template's filter. HTML in the source passes: a submission's was made harmless when it was graded."""
        return self._markdown.render(source)

    def from_notebook_node(self, nb: NotebookNode, resources: dict | None = None, **kwargs: object):
        """The page, and nbconvert's resources."""
        page, resources = super().from_notebook_node(nb, resources, **kwargs)
        return page.replace("<html>", '<html lang="en">', 1), resources
