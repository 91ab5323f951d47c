"""A pytest plugin: nbval runs cells as a notebook does, with history.

nbval asks the kernel not to store its cells in `In`; the checks read a live notebook's cells there.
"""

from nbval.kernel import RunningKernel


def execute_cell_input(self: RunningKernel, cell_input: str, allow_stdin: bool | None = None) -> str:
    return self.kc.execute(cell_input or "", allow_stdin=bool(allow_stdin), stop_on_error=False)


RunningKernel.execute_cell_input = execute_cell_input
