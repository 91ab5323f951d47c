"""The sandbox, piece by piece. What submissions try against it is in tests/hostile."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.grade.sandbox import Policy, Refused, confine, explain, layers, limits, policy, seccomp
from grader.grade.sandbox.confinement import confine_with
from grader.grade.sandbox.layers import PROPERTIES, missing, require

needs_everything = pytest.mark.skipif(
    bool(missing(layers.facts())), reason="this machine lacks a required property: python -m grader doctor"
)


@pytest.fixture(params=["all layers", "no namespaces"])
def confined(request):
    """Run a body in the sandbox: its exit status, and what it returned, by way of JSON; None where it did not.

    Once with all that this machine has, once as on a machine that refuses namespaces.
    """
    without = request.param == "no namespaces"

    def run(folder: Path, body: Callable[[], object], **settings: object) -> tuple[int, object]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            allowed = Policy(folder, keep=(writing,), **settings)

            def told() -> None:
                os.write(writing, json.dumps(body()).encode())

            confine_with(allowed, told, without_namespaces()) if without else confine(allowed, told)
        os.close(writing)
        with os.fdopen(reading) as stream:
            text = stream.read()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), json.loads(text) if text else None

    return run


def without_namespaces() -> frozenset[str]:
    own_user = {"user"} if os.getuid() == 0 else set()
    return layers.present() - layers.NAMESPACES | own_user


def refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


@pytest.fixture
def submission(tmp_path):
    folder = tmp_path / "submitted" / "ada"
    folder.mkdir(parents=True)
    (folder / "notebook.ipynb").write_text("{}")
    (folder / "link").symlink_to(tmp_path / "gradebook.db")
    (tmp_path / "gradebook.db").write_text("secret")
    return folder


@needs_everything
def test_the_body_sees_its_own_folder_and_no_other_file(confined, submission):
    outside = submission.parent.parent / "gradebook.db"

    def body():
        Path("made.txt").write_text("kept to itself")
        return {
            "files": sorted(path.name for path in Path().iterdir()),
            "outside": refused(outside.read_text),
            "uid": os.getuid(),
        }

    status, seen = confined(submission, body)
    assert status == 0
    assert seen["files"] == ["made.txt", "notebook.ipynb"]  # links stay behind
    assert seen["outside"]
    assert seen["uid"] != 0
    assert not (submission / "made.txt").exists()


@needs_everything
def test_readable_paths_are_readable_and_not_writable(confined, submission, tmp_path):
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # a user of its own must get there; pytest lets its own user alone
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "names.txt").write_text("ada\n")

    def body():
        names = tmp_path / "data" / "names.txt"
        return [names.read_text(), refused(lambda: names.write_text("eve"))]

    assert confined(submission, body, readable=(tmp_path / "data",)) == (0, ["ada\n", True])


@needs_everything
def test_environment_and_descriptors_are_cleared(confined, submission, monkeypatch, tmp_path):
    monkeypatch.setenv("GRADER_SECRET", "seed")
    with (tmp_path / "gradebook.db").open() as held:

        def body():
            return ["GRADER_SECRET" in os.environ, refused(lambda: os.read(held.fileno(), 1))]

        assert confined(submission, body) == (0, [False, True])


@needs_everything
def test_no_network_not_even_to_this_machine(confined, submission):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        assert confined(submission, lambda: refused(lambda: socket.socket().connect(address))) == (0, True)


@needs_everything
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (lambda: os._exit(7), 7),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), 128 + signal.SIGSEGV),
        (lambda: 1 / 0, 1),
    ],
)
def test_the_exit_status_is_passed_on(confined, submission, body, expected):
    assert confined(submission, body)[0] == expected


@needs_everything
def test_nothing_that_a_submission_starts_outlives_it(confined, submission):
    def body():
        if os.fork() == 0:
            os.setsid()
            signal.pause()  # holds the pipe open for as long as it lives

    assert confined(submission, body) == (0, None)


@needs_everything
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_ended_submission_ends_with_all_that_it_started(submission, number):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        confine(Policy(submission, keep=(writing,)), lambda: (os.write(writing, b"!"), signal.pause()))
    os.close(writing)
    assert os.read(reading, 1) == b"!"
    os.kill(child, number)
    assert os.read(reading, 1) == b""  # it alone held the pipe open
    assert os.waitpid(child, 0)[1] in (signal.SIGKILL, (128 + signal.SIGTERM) << 8)
    os.close(reading)


@needs_everything
def test_an_end_that_comes_before_the_start_says_nothing(submission, monkeypatch, capfd):
    monkeypatch.setattr(limits, "make_cgroup", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    child = os.fork()
    if child == 0:
        confine(Policy(submission), lambda: os.write(2, b"the body runs"))
    assert os.waitpid(child, 0)[1] == (128 + signal.SIGTERM) << 8
    assert capfd.readouterr().err == ""


@needs_everything
def test_limits_on_memory_and_disk(confined, submission):
    def memory():
        try:
            bytearray(3 << 30)
        except MemoryError:
            return "MemoryError"

    assert confined(submission, memory, memory=1 << 30) == (0, "MemoryError")

    def disk():
        for number in range(8):
            Path(f"{number}.bin").write_bytes(bytes(4 << 20))
            time.sleep(0.1)  # where it is a watch that stops it

    assert confined(submission, lambda: refused(disk), disk=16 << 20) in [(0, True), (policy.OVER_DISK, None)]


@needs_everything
def test_a_loop_ends_with_its_processor_time(confined, submission):
    def body():
        while True:
            pass

    status, _ = confined(submission, body, processor_seconds=1)
    assert status == 128 + signal.SIGXCPU
    assert "processor time" in explain(status)


def test_a_missing_property_refuses_in_one_sentence(monkeypatch):
    monkeypatch.setattr(layers, "present", lambda: frozenset({"limits", "watch"}))
    with pytest.raises(Refused) as refusal:
        require("full")
    assert "no network" in str(refusal.value)
    assert "GRADER_ISOLATION=process" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert require("process") == {"limits", "watch"}
    assert require("none") == frozenset()


def test_each_property_is_missed_where_no_layer_gives_it():
    everything = frozenset().union(*(layers for wanted in PROPERTIES for layers in wanted.given_by))
    assert missing(everything) == []
    assert missing(frozenset()) == list(PROPERTIES)


def test_an_unknown_setting_is_named(monkeypatch):
    monkeypatch.setenv("GRADER_ISOLATION", "ful")
    with pytest.raises(Refused, match="'ful'"):
        policy.isolation_setting()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize(
    ("call", "arguments", "verdict"),
    [
        ("read", (0,), "allow"),
        ("ptrace", (16, 1), "refuse"),
        ("io_uring_setup", (8,), "refuse"),
        ("clone", (0x11,), "allow"),
        ("clone", (0x10000011,), "refuse"),
        ("clone3", (0,), "unknown"),
        ("socket", (1, 1), "allow"),
        ("socket", (2, 1), "refuse"),
        ("socketpair", (1, 1), "allow"),
        ("socketpair", (38, 1), "refuse"),
        ("ioctl", (0, 0x5401), "allow"),
        ("ioctl", (0, 0x5412), "refuse"),
        ("prlimit64", (0, 7), "allow"),
        ("prlimit64", (1, 7), "refuse"),
    ],
)
def test_the_filter_gives_the_verdict_wanted(machine, call, arguments, verdict):
    numbers = {"read": (0, 63), "clone": seccomp.CLONE, "socket": seccomp.SOCKET, "socketpair": seccomp.SOCKETPAIR}
    numbers |= {"ioctl": seccomp.IOCTL, "prlimit64": seccomp.PRLIMIT, **seccomp.REFUSED, **seccomp.UNKNOWN}
    number = numbers[call][machine == "aarch64"]
    value = run_filter(seccomp.program(machine, unix_sockets=True), number, seccomp.ARCHITECTURES[machine], arguments)
    assert value == {"allow": 0x7FFF0000, "refuse": 0x00050001, "unknown": 0x00050026}[verdict]


def test_another_architectures_calls_end_the_process():
    program = seccomp.program("x86_64", unix_sockets=True)
    assert run_filter(program, 0, 0x40000003, ()) == seccomp.KILL_PROCESS
    assert run_filter(program, 0x40000000, seccomp.ARCHITECTURES["x86_64"], ()) == seccomp.KILL_PROCESS
    without = seccomp.program("x86_64", unix_sockets=False)
    assert run_filter(without, 41, seccomp.ARCHITECTURES["x86_64"], (1,)) == 0x00050001


def run_filter(program, number: int, architecture: int, arguments: tuple[int, ...]) -> int:
    """A second reading of classic BPF, by hand: the verdict of a filter for one call."""
    words = {0: number, 4: architecture} | {16 + 8 * place: value for place, value in enumerate(arguments)}
    at, accumulator = 0, 0
    while True:
        code, true, false, constant = program[at]
        if code == 0x06:
            return constant
        if code == 0x20:
            accumulator = words.get(constant, 0)
            at += 1
            continue
        holds = {0x15: accumulator == constant, 0x35: accumulator >= constant, 0x45: bool(accumulator & constant)}[code]
        at += 1 + (true if holds else false)
