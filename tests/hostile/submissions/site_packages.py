# Leaves a module for the next Python to import, beside the packages and in the user's own folder.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
import site
import sys
from pathlib import Path

for folder in [*site.getsitepackages(), site.getusersitepackages(), *sys.path, str(Path(sys.executable).parent)]:
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        Path(folder, "hostile.pth").write_text("import os\n")
        print("planted in", folder)
    except OSError:
        pass


def double(value):
    return 0.0
