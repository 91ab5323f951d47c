# Hands in the notebook format of 2011, with worksheets.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    cells = [{**cell, "input": cell["source"], "language": "python"} for cell in notebook["cells"]]
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells, "metadata": {}}]}
