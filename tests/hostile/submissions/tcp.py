# Connects to a service of this machine over TCP.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import socket

for address in ("127.0.0.1", "localhost", "::1", "10.0.0.1"):
    try:
        with socket.create_connection((address, 47111), 1) as connection:
            connection.send(b"hostile-escape")
            print("hostile-escape", address)
    except OSError as error:
        print(error)
