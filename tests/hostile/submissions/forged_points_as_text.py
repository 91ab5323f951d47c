# Gives points that are no number.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    for cell, points in zip(notebook["cells"] * 3, ["x", -5, None, float("nan"), [4], "1e9"] * 10, strict=False):
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["metadata"]["nbgrader"]["points"] = points
    return notebook
