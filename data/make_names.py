"""Write names.txt from ssa_2018.csv: `python data/make_names.py`. README.md says what both hold."""

import argparse
import csv
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names_from(table: Path) -> list[str]:
    """Names of the table (columns name, sex, births): girls' then boys', most births first, ties by alphabet.

    A name on both lists comes twice. Raises ValueError for a row that is not letters a–z, F or M, a number.
    """
    with table.open(encoding="ascii", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for number, row in enumerate(rows, start=2):
        fits = re.fullmatch("[a-z]+", row["name"]) and row["sex"] in {"F", "M"} and row["births"].isdecimal()
        if not fits:
            raise ValueError(f"{table.name}, line {number}: expected name,sex,births (emma,F,18818), got {row}")
    rows.sort(key=lambda row: (row["sex"], -int(row["births"]), row["name"]))
    return [row["name"] for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "names.txt", help="default: names.txt beside this script")
    out = parser.parse_args().out
    names = names_from(HERE / "ssa_2018.csv")
    out.write_text("".join(f"{name}\n" for name in names), encoding="ascii", newline="\n")
    print(f"{out}: {len(names)} names, {len(set(names))} distinct")


if __name__ == "__main__":
    main()
