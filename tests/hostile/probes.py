"""One escape attempt a function: it returns True where it got what it wanted, and raises or returns False where not.

Each runs in the nest, in a fork confined with some layers; the targets that it aims at are the nest's own (`Targets`).
"""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.grade.sandbox import kernel

SECRET = "the expected values"
PROCESSES, MEMORY, DISK, SECONDS = 12, 96 << 20, 8 << 20, 1

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Targets:
    """What an attempt can aim at. All of it is in the nest.

    classmate: a file that anyone may read. private: one that its owner alone may. open_folder: one that anyone may
    write to. bystander: a process. port: TCP and UDP, on the loopback. abstract: a socket's abstract name. segment: the
    id of a SysV shared memory segment that holds SECRET. setuid: a setuid-root copy of `id`, None for a plain user.
    """

    classmate: Path
    private: Path
    open_folder: Path
    bystander: int
    port: int
    abstract: str
    segment: int
    setuid: Path | None


@dataclass(frozen=True)
class Probe:
    """stopped_by: layers of which each, alone, stops the attempt. as_user: aimed at by a plain user, not by root."""

    name: str
    attempt: Callable[[Targets], bool]
    stopped_by: frozenset[str]
    as_user: bool = False


PROBES: list[Probe] = []


def probe(name: str, *stopped_by: str, as_user: bool = False) -> Callable:
    def register(attempt: Callable[[Targets], bool]) -> Callable[[Targets], bool]:
        PROBES.append(Probe(name, attempt, frozenset(stopped_by), as_user))
        return attempt

    return register


def _system_call(x86_64: int, aarch64: int, *arguments: int) -> int:
    number = {"x86_64": x86_64, "aarch64": aarch64}[kernel.MACHINE]
    return _libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments))


@probe("read a classmate's file", "mount", "landlock")
def read_classmate(targets: Targets) -> bool:
    return SECRET in targets.classmate.read_text()


@probe("read a file that only root may", "user", "mount", "landlock")
def read_private(targets: Targets) -> bool:
    return SECRET in targets.private.read_text()


@probe("write outside its folder", "mount", "landlock")
def write_outside(targets: Targets) -> bool:
    (targets.open_folder / "left behind").write_text("x")
    return True


@probe("follow a link out of its folder", "mount", "landlock")
def follow_link(targets: Targets) -> bool:
    Path("link").symlink_to(targets.classmate)
    return SECRET in Path("link").read_text()


@probe("fill the disk with small files", "mount", "watch")
def fill_disk(_: Targets) -> bool:
    for number in range(24):
        Path(f"{number}.bin").write_bytes(bytes(1 << 20))
        time.sleep(0.02)
    return True


@probe("write one large file", "mount", "limits", "watch")
def large_file(_: Targets) -> bool:
    with Path("large.bin").open("wb") as file:
        for _ in range(24):
            file.write(bytes(1 << 20))
            time.sleep(0.02)
    return True


@probe("see other processes", "mount", "landlock")
def see_processes(targets: Targets) -> bool:
    return Path(f"/proc/{targets.bystander}/cmdline").read_bytes() != b""


@probe("kill another process", "user", "pid", "landlock")
def kill(targets: Targets) -> bool:
    os.kill(targets.bystander, signal.SIGTERM)
    return True


@probe("attach to another process by ptrace", "user", "pid", "landlock", "seccomp")
def attach(targets: Targets) -> bool:
    attach_to, detach = 16, 17
    if _system_call(101, 117, attach_to, targets.bystander, 0, 0) == -1:
        return False
    os.waitpid(targets.bystander, 0)
    _system_call(101, 117, detach, targets.bystander, 0, 0)
    return True


@probe("connect over TCP", "network", "landlock", "seccomp")
def tcp(targets: Targets) -> bool:
    with socket.socket() as outgoing:
        outgoing.connect(("127.0.0.1", targets.port))
    return True


@probe("send over UDP", "network", "seccomp")
def udp(targets: Targets) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outgoing:
        outgoing.connect(("127.0.0.1", targets.port))
        outgoing.send(b"?")
        outgoing.settimeout(1)
        return outgoing.recv(16) == b"!"


@probe("connect to an abstract socket", "network", "landlock", "seccomp")
def abstract_socket(targets: Targets) -> bool:
    with socket.socket(socket.AF_UNIX) as outgoing:
        outgoing.connect(f"\0{targets.abstract}")
    return True


@probe("read another program's shared memory", "ipc")
def shared_memory(targets: Targets) -> bool:
    read_only = 0o10000
    attach_segment = _libc.shmat
    attach_segment.restype = ctypes.c_void_p
    address = attach_segment(targets.segment, None, read_only)
    return address not in (None, ctypes.c_void_p(-1).value) and SECRET.encode() in ctypes.string_at(address, 64)


@probe("make a user namespace and mount in it", "seccomp")
def mount(_: Targets) -> bool:
    if _libc.unshare(kernel.NEW_USER | kernel.NEW_MOUNT) != 0:
        return False
    return _libc.mount(b"tmpfs", str(Path.cwd()).encode(), b"tmpfs", 0, None) == 0


@probe("make an io_uring", "seccomp")
def ring(_: Targets) -> bool:
    parameters = ctypes.create_string_buffer(120)
    return _system_call(425, 425, 4, ctypes.addressof(parameters)) >= 0


@probe("add a key to the kernel's keyring", "seccomp")
def key(_: Targets) -> bool:
    session_keyring = -3
    kind, name, value = (ctypes.create_string_buffer(text) for text in (b"user", b"hostile", b"x"))
    addresses = [ctypes.addressof(text) for text in (kind, name, value)]
    return _system_call(248, 217, *addresses, 1, session_keyring) >= 0


@probe("run a setuid program", "mount", "privileges", "landlock", as_user=True)
def setuid(targets: Targets) -> bool:
    if targets.setuid is None:
        return False
    return subprocess.run([targets.setuid, "-u"], capture_output=True, text=True, check=True).stdout.strip() == "0"


@probe("50 GB of memory at once", "limits")
def much_memory(_: Targets) -> bool:
    no_reserve = 0x4000  # so that only a limit refuses it, not the size of this machine
    mmap.mmap(-1, 50 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | no_reserve).close()
    return True


@probe("more memory than allowed, in many processes", "memory cgroup", "watch")
def memory_in_many(_: Targets) -> bool:
    children = []
    for _ in range(6):
        if (child := os.fork()) == 0:
            hoard = bytearray(40 << 20)
            time.sleep(0.5)
            os._exit(0 if hoard else 1)
        children.append(child)
    return all(os.waitpid(child, 0)[1] == 0 for child in children)


@probe("memory in files without a folder", "memory cgroup", "seccomp")
def memory_in_memfds(_: Targets) -> bool:
    for number in range(10):
        descriptor = os.memfd_create(f"hoard {number}")
        os.posix_fallocate(descriptor, 0, 20 << 20)
    return True


@probe("fork without end", "limits", "pids cgroup", as_user=True)
def fork_bomb(_: Targets) -> bool:
    for _ in range(PROCESSES + 20):
        if os.fork() == 0:
            time.sleep(1)
            os._exit(0)
    return True


@probe("loop for ever", "limits")
def loop(_: Targets) -> bool:
    start = time.process_time()
    while time.process_time() - start < SECONDS + 1.5:
        pass
    return True
