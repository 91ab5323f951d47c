# Says that its graded cells are worth a hundred times their points.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["metadata"]["nbgrader"]["points"] = 1000
    return notebook
