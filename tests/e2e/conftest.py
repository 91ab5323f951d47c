"""Chromium and JupyterLab for the tests of a whole day, which are skipped where they are missing (`make e2e`)."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SETTINGS = {
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make e2e")
    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A page; a request to anywhere but this machine fails the test."""
    opened = browser.new_page(viewport={"width": 1200, "height": 1000})
    strangers = []

    def note(request) -> None:
        if request.url.startswith("http") and "127.0.0.1" not in request.url:
            strangers.append(request.url)

    opened.on("request", note)
    yield opened
    opened.close()
    assert strangers == []


@pytest.fixture
def pictures(request) -> Path:
    """Where a test leaves its screenshots: the folder that E2E_PICTURES names, else a temporary one."""
    place = os.environ.get("E2E_PICTURES")
    folder = Path(place) if place else request.getfixturevalue("tmp_path") / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def lab(folder: Path, settings: Path, *, package: Path) -> Iterator[str]:
    """JupyterLab in `folder` on a free port, importing `grader` from the folder `package`; yields its address."""
    for name, text in SETTINGS.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(package)}
    environment |= {"JUPYTERLAB_SETTINGS_DIR": str(settings), "JUPYTERLAB_WORKSPACES_DIR": str(settings / "spaces")}
    options = [f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    log = settings / "log"
    with log.open("w") as file:
        command = [str(scripts / "jupyter"), "lab", *options]
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        _wait(f"http://127.0.0.1:{port}/api", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def _wait(address: str, log: Path, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
