# Repeats the graded cells, the copies with a text of its own.
# expected: 1.1=0 1.2=0 1.3=0

import copy


def forge(notebook):
    for cell in [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]:
        twin = copy.deepcopy(cell)
        twin["source"] = str(cell["metadata"]["nbgrader"]["points"])
        notebook["cells"] = [twin, *notebook["cells"], copy.deepcopy(twin)]
    return notebook
