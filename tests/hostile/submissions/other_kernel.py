# Asks for a kernel of its own, which would run a program of its choice.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "hostile", "display_name": "x", "language": "bash"}
    notebook["metadata"]["language_info"] = {"name": "../../bin/sh"}
    return notebook
