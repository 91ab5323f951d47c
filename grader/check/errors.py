"""The errors that this package raises on purpose. Each text says what was wrong and what to do."""

from grader.errors import GraderError


class ForwardCellError(GraderError):
    """A forward-pass cell that cannot be read as a graph of named tensors."""


class SubmissionError(GraderError):
    """A submission did not give what it was asked for: a name is missing, a call raised, the answer is no data.

    `kind` is "missing", "raised" or "not data".
    """

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


class CheckFailed(GraderError):
    """A check that is not passed yet, raised where only an exception is seen (nbgrader's Validate button)."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines in place of a traceback."""
        return str(self).splitlines()
