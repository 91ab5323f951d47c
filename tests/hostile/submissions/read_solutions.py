# Looks for the instructor's notebooks and sources.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import os

found = []
for root in ("/dev/shm/hostile-course", "/", os.getcwd(), "..", "../.."):
    for parent, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in ("proc", "sys", "usr", "lib", "site-packages", "lib64")]
        for name in files:
            if name.endswith((".ipynb", "toy.py", ".db", ".sqlite")):
                try:
                    with open(os.path.join(parent, name), errors="replace") as file:
                        found.append(file.read(2000))
                except OSError:
                    pass
print(len(found), found[:20])
total = found
