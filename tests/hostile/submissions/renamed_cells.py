# Gives its cells other grade ids, and ids that are no ids.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    names = ["check-9-9", "../../check", "", None, 5, "check-1-1; drop table grade"]
    for number, cell in enumerate(notebook["cells"]):
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] = names[number % len(names)]
    return notebook
