"""Everyone whose scores are compared: the class of a chapter, and what else there is of answers to it."""

from __future__ import annotations

from itertools import zip_longest

from grader.build.proof import exercises
from grader.build.source import Chapter, read_source
from grader.grade.answers import Answers
from tests.corpus.grading import Desk
from tests.corpus.mutations import build
from tests.corpus.report import QUICK, variants
from tests.grade.people import bundled, on_file


def everyone(chapter: Chapter) -> list[Answers]:
    """The answers on file, and beside a bundled class it and a part of the corpus, which is of its chapter."""
    own = bundled(chapter)
    return [*own, *on_file(chapter), *(of_corpus(chapter) if own else ())]


def of_corpus(chapter: Chapter) -> list[Answers]:
    """A part of the corpus of manual backpropagation: each student the next right or wrong answer to its exercises."""
    corpus = build(Desk(), QUICK)
    answers = [answer for _, answer in variants(QUICK)]
    answers += [mutant.answer for mutant in (*corpus.singles, *corpus.pairs, *corpus.raising)]
    answers = answers[::3]  # each of them costs a minute in all ways
    handed_in = []
    for exercise, _, own in exercises(read_source(chapter.source)):
        first, *others = [c.id for c in own if c.metadata.get("nbgrader", {}).get("solution")]
        to_this = [answer for answer in answers if answer.exercise == exercise]
        handed_in.append([{first: "\n".join(a.cells)} | dict.fromkeys(others, "") for a in to_this])
    students = enumerate(zip_longest(*handed_in, fillvalue={}))
    return [
        Answers(f"corpus_{number:02d}", "an answer of the corpus", replaced={k: v for a in cells for k, v in a.items()})
        for number, cells in students
    ]
