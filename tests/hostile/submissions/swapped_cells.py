# Gives its answer cells the ids of the graded ones.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if "grade_id" in meta:
            swapped = {"answer": "check", "check": "answer"}
            kind, rest = meta["grade_id"].split("-", 1)
            meta["grade_id"] = f"{swapped.get(kind, kind)}-{rest.removesuffix('-a')}"
            cell["source"] = "4.0"
    return notebook
