# Writes scripts in markdown cells, attachments and metadata.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    script = "<script>alert('hostile-script')</script><img src=x onerror=\"alert('hostile-script')\">"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] += script + "\n[x](javascript:alert(1))\n\n$\\href{javascript:alert(1)}{x}$"
            cell["attachments"] = {"x.svg": {"image/svg+xml": f"<svg onload='alert(1)'>{script}</svg>"}}
    return notebook
