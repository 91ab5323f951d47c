"""Kept results: nothing is found again that could differ, and nothing is half kept."""

import copy
import json
import os
from dataclasses import replace

import pytest
from nbformat import from_dict

from grader.grade import fingerprint as prints
from grader.grade.assignment import Assignment, Cell
from grader.grade.fingerprint import digest_data, environment, fingerprint, separable, versions
from grader.grade.result import Result, merge
from grader.grade.store import Store, write_atomically


def code(source, grade_id=None, *, tags=(), **marks):
    metadata = {"nbgrader": {"grade_id": grade_id, "grade": False, "solution": False, "locked": True, **marks}}
    metadata = (metadata if grade_id else {}) | ({"tags": list(tags)} if tags else {})
    return {"id": grade_id or "c", "cell_type": "code", "source": source, "metadata": metadata, "outputs": []} | {
        "execution_count": None
    }


def submitted():
    return {
        "cells": [
            {"id": "t", "cell_type": "markdown", "source": "# Title", "metadata": {}},
            code("import torch"),
            code("x = 1", "answer-1-1", solution=True, locked=False),
            code('check("1.1")', "check-1-1", grade=True, points=4),
            code("y = 2", "answer-1-2", solution=True, locked=False),
            code('check("1.2")', "check-1-2", grade=True, points=3),
        ],
        "metadata": {"kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


ASSIGNMENT = Assignment(
    "01_toy",
    "toy",
    (
        Cell("", "markdown", "# Title"),
        Cell("", "code", "import torch"),
        Cell("answer-1-1", "code", "pass", solution=True),
        Cell("check-1-1", "code", 'check("1.1")', "test one of submission", 4.0, locked=True, grade=True),
        Cell("answer-1-2", "code", "pass", solution=True),
        Cell("check-1-2", "code", 'check("1.2")', "test two of submission", 3.0, locked=True, grade=True),
    ),
)
BASE = {"data": "d", "settings": {"carried": "full", "isolation": "full"}, "versions": {"torch": "2.13.0"}}


def with_cell(index, **entries):
    """The assignment with another cell in a place."""
    cells = list(ASSIGNMENT.cells)
    cells[index] = replace(cells[index], **entries)
    return replace(ASSIGNMENT, cells=tuple(cells))


def key_of(notebook=None, assignment=ASSIGNMENT, **changed):
    return fingerprint(from_dict(submitted() if notebook is None else notebook), assignment, **{**BASE, **changed})


def graded(notebook=None, scores=(4.0, 1.5)):
    notebook = copy.deepcopy(notebook or submitted())
    names = ("check-1-1", "check-1-2")
    for name, score in zip(names, scores, strict=True):
        cell = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)
        cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": repr(score)}, "metadata": {}}]
    notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hello\n"}]
    return Result(
        notebook=notebook,
        scores=dict(zip(names, scores, strict=True)),
        records={"check-1-2": {"exercise": "1.2", "earned": 1.5}},
        flags={"check-1-1": ["a person should look"]},
        limits={"check-1-2": "too long", "answer-1-1": "too much output"},
        isolation="full",
        seconds={"cells": 0.25},
    )


def test_what_was_put_is_found_again(tmp_path):
    result = graded()
    assert Store(tmp_path).get(key_of()) is None
    Store(tmp_path).put(key_of(), result)
    assert Store(tmp_path).get(key_of()) == result
    assert result == graded(), "putting changes nothing"


def change(index, **entries):
    notebook = submitted()
    notebook["cells"][index].update(entries)
    return notebook


def inserted():
    notebook = submitted()
    notebook["cells"].insert(1, code("torch.allclose = None"))
    return notebook


def moved():
    notebook = submitted()
    notebook["cells"][1], notebook["cells"][2] = notebook["cells"][2], notebook["cells"][1]
    return notebook


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"notebook": change(2, source="x = 2")}, id="the student's cell"),
        pytest.param({"notebook": change(1, source="import numpy")}, id="a given cell"),
        pytest.param({"notebook": inserted()}, id="an extra cell"),
        pytest.param({"notebook": moved()}, id="the order of cells"),
        pytest.param({"assignment": with_cell(3, hidden="test 1 of submission")}, id="the tests' text"),
        pytest.param({"assignment": with_cell(3, points=5.0)}, id="the points"),
        pytest.param({"assignment": with_cell(1, source="import numpy")}, id="the instructor's given cell"),
        pytest.param({"assignment": with_cell(1, figure=True)}, id="the instructor's tag"),
        pytest.param({"data": "e"}, id="the data"),
        pytest.param({"settings": {"carried": "half", "isolation": "full"}}, id="carried credit"),
        pytest.param({"settings": {"carried": "full", "isolation": "none"}}, id="isolation"),
        pytest.param({"versions": {"torch": "2.14.0"}}, id="a version"),
    ],
)
def test_every_ingredient_counts(tmp_path, changed):
    store = Store(tmp_path)
    store.put(key_of(), graded())
    assert store.get(key_of(**changed)) is None
    found = store.partial(key_of(**changed))
    assert found is None or "check-1-1" not in found.scores


@pytest.mark.parametrize("variable", prints.VARIABLES)
def test_the_environments_settings_count(monkeypatch, variable):
    monkeypatch.delenv(variable, raising=False)
    before = environment()
    monkeypatch.setenv(variable, "another")
    assert environment() != before
    assert key_of(settings=environment()) != key_of(settings=before)


def test_the_secret_is_not_in_the_store(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_SECRET", "swordfish")
    Store(tmp_path).put(key_of(settings=environment()), graded())
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"swordfish" in path.read_bytes() or "swordfish" in path.name for path in kept)


def test_the_names_file_counts_by_its_content(tmp_path, monkeypatch):
    (tmp_path / "names.txt").write_text("ada\n", encoding="utf-8")
    monkeypatch.setenv("NAMES_FILE", str(tmp_path / "names.txt"))
    before = environment()
    (tmp_path / "names.txt").write_text("bob\n", encoding="utf-8")
    assert environment() != before


@pytest.mark.parametrize("name", ["python", "grader", *prints.DISTRIBUTIONS])
def test_every_version_counts(name):
    assert name in versions()
    other = dict(versions()) | {name: "another"}
    assert key_of(versions=other) != key_of(versions=versions())


def test_the_graders_own_source_counts(tmp_path, monkeypatch):
    package = tmp_path / "grader" / "grade"
    package.mkdir(parents=True)
    (package / "fingerprint.py").write_text("one", encoding="utf-8")
    monkeypatch.setattr(prints, "__file__", str(package / "fingerprint.py"))
    before = prints._own_source()
    (package / "fingerprint.py").write_text("two", encoding="utf-8")
    assert prints._own_source() != before


def test_files_beside_the_notebook_and_the_courses_data_count(tmp_path):
    (tmp_path / "sub").mkdir()
    file = tmp_path / "sub" / "data.csv"
    file.write_text("1", encoding="utf-8")
    seen = [
        digest_data({}),
        digest_data({"data.csv": file}),
        digest_data({"other.csv": file}),
        digest_data({}, tmp_path),
    ]
    file.write_text("2", encoding="utf-8")
    seen += [digest_data({"data.csv": file}), digest_data({}, tmp_path)]
    file.rename(tmp_path / "data.csv")
    seen.append(digest_data({}, tmp_path))
    assert len(set(seen)) == len(seen)
    assert digest_data({}, tmp_path / "missing") == digest_data({}, tmp_path / "sub")


def test_what_cannot_change_a_result_does_not_count():
    notebook = submitted()
    notebook["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "old"}]
    notebook["cells"][2]["execution_count"] = 7
    notebook["cells"][2]["metadata"]["scrolled"] = True
    assert key_of(notebook) == key_of()
    blank = change(3, source="what a student wrote into a test is put right")
    assert key_of(blank) == key_of()
    prose = change(0, source="# Another title")
    assert key_of(prose).cells == key_of().cells
    assert key_of(prose).notebook != key_of().notebook


def test_whether_a_given_figure_is_left_out_counts():
    figure = with_cell(1, source="fig = plot()", figure=True)
    before = key_of(change(1, source="fig = plot()"), figure)
    reads_it = change(1, source="fig = plot()")
    reads_it["cells"].append(code("fig.save()"))
    assert all(key_of(reads_it, figure).cells[name] != before.cells[name] for name in before.cells)


def test_tests_in_the_students_process_depend_on_those_before_them():
    assert separable(ASSIGNMENT)
    one, other = with_cell(3, hidden="assert x"), with_cell(3, hidden="assert x == 1")
    assert not separable(one)
    before, after = key_of(assignment=one).cells, key_of(assignment=other).cells
    assert all(after[name] != before[name] for name in before)


def test_a_changed_test_leaves_the_rest_kept(tmp_path):
    store = Store(tmp_path)
    store.put(key_of(), graded())
    changed = key_of(assignment=with_cell(3, hidden="test one of submission, mended"))
    found = store.partial(changed)
    assert store.get(changed) is None
    assert found.scores == {"check-1-2": 1.5}
    assert found.records == {"check-1-2": {"exercise": "1.2", "earned": 1.5}}
    assert found.flags == {}
    assert found.limits == {"check-1-2": "too long", "answer-1-1": "too much output"}
    assert found.notebook["cells"][1]["outputs"], "the student's cells are not executed again"
    assert found.notebook["cells"][3]["outputs"] == []


def test_regrading_one_test_gives_what_grading_all_gives(tmp_path):
    store = Store(tmp_path)
    store.put(key_of(), graded())
    mended = with_cell(3, hidden="test one of submission, mended")
    new = graded(scores=(2.5, 0.0))
    merged = merge(store.partial(key_of(assignment=mended)), new, {"check-1-1"})
    assert merged.scores == {"check-1-1": 2.5, "check-1-2": 1.5}
    assert merged.records == graded().records
    assert merged.flags == graded().flags
    store.put(key_of(assignment=mended), merged)
    assert store.get(key_of(assignment=mended)) == merged
    assert merged.notebook["cells"][3] == new.notebook["cells"][3]
    assert store.get(key_of()) == graded(), "the old tests' scores are still there"


def test_a_later_answer_leaves_earlier_scores_kept(tmp_path):
    Store(tmp_path).put(key_of(), graded())
    changed = key_of(change(4, source="y = 3"))
    assert changed.cells["check-1-1"] == key_of().cells["check-1-1"]
    assert changed.cells["check-1-2"] != key_of().cells["check-1-2"]
    assert Store(tmp_path).partial(changed) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 0, "value": {}}'])
def test_a_spoilt_file_is_as_none(tmp_path, content):
    store = Store(tmp_path)
    store.put(key_of(), graded())
    for path in (tmp_path / "cells").rglob("*.json"):
        path.write_bytes(content)
    assert store.get(key_of()) is None
    store.put(key_of(), graded())
    assert store.get(key_of()) == graded()


def test_a_result_that_is_not_whole_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no score for check-1-2"):
        Store(tmp_path).put(key_of(), Result(submitted(), {"check-1-1": 4.0}))
    with pytest.raises(ValueError, match="JSON"):
        Store(tmp_path).put(key_of(), graded(scores=(4.0, float("nan"))))
    assert Store(tmp_path).get(key_of()) is None


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    place = tmp_path / "a.json"
    write_atomically(place, b"old")
    assert place.stat().st_mode & 0o777 == 0o600

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OSError, match="no space"):
        write_atomically(place, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert place.read_bytes() == b"old"


def test_the_kept_files_are_plain_json(tmp_path):
    Store(tmp_path).put(key_of(), graded())
    files = list(tmp_path.rglob("*.json"))
    assert len(files) == 3
    assert all(json.loads(path.read_text(encoding="utf-8"))["format"] for path in files)
