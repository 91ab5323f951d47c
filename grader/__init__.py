"""A workbook on automatic differentiation, and the grader that checks it."""
