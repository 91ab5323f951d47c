# Leaves links to the gradebook and the solutions in its folder, for whoever collects it.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import os
from pathlib import Path

for number, aim in enumerate(("/dev/shm/hostile-course/class/gradebook.db", "/etc/passwd", "../../..", "/proc/1/root")):
    try:
        Path(f"link{number}").symlink_to(aim)
        print(os.listdir(f"link{number}") if os.path.isdir(f"link{number}") else Path(f"link{number}").read_bytes()[:200])
    except OSError as error:
        print(error)
