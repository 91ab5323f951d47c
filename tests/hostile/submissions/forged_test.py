# Puts a test of its own in the place of the graded cells' text.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    for cell in notebook["cells"]:
        points = cell["metadata"].get("nbgrader", {}).get("points")
        if points:
            cell["source"] = f"{points}\n### BEGIN HIDDEN TESTS\n{points}\n### END HIDDEN TESTS"
    return notebook
