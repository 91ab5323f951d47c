"""What a stub does while a submission runs: reap, add up, and say when memory or the folder has grown too large."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Iterable
from pathlib import Path

from grader.grade.sandbox.policy import OVER_DISK, OVER_MEMORY

INTERVAL = 0.05  # seconds between two looks
FORKED_WITHOUT_EXEC = 0x40
PAGE = resource.getpagesize()


class Watch:
    """Looks at all processes that descend from this one, and at a folder.

    memory: bytes, beyond what the forked process had to begin with; None: not watched. folder: None: not watched.
    """

    def __init__(self, memory: int | None, folder: Path | None, disk: int, *, only_ours: bool):
        self.memory, self.folder, self.disk, self.only_ours = memory, folder, disk, only_ours
        self._at_birth = _resident(os.getpid())[0] if memory is not None else 0

    @property
    def idle(self) -> bool:
        return self.memory is None and self.folder is None

    def met(self) -> int | None:
        """OVER_MEMORY or OVER_DISK where that limit is met now."""
        if self.memory is not None and self._memory_used() > self.memory:
            return OVER_MEMORY
        if self.folder is not None and folder_size(self.folder) > self.disk:
            return OVER_DISK
        return None

    def _memory_used(self) -> int:
        used = 0
        for process in _all_but_me() if self.only_ours else descendants(os.getpid()):
            resident, forked = _resident(process)
            used += max(0, resident - self._at_birth) if forked else resident
        return used


def supervise(child: int, watch: Watch) -> int:
    """Reap whatever ends until `child` does; its exit status, 128 + n for signal n, or the limit that was met.

    SIGCHLD must be blocked since before the child was made, so that its end is not missed.
    """
    while True:
        while True:
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return 1
            if ended == child:
                return exit_status(status)
            if ended == 0:
                break
        if watch.idle:
            signal.sigwaitinfo({signal.SIGCHLD})
        elif signal.sigtimedwait({signal.SIGCHLD}, INTERVAL) is None and (limit := watch.met()) is not None:
            return limit


def exit_status(status: int) -> int:
    """A wait status as a number from 0 to 255."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def descendants(process: int) -> list[int]:
    """All processes below one, as /proc has them now."""
    found: list[int] = []
    for task in _entries(Path(f"/proc/{process}/task")):
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def kill_descendants() -> None:
    """End all processes below this one; it must be their subreaper, so that none slips away to another parent."""
    while True:
        below = descendants(os.getpid())
        for process in below:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        try:
            os.waitpid(-1, 0 if below else os.WNOHANG)
        except ChildProcessError:
            return


def folder_size(folder: Path) -> int:
    """Bytes that the files below a folder take on the disk."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(parent) / name).lstat().st_blocks * 512
    return total


def _resident(process: int) -> tuple[int, bool]:
    """Resident bytes of a process, and whether it still runs the program that it was forked from."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, True
    return int(fields[21]) * PAGE, bool(int(fields[6]) & FORKED_WITHOUT_EXEC)


def _all_but_me() -> Iterable[int]:
    return [int(entry.name) for entry in _entries(Path("/proc")) if entry.name.isdigit() and int(entry.name) != 1]


def _entries(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return list(folder.iterdir())
    return []
