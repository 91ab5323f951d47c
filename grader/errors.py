"""The base of every error that this package raises on purpose."""


class GraderError(Exception):
    """Its text says what was wrong and what to do; the command line shows it without a traceback."""
