"""The C libraries that programs are compiled for and run with: this machine's, Debian 13's, musl."""

import re
import shutil
import subprocess
from pathlib import Path

from peers import WORK


def _version_of(library: Path | None) -> str:
    if library:
        return re.search(rb"release version (\d+\.\d+)", library.read_bytes())[1].decode()
    first = subprocess.run(["ldd", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    return re.findall(r"\d+\.\d+", first)[-1]


def libcs() -> dict[str, list[str]]:
    """How a program is compiled for each, by the name that stands in a table. Debian 13's is run by its own loader."""
    found = {f"glibc {_version_of(None)}": ["gcc"]}
    newer = WORK / "trixie/root/usr/lib/x86_64-linux-gnu"
    if (newer / "libc.so.6").exists():
        linked = [f"-Wl,-dynamic-linker,{newer}/ld-linux-x86-64.so.2", f"-Wl,-rpath,{newer}"]
        found[f"glibc {_version_of(newer / 'libc.so.6')}"] = ["gcc", *linked]
    if shutil.which("musl-gcc"):
        found["musl"] = ["musl-gcc"]
    return found
