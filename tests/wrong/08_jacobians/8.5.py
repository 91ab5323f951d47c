# %% right="other order, other graph"
better_order = ["v2", "v3", "v0", "v1"]
my_graph = {
    "x": {"p": 1.0},
    "p": {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0, "e": 1.0},
    **{q: {"r": 2.0} for q in "abcde"},
    "r": {"y": 0.5},
    "y": {},
}

# %% right="a ladder of skips"
better_order = ["v2", "v3", "v1", "v0"]
my_graph = read_graph("s t > a; a > b1 b2 b3 b4 b5; b1 b2 b3 b4 b5 > c; c > y; s > y")

# %% wrong="reverse order" says="reverse order"
better_order = ["v3", "v2", "v1", "v0"]
my_graph = read_graph("a b > p; p > q1 q2 q3 q4; p q1 q2 q3 q4 > r; r > y")

# %% wrong="forward order" says="6 is possible"
better_order = ["v0", "v1", "v2", "v3"]
my_graph = read_graph("a b > p; p > q1 q2 q3 q4; p q1 q2 q3 q4 > r; r > y")

# %% wrong="the output in the order" says="four intermediates"
better_order = ["v2", "v3", "v1", "v0", "y"]
my_graph = read_graph("a b > p; p > q1 q2 q3 q4; p q1 q2 q3 q4 > r; r > y")

# %% wrong="the graph of the text" says="gap of 1"
better_order = ["v2", "v3", "v1", "v0"]
my_graph = one_output

# %% wrong="two outputs" says="one output"
better_order = ["v2", "v3", "v1", "v0"]
my_graph = hourglass(4, 3, 4)

# %% wrong="too many intermediates" says="at most 8"
better_order = ["v2", "v3", "v1", "v0"]
my_graph = read_graph("a b > p; p > q1 q2 q3 q4 q5 q6 q7; p q1 q2 q3 q4 q5 q6 q7 > r; r > y")

# %% wrong="a chain" says="gap of 0"
better_order = ["v2", "v3", "v1", "v0"]
my_graph = read_graph("a > b; b > c; c > d; d > e; e > y")

# %% wrong="a text, not a graph" says="a graph is expected"
better_order = ["v2", "v3", "v1", "v0"]
my_graph = "a b > p; p > q1 q2 q3 q4; p q1 q2 q3 q4 > r; r > y"

# %% wrong="a circle" says="circle"
better_order = ["v2", "v3", "v1", "v0"]
my_graph = {"a": {"b": 1.0}, "b": {"c": 1.0}, "c": {"b": 1.0, "y": 1.0}, "y": {}}
