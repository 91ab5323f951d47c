"""Places in a base answer where a slip can be made: one expression node, and what is known about it."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tests.corpus.bases import Answer
from tests.corpus.labels import consumers
from tests.corpus.program import GRADIENTS, flat, names_in, owners, written

# Numbers of the problem at the notebook's own sizes.
NUMBERS = {"n": 32, "vocab_size": 27, "inv_n": 1 / 32, "eps": 1e-5, "block_size": 3}


@dataclass
class Site:
    """A node of the expression that gives a gradient, or part of one.

    path: the nodes from the statement down to the node, both included. term: the index of the branch that it stands in.
    """

    answer: Answer
    cell: int
    statement: int
    path: list[ast.AST]
    gradient: str

    @property
    def node(self) -> ast.expr:
        return self.path[-1]

    @property
    def parent(self) -> ast.AST:
        return self.path[-2]

    @property
    def tensor(self) -> str:
        return self.gradient[1:]

    @property
    def readers(self) -> tuple[str, ...]:
        return consumers(self.answer.exercise, self.gradient)

    @cached_property
    def own(self) -> list[ast.stmt]:
        """All statements that are written for this gradient, in order."""
        return [s for _, _, s, names in statements(self.answer) if self.gradient in names]

    @cached_property
    def known(self) -> set[str]:
        """The gradients that are there before this statement."""
        before = [s for c, p, s, _ in statements(self.answer) if (c, p) < (self.cell, self.statement)]
        return {name for statement in before for name in written(statement)} & GRADIENTS

    @cached_property
    def root(self) -> ast.expr:
        """The expression that the node stands in: a statement's value, or its element for this gradient."""
        return self.path[-self._depth]

    @cached_property
    def _depth(self) -> int:
        for position, node in enumerate(self.path):
            if isinstance(node, ast.expr) and not isinstance(node, ast.Tuple):
                return len(self.path) - position
        raise ValueError("a site without an expression")

    @cached_property
    def term(self) -> ast.expr:
        """The top-level term of the expression that the node stands in."""
        node = self.root
        for child in self.path[len(self.path) - self._depth + 1 :]:
            if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)):
                break
            node = child
        return node

    @property
    def branch(self) -> str | None:
        """The statement of the forward pass whose branch the node stands in, where the term shows it."""
        if len(self.readers) == 1:
            return self.readers[0]
        found = {c for c in self.readers if f"d{c}" in names_in(self.term)}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def clean(self) -> bool:
        """Whether the node is a factor, or stands linearly, in a term that is a whole branch."""
        if self.answer.exercise != "5.1" or not _alone(self):
            return False
        top = len(self.path) - self._depth
        inside = self.path[self.path.index(self.term, top) : -1]
        linear = ast.Call | ast.Attribute | ast.Subscript | ast.UnaryOp | ast.keyword
        return all(isinstance(x, linear) or _multiplies(x) for x in inside)

    def replace(self, new: ast.expr) -> Answer:
        """The answer with the node replaced by `new`."""
        return self._edit(lambda path: _put(path[-2], path[-1], new))

    @property
    def named(self) -> bool:
        """Whether a name replaced throughout (see `rename`) is a slip in one branch or in the only one."""
        return self.answer.exercise == "5.1" and (len(self.readers) == 1 or (self.branch is not None and _alone(self)))

    def rename(self, new: ast.expr) -> Answer:
        """The answer with the name at this node replaced throughout the branch's expression."""
        old = self.node.id
        scope = self.root if len(self.readers) == 1 else self.term
        depth = self.path.index(scope, len(self.path) - self._depth)

        def edit(path: list[ast.AST]) -> None:
            for parent in list(ast.walk(path[depth - 1])):
                for child in ast.iter_child_nodes(parent):
                    inside = any(child is node for node in ast.walk(path[depth]))
                    if inside and isinstance(child, ast.Name) and child.id == old and not shape_only(parent):
                        _put(parent, child, copy.deepcopy(new))

        return self._edit(edit)

    def _edit(self, edit) -> Answer:
        statement = copy.deepcopy(self.path[0])
        path = [statement]
        for parent, child in zip(self.path, self.path[1:], strict=False):
            path.append(list(ast.iter_child_nodes(path[-1]))[list(ast.iter_child_nodes(parent)).index(child)])
        edit(path)
        return edited(self.answer, self.cell, self.statement, [statement])


@lru_cache(maxsize=32)
def parsed(answer: Answer) -> tuple[tuple[tuple[ast.stmt, str], ...], ...]:
    """The statements of each cell with their text. They are shared: copy before changing one."""
    bodies = (flat(ast.parse(cell).body) for cell in answer.cells)
    return tuple(tuple((statement, ast.unparse(statement)) for statement in body) for body in bodies)


def edited(answer: Answer, cell: int, position: int, new: list[ast.stmt], until: int | None = None) -> Answer:
    """The answer with the statements from `position` to before `until` (the next one) replaced by `new`."""
    texts = [[text for _, text in body] for body in parsed(answer)]
    until = position + 1 if until is None else until
    texts[cell][position:until] = [ast.unparse(ast.fix_missing_locations(statement)) for statement in new]
    return Answer(answer.exercise, answer.style, tuple("\n".join(body) for body in texts))


@lru_cache(maxsize=32)
def statements(answer: Answer) -> tuple[tuple[int, int, ast.stmt, tuple[str, ...]], ...]:
    """Each statement of an answer that is written for gradients: cell, position, statement, the gradients."""
    found = []
    for c, cell in enumerate(parsed(answer)):
        body = [statement for statement, _ in cell]
        found += [(c, s, body[s], gradients) for s in range(len(body)) if (gradients := owners(body, s))]
    return tuple(found)


def sites(answer: Answer, gradient: str | None = None) -> Iterator[Site]:
    """All sites of an answer, or those of one gradient."""
    for c, s, statement, gradients in statements(answer):
        if gradient is None or gradient in gradients:
            yield from _walk(answer, c, s, [statement], gradients)


def normal(answer: Answer) -> Answer:
    """The answer as Python's own printer writes it."""
    cells = tuple("\n".join(text for _, text in body) for body in parsed(answer))
    return Answer(answer.exercise, answer.style, cells)


def shape_only(parent: ast.AST) -> bool:
    """Whether a name below this node is read for its shape or type only."""
    if isinstance(parent, ast.Attribute):
        return parent.attr in {"shape", "dtype", "new_zeros"}
    called = parent.func if isinstance(parent, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name.endswith("_like") or name.endswith("_as") or name == "spread"


def number(node: ast.expr) -> float | None:
    """The value of an expression of numbers, n and vocab_size; None for any other."""
    if {type(x) for x in ast.walk(node)} & {ast.Call, ast.Attribute, ast.Subscript, ast.Tuple, ast.List}:
        return None
    if any(name not in NUMBERS for name in names_in(node)):
        return None
    try:
        value = eval(compile(ast.fix_missing_locations(ast.Expression(copy.deepcopy(node))), "", "eval"), dict(NUMBERS))
    except (ArithmeticError, TypeError):
        return None
    return float(value) if isinstance(value, int | float) else None


def expression(source: str) -> ast.expr:
    """The syntax tree of one expression."""
    return ast.parse(source, mode="eval").body


def _walk(answer: Answer, c: int, s: int, path: list[ast.AST], gradients: tuple[str, ...]) -> Iterator[Site]:
    node = path[-1]
    if isinstance(node, ast.FunctionDef | ast.Lambda | ast.GeneratorExp | ast.ListComp):
        return
    if isinstance(node, ast.stmt) and not isinstance(node, ast.For) and (mine := written(node)):
        gradients = tuple(g for g in mine if g in GRADIENTS) or gradients
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple):
        for target, value in zip(node.targets[0].elts, node.value.elts, strict=True):
            owner = (target.id,) if target.id in GRADIENTS else gradients[:1]
            yield from _walk(answer, c, s, [*path, node.value, value], owner)
        return
    if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", None), ast.Store):
        return
    if isinstance(node, ast.expr):
        yield Site(answer, c, s, path, gradients[0])
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.For) and child is node.iter):
            yield from _walk(answer, c, s, [*path, child], gradients)


def _alone(site: Site) -> bool:
    """Whether each term of the gradient is a branch of its own, so that a factor of a term is one of a branch."""
    if any(isinstance(s, ast.For) for s in site.own) or site.gradient not in written(site.path[0]):
        return False
    terms = _terms(site.root)
    if len(terms) == 1:
        return True
    upstream = [{c for c in site.readers if f"d{c}" in names_in(t)} for t in terms]
    return all(len(u) == 1 for u in upstream) and len({min(u) for u in upstream}) == len(terms)


def _terms(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _multiplies(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div | ast.MatMult)


def _put(parent: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for name, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, name, new)
            return
        if isinstance(value, list) and any(item is old for item in value):
            value[[item is old for item in value].index(True)] = new
            return
    raise ValueError("the node is not a child of its parent")
