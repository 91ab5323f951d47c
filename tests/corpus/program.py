"""A program read as statements that belong to gradients: for which gradient each statement is written."""

import ast
from collections.abc import Iterator

# What the forward passes of exercises 5.1 to 5.3 define, in their order, and what they start from.
INTERMEDIATE = [
    "emb",
    "embcat",
    "hprebn",
    "bnmeani",
    "bndiff",
    "bndiff2",
    "bnvar",
    "bnvar_inv",
    "bnraw",
    "hpreact",
    "h",
    "logits",
    "logit_maxes",
    "norm_logits",
    "counts",
    "counts_sum",
    "counts_sum_inv",
    "probs",
    "logprobs",
]
PARAMETERS = ["C", "W1", "b1", "W2", "b2", "bngain", "bnbias"]
GRADIENTS = frozenset(f"d{name}" for name in (*INTERMEDIATE, *PARAMETERS))

# Which statements read a tensor, written down by hand from the notebook's formulas.
CONSUMERS: dict[str, tuple[str, ...]] = {
    "logprobs": ("loss",),
    "probs": ("logprobs",),
    "counts_sum_inv": ("probs",),
    "counts_sum": ("counts_sum_inv",),
    "counts": ("counts_sum", "probs"),
    "norm_logits": ("counts",),
    "logit_maxes": ("norm_logits",),
    "logits": ("logit_maxes", "norm_logits"),
    "h": ("logits",),
    "W2": ("logits",),
    "b2": ("logits",),
    "hpreact": ("h",),
    "bngain": ("hpreact",),
    "bnbias": ("hpreact",),
    "bnraw": ("hpreact",),
    "bnvar_inv": ("bnraw",),
    "bnvar": ("bnvar_inv",),
    "bndiff2": ("bnvar",),
    "bndiff": ("bndiff2", "bnraw"),
    "bnmeani": ("bndiff",),
    "hprebn": ("bnmeani", "bndiff"),
    "embcat": ("hprebn",),
    "W1": ("hprebn",),
    "b1": ("hprebn",),
    "emb": ("embcat",),
    "C": ("emb",),
}


def written(statement: ast.stmt) -> list[str]:
    """The names that a statement assigns to or edits in place, at any depth, in order; not loops' counters."""
    names: dict[str, None] = {}
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef):
            return [node.name]
        if isinstance(node, ast.Name | ast.Subscript) and isinstance(node.ctx, ast.Store):
            names[root(node)] = None
        elif (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
            and node.value.func.attr.endswith("_")
        ):
            names[root(node.value.func)] = None
    counters = {
        n.id
        for loop in ast.walk(statement)
        if isinstance(loop, ast.For)
        for n in ast.walk(loop.target)
        if isinstance(n, ast.Name)
    }
    return [name for name in names if name and name not in counters]


def root(node: ast.expr) -> str:
    """The name at the bottom of `name.attribute[i](…)`, or ""."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def flat(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a body; those in a `with` stand for themselves."""
    return [inner for s in body for inner in (flat(s.body) if isinstance(s, ast.With) else [s])]


def owners(body: list[ast.stmt], position: int) -> tuple[str, ...]:
    """The gradients that a statement of a body is written for.

    One that defines a temporary belongs to the next gradient; prints, checks and functions to none.
    """
    for statement in body[position:]:
        names = written(statement)
        if isinstance(statement, ast.FunctionDef) or not names:
            return ()
        if gradients := tuple(name for name in names if name in GRADIENTS):
            return gradients
    return ()


def names_in(node: ast.AST) -> Iterator[str]:
    """Every name that is read in a node."""
    return (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
