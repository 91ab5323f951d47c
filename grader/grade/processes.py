"""The owner's side of the warm parent: start it, ask it for processes, end them."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.build.source import BuildError
from grader.grade.protocol import Channel, ChannelError, pair
from grader.grade.sandbox import Policy

# What a notebook may know of the grader's environment; everything else stays out, secrets above all.
PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "NAMES_FILE", "PYTHONPATH", "LD_LIBRARY_PATH")
# One thread each: threads do not survive a fork. No GPU: CUDA does not either, so torch may not even look for one.
FIXED = {
    "NBGRADER_EXECUTION": "autograde",
    "GRADER_QUICK": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
}
START_SECONDS = 180.0
FORK_SECONDS = 30.0
PREPARE_SECONDS = 300.0
MOST_NODES = 24


@dataclass
class Child:
    """A forked process: the channel to it, and its parent, which alone may end it. confined: by a sandbox."""

    channel: Channel
    pid: int
    parent: Node
    confined: bool = False
    ended: bool = False

    def end(self, grace: float = 0.0) -> int | None:
        """End it now (or let it end by itself within `grace` seconds).

        Its exit status as subprocess gives it (negative for a signal); None where it had to be ended.
        """
        if self.ended:
            return None
        self.ended = True
        self.channel.close()
        with contextlib.suppress(ChannelError), self.parent.lock:
            return self.parent.control.ask(
                "end",
                plain={"pid": self.pid, "grace": grace, "tidy": self.confined},
                seconds=FORK_SECONDS + grace,
            ).plain["status"]
        return None


@dataclass
class Node:
    """A process that forks. cells: the given cells that it has run; outputs: what each of them showed."""

    control: Channel
    cells: tuple[str, ...] = ()
    outputs: tuple[list[dict], ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)
    child: Child | None = None

    def fork(self, kind: str, policy: Policy | None = None, others: Sequence[Channel] = ()) -> Child:
        """A new process of that kind: "student", "verifier" or "node". Raises ChannelError when the parent is gone."""
        near, far = pair()
        fields = {} if policy is None else _as_plain(policy)
        descriptors = [far.fileno(), *(other.connection.fileno() for other in others)]
        plain = {"kind": kind, "policy": fields, "descriptors": len(descriptors)}
        with far, self.lock:
            id = self.control.request("fork", plain=plain, seconds=FORK_SECONDS)
            for descriptor in descriptors:
                self.control.send_descriptor(descriptor)
            pid = self.control.answer(id, FORK_SECONDS).plain["pid"]
        return Child(near, pid, self, confined=policy is not None)


class Warm:
    """The warm parent and its nodes. Safe to use from several threads.

    gpu: its forks may use a GPU. It has only imported then, and has no nodes: CUDA works in no process whose parent has
    run a backward pass, as given cells may.
    """

    def __init__(self, *, gpu: bool = False) -> None:
        self.gpu = gpu
        if not hasattr(os, "fork"):
            raise BuildError("Grading forks processes, which this system cannot do. Use Linux, macOS or WSL.")
        self._folder = tempfile.mkdtemp(prefix="grader-")
        near, far = socket.socketpair()
        with far, (Path(self._folder) / "errors").open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "grader.grade.warm", str(far.fileno()), "imported" if gpu else "used"],
                pass_fds=[far.fileno()],
                env=_environment(self._folder),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        self.root = Node(Channel(near))
        self._nodes: dict[str, Node] = {}
        self._lock = threading.Lock()
        try:
            self.threads = self.root.control.receive(START_SECONDS).plain["threads"]
        except ChannelError as error:
            words = (Path(self._folder) / "errors").read_text(errors="replace").strip().split("\n")[-1]
            self.close()
            raise BuildError(f"The grader's warm process did not start: {words or error}") from None

    @property
    def alive(self) -> bool:
        return self._process.poll() is None and not self.root.control.closed

    def node(self, cells: Sequence[str]) -> Node:
        """The process that has run these given cells, made where it is new. Only an instructor's text may be given.

        The nearest one, which has run a part of them, where there are too many, or where a given cell ends its process.
        """
        with self._lock:
            nearest, size = self.root, 0
            if self.gpu:
                return nearest
            for count in range(len(cells), 0, -1):
                found = self._nodes.get(_checksum(cells[:count]))
                if found and not found.control.closed:
                    nearest, size = found, count
                    break
            if size == len(cells) or len(self._nodes) >= MOST_NODES:
                return nearest
            child = nearest.fork("node")
            answer = _prepare(child, {"cells": list(cells[size:])}, PREPARE_SECONDS)
            if answer is None:
                return nearest
            outputs = (*nearest.outputs, *answer["outputs"])
            made = self._nodes[_checksum(cells)] = Node(child.channel, tuple(cells), outputs, child=child)
            return made

    def tests(self, plain: Mapping[str, object], seconds: float) -> Node:
        """The process that has run these tests for nobody, made where it is new; the root where they end it.

        plain: the tests' texts, exercises and points, the forward-pass cells and the environment, as JSON. seconds: how
        long they may take together.
        """
        name = _checksum(["tests", json.dumps(plain, sort_keys=True)])
        with self._lock:
            found = self._nodes.get(name)
            if found and not found.control.closed:
                return found
            if len(self._nodes) >= MOST_NODES:
                return self.root
            child = self.root.fork("tests")
            prepared = _prepare(child, plain, seconds) is not None
            made = self._nodes[name] = Node(child.channel, child=child) if prepared else self.root
            return made

    def close(self) -> None:
        """End the parent and all that it has forked."""
        for node in [*self._nodes.values(), self.root]:
            node.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _prepare(child: Child, plain: Mapping[str, object], seconds: float) -> dict[str, object] | None:
    """What a new node answers when it has done what all its forks share; None where that ended it."""
    try:
        return child.channel.ask("prepare", plain=plain, seconds=seconds).plain
    except ChannelError:
        child.end()
        return None


_starting = threading.Lock()
_shared: dict[bool, Warm] = {}


@contextlib.contextmanager
def warm(*, gpu: bool = False) -> Iterator[Warm]:
    """The one warm parent of its kind of this process, started where there is none and again where it has died."""
    with _starting:
        if gpu not in _shared or not _shared[gpu].alive:
            if gpu in _shared:
                _shared.pop(gpu).close()
            _shared[gpu] = Warm(gpu=gpu)
            atexit.register(_shared[gpu].close)
        shared = _shared[gpu]
    yield shared


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED if name in os.environ}
    return kept | FIXED | {"IPYTHONDIR": folder}


def _checksum(cells: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for cell in cells:
        digest.update(f"{len(cell)}\n{cell}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _as_plain(policy: Policy) -> dict[str, object]:
    fields = dataclasses.asdict(policy)
    return fields | {"folder": str(policy.folder), "readable": [str(path) for path in policy.readable], "keep": []}
