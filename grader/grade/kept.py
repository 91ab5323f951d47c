"""Kept results of a course: what a run over a class has computed, `nbgrader autograde` and Formgrader find again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory

from grader.grade.assignment import Assignment
from grader.grade.fingerprint import Key, digest_data, environment, fingerprint, separable, versions
from grader.grade.result import Result, merge
from grader.grade.settings import Settings
from grader.grade.store import FOLDER, Store


def store_of(directory: CourseDirectory) -> Store:
    """The course's kept results: beside the autograded notebooks, which are the instructor's as well."""
    return Store(Path(directory.root, directory.autograded_directory).parent / FOLDER)


def key_of(
    notebook: NotebookNode,
    assignment: Assignment,
    directory: CourseDirectory,
    *,
    files: Mapping[str, Path],
    settings: Settings,
) -> Key:
    """What a submitted notebook's result is kept under. notebook: as `sanitise` makes it; files: those beside it."""
    data = digest_data(files, Path(directory.root) / "data")
    told = {**asdict(settings), **environment()}
    return fingerprint(notebook, assignment, data=data, settings=told, versions=versions())


def wanted_of(kept: Result | None, key: Key, assignment: Assignment) -> frozenset[str] | None:
    """The graded cells that are not kept; None where all have to be run (nothing is kept, or tests hang together)."""
    if kept is None or not separable(assignment):
        return None
    return frozenset(set(key.cells) - set(kept.scores))


def complete(store: Store, key: Key, assignment: Assignment, work: Callable[[frozenset[str] | None], Result]) -> Result:
    """The kept result, or what `work` gives for the graded cells that are not kept (None: all); kept from now on."""
    kept = store.partial(key)
    if kept is not None and set(kept.scores) == set(key.cells):
        return kept
    wanted = wanted_of(kept, key, assignment)
    result = work(wanted)
    if kept is not None and wanted is not None:
        result = merge(kept, result, wanted)
    store.put(key, result)
    return result
