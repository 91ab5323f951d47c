"""Every benchmark, one after another: `python -m tests.bench [NAME…]`, for example `check engine`."""

import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    names = sys.argv[1:] or [path.stem.removeprefix("bench_") for path in sorted(HERE.glob("bench_*.py"))]
    for name in names:
        print(f"\n{name}", flush=True)
        import_module(f"tests.bench.bench_{name}").main()


if __name__ == "__main__":
    main()
