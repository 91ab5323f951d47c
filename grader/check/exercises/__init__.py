"""The visible checks, a module a chapter: EXERCISES maps an exercise's number to the function that judges it."""
