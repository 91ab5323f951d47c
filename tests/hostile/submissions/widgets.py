# Stores widgets and trusted flags, so that what it shows would run when the notebook is opened.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"x": {"a": "<script>"}}}}
    for cell in notebook["cells"]:
        cell["metadata"]["trusted"] = True
        if cell["cell_type"] == "code":
            data = {"text/html": "<script>hostile-script</script>", "application/javascript": "alert('hostile-script')"}
            cell["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    return notebook
