"""The trusted path as nbgrader's own steps: `nbgrader autograde`, its Python API and Formgrader's button all take it.

nbgrader_config.py puts these in the place of nbgrader's lists:

    sanitise   Sanitise: the notebook made anew from what the gradebook knows; every score 0 until it is earned
    autograde  Execute: student process and verifier; then SaveAutoGrades, SaveFlags, AssignLatePenalties
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    AssignLatePenalties,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)

from grader.grade.assignment import Assignment, from_gradebook
from grader.grade.beside import files_beside
from grader.grade.grading import grade
from grader.grade.kept import complete, key_of, store_of
from grader.grade.result import Result
from grader.grade.sanitise import read_submission, sanitise
from grader.grade.settings import Settings

PROBLEM = "grader_problem"
FLAGS = "grader_flags"


class SubmissionExporter(NotebookExporter):
    """Reads whatever was handed in: what is no notebook becomes an empty one that says so."""

    def from_filename(self, filename: str, resources: ResourcesDict | None = None, **kw: object):
        raw, problem = read_submission(Path(filename))
        resources = resources if resources is not None else ResourcesDict()
        resources[PROBLEM] = problem
        resources["metadata"] = ResourcesDict(name=Path(filename).stem, path=str(Path(filename).parent))
        notebook = NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(), cells=raw["cells"])
        return self.from_notebook_node(nbformat.from_dict(notebook), resources, **kw)


class _Step(NbGraderPreprocessor):
    """What the steps have in common: whose notebook of which assignment they hold."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        who = resources["nbgrader"]
        self.student, self.name, self.notebook = who["student"], who["assignment"], who["notebook"]
        self.db_url = who["db_url"]
        return self.step(nb, resources)

    def step(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        raise NotImplementedError

    @property
    def coursedir(self) -> CourseDirectory:
        return self.parent.parent.coursedir  # of the exporter's converter

    def assignment(self) -> Assignment:
        source = Path(self.coursedir.format_path(self.coursedir.source_directory, ".", self.name))
        path = source / f"{self.notebook}.ipynb"
        instructors = nbformat.read(path, as_version=4) if path.exists() else None
        with Gradebook(self.db_url) as gradebook:
            return from_gradebook(gradebook, self.name, self.notebook, instructors)


class Sanitise(_Step):
    """The submitted notebook made anew, and every score of its tests set to 0 until it is earned again."""

    def step(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        assignment = self.assignment()
        notebook, remarks = sanitise(nb, assignment, resources.get(PROBLEM, ""))
        for remark in remarks:
            self.log.warning("%s, %s: %s", self.student, self.notebook, remark)
        with Gradebook(self.db_url) as gradebook:
            for found in gradebook.find_submission_notebook(self.notebook, self.name, self.student).grades:
                if found.name in assignment.scored:
                    found.auto_score = 0
            gradebook.db.commit()
        return notebook, resources


class Execute(_Step):
    """Grade the notebook in its processes, where its result is not kept; graded cells get the verifier's outputs."""

    def step(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        places = [
            Path(self.coursedir.format_path(directory, student, self.name))
            for directory, student in (
                (self.coursedir.submitted_directory, self.student),
                (self.coursedir.source_directory, "."),
            )
        ]
        files = files_beside(places, self.coursedir.ignore)
        assignment, settings = self.assignment(), Settings()
        notebook, _ = sanitise(nb, assignment)

        def work(wanted: frozenset[str] | None) -> Result:
            with placed(files) as folder:
                return grade(notebook, assignment, settings, folder=folder, wanted=wanted)

        key = key_of(notebook, assignment, self.coursedir, files=files, settings=settings)
        result = complete(store_of(self.coursedir), key, assignment, work)
        for name, flags in result.flags.items():
            self.log.warning("%s, %s: %s", self.student, name, " ".join(flags))
        resources[FLAGS] = result.flags
        return nbformat.from_dict(result.notebook), resources


class SaveFlags(_Step):
    """After SaveAutoGrades, which says that nothing needs a person: what was flagged does, with a comment on why."""

    def step(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        flags = resources.get(FLAGS) or {}
        if flags:
            save_flags(self.db_url, self.assignment(), self.student, flags)
        return nb, resources


def save_flags(db_url: str, assignment: Assignment, student: str, flags: dict[str, list[str]]) -> None:
    """Mark each flagged cell as needing a person, and say why beside the answer above it."""
    where = (assignment.notebook, assignment.name, student)
    answers: dict[str, str] = {}
    latest = ""
    for cell in assignment.cells:
        latest = cell.grade_id if cell.solution else latest
        answers[cell.grade_id] = latest
    with Gradebook(db_url) as gradebook:
        for name, sentences in flags.items():
            gradebook.find_grade(name, *where).needs_manual_grade = True
            if answers.get(name):
                comment = gradebook.find_comment(answers[name], *where)
                comment.auto_comment = "Flagged for a person: " + " ".join(sentences)
        gradebook.db.commit()


@contextlib.contextmanager
def placed(files: Mapping[str, Path]) -> Iterator[Path]:
    """A folder with copies of these files, by relative name; removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="files-") as made:
        for name, path in files.items():
            copy = Path(made, name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        yield Path(made)


def remove_links(assignment: str, student: str, notebooks: Sequence[str]) -> None:
    """nbgrader's hook before a submission is converted: take links out of it, which nbgrader would follow and copy."""
    for folder in {Path(notebook).parent for notebook in notebooks}:
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_symlink():
                path.unlink()


SANITISE = [Sanitise]
AUTOGRADE = [Execute, IgnorePattern, LimitOutput, SaveAutoGrades, SaveFlags, AssignLatePenalties]
