"""`python -m grader submit`: for a student.

What a command needs is imported inside it, so that --help and a mistyped command answer at once.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction) -> None:
    submit = commands.add_parser("submit", help="run your notebooks and pack them into one file to hand in")
    submit.add_argument(
        "chapters",
        nargs="*",
        metavar="CHAPTER",
        help="numbers or folder names; every chapter that you changed when none is given",
    )
    submit.add_argument("--no-run", action="store_true", help="pack without running the notebooks first")
    submit.set_defaults(run=_submit)


def _submit(arguments: argparse.Namespace) -> int:
    from grader.errors import GraderError
    from grader.handin.manifest import Manifest
    from grader.handin.submit import Readiness, find_notebook, is_touched, look_through, pack, read_notebook

    root = _workbook()
    manifest = Manifest.find(root)
    chapters = manifest.pick(arguments.chapters)
    if not arguments.chapters:
        chapters = [
            c
            for c in chapters
            if is_touched(read_notebook(find_notebook(root, c, manifest.chapters[c])), manifest.chapters[c])
        ]
        if not chapters:
            raise GraderError("No notebook has an answer in it yet. Save your notebook in JupyterLab first (Ctrl+S).")
    refused = 0
    for chapter in chapters:
        expected = manifest.chapters[chapter]
        path = find_notebook(root, chapter, expected)
        if arguments.no_run:
            continue
        print(f"{chapter}: running from top to bottom …", flush=True)
        ready: Readiness = look_through(path, chapter, expected)
        if ready.refusal:
            refused += 1
            print(f"  Cannot be handed in: {ready.refusal}")
            continue
        total = len(ready.done) + len(ready.unfinished)
        print(
            f"  {len(ready.done)} of {total} checks say right."
            + (f" Not yet: {', '.join(ready.unfinished)}." if ready.unfinished else "")
        )
        for remark in ready.remarks:
            print(f"  {remark}")
    if refused:
        print("Nothing was packed. Mend what is named above, save, and run this again.")
        return 1
    packed = pack(root, manifest, chapters, Path.cwd())
    print(f"Packed {', '.join(chapters)} into {packed.name}. Hand in that file.")
    return 0


def _workbook() -> Path:
    """The folder that holds notebooks/: here, or the nearest one above."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "notebooks").is_dir()), here)
