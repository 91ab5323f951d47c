"""Feedback pages: nbgrader's own, with maths that needs no script and no network."""

from __future__ import annotations

from jinja2 import DictLoader, pass_context
from nbconvert.exporters import HTMLExporter

from grader.build.maths import markdown

# In the place of the template that loads MathJax from the network (nbgrader imports this macro by name).
NO_SCRIPT = {"mathjax.html.j2": "{% macro mathjax(url='') %}{% endmacro %}"}


class FeedbackExporter(HTMLExporter):
    """For `GenerateFeedback.exporter_class`: Markdown with its TeX as MathML, and no MathJax."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(extra_loaders=[DictLoader(NO_SCRIPT)], **kwargs)
        self._markdown = markdown(html=True)

    @pass_context
    def markdown2html(self, context: object, source: str) -> str:
        """The template's filter. HTML in the source passes: a submission's was made harmless when it was graded."""
        return self._markdown.render(source)
