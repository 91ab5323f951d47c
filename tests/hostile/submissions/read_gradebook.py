# Opens the gradebook and gives itself full points.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import sqlite3

for path in ("/dev/shm/hostile-course/class/gradebook.db", "../gradebook.db", "../../gradebook.db", "gradebook.db"):
    try:
        with sqlite3.connect(f"file:{path}?mode=rw", uri=True) as gradebook:
            print(gradebook.execute("select * from grades").fetchall())
            gradebook.execute("update grades set score = 10")
    except sqlite3.Error as error:
        print(path, error)
