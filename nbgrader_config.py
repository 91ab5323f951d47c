"""nbgrader's settings for this course. Start nbgrader, or JupyterLab with Formgrader, in this folder."""

import os
import sys
from pathlib import Path

from nbgrader.converters import GenerateAssignment

from grader.build.release import SettleRelease
from grader.grade.execute import AUTOGRADE, SANITISE, SubmissionExporter, remove_links
from grader.grade.feedback import FeedbackExporter

c = get_config()  # noqa: F821 (traitlets puts it there)
root = Path(__file__).resolve().parent
working = root / "class"
(working / "exchange").mkdir(parents=True, exist_ok=True)

# A new gradebook runs `alembic`, which nbgrader looks for on PATH: it lies beside this interpreter.
scripts = str(Path(sys.executable).parent)
if scripts not in os.environ["PATH"].split(os.pathsep):
    os.environ["PATH"] = scripts + os.pathsep + os.environ["PATH"]

# What a gradient earns that is right given the student's own wrong gradients further up: full, half or none.
os.environ.setdefault("GRADER_CARRIED", "full")
# How submissions are kept apart: full, process (what this system has) or none; `python -m grader doctor` tells more.
os.environ.setdefault("GRADER_ISOLATION", "full")
# Where challenges that take a device run once more, for remarks and never for points: cpu or cuda.
os.environ.setdefault("GRADER_DEVICE", "cpu")

c.CourseDirectory.course_id = "autodiff"
c.CourseDirectory.root = str(root)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = "class/submitted"
c.CourseDirectory.autograded_directory = "class/autograded"
c.CourseDirectory.feedback_directory = "class/feedback"
c.CourseDirectory.db_url = f"sqlite:///{working / 'gradebook.db'}"
# Text sources stay out of the release; a student's own .py files stay out of grading.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache", "*.py"]
# Nothing is handed out through nbgrader's exchange; without a folder of its own it warns at every start.
c.Exchange.root = str(working / "exchange")

c.ClearSolutions.code_stub = {"python": "pass  # your code here"}
c.GenerateAssignment.preprocessors = [*GenerateAssignment.class_traits()["preprocessors"].default(), SettleRelease]
# Grading: cells in a confined student process, hidden tests in a verifier that it cannot reach.
c.Autograde.exporter_class = SubmissionExporter
c.Autograde.sanitize_preprocessors = SANITISE
c.Autograde.autograde_preprocessors = AUTOGRADE
c.Autograde.pre_convert_hook = remove_links
# Feedback pages draw their maths without a script.
c.GenerateFeedback.exporter_class = FeedbackExporter
