"""What a student hands in: the notebooks run and packed into one file. It travels with the notebooks."""
