import csv
import hashlib
import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from grader.check.names import NamesError, read_names, split_names

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(autouse=True)
def no_names_file(monkeypatch):
    monkeypatch.delenv("NAMES_FILE", raising=False)


@pytest.fixture
def listing(tmp_path):
    """Write a names file and give its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "list.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# the data


def test_readme_states_the_bytes_of_both_files():
    stated = dict(re.findall(r"\| `(\S+)` \| [\d,]+ \| `([0-9a-f]{64})` \|", (DATA / "README.md").read_text("utf-8")))
    assert stated.keys() == {"ssa_2018.csv", "names.txt"}
    for name, digest in stated.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest, name


def test_the_script_makes_the_same_bytes(tmp_path):
    out = tmp_path / "again.txt"
    subprocess.run([sys.executable, DATA / "make_names.py", "--out", out], check=True, capture_output=True)
    assert out.read_bytes() == (DATA / "names.txt").read_bytes()


def test_girls_then_boys_most_frequent_first():
    rows = list(csv.reader((DATA / "ssa_2018.csv").read_text("ascii").splitlines()))[1:]
    girls = [(int(births), name) for name, sex, births in rows if sex == "F"]
    boys = [(int(births), name) for name, sex, births in rows if sex == "M"]
    names = read_names()
    assert Counter(names[: len(girls)]) == Counter(name for _, name in girls)
    assert Counter(names[len(girls) :]) == Counter(name for _, name in boys)
    for group, start in ((dict(map(reversed, girls)), 0), (dict(map(reversed, boys)), len(girls))):
        births = [group[name] for name in names[start : start + len(group)]]
        assert births == sorted(births, reverse=True)


def test_counts_of_the_data():
    """32,257 rows, 29,693 names, 229,804 bigrams; 102 of the 27 x 27 never occur."""
    names = read_names()
    bigrams = Counter(pair for name in names for pair in zip(f".{name}", f"{name}.", strict=True))
    assert (len(names), len(set(names))) == (32_257, 29_693)
    assert (bigrams.total(), 27 * 27 - len(bigrams)) == (229_804, 102)


# reading


def test_reads_one_name_a_line(listing):
    assert read_names(listing("\ufeffEmma\r\n\r\n ava \r\nemma")) == ["emma", "ava", "emma"]
    assert read_names(str(listing("zoe\n"))) == ["zoe"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("ava\nzoë\n", r"line 2: 'zoë' has the character 'ë'"),
        ("name,sex\n", r"line 1: 'name,sex' has the character ','"),
        ("ava\nmary ann\n", r"line 2: .* the character ' '"),
        ("x7" * 50, r"line 1: .*…' has the character '7'"),
        ("\n \n", r"no names in it"),
        ("", r"no names in it"),
        ("zoë".encode("latin-1"), r"not UTF-8"),
        ("ava\n".encode("utf-16"), r"not UTF-8"),
    ],
)
def test_a_bad_file_gets_a_clear_sentence(listing, content, says):
    path = listing(content)
    with pytest.raises(NamesError, match=says) as caught:
        read_names(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 250 + len(str(path))


def test_long_s_and_kelvin_are_not_letters_a_to_z(listing):
    """Both fold to ASCII letters when case is ignored."""
    for name in ("ſam", "\u212aate"):
        with pytest.raises(NamesError, match="has the character"):
            read_names(listing(name))


def test_a_file_that_is_not_there(tmp_path, monkeypatch):
    with pytest.raises(NamesError, match=r"path given to read_names .* is not a file"):
        read_names(tmp_path / "absent.txt")
    with pytest.raises(NamesError, match="is not a file"):
        read_names(tmp_path)
    monkeypatch.setenv("NAMES_FILE", "absent.txt")
    with pytest.raises(NamesError, match=r"NAMES_FILE is 'absent\.txt'"):
        read_names()


@pytest.mark.skipif(sys.platform == "win32" or getattr(os, "geteuid", lambda: 1)() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read(listing):
    path = listing("ava\n")
    path.chmod(0)
    with pytest.raises(NamesError, match="cannot be read"):
        read_names(path)


def test_order_of_the_places_looked_at(tmp_path, monkeypatch, listing):
    course, chapter = tmp_path / "course", tmp_path / "course" / "notebooks" / "05"
    chapter.mkdir(parents=True)
    monkeypatch.chdir(chapter)
    assert len(read_names()) == 32_257, "falls back on the copy that came with the package"
    (course / "data").mkdir()
    (course / "data" / "names.txt").write_text("outer\n")
    assert read_names() == ["outer"]
    (course / "notebooks" / "data").mkdir()
    (course / "notebooks" / "data" / "names.txt").write_text("inner\n")
    assert read_names() == ["inner"]
    monkeypatch.setenv("NAMES_FILE", str(listing("variable\n")))
    assert read_names() == ["variable"]
    assert read_names(course / "data" / "names.txt") == ["outer"]
    monkeypatch.setenv("NAMES_FILE", "")
    assert read_names() == ["inner"]


def test_nothing_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("grader.check.names.__file__", str(tmp_path / "grader" / "check" / "names.py"))
    with pytest.raises(NamesError, match="NAMES_FILE"):
        read_names()


# splitting


def test_parts_are_disjoint_and_lose_nothing():
    names = read_names()
    train, dev, test = split_names(names)
    assert not set(train) & set(dev) and not set(train) & set(test) and not set(dev) & set(test)
    assert Counter(train) + Counter(dev) + Counter(test) == Counter(names)


def test_shares_are_of_distinct_names():
    parts = split_names(read_names())
    assert [len(set(part)) for part in parts] == [23_754, 2_970, 2_969]  # .8, .9 and 1 of 29,693, rounded
    parts = split_names(["ava", *"abcdefghi", "ava"] * 2, fractions=(0.5, 0.3, 0.2))
    assert [len(set(part)) for part in parts] == [5, 3, 2]


def test_parts_resemble_each_other():
    """Girls' share of each part is the whole's within 5 standard errors (a split by rank fails this)."""
    names = read_names()
    girls = set(names[:18_148])  # rows of the table with sex F
    share = sum(name in girls for name in set(names)) / len(set(names))
    for part in map(set, split_names(names)):
        error = (share * (1 - share) / len(part)) ** 0.5
        assert abs(sum(name in girls for name in part) / len(part) - share) < 5 * error


def test_split_depends_on_names_and_seed_alone():
    names = read_names()
    parts = split_names(names)
    state = random.getstate()
    assert split_names(names) == parts
    assert random.getstate() == state
    shuffled = random.Random(7).sample(names, len(names))
    assert [set(part) for part in split_names(shuffled)] == [set(part) for part in parts]
    assert [set(part) for part in split_names(names, seed=1)] != [set(part) for part in parts]
    # the same on every machine, interpreter and hash seed: the first names held out
    assert parts[1][:3] == ["sophia", "ella", "aurora"]


def test_parts_keep_the_order_given():
    names = read_names()
    place = {}
    for index, name in enumerate(names):
        place.setdefault(name, index)
    for part in split_names(names):
        first_seen = [place[name] for name in dict.fromkeys(part)]
        assert first_seen == sorted(first_seen)


@pytest.mark.parametrize("fractions", [(0.8, 0.1, 0.2), (1.2, -0.1, -0.1)])
def test_fractions_that_are_none(fractions):
    with pytest.raises(ValueError, match="add up to 1"):
        split_names(["ava", "emma"], fractions=fractions)


def test_too_few_names():
    with pytest.raises(NamesError, match="3 distinct names are too few"):
        split_names(["ava", "emma", "zoe", "ava"])
    assert split_names(["ava", "emma"], fractions=(1, 0, 0)) == (["ava", "emma"], [], [])
