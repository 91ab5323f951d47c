"""Chapter 05, manual backpropagation."""

from collections.abc import Mapping

import torch

from grader.check import charmlp
from grader.check.errors import SubmissionError
from grader.check.manual import look
from grader.check.submission import Submission
from grader.check.verdict import Verdict, compare

GRADIENTS = ("dC", "dW1", "db1", "dW2", "db2", "dbngain", "dbnbias")

STEP = """
sgd_step(parameters, gradients, lr)
outputs["parameters"] = parameters
"""


def judge_training(submission: Submission, case: Mapping[str, object]) -> list[Verdict]:
    """Verdicts on `loss_and_gradients` (the loss, seven gradients) and `sgd_step` for one case of `charmlp.draw`."""
    parameters = charmlp.parameters(case)
    loss, gradients, terms = _oracle(case)
    names = ("loss", *GRADIENTS)
    try:
        answer = submission.call("loss_and_gradients", parameters, case["Xb"], case["Yb"])
    except SubmissionError as error:
        verdicts = [Verdict(name, _status(error), str(error)) for name in names]
    else:
        verdicts = _judge_answer(answer, loss, gradients, terms, names)
    return [*verdicts, _judge_step(submission, parameters, gradients)]


def _look_at_training(submission: Submission, exercise: str) -> list[Verdict]:
    return judge_training(submission, charmlp.draw(seed=54, n=16))


EXERCISES = {"5.1": look, "5.2": look, "5.3": look, "5.4": _look_at_training}


def _judge_answer(answer, loss, gradients, terms, names) -> list[Verdict]:
    if answer is None:
        return [Verdict(name, "missing", "Not done yet.") for name in names]
    if not (isinstance(answer, list) and len(answer) == 2 and isinstance(answer[1], list) and len(answer[1]) == 7):
        message = "loss_and_gradients returns two things: the loss, and a list of seven gradients, one a parameter."
        return [Verdict(name, "wrong", message) for name in names]
    first = compare("loss", answer[0], loss)
    return [first] + [
        compare(name, got, want, term)
        for name, got, want, term in zip(GRADIENTS, answer[1], gradients, terms, strict=True)
    ]


def _judge_step(submission: Submission, parameters: list[torch.Tensor], gradients: list[torch.Tensor]) -> Verdict:
    """One step from `parameters` along gradients of our own, so that a wrong backward pass costs nothing here."""
    lr = 0.37
    g = torch.Generator().manual_seed(7)
    gradients = [torch.randn(gradient.shape, generator=g) for gradient in gradients]
    try:
        answer = submission.run(STEP, {"parameters": parameters, "gradients": gradients, "lr": lr})
    except SubmissionError as error:
        return Verdict("sgd_step", _status(error), str(error))
    moved = answer.get("parameters")
    if all(torch.equal(new, old) for new, old in zip(moved, parameters, strict=True)):
        return Verdict("sgd_step", "missing", "The parameters have not moved; change them in place.")
    verdicts = [
        compare("sgd_step", new, old - lr * gradient)
        for new, old, gradient in zip(moved, parameters, gradients, strict=True)
    ]
    return next((verdict for verdict in verdicts if not verdict.passed), verdicts[0])


def _oracle(case: Mapping[str, object]) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
    """The loss, the gradients by torch's autograd, and sums of absolute terms for their rounding.

    The bias b1 stands before batch norm, so its gradient is the rounding of a sum of terms as large as dhprebn's; the
    largest entry of dW1 has their size.
    """
    leaves = {
        name: value.clone().requires_grad_()
        for name, value in case.items()
        if isinstance(value, torch.Tensor) and value.is_floating_point()
    }
    with torch.enable_grad():
        loss = torch.nn.functional.cross_entropy(charmlp.logits({**case, **leaves}), case["Yb"])
        gradients = torch.autograd.grad(loss, charmlp.parameters(leaves))
    terms = list(gradients)
    terms[2] = torch.full_like(gradients[2], gradients[1].abs().max().item())
    return loss.detach(), list(gradients), terms


def _status(error: SubmissionError) -> str:
    return "missing" if error.kind == "missing" else "failed"
