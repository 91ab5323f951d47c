"""Which names a cell binds and which it reads, from its text alone."""

from __future__ import annotations

import ast
import functools
import re
import symtable
from collections.abc import Iterator

NAME = re.compile(r"[^\W\d]\w*")
NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@functools.lru_cache(4096)
def names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """(bound, read): the names that a cell binds, and those that it may read before it binds them itself.

    All its words for both, where it does not parse (a magic, an error).
    """
    try:
        body = ast.parse(source).body
        return frozenset().union(*map(_binds, body)), frozenset(_reads_of(body, frozenset()))
    except (SyntaxError, ValueError, RecursionError):
        words = frozenset(NAME.findall(source))
        return words, words


@functools.lru_cache(4096)
def surely_bound(source: str) -> frozenset[str]:
    """The names that a cell has bound when it has run to its end; none where it does not parse."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    return frozenset().union(*map(_binds_surely, body))


def _reads(statement: ast.stmt, bound: frozenset[str]) -> Iterator[str]:
    """The names that one statement of a module may read from what stands before it."""
    if isinstance(statement, ast.For):
        yield from _used(statement.iter)
        inside = bound | _binds(ast.Assign([statement.target], ast.Constant(0), lineno=1))
        yield from _reads_of([*statement.body, *statement.orelse], inside)
    elif isinstance(statement, ast.If):
        yield from _used(statement.test)
        yield from _reads_of(statement.body, bound)
        yield from _reads_of(statement.orelse, bound)
    elif isinstance(statement, ast.With):
        inside = bound
        for item in statement.items:
            yield from _used(item.context_expr) - inside
            inside |= _binds(item)
        yield from _reads_of(statement.body, inside)
    elif isinstance(statement, ast.AugAssign):
        yield from _used(statement)
        if isinstance(statement.target, ast.Name):
            yield statement.target.id
    else:
        yield from _used(statement)


def _reads_of(block: list[ast.stmt], bound: frozenset[str]) -> Iterator[str]:
    """As `_reads`, of statements that follow on one another."""
    for statement in block:
        yield from set(_reads(statement, bound)) - bound
        bound |= _binds_surely(statement)


def _used(node: ast.AST) -> set[str]:
    """The module's names that a piece of code uses, in functions of its own too."""
    node = ast.Module([node if isinstance(node, ast.stmt) else ast.Expr(node)], [])
    table = symtable.symtable(ast.unparse(ast.fix_missing_locations(node)), "<cell>", "exec")
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    tables = table.get_children()
    while tables:
        inner = tables.pop()
        used |= {symbol.get_name() for symbol in inner.get_symbols() if symbol.is_global() and symbol.is_referenced()}
        tables += inner.get_children()
    return used


def _binds(node: ast.AST) -> set[str]:
    """The names that a statement may bind or delete in the module."""
    found: set[str] = set()
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        found.add(node.id)
    elif isinstance(node, ast.alias):
        found.add((node.asname or node.name).split(".")[0])
    elif isinstance(node, NESTED):
        return {node.name} if hasattr(node, "name") else set()
    elif isinstance(node, COMPREHENSIONS):
        return set()
    for child in ast.iter_child_nodes(node):
        found |= _binds(child)
    return found


def _binds_surely(statement: ast.stmt) -> set[str]:
    """The names that a statement has bound when it has run to its end."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
        return _binds(statement)
    if isinstance(statement, ast.Assign):  # the targets only: a walrus in the value may not be reached
        return set().union(*map(_binds, statement.targets))
    if isinstance(statement, ast.If):
        taken, other = (set().union(*map(_binds_surely, block)) for block in (statement.body, statement.orelse))
        return taken & other
    return set()
