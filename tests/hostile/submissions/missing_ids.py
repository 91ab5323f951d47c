# Leaves out what the format requires: ids, metadata, outputs.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("id", None)
        cell.pop(("outputs", "execution_count", "id")[number % 3], None)
    return notebook
