"""The instructor's half: a class of submissions through nbgrader into a gradebook, feedback pages and a table."""
