# Hands in a notebook of many megabytes, mostly outputs.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 4_000_000}]
    return notebook
