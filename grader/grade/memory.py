"""Memory of a process that forks: in huge pages a fork copies a page table of hundreds of entries, not of 70,000."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from grader.grade.sandbox import kernel

HUGE = 2 << 20  # bytes


def collapse() -> None:
    """Gather this process's private memory into huge pages, where the system can; each is shared again after a fork.

    A fork that writes to one gets a small page of its own, as before.
    """
    for start, end in _private() if sys.platform == "linux" else ():
        first, last = -(-start // HUGE) * HUGE, end // HUGE * HUGE
        if first < last:
            with contextlib.suppress(OSError):  # an older kernel, or no huge page free
                kernel.madvise(first, last - first, kernel.COLLAPSE)


def _private() -> list[tuple[int, int]]:
    """(start, end) of each writable private mapping that has no file behind it."""
    found = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, access, _, _, inode, *name = line.split(maxsplit=5)
        if access == "rw-p" and inode == "0" and (not name or name[0].startswith(("[heap]", "[anon"))):
            start, end = (int(edge, 16) for edge in span.split("-"))
            found.append((start, end))
    return found
