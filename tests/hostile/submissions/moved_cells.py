# Puts its cells in the reverse order.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    notebook["cells"].reverse()
    return notebook
