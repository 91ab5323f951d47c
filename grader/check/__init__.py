"""The half of the grader that travels with the notebooks. It needs torch and numpy, nothing of nbgrader."""
