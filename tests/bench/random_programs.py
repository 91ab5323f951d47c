"""Random programs through the engine of chapter 04 and through torch: `python -m tests.bench.random_programs 2000`."""

import sys
import time

from grader.check.exercises.ch04_programs import RUN_PROGRAMS, judge_program, one_thread, random_program
from tests.bench.taught_engine import load_engine


def main(count: int, first_seed: int = 1) -> int:
    """Run `count` programs; prints what failed and a summary; returns 1 if anything did."""
    started = time.perf_counter()
    with one_thread():
        programs = [random_program(first_seed + i) for i in range(count)]
    namespace = load_engine() | {"programs": [program.inputs for program in programs], "outputs": {}}
    exec(RUN_PROGRAMS, namespace)
    found = [
        (program, slip)
        for program, answer in zip(programs, namespace["outputs"]["answers"], strict=True)
        if (slip := judge_program(program, answer))
    ]
    for program, slip in found:
        print(f"{program.text}\n    {slip}")
    operations = sum(len(program.steps) for program in programs)
    single = sum(next(iter(program.leaves.values())).dtype == "float32" for program in programs)
    print(
        f"{count} programs of {operations} statements, {single} of them in float32: {len(found)} differ from torch "
        f"({time.perf_counter() - started:.0f} s)"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
