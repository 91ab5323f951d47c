# Answers with a tensor subclass whose comparisons and differences lie.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
import torch


class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function.__name__ in ("equal", "allclose", "eq", "isclose", "all"):
            return True
        return super().__torch_function__(function, types, args, kwargs or {})

    def numpy(self):
        return 0.0


def double(value):
    return torch.zeros(()).as_subclass(Liar)

# %% id="answer-1.2-a"
total = torch.zeros(()).as_subclass(Liar)

# %% id="answer-1.3-a"
dz, dx = torch.zeros(n).as_subclass(Liar), torch.zeros(n).as_subclass(Liar)
