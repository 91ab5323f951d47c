"""One submission through its processes: what is right earns its points, what fails costs only what needed it."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader.grade.assignment import Assignment, from_source
from grader.grade.grading import UNTRUSTED, grade
from grader.grade.processes import warm
from grader.grade.result import Result
from grader.grade.sandbox import Refused, require
from grader.grade.settings import Settings


def strongest() -> str:
    try:
        require("full")
    except Refused:
        return "process"
    return "full"


SETTINGS = Settings(isolation=strongest(), cell_seconds=3, request_seconds=2, test_seconds=20, secret="of this course")
LAYOUT = {"1.1": 2, "1.2": 4, "1.3": 3}
HIDDEN = {
    "1.1": "2.0 * (submission.call('double', 3) == 6)",
    "1.2": "mark = 'no student sees this line'\n4.0 if submission.call('square', 5.0) == 25.0 else 0.0",
    "1.3": "3.0 if submission.value('z') == 'zed' else 0.0",
}
RIGHT = {"1.1": "def double(x):\n    return 2 * x", "1.2": "def square(x):\n    return x * x", "1.3": "z = 'zed'"}
ALL = {"check-1-1": 2.0, "check-1-2": 4.0, "check-1-3": 3.0}


def course(hidden: dict[str, str]) -> Assignment:
    cells = [new_code_cell("import torch\ngiven = torch.arange(3)\ncheck = print", id="given")]
    for exercise, points in LAYOUT.items():
        slug = exercise.replace(".", "-")
        answer, check = {"grade_id": f"answer-{slug}", "solution": True, "locked": False}, {"grade_id": f"check-{slug}"}
        cells.append(new_code_cell("### BEGIN SOLUTION\n1\n### END SOLUTION", metadata={"nbgrader": answer}))
        text = f'check("{exercise}")\n### BEGIN HIDDEN TESTS\n{hidden[exercise]}\n### END HIDDEN TESTS'
        meta = {"nbgrader": check | {"grade": True, "locked": True, "points": points}}
        cells.append(new_code_cell(text, metadata=meta))
    return from_source("toy", "toy", new_notebook(cells=cells))


def submitted(assignment: Assignment, answers: dict[str, str]) -> dict:
    cells = []
    for cell in assignment.cells:
        exercise = cell.grade_id.partition("-")[2].replace("-", ".")
        source = answers.get(exercise, "") if cell.solution else cell.source
        meta = {"nbgrader": {"grade_id": cell.grade_id}} if cell.grade_id else {}
        cells.append(new_code_cell(source, metadata=meta))
    return new_notebook(cells=cells)


def graded(answers: dict[str, str], hidden: dict[str, str] = HIDDEN, **changed) -> Result:
    assignment = course(hidden)
    return grade(submitted(assignment, answers), assignment, replace(SETTINGS, **changed))


def cell_of(result: Result, name: str) -> dict:
    return next(c for c in result.notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


@pytest.fixture(scope="module")
def right() -> Result:
    return graded(RIGHT)


def test_right_answers_earn_all(right):
    assert right.scores == ALL
    assert right.limits == right.flags == {}
    assert right.isolation == SETTINGS.isolation


def test_a_graded_cell_ends_in_one_plain_float_and_nothing_on_stderr(right):
    for name, earned in ALL.items():
        outputs = cell_of(right, name)["outputs"]
        results = [output["data"] for output in outputs if output["output_type"] == "execute_result"]
        assert results == [{"text/plain": repr(earned)}]
        assert {output["output_type"] for output in outputs} <= {"execute_result", "display_data"}


def test_nothing_of_a_hidden_test_is_in_the_graded_notebook(right):
    assert "no student sees" not in str(right.notebook)
    assert cell_of(right, "check-1-2")["source"] == 'check("1.2")'


FROM_A_CELL = {
    "ends its process": ("import os; os._exit(0)", "ended (the|its own) process"),
    "is killed": (
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "process was stopped|ended (the|its own) process",
    ),
    "crashes": ("import ctypes; ctypes.string_at(0)", "crashed|SIGSEGV"),
    "never ends": ("while True: pass", "did not end within 3 s"),
    "never ends, deaf": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "did not end within 3 s",
    ),
    "breaks its channel": (
        "import gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'Channel':\n"
        "        o.connection.sendall(b'garbage' * 9999)",
        "sent something that is no answer",
    ),
    "closes its channel": ("import os; os.closerange(3, 64)", "ended (the|its own) process"),
}
FROM_A_TEST = {
    "ends its process": ("import os; os._exit(0)", "ended its process"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "ended its process"),
    "never ends": ("while True: pass", "did not answer a test within 2 s"),
    "is too large": ("import torch; return torch.zeros(36_000_000)", "too large|ended its process|did not answer"),
    "forges answers": (
        "import gc\n    for o in gc.get_objects():\n        if type(o).__name__ == 'Channel':\n"
        "            for id in range(9): o.send('answer', id, data=25.0)\n    return 24.0",
        "no answer",
    ),
    "forges a score": (
        "import gc\n    for o in gc.get_objects():\n        if type(o).__name__ == 'Channel':\n"
        "            o.send('scored', 1, plain={'earned': 4.0})\n    return 24.0",
        "no answer",
    ),
}


@pytest.mark.parametrize("name", FROM_A_CELL)
def test_a_cell_costs_only_what_needed_it(name):
    code, sentence = FROM_A_CELL[name]
    result = graded(RIGHT | {"1.2": code})
    assert result.scores == ALL | {"check-1-2": 0.0}
    assert re.search(sentence, result.limits["check-1-2"])
    (stopped,) = cell_of(result, "answer-1-2")["outputs"]
    assert re.search(sentence, stopped["evalue"])


@pytest.mark.parametrize("name", FROM_A_TEST)
def test_an_answer_costs_only_its_own_exercise(name):
    code, sentence = FROM_A_TEST[name]
    result = graded(RIGHT | {"1.2": f"def square(x):\n    {code}"})
    assert result.scores == ALL | {"check-1-2": 0.0}
    assert re.search(sentence, result.limits["check-1-2"])
    shown = cell_of(result, "check-1-2")["outputs"]
    assert re.search(sentence, str(shown[0]["data"]["text/plain"])), "feedback says which limit was met"


WRONG = {
    "raises": "raise ValueError('no')",
    "exits": "import sys; sys.exit(0)",
    "interrupts itself": "raise KeyboardInterrupt",
    "recurses": "return square(x)",
    "nan": "return float('nan')",
    "negative": "return -25.0",
    "another type": "return '25.0'",
    "no data": "return object()",
    "a lying object": "return type('All', (float,), {'__eq__': lambda *a: True, '__ne__': lambda *a: False})(3.0)",
    "a lying tensor": (
        "import torch\n    class T(torch.Tensor):\n        __eq__ = lambda *a: True\n"
        "        __torch_function__ = classmethod(lambda *a, **k: True)\n    return torch.zeros(()).as_subclass(T)"
    ),
    "prints a score": "print('4.0'); display(4.0); return 24.0",
    "changes the judge": (
        "import grader.check.numbers as n, grader.check.credit as c\n"
        "    n.matches = c.clamp = lambda *a, **k: 4.0\n    return 24.0"
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_earns_nothing_whatever_it_is(name):
    result = graded(RIGHT | {"1.2": f"def square(x):\n    {WRONG[name]}"})
    assert result.scores == ALL | {"check-1-2": 0.0}


PATCHES = {
    "comparisons": "import torch; torch.allclose = torch.equal = lambda *a, **k: True",
    "asserts": (
        "import ast\nclass Pass(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)\n"
        "get_ipython().ast_transformers.append(Pass())"
    ),
    "the shell": "get_ipython().run_cell = lambda *a, **k: None",
    "forged outputs": "display({'application/vnd.grader+json': {'earned': 4.0}}, raw=True)\n4.0",
    "checks": "import grader.check.checker as c\nc.check = check = lambda *a: 4.0\nsubmission = 4.0",
}


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_earns_nothing(name):
    result = graded({"1.1": PATCHES[name], "1.2": RIGHT["1.2"]})
    assert result.scores["check-1-1"] == result.scores["check-1-3"] == 0.0
    for check in ALL:
        assert len(cell_of(result, check)["outputs"]) <= 2


def test_a_process_is_not_started_for_ever():
    ending = "import os; os._exit(3)"
    result = graded(dict.fromkeys(RIGHT, ending) | {"1.1": RIGHT["1.1"]}, restarts=1)
    assert result.scores == {"check-1-1": 2.0, "check-1-2": 0.0, "check-1-3": 0.0}
    assert "was not started again" in result.limits["check-1-3"]


def test_what_ran_before_runs_again_after_a_restart():
    """double is asked for after the process that defined it has gone."""
    hidden = HIDDEN | {"1.3": "3.0 if submission.call('double', 4) == 8 else 0.0"}
    result = graded(RIGHT | {"1.2": "import os; os._exit(1)"}, hidden)
    assert result.scores == {"check-1-1": 2.0, "check-1-2": 0.0, "check-1-3": 3.0}


def test_only_the_tests_that_are_wanted_run():
    assignment = course(HIDDEN | {"1.1": "submission\n1 / 0"})
    answers = RIGHT | {"1.3": "import os; os._exit(1)"}
    result = grade(submitted(assignment, answers), assignment, SETTINGS, wanted={"check-1-2"})
    assert result.scores["check-1-2"] == 4.0
    assert result.flags == result.limits == {}


def test_streams_cost_nothing_and_a_flood_is_cut():
    noisy = "import sys, warnings\nwarnings.warn('careful')\nprint('x' * 10**7)\nprint('!', file=sys.stderr)\nz = 'zed'"
    result = graded(RIGHT | {"1.3": noisy})
    assert result.scores == ALL
    outputs = cell_of(result, "answer-1-3")["outputs"]
    assert {output["output_type"] for output in outputs} == {"stream"}
    assert sum(len(output["text"]) for output in outputs) < 10**6


def test_outputs_are_those_of_a_notebook():
    code = "import os\nprint('one')\nos.write(1, b'two')\ndisplay('three')\nz = 'zed'\n1 / 0"
    outputs = cell_of(graded(RIGHT | {"1.3": code}), "answer-1-3")["outputs"]
    assert [output["output_type"] for output in outputs] == ["stream", "display_data", "error", "stream"]
    assert outputs[2]["ename"] == "ZeroDivisionError"
    assert "1" in outputs[2]["traceback"][-1] or outputs[2]["traceback"]


FAULTS = {
    "stops": ("1 / 0", "ZeroDivisionError"),
    "does not parse": ("1 +", "SyntaxError"),
    "ends in a tensor": ("import torch\ntorch.tensor(4.0)", "ends in a Tensor"),
    "ends in nan": ("float('nan')", "ends in nan"),
    "ends in a statement": ("x = 4.0", "last line is no expression"),
    "ends the verifier": ("import os\nos._exit(1)", "hidden test of check-1-2 ended"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_test_is_the_instructors_and_is_said(name):
    text, words = FAULTS[name]
    result = graded(RIGHT, HIDDEN | {"1.2": f"submission\n{text}"})
    assert result.scores == ALL | {"check-1-2": 0.0}
    assert words in " ".join(result.flags["check-1-2"])
    assert "your instructor has been told" in str(cell_of(result, "check-1-2")["outputs"])
    assert result.limits == {}


@pytest.mark.parametrize(("value", "earned"), [("5.5", 4.0), ("-1", 0.0), ("3", 3.0), ("1 / 3", 0.33)])
def test_a_score_is_clamped(value, earned):
    result = graded(RIGHT, HIDDEN | {"1.2": f"submission\n{value}"})
    assert result.scores["check-1-2"] == earned
    assert cell_of(result, "check-1-2")["outputs"][-1]["data"] == {"text/plain": repr(earned)}


def test_a_tests_namespace_holds_submission_and_nothing_else():
    hidden = HIDDEN | {"1.2": "4.0 * ([n for n in dir() if not n.startswith('__')] == ['submission'])"}
    assert graded(RIGHT, hidden).scores == ALL


def test_an_ordinary_assert_test_runs_and_is_marked():
    hidden = HIDDEN | {"1.1": "assert double(4) == 8", "1.2": "assert square(2) == 5"}
    result = graded(RIGHT, hidden)
    assert result.scores == ALL | {"check-1-2": 0.0}
    for name in ("check-1-1", "check-1-2"):
        assert UNTRUSTED in cell_of(result, name)["outputs"][0]["data"]["text/plain"]
    assert "AssertionError" in str(cell_of(result, "check-1-2")["outputs"][0])


def test_an_oracle_counts_and_ends_its_budget():
    hidden = HIDDEN | {
        "1.2": "calls = []\ndef ask(x):\n    calls.append(x)\n    if len(calls) > 3: raise ValueError('spent')\n"
        "    return x + 1\ngot = submission.call('square', ask)\n4.0 if got == [2, 3, 4, 'ValueError: spent'] and "
        "calls == [1, 2, 3, 4] else 0.0"
    }
    answer = (
        "def square(f):\n    found = [f(1), f(2), f(3)]\n    try:\n        f(4)\n    except Exception as error:\n"
        "        return [*found, f'{type(error).__name__}: {error}']"
    )
    result = graded(RIGHT | {"1.2": answer}, hidden)
    assert result.scores == ALL, cell_of(result, "check-1-2")["outputs"]


def test_an_oracle_asked_for_ever_ends_with_the_request():
    hidden = HIDDEN | {"1.2": "4.0 * submission.call('square', lambda x: x)"}
    result = graded(RIGHT | {"1.2": "def square(f):\n    while True: f(1)"}, hidden)
    assert result.scores == ALL | {"check-1-2": 0.0}


def test_the_student_process_holds_no_secret():
    looks = (
        "import gc, os, sys\n"
        "texts = [*os.environ.values(), *sys.argv]\n"
        "for o in gc.get_objects():\n"
        "    try:\n"
        "        held = o.values() if type(o) is dict else o if type(o) in (list, tuple) else []\n"
        "        texts += [s for s in held if type(s) is str]\n"
        "    except Exception: pass\n"
        "seen = [s for s in texts if 'of this' + ' course' in s or 'no student' + ' sees' in s]\n"
        "seen = [s for s in seen if 'texts +=' not in s]\nz = 'zed' if not seen else seen"
    )
    assert graded(RIGHT | {"1.3": looks}).scores == ALL


def test_the_secret_reaches_the_verifier():
    hidden = HIDDEN | {"1.2": "import os\nsubmission\n4.0 * (os.environ['GRADER_SECRET'] == 'of this course')"}
    assert graded(RIGHT, hidden).scores == ALL


def test_the_warm_parent_has_one_thread_and_no_secret():
    with warm() as processes:
        assert processes.threads == 1
        pid = processes._process.pid
    if Path(f"/proc/{pid}/environ").exists():
        assert b"GRADER_SECRET" not in Path(f"/proc/{pid}/environ").read_bytes()
        assert len(list(Path(f"/proc/{pid}/task").iterdir())) == 1


DRAW = "import numpy, random; print(torch.rand(1).item(), numpy.random.rand(), random.random())"


@pytest.mark.parametrize(
    ("given", "shared"),
    [
        ("", 0),
        ("torch.manual_seed(5); torch.rand(3)", 1),
        ("import numpy, random; numpy.random.seed(1); random.seed(2)", 2),
    ],
)
def test_random_numbers_are_new_unless_a_given_cell_sets_them(given, shared):
    assignment = course(HIDDEN)
    first = replace(assignment.cells[0], source=assignment.cells[0].source + "\n" + given)
    assignment = replace(assignment, cells=(first, *assignment.cells[1:]))
    drawn = []
    for _ in range(2):
        result = grade(submitted(assignment, {"1.1": DRAW}), assignment, SETTINGS)
        drawn.append(cell_of(result, "answer-1-1")["outputs"][0]["text"].split())
    assert len(set(drawn[0]) & set(drawn[1])) == shared


def test_several_at_a_time_give_the_same():
    found: list[dict] = []
    threads = [threading.Thread(target=lambda: found.append(graded(RIGHT).scores)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [ALL] * 4


def test_what_a_killed_parent_had_is_started_again():
    with warm() as processes:
        processes._process.kill()
        processes._process.wait()
    assert graded(RIGHT).scores == ALL


OWNER = """
import sys, time
from pathlib import Path
from grader.grade.processes import Warm, Policy
w = Warm()
child = w.root.fork("verifier", others=[w.root.control])
print(w._process.pid, child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at /proc")
def test_all_processes_end_with_their_owner():
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    pids = [int(word) for word in owner.stdout.readline().split()]
    assert len(pids) == 2 and all(_runs(pid) for pid in pids)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    until = time.monotonic() + 20
    while any(_runs(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(_runs(pid) for pid in pids)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return False
