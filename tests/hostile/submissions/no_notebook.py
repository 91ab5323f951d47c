# Hands in JSON that is no notebook.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    return {"cells": "none", "nbformat": "x", "metadata": None}
