# Changes locked cells and gives them checksums to match.
# expected: 1.1=0 1.2=0 1.3=0

import hashlib


def forge(notebook):
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("locked"):
            cell["source"] = "numbers, total = [], 8.0\ndouble = lambda value: 2 * value"
            meta["checksum"] = hashlib.md5(cell["source"].encode()).hexdigest()
    return notebook
