"""Answers to exercise 3.1, two resistors by hand."""

# %% right="computed in Python, parents in another order"
r1, r2 = 3.0, 6.0
u, v = r1 * r2, r1 + r2
w = u / v
graph = {"i": ["w"], "w": ["v", "u"], "v": ["r2", "r1"], "u": ["r2", "r1"]}
values = {"u": u, "v": v, "w": w, "i": 9 / w}


def pass_(a, b):
    u_dot, v_dot = a * r2 + r1 * b, a + b
    w_dot = (u_dot * v - u * v_dot) / v**2
    return {"u": u_dot, "v": v_dot, "w": w_dot, "i": -9 / w**2 * w_dot}


tangents, mixed_tangent = pass_(1, 0), pass_(1, -2)["i"]

# %% right="closed form of the mixed tangent"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = {"u": 18, "v": 9, "w": 2, "i": 4.5}
tangents = {"u": 6, "v": 1, "w": 4 / 9, "i": -1}
mixed_tangent = 1 * tangents["i"] - 2 * (-1 / 4)

# %% wrong="parents traced back to the inputs" says="not what that came from"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["r1", "r2"], "i": ["r1", "r2"]}
values = {"u": 18, "v": 9, "w": 2, "i": 4.5}
tangents = {"u": 6, "v": 1, "w": 4 / 9, "i": -1}
mixed_tangent = -0.5

# %% wrong="arrows from where a name goes" says="right of the ="
graph = {"u": ["w"], "v": ["w"], "w": ["i"], "i": []}
values = {"u": 18, "v": 9, "w": 2, "i": 4.5}
tangents = {"u": 6, "v": 1, "w": 4 / 9, "i": -1}
mixed_tangent = -0.5

# %% wrong="a sum of resistances taken for a product" says="entry v"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = {"u": 18, "v": 18, "w": 1, "i": 9}
tangents = {"u": 6, "v": 1, "w": 4 / 9, "i": -1}
mixed_tangent = -0.5

# %% wrong="plus in the quotient rule" says="sign"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = {"u": 18, "v": 9, "w": 2, "i": 4.5}
tangents = {"u": 6, "v": 1, "w": 72 / 81, "i": -2}
mixed_tangent = -0.5

# %% wrong="v stands still" says="branch through v"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = {"u": 18, "v": 9, "w": 2, "i": 4.5}
tangents = {"u": 6, "v": 1, "w": 6 / 9, "i": -1.5}
mixed_tangent = -0.5

# %% wrong="no denominator" says="factor 1/v\u00b2"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = {"u": 18, "v": 9, "w": 2, "i": 4.5}
tangents = {"u": 6, "v": 1, "w": 36, "i": -81}
mixed_tangent = -0.5

# %% wrong="the local derivative of i" says="the factor \u1e87"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = {"u": 18, "v": 9, "w": 2, "i": 4.5}
tangents = {"u": 6, "v": 1, "w": 4 / 9, "i": -9 / 4}
mixed_tangent = -0.5

# %% wrong="the sign of i" says="9/w falls"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = {"u": 18, "v": 9, "w": 2, "i": 4.5}
tangents = {"u": 6, "v": 1, "w": 4 / 9, "i": 1}
mixed_tangent = 0.5

# %% wrong="the rate of the other seed" says="entry u"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = {"u": 18, "v": 9, "w": 2, "i": 4.5}
tangents = {"u": 3, "v": 1, "w": 1 / 9, "i": -1 / 4}
mixed_tangent = -0.5

# %% wrong="the second input forgotten" says="branch of r2"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = {"u": 18, "v": 9, "w": 2, "i": 4.5}
tangents = {"u": 6, "v": 1, "w": 4 / 9, "i": -1}
mixed_tangent = -1

# %% wrong="a list in the place of a dictionary" says="dictionary"
graph = {"u": ["r1", "r2"], "v": ["r1", "r2"], "w": ["u", "v"], "i": ["w"]}
values = [18, 9, 2, 4.5]
tangents = {"u": 6, "v": 1, "w": 4 / 9, "i": -1}
mixed_tangent = -0.5
