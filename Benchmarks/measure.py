"""One run of one program: wall time, peak memory, how it ended."""

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from peers import WORK


@dataclass(frozen=True)
class Run:
    seconds: float
    peak_megabytes: float
    status: int  # as subprocess has it: negative for a signal
    timed_out: bool


@cache
def _launcher() -> str:
    program = WORK / "measure"
    subprocess.run(["gcc", "-O2", "-o", program, Path(__file__).with_name("measure.c")], check=True)
    return str(program)


def run_once(command: list[str], output: Path, timeout: int) -> Run:
    """Runs a command with its output in a file; one that takes longer than `timeout` seconds is killed.

    Peak memory is the kernel's ru_maxrss of the process, file pages that it mapped included.
    """
    told = subprocess.run(
        [_launcher(), str(output), str(timeout), *command], check=True, capture_output=True, text=True
    ).stdout.split()
    status = os.waitstatus_to_exitcode(int(told[2]))
    return Run(float(told[0]), int(told[1]) * 1024 / 1e6, status, told[3] == "1")
