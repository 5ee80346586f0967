#!/usr/bin/env python3
"""Benchmarks/stacks.py: `inquest stacks` of a running process with 1,000 threads, side by side with gdb -p and eu-stack.

Two times count: the whole, and how long the process stood still, which the process itself tells (stop_meter.c): the longest
that its clock-watching thread did not get to run. Writes STACKS.md; --no-write only prints.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from origin import origin
from peers import WORK

HERE = Path(__file__).resolve().parent
INQUEST = HERE.parent / "bin/inquest"
THREADS = 1000
# Of the peers' medians: what `inquest stacks` may take.
STOP_RATIO, WHOLE_RATIO = 1 / 20, 1 / 5


def contenders(pid: int) -> dict[str, list[str]]:
    commands = {"inquest": [str(INQUEST), "stacks", str(pid)]}
    gdb = shutil.which("gdb")
    if gdb:
        commands["gdb -p"] = [gdb, "-nx", "-q", "-batch", "-p", str(pid), "-ex", "thread apply all bt"]
    own = WORK / "trixie/eu-stack"
    eu_stack = str(own) if own.exists() else shutil.which("eu-stack")
    if eu_stack:
        version = subprocess.run([eu_stack, "--version"], capture_output=True, text=True).stdout.split("\n")[0].split()[-1]
        commands["eu-stack " + version] = [eu_stack, "-p", str(pid)]
    return commands


class Meter:
    """The program that is looked at."""

    def __init__(self) -> None:
        program = WORK / "stop_meter"
        WORK.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-O1", "-g", "-o", program, HERE / "stop_meter.c", "-lpthread"], check=True)
        self.process = subprocess.Popen(
            [program, str(THREADS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        time.sleep(1)
        self.longest()

    def longest(self) -> float:
        """Milliseconds that it did not run since this was asked for last."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline()) / 1000


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=7, help="counted runs of each (7)")
    arguments.add_argument("--no-write", action="store_true", help="leave STACKS.md as it is")
    chosen = arguments.parse_args()
    meter = Meter()
    stops: dict[str, list[float]] = {}
    wholes: dict[str, list[float]] = {}
    commands = contenders(meter.process.pid)
    wrong = []
    try:
        for turn in range(chosen.runs + 1):
            for name, command in commands.items():
                meter.longest()
                start = time.monotonic()
                output = subprocess.run(command, capture_output=True, text=True, timeout=300).stdout
                whole = (time.monotonic() - start) * 1000
                time.sleep(0.05)
                stop = meter.longest()
                if turn > 0:
                    stops.setdefault(name, []).append(stop)
                    wholes.setdefault(name, []).append(whole)
                if "wait_deep" not in output:
                    wrong.append(f"{name} did not show the stacks")
                print(f"  {name}: stopped {stop:.1f} ms, whole {whole:.0f} ms", flush=True)
    finally:
        meter.process.kill()
    rows = [
        "# `inquest stacks` of 1,000 threads, and its peers", "",
        origin("stacks"), "",
        f"Medians of {chosen.runs} runs of each, in turn. How long the process stood still, it tells itself.", "",
        "| program | stood still | whole |", "|---|---|---|",
    ]
    for name in commands:
        rows.append(f"| {name} | {statistics.median(stops[name]):.1f} ms | {statistics.median(wholes[name]):.0f} ms |")
    ours_stop, ours_whole = statistics.median(stops["inquest"]), statistics.median(wholes["inquest"])
    for name in commands:
        if name.startswith("gdb"):
            ratio = ours_stop / statistics.median(stops[name])
            rows += ["", f"Stood still, against {name}: 1/{1 / ratio:.0f} (target 1/{1 / STOP_RATIO:.0f})."]
            if ratio > STOP_RATIO:
                wrong.append("the process stands still for too long")
        if name.startswith("eu-stack"):
            ratio = ours_whole / statistics.median(wholes[name])
            rows += ["", f"Whole, against {name}: 1/{1 / ratio:.1f} (target 1/{1 / WHOLE_RATIO:.0f})."]
            if ratio > WHOLE_RATIO:
                wrong.append("it takes too long")
    text = "\n".join(rows) + "\n"
    print("\n" + text)
    if not chosen.no_write:
        (HERE / "STACKS.md").write_text(text)
    for line in sorted(set(wrong)):
        print("WRONG: " + line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
