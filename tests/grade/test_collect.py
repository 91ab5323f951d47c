"""Downloads in every form that an instructor gets them in, and the files that must be refused."""

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.grade.collect import LARGEST, MOST_FILES, collect, store, student_id
from grader.handin.manifest import Expected, Manifest

MANIFEST = Manifest(
    {
        "01_slopes": Expected("slopes.ipynb", {"answer-1-1": "", "check-1-1": ""}),
        "02_sums": Expected("sums.ipynb", {"answer-2-1": "", "check-2-1": ""}),
    }
)
CHAPTERS = list(MANIFEST.chapters)


def notebook(*grade_ids: str, note: str = "") -> bytes:
    cells = [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": name}}, "source": note} for name in grade_ids]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def zipped(files: dict[str, bytes], date: tuple = (2026, 3, 4, 5, 6, 8)) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, date), content)
    return buffer.getvalue()


SLOPES, SUMS = notebook("check-1-1", "answer-1-1"), notebook("check-2-1")


def taken(download: Path) -> set[tuple[str, str]]:
    return set(collect(download, MANIFEST, CHAPTERS).taken)


def place(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ada/slopes.ipynb", SLOPES),
        ("ada/anything at all.ipynb", SLOPES),
        ("ada/submission-01.zip", zipped({"01_slopes/slopes.ipynb": SLOPES})),
        ("ada.ipynb", SLOPES),
        ("ada_slopes.ipynb", SLOPES),
        ("Ada_123456_assignsubmission_file_/submission-01.zip", zipped({"01_slopes/slopes.ipynb": SLOPES})),
        ("Ada_123456_assignsubmission_file_/slopes.ipynb", SLOPES),
        ("ada_12345_67890_slopes-1.ipynb", SLOPES),
        ("ada_LATE_12345_67890_submission-01.zip", zipped({"x/slopes (2).ipynb": SLOPES})),
        ("ada/slopes.ipynb", notebook()),
        ("ada/slopes (1).ipynb", b"no notebook, and still the file that she handed in"),
    ],
)
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_whose_it_is_and_which_chapter(tmp_path, name, content, packed):
    download = place(tmp_path / "download", {name: content})
    if packed:
        download = tmp_path / "download.zip"
        download.write_bytes(zipped({name: content}))
    assert taken(download) == {("ada", "01_slopes")}


def test_two_chapters_in_one_file(tmp_path):
    both = zipped({"01_slopes/slopes.ipynb": SLOPES, "02_sums/sums.ipynb": SUMS})
    download = place(tmp_path, {"ada_12345_67890_submission-01-02.zip": both})
    assert taken(download) == {("ada", "01_slopes"), ("ada", "02_sums")}
    assert set(collect(download, MANIFEST, ["02_sums"]).taken) == {("ada", "02_sums")}


def test_the_later_of_two_counts_and_the_other_is_named(tmp_path):
    old, new = notebook("check-1-1", note="old"), notebook("check-1-1", note="new")
    place(tmp_path, {"ada_1_2_slopes.ipynb": new, "ada_1_3_slopes-1.ipynb": old})
    os.utime(tmp_path / "ada_1_2_slopes.ipynb", (2_000_000, 2_000_000))
    os.utime(tmp_path / "ada_1_3_slopes-1.ipynb", (1_000_000, 1_000_000))
    collection = collect(tmp_path, MANIFEST, CHAPTERS)
    assert collection.taken["ada", "01_slopes"].content == new
    (sentence,) = collection.refused
    assert sentence.startswith("ada_1_3_slopes-1.ipynb: ada_1_2_slopes.ipynb is a later")


def test_the_time_is_the_lms_s_and_never_the_student_s(tmp_path):
    inner = zipped({"slopes.ipynb": SLOPES, "timestamp.txt": b"1999-01-01 00:00:00 UTC"}, date=(1999, 1, 1, 0, 0, 0))
    (tmp_path / "all.zip").write_bytes(zipped({"ada_1_2_submission-01.zip": inner}))
    collection = collect(tmp_path / "all.zip", MANIFEST, CHAPTERS)
    (path,) = store(collection, tmp_path / "submitted", MANIFEST)
    assert path == tmp_path / "submitted/ada/01_slopes/slopes.ipynb"
    assert path.read_bytes() == SLOPES
    assert (path.parent / "timestamp.txt").read_text() == "2026-03-04 05:06:08 UTC\n"


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("slopes.ipynb", b" " * (LARGEST + 1))
    return buffer.getvalue()


def lying_bomb() -> bytes:
    """A bomb whose headers say that it holds ten bytes."""
    size = (LARGEST + 1).to_bytes(4, "little")
    return bomb().replace(size, (10).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("ada/essay.ipynb", b"{}", "not a notebook of this course"),
        ("ada/work.zip", b"PK no zip", "not a zip file that can be read"),
        ("ada/work.zip", bomb(), "larger than 30 MB"),
        ("ada/work.zip", lying_bomb(), "work.zip/slopes.ipynb"),
        ("ada/work.zip", zipped({f"{i}.ipynb": b"" for i in range(MOST_FILES + 1)}), "more than 500"),
        ("ada/deep.ipynb", b"[" * 100_000, "not a notebook of this course"),
    ],
)
def test_refusals_name_the_file_and_the_rest_is_taken(tmp_path, name, content, sentence):
    place(tmp_path, {name: content, "bob/slopes.ipynb": SLOPES})
    collection = collect(tmp_path, MANIFEST, CHAPTERS)
    assert set(collection.taken) == {("bob", "01_slopes")}
    assert any(name.split("/")[1] in refusal and sentence in refusal for refusal in collection.refused)


def test_two_students_of_one_name_stay_two(tmp_path):
    place(tmp_path, {f"Ada L_{number}_assignsubmission_file_/slopes.ipynb": SLOPES for number in (11, 12)})
    assert taken(tmp_path) == {("ada-l-11", "01_slopes"), ("ada-l-12", "01_slopes")}


def test_nothing_is_written_outside(tmp_path):
    """Paths in a zip file and links in a folder lead nowhere."""
    download = place(tmp_path / "download", {"ada/work.zip": zipped({"../../../evil/slopes.ipynb": SLOPES})})
    (download / "eve").mkdir()
    (download / "eve" / "slopes.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (tmp_path / "secret.ipynb").write_bytes(SLOPES)
    collection = collect(download, MANIFEST, CHAPTERS)
    assert set(collection.taken) == {("ada", "01_slopes")}
    assert collection.refused == ["eve/slopes.ipynb: a link, not a file."]
    store(collection, tmp_path / "class/submitted", MANIFEST)
    assert {path.name for path in tmp_path.iterdir()} == {"download", "secret.ipynb", "class"}


def test_neither_folder_nor_zip(tmp_path):
    (tmp_path / "list.txt").write_text("ada", encoding="utf-8")
    with pytest.raises(GraderError, match="neither a folder nor a zip file"):
        collect(tmp_path / "list.txt", MANIFEST, CHAPTERS)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Ada Lovelace", "ada-lovelace"),
        ("../../etc", "etc"),
        ("Zoë", "zoe"),
        ("李", "unnamed"),
        ("a.b@c.org", "a.b@c.org"),
    ],
)
def test_ids_are_plain_names(name, folder):
    assert student_id(name) == folder
