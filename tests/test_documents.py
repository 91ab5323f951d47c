"""The documents: what they link to inside the repository is there."""

import re
import subprocess
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = {".venv", "build", "dist", "node_modules", "class"}
DOCUMENTS = [path for path in sorted(ROOT.rglob("*.md")) if not SKIPPED & set(path.relative_to(ROOT).parts)]


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub names them."""
    tokens = MarkdownIt("commonmark").parse(text)
    headings = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(document: Path) -> list[str]:
    """The links and pictures of a document that lead nowhere; addresses of other places are not looked at."""
    found = []
    for token in MarkdownIt("commonmark").enable("table").parse(document.read_text(encoding="utf-8")):
        for part in token.children or ():
            address = part.attrs.get("href") or part.attrs.get("src")
            if not address or re.match(r"[a-z]+:", str(address)):
                continue
            name, _, anchor = str(address).partition("#")
            target = (document.parent / name) if name else document
            there = target.exists()
            if there and anchor and target.suffix == ".md":
                there = anchor in anchors(target.read_text(encoding="utf-8"))
            if not there:
                found.append(str(address))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_documents_links_lead_somewhere(document):
    assert broken(document) == []


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "a.md").write_text(
        "# One heading\n[there](b.md) [here](#one-heading) [gone](c.md) [no](#two) ![](p.png)"
    )
    (tmp_path / "b.md").write_text("# B")
    assert broken(tmp_path / "a.md") == ["c.md", "#two", "p.png"]


def test_every_command_of_make_is_in_its_help():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in re.findall(r"^([a-z0-9]+):.*##", text, re.MULTILINE):
        assert f"make {target} " in shown
