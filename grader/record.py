"""How a check's report is kept in a notebook as data, beside its picture."""

RECORD = "application/vnd.grader+json"
