"""The student's side: a process that runs a submission's cells and then answers what tests ask of it.

It sees no test, no expected value, no later seed and no points; only requests such as "call f on these arguments". What
it says is never believed: the verifier judges values.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from grader.check.errors import GraderError, SubmissionError
from grader.check.replay import Snapshot, describe
from grader.check.submission import LiveSubmission
from grader.grade.protocol import Channel, ChannelError, Message
from grader.grade.shell import Shell
from grader.grade.wire import Packer


class Student(LiveSubmission):
    """A live submission whose forward-pass cells are those that the request brings along."""

    def __init__(self, shell: Shell, channel: Channel):
        self.shell, self.channel = shell, channel
        self.cells: list[str] = []
        self._forward: list[str] = []
        self._snapshot: Snapshot | None = None
        super().__init__(shell.user_ns, lambda: list(self.cells))

    def forward_cells(self, exercise: str) -> list[str]:
        return self._forward or super().forward_cells(exercise)

    def call(self, function: str, *args: object, **kwargs: object) -> object:
        self._snapshot = None  # what a function changes of the student's own stays changed
        return super().call(function, *args, **kwargs)

    def _preserved(self) -> AbstractContextManager[None]:
        """As a live submission's, but copied once for all replays and drivers that follow on one another."""
        if self._snapshot is None:
            self._snapshot = Snapshot(self._namespace)
        return self._snapshot.restored()

    def serve(self) -> None:
        """Answer requests until the channel closes."""
        while True:
            try:
                self._answer(self.channel.receive())
            except ChannelError:
                return

    def execute(self, source: str) -> tuple[list[dict], bool]:
        """Run a cell of the notebook; it becomes part of what a replay may run again."""
        self._snapshot = None
        before = len(self.shell.history_manager.input_hist_parsed)
        try:
            return self.shell.execute(source)
        finally:
            ran = self.shell.history_manager.input_hist_parsed[before:]
            self.cells.append(ran[0] if ran else source)

    def _answer(self, message: Message) -> None:
        packer, plain, data = Packer(), {}, None
        try:
            kind = "answer"
            plain, data = self._handlers[message.kind](self, message, packer)
        except SubmissionError as error:
            kind, plain, packer, data = "refused", {"kind": error.kind, "message": str(error)}, Packer(), None
        except ChannelError:
            raise
        except GraderError as error:
            kind, plain, packer, data = "refused", {"kind": "raised", "message": str(error)}, Packer(), None
        except BaseException as error:
            words = f"Your code stopped: {describe(error)}"
            kind, plain, packer, data = "refused", {"kind": "raised", "message": words}, Packer(), None
        self.channel.send(kind, message.id, plain=plain, packer=packer, data=data)

    def _execute(self, message: Message, packer: Packer) -> tuple[dict, object]:
        started = time.perf_counter()
        outputs, succeeded = self.execute(str(message.plain["source"]))
        return {"outputs": outputs, "succeeded": succeeded, "seconds": time.perf_counter() - started}, None

    def _value(self, message: Message, packer: Packer) -> tuple[dict, object]:
        name = str(message.plain["name"])
        return {}, packer.pack(self.value(name), name)

    def _call(self, message: Message, packer: Packer) -> tuple[dict, object]:
        args, kwargs = self._unpacked(message)
        function = str(message.plain["function"])
        return {}, packer.pack(self.call(function, *args, **kwargs), f"What {function} returns")

    def _replay(self, message: Message, packer: Packer) -> tuple[dict, object]:
        self._forward = [str(cell) for cell in message.plain["forward"]]
        try:
            replay = self.replay(
                str(message.plain["exercise"]),
                message.value(),
                disturb=message.plain["disturb"],
                device=str(message.plain["device"]),
            )
        finally:
            self._forward = []
        kept = {}
        for name, value in replay.values.items():
            try:
                kept[name] = packer.pack(value, name)
            except SubmissionError as error:
                kept[name] = f"not data: {error}"
        return {"errors": replay.errors}, {"dict": kept}

    def _run(self, message: Message, packer: Packer) -> tuple[dict, object]:
        inputs = self._unpacked(message)
        return {}, packer.pack(self.run(str(message.plain["driver"]), inputs), "What your code computes")

    def _unpacked(self, message: Message):
        return message.value(lambda number: self._oracle(message.id, number))

    def _oracle(self, id: int, number: int) -> Callable[..., object]:
        """A stand-in for a test's callable: each of its calls is a round trip."""

        def ask(*args: object) -> object:
            packer = Packer()
            tree = packer.pack(list(args), "What the oracle was asked")
            self.channel.send("ask", id, plain={"oracle": number}, packer=packer, data=tree)
            reply = self.channel.receive()
            if reply.kind == "told":
                return reply.value()
            raise type(str(reply.plain["type"]), (Exception,), {})(str(reply.plain["message"]))

        return ask

    _handlers = {  # noqa: RUF012 (never changed)
        "execute": _execute,
        "value": _value,
        "call": _call,
        "replay": _replay,
        "run": _run,
    }
