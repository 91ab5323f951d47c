"""Resource limits of a process, and cgroups that hold for all processes of a submission together."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from grader.grade.sandbox.policy import PREFIX, Policy, own_name

OPEN_FILES = 256
CGROUPS = Path("/sys/fs/cgroup")
SPARE_PROCESSES = 2  # the stub and the one that waits for it


def restrict(policy: Policy, already_running: int) -> None:
    """Set this process's limits. already_running: processes of the same user that count towards the limit on them."""
    limits = {
        "RLIMIT_NPROC": policy.processes + SPARE_PROCESSES + already_running,
        "RLIMIT_FSIZE": policy.disk,
        "RLIMIT_NOFILE": OPEN_FILES,
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_MEMLOCK": 1 << 16,
        "RLIMIT_SIGPENDING": 1024,
        "RLIMIT_RTPRIO": 0,
        "RLIMIT_NICE": 0,
    }
    if policy.device == "cpu":
        limits["RLIMIT_AS"] = _address_space() + policy.memory
    for name, value in limits.items():
        if (which := getattr(resource, name, None)) is not None:
            _, hard = resource.getrlimit(which)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            try:
                resource.setrlimit(which, (value, value))
            except (OSError, ValueError):  # macOS refuses some
                if sys.platform == "linux":
                    raise
    # The soft limit sends SIGXCPU, which says what happened; the hard one cannot be ignored.
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    seconds = policy.processor_seconds if hard == resource.RLIM_INFINITY else min(policy.processor_seconds, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, min(seconds + 1, hard) if hard > 0 else seconds + 1))


def processes_of(uid: int) -> int:
    """How many threads run under a uid, as far as /proc says."""
    count = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if entry.stat().st_uid == uid:
                count += sum(1 for _ in (entry / "task").iterdir())
    return count


@dataclass(frozen=True)
class Cgroup:
    """The cgroups of one submission: one folder (v2), or one for each controller (v1)."""

    folders: dict[str, Path]

    def join(self) -> None:
        """Move this process into them."""
        for folder in set(self.folders.values()):
            (folder / "cgroup.procs").write_text("0")

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel killed one of their processes for memory."""
        if (folder := self.folders.get("memory")) is None:
            return False
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError):
                words = (folder / name).read_text().split()
                return int(words[words.index("oom_kill") + 1]) > 0
        return False

    def remove(self) -> None:
        """Take them away, once their processes have ended."""
        for folder in set(self.folders.values()):
            with contextlib.suppress(OSError):
                folder.rmdir()


def make_cgroup(policy: Policy, controllers: frozenset[str]) -> Cgroup:
    """Cgroups with the policy's limits. controllers: of "memory" and "pids". Raises OSError where it cannot."""
    made: dict[str, Path] = {}
    for controller in sorted(controllers):
        parent = _parent(controller)
        if parent is None:
            raise OSError(f"no writable {controller} cgroup")
        folder = parent / own_name()
        folder.mkdir(exist_ok=True)
        made[controller] = folder
        if controller == "pids":
            (folder / "pids.max").write_text(str(policy.processes + SPARE_PROCESSES))
        elif (folder / "memory.max").exists():
            (folder / "memory.max").write_text(str(policy.memory))
            with contextlib.suppress(OSError):
                (folder / "memory.swap.max").write_text("0")
        else:
            (folder / "memory.limit_in_bytes").write_text(str(policy.memory))
            with contextlib.suppress(OSError):
                (folder / "memory.memsw.limit_in_bytes").write_text(str(policy.memory))
    return Cgroup(made)


def leftover_cgroups() -> list[Path]:
    """All cgroups of submissions, of whoever grades beside us too."""
    parents = {_parent(controller) for controller in ("memory", "pids")} - {None}
    return [folder for parent in parents for folder in parent.glob(f"{PREFIX}*")]


def _parent(controller: str) -> Path | None:
    """The folder in which a cgroup with this controller can be made: None where there is none."""
    own = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            own[names] = path.lstrip("/")
    for names, path in own.items():
        if controller in names.split(","):
            mounted = CGROUPS / names
            place = mounted / path if (mounted / path).is_dir() else mounted
            return place if os.access(place, os.W_OK) and (place / "cgroup.procs").exists() else None
    if "" not in own or not (CGROUPS / "cgroup.controllers").exists():
        return None
    place = CGROUPS / own[""]
    for folder in (place, *place.parents):
        if not folder.is_relative_to(CGROUPS):
            break
        with contextlib.suppress(OSError):
            enabled = (folder / "cgroup.subtree_control").read_text().split()
            if controller in enabled and os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK):
                return folder
    return None


def _address_space() -> int:
    """Bytes of address space that this process has already; the warm parent's libraries are most of it."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 0
