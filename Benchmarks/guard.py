#!/usr/bin/env python3
"""Benchmarks/guard.py: what `inquest guard` costs a program, with all of its parts on.

Each figure is taken without and with it in turn, in new processes, and the medians of both are compared: a program's start
(children of a shell, so that Inquest's own start is none of it), a read of one byte from /dev/zero, getenv of each of 30
and of 300 variables in turn, a thread made and joined. Writes GUARD.md; --no-write only prints.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from origin import origin
from peers import WORK

HERE = Path(__file__).resolve().parent
GUARD = [str(HERE.parent / "bin/inquest"), "guard", "--"]
STARTS = 200


def call(words: list[str]):
    """Nanoseconds a call, as guarded_calls measures them."""
    command = [str(WORK / "guarded_calls"), *words]
    return lambda guard: float(subprocess.run([*guard, *command], check=True, capture_output=True, text=True).stdout)


def start(guard: list[str]) -> float:
    """Nanoseconds that one /bin/true takes of a shell that starts many, the shell's own and Inquest's start taken off."""

    def seconds(count: int) -> float:
        script = f"i=0; while [ $i -lt {count} ]; do /bin/true; i=$((i+1)); done"
        began = time.monotonic()
        subprocess.run([*guard, "sh", "-c", script], check=True)
        return time.monotonic() - began

    return (seconds(STARTS) - seconds(0)) / STARTS * 1e9


def whole(guard: list[str]) -> float:
    """Nanoseconds of one /bin/true, with Inquest's own start."""
    began = time.monotonic()
    for _ in range(20):
        subprocess.run([*guard, "/bin/true"], check=True)
    return (time.monotonic() - began) / 20 * 1e9


def duration(nanoseconds: float) -> str:
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if abs(nanoseconds) >= size:
            return f"{nanoseconds / size:.2f} {unit}"
    return f"{nanoseconds:.1f} ns"


# What is measured; how; the most that it may be more, in nanoseconds or (under one) as a share.
CASES = [
    ("the start of a program", start, 1e6),
    ("the same with the start of `inquest guard`", whole, None),
    ("read(2) of a byte from /dev/zero", call(["read", "2000000"]), 0.03),
    ("getenv among 30 variables", call(["getenv", "10000000", "30"]), 0.03),
    ("getenv among 300 variables", call(["getenv", "2000000", "300"]), 0.03),
    ("pthread_create and pthread_join", call(["threads", "20000"]), 25e3),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=11, help="runs of each figure")
    parser.add_argument("--no-write", action="store_true", help="only print")
    options = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    source = HERE / "loads/guarded_calls.c"
    subprocess.run(["gcc", "-O2", "-pthread", "-o", WORK / "guarded_calls", source], check=True)
    rows = ["| | without | with | more | at most |", "|---|---|---|---|---|"]
    is_met = True
    for name, measure, most in CASES:
        pairs = [(measure([]), measure(GUARD)) for _ in range(options.runs)]
        without, guarded = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        more, share = guarded - without, guarded / without - 1
        limit = "–" if most is None else duration(most) if most >= 1 else f"{most:.0%}"
        is_within = most is None or (more if most >= 1 else share) <= most
        is_met &= is_within
        told = f"{duration(more)} ({share:+.0%})" if most is None or most >= 1 else f"{share:+.1%}"
        rows.append(f"| {name} | {duration(without)} | {duration(guarded)} | **{told}**{'' if is_within else ' **not met**'} | {limit} |")
        print(rows[-1], flush=True)
    text = f"""# What the guard costs

{origin("guard")}

Medians of {options.runs} runs of each, without and with all parts of the guard, in turn. A call's time is the best of ten
parts of its run. A start is that of /bin/true as the child of a shell.

{chr(10).join(rows)}
"""
    if not options.no_write:
        (HERE / "GUARD.md").write_text(text)
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
