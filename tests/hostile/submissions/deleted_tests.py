# Deletes the graded cells and the forward pass.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["metadata"].get("nbgrader", {}).get("locked")]
    return notebook
