# Reads the memory of the process that started it.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import ctypes
import os

buffer = ctypes.create_string_buffer(4096)
libc = ctypes.CDLL(None, use_errno=True)
for process in {os.getppid(), 1, *(int(name) for name in os.listdir("/proc") if name.isdigit())} - {os.getpid(), 0}:
    try:
        with open(f"/proc/{process}/mem", "rb"):
            print("opened the memory of", process, "hostile-escape")
    except OSError:
        pass
    if libc.ptrace(16, process, 0, 0) == 0:
        print("attached to", process, "hostile-escape")
