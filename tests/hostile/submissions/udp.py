# Sends over UDP to a service of this machine.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import socket

try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outgoing:
        outgoing.sendto(b"hostile-escape", ("127.0.0.1", 47111))
except OSError as error:
    print(error)
