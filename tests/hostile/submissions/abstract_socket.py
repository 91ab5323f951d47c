# Connects to a service of this machine by an abstract socket.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import socket

try:
    with socket.socket(socket.AF_UNIX) as outgoing:
        outgoing.connect("\0hostile-47111")
        outgoing.send(b"hostile-escape")
except OSError as error:
    print(error)
