"""`python -m grader demo | collect | report | doctor`: for who grades a class.

What a command needs is imported inside it, so that --help and a mistyped command answer at once.
"""

from __future__ import annotations

import argparse


def add_commands(commands: argparse._SubParsersAction) -> None:
    demo = commands.add_parser("demo", help="grade the bundled class and print its table")
    demo.add_argument("chapter", nargs="?", default="05", metavar="CHAPTER", help="whose class (default: 05)")
    demo.set_defaults(run=_demo)

    collect = commands.add_parser("collect", help="sort what students handed in into class/submitted")
    collect.add_argument("download", metavar="DOWNLOAD", help="a folder or zip file of hand-ins, or an LMS's")
    collect.add_argument("chapters", nargs="*", metavar="CHAPTER", help="take these only; all when none is given")
    collect.set_defaults(run=_collect)

    doctor = commands.add_parser("doctor", help="say which layers of the sandbox this machine has")
    doctor.set_defaults(run=_doctor)

    report = commands.add_parser("report", help="write a page about a graded class, with CSV and JSON beside it")
    report.add_argument("chapter", metavar="CHAPTER", help="folder name or number")
    report.add_argument("--to", metavar="FOLDER", help="where to write it (default: beside the gradebook, report/)")
    report.set_defaults(run=_report)


def _report(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from nbgrader.api import Gradebook

    from grader.build.release import course_config
    from grader.build.source import course_root, find_chapters
    from grader.grade.report.figures import gather
    from grader.grade.report.page import write_report

    root = course_root()
    (chapter,) = find_chapters(root, [arguments.chapter])
    course = course_config(root).CourseDirectory
    with Gradebook(course.db_url) as gradebook:
        of = gather(gradebook, chapter.name, root / course.autograded_directory, root / course.feedback_directory)
    place = Path(arguments.to) if arguments.to else root / Path(course.autograded_directory).parent / "report"
    paths = write_report(of, place)
    print(f"{paths['html']}: {len(of.submitted)} submissions, {len(of.misconceptions())} kinds of mistakes named.")
    return 0


def _collect(arguments: argparse.Namespace) -> int:
    from collections import Counter
    from pathlib import Path

    from grader.build.release import course_config
    from grader.build.source import course_root
    from grader.errors import GraderError
    from grader.grade.collect import collect, store
    from grader.handin.manifest import Manifest

    root = course_root()
    download = Path(arguments.download)
    if not download.exists():
        raise GraderError(f"There is no {download}.")
    manifest = Manifest.find(root)
    collection = collect(download, manifest, manifest.pick(arguments.chapters))
    submitted = root / course_config(root).CourseDirectory.submitted_directory
    store(collection, submitted, manifest)
    for sentence in collection.refused:
        print(f"not taken: {sentence}")
    for chapter, number in sorted(Counter(chapter for _, chapter in collection.taken).items()):
        print(f"{chapter}: {number} submissions")
    if not collection.taken:
        print("Nothing was taken.")
        return 1
    print(f"They lie in {submitted.relative_to(root)}, each with the time at which it was handed in.")
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from grader.build.source import course_root
    from grader.grade.demo import demonstrate

    return demonstrate(course_root(), arguments.chapter)


def _doctor(arguments: argparse.Namespace) -> int:
    from grader.grade.doctor import examine

    return examine()
