"""The wide corpus: right and wrong answers to the manual exercises, made by construction, and how they are graded."""
