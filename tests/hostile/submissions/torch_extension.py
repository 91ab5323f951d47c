# Compiles an extension of torch and loads it.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
import subprocess
import ctypes
from pathlib import Path

Path("hostile.c").write_text("int answer(void) { return 8; }\n")
try:
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "hostile.so", "hostile.c"], check=True, timeout=20)
    print("hostile-escape", ctypes.CDLL("./hostile.so").answer())
except Exception as error:
    print(error)
try:
    from torch.utils.cpp_extension import load_inline

    load_inline("hostile", "int answer() { return 8; }", functions=["answer"])
    print("hostile-escape")
except BaseException as error:
    print(type(error).__name__)
