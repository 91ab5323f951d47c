# Opens wide interfaces to the kernel: io_uring, BPF, performance events, keys, userfaultfd.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import ctypes
import platform

libc = ctypes.CDLL(None, use_errno=True)
numbers = {"x86_64": (425, 321, 298, 250, 323, 101), "aarch64": (425, 280, 241, 219, 282, 117)}[platform.machine()]
buffer = ctypes.create_string_buffer(256)
for number in numbers:
    result = libc.syscall(number, 0, buffer, 0, 0, 0)
    print(number, "hostile-escape" if result >= 0 else ctypes.get_errno())
