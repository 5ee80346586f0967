#!/usr/bin/env python3
"""Benchmarks/handrail.py: what Handrail costs, and what threads lose that are cancelled, by libc's means and by Handrail's.

Threads open, accept or read in a loop, and are cancelled at any moment (Tests/Fixtures/handrail/handrail_leaks.c; in
Swift Tests/HandrailTrial/Leaks.swift). With this machine's glibc, with Debian 13's, run by its own loader, and with musl.
Writes HANDRAIL.md; --no-write only prints.
"""

import argparse
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from libcs import libcs
from origin import origin
from peers import WORK

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CALLS = ["open", "openat", "accept", "accept4", "read"]


def compiled(libc: str, compiler: list[str], is_alone: bool) -> Path:
    program = WORK / f"handrail_leaks-{libc.replace(' ', '-')}{'-alone' if is_alone else ''}"
    core = ROOT / "Sources/CHandrail"
    sources = ["-DLIBC_ALONE"] if is_alone else [*core.glob("*.c"), *core.glob("*.S")]
    fixture = ROOT / "Tests/Fixtures/handrail/handrail_leaks.c"
    subprocess.run([*compiler, "-w", "-O2", "-pthread", "-o", program, fixture, *sources], check=True)
    return program


def cell(command: list) -> str:
    try:
        line = subprocess.run(command, capture_output=True, text=True, timeout=1800).stdout
    except subprocess.TimeoutExpired:
        return "did not end"
    match = re.search(r"(\d+) lost, (\d+) not cancelled", line)
    if not match:
        return "nothing said"
    return f"{int(match[1]):,}" + ("" if match[2] == "0" else f", {match[2]} cancellations")


def trial() -> Path:
    build = ["swift", "build", "-c", "release", "--product", "handrail-trial"]
    subprocess.run(build, cwd=ROOT, check=True, stdout=sys.stderr)
    shown = subprocess.run([*build, "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return Path(shown.strip()) / "handrail-trial"


def median_cost(program: Path, word: str, runs: int) -> float:
    found = [subprocess.run([program, word, "20000000"], capture_output=True, text=True).stdout for _ in range(runs)]
    return statistics.median(float(line.split()[0]) for line in found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="cancellations of each call")
    parser.add_argument("--runs", type=int, default=9, help="runs of each figure in time")
    parser.add_argument("--no-write", action="store_true", help="only print")
    options = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    rows = ["| " + " | ".join(["", *CALLS]) + " |", "|" + "---|" * (len(CALLS) + 1)]
    bad = False
    for libc, compiler in libcs().items():
        for is_alone in (True, False):
            program = compiled(libc, compiler, is_alone)
            cells = [cell([program, call, str(options.count)]) for call in CALLS]
            rows.append(f"| {libc}, {'its own threads' if is_alone else 'Handrail'} | " + " | ".join(cells) + " |")
            print(rows[-1], flush=True)
            bad |= not is_alone and any(found != "0" for found in cells)
    swift = trial()
    cells = [cell([swift, "leaks", str(options.count), call]) for call in ("open", "accept", "read")]
    rows.append(f"| Handrail in Swift | {cells[0]} | {cells[0]} | {cells[1]} | {cells[1]} | {cells[2]} |")
    print(rows[-1], flush=True)
    bad |= any(found != "0" for found in cells)
    check, switch = median_cost(swift, "cost", options.runs), median_cost(swift, "cost-of-growing", options.runs)
    times = []
    for _ in range(options.runs):
        start = time.monotonic()
        subprocess.run([swift, "parse", "1000000", "main"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - start)
    text = f"""# Handrail

{origin("handrail")}

Descriptors (or, of a pipe, bytes) that are lost in {options.count:,} cancellations of threads which open, accept or read in a
loop. By Handrail, open and openat are one call, and so are accept and accept4.

{chr(10).join(rows)}

| medians of {options.runs} runs | |
|---|---|
| `CallStack.withRoom` that does not grow (target: under 2 ns) | {check:.2f} ns |
| `CallStack.withRoom` that goes to a segment and back | {switch:.0f} ns |
| a parser 1,000,000 levels deep and back, twice, its process included | {statistics.median(times) * 1000:.0f} ms |
"""
    print(text)
    if not options.no_write:
        (HERE / "HANDRAIL.md").write_text(text)
    return 1 if bad or check >= 2 else 0


if __name__ == "__main__":
    sys.exit(main())
