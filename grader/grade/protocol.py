"""Frames between the processes of grading: versioned, bounded in length and time; JSON and safetensors, no pickle.

A frame is MAGIC, the version, the lengths of header and payload, the header (JSON) and the payload (safetensors). What
the other side sends is not trusted: whatever is not a frame of ours becomes a ChannelError, and the channel is closed.
"""

from __future__ import annotations

import json
import math
import secrets
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.grade.wire import Packer

MAGIC, VERSION = b"GRDR", 1
PREFIX = struct.Struct(">4sHIQ")
MOST_HEADER = 32 << 20  # bytes; outputs with figures travel here
MOST_PAYLOAD = 128 << 20  # bytes; tensors
Problem = Literal["closed", "time", "malformed", "size"]


class ChannelError(GraderError):
    """The other side did not send a frame of ours in time. `problem`: closed, time, malformed or size."""

    def __init__(self, problem: Problem, message: str):
        super().__init__(message)
        self.problem = problem


@dataclass(frozen=True)
class Message:
    """One frame. kind: what it asks or answers. id: of the request. plain: JSON. data: trees, see `value`."""

    kind: str
    id: int
    plain: dict[str, object]
    data: object = field(default=None, repr=False)
    payload: bytes = field(default=b"", repr=False)

    def value(self, oracle=None) -> object:
        """The data that came along, unpacked. Raises ChannelError ("malformed")."""
        from grader.grade.wire import WireError, unpack  # torch: whoever only starts processes does without

        try:
            return unpack(self.data, self.payload, oracle)
        except (WireError, RecursionError) as error:
            raise ChannelError("malformed", f"What was sent is no data of ours: {error}.") from None


class Channel:
    """One end of a connection. After an error it is closed: nothing that comes later can be told from garbage."""

    def __init__(self, connection: socket.socket):
        self.connection = connection
        self.closed = False

    def send(
        self,
        kind: str,
        id: int = 0,
        *,
        plain: Mapping[str, object] | None = None,
        packer: Packer | None = None,
        data: object = None,
        seconds: float | None = None,
    ) -> None:
        """Send one frame. data: a tree that `packer` made. Raises ChannelError ("closed", "time" or "size")."""
        header = json.dumps(
            {"kind": kind, "id": id, "plain": plain or {}, "data": data}, allow_nan=False, separators=(",", ":")
        ).encode()
        payload = packer.payload() if packer else b""
        if len(header) > MOST_HEADER or len(payload) > MOST_PAYLOAD:
            raise ChannelError("size", f"What is to be sent is larger than {_megabytes(MOST_PAYLOAD)}.")
        try:
            self.connection.settimeout(seconds)
            self.connection.sendall(PREFIX.pack(MAGIC, VERSION, len(header), len(payload)) + header)
            if payload:
                self.connection.sendall(payload)
        except TimeoutError:
            raise self._broken("time", "The other side did not take what was sent in time.") from None
        except OSError:
            raise self._broken("closed", "The process at the other side has ended.") from None

    def receive(self, seconds: float | None = None) -> Message:
        """The next frame, waiting at most `seconds` for all of it. Raises ChannelError."""
        if self.closed:
            raise ChannelError("closed", "The connection is closed.")
        deadline = None if seconds is None else time.monotonic() + seconds
        magic, version, header_size, payload_size = PREFIX.unpack(self._exactly(PREFIX.size, deadline))
        if magic != MAGIC or version != VERSION:
            raise self._broken("malformed", "What was sent is no frame of this version.")
        if header_size > MOST_HEADER or payload_size > MOST_PAYLOAD:
            raise self._broken("size", f"An answer is larger than {_megabytes(MOST_PAYLOAD)}.")
        header = self._exactly(header_size, deadline)
        payload = self._exactly(payload_size, deadline)
        try:
            return _read(header, payload)
        except (ValueError, RecursionError, UnicodeDecodeError) as error:
            raise self._broken("malformed", f"What was sent cannot be read: {error}.") from None

    def ask(
        self,
        kind: str,
        *,
        plain: Mapping[str, object] | None = None,
        packer: Packer | None = None,
        data: object = None,
        seconds: float | None = None,
    ) -> Message:
        """Send a request and wait for its answer: one frame with the request's own id. Raises ChannelError."""
        id = self.request(kind, plain=plain, packer=packer, data=data, seconds=seconds)
        return self.answer(id, seconds)

    def request(self, kind: str, **fields) -> int:
        """Send a request with an id that nobody can guess; returns the id."""
        id = secrets.randbits(53)
        self.send(kind, id, **fields)
        return id

    def answer(self, id: int, seconds: float | None) -> Message:
        """The next frame, which must be about request `id`. Raises ChannelError."""
        message = self.receive(seconds)
        if message.id != id:
            raise self._broken("malformed", "An answer came that nobody had asked for.")
        return message

    def send_descriptor(self, descriptor: int) -> None:
        """Hand over an open descriptor. Raises ChannelError ("closed")."""
        try:
            self.connection.settimeout(None)
            socket.send_fds(self.connection, [b"."], [descriptor])
        except OSError:
            raise self._broken("closed", "The process at the other side has ended.") from None

    def receive_descriptor(self) -> int:
        """The descriptor that follows the last frame. Raises ChannelError."""
        self.connection.settimeout(None)
        dot, descriptors, _, _ = socket.recv_fds(self.connection, 1, 1)
        if dot != b"." or len(descriptors) != 1:
            raise self._broken("malformed", "A descriptor was expected.")
        return descriptors[0]

    def close(self) -> None:
        self.closed = True
        self.connection.close()

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        buffer = bytearray()
        while len(buffer) < size:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise self._broken("time", "No answer came in time.")
            try:
                self.connection.settimeout(left)
                part = self.connection.recv(min(size - len(buffer), 1 << 20))
            except TimeoutError:
                raise self._broken("time", "No answer came in time.") from None
            except OSError:
                part = b""
            if not part:
                raise self._broken("closed", "The process at the other side has ended.")
            buffer += part
        return bytes(buffer)

    def _broken(self, problem: Problem, message: str) -> ChannelError:
        self.close()
        return ChannelError(problem, message)


def pair() -> tuple[Channel, socket.socket]:
    """A channel, and the socket that is the other end of it, to be handed to another process."""
    near, far = socket.socketpair()
    return Channel(near), far


def _read(header: bytes, payload: bytes) -> Message:
    """Raises ValueError for what is not one of our messages."""

    def refuse(word: str) -> None:
        raise ValueError(f"the number {word}")

    fields = json.loads(header.decode(), parse_constant=refuse)
    if not isinstance(fields, dict) or set(fields) != {"kind", "id", "plain", "data"}:
        raise ValueError("no message")
    kind, id, plain = fields["kind"], fields["id"], fields["plain"]
    if not isinstance(kind, str) or type(id) is not int or not isinstance(plain, dict):
        raise ValueError("no message")
    return Message(kind, id, plain, fields["data"], payload)


def _megabytes(size: int) -> str:
    return f"{math.ceil(size / (1 << 20))} MB"
