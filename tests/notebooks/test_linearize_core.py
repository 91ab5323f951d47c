"""The core of chapter 09 stays one that a reader can hold."""

from tests.bench.taught_linearize import core_lines


def test_under_200_lines():
    assert core_lines() < 200
