"""Landlock: which paths may be read and written, no TCP, no abstract sockets or signals to others."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from grader.grade.sandbox.kernel import syscall

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15  # and truncate, ioctl on devices
# Bits of access to the file system that each ABI knows.
KNOWN_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
ABI_WITH_TCP, ABI_WITH_SCOPES = 4, 6
VERSION_FLAG = 1


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "network", "scoped")]


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def abi() -> int:
    """The version of Landlock that the kernel offers; 0 where there is none."""
    try:
        return syscall("landlock_create_ruleset", 0, 0, VERSION_FLAG)
    except OSError:
        return 0


def restrict(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Restrict this process and all that it starts. Needs no_new_privs; paths out of reach are skipped."""
    version = abi()
    every_right = (1 << KNOWN_RIGHTS[min(version, 5)]) - 1
    rules = _Ruleset(every_right, 3 if version >= ABI_WITH_TCP else 0, 3 if version >= ABI_WITH_SCOPES else 0)
    size = 8 if version < ABI_WITH_TCP else 16 if version < ABI_WITH_SCOPES else 24
    ruleset = syscall("landlock_create_ruleset", ctypes.byref(rules), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, EXECUTE | READ_FILE | READ_DIR)
        for path in writable:
            _allow(ruleset, path, every_right)
        syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= FILE_RIGHTS
        rule = _PathRule(rights, parent)
        beneath_a_path = 1
        syscall("landlock_add_rule", ruleset, beneath_a_path, ctypes.byref(rule), 0)
    finally:
        os.close(parent)
