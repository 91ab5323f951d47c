"""The files beside a submission's notebooks, as grading sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

MOST_BYTES = 256 << 20  # that a submission's other files may have together


def files_beside(places: Sequence[Path], ignore: Iterable[str]) -> dict[str, Path]:
    """Relative name -> path of the files in these folders, later folders winning.

    Notebooks, the time stamp and `ignore`d names stay out, and so do links of either kind: they could lead anywhere.
    What exceeds 256 MB in all is left out as well.
    """
    ignored = (*ignore, "*.ipynb", "timestamp.txt")
    found: dict[str, Path] = {}
    left = MOST_BYTES
    for place in places:
        for path in sorted(place.rglob("*")):
            parts = path.relative_to(place).parts
            linked = any((place / Path(*parts[: n + 1])).is_symlink() for n in range(len(parts)))
            if linked or not path.is_file() or path.stat().st_nlink > 1:
                continue
            if any(PurePosixPath(part).match(pattern) for part in parts for pattern in ignored):
                continue
            left -= path.stat().st_size
            if left >= 0:
                found[PurePosixPath(*parts).as_posix()] = path
    return found
