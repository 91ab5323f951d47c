"""The archive: reproducible, whole, and nothing of the instructor's in it, however it is planted."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from grader.build.archive import archive_files, archive_leaks, as_zip, write_archive
from grader.build.source import BuildError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def course(built: Path) -> Path:
    """The toy course with what an archive takes beside its notebooks."""
    for name in ("LICENSE", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, built)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "grader", built / "grader", ignore=ignored)
    (built / "data").mkdir()
    (built / "data" / "names.txt").write_text("ada\n", encoding="utf-8")
    return built


def test_holds_what_a_student_needs_and_no_more(course):
    names = set(archive_files(course))
    assert {"notebooks/01_toy/toy.ipynb", "data/names.txt", "requirements.txt", "README.md", "LICENSE"} <= names
    assert {"grader/check/checker.py", "grader/handin/submit.py", "grader/handin/manifest.json"} <= names
    assert not [name for name in names if name.startswith(("grader/build", "grader/grade", "solutions", "tests"))]


def test_the_same_course_gives_the_same_bytes(course, tmp_path):
    (course / "notebooks/01_toy/.ipynb_checkpoints").mkdir()
    (course / "notebooks/01_toy/.ipynb_checkpoints/toy.ipynb").write_text("{}", encoding="utf-8")
    first = as_zip(archive_files(course))
    for path in course.rglob("*"):
        path.touch()
    assert as_zip(archive_files(course)) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        assert len({entry.date_time for entry in archive.infolist()}) == 1


@pytest.mark.parametrize(
    ("name", "content", "seen"),
    [
        ("solutions/01_toy/toy.py", b"x = 1", "belongs to the instructor"),
        ("grader/grade/secret.py", b"x = 1", "belongs to the instructor"),
        ("gradebook.db", b"x", "belongs to the instructor"),
        ("grader/check/extra.py", b"from grader.build import leak\n", "imports the instructor's half"),
        ("grader/check/extra.py", b"a = 1\nlong_name_of_the_first = 2 * a\nlong_name_of_the_second = 3 * a\n"
         b"long_name_of_the_third = 4 * a\n", "a solution"),
        ("notebooks/01_toy/notes.md", b"dx_of_the_square = 2 * x", "a solution line"),
    ],
)  # fmt: skip
def test_sees_what_must_not_leave(course, name, content, seen):
    source = course / "solutions/01_toy/toy.py"
    text = source.read_text(encoding="utf-8")
    lines = "long_name_of_the_first = 2 * a\nlong_name_of_the_second = 3 * a\nlong_name_of_the_third = 4 * a"
    source.write_text(text.replace("### END SOLUTION", f"{lines}\n### END SOLUTION", 1), encoding="utf-8")
    files = archive_files(course)
    clean = archive_leaks(course, files)
    found = [sentence for sentence in archive_leaks(course, files | {name: content}) if sentence not in clean]
    assert any(sentence.startswith(name) and seen in sentence for sentence in found), found
    assert clean == []


def test_nothing_is_written_where_something_leaks(course, tmp_path):
    (course / "notebooks/01_toy/notes.md").write_text("dx_of_the_square = 2 * x", encoding="utf-8")
    with pytest.raises(BuildError, match="a solution line"):
        write_archive(course, tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_a_chapter_without_a_release_is_named(course):
    shutil.rmtree(course / "notebooks/01_toy")
    with pytest.raises(BuildError, match="01_toy is not built yet"):
        archive_files(course)


def test_the_course_itself_leaks_nothing():
    assert archive_leaks(ROOT, archive_files(ROOT)) == []
