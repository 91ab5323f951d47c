"""Mutation operators: each makes one slip at one site, and says which diagnoses it deserves, from how it is made."""

import ast
from collections.abc import Callable, Iterable, Iterator

from tests.corpus.bases import Answer
from tests.corpus.labels import factor
from tests.corpus.program import GRADIENTS, INTERMEDIATE, PARAMETERS, names_in, written
from tests.corpus.sites import Site, expression, number, shape_only

Change = tuple[str, Iterable[str], Answer]
Operator = Callable[[Site], Iterator[Change]]

TENSORS = frozenset(INTERMEDIATE) | frozenset(PARAMETERS)
# Tensors of one shape, or that broadcast to it: whom a slip of the pen may put in another's place.
ALIKE = (
    ["logits", "norm_logits", "counts", "probs", "logprobs"],
    ["hprebn", "bndiff", "bndiff2", "bnraw", "hpreact", "h"],
    ["logit_maxes", "counts_sum", "counts_sum_inv"],
    ["bnmeani", "bnvar", "bnvar_inv", "bngain", "bnbias"],
)
ALIKE_GRADIENTS = (
    ["dlogprobs", "dprobs", "dcounts", "dnorm_logits", "dlogits"],
    ["dh", "dhpreact", "dbnraw", "dbndiff2", "dbndiff", "dhprebn"],
    ["dcounts_sum_inv", "dcounts_sum", "dlogit_maxes"],
    ["dbngain", "dbnbias", "dbnvar_inv", "dbnvar", "dbnmeani"],
)
# A function's input or output, for the tensor at which its derivative is to be taken.
OTHER_END = {
    ("dhpreact", "h"): "hpreact",
    ("dhpreact", "hpreact"): "h",
    ("dnorm_logits", "counts"): "norm_logits",
    ("dnorm_logits", "norm_logits"): "counts",
    ("dprobs", "probs"): "logprobs",
    ("dprobs", "logprobs"): "probs",
    ("dcounts_sum", "counts_sum"): "counts_sum_inv",
    ("dcounts_sum", "counts_sum_inv"): "counts_sum",
    ("dbnvar", "bnvar"): "bnvar_inv",
    ("dbnvar", "bnvar_inv"): "bnvar",
    ("dbndiff", "bndiff"): "bndiff2",
}


def factors(site: Site) -> Iterator[Change]:
    """A factor of a product is left out, or a number in it is another."""
    value = number(site.node)
    rest, inverted = _rest(site)
    if not site.clean or rest is None or _is_number(site.parent):
        return
    dropped = site_replace_parent(site, rest)
    names = set(names_in(site.node))
    if value is not None:
        keys = factor(value if inverted else 1 / value)
        if site.gradient == "dbndiff2":
            keys = keys | {"derivative-forgotten"}
        yield "drop-number", keys, dropped
    elif names & GRADIENTS and not isinstance(site.node, ast.UnaryOp):
        keys = {"upstream-forgotten"}
        if len(site.readers) == 1 and isinstance(rest, ast.Name) and site.parent is site.root:
            keys.add(f"equals:{rest.id}")
        yield "forget-upstream", keys, dropped
    elif isinstance(site.node, ast.Call) and "ones" in ast.unparse(site.node.func):
        yield "not-expanded", {"not-expanded"}, dropped
    elif names & TENSORS and not names & GRADIENTS:
        keys = {"derivative-forgotten"}
        power = site.node.operand if isinstance(site.node, ast.UnaryOp) else site.node
        square = (site.gradient, ast.unparse(site.node)) == ("dbndiff", "bndiff")
        if square or (isinstance(power, ast.BinOp) and isinstance(power.op, ast.Pow)):
            keys.add("exponent")  # the exponent 0
        if len(site.readers) == 1 and isinstance(rest, ast.Name) and site.parent is site.root:
            keys.add(f"equals:{rest.id}")
        yield "drop-local", keys, dropped


def numbers(site: Site) -> Iterator[Change]:
    """A number of the problem in the place of another."""
    if not site.clean or _is_number(site.parent):
        return
    value = number(site.node)
    if value is None or abs(value) == 1 or _rest(site)[0] is None:
        return
    inverted = _rest(site)[1]
    text = ast.unparse(site.node).replace(".0", "")
    swaps = [("n - 1", "n"), ("n - 1", "n + 1")] if "n - 1" in text else [("n", "(n - 1)"), ("n", "vocab_size")]
    swaps += [("-0.5", "-1.5"), ("-0.5", "-0.25"), ("2", "3"), ("inv_n", "(1 / (n - 1))")]
    for old, new in swaps:
        if (old == "n" and not _word(text, "n")) or old not in text or (old == "2" and text != "2"):
            continue
        changed = expression(text.replace(old, new, 1) if old != "n" else _swap_word(text, "n", new))
        ratio = number(changed) / value
        if abs(ratio - 1) > 1e-9:
            yield "wrong-number", factor(1 / ratio if inverted else ratio), site.replace(changed)


def sums(site: Site) -> Iterator[Change]:
    """A sum over a broadcast axis: the wrong axis, none, a mean, or without keepdim."""
    call = site.node
    if not (site.clean and isinstance(call, ast.Call)) or site.gradient == "dC":
        return
    text = ast.unparse(call)
    if isinstance(call.func, ast.Name) and call.func.id == "fold":
        inner, axis = call.args[0], call.args[1].value
        yield "missing-sum", {"not-summed"}, site.replace(inner)
        yield "wrong-axis", {"wrong-axis"}, site.replace(expression(text[:-2] + f"{1 - axis})"))
        mean = expression(f"({ast.unparse(inner)}).mean({axis}, keepdim=True)")
        yield "mean-for-sum", _mean_keys(axis), site.replace(mean)
        return
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "sum"):
        return
    torch_sum = ast.unparse(call.func.value) == "torch"
    inner = call.args[0] if torch_sum else call.func.value
    axes = [*call.args[torch_sum:], *(keyword.value for keyword in call.keywords if keyword.arg == "dim")]
    if not axes or not isinstance(axes[0], ast.Constant):
        return
    axis = axes[0].value
    for old, new in (
        (f"dim={axis}", f"dim={1 - axis}"),
        (f"({axis}", f"({1 - axis}"),
        (f", {axis})", f", {1 - axis})"),
    ):
        if old in text:
            yield "wrong-axis", {"wrong-axis"}, site.replace(expression(text.replace(old, new)))
            break
    yield "missing-sum", {"not-summed"}, site.replace(inner)
    yield "mean-for-sum", _mean_keys(axis), site.replace(expression(text.replace(".sum(", ".mean(", 1)))
    if call.keywords and "keepdim" in text:
        short = ast.Call(call.func, call.args, [k for k in call.keywords if "keepdim" not in k.arg])
        yield "drop-keepdim", {"shape", "not-expanded"}, site.replace(short)


def signs(site: Site) -> Iterator[Change]:
    """A minus forgotten, or turned round inside a derivative."""
    node = site.node
    if site.answer.exercise != "5.1":
        return
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and site.clean and not _is_number(node.operand):
        yield "sign", {"sign"}, site.replace(node.operand)
    minus = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
    if minus and _is_number(node.left) and not _is_number(node.right):
        yield "inner-sign", {"inner-sign"}, site.replace(ast.BinOp(node.left, ast.Add(), node.right))
        yield "swap-operands", {"sign"}, site.replace(ast.BinOp(node.right, ast.Sub(), node.left))
    if site.clean and node is site.term and node is not site.root and len(site.readers) == 2 and site.branch:
        yield "sign-branch", {"sign"}, site.replace(expression(f"-({ast.unparse(node)})"))


def branches(site: Site) -> Iterator[Change]:
    """One of two terms is left out, counted twice, or multiplied instead of added."""
    node = site.node
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and node is site.root):
        return
    if len(site.readers) != 2 or not site.clean:
        return
    for this, other in ((node.left, node.right), (node.right, node.left)):
        gone = next((c for c in site.readers if f"d{c}" in names_in(this)), None)
        if gone is None:
            continue
        yield "drop-branch", {f"branch-missing:{gone}"}, site.replace(other)
        twice = ast.BinOp(node, ast.Add(), this)
        yield "double-branch", {f"branch-doubled:{gone}", f"factor:2:{gone}"}, site.replace(twice)
    yield "wrong-term", set(), site.replace(ast.BinOp(node.left, ast.Mult(), node.right))


def tensors(site: Site) -> Iterator[Change]:
    """A tensor of the forward pass in the place of another; a gradient or an older value in its place."""
    node = site.node
    if not (isinstance(node, ast.Name) and node.id in TENSORS and site.named) or shape_only(site.parent):
        return
    end = OTHER_END.get((site.gradient, node.id))
    for row in ALIKE:
        for other in row if node.id in row else ():
            if other != node.id:
                operator = "evaluated-at" if other == end else "neighbour-tensor"
                keys = {f"evaluated-at:{other}", f"swapped:{other}"}
                keys |= {f"evaluated-at:{end}" for end in _ends(site, other)}
                yield operator, keys, site.rename(ast.Name(other))
    if f"d{node.id}" in site.known - {site.gradient}:
        keys = {f"swapped:d{node.id}", f"evaluated-at:d{node.id}"}
        yield "gradient-for-value", keys, site.rename(ast.Name(f"d{node.id}"))
    if site.answer.style == "textbook":
        yield "stale-input", {"stale", f"stale:{node.id}"}, site.rename(ast.Name(f"earlier_{node.id}"))
    if isinstance(site.parent, ast.Attribute | ast.Call | ast.BinOp) and node.id in {"h", "bnraw", "counts"}:
        nested = {"h": "torch.tanh(h)", "bnraw": "bnraw**2", "counts": "torch.exp(counts)"}[node.id]
        if site.gradient in {"dhpreact", "dnorm_logits"}:
            keys = {f"evaluated-at:{end}" for end in (node.id, *_ends(site, node.id))}
            yield "evaluated-at", keys, site.rename(expression(nested))


def upstreams(site: Site) -> Iterator[Change]:
    """An upstream gradient forgotten, or another in its place, or the value that it belongs to."""
    node = site.node
    if not (isinstance(node, ast.Name) and node.id in GRADIENTS and node.id != site.gradient and site.named):
        return
    if shape_only(site.parent) or node.id[1:] not in site.readers:
        return
    yield "forget-upstream", {"upstream-forgotten"}, site.rename(expression(f"torch.ones_like({node.id})"))
    keys = {"value-for-gradient", f"value-for-gradient:{node.id}"}
    yield "value-for-gradient", keys, site.rename(ast.Name(node.id[1:]))
    for row in ALIKE_GRADIENTS:
        for other in row if node.id in row else ():
            if other in site.known - {node.id, site.gradient}:
                keys = {f"wrong-upstream:{other}"}
                if (node.id, other) == ("dhprebn", "dbndiff"):
                    keys.add("too-early:dhprebn")
                yield "neighbour-upstream", keys, site.rename(ast.Name(other))


def powers(site: Site) -> Iterator[Change]:
    """The power rule: exponent and epsilon."""
    node = site.node
    if site.answer.exercise != "5.1" or not isinstance(node, ast.BinOp):
        return
    if isinstance(node.op, ast.Pow) and (e := number(node.right)) is not None and set(names_in(node.left)) & TENSORS:
        for other in (e + 1, e - 1, -e, e / 2):
            if other not in (e, 0):
                yield "exponent", {"exponent"}, site.replace(ast.BinOp(node.left, ast.Pow(), ast.Constant(other)))
        if e + 1 == 0:
            return
    if isinstance(node.op, ast.Mult) and ast.unparse(node.left) == ast.unparse(node.right):
        yield "exponent", {"exponent"}, site.replace(node.left)
    if isinstance(node.op, ast.Add) and (number(node.right) or 1) < 1e-3:
        yield "epsilon", {"epsilon"}, site.replace(node.left)
        yield "epsilon", {"epsilon"}, site.replace(ast.BinOp(node.left, ast.Add(), ast.Constant(1e-4)))


def products(site: Site) -> Iterator[Change]:
    """Matrix products: operands and transposes."""
    node = site.node
    if site.answer.exercise != "5.1":
        return
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield "elementwise", {"elementwise-for-matmul"}, site.replace(ast.BinOp(node.left, ast.Mult(), node.right))
        yield "swap-operands", set(), site.replace(ast.BinOp(node.right, ast.MatMult(), node.left))
        yield "transpose", {"transposed"}, site.replace(expression(f"({ast.unparse(node)}).T"))
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose", {"transposed"}, site.replace(node.value)


def inside(site: Site) -> Iterator[Change]:
    """Slips inside the one expression of 5.2 or 5.3. A factor of the whole has a name, a part of a term has none."""
    node = site.node
    if site.answer.exercise == "5.1":
        return
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub) and not _is_number(node):
        other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield "sign-branch", set(), site.replace(ast.BinOp(node.left, other, node.right))
        yield "drop-branch", set(), site.replace(node.left)
    outer = site.path[-2:0:-1]
    whole = site.gradient in written(site.path[0]) and all(_scales(x, site.path[0]) for x in outer)
    rest, inverted = _rest(site)
    if rest is not None and not _is_number(site.parent):
        value = number(site.node)
        if value is not None and whole:
            yield "drop-number", factor(value if inverted else 1 / value), site_replace_parent(site, rest)
        else:
            yield "drop-local", set(), site_replace_parent(site, rest)
    if ast.unparse(node) == "n - 1":
        yield "wrong-number", set(), site.replace(ast.Name("n"))
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"sum", "mean", "softmax"}
    ):
        text = ast.unparse(node)
        for old, new in (("(0", "(1"), ("(1", "(0"), (", 1)", ", 0)"), ("dim=1", "dim=0")):
            if old in text:
                yield "wrong-axis", set(), site.replace(expression(text.replace(old, new)))
                break
    if isinstance(node, ast.Name) and not shape_only(site.parent):
        for row in ALIKE:
            for other in row if node.id in row else ():
                if other != node.id:
                    yield "neighbour-tensor", set(), site.replace(ast.Name(other))


OPERATORS: tuple[Operator, ...] = (
    factors, numbers, sums, signs, branches, tensors, upstreams, powers, products, inside,
)  # fmt: skip


def _ends(site: Site, name: str) -> list[str]:
    """Whether a tensor is the input or the output of the statement that the gradient goes back through."""
    return ["input"] * (name == site.tensor) + ["output"] * (name == site.branch)


def site_replace_parent(site: Site, new: ast.expr) -> Answer:
    """The answer with the site's parent replaced by `new`; a statement's value (`x *= value`) by 1."""
    if isinstance(site.parent, ast.stmt):
        return site.replace(ast.Constant(1.0))
    return Site(site.answer, site.cell, site.statement, site.path[:-1], site.gradient).replace(new)


def _rest(site: Site) -> tuple[ast.expr | None, bool]:
    """What is left of the parent's product without this factor, and whether the factor divides."""
    parent, node = site.parent, site.node
    if isinstance(parent, ast.AugAssign) and isinstance(parent.op, ast.Mult | ast.Div):
        return node, isinstance(parent.op, ast.Div)
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mult | ast.Div):
        if parent.right is node:
            return parent.left, isinstance(parent.op, ast.Div)
        if isinstance(parent.op, ast.Mult):
            return parent.right, False
        return ast.BinOp(ast.Constant(1.0), ast.Div(), parent.right), False
    if isinstance(parent, ast.Call) and ast.unparse(parent.func) in {"torch.mul", "torch.div"} and node in parent.args:
        first, second = parent.args
        if node is second:
            return first, ast.unparse(parent.func) == "torch.div"
        if ast.unparse(parent.func) == "torch.mul":
            return second, False
    return None, False


def _mean_keys(axis: int) -> set[str]:
    return {"mean-for-sum", f"factor:{1 / (32 if axis == 0 else 27):.6g}"}


def _scales(node: ast.AST, statement: ast.AST) -> bool:
    return node is statement or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div))


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.expr) and number(node) is not None


def _word(text: str, word: str) -> bool:
    return any(isinstance(x, ast.Name) and x.id == word for x in ast.walk(expression(text)))


def _swap_word(text: str, word: str, new: str) -> str:
    tree = expression(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == word:
            node.id = new
    return ast.unparse(tree)
