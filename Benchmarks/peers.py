"""The programs that Inquest is compared with, each asked for the stacks of all threads and no more than that."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
WORK = HERE / ".work"


@dataclass(frozen=True)
class Peer:
    name: str
    stacks: Callable[[str, str], list[str]]  # (program, core) -> the command
    version: list[str]


def _gdb(path: str) -> Peer:
    # No values of arguments: Inquest does not print them either, and they take gdb ten times as long.
    settings = ["set debuginfod enabled off", "set print frame-arguments none", "set print entry-values no"]
    options = [word for setting in settings for word in ("-iex", setting)]
    return Peer(
        "gdb " + _number([path, "--version"]),
        lambda program, core: [path, "-nx", "-q", "-batch", *options, "-ex", "thread apply all bt", program, core],
        [path, "--version"],
    )


def _eu_stack(path: str) -> Peer:
    return Peer(
        "eu-stack " + _number([path, "--version"]),
        lambda program, core: [path, "-n", "0", "-s", "-e", program, "--core", core],
        [path, "--version"],
    )


def _lldb(path: str) -> Peer:
    return Peer(
        "lldb " + _number([path, "--version"]),
        lambda program, core: [path, "--no-lldbinit", "-b", "-o", "thread backtrace all", "-c", core, program],
        [path, "--version"],
    )


def _drgn(path: str) -> Peer:
    script = WORK / "stacks_drgn.py"
    script.write_text("for thread in prog.threads():\n    print(thread.stack_trace())\n")
    return Peer(
        "drgn " + _number([path, "--version"]),
        lambda program, core: [path, "-q", "-c", core, "-s", program, str(script)],
        [path, "--version"],
    )


def _number(command: list[str]) -> str:
    """The version that a program tells of itself; empty where it does not even start."""
    try:
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+\.\d+(\.\d+)*", (outcome.stdout or outcome.stderr).splitlines()[0] if outcome.stdout else "")
    return found.group() if outcome.returncode == 0 and found else ""


def all_peers() -> list[Peer]:
    """Every peer that is installed and starts."""
    makers = [
        (_gdb, ["gdb"]),
        (_eu_stack, [str(WORK / "trixie/eu-stack")]),
        (_eu_stack, ["eu-stack"]),
        (_lldb, ["lldb", "lldb-19"]),
        (_drgn, [str(WORK / "venv/bin/drgn")]),
    ]
    peers = []
    for make, names in makers:
        for name in names:
            path = shutil.which(name)
            if path and _number([path, "--version"]):
                peers.append(make(path))
                break
    return peers
