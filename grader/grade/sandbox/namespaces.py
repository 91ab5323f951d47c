"""Namespaces, and the file system that a submission sees: a new root with what it may read, and one capped tmpfs."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from grader.grade.sandbox import kernel
from grader.grade.sandbox.policy import HOME

# What a Python with its libraries reads besides its own folders.
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin")
SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "fonts", "mime.types")
DEVICES = ("null", "zero", "full", "random", "urandom")
SHARED_MEMORY = Path("/dev/shm")
TEMPORARY = Path("/tmp")
STUDENT = 1000  # the uid that a submission sees where no other can be mapped


def system_paths() -> tuple[Path, ...]:
    """Folders and files of the system that may be read."""
    return tuple(map(Path, SYSTEM)) + tuple(Path("/etc") / name for name in SETTINGS)


def map_user(inside_uid: int, outside_uid: int, inside_gid: int, outside_gid: int) -> None:
    """Give a user namespace that this process has just made its one user and group."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside_uid} {outside_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{inside_gid} {outside_gid} 1")


def own_id() -> int | None:
    """A uid and gid that nobody has, for this submission alone: None where this process may not choose one.

    The process's own number makes it differ from that of every submission that runs at the same time.
    """
    change_ids = 1 << 0 | 1 << 6 | 1 << 7  # CAP_CHOWN, CAP_SETGID, CAP_SETUID
    if os.geteuid() != 0 or effective_capabilities() & change_ids != change_ids:
        return None
    mapped = [list(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    last = max(first + count for first, _, count in mapped) - 1
    if last >= 0x7FFFFFFF:
        return 0x70000000 + os.getpid()
    return 60_001 + os.getpid() % 5_000 if last >= 65_533 else None


def effective_capabilities() -> int:
    """The capabilities of this process, a bit each."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def may_mount() -> bool:
    """Whether this process may make namespaces without making a user namespace first."""
    return bool(effective_capabilities() & 1 << 21)  # CAP_SYS_ADMIN


def build_root(
    folder: Path, readable: Iterable[Path], disk: int, owner: int, *, processes: bool, devices: Iterable[Path] = ()
) -> None:
    """Replace the root of this mount namespace. Afterwards nothing but `readable` and the system's libraries is there.

    folder: copied to HOME. disk: bytes that HOME, /tmp and /dev/shm hold together. owner: uid and gid of those.
    processes: whether this process is the first of a pid namespace, so that a /proc of its own can be mounted.
    devices: device files that may be used besides the usual ones.
    """
    kernel.mount("", "/", flags=kernel.PRIVATE | kernel.RECURSIVE)
    # Any folder will do to hang the new root on; once it is the root, the old one is whole again below /old.
    kernel.mount("tmpfs", "/tmp", "tmpfs", kernel.NO_SUID | kernel.NO_DEV, "size=1m,nr_inodes=4k,mode=755")
    Path("/tmp/old").mkdir()
    kernel.syscall("pivot_root", b"/tmp", b"/tmp/old")
    os.chdir("/")
    _capped_folders(Path("/old") / folder.relative_to("/"), disk, owner)
    for path in _outermost([*system_paths(), *readable]):
        _show(path)
    for path in (*(Path("/dev") / name for name in DEVICES), *devices):
        _bind(Path("/old") / path.relative_to("/"), path)
    Path("/dev/fd").symlink_to("/proc/self/fd")
    Path("/proc").mkdir(exist_ok=True)
    if processes:
        with contextlib.suppress(OSError):  # refused in containers that hide parts of theirs
            kernel.mount("proc", "/proc", "proc", kernel.NO_SUID | kernel.NO_DEV | kernel.NO_EXEC, "subset=pid")
    Path("/etc").mkdir(exist_ok=True)
    Path("/etc/passwd").write_text(f"student:x:{owner}:{owner}::{HOME}:/bin/sh\n")
    Path("/etc/group").write_text(f"student:x:{owner}:\n")
    kernel.unmount("/old")
    Path("/old").rmdir()
    kernel.set_mount("/", kernel.ATTR_READ_ONLY)


def copy_folder(folder: Path, into: Path, owner: int | None) -> None:
    """Copy plain files and folders; links, pipes and devices stay behind."""

    def others(parent: str, names: list[str]) -> list[str]:
        modes = {name: (Path(parent) / name).lstat().st_mode for name in names}
        return [name for name, mode in modes.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))]

    shutil.copytree(folder, into, ignore=others, copy_function=shutil.copyfile, dirs_exist_ok=True)
    into.chmod(0o700)
    if owner is not None:
        for parent, _, names in os.walk(into):
            for name in (".", *names):
                os.chown(Path(parent) / name, owner, owner, follow_symlinks=False)


def _capped_folders(folder: Path, disk: int, owner: int) -> None:
    box = Path("/box")
    box.mkdir()
    flags = kernel.NO_SUID | kernel.NO_DEV | kernel.NO_EXEC
    kernel.mount("tmpfs", str(box), "tmpfs", flags, f"size={disk},nr_inodes=16k,mode=700")
    for number, place in enumerate((HOME, TEMPORARY, SHARED_MEMORY)):
        part = box / str(number)
        part.mkdir()
        os.chown(part, owner, owner)
        place.mkdir(parents=True, exist_ok=True)
        kernel.mount(str(part), str(place), flags=kernel.BIND)
    copy_folder(folder, HOME, owner)
    kernel.unmount(str(box))
    box.rmdir()


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """The paths that lie below no other, shortest first."""
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda path: len(path.parts)):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return kept


def _show(path: Path) -> None:
    """Show a path of the old root, read-only, at the same place of the new one; a link is made again."""
    old = Path("/old") / path.relative_to("/")
    if old.is_symlink():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(old.readlink())
    elif old.exists():
        _bind(old, path)
        kernel.set_mount(
            str(path),
            kernel.ATTR_READ_ONLY | kernel.ATTR_NO_SUID | kernel.ATTR_NO_DEV,
            recursive=True,
        )


def _bind(old: Path, path: Path) -> None:
    if old.is_dir():
        path.mkdir(parents=True, exist_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    kernel.mount(str(old), str(path), flags=kernel.BIND | kernel.RECURSIVE)


def may_make_users() -> bool:
    """Whether this process has not yet a user namespace of its own, and may make one.

    A plain user made one before the other namespaces; a second would add nothing.
    """
    return Path("/proc/self/setgroups").exists() and "deny" not in Path("/proc/self/setgroups").read_text()
