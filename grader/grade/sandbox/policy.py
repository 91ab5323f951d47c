"""What a submission may have, and how the end of its process reads."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderError

ISOLATIONS = ("full", "process", "none")

# Exit statuses of a confined process besides its own; 128 + n stands for signal n.
NOT_CONFINED = 125
OVER_MEMORY = 124
OVER_DISK = 123

HOME = Path("/home/student")  # the working folder, as the submission sees it
PREFIX = "grader-of-"  # of the names of what a submission has outside of its sandbox


class Refused(GraderError):
    """Grading may not start. The message, one sentence, says what to install or which setting accepts less."""


@dataclass(frozen=True)
class Policy:
    """What a student process may have. Sizes in bytes, times in seconds.

    folder: the submission's own folder, copied into the sandbox; the working directory. readable: what may be read
    besides (the package, the data); the interpreter and the system's libraries always may. keep: descriptors that
    stay open (the channel to the verifier). isolation: "full", "process" or "none". device: "cpu", or "cuda" (see
    `gpu`). memory and disk hold for all processes of the submission together, processor_seconds for each.
    """

    folder: Path
    readable: tuple[Path, ...] = ()
    keep: tuple[int, ...] = ()
    isolation: str = "full"
    device: str = "cpu"
    memory: int = 4 << 30
    processes: int = 64
    processor_seconds: int = 120
    disk: int = 256 << 20


def isolation_setting() -> str:
    """The isolation asked for by GRADER_ISOLATION: "full" where it is unset. Raises Refused for an unknown word."""
    word = os.environ.get("GRADER_ISOLATION", "full")
    if word not in ISOLATIONS:
        raise Refused(f"GRADER_ISOLATION is {word!r}; it must be one of {', '.join(ISOLATIONS)}.")
    return word


def interpreter_paths() -> tuple[Path, ...]:
    """The folders that hold this interpreter and its packages."""
    return tuple(dict.fromkeys(Path(prefix) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)))


def own_name() -> str:
    """A name for what belongs to this process: no other process has it, one of another pid namespace neither."""
    return f"{PREFIX}{_pid_namespace()}-{os.getpid()}"


def owner_is_gone(name: str) -> bool:
    """Whether a name that `own_name` begins belongs to a process of this pid namespace that has ended."""
    namespace, _, rest = name.removeprefix(PREFIX).partition("-")
    pid = rest.partition("-")[0]
    return namespace == _pid_namespace() and pid.isdigit() and not Path("/proc", pid).exists()


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:  # no Linux
        return "0"


def explain(status: int) -> str | None:
    """A sentence for the student about how the process ended: None for an ordinary end.

    status: the exit status of the process that called `confine`, as waitstatus_to_exitcode gives it.
    """
    if status < 0:
        status = 128 - status
    if status == NOT_CONFINED:
        return "The grader could not confine your code, so it did not run; tell your instructor."
    if status == OVER_MEMORY:
        return "Your code used more memory than it may have, so it was stopped."
    if status == OVER_DISK:
        return "Your code wrote more to its folder than it may, so it was stopped."
    if status == 128 + signal.SIGXCPU:
        return "Your code used more processor time than it may have, so it was stopped."
    if status == 128 + signal.SIGSEGV:
        return "Python itself crashed (a segmentation fault) in your code."
    if status == 128 + signal.SIGSYS:
        return "Your code asked the system for something that is not allowed here, so it was stopped."
    if status > 128:
        return f"Your code's process was stopped ({_signal_name(status - 128)}); often it used too much memory."
    return f"Your code ended its own process with exit status {status}." if status else None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
