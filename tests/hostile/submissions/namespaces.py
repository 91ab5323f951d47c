# Makes namespaces of its own, to be root in them and mount there.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000):
    if libc.unshare(flag) == 0:
        print("hostile-escape", hex(flag))
if libc.mount(b"none", b"/", None, 0x44000, None) == 0 or libc.mount(b"proc", b"/tmp", b"proc", 0, None) == 0:
    print("hostile-escape: mounted")
try:
    os.chroot("/tmp")
    print("hostile-escape: chroot")
except OSError as error:
    print(error)
