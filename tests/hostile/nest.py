"""A throw-away place for escape attempts: should one succeed, it reaches this nest and not the machine.

Own mounts (everything read-only but a few tmpfs), processes, network and IPC; gone when its first process ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import struct
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from grader.grade.sandbox import kernel
from grader.grade.sandbox.namespaces import map_user, may_mount

CLEAR_READ_ONLY = Path("/sys/fs/cgroup")
REPOSITORY = Path(__file__).resolve().parents[2]
INTERFACE_UP, SET_FLAGS = 1, 0x8914


def possible() -> bool:
    """Whether such a place can be made here."""
    if sys.platform != "linux":
        return False
    try:
        return in_nest(lambda: 0) == 0
    except OSError:
        return False


def in_nest(action: Callable[[], int]) -> int:
    """Run `action` in a nest, in a fork, and give its exit status. TMPDIR is a tmpfs there."""
    place = Path(tempfile.mkdtemp(prefix="nest-", dir="/var/tmp"))
    outer = os.fork()
    if outer == 0:
        with _leave_on_error():
            _unshare()
            first = os.fork()
            if first == 0:
                kernel.prctl(kernel.SET_PARENT_DEATH_SIGNAL, 9)
                _furnish(place)
                os._exit(action() & 0xFF)
            os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)
    status = os.waitstatus_to_exitcode(os.waitpid(outer, 0)[1])
    shutil.rmtree(place, ignore_errors=True)
    return status


class _leave_on_error:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(99)


def _unshare() -> None:
    flags = kernel.NEW_MOUNT | kernel.NEW_PID | kernel.NEW_NET | kernel.NEW_IPC
    if may_mount():
        kernel.unshare(flags)
        return
    uid, gid = os.getuid(), os.getgid()
    kernel.unshare(flags | kernel.NEW_USER)
    map_user(uid, uid, gid, gid)


def _furnish(place: Path) -> None:
    kernel.mount("", "/", flags=kernel.PRIVATE | kernel.RECURSIVE)
    with contextlib.suppress(OSError):
        kernel.set_mount("/", kernel.ATTR_READ_ONLY, recursive=True)
    with contextlib.suppress(OSError):
        kernel.set_mount(str(CLEAR_READ_ONLY), 0, clear=kernel.ATTR_READ_ONLY, recursive=True)
    kernel.mount("proc", "/proc", "proc", kernel.NO_SUID | kernel.NO_DEV | kernel.NO_EXEC)
    kernel.mount("tmpfs", str(place), "tmpfs", kernel.NO_DEV, "size=1g,mode=1777")
    for folder in ("/dev/shm", "/tmp"):
        if not REPOSITORY.is_relative_to(folder):
            kernel.mount("tmpfs", folder, "tmpfs", kernel.NO_DEV, "size=256m,mode=1777")
    os.environ["TMPDIR"] = str(place)
    tempfile.tempdir = None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as loopback:
        fcntl.ioctl(loopback, SET_FLAGS, struct.pack("16sH14s", b"lo", INTERFACE_UP, b""))
