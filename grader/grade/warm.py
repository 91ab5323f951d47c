"""The warm parent: a spawned process that has imported what notebooks need, and forks a process for each submission.

It is spawned, never forked from a server with threads; it has one thread, no secret and no CUDA, and ends with its
owner. A node is a fork that has run the given cells at the top of a notebook and forks from there on, so that a class
shares them.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import select
import signal
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from grader.grade.memory import collapse
from grader.grade.protocol import Channel, ChannelError, Message
from grader.grade.sandbox import Policy, confine, layers
from grader.grade.sandbox.gpu import show as show_gpu
from grader.grade.shell import Shell, make_shell
from grader.grade.student import Student
from grader.grade.verifier import prepare as prepare_tests
from grader.grade.verifier import serve as serve_tests

TIDYING = 2.0  # seconds that a sandbox may take for it
# What a notebook's run goes by, which a sandbox's short environment leaves out.
QUICK = ("NBGRADER_EXECUTION", "GRADER_QUICK", "NAMES_FILE", "MPLBACKEND")
OWNER_CHECK = 5.0  # seconds between looks at whether the owner is still there


class Parent:
    """A process that forks: the warm parent itself, or a node that has run given cells."""

    def __init__(self, control: Channel, shell: Shell, cells: list[str], fresh: Callable[[], None]):
        self.control, self.shell, self.cells, self.fresh = control, shell, cells, fresh
        self.children: set[int] = set()

    def serve(self) -> NoReturn:
        """Fork and end children as the owner asks, until it goes; then end them all."""
        owner = os.getppid()
        with contextlib.suppress(ChannelError):
            while self._waits(owner):
                message = self.control.receive()
                if message.kind == "fork":
                    self._fork(message)
                elif message.kind == "end":
                    self._end(message)
        for pid in list(self.children):
            _kill(pid)
        os._exit(0)

    def _waits(self, owner: int) -> bool:
        """Whether there is a request to be read; False when the owner is gone."""
        while not select.select([self.control.connection], [], [], OWNER_CHECK)[0]:
            if os.getppid() != owner:
                return False
        return True

    def _fork(self, message: Message) -> None:
        descriptors = [self.control.receive_descriptor() for _ in range(message.plain["descriptors"])]
        pid = os.fork()
        if not pid:
            self._become(message.plain, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self.children.add(pid)
        self.control.send("forked", message.id, plain={"pid": pid})

    def _end(self, message: Message) -> None:
        """End a child, if it has not ended by itself; how it ended, and what it used."""
        pid = message.plain["pid"]
        status = used = None
        if pid in self.children:
            self.children.discard(pid)
            done, status, used = _wait(pid, message.plain["grace"])
            if not done and message.plain["tidy"]:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGTERM)  # a sandbox takes away what it has outside
                done, _, used = _wait(pid, TIDYING)
                status = None
            _kill(pid)
            if not done:
                _, status, used = os.wait4(pid, 0)
                status = None
        plain = {"status": None if status is None else os.waitstatus_to_exitcode(status)}
        self.control.send(
            "ended", message.id, plain=plain | {"seconds": used.ru_utime + used.ru_stime if used else 0.0}
        )

    def _become(self, plain: dict, descriptors: list[int]) -> NoReturn:
        """In a fresh fork: be a student process, a verifier process or a node."""
        status = 1
        try:
            self.control.connection.close()
            os.setsid()
            channel, *others = [Channel(socket.socket(fileno=descriptor)) for descriptor in descriptors]
            if plain["kind"] == "student":
                environment = {name: os.environ[name] for name in QUICK if name in os.environ}
                # Begun inside: each fork on the way there gives Python's generator new entropy.
                policy = _policy(plain["policy"], channel)
                confine(policy, lambda: self._be_student(channel, environment, policy.device))
            elif plain["kind"] == "verifier":
                self.fresh()
                serve_tests(channel, others[0], self.shell)
            elif plain["kind"] == "tests":
                self.fresh()
                self._be_tests(channel)
            else:
                self.fresh()
                self._be_node(channel)
            status = 0
        finally:
            os._exit(status)

    def _be_student(self, channel: Channel, environment: dict[str, str], device: str) -> None:
        self.fresh()
        show_gpu(device)
        os.environ.update(environment)
        self.shell.catch_descriptors()
        student = Student(self.shell, channel)
        student.cells = self.cells
        student.serve()

    def _be_node(self, channel: Channel) -> NoReturn:
        """Run the given cells, say what they showed, and fork from here on."""
        message = channel.receive()
        student = Student(self.shell, channel)
        student.cells = [*self.cells]
        before = random_states()
        outputs = [student.execute(source)[0] for source in message.plain["cells"]]
        after = random_states()
        gc.collect()
        gc.freeze()
        channel.send("prepared", message.id, plain={"outputs": outputs})
        Parent(channel, self.shell, student.cells, lambda: begin_from(before, after)).serve()

    def _be_tests(self, channel: Channel) -> NoReturn:
        """Run an assignment's tests for nobody, so that each verifier forked from here has what they share."""
        message = channel.receive()
        prepare_tests(message, self.shell)
        gc.collect()
        gc.freeze()
        channel.send("prepared", message.id)
        Parent(channel, self.shell, [], self.fresh).serve()


def main(descriptor: int, kind: str) -> NoReturn:
    """Warm up, say so, and serve. kind: "used", or "imported" for a parent whose forks use a GPU."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = Channel(socket.socket(fileno=descriptor))
    shell, fresh = warm_up(use=kind == "used")
    control.send("ready", plain={"threads": threads()})
    Parent(control, shell, [], fresh).serve()


def warm_up(*, use: bool = True) -> tuple[Shell, Callable[[], None]]:
    """Import what notebooks need and use once what is slow the first time.

    use: False leaves the use out, since a backward pass asks CUDA for its devices, and no fork could use them then.
    Returns the shell, and what a fork does first, so that it begins as a new process would.
    """
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    layers.present()  # tried once, before anything forks
    shell = make_shell()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _import()
        if use:
            _use_once(shell)
    gc.collect()
    gc.freeze()
    collapse()

    def fresh() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        at_start = random_states()
        begin_from(at_start, at_start)
        tempfile.tempdir = None
        sys.path[:0] = [""]  # as a kernel has it

    return shell, fresh


def random_states() -> list[tuple[Callable[[], object], Callable[[object], None], object]]:
    """For each global random generator (torch's, numpy's, Python's): to seed it anew, to set its state, its state."""
    import numpy as np
    import torch

    return [
        (torch.default_generator.seed, torch.random.set_rng_state, torch.random.get_rng_state()),
        (np.random.seed, np.random.set_state, np.random.get_state()),
        (random.seed, random.setstate, random.getstate()),
    ]


def begin_from(before: list, after: list) -> None:
    """In a fork: new entropy, as in a new process; but go on from a state that given cells have set since `before`."""
    for (_, _, old), (seed, put, new) in zip(before, after, strict=True):
        seed() if _text(old) == _text(new) else put(new)


def _text(state: object) -> str:
    return repr(state.tolist() if hasattr(state, "tolist") else state)


def threads() -> int:
    """How many threads this process has; 1 where the system does not say."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else 1


def _import() -> None:
    import importlib
    import pkgutil

    import grader.check.exercises

    for module in pkgutil.iter_modules(grader.check.exercises.__path__):
        importlib.import_module(f"grader.check.exercises.{module.name}")
    torch_parts = ("torch.nn.functional", "torch.optim", "torch.utils.data", "torch.utils.checkpoint")
    for name in ("matplotlib.pyplot", "scipy.linalg", *torch_parts):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _use_once(shell: Shell) -> None:
    import matplotlib.pyplot as plt
    import torch

    x = torch.linspace(0.1, 1, 6, dtype=torch.float64, requires_grad=True)
    torch.autograd.grad(x.sin().sum(), x, torch.tensor(1.0, dtype=torch.float64), create_graph=True)
    torch.autograd.functional.jacobian(torch.sin, x)
    torch.autograd.gradcheck(torch.sin, x)
    torch.func.jvp(torch.sin, (x,), (x,))
    torch.func.vmap(torch.func.grad(torch.sin))(x)
    torch.func.jacrev(torch.sin)(x)
    layer = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh())
    for optimizer in (torch.optim.SGD(layer.parameters(), lr=0.1), torch.optim.Adam(layer.parameters())):
        torch.nn.functional.cross_entropy(layer(torch.zeros(5, 3)), torch.arange(5) % 4).backward()
        optimizer.step()
    torch.linalg.svd(torch.eye(3))
    fig, axes = plt.subplots(1, 2)
    axes[0].plot([1, 2], [1, 10], label="$x^2$")
    axes[0].set(yscale="log", xlabel="x", title="title")
    axes[0].legend()
    axes[1].imshow([[0, 1], [1, 0]])
    shell.display_formatter.format(fig)
    plt.close("all")
    shell.execute("import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show(); 1 + 1")
    shell.execute("1 / 0  # a traceback")
    shell.reset(new_session=True)
    shell.execution_count = 1


def _policy(fields: dict, channel: Channel) -> Policy:
    paths = {"folder": Path(fields["folder"]), "readable": tuple(Path(path) for path in fields["readable"])}
    os.chdir(fields["folder"])
    return Policy(**fields | paths | {"keep": (channel.connection.fileno(),)})


def _wait(pid: int, seconds: float) -> tuple[bool, int | None, object]:
    """Wait a little for a child to end by itself."""
    import time

    deadline = time.monotonic() + seconds
    while True:
        done, status, used = os.wait4(pid, os.WNOHANG)
        if done:
            return True, status, used
        if time.monotonic() > deadline:
            return False, None, None
        time.sleep(0.001)


def _kill(pid: int) -> None:
    """End a child and its whole process group."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
