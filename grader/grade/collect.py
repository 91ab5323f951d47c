"""Bring what students handed in, in whatever form, into submitted/STUDENT/CHAPTER/notebook.ipynb.

Taken: a folder or a zip file of notebooks and of zip files, among them the downloads of Moodle and Canvas and what
`python -m grader submit` packs. Whose a file is follows from its name or folder; which chapter it belongs to, from the
exercises that the notebook holds. The time of hand-in is the LMS's (the date that it gave the file), never one that
a student wrote.
"""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath

from grader.errors import GraderError
from grader.handin.manifest import Manifest

LARGEST = 30_000_000  # bytes of one notebook
MOST_FILES = 500  # in one student's zip file
# Moodle: "Ada Lovelace_123456_assignsubmission_file_"; with groups and onlinetext variants of the last word.
MOODLE = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_\w+$")
# Canvas: "lovelaceada_12345_67890_notebook-1.ipynb", with LATE between name and numbers where it came late.
CANVAS = re.compile(r"^(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_(?P<file>\d+)_(?P<rest>.+)$")


@dataclass(frozen=True)
class Found:
    """A file somewhere in a download.

    number: the LMS's own number of the student, or "". path: where, for a sentence. time: when it was handed in.
    """

    student: str
    number: str
    path: str
    content: bytes
    time: datetime


@dataclass
class Collection:
    """What came of a download: (student, chapter) -> the file that counts, and a sentence for each that does not."""

    taken: dict[tuple[str, str], Found] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def collect(download: Path, manifest: Manifest, chapters: list[str]) -> Collection:
    """Sort a download by student and chapter. Of two notebooks for one chapter the later counts; a sentence says so.

    Raises GraderError where `download` is neither a folder nor a zip file.
    """
    collection = Collection()
    everything = list(_files(download, collection.refused))
    namesakes = Counter(student for student, _ in {(found.student, found.number) for found in everything})
    for found in everything:
        if namesakes[found.student] > 1:
            found = replace(found, student=f"{found.student}-{found.number}".rstrip("-"))
        chapter = _chapter(found, manifest)
        if chapter is None:
            collection.refused.append(f"{found.path}: not a notebook of this course.")
        elif chapter in chapters:
            _take(collection, found, chapter)
    return collection


def store(collection: Collection, submitted: Path, manifest: Manifest) -> list[Path]:
    """Write what was taken below `submitted`, each with its timestamp.txt; returns the notebooks' paths."""
    written = []
    for (student, chapter), found in sorted(collection.taken.items()):
        folder = submitted / student / chapter
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / manifest.chapters[chapter].name
        path.write_bytes(found.content)
        stamp = found.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        (folder / "timestamp.txt").write_text(stamp + "\n", encoding="utf-8")
        written.append(path)
    return written


def student_id(name: str) -> str:
    """A name as a folder and as an id in the gradebook: "Zoë Lovelace" -> "zoe-lovelace"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9.@-]+", "-", plain).strip("-.") or "unnamed"


def _take(collection: Collection, found: Found, chapter: str) -> None:
    key = (found.student, chapter)
    other = collection.taken.get(key)
    if other is None or found.time >= other.time:
        collection.taken[key] = found
    if other is not None and other.content != found.content:
        kept = collection.taken[key]
        dropped = other if kept is found else found
        collection.refused.append(f"{dropped.path}: {kept.path} is a later notebook of the same student and chapter.")


def _files(download: Path, refused: list[str]) -> Iterator[Found]:
    """Every notebook of a download, with its student."""
    if download.is_dir():
        entries = _folder_entries(download, refused)
    elif zipfile.is_zipfile(download):
        entries = _zip_entries(download.read_bytes(), download.name, refused)
    else:
        raise GraderError(f"{download} is neither a folder nor a zip file.")
    for path, content, time in entries:
        student, number = _student(PurePosixPath(path))
        if path.lower().endswith(".zip"):
            for inner, notebook, _ in _zip_entries(content, path, refused, most=MOST_FILES):
                yield Found(student, number, f"{path}/{inner}", notebook, time)
        else:
            yield Found(student, number, path, content, time)


def _folder_entries(folder: Path, refused: list[str]) -> Iterator[tuple[str, bytes, datetime]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            refused.append(f"{name}: a link, not a file.")
        elif path.is_file() and path.suffix.lower() in (".ipynb", ".zip") and ".ipynb_checkpoints" not in path.parts:
            if path.stat().st_size > LARGEST:
                refused.append(f"{name}: larger than {LARGEST / 1e6:.0f} MB.")
            else:
                yield name, path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _zip_entries(
    content: bytes, where: str, refused: list[str], most: int = 100_000
) -> Iterator[tuple[str, bytes, datetime]]:
    """The notebooks and zip files in a zip file. Nothing is unpacked to disk, so no path in it can lead anywhere."""
    try:
        archive = zipfile.ZipFile(BytesIO(content))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        refused.append(f"{where}: not a zip file that can be read.")
        return
    if len(entries) > most:
        refused.append(f"{where}: holds {len(entries)} files, more than {most}.")
        return
    for entry in entries:
        name = PurePosixPath(entry.filename)
        if entry.is_dir() or name.suffix.lower() not in (".ipynb", ".zip") or "__MACOSX" in name.parts:
            continue
        if ".ipynb_checkpoints" in name.parts:
            continue
        if entry.file_size > LARGEST:
            refused.append(f"{where}/{entry.filename}: larger than {LARGEST / 1e6:.0f} MB.")
            continue
        try:
            with archive.open(entry) as file:
                inside = file.read(LARGEST + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError, EOFError) as error:
            refused.append(f"{where}/{entry.filename}: cannot be unpacked ({type(error).__name__}).")
            continue
        if len(inside) > LARGEST:
            refused.append(f"{where}/{entry.filename}: larger than it says.")
            continue
        yield entry.filename, inside, _entry_time(entry)


def _entry_time(entry: zipfile.ZipInfo) -> datetime:
    try:
        return datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:
        return datetime(1980, 1, 1, tzinfo=UTC)


def _student(path: PurePosixPath) -> tuple[str, str]:
    """Whose a file is, and the LMS's number of the student.

    By the LMS's folder or file name, else the first folder, else the file name up to an underscore.
    """
    for match in (*map(MOODLE.match, path.parts), CANVAS.match(path.name)):
        if match:
            return student_id(match["name"]), match["id"]
    return student_id(path.parts[0] if len(path.parts) > 1 else path.stem.split("_")[0]), ""


def _chapter(found: Found, manifest: Manifest) -> str | None:
    """The chapter most of whose graded cells the notebook has; its file's name where it has none of any."""
    try:
        cells = json.loads(found.content.decode("utf-8-sig"))["cells"]
        ids = {cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if "nbgrader" in cell.get("metadata", {})}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        ids = set()
    shared = {
        chapter: len(ids.intersection(expected.cells))
        for chapter, expected in manifest.chapters.items()
        if expected.cells
    }
    best = max(shared, key=shared.get, default=None)
    if best and shared[best]:
        return best
    name = re.sub(r"[ _-]*\(?\d*\)?$", "", PurePosixPath(found.path).stem)
    return next((c for c, expected in manifest.chapters.items() if name.endswith(Path(expected.name).stem)), None)
