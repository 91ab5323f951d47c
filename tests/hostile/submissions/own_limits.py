# Raises its own limits, and lowers those of the process above it.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import os
import resource

for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_NOFILE"):
    try:
        resource.setrlimit(getattr(resource, name), (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print("hostile-escape", name)
    except (OSError, ValueError) as error:
        print(error)
    try:
        resource.prlimit(os.getppid(), getattr(resource, name), (1, 1))
        print("hostile-escape: the parent's", name)
    except (OSError, ValueError) as error:
        print(error)
