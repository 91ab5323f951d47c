"""The diagnoses that wrong answers deserve, as keys, and when a diagnosis that was given is one of them.

Keys are written down from how a mutant was made. A mutant may deserve several: names of the same numbers.
"""

from collections.abc import Iterable

from tests.corpus.program import CONSUMERS

# The loss does not feel a shift of a row of logits: what comes through the maximum is rounding.
NEGLIGIBLE = {"logits": "logit_maxes"}


def consumers(exercise: str, gradient: str) -> tuple[str, ...]:
    """The statements that read the tensor of `gradient` in the forward pass of `exercise`."""
    if exercise != "5.1":
        return ("loss",) if exercise == "5.2" else ("hpreact",)
    return CONSUMERS[gradient[1:]]


def in_branch(keys: Iterable[str], gradient: str, branch: str | None, exercise: str = "5.1") -> frozenset[str]:
    """`keys` of a slip made in the branch through `branch`; None where it was made in the whole sum.

    Each key may be said with or without the branch; a sign without its branch only where it is as good as the whole.
    """
    readers = consumers(exercise, gradient)
    if branch is None and len(readers) == 1:
        branch = readers[0]
    whole = branch is None or len(readers) == 1 or set(readers) - {branch} == {NEGLIGIBLE.get(gradient[1:])}
    found = set()
    for key in keys:
        if key != "sign" or whole:
            found.add(key)
        if branch is not None:
            found.add(f"{key}:{branch}")
            if key.startswith("factor:") and abs(float(key.split(":")[1]) - 2) < 1e-6:
                found.add(f"branch-doubled:{branch}")
    return frozenset(found)


def factor(extra: float) -> set[str]:
    """The key of an extra factor; -1 is a sign."""
    return {"sign"} if abs(extra + 1) < 1e-9 else {f"factor:{extra:.6g}"}


def matches(said: str, deserved: Iterable[str]) -> bool:
    """Whether a diagnosis's key is one of those deserved. Factors are compared to three digits."""
    return any(_same(said, key) for key in deserved)


def parts(said: str) -> list[str]:
    """A diagnosis of two slips, "sign & factor:2", as its parts."""
    return [part.strip() for part in said.split("&")]


def _same(said: str, key: str) -> bool:
    (head, number, names), (head_2, number_2, names_2) = _read(said), _read(key)
    if head == head_2 == "next-step":
        return True
    if head != head_2 or names != names_2 or (number is None) != (number_2 is None):
        return False
    return number is None or abs(number - number_2) <= 2e-3 * abs(number_2)


def _read(key: str) -> tuple[str, float | None, frozenset[str]]:
    head, *rest = key.split(":")
    number, names = None, set()
    for part in rest:
        try:
            number = float(part)
        except ValueError:
            names.update(part.split("+"))
    return head, number, frozenset(names)
