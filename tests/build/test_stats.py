from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.build.stats import measure


def test_measures():
    hidden = 'check("1.1")\n### BEGIN HIDDEN TESTS\na\nb\n### END HIDDEN TESTS'
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# A title of five words"),
            new_code_cell("a\n\nb\nc", metadata={"tags": ["figure"]}),
            new_markdown_cell("*Figure: three lines.*"),
            new_code_cell("a", metadata={"tags": ["figure"]}),
            new_code_cell(hidden, metadata={"nbgrader": {"points": 2.5}}),
            new_markdown_cell("## Exercise 1.1\n\n●●○ · about 25 minutes · 2.5 points\n\nIt took 3 minutes once."),
        ]
    )
    values = {row.name: row.value for row in measure(notebook)}
    assert values == {
        "code lines, median": "1",
        "code lines, p90": "3",
        "words a text cell, median": "6",
        "words a text cell, most": "16",
        "cells a figure": "3.0",
        "figures with a text": "1 of 2",
        "cells": "6",
        "points": "2.5",
        "minutes of the exercises": "25",
    }
