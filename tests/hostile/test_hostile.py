"""A part of `make hostile`: some of the submissions and of the probes, in a nest."""

import json
import os
from collections.abc import Callable

import pytest

from grader.grade.sandbox import layers
from tests.hostile.browser import running
from tests.hostile.course import SUBMISSIONS, read_cases
from tests.hostile.harness import harness
from tests.hostile.matrix import ALL, NONE, outcome
from tests.hostile.nest import in_nest, possible
from tests.hostile.probes import PROBES

SOME = (
    "patch_torch", "patch_check", "forge_answers", "html_output", "read_solutions", "read_environment", "read_gc",
    "write_outside", "daemon", "tcp", "os_exit", "lazy_objects", "detect_replay", "forged_test", "marked_as_solution",
)  # fmt: skip
# What gets through where nothing is in its way.
THROUGH = ("read_gradebook", "write_outside", "tcp")
# A quick probe for each layer that stops it.
QUICK = {
    "user": "read a file that only root may",
    "mount": "read a classmate's file",
    "pid": "kill another process",
    "network": "send over UDP",
    "ipc": "read another program's shared memory",
    "landlock": "write outside its folder",
    "seccomp": "make an io_uring",
    "privileges": "run a setuid program",
    "limits": "50 GB of memory at once",
    "memory cgroup": "memory in files without a folder",
    "pids cgroup": "fork without end",
    "watch": "fill the disk with small files",
}

pytestmark = pytest.mark.skipif(
    not possible(), reason="escape attempts need throw-away namespaces: Linux, as root or with user namespaces"
)


def told_from_nest(action: Callable[[], object]) -> object:
    """What an action in a nest gives, by way of JSON."""
    reading, writing = os.pipe()

    def tell() -> int:
        os.write(writing, json.dumps(action()).encode())
        return 0

    status = in_nest(tell)
    os.close(writing)
    with os.fdopen(reading) as stream:
        assert status == 0
        return json.loads(stream.read())


def faults(names: tuple[str, ...], isolation: str) -> dict[str, list[str]]:
    def judge() -> dict[str, list[str]]:
        with harness(isolation) as course:
            return {case.name: course.judge(case).faults for case in read_cases(list(names))}

    return told_from_nest(judge)


@pytest.fixture(scope="module")
def judged() -> dict[str, list[str]]:
    if lacking := layers.missing(layers.facts()):
        pytest.skip(f"this machine lacks {', '.join(wanted.name for wanted in lacking)}: python -m grader doctor")
    return faults(SOME, "full")


@pytest.mark.parametrize("name", SOME)
def test_nothing_is_gained_left_behind_or_spoilt(judged, name):
    assert judged[name] == []


@pytest.mark.parametrize("name", ["script_in_markdown", "widgets"])
def test_the_harness_knows_what_would_run_in_a_browser(name):
    (case,) = read_cases([name])
    assert list(running(case.notebook))


def test_without_isolation_the_harness_sees_what_gets_through():
    found = faults(THROUGH, "none")
    assert [name for name in THROUGH if not found[name]] == []


@pytest.fixture(scope="module")
def escapes() -> list:
    present = layers.present()

    def look() -> list:
        probes = {probe.name: probe for probe in PROBES}
        return [
            [layer, column, outcome(probes[name], column, on).escaped]
            for layer, name in QUICK.items()
            if layer in present
            for column, on in ((NONE, frozenset()), (layer, frozenset({layer})), (ALL, present))
        ]

    return told_from_nest(look)


@pytest.mark.parametrize("layer", QUICK)
def test_each_layer_stops_something_alone(escapes, layer):
    if layer not in layers.present():
        pytest.skip(f"no {layer} here: python -m grader doctor")
    if os.getuid() != 0 and layer in ("user", "privileges"):
        pytest.skip("only root can make what this probe aims at")
    assert {column: escaped for name, column, escaped in escapes if name == layer} == {
        NONE: True,
        layer: False,
        ALL: False,
    }


def test_every_submission_says_what_it_attempts_and_what_it_honestly_earns():
    cases = read_cases()
    assert len(cases) >= 50
    assert len(cases) == len(list(SUBMISSIONS.glob("*.py")))
    for case in cases:
        assert case.about.endswith("."), case.name
        assert set(case.honest) == {"check-1-1", "check-1-2", "check-1-3"}, case.name
