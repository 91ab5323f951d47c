"""Services of this machine that a submission might reach: TCP and UDP on the loopback, and an abstract socket."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def listeners(port: int = 0, log: Path | None = None) -> Iterator[int]:
    """A process that answers on one port (any free one for 0), and as "\\0hostile-PORT". log: gets a line a visitor."""
    tcp = socket.create_server(("127.0.0.1", port))
    port = tcp.getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", port))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(f"\0hostile-{port}")
    unix.listen()
    names = {tcp: "TCP", udp: "UDP", unix: "abstract socket"}
    listener = os.fork()
    if listener == 0:
        while True:
            for ready in select.select(list(names), [], [])[0]:
                if ready is udp:
                    udp.sendto(b"!", udp.recvfrom(16)[1])
                else:
                    ready.accept()[0].close()
                if log:
                    with log.open("a") as lines:
                        lines.write(f"{names[ready]}\n")
    for opened in names:
        opened.close()
    try:
        yield port
    finally:
        os.kill(listener, signal.SIGKILL)
        os.waitpid(listener, 0)
