"""An IPython shell, not a kernel, that keeps what a cell shows as ordinary notebook outputs."""

from __future__ import annotations

import base64
import builtins
import io
import math
import os
import sys
import tempfile
from collections.abc import Mapping

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

MOST_TEXT = 1 << 20  # characters of a cell's streams
MOST_DATA = 8 << 20  # characters of a cell's figures and other displayed data
CUT = "\n[the rest of this output was left out]\n"


class Recorder:
    """The outputs of the cell that runs now, as nbformat has them."""

    def __init__(self) -> None:
        self.outputs: list[dict] = []
        self._text = self._data = 0
        self._clear_next = False

    def stream(self, name: str, text: str) -> None:
        """Add to stdout or stderr; a cell's streams are cut off at MOST_TEXT."""
        self._cleared()
        left = MOST_TEXT - self._text
        if not text or left < 0:
            return
        if len(text) > left:
            text = text[:left] + CUT
        self._text += len(text)
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def add(self, kind: str, data: Mapping, metadata: Mapping | None, **more: object) -> None:
        """Add a display_data or an execute_result. What is more than MOST_DATA is left out."""
        self._cleared()
        clean = {str(mime): _json(value) for mime, value in data.items()}
        self._data += sum(len(value) if isinstance(value, str) else len(repr(value)) for value in clean.values())
        if self._data > MOST_DATA:
            clean, metadata = {"text/plain": CUT.strip()}, {}
        self.outputs.append({"output_type": kind, "data": clean, "metadata": _json(metadata or {}), **more})

    def error(self, name: str, value: str, traceback: list[str]) -> None:
        self._cleared()
        self.outputs.append({"output_type": "error", "ename": name, "evalue": value, "traceback": traceback})

    def clear(self, wait: bool) -> None:
        """`clear_output`: now, or when the next output comes."""
        self._clear_next = wait
        if not wait:
            self.outputs.clear()

    def _cleared(self) -> None:
        if self._clear_next:
            self._clear_next = False
            self.outputs.clear()


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **kwargs) -> None:
        name = (transient or {}).get("display_id")
        recorder = self.shell.recorder
        if update:
            for output in recorder.outputs:
                if name and output.get("_display") == name:
                    output["data"] = {str(mime): _json(value) for mime, value in data.items()}
            return
        recorder.add("display_data", data, metadata, **({"_display": str(name)} if name else {}))

    def clear_output(self, wait: bool = False) -> None:
        self.shell.recorder.clear(wait)


class _DisplayHook(DisplayHook):
    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict, md_dict=None) -> None:
        self.shell.recorder.add("execute_result", format_dict, md_dict, execution_count=self.prompt_count)

    def finish_displayhook(self) -> None:
        pass


class _Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of a cell."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, shell: Shell, name: str, descriptor: int):
        self._shell, self._name, self._descriptor = shell, name, descriptor

    @property
    def name(self) -> str:
        return f"<{self._name}>"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.recorder.stream(self._name, text)
        return len(text)

    def fileno(self) -> int:
        return self._descriptor


class Shell(InteractiveShell):
    """One for each process; a fork has its parent's."""

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_DisplayHook)

    def __init__(self, **kwargs):
        self.recorder = Recorder()
        super().__init__(**kwargs)
        self._files: dict[str, io.FileIO] = {}

    def enable_gui(self, gui=None) -> None:
        """No event loop is to be had."""

    def ask_exit(self) -> None:
        """`exit()` in a cell ends nothing."""

    def _showtraceback(self, etype, evalue, stb) -> None:
        self.recorder.error(etype.__name__, str(evalue), [str(line) for line in stb])

    def _format_exception_for_storage(self, *args: object, **kwargs: object) -> list[str]:
        """IPython would format each traceback a second time, for the history that is off here."""
        return []

    def execute(self, source: str) -> tuple[list[dict], bool]:
        """Run one cell; its outputs, and whether it raised nothing."""
        self.recorder = Recorder()
        kept = sys.stdout, sys.stderr, sys.stdin
        sys.stdout, sys.stderr, sys.stdin = _Stream(self, "stdout", 1), _Stream(self, "stderr", 2), io.StringIO()
        try:
            result = self.run_cell(source, store_history=True)
        finally:
            sys.stdout, sys.stderr, sys.stdin = kept
        self._read_descriptors()
        for output in self.recorder.outputs:
            output.pop("_display", None)
        return self.recorder.outputs, bool(result.success)

    def catch_descriptors(self) -> None:
        """From now on what is written to descriptors 1 and 2 themselves (by C code, by programs) is kept too."""
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            # Not closed: it is there as long as the process is.
            file = self._files[name] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
            os.dup2(file.fileno(), descriptor)

    def _read_descriptors(self) -> None:
        for name, file in self._files.items():
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(0)
                self.recorder.stream(name, file.read(min(size, MOST_TEXT + 1)).decode("utf-8", "replace"))
                file.seek(0)
                file.truncate()


def make_shell() -> Shell:
    """The process's shell: history off (it would start a thread), figures drawn inline, no terminal to read from."""
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryAccessor.enabled = False
    config.InteractiveShell.cache_size = 1000
    shell = Shell.instance(config=config)
    builtins.input = _no_input

    import matplotlib
    from matplotlib_inline.backend_inline import configure_inline_support

    matplotlib.use("module://matplotlib_inline.backend_inline")
    import matplotlib.pyplot

    configure_inline_support(shell, "inline")
    return shell


def _no_input(prompt: object = "") -> str:
    raise RuntimeError("input() was called, but nobody is there to answer while a notebook is graded.")


def _json(value: object) -> object:
    """Displayed data as plain JSON."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return str(value)
