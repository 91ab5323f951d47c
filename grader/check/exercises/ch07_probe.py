"""Ask a differentiable function of a student for what it computes, and compare it with a reference of our own.

One text, PROBE, runs in the student's namespace on the student's function and here on the reference, which is written
in torch's own operations. What comes back is data; every verdict is reached here. All first and second derivatives
are contracted with random cotangents in float64, so that agreement to 1e-9 is a stronger statement than gradcheck's.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace

import torch

from grader.check.data import as_data
from grader.check.devices import accelerators, widest
from grader.check.functions import ask, matches
from grader.check.submission import Submission, compiled
from grader.check.verdict import Verdict

PROBE = """
def _probe(case):
    import torch

    def handed(x):
        x = x.clone() if isinstance(x, torch.Tensor) else x
        if not isinstance(x, torch.Tensor):
            return x
        return (x.mT.contiguous().mT if case["strided"] and x.dim() == 2 else x).to(case["device"])

    def apply(*a):
        return eval(case["expression"], globals(), {"a": a})

    def gradients(total, of, create_graph=False):
        if not isinstance(total, torch.Tensor) or not total.requires_grad:
            return [None] * len(of)
        return list(torch.autograd.grad(total, of, create_graph=create_graph, allow_unused=True))

    def first_and_second(order):
        leaves = [x.requires_grad_() if need else x for x, need in zip(a, case["needs"])]
        wanted = [x for x, need in zip(leaves, case["needs"]) if need]
        y, u = apply(*leaves), handed(case["u"]).requires_grad_()
        if y is None:
            return None
        first = gradients((y * u).sum(), wanted, create_graph=order == "second")
        if order == "first":
            return [y, *first]
        if any(d is None for d in first):
            return None
        along = [(d * handed(v)).sum() for d, v in zip(first, case["along"])]
        second = gradients(sum(along), [*wanted, u])
        return [torch.zeros_like(x) if d is None else d for x, d in zip([*wanted, u], second)]

    def kept():
        found = {}

        def pack(x):
            found[x.data_ptr()] = x.detach().clone()
            return x

        leaves = [x.requires_grad_() if need else x for x, need in zip(a, case["needs"])]
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
            y = apply(*leaves)
        wanted = [x for x in leaves if isinstance(x, torch.Tensor) and x.requires_grad]
        if y is None or None in gradients((y * handed(case["u"])).sum(), wanted):
            return None
        return [*found.values()]

    def tangent():
        from torch.autograd import forward_ad

        with forward_ad.dual_level():
            along = iter(case["along"])
            duals = [
                forward_ad.make_dual(x, handed(next(along))) if need else x for x, need in zip(a, case["needs"])
            ]
            y = apply(*duals)
            return None if y is None else forward_ad.unpack_dual(y).tangent

    def mapped():
        if apply(*[x[0] for x in a]) is None:
            return None
        return torch.func.vmap(torch.func.grad(lambda x: apply(x).sum()))(*a)

    def agrees():
        leaves = tuple(x.requires_grad_() if need else x for x, need in zip(a, case["needs"]))
        tight = {"atol": 1e-8, "rtol": 1e-6, "raise_exception": False}
        if not torch.autograd.gradcheck(apply, leaves, **tight):
            return "gradcheck"
        return "both" if torch.autograd.gradgradcheck(apply, leaves, **tight) else "gradgradcheck"

    a = [handed(x) for x in case["inputs"]]
    stages = {"kept": kept, "tangent": tangent, "mapped": mapped, "agrees": agrees}
    order = case["stage"]
    return first_and_second(order) if order in ("first", "second") else stages[order]()


outputs["answer"] = _probe(probe_case)
"""


class Probe:
    """One function of the student beside a reference, on one set of inputs.

    expression: what to evaluate, with the inputs as the list `a`: "Exp.apply(*a)". reference: the same function in
    torch's operations. inputs: tensors (float64) and plain numbers. needs: for each input, whether a gradient is asked
    for; by default for every tensor. strided: matrices come non-contiguous. device: where the student's side computes.
    """

    def __init__(
        self,
        submission: Submission,
        expression: str,
        reference: Callable[..., torch.Tensor],
        inputs: Sequence[object],
        *,
        seed: int,
        needs: Sequence[bool] | None = None,
        strided: bool = False,
        device: str = "cpu",
    ):
        self.submission, self.reference = submission, reference
        needs = [isinstance(x, torch.Tensor) for x in inputs] if needs is None else list(needs)
        g = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            u = random_like(reference(*inputs), g)
        self.case = {
            "inputs": list(inputs),
            "needs": needs,
            "u": u,
            "along": [random_like(x, g) for x, need in zip(inputs, needs, strict=True) if need],
            "strided": strided,
            "device": device,
            "expression": expression,
        }

    def ask(self, stage: str) -> object:
        """The student's answer at one stage: "first", "second", "kept", "tangent", "mapped" or "agrees"."""
        return self.submission.run(PROBE, {"probe_case": {**self.case, "stage": stage}})["answer"]

    def truth(self, stage: str) -> object:
        """The reference's answer at the same stage."""
        case = {**self.case, "stage": stage, "expression": "reference(*a)", "strided": False, "device": "cpu"}
        scope = {"reference": self.reference, "probe_case": case, "outputs": {}}
        exec(compiled(PROBE, "<driver>"), scope)
        return as_data(scope["outputs"]["answer"])

    def first(
        self,
        line: str,
        slips: Mapping[str, object] | None = None,
        because: str = "",
        tol: float | None = None,
        value: str = "",
    ) -> Verdict:
        """The value and the gradient of every input that asks for one. value: what to say of a wrong value.

        slips: the first gradient, or the list of all, that a usual mistake gives, by the sentence that names it.
        """
        want = self.truth("first")

        def judge(got: list) -> Verdict:
            if all(d is None for d in got[1:]):
                return Verdict(line, "missing", "backward gives no gradient yet.")
            verdict = matches(
                line, got[0], want[0], because=f"This is forward's value, not the gradient. {value}".rstrip()
            )
            if not verdict.passed:
                return verdict
            if any(d is None for d in got[1:]):
                return Verdict(line, "wrong", "backward gives None for an input whose gradient is asked for.")
            return named(line, got[1:], want[1:], slips or {}, because, tol)

        return ask(self.submission, line, lambda: self.ask("first"), judge)

    def on_devices(self, line: str) -> list[Verdict]:
        """`first` on each accelerator that is looked at, where no points depend on it."""
        found = []
        for device in accelerators():
            there = copy(self)
            there.case = {name: _narrowed(value, device) for name, value in self.case.items()} | {"device": device}
            verdict = there.first(f"{line}, on {device}", because="Make new tensors on the device of the inputs.")
            found.append(replace(verdict, on=device))
        return found

    def second(self, line: str, because: str, tol: float | None = None) -> Verdict:
        """Derivatives of the gradient by the inputs and by the cotangent."""
        want = self.truth("second")
        return ask(
            self.submission,
            line,
            lambda: self.ask("second"),
            lambda got: named(line, got, want, {"": [torch.zeros_like(d) for d in want]}, because, tol),
        )

    def tangent(self, line: str, slips: Mapping[str, object] | None = None, because: str = "") -> Verdict:
        """The directional derivative by forward mode."""
        want = self.truth("tangent")
        found = ask(
            self.submission,
            line,
            lambda: self.ask("tangent"),
            lambda got: named(line, got, want, slips or {}, because),
        )
        where = " In jvp, ctx.saved_tensors holds what setup_context gave to ctx.save_for_forward."
        return replace(found, message=found.message + where) if "unpack" in found.message else found

    def mapped(self, line: str, because: str) -> Verdict:
        """vmap of grad over the first axis of the only input."""
        want = self.truth("mapped")
        return ask(
            self.submission, line, lambda: self.ask("mapped"), lambda got: matches(line, got, want, because=because)
        )

    def kept(self, line: str, judge: Callable[[list[torch.Tensor]], str]) -> Verdict:
        """What went through save_for_backward. judge: a sentence of complaint about the tensors kept, or ""."""

        def verdict(got: list[torch.Tensor]) -> Verdict:
            complaint = judge(got)
            return Verdict(line, "wrong", complaint) if complaint else Verdict(line, "right")

        return ask(self.submission, line, lambda: self.ask("kept"), verdict)

    def agrees(self, line: str, wanted: str = "both") -> Verdict:
        """torch's gradcheck and gradgradcheck at atol 1e-8 and rtol 1e-6, beside our own comparison of both orders.

        wanted: "both", or the check that fails first: "gradcheck" for a derivative that is another one on purpose.
        """
        orders = [self.first(line), self.second(line, "A term is missing in the second derivative.")]
        worst = next((verdict for verdict in orders if not verdict.passed), None)
        if worst:
            return worst
        said = {"gradcheck": "gradcheck fails", "gradgradcheck": "gradgradcheck fails", "both": "both checks pass"}
        return ask(
            self.submission,
            line,
            lambda: self.ask("agrees"),
            lambda got: Verdict(line, *(("right",) if got == wanted else ("wrong", f"Here {said[str(got)]}."))),
        )


def named(
    line: str, got: object, want: object, slips: Mapping[str, object], because: str, tol: float | None = None
) -> Verdict:
    """The verdict on `got` beside `want`; where it is wrong, the sentence of the slip whose value it is.

    slips: by sentence, what the slip gives, in the form of `want` or, for a list, of its first entries.
    """
    verdict = matches(line, got, want, tol=tol)
    if verdict.passed or verdict.status == "missing":
        return verdict
    for sentence, value in slips.items():
        values = value if isinstance(value, list) else [value]
        have = got[: len(values)] if isinstance(got, list) else [got]
        if sentence and matches(line, have, values, tol=tol).passed:
            return matches(line, got, want, because=sentence, tol=tol)
    return matches(line, got, want, because=because, tol=tol)


def _narrowed(value: object, device: str) -> object:
    """The tensors of a case in the widest dtype that the device has."""
    if isinstance(value, list):
        return [_narrowed(item, device) for item in value]
    return value.to(widest(value.dtype, device)) if isinstance(value, torch.Tensor) else value


def random_like(x: torch.Tensor, g: torch.Generator) -> torch.Tensor:
    """Standard normal numbers in the shape and dtype of `x`."""
    return torch.randn(x.shape, generator=g, dtype=x.dtype)


def bytes_of(tensors: Sequence[torch.Tensor]) -> int:
    """The bytes of all entries."""
    return sum(x.numel() * x.element_size() for x in tensors)


def normal(seed: int, *shapes: tuple[int, ...], dtype: torch.dtype = torch.float64) -> list[torch.Tensor]:
    """Standard normal tensors, one a shape."""
    g = torch.Generator().manual_seed(seed)
    return [torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype) for shape in shapes]
