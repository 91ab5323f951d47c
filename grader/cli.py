"""The command line: `python -m grader COMMAND`.

Each room of the package brings its commands in a module `commands`. A student's copy has the room `handin` alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from grader.errors import GraderError

ROOMS = ("handin", "build", "grade")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit code. Errors of ours become one message, without a traceback."""
    # jsonschema, which nbformat uses, would compile 38 grammars for a kind of address that no notebook's schema names.
    sys.modules.setdefault("rfc3987_syntax", None)
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except GraderError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m grader", description="A workbook that checks itself.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for room in ROOMS:
        if (Path(__file__).parent / room / "commands.py").exists():
            import_module(f"grader.{room}.commands").add_commands(commands)
    return parser
