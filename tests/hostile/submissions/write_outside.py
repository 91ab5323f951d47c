# Writes wherever it can: temporary folders, home folders, the course.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
from pathlib import Path

places = ("/", "/tmp", "/var/tmp", "/dev/shm", "/root", "/etc", "/run", "/usr/lib", "/dev/shm/hostile-course")
for place in places:
    try:
        Path(place, "hostile-left-behind").write_text("x")
    except OSError:
        pass
    try:
        Path(place, "class", "submitted", "ada", "01_toy", "toy.ipynb").write_text("{}")
    except OSError:
        pass
