"""Confine a fork: the order of the steps is what makes each of them hold.

    the caller's fork   makes the cgroups and the pid namespace, waits, cleans up, passes the exit status on
      stub, PID 1       new root and namespaces; reaps, watches, and takes everything with it when it ends
        student, PID 2  limits, a uid of its own, no capabilities, Landlock, seccomp, then the body

Where there is no pid namespace the caller's fork is the stub.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from grader.grade.sandbox import gpu, kernel, landlock, limits, namespaces, seccomp, watch
from grader.grade.sandbox.layers import NAMESPACES, present, require
from grader.grade.sandbox.policy import (
    HOME,
    NOT_CONFINED,
    OVER_MEMORY,
    PREFIX,
    Policy,
    Refused,
    interpreter_paths,
    own_name,
    owner_is_gone,
)

ENDED = 128 + signal.SIGTERM
KEPT_VARIABLES = ("MPLBACKEND", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GRADER_CARRIED")


def confine(policy: Policy, body: Callable[[], None]) -> NoReturn:
    """Called in a fresh fork: run `body` confined as `policy` says, then end this process with the body's exit status.

    Never returns. The calling process becomes the one that waits for the confined one. SIGTERM to it ends everything
    that the submission has started and removes what it had outside; SIGKILL does the former (`sweep` the latter).
    Fails closed: where a layer cannot be put on, the body does not run and the exit status is NOT_CONFINED, after a
    sentence on stderr.
    """
    if policy.isolation == "none":
        _run(body)
    try:
        layers = require("full") if policy.isolation == "full" else present()
    except Refused as refusal:
        _fail(str(refusal))
    confine_with(policy, body, layers)


def sweep() -> None:
    """Remove what submissions have outside of their sandboxes whose first process was killed: cgroups and folders.

    Whoever kills the process that called `confine` calls this once it has ended.
    """
    for folder in limits.leftover_cgroups():
        if owner_is_gone(folder.name):
            with contextlib.suppress(OSError):
                folder.rmdir()
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if owner_is_gone(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def confine_with(policy: Policy, body: Callable[[], None], layers: frozenset[str]) -> NoReturn:
    """`confine` with exactly these layers on."""
    try:
        os._exit(_Confinement(policy, body, layers).wait())
    except _Ended:  # just as it ended by itself, or before it had begun
        os._exit(ENDED)
    except BaseException as error:  # whatever it is, the body must not run half confined
        _fail(f"The submission could not be confined: {error}")


class _Ended(BaseException):
    """The caller's owner wants the submission to end."""


def _end_tidily(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Ended


@dataclass
class _Confinement:
    policy: Policy
    body: Callable[[], None]
    layers: frozenset[str]
    owner: int | None = None  # the uid and gid of the submission alone
    place: Path | None = None  # the folder outside, where there is no mount namespace
    cgroup: limits.Cgroup = field(default_factory=lambda: limits.Cgroup({}))
    waiting: int = -1  # in the stub: a pidfd of the process that waits for it
    running: int = 0  # processes of the same user, which RLIMIT_NPROC counts

    def wait(self) -> int:
        """In the caller's fork: the exit status of the student process."""
        if sys.platform != "linux":
            return self._wait_elsewhere()
        sweep()
        signal.signal(signal.SIGTERM, _end_tidily)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        if "user" in self.layers:
            self.owner = namespaces.own_id()
        elif "limits" in self.layers and os.getuid() != 0:
            self.running = limits.processes_of(os.getuid())
        if "mount" not in self.layers:
            self._make_place()
        try:
            self.cgroup = limits.make_cgroup(
                self.policy, frozenset(name.removesuffix(" cgroup") for name in self.layers if "cgroup" in name)
            )
            if not namespaces.may_mount() and self.layers & NAMESPACES:
                _become_only_user()
            status = self._wait_for_stub() if "pid" in self.layers else self._stub()
            return OVER_MEMORY if self.cgroup.ran_out_of_memory() else status
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what follows is to be finished
            self.cgroup.remove()
            if self.place is not None:
                shutil.rmtree(self.place, ignore_errors=True)

    def _wait_for_stub(self) -> int:
        kernel.unshare(kernel.NEW_PID)
        parent = os.pidfd_open(os.getpid())
        stub = os.fork()
        if stub == 0:
            _end_with(lambda: self._stub_of(parent))
        kernel.close_all_but({0, 1, 2})
        try:
            return watch.exit_status(os.waitpid(stub, 0)[1])
        except _Ended:
            os.kill(stub, signal.SIGKILL)  # and with it everything in its namespace
            os.waitpid(stub, 0)
            return ENDED

    def _stub_of(self, parent: int) -> int:
        self.waiting = parent
        _die_with(parent)
        for number in range(1, signal.NSIG):
            # The first process of a pid namespace gets only the signals that it handles.
            with contextlib.suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_DFL)
        return self._stub()

    def _stub(self) -> int:
        first = "pid" in self.layers
        self.cgroup.join() if first else kernel.prctl(kernel.SET_CHILD_SUBREAPER, 1)
        if first:
            self._enter()
        parent = os.pidfd_open(os.getpid())
        student = os.fork()
        if student == 0:
            _end_with(lambda: self._student(parent))
        os.close(parent)
        kernel.close_all_but({0, 1, 2, self.waiting} if first else {0, 1, 2})
        if first:
            if self.owner is not None:
                _become(self.owner)
            if self.layers & {"user", "privileges"}:
                kernel.drop_capabilities()
            kernel.prctl(kernel.SET_DUMPABLE, 0)
            _die_with(self.waiting)  # again: the change of uid undid it
        try:
            status = watch.supervise(student, self._watch())
        except _Ended:
            status = ENDED
        if not first:
            watch.kill_descendants()
        return status

    def _watch(self) -> watch.Watch:
        watching = "watch" in self.layers and ("mount" in self.layers or "pid" not in self.layers)
        return watch.Watch(
            memory=self.policy.memory if watching and "memory cgroup" not in self.layers else None,
            folder=self.place if watching else None,
            disk=self.policy.disk,
            only_ours="pid" in self.layers,
        )

    def _enter(self) -> None:
        """The namespaces besides those of users and processes, and the new root."""
        wanted = {"mount": kernel.NEW_MOUNT, "network": kernel.NEW_NET, "ipc": kernel.NEW_IPC | kernel.NEW_UTS}
        flags = sum(flag for name, flag in wanted.items() if name in self.layers)
        if flags:
            kernel.unshare(flags)
        if "mount" in self.layers:
            namespaces.build_root(
                self.policy.folder.resolve(),
                self._readable(),
                self.policy.disk,
                self.owner if self.owner is not None else os.getuid(),
                processes="pid" in self.layers,
                devices=gpu.files(self.policy.device),
            )

    def _student(self, parent: int) -> NoReturn:
        if "pid" not in self.layers:
            self.cgroup.join()
            self._enter()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        if "limits" in self.layers:
            limits.restrict(self.policy, self.running)
        if self.owner is not None:
            _become(self.owner)
        if "user" in self.layers and namespaces.may_make_users():
            _become_only_user()
        if self.layers & {"user", "privileges"}:
            kernel.drop_capabilities()
        os.environ.clear()
        os.environ.update(self._environment())
        tempfile.tempdir = None
        os.chdir(self._home())
        os.umask(0o077)
        if self.layers & {"privileges", "landlock", "seccomp"}:  # the latter two ask for it
            kernel.prctl(kernel.SET_NO_NEW_PRIVS, 1)
        if "privileges" in self.layers:
            kernel.prctl(kernel.SET_DUMPABLE, 0)
        _die_with(parent)  # not earlier: a change of uid undoes it
        null = os.open("/dev/null", os.O_RDWR)
        for standard in {0, 1, 2} - set(self.policy.keep):
            os.dup2(null, standard)
        kernel.close_all_but({0, 1, 2, *self.policy.keep})
        if "landlock" in self.layers:
            landlock.restrict(*self._paths())
        if "seccomp" in self.layers:
            seccomp.restrict(unix_sockets="mount" in self.layers)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        _run(self.body)

    def _wait_elsewhere(self) -> int:
        """Without Linux there are a process of its own, a folder of its own, limits, and a short environment."""
        self._make_place()
        try:
            student = os.fork()
            if student == 0:
                os.setsid()
                limits.restrict(self.policy, limits.processes_of(os.getuid()))
                os.environ.clear()
                os.environ.update(self._environment())
                tempfile.tempdir = None
                os.chdir(self._home())
                _run(self.body)
            status = watch.exit_status(os.waitpid(student, 0)[1])
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(student, signal.SIGKILL)
            return status
        finally:
            shutil.rmtree(self.place, ignore_errors=True)

    def _make_place(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix=f"{own_name()}-"))
        namespaces.copy_folder(self.policy.folder, self._home(), self.owner)
        (self.place / "tmp").mkdir()
        if self.owner is not None:
            self.place.chmod(0o711)
            os.chown(self.place / "tmp", self.owner, self.owner)

    def _home(self) -> Path:
        return HOME if self.place is None else self.place / "home"

    def _readable(self) -> list[Path]:
        return [*interpreter_paths(), *(path.absolute() for path in self.policy.readable)]

    def _paths(self) -> tuple[list[Path], list[Path]]:
        """What Landlock lets be read, and written."""
        readable = [*namespaces.system_paths(), *self._readable()]
        writable = [*(Path("/dev") / name for name in namespaces.DEVICES), *gpu.files(self.policy.device)]
        if self.place is not None:
            return readable, [*writable, self.place / "home", self.place / "tmp"]
        own = [Path("/proc"), Path("/etc/passwd"), Path("/etc/group")] if "pid" in self.layers else []
        drivers = gpu.WRITTEN if self.policy.device != "cpu" and "pid" in self.layers else ()
        return [*readable, *own], [*writable, *drivers, HOME, namespaces.TEMPORARY, namespaces.SHARED_MEMORY]

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        temporary = namespaces.TEMPORARY if self.place is None else self.place / "tmp"
        return {
            **kept,
            "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin",
            "HOME": str(self._home()),
            "TMPDIR": str(temporary),
            "USER": "student",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def _run(body: Callable[[], None]) -> NoReturn:
    """Run the body, and end this process as Python ends: 0, the code of SystemExit, or 1."""
    status = 1
    try:
        body()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(status & 0xFF)


def _end_with(steps: Callable[[], int]) -> NoReturn:
    """In a new fork: end with the status that the steps return, or as not confined when one of them fails."""
    try:
        os._exit(steps())
    except BaseException as error:
        _fail(f"The submission could not be confined: {error}")


def _fail(sentence: str) -> NoReturn:
    with contextlib.suppress(OSError):
        os.write(2, f"{sentence}\n".encode())
    os._exit(NOT_CONFINED)


def _die_with(parent: int) -> None:
    """Have the kernel end this process with its parent, of which `parent` is a pidfd."""
    kernel.prctl(kernel.SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if select.select([parent], [], [], 0)[0]:
        os._exit(NOT_CONFINED)


def _become(owner: int) -> None:
    os.setgroups([])
    os.setresgid(owner, owner, owner)
    os.setresuid(owner, owner, owner)


def _become_only_user() -> None:
    """A user namespace whose only user is this process's own; root is called something else there."""
    uid, gid = os.getuid(), os.getgid()
    kernel.prctl(kernel.SET_DUMPABLE, 1)  # a change of uid cleared it, and with it the right to write one's own maps
    kernel.unshare(kernel.NEW_USER)
    namespaces.map_user(uid or namespaces.STUDENT, uid, gid or namespaces.STUDENT, gid)
