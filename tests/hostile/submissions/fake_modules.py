# Puts false modules in sys.modules and an import hook before all others.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
import sys
import types


class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("grader", "safetensors")):
            sys.modules[name] = types.ModuleType(name)
        return None


sys.meta_path.insert(0, Finder())
for name in [name for name in sys.modules if name.startswith("grader.grade")]:
    sys.modules[name] = types.SimpleNamespace(clamp=lambda earned, points: points)


def double(value):
    return 0.0
