"""The names data of the character models: find the file, read it, split it by distinct name."""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

HOW_TO_POINT = "set the environment variable NAMES_FILE to a names file, or pass its path to read_names"


class NamesError(ValueError):
    """There is no names file to be found, or it cannot be used; the text says what to do."""


def read_names(path: str | Path | None = None) -> list[str]:
    """Names of a file with one name a line: its order and repeated names kept, capitals made lower case.

    Without `path` the file is the one that NAMES_FILE names, else data/names.txt in the working folder or a
    folder above it, else the copy that came with this package. Blank lines are passed over.
    Raises NamesError if there is no such file, or it is empty, not UTF-8, or has a character outside a–z.
    """
    file = _find(path)
    try:
        # utf-8-sig: Windows editors put a byte order mark in front
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise NamesError(f"{file} is not UTF-8 text. Save it as plain text in UTF-8, one name a line.") from None
    except OSError as error:
        raise NamesError(f"{file} cannot be read ({error.strerror}). To use another, {HOW_TO_POINT}.") from None
    names = []
    for number, line in enumerate(lines, start=1):
        name = line.strip()
        if odd := re.search("[^A-Za-z]", name):
            raise NamesError(
                f"{file}, line {number}: {_short(name)} has the character {odd.group()!r}. "
                "A names file has one name a line in the letters a–z. Respell or delete that line."
            )
        if name:
            names.append(name.lower())
    if not names:
        raise NamesError(f"{file} has no names in it. Write one name a line, or {HOW_TO_POINT}.")
    return names


def split_names(
    names: Sequence[str], fractions: tuple[float, float, float] = (0.8, 0.1, 0.1), seed: int = 2147483647
) -> tuple[list[str], list[str], list[str]]:
    """(train, dev, test): `fractions` of the distinct names, each part in the order of `names`.

    All copies of a name go to one part, so no part has a name of another. Distinct names are ranked by
    SHA-256 of seed and name: neither a random generator nor the order of `names` has a say in the split.
    Raises NamesError if the names are too few for a part, ValueError if the fractions do not add up to 1.
    """
    if min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(f"fractions must be three numbers from 0 to 1 that add up to 1, not {fractions}")
    ranked = sorted(set(names), key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())
    first, second = (round(len(ranked) * share) for share in (fractions[0], fractions[0] + fractions[1]))
    parts = [set(ranked[:first]), set(ranked[first:second]), set(ranked[second:])]
    if any(share > 0 and not part for share, part in zip(fractions, parts, strict=True)):
        raise NamesError(f"{len(ranked)} distinct names are too few for train, dev and test; ten or more will do.")
    train, dev, test = ([name for name in names if name in part] for part in parts)
    return train, dev, test


def _find(path: str | Path | None) -> Path:
    asked = path or os.environ.get("NAMES_FILE")
    if asked:
        file = Path(asked).expanduser()
        if not file.is_file():
            source = "the path given to read_names" if path else "NAMES_FILE"
            raise NamesError(f"{source} is {str(asked)!r}, and {file.absolute()} is not a file. Correct the path.")
        return file
    here = Path.cwd()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents):
        if (file := folder / "data" / "names.txt").is_file():
            return file
    raise NamesError(
        f"No data/names.txt in {here} or a folder above it. Work in the course's folder, or {HOW_TO_POINT}."
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
