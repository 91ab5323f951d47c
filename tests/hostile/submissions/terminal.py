# Types into the instructor's terminal.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import fcntl
import os

for descriptor in (0, 1, 2, *(os.open(name, os.O_RDWR) for name in ("/dev/tty",) if os.path.exists(name))):
    try:
        fcntl.ioctl(descriptor, 0x5412, b"#")
        print("hostile-escape", descriptor)
    except OSError as error:
        print(error)
