"""The forward pass read as a graph of named tensors.

A forward-pass cell starts with a line that says what is asked, and then defines one tensor a statement:

    # Forward pass for exercise 5.3: given dhpreact, find dhprebn
    hpreact = bngain * hprebn + bnbias

From the cell's text alone come the nodes (the names), the edges (which statement reads which name) and, by running one
statement at a time on detached inputs, the exact local vector-Jacobian product (vjp) of every edge.
"""

import ast
import builtins
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import CodeType

import torch

from grader.check.errors import ForwardCellError

HEADER = re.compile(
    r"^# Forward pass for exercise (?P<exercise>[\w.]+):"
    r"(?: given (?P<given>d\w+),)? find (?P<find>the gradient of every tensor|d\w+(?:, d\w+)*)\s*$"
)
LIBRARIES = {"torch": torch, "F": torch.nn.functional, "__builtins__": builtins}


@dataclass(frozen=True)
class Statement:
    """`target = source`. `reads` are the names on the right-hand side, in order of first use."""

    target: str
    source: str
    reads: tuple[str, ...]
    code: CodeType = field(repr=False, compare=False)


@dataclass(frozen=True)
class ForwardGraph:
    """A forward-pass cell: its statements, and what its header asks.

    exercise: the exercise's number, as in "5.1".
    given: the name of the upstream cotangent of the last tensor ("dhpreact"), or None for a scalar loss, whose is 1.
    find: the gradients asked for ("dhprebn", …), or None for those of every tensor.
    """

    exercise: str
    given: str | None
    find: tuple[str, ...] | None
    statements: tuple[Statement, ...]
    source: str = field(repr=False)

    @classmethod
    @cache
    def parse(cls, source: str) -> "ForwardGraph":
        """Read a forward-pass cell. Raises ForwardCellError with the line that cannot be read."""
        header = find_header(source)
        if header is None:
            raise ForwardCellError(
                "The first line of a forward-pass cell says what is asked, for example "
                "'# Forward pass for exercise 5.2: find dlogits'."
            )
        find = header["find"]
        statements = []
        for node in ast.parse(source).body:
            statement = read_statement(node)
            if statement.target in {earlier.target for earlier in statements}:
                raise ForwardCellError(
                    f"Line {node.lineno} of the forward-pass cell defines {statement.target!r} a second time; "
                    "give each tensor a name of its own."
                )
            statements.append(statement)
        if not statements:
            raise ForwardCellError("The forward-pass cell has no statement below its first line.")
        return cls(
            exercise=header["exercise"],
            given=header["given"],
            find=None if find.startswith("the gradient") else tuple(find.split(", ")),
            statements=tuple(statements),
            source=source,
        )

    @property
    def output(self) -> str:
        """The name that the last statement defines."""
        return self.statements[-1].target

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names that the cell reads and does not define (parameters, batch, sizes; not libraries or builtins)."""
        defined = {statement.target for statement in self.statements}
        reads = dict.fromkeys(name for statement in self.statements for name in statement.reads)
        return tuple(name for name in reads if name not in defined | set(LIBRARIES) and not hasattr(builtins, name))

    def consumers(self, name: str) -> tuple[Statement, ...]:
        """The statements that read `name`: the branches of the chain rule for its gradient."""
        return tuple(statement for statement in self.statements if name in statement.reads)

    def ancestors(self, name: str) -> set[str]:
        """The tensors from which `name` is computed: their gradients come after its own."""
        found, todo = set(), [name]
        reads = {statement.target: statement.reads for statement in self.statements}
        while todo:
            new = set(reads.get(todo.pop(), ())) - found
            found |= new
            todo += new
        return found

    def run(self, env: Mapping[str, object]) -> "Pass":
        """Run the cell on the values in `env`. Raises ForwardCellError for a missing input or a failing statement."""
        missing = [name for name in self.inputs if name not in env]
        if missing:
            raise ForwardCellError(f"The forward pass needs {', '.join(missing)}; run the cells above it first.")
        values = dict(env)
        nodes = {}
        for statement in self.statements:
            leaves = {
                name: values[name].detach().requires_grad_()
                for name in statement.reads
                if isinstance(values.get(name), torch.Tensor) and values[name].is_floating_point()
            }
            try:
                with torch.enable_grad():
                    result = eval(statement.code, {**values, **LIBRARIES, **leaves})
            except Exception as error:
                raise ForwardCellError(f"{statement.target} = {statement.source} failed: {error}") from error
            if not isinstance(result, torch.Tensor):
                raise ForwardCellError(f"{statement.target} = {statement.source} is no tensor.")
            values[statement.target] = result.detach()
            nodes[statement.target] = Node(statement, leaves, result)
        return Pass(self, values, nodes)


@dataclass(frozen=True)
class Node:
    """One statement as it ran: the leaves that it read and the tensor that it gave, with their local graph."""

    statement: Statement
    leaves: dict[str, torch.Tensor]
    result: torch.Tensor

    def vjp(self, cotangent: torch.Tensor, only: str | None = None) -> dict[str, torch.Tensor]:
        """The vector-Jacobian product of this statement with `cotangent` (shape of the result), for each leaf.

        only: the one leaf that is wanted.
        """
        leaves = self.leaves if only is None else {only: self.leaves[only]} if only in self.leaves else {}
        if not leaves or not self.result.requires_grad:
            return {}
        # The gradient of ⟨result, cotangent⟩: to hand grad the cotangent costs seconds of imports the first time.
        with torch.enable_grad():
            product = (self.result * cotangent.to(self.result)).sum()
        gradients = torch.autograd.grad(product, list(leaves.values()), retain_graph=True, allow_unused=True)
        return {name: g for name, g in zip(leaves, gradients, strict=True) if g is not None}


@dataclass(frozen=True, eq=False)
class Pass:
    """A forward graph with the values of one run."""

    graph: ForwardGraph
    values: dict[str, object]
    nodes: dict[str, Node]

    def backward(self, upstream: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        """The gradient of every tensor that the output depends on, by name, outputs first.

        upstream: the cotangent of the output, of its shape; 1 where the output is a scalar loss.
        """
        output = self.values[self.graph.output]
        if upstream is None:
            upstream = torch.ones_like(output)
        gradients = {self.graph.output: upstream.to(output)}
        for statement in reversed(self.graph.statements):
            if statement.target not in gradients:
                continue
            for name, branch in self.nodes[statement.target].vjp(gradients[statement.target]).items():
                gradients[name] = gradients[name] + branch if name in gradients else branch
        return {name: gradients[name] for name in self._backward_order() if name in gradients}

    def branches(self, name: str, cotangents: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """What each statement that reads `name` adds to its gradient, by target, given the targets' `cotangents`.

        Statements whose cotangent is absent, or that pass nothing on to `name`, are left out.
        """
        return {
            consumer.target: branch
            for consumer in self.graph.consumers(name)
            if consumer.target in cotangents
            and (branch := self.nodes[consumer.target].vjp(cotangents[consumer.target], name).get(name)) is not None
        }

    def _backward_order(self) -> list[str]:
        """Names in the order in which a backward pass completes them: each after all statements that read it."""
        order = []
        for statement in reversed(self.graph.statements):
            order.append(statement.target)
            for name in self.nodes[statement.target].leaves:
                readers = self.graph.consumers(name)
                if name in self.graph.inputs and readers[0] is statement:
                    order.append(name)
        return order


def find_header(source: str) -> dict[str, str | None] | None:
    """The header of a forward-pass cell (exercise, given, find), or None where the cell is none."""
    match = HEADER.match(source.lstrip().split("\n", 1)[0])
    return match.groupdict() if match else None


def tensor_of(gradient: str) -> str:
    """The tensor whose gradient bears this name: "dlogits" is that of "logits"."""
    return gradient.removeprefix("d")


def read_statement(node: ast.stmt) -> Statement:
    """One line of a forward pass. Raises ForwardCellError where it is not `name = expression`."""
    if not (isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)):
        raise ForwardCellError(
            f"Line {node.lineno} of the forward-pass cell is not 'name = expression'; "
            "each statement there defines one named tensor."
        )
    names = [part for part in ast.walk(node.value) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)]
    reads = dict.fromkeys(name.id for name in sorted(names, key=lambda name: (name.lineno, name.col_offset)))
    code = compile(ast.Expression(node.value), f"<forward pass: {node.targets[0].id}>", "eval")
    return Statement(node.targets[0].id, ast.unparse(node.value), tuple(reads), code)
