# Hands in ten thousand cells.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    empty = {"cell_type": "markdown", "id": "x", "metadata": {}, "source": "x"}
    notebook["cells"] += [{**empty, "id": f"x{number}"} for number in range(10_000)]
    return notebook
