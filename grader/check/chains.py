"""A statement's vector-Jacobian product, taken apart into primitive steps.

`bnvar_inv = (bnvar + 1e-5)**-0.5` sends its cotangent to `bnvar` by two steps: first back through the power, then
back through the addition. Every path from a statement's result to one of the names that it reads is a chain of such
steps, and the sum of its chains is the statement's vjp. A mistake in a gradient is an edit of one of them (`edits`).
"""

import ast
import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import torch

from grader.check.graph import LIBRARIES, Pass, Statement

BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow", ast.MatMult: "matmul"}
MAPS = {"exp", "log", "tanh", "sqrt", "rsqrt", "relu", "sigmoid", "sin", "cos", "abs", "square", "reciprocal", "neg"}
ELEMENTWISE = {"add", "sub", "mul", "div", "pow", "neg"} | MAPS
RENAMED = {"reshape": "view", "flatten": "view", "T": "transpose", "t": "transpose", "matmul": "matmul"}


@dataclass(frozen=True, eq=False)
class Step:
    """One primitive y = f(x), seen from one of its operands.

    op: what it is ("mul", "sum", "tanh", …). source: its text. x, y: its values, without graph.
    other: the other operand of a binary operation (tensor or number), else None. left: x stands on the left.
    x_name, other_name: the names of the operands where they have one. inner: the step below, where x is computed in the
    same statement from something else.
    """

    op: str
    source: str
    f: Callable[[torch.Tensor], torch.Tensor] = field(repr=False)
    x: torch.Tensor = field(repr=False)
    y: torch.Tensor = field(repr=False)
    other: object = field(default=None, repr=False)
    left: bool = True
    x_name: str | None = None
    other_name: str | None = None
    index: object = field(default=None, repr=False)

    def vjp(self, cotangent: torch.Tensor) -> torch.Tensor:
        """The cotangent of x, of its shape, for one of y."""
        if self.op in ELEMENTWISE:
            return unbroadcast(cotangent * self.slope, self.x.shape)
        x = self.x.requires_grad_(True)
        try:
            with torch.enable_grad():
                (result,) = torch.autograd.grad((self.f(x) * cotangent).sum(), x)
        finally:
            self.x.requires_grad_(False)
        return result

    @cached_property
    def slope(self) -> torch.Tensor:
        """For an elementwise operation: dy/dx entry by entry, in the shape of y."""
        return self.slope_at(self.x)

    def slope_at(self, x: torch.Tensor) -> torch.Tensor:
        """The same rule at other values of x (any shape that broadcasts to y's)."""
        x = x.expand(self.y.shape).detach().clone().requires_grad_(True)
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(self.f(x).sum(), x)
        return slope


@dataclass(frozen=True)
class Chain:
    """A path from the result of `statement` back to `name`: steps, outermost first."""

    statement: Statement
    name: str
    steps: tuple[Step, ...]

    def vjp(self, cotangent: torch.Tensor, start: int = 0) -> torch.Tensor:
        """The cotangent after the steps from `start` on."""
        for step in self.steps[start:]:
            cotangent = step.vjp(cotangent)
        return cotangent


@lru_cache(maxsize=64)
def chains(forward: Pass, statement: Statement) -> list[Chain]:
    """All chains of a statement. Their vjps add up to the statement's own; those that part late share their steps."""
    node = ast.parse(statement.source, mode="eval").body
    leaves = set(forward.nodes[statement.target].leaves)
    reader = _Reader({**forward.values, **LIBRARIES}, leaves)
    return [Chain(statement, name, tuple(steps)) for name, steps in reader.paths(node)]


def unbroadcast(cotangent: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Sum over the axes along which a tensor of `shape` was broadcast."""
    return cotangent.sum_to_size(shape) if cotangent.shape != shape else cotangent


class _Reader:
    """Walks an expression, evaluating every part of it."""

    def __init__(self, env: dict[str, object], leaves: set[str]):
        self.env, self.leaves = env, leaves

    def paths(self, node: ast.expr) -> list[tuple[str, list[Step]]]:
        """(name, steps) for every path from the value of `node` to a leaf."""
        if isinstance(node, ast.Name):
            return [(node.id, [])] if node.id in self.leaves else []
        children = self._children(node)
        found = []
        for position, child in enumerate(children):
            step = self._step(node, children, position)
            found += [(name, [step, *steps]) for name, steps in self.paths(child)]
        return found

    def _children(self, node: ast.expr) -> list[ast.expr]:
        """The nearest sub-expressions that are differentiable tensors and depend on a leaf."""
        found = []
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr | ast.keyword):
                continue
            if isinstance(child, ast.keyword):
                found += self._children(child)
                continue
            if not self._reads_leaf(child):
                continue
            value = self._value(child)
            if isinstance(value, torch.Tensor):
                if value.is_floating_point():
                    found.append(child)
            elif not _is_plain(value):
                found += self._children(child)
        return found

    def _step(self, node: ast.expr, children: list[ast.expr], position: int) -> Step:
        values = [self._value(child).detach() for child in children]
        code = compile(ast.Expression(_replaced(node, children)), "<primitive>", "eval")

        def f(x: torch.Tensor) -> torch.Tensor:
            here = {f"_{i}": x if i == position else value for i, value in enumerate(values)}
            return eval(code, {**self.env, **here})

        x = values[position].clone()
        other, other_name, left = None, None, True
        if isinstance(node, ast.BinOp):
            left = node.left is children[position]
            sibling = node.right if left else node.left
            other, other_name = self._value(sibling), ast.unparse(sibling)
        return Step(
            op=_operation(node),
            source=ast.unparse(node),
            f=f,
            x=x,
            y=f(x).detach(),
            other=other,
            left=left,
            x_name=children[position].id if isinstance(children[position], ast.Name) else None,
            other_name=other_name,
            index=self._index(node),
        )

    def _index(self, node: ast.expr) -> object:
        """The index of a subscript, as a tuple of tensors, ranges and numbers; None where it has slices."""
        if not isinstance(node, ast.Subscript) or any(isinstance(part, ast.Slice) for part in ast.walk(node.slice)):
            return None
        index = self._value(node.slice)
        return index if isinstance(index, tuple) else (index,)

    def _reads_leaf(self, node: ast.AST) -> bool:
        return any(isinstance(part, ast.Name) and part.id in self.leaves for part in ast.walk(node))

    def _value(self, node: ast.expr) -> object:
        return eval(compile(ast.Expression(copy.deepcopy(node)), "<part>", "eval"), dict(self.env))


def _operation(node: ast.expr) -> str:
    """The name of the operation that an expression applies last."""
    if isinstance(node, ast.BinOp):
        return BINARY.get(type(node.op), "other")
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return "neg"
    if isinstance(node, ast.Subscript):
        return "index"
    if isinstance(node, ast.Attribute):
        inner = _operation(node.value) if isinstance(node.value, ast.Call) else node.attr
        return RENAMED.get(inner, inner)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return RENAMED.get(node.func.attr, node.func.attr)
    return "other"


def _replaced(node: ast.expr, children: list[ast.expr]) -> ast.expr:
    """A copy of `node` in which each child is the name _0, _1, …"""

    class Replace(ast.NodeTransformer):
        def visit(self, part: ast.AST) -> ast.AST:
            for i, child in enumerate(children):
                if part is child:
                    return ast.copy_location(ast.Name(f"_{i}", ast.Load()), part)
            return super().generic_visit(_shallow(part))

    return ast.fix_missing_locations(Replace().visit(node))


def _shallow(node: ast.AST) -> ast.AST:
    """A node of its own whose lists may be changed, with the same children."""
    fresh = copy.copy(node)
    for name, value in ast.iter_fields(node):
        setattr(fresh, name, list(value) if isinstance(value, list) else value)
    return fresh


def _is_plain(value: object) -> bool:
    """Numbers, shapes and indices: no gradient flows through them."""
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, int | float | str | range | slice | list | torch.dtype | torch.device)
