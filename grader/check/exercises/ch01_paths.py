"""Chapter 01, derivatives: steepest ascent by trying, and the chain rule as a sum over paths."""

import math

import torch

from grader.check.errors import SubmissionError
from grader.check.exercises.ch01_slips import expect_or_explain, explained, uniform
from grader.check.functions import ask, expect, expect_that, matches, refused
from grader.check.submission import Submission
from grader.check.verdict import Verdict

# The hills of exercise 1.7, and the graph e = (a·b)(b + 1), with c = a·b and d = b + 1, at a = 2, b = 3.
PLANE = "lambda q: 2.5 * (q * slope).sum(-1)"
CURVED = "lambda q: torch.sin(q[..., 0]) + q.prod(-1)"
EXAMPLE = [["a", "c", 3.0], ["b", "c", 2.0], ["b", "d", 1.0], ["c", "e", 4.0], ["d", "e", 6.0]]


def judge_steepest(submission: Submission, seed: int) -> list[Verdict]:
    """Exercise 1.7: a gradient by hand, the best of 360 directions, and the direction of the level set."""
    g = torch.Generator().manual_seed(seed)
    x, y = uniform(seed, 2)
    fx, fy = 2 * x * y, x**2 + math.cos(y)
    vector = torch.tensor
    slips = {
        "The partial derivatives are exchanged: that by x comes first.": vector([fy, fx]),
        "By x, sin(y) is a constant: it contributes nothing.": vector([fx + math.cos(y), fy]),
        "By y, x² is a constant factor of y: what is left of x²y is x².": vector([fx, fx + math.cos(y)]),
        "The derivative of sin is +cos.": vector([fx, x**2 - math.cos(y)]),
        "sin(y) is missing.": vector([fx, x**2]),
        "The derivative of sin(y) is cos(y).": vector([fx, x**2 + math.sin(y)]),
        "This is one number, the sum; the gradient has two entries.": vector(fx + fy),
    }
    slips = {sentence: value.double() for sentence, value in slips.items()}
    angle = 0.3 + 5.5 * float(torch.rand((), generator=g))
    slope = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
    # A coordinate from which no direction of the tables of tests is symmetric.
    p = torch.randn(2, generator=g, dtype=torch.float64)
    gradient = 3 * torch.randn(2, generator=g, dtype=torch.float64)
    across = torch.stack([-gradient[1], gradient[0]])
    return [
        expect_or_explain(
            submission,
            "hill_gradient",
            "hill_gradient",
            torch.tensor([x, y], dtype=torch.float64),
            want=torch.tensor([fx, fy], dtype=torch.float64),
            slips=slips,
            because="Two partial derivatives of x²y + sin(y): one by x with y fixed, one by y with x fixed.",
            tol=1e-6,
        ),
        _judge_direction(submission, "steepest on a plane", PLANE, slope, p, 0.1),
        _judge_direction(submission, "steepest on a curved hill", CURVED, slope, p, 0.5),
        ask(
            submission,
            "level_direction",
            lambda: submission.call("level_direction", gradient),
            lambda got: _judge_across(got, gradient, across / gradient.norm()),
        ),
    ]


def judge_paths(submission: Submission, seed: int, vertices: int) -> list[Verdict]:
    """Exercise 1.8: the partials of e = (a·b)(b+1), and `path_sum` on it and on random graphs."""
    a, b = (2 * u for u in uniform(seed, 2))
    edges, want = random_graph(seed, vertices)
    x = a + b
    return [
        *_judge_partials(submission, a, b),
        _judge_path_sum(submission, "e by b", EXAMPLE, "b", "e", 14.0),
        _judge_path_sum(submission, "x·x, two edges", [["x", "y", x], ["x", "y", x]], "x", "y", 2 * x),
        _judge_path_sum(submission, f"a graph of {vertices} vertices", edges, "v0", f"v{vertices - 1}", want),
    ]


def random_graph(seed: int, vertices: int) -> tuple[list[list], float]:
    """Shuffled edges [from, to, partial] from v0 to the last vertex, and the sum over paths, an entry of (I − A)⁻¹."""
    g = torch.Generator().manual_seed(seed)
    A = torch.randn(vertices, vertices, generator=g, dtype=torch.float64).triu(1)
    A = A * (torch.rand(vertices, vertices, generator=g) < 0.7)
    A[0, 1] = A[1, 3] = A[0, 2] = A[2, vertices - 1] = A[3, vertices - 1] = 1.5
    total = torch.linalg.inv(torch.eye(vertices, dtype=torch.float64) - A)[0, -1]
    pairs = A.nonzero()[torch.randperm(int((A != 0).sum()), generator=g)].tolist()
    return [[f"v{i}", f"v{j}", float(A[i, j])] for i, j in pairs], float(total)


def _judge_direction(
    submission: Submission, line: str, hill: str, slope: torch.Tensor, p: torch.Tensor, r: float
) -> Verdict:
    """hill: the text of a function of q and slope. It runs on the student's side: 360 questions are one."""
    f = eval(hill, {"torch": torch, "slope": slope})
    angles = torch.arange(360, dtype=torch.float64) * math.pi / 180
    directions = torch.stack([angles.cos(), angles.sin()], 1)
    heights = torch.stack([f(p + r * d) for d in directions])
    best, worst = directions[heights.argmax()], directions[heights.argmin()]
    slips = {
        "This is the direction of steepest descent.": worst,
        "This is the point that was reached; return the unit direction.": p + r * best,
        "This is the step of length r; return the direction, of length 1.": r * best,
        "cos and sin are exchanged: the x-entry is the cosine of the angle.": best.flip(0),
        "This is the angle's number, not a direction.": heights.argmax().double(),
        "The angles must be in radians for cos and sin.": _unit(torch.arange(360.0), f, p, r),
        "This is the direction with the largest change up or down; take the largest f, not its absolute change.": (
            directions[(heights - f(p)).abs().argmax()]
        ),
    }
    # Two neighbouring directions of the 360 are 0.0175 apart; half of it either way.
    because, tol = "Of 360 directions (cos θ, sin θ), the one for which f(p + r·direction) is largest.", 0.009
    driver = f"import torch\noutputs['best'] = steepest({hill}, p, r)"
    return ask(
        submission,
        line,
        lambda: submission.run(driver, {"slope": slope, "p": p, "r": r})["best"],
        lambda got: explained(matches(line, got, best, because=because, tol=tol), got, slips, tol),
    )


def _unit(angles: torch.Tensor, f, p: torch.Tensor, r: float) -> torch.Tensor:
    directions = torch.stack([angles.cos(), angles.sin()], 1).double()
    return directions[torch.stack([f(p + r * d) for d in directions]).argmax()]


def _judge_across(got: object, gradient: torch.Tensor, across: torch.Tensor) -> Verdict:
    line = "level_direction"
    if matches(line, got, across).passed or matches(line, got, -across).passed:
        return Verdict(line, "right")
    slips = {
        "This is the gradient's own direction: f changes fastest along it.": gradient / gradient.norm(),
        "At a right angle, but its length is not 1: divide by it.": across * gradient.norm(),
        "Swapping the entries mirrors the vector; one of them also changes its sign.": gradient.flip(0)
        / gradient.norm(),
    }
    for message, value in slips.items():
        if matches(line, got, value).passed or matches(line, got, -value).passed:
            return Verdict(line, "wrong", message)
    return matches(line, got, across, because="Its dot product with the gradient must be 0 and its length 1.")


def _judge_partials(submission: Submission, a: float, b: float) -> list[Verdict]:
    local = {"dc_da": b, "dc_db": a, "dd_db": 1.0, "de_dc": b + 1, "de_dd": a * b}
    total = {"de_da": b * (b + 1), "de_db": a * (b + 1) + a * b}
    names = ("local partials", "de_da", "de_db")
    try:
        got = submission.call("partials", a, b)
    except SubmissionError as error:
        return [refused(name, error) for name in names]
    if got is None:
        return [Verdict(name, "missing", "Not done yet.") for name in names]
    if not isinstance(got, dict):
        return [Verdict(name, "wrong", "partials returns a dictionary.") for name in names]
    wrong = [name for name, value in local.items() if not matches(name, got.get(name), value).passed]
    reasons = {
        "dd_db": "d = b + 1 moves exactly as much as b",
        "dc_da": "for c = a·b, the derivative by one operand is the other operand",
        "dc_db": "for c = a·b, the derivative by one operand is the other operand",
        "de_dc": "for e = c·d, the derivative by c is d, which is b + 1",
        "de_dd": "for e = c·d, the derivative by d is c, which is a·b",
    }
    first = expect_that(names[0], not wrong, f"{', '.join(wrong)}: " + "; ".join({reasons[w]: 0 for w in wrong}) + ".")
    slips = {
        "This is the path b → c → e only; b also reaches e through d.": a * (b + 1),
        "This is the path b → d → e only; b also reaches e through c.": a * b,
        "Two paths are added, not multiplied.": a * (b + 1) * a * b,
        "Along a path the partials are multiplied; only paths are added.": a + b + 1 + 1 + a * b,
    }
    verdicts = []
    for name in names[1:]:
        verdict = matches(name, got.get(name), total[name], because="Multiply along each path, then add up the paths.")
        message = next((m for m, v in slips.items() if matches(name, got.get(name), v).passed), "")
        wrong_here = verdict.status == "wrong" and message and name == "de_db"
        verdicts.append(Verdict(name, "wrong", message) if wrong_here else verdict)
    return [first, *verdicts]


def _judge_path_sum(submission: Submission, line: str, edges: list, start: str, end: str, want: float) -> Verdict:
    """`want` for this pair; in the same line, 0 against the edges' direction and 1 from a vertex to itself."""
    products = _paths(edges, start, end)
    sums = {
        "Two edges between the same two vertices are two paths: a dictionary keeps one of them.": sum(set(products)),
        "These are the paths' longest or first product alone; every path counts.": products[0],
        "Only the last path was kept: use += or sum.": products[-1],
        "This is the number of paths; each weighs the product of its partials.": float(len(products)),
        "Paths are added, not multiplied.": math.prod(products),
        "Along a path the partials are multiplied, not added.": sum(_paths(edges, start, end, add=True)),
        "This is the product of all edges; take them path by path.": math.prod(p for _, _, p in edges),
        "This is the sum of all edges; multiply along each path.": sum(p for _, _, p in edges),
        "Only the largest path was kept.": max(products),
    }
    verdict = expect_or_explain(
        submission,
        line,
        "path_sum",
        edges,
        start,
        end,
        want=want,
        slips=sums,
        because="Multiply along each path from start to end, then add up the paths. Edges come in any order.",
        tol=1e-9 * (1 + abs(want)),
    )
    if not verdict.passed:
        return verdict
    backwards = expect(
        submission, line, "path_sum", edges, end, start, want=0.0, because="No path leads back: that is 0."
    )
    if not backwards.passed:
        return backwards
    own = expect(
        submission, line, "path_sum", edges, end, end, want=1.0, because="From a vertex to itself: dx/dx is 1."
    )
    return verdict if own.passed else own


def _paths(edges: list, start: str, end: str, add: bool = False) -> list[float]:
    """The product (or the sum) of the partials along each path."""
    if start == end:
        return [0.0 if add else 1.0]
    found = []
    for source, target, partial in edges:
        if source == start:
            found += [partial + rest if add else partial * rest for rest in _paths(edges, target, end, add)]
    return found
