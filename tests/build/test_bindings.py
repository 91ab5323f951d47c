"""Which names a cell binds and reads, from its text."""

import pytest

from grader.build.bindings import names, surely_bound

READS = [
    pytest.param("y = x + 1", {"x"}, id="plain"),
    pytest.param("x = 1\ny = x", set(), id="bound above"),
    pytest.param("for x in xs:\n    y = x\n    print(y)", {"xs", "print"}, id="a loop's own"),
    pytest.param("for x in xs:\n    y = z\n    z = 1", {"xs", "z"}, id="read before the loop binds it"),
    pytest.param("if a:\n    x = 1\n    y = x", {"a"}, id="bound in the branch that reads"),
    pytest.param("if a:\n    x = 1\nelse:\n    y = x", {"a", "x"}, id="bound in the other branch"),
    pytest.param("if a:\n    x = 1\ny = x", {"a", "x"}, id="bound in a branch that may not be taken"),
    pytest.param("if a:\n    x = 1\nelse:\n    x = 2\ny = x", {"a"}, id="bound in both branches"),
    pytest.param("for i in xs:\n    x = i\ny = x", {"xs", "x"}, id="bound in a loop that may not run"),
    pytest.param("with f() as x, g(x) as y:\n    z = y", {"f", "g"}, id="with, its own names"),
    pytest.param("with f():\n    y = x\n    x = 1", {"f", "x"}, id="with, read before it is bound"),
    pytest.param("with f(x) as x:\n    pass", {"f", "x"}, id="with, read by what binds it"),
    pytest.param("with f():\n    for x in xs:\n        y = x", {"f", "xs"}, id="a loop in a with"),
    pytest.param("def f(x):\n    return x + y", {"y"}, id="a function's global"),
    pytest.param("x += 1", {"x"}, id="augmented"),
    pytest.param("[x for x in xs]", {"xs"}, id="a comprehension's own"),
]


@pytest.mark.parametrize(("source", "read"), READS)
def test_what_is_read_from_above(source, read):
    assert names(source)[1] == read


BINDS = [
    pytest.param("x = y = 1\na, (b, *c) = d", {"x", "y", "a", "b", "c"}, id="assignments"),
    pytest.param("import a.b, c as d\nfrom e import f", {"a", "d", "f"}, id="imports"),
    pytest.param("def f():\n    x = 1\nclass C:\n    y = 2", {"f", "C"}, id="definitions"),
    pytest.param("if a:\n    x = 1", set(), id="one branch"),
    pytest.param("if a:\n    x = y = 1\nelif b:\n    x = 2\nelse:\n    x, z = c", {"x"}, id="all branches"),
    pytest.param("for x in xs:\n    y = x", set(), id="a loop that may not run"),
    pytest.param("with suppress(Error):\n    x = 1", set(), id="what a with may cut short"),
    pytest.param("x = a and (y := b)", {"x"}, id="an expression that may not be reached"),
    pytest.param("x[0] = a.b = 1", set(), id="a part of something"),
    pytest.param("x: int", set(), id="an annotation alone"),
    pytest.param("x = (", set(), id="no Python"),
]


@pytest.mark.parametrize(("source", "bound"), BINDS)
def test_what_is_surely_bound(source, bound):
    assert surely_bound(source) == bound
