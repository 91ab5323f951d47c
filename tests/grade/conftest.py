import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy course, with its class of four and this course's nbgrader settings."""
    root = tmp_path_factory.mktemp("toy") / "course"
    shutil.copytree(REPOSITORY / "tests" / "build" / "toy", root)
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    return root


@pytest.fixture
def quick_gradebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """New gradebooks without the seconds that nbgrader takes to ask alembic for its version."""
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "not asked")
