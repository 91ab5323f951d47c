"""What a command loads before it begins: each package below takes a second or two."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "matplotlib", "rfc3987_syntax")
# Runs a command and ends with the names of the packages that it has loaded.
ASK = f"""
import sys
from grader.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(*[name for name in {HEAVY} if sys.modules.get(name)], "end")
"""
COMMANDS = {
    "help": ["--help"],
    "grade": ["grade", "no such assignment"],
    "demo": ["demo", "99"],
    "report": ["report", "99"],
    "collect": ["collect", "no such folder"],
    "release": ["release", "99"],
    "stats": ["stats", "00"],
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_command_loads_neither_torch_nor_the_grammars_of_jsonschema(arguments):
    done = subprocess.run([sys.executable, "-c", ASK, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split("\n")[-2:] == ["end", ""], done.stdout + done.stderr
