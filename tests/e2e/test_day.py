"""A student's day and an instructor's, in a browser: solve, validate, hand in, collect, autograde, feedback."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.build.archive import archive_files, as_zip

from .conftest import ROOT, lab
from .test_access import violations

CHAPTER, NOTEBOOK = "00_start_here", "start_here.ipynb"
HALF = "def share_starting_with(names, letter):\n    return 0.5"
RIGHT = """def share_starting_with(names, letter):
    return sum(name.startswith(letter) for name in names) / len(names)"""
SLOW = 120_000  # milliseconds: a loaded machine


@pytest.fixture(scope="module")
def workbook(tmp_path_factory) -> Path:
    """The archive, unpacked where nothing else of the course is."""
    place = tmp_path_factory.mktemp("student")
    (place / "book.zip").write_bytes(as_zip(archive_files(ROOT)))
    with zipfile.ZipFile(place / "book.zip") as archive:
        archive.extractall(place)
    return place / "autodiff-workbook"


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A copy of the course with this chapter alone: a gradebook of its own, nothing of the checkout's is touched."""
    root = tmp_path_factory.mktemp("instructor")
    for name in ("nbgrader_config.py", "data", f"solutions/{CHAPTER}", f"notebooks/{CHAPTER}"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, root / name)
    return root


def grader(folder: Path, package: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "grader", *words],
        cwd=folder, env={"PYTHONPATH": str(package), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answer(page, text: str) -> None:
    """Replace the student's cell by `text` and run it, then the check below it."""
    cell = page.locator(".jp-CodeCell", has_text="def share_starting_with").first
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)
    page.keyboard.press("Shift+Enter")
    page.locator(".jp-CodeCell", has_text='check("0.1")').locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")


def check_output(page):
    return page.locator(".jp-CodeCell", has_text='check("0.1")').locator(".jp-OutputArea-output")


def test_a_day(page, workbook, course, tmp_path, pictures):
    with lab(workbook, tmp_path / "student", package=workbook) as address:
        page.goto(f"{address}/lab/tree/notebooks/{CHAPTER}/{NOTEBOOK}")
        page.locator(".jp-CodeCell").first.wait_for(timeout=SLOW)
        page.wait_for_timeout(3000)  # until menus answer
        page.locator("text=Run >> nth=0").click()
        page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
        check_output(page).filter(has_text="not done yet").wait_for(timeout=SLOW)

        answer(page, HALF)
        wrong = check_output(page).filter(has_text="wrong")
        wrong.wait_for(timeout=SLOW)
        wrong.scroll_into_view_if_needed()
        page.screenshot(path=pictures / "student-wrong.png")

        answer(page, RIGHT)
        right = check_output(page).filter(has_text="right")
        right.wait_for(timeout=SLOW)
        assert "wrong" not in right.inner_text()
        right.scroll_into_view_if_needed()
        page.screenshot(path=pictures / "student-right.png")

        page.locator(".validate-button").click()
        dialog = page.locator(".nbgrader-ValidateDialog, .jp-Dialog").filter(has_text="Success")
        dialog.wait_for(timeout=SLOW)
        page.screenshot(path=pictures / "student-validates.png")

    said = grader(workbook, workbook, "submit")
    assert "1 of 1 checks say right" in said and "submission-00.zip" in said
    (tmp_path / "ada").mkdir()
    shutil.move(workbook / "submission-00.zip", tmp_path / "ada")

    assert "00_start_here: 1 submissions" in grader(course, ROOT, "collect", str(tmp_path), "00")
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", CHAPTER, "--force"],
        cwd=course, capture_output=True, check=True, timeout=600,
    )  # fmt: skip
    with lab(course, tmp_path / "instructor", package=ROOT) as address:
        page.goto(f"{address}/formgrader/manage_submissions/{CHAPTER}")
        page.locator("td.autograde a").click(timeout=SLOW)
        page.locator(".modal-body, #success-modal").filter(has_text="Success").first.wait_for(timeout=SLOW)
        page.screenshot(path=pictures / "instructor-autograded.png")
        page.goto(f"{address}/formgrader/manage_submissions/{CHAPTER}")
        score = page.locator("td.score")
        score.filter(has_text="5").wait_for(timeout=SLOW)
        page.screenshot(path=pictures / "instructor-scores.png")
        page.locator("td.generate-feedback a").click()
        page.locator(".modal-body, #success-modal").filter(has_text="Success").first.wait_for(timeout=SLOW)

    # Only the trusted path says in a graded notebook what the submission ran under.
    graded = json.loads((course / "class/autograded/ada" / CHAPTER / NOTEBOOK).read_text(encoding="utf-8"))
    assert graded["metadata"]["grader"]["isolation"] == "full"

    feedback = course / "class/feedback/ada" / CHAPTER / NOTEBOOK.replace(".ipynb", ".html")
    page.goto(feedback.as_uri())
    page.screenshot(path=pictures / "feedback.png")
    text = page.locator("body").inner_text()
    assert "5" in text and "HIDDEN" not in text and "judge_" not in text
    for scheme in ("light", "dark"):
        assert violations(page, feedback, scheme) == []
