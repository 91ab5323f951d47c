"""Run an answer's cells again, on other inputs, and keep each gradient as it was when the student finished it.

Cells run statement by statement in the given namespace. After each statement the watched names that it wrote are
copied, so that a later in-place edit through an alias (`dhprebn = dbndiff; dhprebn += …`) does not spoil what was right
before.
"""

import ast
import contextlib
import io
from collections.abc import Collection, Iterator, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType

import numpy as np
import torch

from grader.check.data import as_data
from grader.check.errors import SubmissionError

LARGE = 50_000  # entries; a tensor of parameters has fewer

# Checks say nothing while this is set.
replaying: ContextVar[bool] = ContextVar("replaying", default=False)


@dataclass
class Replay:
    """What a replay gave: the last own value of each watched name, and a sentence for each cell that stopped."""

    values: dict[str, object] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def run_cells(cells: list[str], namespace: MutableMapping[str, object], watch: Collection[str]) -> Replay:
    """Run `cells` (Python source) in `namespace`, as a notebook would: an error ends its cell, not the run.

    watch: the names whose values are wanted. What the cells print or draw is dropped.
    """
    replay = Replay()
    token = replaying.set(True)
    try:
        with _silence(), _by_hand():
            for number, cell in enumerate(cells, start=1):
                try:
                    _run_cell(cell, namespace, watch, replay.values)
                except (Exception, SystemExit) as error:
                    replay.errors.append(f"Cell {number} of the answer stopped: {describe(error)}")
    finally:
        replaying.reset(token)
    for name in watch:
        if name not in replay.values and name in namespace:
            _keep(name, namespace[name], replay.values)
    return replay


def describe(error: BaseException) -> str:
    """An error in one line: its type and its message."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextlib.contextmanager
def preserved(namespace: MutableMapping[str, object]) -> Iterator[None]:
    """Put `namespace` back afterwards, as a Snapshot does."""
    with Snapshot(namespace).restored():
        yield


class Snapshot:
    """A namespace as it is now: names, the contents of tensors, arrays and containers, random state."""

    def __init__(self, namespace: MutableMapping[str, object]):
        self._namespace, self._names = namespace, dict(namespace)
        self._restorers = [_restorer(value) for value in self._names.values()]
        self._torch, self._numpy = torch.random.get_rng_state(), np.random.get_state()
        self._cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        """Put everything back afterwards. The same snapshot serves again where nothing else has run in between."""
        try:
            yield
        finally:
            self._restore()

    def _restore(self) -> None:
        self._namespace.clear()
        self._namespace.update(self._names)
        for undo in self._restorers:
            undo()
        torch.random.set_rng_state(self._torch)
        np.random.set_state(self._numpy)
        if self._cuda is not None:
            torch.cuda.set_rng_state_all(self._cuda)


@lru_cache(maxsize=256)
def _statements(cell: str) -> list[tuple[CodeType, frozenset[str]]]:
    """A cell's statements as code, each with the names that it may write to. Raises SyntaxError."""
    return [
        (compile(ast.Module([statement], type_ignores=[]), "<answer>", "exec"), frozenset(written_names(statement)))
        for statement in ast.parse(cell).body
    ]


def _run_cell(
    cell: str, namespace: MutableMapping[str, object], watch: Collection[str], values: dict[str, object]
) -> None:
    for code, may_write in _statements(cell):
        before = {name: id(namespace[name]) for name in watch if name in namespace}
        try:
            exec(code, namespace)
        finally:
            written = may_write | {
                name for name in watch if name in namespace and before.get(name) != id(namespace[name])
            }
            for name in written.intersection(watch):
                if name in namespace:
                    _keep(name, namespace[name], values)


def written_names(statement: ast.stmt) -> set[str]:
    """The names that a statement may write to: assigned, edited in place, or handed to a bare call."""
    written = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name | ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            written.add(_root(node))
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr.endswith("_") and not called.attr.endswith("__"):
                written.add(_root(called))
            written.update(_root(keyword.value) for keyword in node.keywords if keyword.arg == "out")
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and not _shows(node.value):
            written.update(_root(argument) for argument in node.value.args)
    return written - {None}


def written_anywhere(cells: list[str]) -> set[str]:
    """The names that any statement of `cells` may write to. Cells that do not parse are passed over."""
    written = set()
    for cell in cells:
        with contextlib.suppress(SyntaxError):
            written.update(*(written_names(statement) for statement in ast.parse(cell).body))
    return written


def _shows(call: ast.Call) -> bool:
    """print and display hand nothing on that could be written to."""
    return isinstance(call.func, ast.Name) and call.func.id in {"print", "display"}


def _root(node: ast.expr) -> str | None:
    """The name at the bottom of `name.view(-1)[i].attribute`, or None."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _keep(name: str, value: object, values: dict[str, object]) -> None:
    try:
        values[name] = as_data(value, name)
    except SubmissionError as error:
        values[name] = f"not data: {error}"


def _restorer(value: object):
    """A function that puts the contents of a mutable value back."""
    if isinstance(value, torch.Tensor):
        shape, copy = value.shape, value.detach().clone()
        # A whole data set is taken to be as it was where torch has counted no change.
        version = value._version if value.numel() > LARGE and not value.is_inference() else None

        def undo():
            if version is not None and value._version == version and value.shape == shape:
                return
            if value.shape != shape or not torch.equal(value.detach(), copy):
                value.data = copy.clone()  # the copy itself must last for the next time

        return undo
    if isinstance(value, np.ndarray):
        array = value.copy()
        return lambda: np.copyto(value, array) if value.flags.writeable else None
    if type(value) is list:
        items = list(value)
        return lambda: value.__setitem__(slice(None), items)
    if type(value) is dict:
        entries = dict(value)
        return lambda: (value.clear(), value.update(entries))
    return lambda: None


@contextlib.contextmanager
def _by_hand() -> Iterator[None]:
    """No automatic differentiation: what starts a backward pass raises a sentence that says what is asked."""

    def refusal():
        # A function of its own for each place: torch's compiler objects to one object under two names.
        def refuse(*args: object, **kwargs: object) -> None:
            raise RuntimeError(
                "this exercise is a backward pass by hand, so backward(), autograd.grad and torch.func are not at hand "
                "here; write each gradient with the chain rule."
            )

        return refuse

    homes = [(torch.Tensor, "backward"), (torch.autograd, "backward"), (torch.autograd, "grad")]
    kept = [(home, name, getattr(home, name)) for home, name in homes]
    for home, name in homes:
        setattr(home, name, refusal())
    try:
        yield
    finally:
        for home, name, function in kept:
            setattr(home, name, function)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Drop what is printed, displayed or drawn."""
    with contextlib.ExitStack() as stack:
        try:
            from IPython.utils.capture import capture_output
        except ImportError:
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        else:
            stack.enter_context(capture_output())
        yield
