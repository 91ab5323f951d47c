"""axe-core on what people read: the site, a class report."""

from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader.build.site.pages import build_site
from grader.grade.report.figures import gather
from grader.grade.report.page import write_report
from tests.grade.report.conftest import NAME, classroom, crowd, empty_gradebook  # noqa: F401 (fixtures)

from .conftest import ROOT

SERIOUS = ("serious", "critical")


def violations(page, path: Path, scheme: str) -> list[str]:
    """axe-core's serious findings on a file, in words."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: make e2e")
    page.emulate_media(color_scheme=scheme)
    page.goto(path.as_uri())
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{path.name} ({scheme}): {rule['id']}, {rule['help']}: {[node['html'][:90] for node in rule['nodes'][:5]]}"
        for rule in found
        if rule["impact"] in SERIOUS
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> list[Path]:
    return build_site(ROOT, tmp_path_factory.mktemp("site") / "site")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_site(page, site, scheme):
    """A page of each kind: the chapters share one template, and axe takes minutes for all of them."""
    assert [sentence for path in (site[0], site[-1]) for sentence in violations(page, path, scheme)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_class_report(page, classroom, tmp_path, scheme, pictures):  # noqa: F811
    crowd(classroom, 40)
    with Gradebook(classroom.url) as gradebook:
        of = gather(gradebook, NAME, classroom.autograded, classroom.feedback)
    path = write_report(of, tmp_path / "report")["html"]
    assert violations(page, path, scheme) == []
    page.screenshot(path=pictures / f"report-{scheme}.png", full_page=True)


@pytest.mark.parametrize("width", [360, 1200])
def test_no_page_of_the_site_scrolls_sideways(page, site, width):
    page.set_viewport_size({"width": width, "height": 900})
    for path in site:
        page.goto(path.as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path.name} is {wide} wide"
