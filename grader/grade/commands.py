"""`python -m grader grade | demo | collect | report | doctor`: for who grades a class.

What a command needs is imported inside it, so that --help and a mistyped command answer at once.
"""

from __future__ import annotations

import argparse


def add_commands(commands: argparse._SubParsersAction) -> None:
    demo = commands.add_parser("demo", help="grade the bundled class and print its table")
    demo.add_argument("chapter", nargs="?", default="05", metavar="CHAPTER", help="whose class (default: 05)")
    demo.set_defaults(run=_demo)

    grade = commands.add_parser("grade", help="grade what a class handed in for an assignment")
    grade.add_argument("assignment", metavar="ASSIGNMENT", help="its name, or how it begins (05)")
    grade.add_argument("--students", nargs="+", default=[], metavar="STUDENT", help="only these (default: everyone)")
    grade.add_argument("--jobs", type=_at_least_one, metavar="N", help="submissions at a time (default: one a core)")
    grade.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler, as tcp://host:8786, instead of --jobs")
    grade.add_argument("--fresh", action="store_true", help="execute everything again, whatever results are kept")
    grade.add_argument(
        "--device", type=_device, metavar="DEVICE", help="cuda: challenges run there once more, for remarks"
    )
    grade.add_argument("--json", action="store_true", help="print JSON instead of a table")
    grade.add_argument("--verbose", action="store_true", help="a line for each submission when it is done")
    grade.set_defaults(run=_grade)

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


def _grade(arguments: argparse.Namespace) -> int:
    from grader.build.source import course_root
    from grader.grade.command import run_class
    from grader.grade.settings import Settings

    return run_class(
        course_root(),
        arguments.assignment,
        students=arguments.students,
        jobs=arguments.jobs,
        scheduler=arguments.scheduler,
        fresh=arguments.fresh,
        as_data=arguments.json,
        verbose=arguments.verbose,
        settings=Settings(device=arguments.device) if arguments.device else None,
    )


def _device(text: str) -> str:
    from grader.grade.sandbox.gpu import known
    from grader.grade.sandbox.policy import Refused

    try:
        return known(text)
    except Refused as refusal:
        raise argparse.ArgumentTypeError(str(refusal)) from None


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of jobs: give 1 or more")
    return int(text)


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
