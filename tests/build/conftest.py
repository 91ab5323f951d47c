import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TOY = Path(__file__).parent / "toy"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A course of one small chapter, with this course's nbgrader settings."""
    root = tmp_path / "course"
    shutil.copytree(TOY, root)
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    return root


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from grader.build.notebooks import build

    root = tmp_path_factory.mktemp("built") / "course"
    shutil.copytree(TOY, root)
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    build(root, say=lambda line: None)
    return root


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """A copy of the toy course after its first build."""
    root = tmp_path / "course"
    shutil.copytree(built_once, root)
    return root
