"""A class as a page, and as CSV and JSON beside it."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.grade.report.figures import Class, Row, words

MOST = 30  # rows of a ranking
NAMED = 8  # students named before the rest is folded


def write_report(of: Class, place: Path) -> dict[str, Path]:
    """Write `place`/ASSIGNMENT.html, .csv and .json; returns the paths by kind. Links to feedback are relative."""
    place.mkdir(parents=True, exist_ok=True)
    texts = {"html": as_html(of, place), "csv": as_csv(of), "json": as_json(of)}
    paths = {kind: place / f"{of.assignment}.{kind}" for kind in texts}
    for kind, text in texts.items():
        paths[kind].write_text(text, encoding="utf-8", newline="")
    return paths


def as_html(of: Class, place: Path) -> str:
    """One self-contained page: no script, no request; every text from a submission is escaped."""
    pages = {row.student: quote(Path(os.path.relpath(row.page, place)).as_posix()) for row in of.rows if row.page}

    def link(student: str) -> Markup:
        text = escape(student)
        return Markup(f'<a href="{escape(pages[student])}">{text}</a>') if student in pages else text

    def who(students: list[str]) -> Markup:
        first = Markup(", ").join(map(link, students[:NAMED]))
        if len(students) <= NAMED:
            return first
        rest = Markup(", ").join(map(link, students[NAMED:]))
        return first + Markup(f"<details><summary>and {len(students) - NAMED} more</summary>{rest}</details>")

    loader = PackageLoader("grader.grade.report", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"g": number, "words": words, "notes": notes}
    environment.globals |= {"bar": bar, "link": link, "who": who}
    rows = of.submitted
    return environment.get_template("page.html.j2").render(
        c=of,
        bins=of.bins(),
        success=list(of.success()) if rows else [],
        misconceptions=of.misconceptions(),
        unexplained=of.unexplained(),
        most=MOST,
        isolation=", ".join(sorted({row.isolation for row in rows if row.isolation})),
        flagged=[row for row in rows if row.flags],
        limited=[row for row in rows if row.limits],
        waiting=sum(bool(row.flags) for row in rows),
        late=sum(row.late > 0 for row in rows),
    )


def as_csv(of: Class) -> str:
    """A line a student: points by exercise, total, seconds late, notes. A cell never begins a spreadsheet's formula."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["student", *of.points, "total", "of", "seconds late", "notes"])
    for row in of.rows:
        scores = [row.scores.get(exercise, 0.0) if row.submitted else "" for exercise in of.points]
        total = row.total if row.submitted else ""
        out.writerow([_plain(row.student), *scores, total, of.maximum, round(row.late), _plain(notes(row))])
    return text.getvalue()


def as_json(of: Class) -> str:
    """Everything that the page shows, and the parts of the rankings that it leaves out."""
    found = {
        "assignment": of.assignment,
        "points": of.points,
        "students": [asdict(row) | {"total": row.total} for row in of.rows],
        "misconceptions": [asdict(common) for common in of.misconceptions()],
        "unexplained": [asdict(common) for common in of.unexplained()],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def notes(row: Row) -> str:
    """What a person should know about a submission, in a line."""
    if not row.submitted:
        return "nothing handed in"
    late = [f"{row.late / 3600:.1f} h late"] if row.late > 0 else []
    return "; ".join([*late, *row.flags, *row.limits])


def number(value: float) -> str:
    return f"{round(float(value), 2):g}"


def bar(value: float, of: float) -> Markup:
    """A bar whose number stands beside it in the table: nothing for a screen reader to say."""
    width = 100 * value / of if of else 0.0
    return Markup(f'<span class="track" aria-hidden="true"><span class="bar" style="width:{width:.1f}%"></span></span>')


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
