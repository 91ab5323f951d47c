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
        tree = ast.parse(source)
        bound: set[str] = set()
        read: set[str] = set()
        for statement in tree.body:
            needs = set(_reads(statement, frozenset(bound)))
            read |= needs - bound
            bound |= _binds(statement)
        return frozenset(bound), frozenset(read)
    except (SyntaxError, ValueError, RecursionError):
        words = frozenset(NAME.findall(source))
        return words, words


def _reads(statement: ast.stmt, bound: frozenset[str]) -> Iterator[str]:
    """The names that one statement of a module may read from what stands before it."""
    if isinstance(statement, ast.For):
        yield from _used(statement.iter)
        inside = bound | _binds(ast.Assign([statement.target], ast.Constant(0), lineno=1))
        for inner in [*statement.body, *statement.orelse]:
            yield from set(_reads(inner, inside)) - inside
            inside |= _binds(inner)
    elif isinstance(statement, ast.AugAssign):
        yield from _used(statement)
        if isinstance(statement.target, ast.Name):
            yield statement.target.id
    else:
        yield from _used(statement)


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
    """The names that a statement binds or deletes in the module."""
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
