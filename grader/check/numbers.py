"""A number named in the problem's own terms: 0.96875 with a batch of 32 is (n − 1)/n."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Named:
    """A number's name and how surprising it is, in bits."""

    text: str
    cost: float


def name_number(value: float, sizes: Mapping[str, int], literals: tuple[float, ...] = (), close: float = 2e-4) -> Named:
    """The cheapest name of `value`.

    sizes: whole numbers of the problem by name ({"n": 32}); literals: numbers that stand in the statement.
    close: the relative difference that still counts as equal.
    """
    candidates = list(_candidates(sizes, literals))
    fitting = [(cost, text) for number, text, cost in candidates if abs(value - number) <= close * abs(number)]
    fitting += [
        (cost + 1, f"−{text}") for number, text, cost in candidates if abs(value + number) <= close * abs(number)
    ]
    if fitting:
        cost, text = min(fitting)
        return Named(text, cost)
    ratio = Fraction(value).limit_denominator(12)
    if ratio and abs(float(ratio) - value) <= close * abs(value):
        return Named(str(ratio), 9.0)
    return Named(f"{value:.4g}", 14.0)


def _candidates(sizes: Mapping[str, int], literals: tuple[float, ...]):
    """(number, name, cost)."""
    yield 1.0, "1", 0.0
    yield 2.0, "2", 2.0
    yield 0.5, "1/2", 2.5
    for literal in literals:
        if literal and abs(literal) not in (1.0, 2.0, 0.5):
            yield abs(literal), f"{abs(literal):g}", 3.0
            yield 1 / abs(literal), f"1/{abs(literal):g}", 3.5
    for name, k in sizes.items():
        if k < 2:
            continue
        yield float(k), name, 3.0
        yield 1 / k, f"1/{name}", 3.0
        yield (k - 1) / k, f"({name} − 1)/{name}", 5.0
        yield k / (k - 1), f"{name}/({name} − 1)", 5.0
        yield k - 1.0, f"{name} − 1", 5.0
        yield 1 / (k - 1), f"1/({name} − 1)", 5.0
        yield float(k) ** 2, f"{name}²", 6.0
        yield 1 / k**2, f"1/{name}²", 6.0
        yield (k + 1) / k, f"({name} + 1)/{name}", 7.0
        yield k / (k + 1), f"{name}/({name} + 1)", 7.0
        yield k**0.5, f"√{name}", 6.0
        yield k**-0.5, f"1/√{name}", 6.0
        yield 2 * k, f"2{name}", 6.0
        yield 2 / k, f"2/{name}", 6.0
        yield k * (k - 1.0), f"{name}({name} − 1)", 8.0
        yield 1 / (k * (k - 1.0)), f"1/({name}({name} − 1))", 8.0
