"""The release: what students get, made from a solution by nbgrader's own `generate_assignment`."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config, PyFileConfigLoader

from grader.build.source import KERNEL, BuildError, Chapter, cell_slug, content_id

# Tags that speak to whoever tests or measures the solution, not to a student.
SOLUTION_TAGS = {"figure", "nbval-ignore-output", "nbval-skip", "nbval-check-output", "nbval-raises-exception"}
IGNORED_FILES = shutil.ignore_patterns("*.py", "*.ipynb", "__pycache__", ".ipynb_checkpoints")


class SettleRelease(NbGraderPreprocessor):
    """The last step of `generate_assignment`: the same bytes for the same source, whoever last ran the notebook.

    Fixed cell ids, and nothing left of an execution: times, widget states, versions, tags about the solution.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        nb.nbformat_minor = max(nb.nbformat_minor, 5)
        nb.metadata = NotebookNode(kernelspec=NotebookNode(KERNEL), language_info=NotebookNode(name="python"))
        used: set[str] = set()
        for cell in nb.cells:
            cell.id = self._cell_id(cell, used)
            used.add(cell.id)
            for key in ("execution", "ExecuteTime", "jupyter", "collapsed", "scrolled"):
                cell.metadata.pop(key, None)
            tags = [tag for tag in cell.metadata.pop("tags", []) if tag not in SOLUTION_TAGS]
            if tags:
                cell.metadata["tags"] = tags
        return nb, resources

    @staticmethod
    def _cell_id(cell: NotebookNode, used: set[str]) -> str:
        """The grade id's slug; else the id that the build gave; else (a random id) one made from the text."""
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id:
            return cell_slug(grade_id)
        name = cell.get("id", "")
        if not name or (len(name) <= 36 and set(name) <= set("0123456789abcdef-")):
            name = content_id(cell.cell_type, cell.source)
        base, count = name, 1
        while name in used:
            count += 1
            name = f"{base}-{count}"
        return name


def course_config(root: Path) -> Config:
    """The settings in `root`/nbgrader_config.py."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()


def make_release(root: Path, chapter: Chapter, notebook: NotebookNode, workshop: Path) -> dict[str, bytes]:
    """Run `generate_assignment --no-db` on `notebook` inside the empty folder `workshop`.

    Returns the files of the release, by path relative to the release directory ("05_x/x.ipynb").
    Raises BuildError with nbgrader's last words when it fails.
    """
    config = course_config(root)
    config.CourseDirectory.root = str(workshop)
    config.CourseDirectory.assignment_id = chapter.name
    config.SaveCells.enabled = False
    config.GenerateAssignment.no_database = True
    config.GenerateAssignment.force = True
    course = CourseDirectory(config=config)
    source = workshop / course.source_directory / chapter.name
    shutil.copytree(chapter.folder, source, ignore=IGNORED_FILES)
    nbformat.write(notebook, source / chapter.solution.name)
    words = _Words()
    converter = GenerateAssignment(coursedir=course, config=config)
    converter.log.addHandler(words)
    try:
        converter.start()
    except (NbGraderException, SystemExit):
        raise BuildError(f"nbgrader could not make the release of {chapter.name}:\n{words.text()}") from None
    finally:
        converter.log.removeHandler(words)
    released = workshop / course.release_directory
    return {
        path.relative_to(released).as_posix(): path.read_bytes()
        for path in sorted(released.rglob("*"))
        if path.is_file()
    }


class _Words(logging.Handler):
    """Keeps nbgrader's errors, to be shown only when it fails."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage().strip().split("\n")[-1])

    def text(self) -> str:
        return "\n".join(self.lines)
