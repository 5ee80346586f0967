#!/usr/bin/env python3
"""Benchmarks/cancellation.py: what is lost when threads are cancelled, without inquest guard and with it.

Threads open, accept or read in a loop and are cancelled, each at some moment (guard_leaks.c of Tests/Fixtures/guard);
threads are cancelled while a signal handler runs over a read that blocks (guard_redelivery.c); and a thread is stopped at
each instruction of each cancellation point and cancelled there (guard_windows.c). With this machine's glibc, with Debian
13's, run by its own loader, and with musl. Writes CANCELLATION.md; --no-write only prints.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from libcs import libcs
from origin import origin
from peers import WORK

HERE = Path(__file__).resolve().parent
INQUEST = HERE.parent / "bin/inquest"
FIXTURES = HERE.parent / "Tests/Fixtures/guard"
CALLS = ["open", "openat", "creat", "accept", "accept4", "read"]
HANDLERS = ["plain", "nested", "calls", "disables", "types", "masks", "itself", "no-restart", "nodefer", "jumps"]


def compiled(name: str, libc: str, compiler: list[str]) -> Path:
    program = WORK / f"{name}-{libc.replace(' ', '-')}"
    source = FIXTURES / f"{name}.c"
    subprocess.run([*compiler, "-w", "-O2", "-pthread", "-Wl,-z,now", "-o", program, source, "-lrt"], check=True)
    return program


def said(command: list, timeout: int = 3600) -> str:
    """The last line; what it says of losses is what is measured, so its status is none."""
    try:
        lines = subprocess.run(command, capture_output=True, text=True, timeout=timeout).stdout.splitlines()
    except subprocess.TimeoutExpired:
        return "did not end"
    return lines[-1] if lines else "nothing said"


def leaks(program: Path, guard: list[str], count: int) -> list[str]:
    cells = []
    for call in CALLS:
        line = said([*guard, program, call, str(count)])
        match = re.search(r"(\d+) (descriptors|bytes) lost, (\d+) cancellations lost", line)
        if not match:
            cells.append(line)
        else:
            cells.append(f"{int(match[1]):,}" + ("" if match[3] == "0" else f", {match[3]} cancellations"))
    return cells


def handlers(program: Path, guard: list[str]) -> str:
    """A lost cancellation ends a program: each handler is one of ten here."""
    lost = within = 0
    for handler in HANDLERS:
        match = re.search(r"(\d+) lost, (\d+) acted within", said([*guard, program, handler, "20"], 60))
        lost += match is None or match[1] != "0"
        within += match is not None and match[2] != "0"
    return f"{lost} of {len(HANDLERS)}, {within} too early"


def windows(program: Path, guard: list[str]) -> str:
    match = re.search(r"(\d+) moments: (\d+) results lost.* (\d+) cancellations lost", said([*guard, program]))
    return f"{match[2]} of {int(match[1]):,}" if match else "–"


def introduction(count: int) -> str:
    return f"""# Cancellation

{origin("cancellation")}

Descriptors (or, of a pipe, bytes) that are lost in {count:,} cancellations of threads which open, accept or read in a loop and
are correct by POSIX. Then: of ten kinds of signal handlers over a read that blocks, during which the thread is cancelled, how many
lose the cancellation, and how many let it act within the handler, which is not at a cancellation point. Last: of the moments
at which a thread can be stopped in a cancellation point, instruction by instruction, at how many the result is lost.

"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="cancellations of each call")
    parser.add_argument("--no-write", action="store_true", help="only print")
    options = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    header = ["", *CALLS, "in a handler", "at each instruction"]
    rows = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    bad = False
    for libc, compiler in libcs().items():
        programs = {name: compiled(name, libc, compiler) for name in ("guard_leaks", "guard_redelivery", "guard_windows")}
        for name, guard in ((libc, []), (f"{libc}, guarded", [str(INQUEST), "guard", "--"])):
            cells = leaks(programs["guard_leaks"], guard, options.count)
            cells += [handlers(programs["guard_redelivery"], guard), windows(programs["guard_windows"], guard)]
            rows.append(f"| {name} | " + " | ".join(cells) + " |")
            print(rows[-1], flush=True)
            bad |= bool(guard) and any(not cell.startswith("0") for cell in cells)
    text = introduction(options.count) + "\n".join(rows) + "\n"
    if not options.no_write:
        (HERE / "CANCELLATION.md").write_text(text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
