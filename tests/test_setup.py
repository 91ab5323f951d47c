"""The lock, the Makefile and what the README says of them."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL = ("bench", "cluster", "e2e", "jax")
LOCK = [line for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def test_lock_is_exact_pins_and_nothing_else():
    for line in LOCK:
        pin = Requirement(line)
        assert re.fullmatch(r"==[0-9.]+(post\d+)?", str(pin.specifier)), line
        assert pin.url is None and not pin.extras, line
        assert not re.match("nvidia-|cuda-|triton", pin.name), f"{pin.name} comes with torch where it is wanted"


def test_lock_meets_the_direct_requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    # What benchmarks and oracles compare with, a cluster and a browser are for those who install them.
    extras = [needs for name, needs in project["optional-dependencies"].items() if name not in OPTIONAL]
    direct = [*project["dependencies"], *(requirement for extra in extras for requirement in extra)]
    for wanted in map(Requirement, direct):
        pins = [pin for pin in map(Requirement, LOCK) if pin.name == wanted.name]
        assert pins, f"{wanted.name} is not in requirements.txt: run make lock"
        for pin in pins:
            (exact,) = pin.specifier
            assert wanted.specifier.contains(exact.version), f"{pin} does not meet {wanted}: run make lock"


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_", "MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "-C", str(folder), *arguments],
        env=inherited | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


@pytest.fixture
def clean(tmp_path):
    """A folder that has the files of set-up and no environment."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@needs_make
def test_readme_names_targets_that_exist():
    targets = set(re.findall(r"^  make (\w+) ", make(ROOT, "help").stdout, flags=re.MULTILINE))
    named = set(re.findall(r"(?:`|^|cpu )make (\w+)", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE))
    assert {"grade", "test", "lab", "setup"} <= named <= targets


@needs_make
@pytest.mark.parametrize(
    ("refuses", "says"),
    [("version_info", "not Python 3.11 to 3.14"), ("ensurepip", "cannot make virtual environments")],
)
def test_a_python_that_will_not_do(clean, refuses, says):
    python = clean / "python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *{refuses}*) exit 1;; esac\n')
    python.chmod(0o755)
    done = make(clean, "setup", f"PYTHON={python}")
    assert done.returncode != 0
    assert says in done.stderr
    assert not (clean / ".venv").exists()


@needs_make
def test_a_python_that_is_not_there(clean):
    done = make(clean, "setup", "PYTHON=python-that-is-not-there")
    assert done.returncode != 0
    assert "python-that-is-not-there is missing" in done.stderr


@needs_make
@pytest.mark.parametrize(
    ("found", "handed_over"),
    [
        ("{0}/wheels {0}/absent", "{0}/wheels"),
        ("{0}/wheels {0}/more https://wheels.example/list", "{0}/wheels,{0}/more,https://wheels.example/list"),
        ("{0}/absent", ""),
    ],
)
def test_pip_s_folders_of_wheels_reach_uv(clean, found, handed_over):
    (clean / "wheels").mkdir()
    (clean / "more").mkdir()
    (clean / "show.mk").write_text('include Makefile\nshow: ; @echo "[$$UV_FIND_LINKS]"\n')
    done = make(clean, "-f", "show.mk", "--no-print-directory", "show", PIP_FIND_LINKS=found.format(clean))
    assert done.stdout.strip() == f"[{handed_over.format(clean)}]"
    done = make(clean, "-f", "show.mk", "--no-print-directory", "show", PIP_FIND_LINKS=str(clean), UV_FIND_LINKS="own")
    assert done.stdout.strip() == "[own]"
