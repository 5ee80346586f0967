"""When, of what and on what machine figures were made: the line that every file of results begins with."""

import datetime
import os
import platform
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


def _line_with(path: str, name: str, separator: str) -> str:
    lines = Path(path).read_text().splitlines() if Path(path).exists() else []
    return next((line.split(separator, 1)[1].strip().strip('"') for line in lines if line.startswith(name)), "")


def origin(part: str) -> str:
    """A part as `Benchmarks/run` names it."""
    git = ["git", "-C", HERE, "rev-parse", "--short", "HEAD"]
    revision = subprocess.run(git, capture_output=True, text=True).stdout.strip()
    system = _line_with("/etc/os-release", "PRETTY_NAME", "=")
    model = _line_with("/proc/cpuinfo", "model name", ":") or platform.processor()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"Made by `Benchmarks/run {part}` on {datetime.date.today()}, revision {revision}, {system}, "
            f"Linux {platform.release()},\n{model}, {os.cpu_count()} processors, {memory:.0f} GiB.")
