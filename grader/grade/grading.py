"""Grade one submission: its cells in a student process, its hidden tests in a verifier process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.check.credit import clamp
from grader.grade.assignment import Assignment
from grader.grade.result import Result


@dataclass(frozen=True)
class Settings:
    """How submissions are graded. Times in seconds, sizes in bytes.

    isolation: what a student process runs under: "full", "process" or "none" (see `sandbox.Policy`).
    carried: what a gradient earns that is right given the student's own wrong ones: "full", "half" or "none".
    secret: the course's secret, from which the challenges' seeds are made; "" for those of the public course.
    cell_seconds: for one cell. request_seconds: for one question of a test. test_seconds: for one hidden test.
    submission_seconds: for all of a submission. restarts: how often a student process that ended is started again.
    """

    isolation: str = "full"
    carried: str = "full"
    secret: str = ""
    cell_seconds: float = 60.0
    request_seconds: float = 30.0
    test_seconds: float = 120.0
    submission_seconds: float = 600.0
    restarts: int = 5
    memory: int = 4 << 30
    processes: int = 64
    disk: int = 256 << 20


def grade(
    submission: Mapping[str, object],
    assignment: Assignment,
    settings: Settings | None = None,
    *,
    folder: Path | None = None,
) -> Result:
    """Grade one submitted notebook; the one function that nbgrader's path and a whole class's run both use.

    submission: the notebook as nbformat JSON, as it was handed in. folder: the submission's other files, where it has
    any. Safe to call from several threads at a time. It never raises for what a submission does.
    """
    # Until the processes are here: in this process, as a rehearsal.
    import ast
    import contextlib
    import io

    from grader.check.submission import LiveSubmission

    settings = settings or Settings()
    history: list[str] = []
    namespace: dict[str, object] = {"__name__": "__main__", "In": history}
    live = LiveSubmission(namespace, lambda: list(history))
    notebook = json.loads(json.dumps(submission))
    figures = {cell.source for cell in assignment.cells if cell.figure}
    scores = dict.fromkeys(assignment.scored, 0.0)
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        known = assignment.cell(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
        if cell["cell_type"] != "code" or source in figures:
            continue
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
            if known is None or not known.scored:
                history.append(source)
                exec(compile(source, "<cell>", "exec"), namespace)
                continue
            *body, last = ast.parse(known.hidden).body
            scope = {"submission": live}
            exec(compile(ast.Module(body, []), "<hidden tests>", "exec"), scope)
            scores[known.grade_id] = clamp(
                eval(compile(ast.Expression(last.value), "<hidden tests>", "eval"), scope), known.points
            )
    return Result(notebook, scores)
