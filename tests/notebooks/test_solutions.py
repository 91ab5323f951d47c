"""The solution notebooks run again and give what they store; pictures, and cells marked in the source, aside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.build.source import find_chapters

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = find_chapters(ROOT)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_a_solution_gives_its_stored_outputs(chapter):
    """Loops take their quick step counts: the cells that show it are marked nbval-ignore-output."""
    assert chapter.solution.exists(), "not built yet: make notebooks"
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-kernel-name", "python3", "-q", "--no-header"]
    command += ["--nbval-sanitize-with", "tests/notebooks/sanitize.cfg", "--nbval-cell-timeout", "300"]
    command += ["-p", "no:cacheprovider", "-p", "nbval_history", str(chapter.solution.relative_to(ROOT))]
    environment = {
        name: value for name, value in os.environ.items() if name not in ("NBGRADER_EXECUTION", "MPLBACKEND")
    }
    paths = [str(Path(__file__).parent), *filter(None, [environment.get("PYTHONPATH")])]
    environment |= {"GRADER_QUICK": "1", "PYTHONPATH": os.pathsep.join(paths)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-6000:]


def test_there_are_solutions():
    assert CHAPTERS
