"""The archive that an instructor hands out: released notebooks, data, requirements and the student half of the package.

The same bytes for the same course, on every machine: entries in order, with a fixed date, and the leak check runs on
what was packed before anything is written.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import nbformat

from grader.build.leak import leaked, secret_runs, secrets_of, squeeze
from grader.build.notebooks import RELEASE
from grader.build.source import BuildError, Chapter, find_chapters, read_source
from grader.handin.manifest import MANIFEST, Manifest

NAME = "autodiff-workbook"
# The parts of the package that travel; grade/ and build/ are the instructor's.
STUDENT_ROOMS = ("check", "handin")
STUDENT_TABLES = ("[build-system]", "[project]", "[project.scripts]", "[tool.setuptools.packages.find]")
TOP = (RELEASE, "data", "grader", "LICENSE", "README.md", "pyproject.toml", "requirements.txt")
LEFT_BEHIND = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}
INSTRUCTORS = re.compile(r"\bgrader\.(?:build|grade)\b")
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file can hold
README = """# Automatic differentiation, a workbook

You need Python 3.11 to 3.14 and, the first time, a network. In this folder:

```
python -m venv .venv
. .venv/bin/activate            # Windows: .venv\\Scripts\\Activate.ps1
pip install -r requirements.txt
jupyter lab --LabApp.default_url=/lab/tree/notebooks
```

Begin with `notebooks/00_start_here`. Write your answers in the cells marked for them and run the check below each
exercise as often as you like. Chapters:

{chapters}

## Handing in

```
python -m grader submit 05
```

runs your notebook from top to bottom, says which exercises are done, and writes one file to hand in. Without a number
it takes every chapter that you have changed. Leave cells that are not yours as they are: they are put back when your
work is graded.

`LICENSE` holds for the code; the notebooks' text and figures are under CC BY 4.0.
"""


def write_archive(root: Path, place: Path, wanted: list[str] | None = None) -> Path:
    """Write `place`/autodiff-workbook.zip for the chapters `wanted` (default: all); returns its path.

    Raises BuildError where a release is missing or something of an instructor's would leave with it.
    """
    files = archive_files(root, wanted)
    found = archive_leaks(root, files)
    if found:
        raise BuildError("\n".join([*found, f"{len(found)} leaks: the archive was not written."]))
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{NAME}.zip"
    path.write_bytes(as_zip(files))
    return path


def archive_files(root: Path, wanted: list[str] | None = None) -> dict[str, bytes]:
    """Every file of the archive, by its path inside it."""
    chapters = find_chapters(root, wanted)
    files: dict[str, bytes] = {}
    for chapter in chapters:
        folder = root / RELEASE / chapter.name
        if not (folder / chapter.solution.name).exists():
            raise BuildError(f"{RELEASE}/{chapter.name} is not built yet: run `make notebooks`.")
        files |= _tree(folder, f"{RELEASE}/{chapter.name}")
    files |= _tree(root / "data", "data")
    for room in STUDENT_ROOMS:
        files |= _tree(root / "grader" / room, f"grader/{room}")
    files |= {f"grader/{path.name}": path.read_bytes() for path in (root / "grader").glob("*.py")}
    files["grader/handin/" + MANIFEST] = manifest_of(root, chapters).dumps().encode()
    files["LICENSE"] = (root / "LICENSE").read_bytes()
    files["pyproject.toml"] = _pyproject(root).encode()
    # The last line makes `import grader` work in every notebook, whatever its folder.
    files["requirements.txt"] = (root / "requirements.txt").read_bytes() + b"-e .\n"
    table = "\n".join(f"- `{RELEASE}/{c.name}/{c.solution.name}`" for c in chapters)
    files["README.md"] = README.format(chapters=table).encode()
    return dict(sorted(files.items()))


def manifest_of(root: Path, chapters: list[Chapter]) -> Manifest:
    """What each released notebook must hold when it comes back."""
    notebooks = {c.name: nbformat.read(root / RELEASE / c.name / c.solution.name, as_version=4) for c in chapters}
    return Manifest.of({c.name: (c.solution.name, notebooks[c.name]) for c in chapters})


def archive_leaks(root: Path, files: dict[str, bytes]) -> list[str]:
    """One sentence for each thing in the archive that students must not have."""
    secrets = secrets_of(root)
    runs = {run: line for c in find_chapters(root) for run, line in secret_runs(read_source(c.source)).items()}
    found = []
    for name, content in files.items():
        path = Path(name)
        if path.parts[0] not in TOP or path.parts[:2] in (("grader", "build"), ("grader", "grade")):
            found.append(f"{name}: belongs to the instructor")
        elif path.parts[0] == RELEASE:
            found += [f"{name}: {sentence}" for sentence in leaked(path, content, secrets)]
        elif path.suffix == ".py":
            text = content.decode()
            shown = squeeze(text)
            found += [f"{name}: imports the instructor's half"] if INSTRUCTORS.search(text) else []
            found += [f"{name}: a solution, from {line!r} on" for run, line in runs.items() if run in shown]
    return found


def as_zip(files: dict[str, bytes]) -> bytes:
    """The files as a zip archive under one folder, with fixed dates and permissions."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{NAME}/{name}", EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _tree(folder: Path, name: str) -> dict[str, bytes]:
    """The files below `folder`, by path below `name`; what running and editing leave behind is passed over."""
    return {
        f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not LEFT_BEHIND.intersection(path.parts)
    }


def _pyproject(root: Path) -> str:
    """The course's project file with what a student's copy needs: metadata, requirements, package discovery."""
    kept, wanted = [], True
    for line in (root / "pyproject.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            wanted = line in STUDENT_TABLES
        if wanted:
            kept.append(line)
    return "\n".join(kept).strip() + "\n"
