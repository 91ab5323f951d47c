"""A submission's autograded folder, as nbgrader leaves it: its files, the course's files, the executed notebooks."""

from __future__ import annotations

from collections.abc import Mapping

import nbformat
from nbgrader.preprocessors import IgnorePattern, LimitOutput

from grader.build.notebooks import as_bytes
from grader.grade.course import Course, HandIn
from grader.grade.result import Result
from grader.grade.store import write_atomically


def write_autograded(course: Course, assignment: str, hand_in: HandIn, results: Mapping[str, Result]) -> None:
    """Bring a student's autograded folder up to date; a file that is right already is not touched.

    results: notebook's name -> its result. Files of the submission come first, then those of the assignment's source
    folder in their place (but for `Autograde.exclude_overwriting`), then the notebooks. Others are removed.
    """
    folder = course.folder("autograded", assignment, hand_in.student)
    contents = {name: path.read_bytes() for name, path in course.files(assignment, hand_in).items()}
    stamp = hand_in.folder / "timestamp.txt"
    if stamp.is_file() and not stamp.is_symlink():
        contents["timestamp.txt"] = stamp.read_bytes()
    for name, result in results.items():
        contents[f"{name}.ipynb"] = as_bytes(_limited(course, result))
    mode = int(str(course.config.Autograde.get("permissions", 664 if course.directory.groupshared else 444)), 8)
    for name, content in contents.items():
        path = folder / name
        if path.is_symlink() or not path.is_file() or path.read_bytes() != content:
            write_atomically(path, content, mode)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in contents:
            path.unlink()


def _limited(course: Course, result: Result) -> nbformat.NotebookNode:
    """The executed notebook after nbgrader's own steps that only shorten outputs."""
    notebook = nbformat.from_dict(result.notebook)
    for step in (IgnorePattern, LimitOutput):
        worker = step(config=course.config)
        if worker.enabled:
            notebook, _ = worker.preprocess(notebook, {})
    return notebook
