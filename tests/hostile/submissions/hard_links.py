# Makes hard links to files that it may not read.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import os

for aim in ("/dev/shm/hostile-course/class/gradebook.db", "/etc/shadow", "../gradebook.db"):
    try:
        os.link(aim, "linked")
        print("linked to", aim, "hostile-escape")
    except OSError as error:
        print(error)
