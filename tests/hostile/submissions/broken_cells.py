# Gives cells that are no cells.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    notebook["cells"] += [None, [], "cell", 5, {}, {"cell_type": "code"}, {"cell_type": "evil", "source": None}]
    notebook["cells"].append({"cell_type": "code", "metadata": [], "source": 5, "outputs": {}})
    return notebook
