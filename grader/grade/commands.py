"""`python -m grader demo`: for who grades a class.

What a command needs is imported inside it, so that --help and a mistyped command answer at once.
"""

from __future__ import annotations

import argparse


def add_commands(commands: argparse._SubParsersAction) -> None:
    demo = commands.add_parser("demo", help="grade the bundled class and print its table")
    demo.add_argument("chapter", nargs="?", default="05", metavar="CHAPTER", help="whose class (default: 05)")
    demo.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    from grader.build.source import course_root
    from grader.grade.demo import demonstrate

    return demonstrate(course_root(), arguments.chapter)
