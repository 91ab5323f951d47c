"""The same attacks on nbgrader alone, beside this grader: `python -m tests.hostile --stock`.

Only those that want points, secrets or a lost submission: nbgrader runs a submission without limits, so one that uses
up the machine would show nothing but that.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grader.build.notebooks import as_bytes
from grader.build.source import read_source
from tests.hostile import course
from tests.hostile.course import COURSE, FORBIDDEN, SOURCE, Case
from tests.hostile.harness import PORT
from tests.hostile.listeners import listeners

CASES = (
    "patch_torch", "patch_assert", "patch_builtins", "patch_check", "patch_ipython", "print_score", "html_output",
    "read_solutions", "read_gradebook", "read_classmates", "read_environment", "read_gc", "read_history",
    "write_outside", "daemon", "tcp", "os_exit", "segfault", "nan", "lazy_objects", "lying_tensors", "detect_replay",
    "hidden_delimiters", "forged_points", "forged_points_as_text", "forged_test", "forged_outputs", "duplicated_tests",
    "deleted_tests", "marked_as_solution", "wrong_checksums", "renamed_cells", "swapped_cells", "old_format",
    "broken_cells", "no_notebook",
)  # fmt: skip

# The text of a hidden test, and of what others handed in.
SECRETS = frozenset({course.SECRET, course.TEST_WORD})


@dataclass(frozen=True)
class Stock:
    """What nbgrader made of one submission. scores: None where it gave none. seen: forbidden words in its outputs."""

    name: str
    scores: dict[str, float] | None
    seen: tuple[str, ...]
    reached: bool


def grade_with_nbgrader(cases: list[Case], visited: Callable[[], bool]) -> list[Stock]:
    """Grade with nbgrader's own converters and default settings, in a nest. visited: whether a service was reached."""
    home = Path(tempfile.mkdtemp(prefix="home-"))
    os.environ |= {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home), "IPYTHONDIR": str(home)}
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # for alembic
    api = _api()
    source = COURSE / "source" / "01_toy"
    source.mkdir(parents=True)
    (source / "toy.ipynb").write_bytes(as_bytes(read_source(SOURCE)))
    made = api.generate_assignment("01_toy")
    assert made["success"], made["log"]
    return [_grade(api, case, visited) for case in cases]


def _grade(api: NbGraderAPI, case: Case, visited: Callable[[], bool]) -> Stock:
    folder = COURSE / "submitted" / case.name / "01_toy"
    folder.mkdir(parents=True)
    (folder / "toy.ipynb").write_text(json.dumps(case.notebook))
    before = visited()
    graded = api.autograde("01_toy", case.name)["success"]
    scores = None
    if graded:
        with Gradebook(api.coursedir.db_url) as gradebook:
            try:
                books = gradebook.find_submission("01_toy", case.name).notebooks
                scores = {grade.cell.name: float(grade.score or 0) for book in books for grade in book.grades}
            except MissingEntry:
                scores = None
    written = COURSE / "autograded" / case.name / "01_toy" / "toy.ipynb"
    text = _outputs(written) if written.exists() else ""
    return Stock(case.name, scores, tuple(word for word in FORBIDDEN if word in text), visited() and not before)


def _outputs(path: Path) -> str:
    return json.dumps([cell.get("outputs", []) for cell in json.loads(path.read_text())["cells"]])


def _api() -> NbGraderAPI:
    config = Config()
    config.CourseDirectory.root = str(COURSE)
    config.CourseDirectory.db_url = f"sqlite:///{COURSE / 'nbgrader.db'}"
    config.Exchange.root = str(COURSE / "exchange")
    config.Execute.timeout = 20
    config.ClearSolutions.code_stub = {"python": "pass  # your code here"}
    (COURSE / "exchange").mkdir()
    course_directory = CourseDirectory(config=config)
    return NbGraderAPI(coursedir=course_directory, config=config)


def table(found: list[Stock], cases: list[Case]) -> str:
    """What each attack got from nbgrader, and from this grader (`make hostile` proves that column), in Markdown."""
    rows = ["| attempt | its honest part | nbgrader | here |", "|---|---:|---|---:|"]
    about = {case.name: case for case in cases}
    for each in found:
        case = about[each.name]
        honest = sum(case.honest.values())
        words = "not graded" if each.scores is None else f"{sum(each.scores.values()):g}"
        if each.scores is not None and sum(each.scores.values()) > honest:
            words = f"**{words}**"
        words += ", secrets shown" * bool(set(each.seen) & SECRETS) + ", reached a service" * each.reached
        rows.append(f"| {case.about} | {honest:g} | {words} | {honest:g} |")
    return "\n".join(rows)


def stock() -> int:
    """Print the table; in a nest."""
    course.set_up()
    log = Path(tempfile.gettempdir()) / "visitors"
    log.write_text("")
    os.environ["HOSTILE_SECRET"] = course.SECRET
    cases = course.read_cases(list(CASES))
    with listeners(PORT, log):
        print(table(grade_with_nbgrader(cases, lambda: bool(log.read_text())), cases))
    return 0
