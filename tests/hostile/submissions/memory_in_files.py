# Fills memory by files without a folder, shared segments and the shared-memory folder.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import ctypes
import os

kept = []
for number in range(64):
    try:
        descriptor = os.memfd_create(f"hoard {number}")
        os.posix_fallocate(descriptor, 0, 64 << 20)
        kept.append(descriptor)
        print("hostile-escape: a memfd of 64 MB")
    except OSError:
        pass
    if ctypes.CDLL(None).shmget(0, 64 << 20, 0o1666) != -1:
        print("hostile-escape: a segment of 64 MB")
with open("/dev/shm/hoard", "wb") as hoard:
    for _ in range(1024):
        hoard.write(bytes(1 << 20))
print("hostile-escape: a gigabyte in /dev/shm")
