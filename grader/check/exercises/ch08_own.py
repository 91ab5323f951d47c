"""Chapter 08: answers that are no functions: an order, a graph of one's own, statements."""

from grader.check.exercises.ch08_elimination import is_graph, listed
from grader.check.exercises.ch08_graphs import (
    ONE_OUTPUT,
    count,
    ends,
    in_program_order,
    intermediates,
    least,
    markowitz_counts,
    read_graph,
    step_costs,
)
from grader.check.functions import ask, matches
from grader.check.submission import Submission
from grader.check.verdict import Verdict

# Intermediates that a graph of the student's own may have.
LARGEST = 8

THEOREMS = {
    "A": (
        True,
        "A is what Naumann proved in 2008, with partials that may be equal: a yes-or-no question with a bound k.",
    ),
    "B": (
        False,
        "B confuses finding the gradient with finding the cheapest way: reverse mode finds it in one pass, always.",
    ),
    "C": (
        False,
        "C is not what that proof shows: it uses partials with equal values. For vertex elimination on the structure "
        "alone it took until 2025.",
    ),
}


def judge_one_output(submission: Submission) -> list[Verdict]:
    """Verdicts on an order for the given graph that costs 6, and on a graph of the student's own."""
    return [
        ask(submission, "better_order", lambda: submission.value("better_order"), _judge_better),
        ask(submission, "my_graph", lambda: submission.value("my_graph"), _judge_one_output),
    ]


def judge_trap(submission: Submission) -> list[Verdict]:
    """The verdict on a graph of the student's own that defeats Markowitz by 2 under every tie-break."""
    return [ask(submission, "my_trap", lambda: submission.value("my_trap"), _judge_trap)]


def judge_theorems(submission: Submission) -> list[Verdict]:
    """Verdicts on the three statements, a line each."""

    def judge(name: str, got: object) -> Verdict:
        want, because = THEOREMS[name]
        if not isinstance(got, dict) or got.get(name) is None:
            return Verdict(name, "missing", "Not done yet.")
        return matches(name, got[name], want, because=because)

    return [
        ask(submission, name, lambda: submission.value("theorems"), lambda got, n=name: judge(n, got))
        for name in THEOREMS
    ]


def _judge_better(got: object) -> Verdict:
    line, graph = "better_order", read_graph(ONE_OUTPUT)
    order = intermediates(graph)
    if not isinstance(got, list) or sorted(map(str, got)) != sorted(order):
        return Verdict(line, "wrong", f"A list of the four intermediates is expected, {listed(order)}.")
    if (cost := count(graph, got)) != 6:
        words = " This is reverse order." if got == order[::-1] else ""
        return Verdict(
            line, "wrong", f"This order costs {cost}, step by step {step_costs(graph, got)}.{words} 6 is possible."
        )
    return Verdict(line, "right")


def _judge_one_output(got: object) -> Verdict:
    line = "my_graph"
    if (problem := _unfit(got)) is not None:
        return Verdict(line, "wrong", problem)
    graph = in_program_order(got)
    outputs = ends(graph)[1]
    if len(outputs) != 1:
        return Verdict(line, "wrong", f"It should have one output; it has {len(outputs)}: {listed(outputs)}.")
    reverse, best = count(graph, intermediates(graph)[::-1]), least(graph)
    if reverse - best < 3:
        return Verdict(
            line,
            "wrong",
            f"Reverse costs {reverse}, the best order {best}: a gap of {reverse - best}, and 3 is asked for.",
        )
    return Verdict(line, "right")


def _judge_trap(got: object) -> Verdict:
    line = "my_trap"
    if (problem := _unfit(got)) is not None:
        return Verdict(line, "wrong", problem)
    graph = in_program_order(got)
    lucky, best = min(markowitz_counts(graph)), least(graph)
    if lucky - best < 2:
        return Verdict(
            line,
            "wrong",
            f"With lucky ties Markowitz costs {lucky}, the best order {best}: the gap is {lucky - best}, not 2.",
        )
    return Verdict(line, "right")


def _unfit(got: object) -> str | None:
    """Why this cannot be a graph of at most LARGEST intermediates, or None."""
    if not is_graph(got):
        return "A graph is expected: what read_graph returns, or a dictionary of dictionaries."
    if missing := [w for edges in got.values() for w in edges if w not in got]:
        return f"{missing[0]} is no key; every vertex is one, outputs too."
    try:
        inner = intermediates(in_program_order(got))
    except ValueError as error:
        return str(error)
    if len(inner) > LARGEST:
        return f"It has {len(inner)} intermediates; at most {LARGEST} are allowed."
    return None
