"""Every probe under every layer alone, under none, and under all that the machine has."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from grader.grade.sandbox import Policy, layers
from grader.grade.sandbox.confinement import confine_with
from grader.grade.sandbox.policy import OVER_DISK, OVER_MEMORY
from tests.hostile.listeners import listeners
from tests.hostile.probes import DISK, MEMORY, PROBES, PROCESSES, SECONDS, SECRET, Probe, Targets

ESCAPED, STOPPED = 42, 43
PLAIN_USER = 4242
NONE, ALL = "none", "all"
WITHOUT_ROOT = frozenset({"limits", "privileges", "landlock", "seccomp", "watch"})
SHM_CREATE, SHM_REMOVE = 0o1000, 0


@dataclass(frozen=True)
class Outcome:
    """What a probe did. layer: the one that was on, "none" or "all"."""

    probe: Probe
    layer: str
    escaped: bool


@contextlib.contextmanager
def targets() -> Iterator[Targets]:
    """Something of each kind that an attempt can aim at, all in this nest."""
    root = Path(tempfile.mkdtemp(prefix="class-"))
    root.chmod(0o755)
    classmate, private, open_folder = root / "classmate.ipynb", root / "gradebook.db", root / "open"
    for path in (classmate, private):
        path.write_text(SECRET)
    private.chmod(0o600)
    open_folder.mkdir()
    open_folder.chmod(0o777)
    setuid = None
    if os.getuid() == 0:
        setuid = Path(shutil.copy(shutil.which("id"), root / "setuid"))
        setuid.chmod(0o4755)
    bystander = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
    libc = ctypes.CDLL(None, use_errno=True)
    segment = libc.shmget(0, 4096, SHM_CREATE | 0o666)
    libc.shmat.restype = ctypes.c_void_p
    ctypes.memmove(libc.shmat(segment, None, 0), SECRET.encode(), len(SECRET))
    with listeners() as port:
        try:
            yield Targets(classmate, private, open_folder, bystander.pid, port, f"hostile-{port}", segment, setuid)
        finally:
            libc.shmctl(segment, SHM_REMOVE, None)
            bystander.kill()
            bystander.wait()
            shutil.rmtree(root)


def run_probe(probe: Probe, on: frozenset[str], aims: Targets) -> bool:
    """Whether the attempt got what it wanted with exactly these layers on. Raises RuntimeError where it did not run."""
    folder = Path(tempfile.mkdtemp(prefix="submission-"))
    folder.chmod(0o755)
    policy = Policy(folder, memory=MEMORY, processes=PROCESSES, disk=DISK, processor_seconds=SECONDS)
    child = os.fork()
    if child == 0:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
        if os.getuid() == 0 and probe.as_user and on <= WITHOUT_ROOT:
            os.setgroups([])
            os.setresgid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
            os.setresuid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
        confine_with(policy, lambda: os._exit(ESCAPED if _tried(probe, aims) else STOPPED), on)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    shutil.rmtree(folder)
    if status not in (ESCAPED, STOPPED, OVER_MEMORY, OVER_DISK) and status < 128:
        raise RuntimeError(f"{probe.name}, with {sorted(on) or 'no layer'} on, did not run: exit status {status}.")
    return status == ESCAPED


def _tried(probe: Probe, aims: Targets) -> bool:
    try:
        return probe.attempt(aims)
    except (OSError, MemoryError, subprocess.SubprocessError):
        return False


def matrix(names: frozenset[str]) -> list[Outcome]:
    """All probes under none, under each of the layers `names` alone, and under all of these."""
    columns = {NONE: frozenset(), **{name: frozenset({name}) for name in layers.NAMES if name in names}, ALL: names}
    return [outcome(probe, column, on) for probe in PROBES for column, on in columns.items()]


def outcome(probe: Probe, column: str, on: frozenset[str]) -> Outcome:
    """One probe under some layers, with fresh targets."""
    with targets() as aims:
        return Outcome(probe, column, run_probe(probe, on, aims))


def expected(probe: Probe, names: frozenset[str]) -> frozenset[str]:
    """The layers here that stop a probe alone. A plain user's user namespace keeps the same user outside."""
    return probe.stopped_by & (names if os.getuid() == 0 else names - {"user"})


def faults(outcomes: list[Outcome]) -> list[str]:
    """What the matrix shows that should not be: a sentence each."""
    escaped = {(each.probe.name, each.layer): each.escaped for each in outcomes}
    names = frozenset(each.layer for each in outcomes) - {NONE, ALL}
    found = []
    for probe in PROBES:
        if escaped[probe.name, ALL]:
            found.append(f"{probe.name}: escaped with every layer on.")
        if not escaped[probe.name, NONE]:
            found.append(f"{probe.name}: stopped without any layer, so it shows nothing.")
        found += [
            f"{probe.name}: {name} alone does not stop it."
            for name in sorted(expected(probe, names))
            if escaped[probe.name, name]
        ]
    for name in sorted(names):
        if not any(escaped[probe.name, NONE] and not escaped[probe.name, name] for probe in PROBES):
            found.append(f"{name}: stops no case when it is alone.")
    return found


def show(outcomes: list[Outcome], console: Console) -> None:
    """The matrix: a row a probe, a column a layer alone."""
    columns = list(dict.fromkeys(each.layer for each in outcomes))
    table = Table("attempt", *(column.replace(" ", "\n") for column in columns), box=SIMPLE_HEAD)
    for probe in PROBES:
        marks = [each.escaped for each in outcomes if each.probe is probe]
        table.add_row(probe.name, *("[red]E[/red]" if mark else "–" for mark in marks))
    console.print(table)
    console.print("E escaped, – stopped; each column but the first and the last has one layer on, alone.")
