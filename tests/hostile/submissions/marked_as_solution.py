# Marks the graded cells as solutions that students may edit, and the answers as tests.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader")
        if meta:
            meta["grade"], meta["solution"] = meta.get("solution"), True
            meta["locked"], meta["points"] = False, 4
    return notebook
