#!/usr/bin/env python3
"""Benchmarks/tracing.py: what it costs a program to be traced, side by side with strace and PRoot.

Every load runs by itself and under each tracer in turn; what counts is the ratio of medians to the run by itself. Writes
TRACING.md; --no-write only prints.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from measure import run_once
from origin import origin
from peers import WORK

HERE = Path(__file__).resolve().parent
INQUEST = HERE.parent / "bin/inquest"
LOADS = HERE / "loads"
NATIVE = "native"


@dataclass(frozen=True)
class Load:
    """A program, the one call that is asked for where one is, and the targets: ratios to native, by contender."""

    name: str
    command: list[str]
    call: str
    targets: dict[str, float]
    environment: dict[str, str]


def compiled(name: str) -> str:
    WORK.mkdir(parents=True, exist_ok=True)
    program = WORK / name
    subprocess.run(["gcc", "-O2", "-pthread", "-o", program, LOADS / f"{name}.c"], check=True)
    return str(program)


def loads() -> list[Load]:
    threads, stats = compiled("thread_batches"), compiled("stat_calls")
    children = "i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done"
    found = [
        Load("20,000 threads made and joined in batches of 64", [threads, "20000", "64"], "openat",
             {"trace, all": 5, "run, with the ledger": 2.5, "run, without breakpoints": 1.3}, {}),
        Load("200,000 stat calls", [stats, "200000"], "openat", {"trace, all": 22, "trace, 1 call": 1.1}, {}),
        Load("find /usr -name '*.h'", ["find", "/usr", "-name", "*.h"], "openat",
             {"trace, all": 11, "trace, 1 call": 1.9}, {}),
        Load("tar of /usr/include to a pipe", ["sh", "-c", "tar -C /usr -cf - include | cat"], "openat",
             {"trace, all": 9, "trace, 1 call": 1.7}, {}),
        Load("500 short children of a shell", ["sh", "-c", children], "openat",
             {"trace, all": 3, "run, with the ledger": 1.3}, {}),
    ]
    if shutil.which("node"):
        found.append(
            Load("node, 64 pool threads, 200 file reads", ["node", str(LOADS / "read_files.js")], "openat",
                 {"trace, all": 1.6, "run, with the ledger": 1.1}, {"UV_THREADPOOL_SIZE": "64"}))
    if shutil.which("python3"):
        found.append(
            Load("no threads, children or crashes", ["python3", "-c", "sum(i * i for i in range(20_000_000))"], "openat",
                 {"run, with the ledger": 1.01}, {}))
    return found


def contenders(load: Load) -> dict[str, list[str]]:
    """Everybody's command. All write what they see into a file."""
    output = str(WORK / "trace-output")
    ours = str(INQUEST)
    result = {NATIVE: load.command}
    strace = shutil.which("strace")
    if strace:
        result["strace -f"] = [strace, "-f", "-o", output, *load.command]
        result["strace --seccomp-bpf, 1 call"] = [
            strace, "-f", "--seccomp-bpf", "-e", f"trace={load.call}", "-o", output, *load.command]
    proot = shutil.which("proot")
    if proot:
        result["PRoot"] = [proot, "-r", "/", *load.command]
    result["the least, all"] = [compiled("least_tracer"), *load.command]
    result["trace, all"] = [ours, "trace", "-o", output, "--", *load.command]
    result["trace, 1 call"] = [ours, "trace", "--calls", load.call, "-o", output, "--", *load.command]
    result["run, with the ledger"] = [ours, "run", "--", *load.command]
    result["run, without breakpoints"] = [ours, "run", "--no-ledger", "--", *load.command]
    return result


def measure(load: Load, names: str, runs: int, timeout: int) -> dict[str, float | str]:
    """Seconds by contender, or why there are none."""
    commands = {name: command for name, command in contenders(load).items() if name == NATIVE or names in name}
    times: dict[str, list[float]] = {name: [] for name in commands}
    failed: dict[str, str] = {}
    os.environ.update(load.environment)
    for turn in range(runs + 1):
        for name, command in commands.items():
            if name in failed:
                continue
            run = run_once(command, WORK / "output-load", timeout)
            print(f"  {name}: {run.seconds:.3f} s", flush=True)
            if run.timed_out:
                failed[name] = f"> {timeout} s"
            elif run.status != 0:
                failed[name] = f"failed ({run.status})"
            elif turn > 0:
                times[name].append(run.seconds)
    for name in load.environment:
        del os.environ[name]
    return {name: failed.get(name) or statistics.median(times[name]) for name in commands}


def cell(name: str, load: Load, seconds: dict[str, float | str]) -> str:
    value, native = seconds.get(name), seconds[NATIVE]
    if value is None:
        return "–"
    if isinstance(value, str) or isinstance(native, str):
        return str(value)
    if name == NATIVE:
        return f"{value * 1000:.0f} ms"
    ratio = value / native
    text = f"{ratio:.2f}" if ratio < 2 else f"{ratio:.1f}"
    target = load.targets.get(name)
    if target is None:
        return text
    return f"**{text}** (target {target:g}{'' if ratio <= target else ', **not met**'})"


def render(rows: list[tuple[Load, dict[str, float | str]]]) -> str:
    names = []
    for _, seconds in rows:
        names += [name for name in seconds if name not in names]
    lines = ["| " + " | ".join(["load", *names]) + " |", "|---" * (len(names) + 1) + "|"]
    for load, seconds in rows:
        lines.append("| " + " | ".join([load.name, *(cell(name, load, seconds) for name in names)]) + " |")
    return "\n".join(lines) + "\n"


def introduction(runs: int) -> str:
    version = subprocess.run(["strace", "--version"], capture_output=True, text=True).stdout.split("\n")[0] \
        if shutil.which("strace") else "no strace"
    return f"""# What it costs to be traced

{origin("tracing")} {version}.

Wall time of a program under each tracer as a multiple of its time by itself: medians of {runs} runs, all in turn, after one
turn that does not count. Tracers write what they see into a file. The one call that is asked for is openat. "The least" is
a loop in C that stops at each call as every tracer of all calls must, asks what it is, and does nothing else
([loads/least_tracer.c](loads/least_tracer.c)), on one processor with the program: what is beyond it is ours.

"""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="counted runs of each (5)")
    arguments.add_argument("--timeout", type=int, default=120, help="seconds after which a run is killed (120)")
    arguments.add_argument("--only", default="", help="loads whose name contains this")
    arguments.add_argument("--contender", default="", help="contenders whose name contains this, besides native")
    arguments.add_argument("--no-write", action="store_true", help="leave TRACING.md as it is")
    chosen = arguments.parse_args()
    rows = []
    for load in loads():
        if chosen.only not in load.name:
            continue
        print(load.name, flush=True)
        rows.append((load, measure(load, chosen.contender, chosen.runs, chosen.timeout)))
    text = render(rows)
    print("\n" + text)
    if not (chosen.no_write or chosen.only or chosen.contender):
        (HERE / "TRACING.md").write_text(introduction(chosen.runs) + text)
    return 1 if "failed" in text else 0


if __name__ == "__main__":
    sys.exit(main())
