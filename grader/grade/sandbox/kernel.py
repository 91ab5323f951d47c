"""The system calls that Python 3.11 does not wrap, through ctypes. Every failure raises OSError."""

from __future__ import annotations

import ctypes
import os
import platform

MACHINE = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())

# unshare(2) and clone(2)
NEW_CGROUP, NEW_UTS, NEW_IPC = 0x02000000, 0x04000000, 0x08000000
NEW_USER, NEW_PID, NEW_NET, NEW_MOUNT, NEW_TIME = 0x10000000, 0x20000000, 0x40000000, 0x00020000, 0x00000080

# mount(2), umount2(2)
READ_ONLY, NO_SUID, NO_DEV, NO_EXEC = 1, 2, 4, 8
BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 0x40000
DETACH = 2

# mount_setattr(2)
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
ATTR_READ_ONLY, ATTR_NO_SUID, ATTR_NO_DEV = 1, 2, 4

# madvise(2); Linux 6.1 and later
COLLAPSE = 25

# prctl(2)
SET_PARENT_DEATH_SIGNAL, SET_DUMPABLE, DROP_BOUND, SET_SECCOMP = 1, 4, 24, 22
SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS = 36, 38
AMBIENT, AMBIENT_CLEAR = 47, 4

_numbers = {
    "x86_64": {"pivot_root": 155, "capset": 126},
    "aarch64": {"pivot_root": 41, "capset": 91},
}.get(MACHINE, {})
NUMBERS = {**_numbers, "close_range": 436, "mount_setattr": 442}
NUMBERS |= {"landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446}

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(name: str, *arguments: object) -> int:
    """Call by name; integers are passed as longs, anything else as ctypes passes it."""
    if name not in NUMBERS:
        raise OSError(f"{name}: not known on {MACHINE}")
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc.syscall(ctypes.c_long(NUMBERS[name]), *passed), name)


def prctl(option: int, *arguments: int) -> int:
    """prctl(2), missing arguments as zeros."""
    passed = [ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(_libc.prctl(option, *passed), f"prctl {option}")


def madvise(address: int, size: int, advice: int) -> None:
    """madvise(2) on `size` bytes from `address` on."""
    _checked(_libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), advice), f"madvise {advice}")


def unshare(flags: int) -> None:
    """New namespaces for this process (NEW_PID: for its next child)."""
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    passed = [text.encode() or None for text in (source, target, kind)]
    _checked(_libc.mount(*passed, ctypes.c_ulong(flags), options.encode() or None), f"mount {target}")


def unmount(target: str) -> None:
    """Detach a mount from the tree of this namespace."""
    _checked(_libc.umount2(target.encode(), DETACH), f"umount {target}")


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace")]


def set_mount(target: str, attributes: int, *, clear: int = 0, recursive: bool = False) -> None:
    """Add attributes to a mount and clear others, with `recursive` on all mounts below it too."""
    wanted = _MountAttributes(attributes, clear, 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    syscall("mount_setattr", AT_FDCWD, target.encode(), flags, ctypes.byref(wanted), ctypes.sizeof(wanted))


def drop_capabilities() -> None:
    """Empty the permitted, effective, inheritable, ambient and bounding sets."""
    prctl(AMBIENT, AMBIENT_CLEAR)
    for capability in range(64):
        try:
            prctl(DROP_BOUND, capability)
        except OSError:  # past the last that this kernel knows, or not ours to drop
            break
    version_3 = (ctypes.c_uint32 * 2)(0x20080522, 0)
    syscall("capset", version_3, (ctypes.c_uint32 * 6)())


def close_all_but(keep: set[int]) -> None:
    """Close every descriptor that is not in `keep`."""
    first = 0
    for number in [*sorted(keep), 1 << 31]:
        if number > first:
            syscall("close_range", first, number - 1, 0)
        first = number + 1
