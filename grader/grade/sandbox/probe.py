"""Try what this machine offers, each layer in a fork: `python -m grader.grade.sandbox.probe` prints it as JSON."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from grader.grade.sandbox import kernel, landlock, limits, seccomp
from grader.grade.sandbox.confinement import confine_with
from grader.grade.sandbox.layers import NAMESPACES
from grader.grade.sandbox.policy import Policy

SECONDS = 30  # for one try


def working_layers() -> frozenset[str]:
    """The layers that work here, on Linux."""
    found = {"limits"}
    if landlock.abi() > 0:
        found.add("landlock")
    if seccomp.available():
        found.add("seccomp")
    if _succeeds(lambda: kernel.close_all_but({0, 1, 2})):
        found.add("privileges")
    if Path("/proc/self/task").exists():
        found.add("watch")
    for controller in ("memory", "pids"):
        if _succeeds(lambda controller=controller: _try_cgroup(controller)):
            found.add(f"{controller} cgroup")
    if _confines(NAMESPACES | {"privileges"}):
        found |= NAMESPACES
    else:
        found |= {name for name in sorted(NAMESPACES) if _confines(frozenset({name}))}
    if "mount" not in found:
        found.discard("pid")  # without a /proc of its own the stub could not watch it
    elif not _confines(frozenset(found), Path("/proc/self/stat").read_text):
        found.discard("watch")  # a container that hides parts of /proc lets nobody mount another
    return frozenset(found)


def unreadable(layers: frozenset[str]) -> str:
    """A file of the interpreter or of its packages that a confined process cannot read, "" where it can."""
    for name in ("json", "torch"):
        spec = importlib.util.find_spec(name)
        if spec and spec.origin and not _confines(layers, Path(spec.origin).read_bytes):
            return spec.origin
    return ""


def _try_cgroup(controller: str) -> None:
    cgroup = limits.make_cgroup(Policy(Path()), frozenset({controller}))
    try:
        cgroup.join()
    finally:
        for folder in cgroup.folders.values():  # out again, so that it can be removed
            with contextlib.suppress(OSError):
                (folder.parent / "cgroup.procs").write_text("0")
        cgroup.remove()


def _succeeds(attempt: Callable[[], object]) -> bool:
    """Whether something works, tried in a fork."""
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException):
            attempt()
            status = 0
        os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def _confines(layers: frozenset[str], body: Callable[[], object] = lambda: None) -> bool:
    with tempfile.TemporaryDirectory() as folder:

        def attempt() -> None:
            os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
            signal.alarm(SECONDS)
            confine_with(Policy(Path(folder)), body, layers)

        return _succeeds(attempt)


if __name__ == "__main__":
    works = working_layers()
    print(json.dumps({"layers": sorted(works), "unreadable": unreadable(works)}))
