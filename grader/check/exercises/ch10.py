"""Chapter 10, traces.

Each judge takes a seed and sizes, so that a hidden test asks the same questions about other inputs. Here: the counter,
convergence. The others: `ch10_probes` (10.1 to 10.3), `ch10_estimators` (10.5, 10.10), `ch10_hessian` (10.7, 10.8),
`ch10_functions` (10.9), `ch10_flow` (10.11).
"""

import itertools
import math
import statistics

import torch

from grader.check.exercises.ch10_estimators import judge_hutchpp, judge_xtrace
from grader.check.exercises.ch10_flow import judge_flow
from grader.check.exercises.ch10_functions import judge_functions
from grader.check.exercises.ch10_hessian import judge_hessian_samples, judge_orders
from grader.check.exercises.ch10_probes import judge_divergence, judge_samples, judge_variances
from grader.check.functions import ask, expect_that
from grader.check.mistakes import Slip, ask_or_slip, expect_or_slip
from grader.check.submission import Submission
from grader.check.verdict import Verdict

COUNTER = """
counter = Counter(matvec, budget)
outputs["counts"], outputs["answers"], outputs["errors"] = [], [], []
for V in asked:
    try:
        outputs["answers"].append(counter(V))
        outputs["errors"].append("")
    except Exception as error:
        outputs["answers"].append(None)
        outputs["errors"].append(type(error).__name__)
    outputs["counts"].append(getattr(counter, "count", None))
"""


def judge_counter(
    submission: Submission, exercise: str = "10.4", seed: int = 104, n: int = 6, k: int = 3
) -> list[Verdict]:
    """`Counter`: its products, its counts, and what it does at the edge of the budget."""
    g = torch.Generator().manual_seed(seed)
    A, block = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((n, n), (n, k)))
    vector, made = block[:, 0], []

    def matvec(V: torch.Tensor) -> torch.Tensor:
        made.append(V.shape[1] if V.ndim == 2 else 1)
        return A @ V

    def question(asked: list[torch.Tensor], budget: int | None) -> dict[str, list]:
        made.clear()
        return submission.run(COUNTER, {"matvec": matvec, "asked": asked, "budget": budget})

    def counts(line: str, asked: list[torch.Tensor], budget: int | None) -> Verdict:
        want = list(itertools.accumulate(V.shape[1] if V.ndim == 2 else 1 for V in asked))

        def judge(given: dict[str, list]) -> Verdict:
            if (status := _not_done(line, given)) is not None:
                return status
            right = [A @ V for V in asked]
            if any(given["errors"]):
                return Verdict(
                    line, "wrong", "It refuses a product that the budget allows; exactly met is not exceeded."
                )
            if not all(
                a.shape == w.shape and torch.allclose(a, w) for a, w in zip(given["answers"], right, strict=True)
            ):
                return Verdict(line, "wrong", "What it returns is not the product: hand on what matvec gives.")
            return expect_that(line, given["counts"] == want, _why_count(given["counts"], want, asked, n))

        return ask(submission, line, lambda: question(asked, budget), judge)

    def refuses(given: dict[str, list]) -> Verdict:
        line = "over the budget"
        if (status := _not_done(line, given)) is not None:
            return status
        if given["errors"] == ["", "", ""]:
            return Verdict(line, "wrong", "The budget is exceeded and nothing is raised.")
        if sum(made) > k + 1:
            return Verdict(line, "wrong", "It raises after the product is made: look at the price before you call.")
        if given["errors"][1] != "RuntimeError":
            return Verdict(line, "wrong", f"A RuntimeError is wanted where the budget ends, not {given['errors']}.")
        if given["counts"] != [k, k, k + 1]:
            return Verdict(line, "wrong", f"What is refused does not count: {[k, k, k + 1]}, not {given['counts']}.")
        return Verdict(line, "right")

    return [
        counts("vectors and blocks", [vector, block, vector, block[:, :2]], None),
        counts("a budget met exactly", [block, vector, block], 2 * k + 1),
        ask(submission, "over the budget", lambda: question([block, block, vector], k + 1), refuses),
    ]


def _not_done(line: str, given: dict[str, list]) -> Verdict | None:
    """A verdict where the class does nothing yet, or its state has other names."""
    if all(answer is None for answer in given["answers"]) and not any(given["errors"]):
        return Verdict(line, "missing", "Not done yet: it returns None.")
    if None in given["counts"]:
        return Verdict(line, "wrong", "There is no attribute `count`: begin with 0 in __init__.")
    return None


def _why_count(found: list, want: list[int], asked: list[torch.Tensor], n: int) -> str:
    typical = {
        "A block counts its columns, the size of the second axis, not 1.": [1] * len(asked),
        "That counts rows; the columns are the second axis.": [V.shape[0] for V in asked],
        "That counts entries; the columns are the second axis.": [V.numel() for V in asked],
        "A vector counts 1, not its length.": [V.shape[1] if V.ndim == 2 else n for V in asked],
    }
    for sentence, prices in typical.items():
        if found == list(itertools.accumulate(prices)):
            return sentence
    if found == [V.shape[1] if V.ndim == 2 else 1 for V in asked]:
        return "The count is overwritten at each call; add to it."
    return f"The counts are {found}; {want} is expected."


def judge_convergence(
    submission: Submission, exercise: str = "10.6", seed: int = 106, trials: int = 11
) -> list[Verdict]:
    """`median_error` on a prepared series of estimates, above a negative truth; `fitted_slope` on noisy powers."""
    g = torch.Generator().manual_seed(seed)
    truth = -4.0
    series = (truth + torch.randn(trials, generator=g, dtype=torch.float64) ** 3).tolist()
    errors = [abs(estimate - truth) for estimate in series]
    middle = statistics.median(errors)
    left = iter(series)
    slips = [
        Slip(middle, "The absolute error; divide it by the size of the truth."),
        Slip(middle / truth, "A relative error is positive: divide by |truth|."),
        Slip(statistics.mean(errors) / 4, "That is the mean; the median is the middle of the sorted errors."),
        Slip(abs(statistics.median(series) - truth) / 4, "The median of the errors is meant, not the median's error."),
        Slip(statistics.median([e - truth for e in series]) / 4, "Errors without their sign: take the absolute value."),
        Slip(errors[trials // 2] / 4, "The middle trial; sort the errors first."),
        Slip(errors[0] / 4, "`estimate()` is asked once; each trial is a new call."),
        Slip(math.sqrt(statistics.mean([e * e for e in errors])) / 4, "The root mean square; the median is wanted."),
    ]
    ms = [3, 5, 11, 40, 70]
    noise = torch.randn(len(ms), generator=g, dtype=torch.float64).tolist()
    values = [2.5 * m**-1.3 * math.exp(0.4 * e) for m, e in zip(ms, noise, strict=True)]
    x, y = [math.log(m) for m in ms], [math.log(value) for value in values]
    slope = statistics.linear_regression(x, y).slope
    slope_slips = [
        Slip((y[-1] - y[0]) / (x[-1] - x[0]), "Only the first and the last point: fit a line to all."),
        Slip(-slope, "The sign: errors that fall have a negative slope."),
        Slip(statistics.linear_regression(ms, values).slope, "Without logarithms: the slope of the log-log line."),
        Slip(statistics.linear_regression(ms, y).slope, "m has no logarithm here: both axes are logarithmic."),
        Slip(statistics.linear_regression(x, values).slope, "The error has no logarithm: both axes are logarithmic."),
        Slip(statistics.linear_regression(y, x).slope, "The axes are exchanged: log(error) over log(m)."),
        Slip(
            statistics.linear_regression(x, y, proportional=True).slope,
            "The line may have an intercept: subtract means.",
        ),
        Slip(slope / math.log(10), "Two different bases: the same logarithm for both axes."),
        Slip(slope * math.log(10), "Two different bases: the same logarithm for both axes."),
        Slip(statistics.linear_regression(x, y).intercept, "That is the intercept, not the slope."),
    ]
    return [
        ask_or_slip(
            submission,
            "median_error",
            lambda: submission.call("median_error", lambda: next(left), truth, trials),
            want=middle / 4,
            slips=slips,
            because="The middle of the sorted |estimate - truth| / |truth|.",
        ),
        expect_or_slip(
            submission,
            "fitted_slope",
            "fitted_slope",
            ms,
            values,
            want=slope,
            slips=slope_slips,
            because="Least squares on (log m, log error).",
        ),
    ]


EXERCISES = {
    "10.1": judge_divergence,
    "10.2": judge_samples,
    "10.3": judge_variances,
    "10.4": judge_counter,
    "10.5": judge_hutchpp,
    "10.6": judge_convergence,
    "10.7": judge_orders,
    "10.8": judge_hessian_samples,
    "10.9": judge_functions,
    "10.10": judge_xtrace,
    "10.11": judge_flow,
}
