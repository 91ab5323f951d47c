"""The reader's site: every page opens offline, says nothing of a solution, and can be read without eyes or a mouse."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.build.leak import SHORTEST, secret_lines, squeeze
from grader.build.maths import markdown, to_mathml
from grader.build.site.pages import build_site
from grader.build.source import BuildError, find_chapters, read_source
from grader.build.taint import untainted

ROOT = Path(__file__).resolve().parents[2]


class Read(HTMLParser):
    """What a page holds: (tag, attributes) in order, and the text outside code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text, self._code = "", 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._code += tag in ("pre", "code")

    def handle_endtag(self, tag):
        self._code -= tag in ("pre", "code")

    def handle_data(self, data):
        if not self._code:
            self.text += data

    def every(self, name: str) -> list[dict]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> dict[Path, Read]:
    place = tmp_path_factory.mktemp("site") / "site"
    return {path: Read(path.read_text(encoding="utf-8")) for path in build_site(ROOT, place)}


def test_a_page_for_each_chapter_and_an_index(site):
    names = [path.stem for path in site]
    assert names == [*(chapter.name for chapter in find_chapters(ROOT)), "index"]


def test_minutes_and_points_are_those_of_the_readme_and_of_chapter_00(site):
    (index,) = (path for path in site if path.stem == "index")
    said = re.findall(r'class="n">(\d*)</td><td class="n">(\d*)', index.read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert said == re.findall(r"^\| \d\d \| .+ \| (\d+) \| (\d+) \|", readme, re.MULTILINE)
    first, *_ = chapters = find_chapters(ROOT)
    assert said == re.findall(r'\("\d\d .+?", (\d+), (\d+)\)', first.source.read_text(encoding="utf-8"))
    cells = [read_source(chapter.source).cells for chapter in chapters]
    earned = [sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in own) for own in cells]
    assert [int(points) for _, points in said] == earned


def test_nothing_is_fetched_from_elsewhere_and_no_script_runs(site):
    for path, page in site.items():
        assert not page.every("script"), path.name
        for tag, attributes in page.tags:
            assert not [key for key in attributes if key.startswith("on")], (path.name, tag)
            wanted = attributes.get("src") or (attributes.get("href") if tag == "link" else None) or ""
            assert not wanted.startswith(("http:", "https:", "//")), (path.name, wanted[:80])


def test_links_within_the_site_lead_somewhere(site):
    ids = {path: {a["id"] for _, a in page.tags if "id" in a} for path, page in site.items()}
    for path, page in site.items():
        for attributes in (*page.every("a"), *page.every("link")):
            target, _, part = attributes["href"].partition("#")
            if target.startswith(("http:", "https:", "mailto:")):
                continue
            file = (path.parent / target).resolve() if target else path
            assert file.exists(), f"{path.name} links to {target}"
            assert not part or part in ids.get(file, {part}), f"{path.name} links to #{part}"


def test_headings_descend_one_level_at_a_time(site):
    for path, page in site.items():
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1, path.name
        assert all(after <= before + 1 for before, after in pairwise(levels)), path.name


def test_every_picture_has_a_text(site):
    lacking = [path.name for path, page in site.items() for image in page.every("img") if not image.get("alt")]
    assert lacking == []


def test_all_maths_is_rendered(site):
    for path, page in site.items():
        assert not re.search(r"\$[^$\n]{1,60}\$", page.text), path.name
        assert "\\" not in page.text, page.text[max(page.text.find("\\") - 60, 0) :][:120]


def test_no_answer_stands_in_a_page(site):
    """Neither a solution's lines nor the outputs of cells that depend on them."""
    for chapter in find_chapters(ROOT):
        (page,) = (path for path in site if path.stem == chapter.name)
        shown = squeeze(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")).replace("&quot;", '"'))
        secrets = secret_lines(read_source(chapter.source))
        given = squeeze(nbformat.read(ROOT / "notebooks" / chapter.name / chapter.solution.name, 4).__repr__())
        found = [line for line in secrets if len(squeeze(line)) >= 2 * SHORTEST and squeeze(line) in shown]
        assert [line for line in found if squeeze(line) not in given] == []


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(BuildError, match="holds other things"):
        build_site(ROOT, tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def cells(*sources: str):
    """A notebook; a source that begins with "#a" is an answer, with "#c" a check."""
    made = []
    for source in sources:
        role = {"#a": {"solution": True}, "#c": {"grade": True}}.get(source[:2])
        made.append(new_code_cell(source, metadata={"nbgrader": role} if role else {}))
    return new_notebook(cells=[new_markdown_cell("text"), *made])


def shown(*sources: str) -> list[str]:
    return [cell.source for cell in untainted(cells(*sources))]


def test_what_depends_on_an_answer_is_not_shown():
    given = ("x = 1", "#a\ny = 2 * x", "print(x)", "z = y + 1", "print(z)", "def f(): return y", "f()", "#c\ncheck(1)")
    assert shown(*given) == ["x = 1", "print(x)"]


def test_a_name_that_is_given_anew_is_given():
    assert shown("#a\ny = 2", "y = 5", "print(y)") == ["y = 5", "print(y)"]
    assert shown("#a\ny = 2", "y += 5", "print(y)") == []
    assert shown("#a\ny = 2", "if x:\n    y = 5", "print(y)") == ["if x:\n    y = 5"]


def test_a_cell_that_looks_into_the_namespace_is_not_shown():
    assert shown("#a\ny = 2", "print(globals()['y'])", "eval('y')") == []


@pytest.mark.parametrize(
    ("tex", "element"),
    [
        (r"x \in \mathbb R^n", "<mi>ℝ</mi>"),
        (r"\mathcal L", "<mi>ℒ</mi>"),
        (r"\arg\max_j z_j", "arg"),
        (r"\text{a \textbf{vjp}}", "a&#x000A0;vjp"),
        (r"\frac{a}{b}", "<mfrac>"),
    ],
)
def test_tex_as_mathml(tex, element):
    assert element in to_mathml(tex) and "\\" not in to_mathml(tex)


def test_dollars_that_are_no_maths_stay():
    rendered = markdown(html=False).render("It costs 5$ or `$x$`, and $x^2$ is maths.")
    assert "5$ or <code>$x$</code>" in rendered and rendered.count("<math") == 1


def test_html_passes_only_where_it_is_the_course_s_own():
    assert "<b>" in markdown(html=True).render("<b>x</b>")
    assert "<b>" not in markdown(html=False).render("<b>x</b>")
