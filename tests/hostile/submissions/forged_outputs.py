# Stores outputs of full points in the graded cells.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    for cell in notebook["cells"]:
        points = cell["metadata"].get("nbgrader", {}).get("points")
        if points:
            data = {"text/plain": str(float(points))}
            cell["outputs"] = [{"output_type": "execute_result", "execution_count": 1, "data": data, "metadata": {}}]
    return notebook
