"""The core of chapter 09 beside jax, where that is installed: gradients, jvps, Hessian products, residuals."""

import numpy as np
import pytest

from tests.bench.taught_linearize import load_core

jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)
jnp = jax.numpy

from tests.bench.bench_linearize import loss_in, start  # noqa: E402


@pytest.fixture(scope="module")
def core():
    return load_core(more=True)


def _data(seed):
    rng = np.random.default_rng(seed)
    return rng, rng.normal(size=(5, 3)), rng.normal(size=(3, 4))


# Each program twice: in the core's functions, and in jax.
PROGRAMS = {
    "sin exp": (lambda c, x, w: c.mul(c.sin(x), c.exp(x)), lambda x, w: jnp.sin(x) * jnp.exp(x)),
    "a layer": (lambda c, x, w: c.tanh(c.matmul(x, w)), lambda x, w: jnp.tanh(x @ w)),
    "two layers": (
        lambda c, x, w: c.tanh(c.matmul(c.tanh(c.matmul(x, w)), c.transpose(w))),
        lambda x, w: jnp.tanh(jnp.tanh(x @ w) @ w.T),
    ),
    "two products": (
        lambda c, x, w: c.matmul(c.exp(c.matmul(c.sin(x), w)), c.transpose(w)),
        lambda x, w: jnp.exp(jnp.sin(x) @ w) @ w.T,
    ),
    "rows": (
        lambda c, x, w: c.log(c.add(c.exp(c.gather(x, np.array([0, 2, 2]))), 1.0)),
        lambda x, w: jnp.log(jnp.exp(x[jnp.array([0, 2, 2])]) + 1.0),
    ),
}


class Names:
    def __init__(self, namespace):
        self.__dict__.update(namespace)


@pytest.mark.parametrize("name", PROGRAMS)
def test_jvp_and_vjp(core, name):
    ours, theirs = PROGRAMS[name]
    rng, x, w = _data(1)

    def f(x, w):
        return ours(Names(core), x, w)

    tangents = [rng.normal(size=x.shape), rng.normal(size=w.shape)]
    value, tangent = core["jvp"](f, [x, w], tangents)
    want, want_tangent = jax.jvp(theirs, (x, w), tuple(tangents))
    np.testing.assert_allclose(value, want, rtol=0, atol=1e-12)
    np.testing.assert_allclose(tangent, want_tangent, rtol=0, atol=1e-12)
    ct = rng.normal(size=want.shape)
    for got, wanted in zip(core["vjp"](f, x, w)[1](ct), jax.vjp(theirs, x, w)[1](ct), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["sin exp", "rows", "two products"])
def test_as_many_residuals_as_jax(core, name):
    """Where the rules are the same, as many arrays are held. (tanh: jax keeps out and 1 - out, the core 1 - out².)"""
    ours, by_jax = PROGRAMS[name]
    _, x, w = _data(2)
    _, program = core["linearize"](lambda x: ours(Names(core), x, w), x)
    _, linear = jax.linearize(lambda x: by_jax(x, w), jnp.asarray(x))
    closed = jax.make_jaxpr(linear)(jnp.ones_like(x))
    # jax counts an index among its residuals; in the core it is a param.
    theirs = [array for array in closed.consts if jnp.issubdtype(array.dtype, jnp.floating)]
    assert len(core["residuals"](program)) == len(theirs)


def test_gradient_of_the_char_mlp(core):
    params, X, Y = start()
    got = core["grad"](lambda *ps: core["char_mlp"](*ps, X, Y))(*params)
    want = jax.grad(lambda ps: loss_in(jnp, ps, X, Y))([jnp.asarray(p) for p in params])
    for mine, theirs in zip(got, want, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)


def test_hessian_products_of_the_char_mlp(core):
    params, X, Y = start()
    rng = np.random.default_rng(3)
    vs = [rng.normal(size=p.shape) for p in params]
    gradient = jax.grad(lambda ps: loss_in(jnp, ps, X, Y))
    want = jax.jvp(gradient, ([jnp.asarray(p) for p in params],), ([jnp.asarray(v) for v in vs],))[1]
    for which in ("hvp", "hvp_by_grad"):
        got = core[which](lambda *ps: core["char_mlp"](*ps, X, Y), params, vs)
        for mine, theirs in zip(got, want, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-11)


def test_transpose_of_a_linear_function(core):
    rng, x, w = _data(4)
    program = core["partial_eval"](lambda x: [core["reduce_sum"](core["matmul"](x, w), (0,))], x.shape)
    core["check_linear"](program)
    ct = rng.normal(size=4)
    (want,) = jax.linear_transpose(lambda x: jnp.sum(x @ w, 0), jnp.asarray(x))(jnp.asarray(ct))
    (got,) = core["pull"](program, ct)
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-12)


def test_perturbations_are_not_confused(core):
    def derivative(f, x):
        return core["jvp"](f, [x], [1.0])[1]

    nested = derivative(lambda x: core["mul"](x, derivative(lambda y: core["add"](x, y), 2.0)), 3.0)
    assert nested == jax.grad(lambda x: x * jax.grad(lambda y: x + y)(2.0))(3.0) == 1
