"""`python -m grader build`, `leak`, `prove`, `stats`: for who changes the course.

What a command needs is imported inside it, so that --help and a mistyped command answer at once.
"""

from __future__ import annotations

import argparse


def add_commands(commands: argparse._SubParsersAction) -> None:
    build = commands.add_parser("build", help="make solution notebooks and their releases from the sources")
    build.add_argument("chapters", nargs="*", metavar="CHAPTER", help="folder names or numbers; all when none is given")
    build.add_argument(
        "--check", action="store_true", help="write nothing; say what is stale, and exit 1 if anything is"
    )
    build.add_argument("--execute", action="store_true", help="execute every cell again")
    build.set_defaults(run=_build)

    leak = commands.add_parser("leak", help="prove that nothing of a solution is in the releases")
    leak.set_defaults(run=_leak)

    release = commands.add_parser("release", help="write the archive that students get")
    release.add_argument(
        "chapters", nargs="*", metavar="CHAPTER", help="folder names or numbers; all when none is given"
    )
    release.add_argument("--to", default="dist", metavar="FOLDER", help="where to write it (default: dist)")
    release.set_defaults(run=_release)

    site = commands.add_parser("site", help="make the reader's site: the released notebooks as pages")
    site.add_argument("--to", default="build/site", metavar="FOLDER", help="where to write it (default: build/site)")
    site.set_defaults(run=_site)

    prove = commands.add_parser("prove", help="try every answer on file against a chapter's tests")
    prove.add_argument("chapters", nargs="*", metavar="CHAPTER", help="folder names or numbers; all when none is given")
    prove.set_defaults(run=_prove)

    stats = commands.add_parser("stats", help="measure chapters beside the shape the course aims for")
    stats.add_argument("chapters", nargs="*", metavar="CHAPTER", help="folder names or numbers; all when none is given")
    stats.set_defaults(run=_stats)


def _build(arguments: argparse.Namespace) -> int:
    from grader.build import notebooks
    from grader.build.source import course_root

    root = course_root()
    if not arguments.check:
        notebooks.build(root, arguments.chapters, execute=arguments.execute)
        return 0
    found = notebooks.stale(root)
    for sentence in found:
        print(f"stale: {sentence}")
    print(
        "Run `make notebooks` and commit what it writes." if found else "Generated notebooks agree with their sources."
    )
    return 1 if found else 0


def _leak(arguments: argparse.Namespace) -> int:
    from grader.build.leak import leaks
    from grader.build.source import course_root

    found = leaks(course_root())
    for sentence in found:
        print(f"leak: {sentence}")
    print(f"{len(found)} leaks." if found else "Nothing of a solution is in notebooks/.")
    return 1 if found else 0


def _release(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from grader.build.archive import write_archive
    from grader.build.source import course_root

    path = write_archive(course_root(), Path(arguments.to), arguments.chapters)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, the same bytes for the same course.")
    return 0


def _site(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from grader.build.source import course_root
    from grader.errors import GraderError

    try:
        from grader.build.site.pages import build_site
    except ModuleNotFoundError as error:
        raise GraderError(f"The site needs the package {error.name}: `make site` brings it.") from None
    pages = build_site(course_root(), Path(arguments.to))
    print(f"{len(pages)} pages. Open {pages[-1]}.")
    return 0


def _prove(arguments: argparse.Namespace) -> int:
    from grader.build.proof import prove
    from grader.build.source import course_root, find_chapters

    root, faults = course_root(), 0
    for chapter in find_chapters(root, arguments.chapters):
        tried: dict[str, list[int]] = {}
        for outcome in prove(root, chapter):
            counts = tried.setdefault(outcome.exercise, [0, 0])
            counts[outcome.answer.kind == "wrong"] += 1
            if outcome.fault:
                faults += 1
                print(f"{outcome.exercise}, {outcome.answer.kind} answer {outcome.answer.name!r}: {outcome.fault}")
                print(outcome.report)
        for exercise, (right, wrong) in tried.items():
            print(f"{chapter.name} {exercise}: {right} right variants and {wrong} wrong answers tried")
    print(f"{faults} faults." if faults else "Every right variant is accepted and every wrong answer rejected.")
    return 1 if faults else 0


def _stats(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from grader.build.source import course_root, find_chapters, read_source
    from grader.build.stats import measure

    for chapter in find_chapters(course_root(), arguments.chapters):
        table = Table("measure", "value", "aim", "", title=chapter.name)
        for row in measure(read_source(chapter.source)):
            table.add_row(row.name, row.value, row.target, "" if row.within else "outside")
        Console().print(table)
    return 0
