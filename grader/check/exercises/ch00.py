"""Chapter 00, start here: a rehearsal of the check itself, and the one exercise."""

import random
from collections.abc import Sequence

from grader.check.functions import ask, matches
from grader.check.submission import Submission
from grader.check.verdict import Verdict

NAMES = ["ada", "bob", "alan", "cleo", "mia", "eva"]


def judge_double(submission: Submission) -> list[Verdict]:
    """The rehearsal 0.0: `double(x)` at two numbers."""
    return [_double(submission, "a whole number", 3.0), _double(submission, "a fraction", 1.5)]


def judge_share(submission: Submission, seed: int, count: int) -> list[Verdict]:
    """Exercise 0.1: `share_starting_with` on a short list, on one with repeated names, and for all letters of another.

    count: how many names the last list has.
    """
    draw = random.Random(seed)
    many = ["".join(draw.choices("abcdefgh", k=draw.randint(2, 9))) for _ in range(count)]
    few = draw.sample(NAMES, len(NAMES))
    twice = [*draw.sample(many, 5), *["bea", "bea", "cy"]]
    return [
        _share(submission, "a short list", few, "a"),
        _share(submission, "a name that stands twice", twice, "b"),
        _all_letters(submission, many),
    ]


EXERCISES = {
    "0.0": lambda submission, _: judge_double(submission),
    "0.1": lambda submission, _: judge_share(submission, seed=1, count=20),
}


def _double(submission: Submission, line: str, x: float) -> Verdict:
    def judge(got: object) -> Verdict:
        square = matches(line, got, x * x).passed
        because = "That is the square, x · x; the double is x + x." if square else "The double of x is x + x."
        return matches(line, got, 2 * x, because=because)

    return ask(submission, line, lambda: submission.call("double", x), judge)


def _share(submission: Submission, line: str, names: Sequence[str], letter: str) -> Verdict:
    count = sum(name[0] == letter for name in names)
    inside = sum(letter in name for name in names)
    different = set(names)
    slips = {
        "This is how many names there are; divide by the number of all names.": count,
        "This counts names that have the letter anywhere; asked is the first place.": inside / len(names),
        "This looks at the last letter of each name.": sum(name[-1] == letter for name in names) / len(names),
        "This is in percent; a share lies between 0 and 1.": 100 * count / len(names),
        "Divide by the number of names, not of letters in the alphabet.": count / 26,
        "This is the share of the letter among all letters.": (
            "".join(names).count(letter) / sum(len(name) for name in names)
        ),
        "A name that stands twice counts twice: no set.": sum(n[0] == letter for n in different) / len(different),
        "This is the share of the others: 1 - share.": 1 - count / len(names),
        "0 here would mean that no name begins with the letter. Is // or int() in your formula?": 0.0,
    }

    def judge(got: object) -> Verdict:
        because = next((sentence for sentence, value in slips.items() if matches(line, got, value).passed), "")
        return matches(line, got, count / len(names), because=because or "Count the names that begin with the letter.")

    return ask(submission, line, lambda: submission.call("share_starting_with", list(names), letter), judge)


def _all_letters(submission: Submission, names: Sequence[str]) -> Verdict:
    """All 26 shares; some of them are 0, which by itself earns nothing."""
    line = f"every letter, {len(names)} names"
    letters = "abcdefghijklmnopqrstuvwxyz"
    want = [sum(name.startswith(letter) for name in names) / len(names) for letter in letters]

    def question() -> object:
        answers = [submission.call("share_starting_with", list(names), letter) for letter in letters]
        return None if any(answer is None for answer in answers) else answers

    because = "Use the names and the letter that are handed in, not those of the notebook."
    return ask(submission, line, question, lambda got: matches(line, got, want, because=because))
