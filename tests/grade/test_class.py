"""Each bundled submission earns what its file says.

Its cells run here in one process, as a kernel would run them, and the chapter's own check cells grade it; nbgrader's
part is tested on the toy chapter (test_demo.py) and by `make grade`.
"""

import contextlib
import io
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from grader.build.release import make_release
from grader.build.source import BEGIN_HIDDEN, END_HIDDEN, find_chapters, read_source, regions
from grader.grade.answers import read_class, submit

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = {chapter.name: chapter for chapter in find_chapters(ROOT)}
CLASSES = {
    folder.name: read_class(folder) for folder in sorted((ROOT / "tests" / "classes").iterdir()) if folder.is_dir()
}
ENDS_ITS_PROCESS = {"kernel_dies"}
CASES = [
    pytest.param(name, answers, id=f"{name}-{answers.student}")
    for name, students in CLASSES.items()
    for answers in students
    if answers.student not in ENDS_ITS_PROCESS
]


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Chapter name -> (released notebook, source notebook)."""
    import nbformat

    made = {}
    for name in CLASSES:
        source = read_source(CHAPTERS[name].source)
        files = make_release(ROOT, CHAPTERS[name], source, tmp_path_factory.mktemp(name))
        text = files[f"{name}/{CHAPTERS[name].solution.name}"].decode()
        made[name] = (nbformat.reads(text, as_version=4), source)
    return made


def run_and_grade(submitted, source, folder: Path) -> dict[str, float]:
    """Exercise -> points. Cells that only draw are left out; a cell that raises does not stop the rest."""
    from grader.check.submission import LiveSubmission

    drawings = {cell.id for cell in source.cells if "figure" in cell.metadata.get("tags", [])}
    hidden = {
        cell.id: "\n".join(*regions(cell.source, BEGIN_HIDDEN, END_HIDDEN))
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    last = max(number for number, cell in enumerate(submitted.cells) if cell.id in hidden)
    history: list[str] = []
    namespace: dict[str, object] = {"__name__": "__main__", "In": history, "display": print, "check": print}
    submission = LiveSubmission(namespace, lambda: list(history))
    scores = {}
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for cell in submitted.cells[: last + 1]:
            if cell.cell_type != "code" or cell.id in drawings:
                continue
            history.append(TransformerManager().transform_cell(cell.source))
            with contextlib.suppress(Exception):
                exec(compile(history[-1], cell.id, "exec"), namespace)
                namespace["check"] = print
            if cell.id in hidden:
                scores[cell.id.removeprefix("check-").replace("-", ".")] = graded(hidden[cell.id], submission)
    return scores


def graded(hidden: str, submission) -> float:
    """The value of the hidden tests' last expression, in a namespace with `submission` and nothing else."""
    import ast

    *body, last = ast.parse(hidden).body
    scope = {"submission": submission}
    exec(compile(ast.Module(body, []), "<hidden tests>", "exec"), scope)
    earned = eval(compile(ast.Expression(last.value), "<hidden tests>", "eval"), scope)
    assert type(earned) is float
    return earned


def test_every_chapter_with_a_class_has_at_least_ten_students():
    assert CLASSES
    assert all(len(students) >= 10 for students in CLASSES.values())


def test_every_file_says_its_score_for_every_exercise(released):
    for name, students in CLASSES.items():
        graded_cells = [c for c in released[name][1].cells if c.metadata.get("nbgrader", {}).get("grade")]
        exercises = {cell.id.removeprefix("check-").replace("-", ".") for cell in graded_cells}
        for answers in students:
            assert set(answers.expected) == exercises, answers.student


@pytest.mark.parametrize(("name", "answers"), CASES)
def test_a_submission_earns_its_known_score(name, answers, released, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    release, source = released[name]
    scores = run_and_grade(submit(answers, release), source, CHAPTERS[name].folder)
    assert scores == pytest.approx(answers.expected, rel=0, abs=1e-3)


def test_the_solution_earns_full_marks(released, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    for name, (_, source) in released.items():
        points = {
            cell.id.removeprefix("check-").replace("-", "."): float(cell.metadata.nbgrader.points)
            for cell in source.cells
            if cell.metadata.get("nbgrader", {}).get("grade")
        }
        assert run_and_grade(source, source, CHAPTERS[name].folder) == points
