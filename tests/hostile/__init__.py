"""Submissions that attack the grader, and the harness that shows that none gains by it: `make hostile`."""
