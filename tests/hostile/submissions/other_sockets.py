# Opens sockets of the kinds that reach the kernel and virtual machines.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import socket

kinds = {"netlink": (16, 3, 0), "vsock": (40, 1, 0), "packet": (17, 3, 0), "raw": (2, 3, 1), "crypto": (38, 5, 0)}
for name, kind in kinds.items():
    try:
        socket.socket(*kind)
        print("hostile-escape", name)
    except OSError as error:
        print(name, error)
