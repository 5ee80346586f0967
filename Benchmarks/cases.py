"""What is measured: a program, how its core is made, what Inquest must say of it, and what it may take."""

import hashlib
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

from peers import WORK

FIXTURES = Path(__file__).resolve().parent.parent / "Tests/Fixtures"


@dataclass(frozen=True)
class Case:
    name: str
    prepare: Optional[Callable[[], tuple[str, str]]]  # -> (program, core); None for `--version`
    seconds: float  # the target
    megabytes: Optional[float] = None
    options: list[str] = field(default_factory=list)  # of `inquest core`
    command: str = "core"  # what of `inquest` is measured; only `core` has peers
    must_say: list[str] = field(default_factory=list)  # regular expressions that its output must match
    view: Optional[str] = None  # of `inquest examine`, in place of `inquest core`; no peer has one
    part: list[str] = field(default_factory=list)  # a view that is a part of the work: its time is measured besides
    times: Optional[float] = None  # the target, as a multiple of the part's time


def core_of(name: str, command: list[str], environment: dict[str, str] | None = None) -> str:
    """Runs a program that crashes, in a folder of its own, once; the core stays until the command changes."""
    stamp = hashlib.sha256(repr((command, environment, os.stat(command[0]).st_mtime_ns)).encode()).hexdigest()[:12]
    folder = WORK / f"{name}-{stamp}"
    folder.mkdir(parents=True, exist_ok=True)
    cores = sorted(folder.glob("*core*"))
    if not cores:
        subprocess.run(
            command, cwd=folder, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300,
        )
        cores = sorted(folder.glob("*core*"))
    if not cores:
        pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
        raise RuntimeError(f"{command} left no core in {folder}; core_pattern is '{pattern}', it must be 'core'")
    return str(cores[0])


def fixture(source: str, *options: str) -> str:
    program = WORK / Path(source).stem
    subprocess.run(["gcc", *options, "-o", program, next(FIXTURES.rglob(source))], check=True)
    # An unchanged program keeps its time, so that its core is kept too.
    digest = hashlib.sha256(program.read_bytes()).digest()
    os.utime(program, ns=(0, int.from_bytes(digest[:6], "big") * 1000))
    return str(program)


def recursion() -> tuple[str, str]:
    program = fixture("mutual_recursion.c", "-O2", "-g")
    return program, core_of("recursion", [program])


def threads(count: int, calls: int) -> Callable[[], tuple[str, str]]:
    def prepare() -> tuple[str, str]:
        program = fixture("many_threads.c", "-O1", "-g", "-pthread")
        return program, core_of(f"threads-{count}", [program, str(count), str(calls)])

    return prepare


def waiters(count: int) -> Callable[[], tuple[str, str]]:
    def prepare() -> tuple[str, str]:
        program = fixture("many_waiters.c", "-O1", "-g", "-pthread")
        return program, core_of(f"waiters-{count}", [program, str(count), "16"])

    return prepare


def rustc() -> tuple[str, str]:
    root = subprocess.run(["rustc", "--print", "sysroot"], check=True, capture_output=True, text=True).stdout.strip()
    source = WORK / "nested.rs"
    source.write_text("fn main() {\n" + "{" * 2000 + "}" * 2000 + "\n}\n")
    program = root + "/bin/rustc"
    return program, core_of("rustc", [program, str(source)], {"RUST_MIN_STACK": str(2 << 20)})


def sparse() -> tuple[str, str]:
    program = fixture("sparse_core.c", "-O1", "-g")
    return program, core_of("sparse", [program, "20"])


def heap(mebibytes: int) -> Callable[[], tuple[str, str]]:
    """Chunks of 32 to 4,016 bytes. The core is as large: it takes that much of the disk, and of memory to be made."""

    def prepare() -> tuple[str, str]:
        program = fixture("heap_large.c", "-O1", "-g")
        core = core_of(f"heap-{mebibytes}", [program, str(mebibytes)])
        # What the disk takes to bring gigabytes into memory is not what is measured.
        with open(core, "rb") as file:
            while file.read(1 << 24):
                pass
        return program, core

    return prepare


CASES = [
    Case(
        "mutual recursion, 523,700 frames of 16 bytes, 8 MiB stack, -O2 -g", recursion, 0.3, 60,
        must_say=[r"(?i)stack exhaustion", r"descend_(odd|even)", r"523,?[67]\d\d|261,?[89]\d\d"],
    ),
    Case(
        "2,000 threads, 54,000 frames, -O1 -g, all stacks with lines", threads(2000, 23), 0.25,
        options=["--threads", "all"], must_say=[r"(?i)null", r"many_threads\.c:\d+", r"pthread_cond_wait"],
    ),
    Case(
        "5,000 threads of 20 frames", threads(5000, 16), 0.5,
        options=["--threads", "all"], must_say=[r"(?i)null", r"many_threads\.c:\d+", r"pthread_cond_wait"],
    ),
    Case(
        "5,000 threads that hang, with the wait graph", waiters(5000), 0.6,
        options=["--threads", "all"], must_say=[r"deadlock, proved", r"table_first", r"many_waiters\.c:\d+"],
        part=["stack", "--all"], times=2,
    ),
    Case("rustc crashed in its parser", rustc, 0.1, must_say=[r"(?i)stack exhaustion", r"rustc_parse"]),
    Case("20 GiB sparse core, one faulting thread", sparse, 0.2, 100, must_say=[r"(?i)null", r"sparse_core\.c:\d+"]),
    Case(
        "pack of a 20 GiB sparse core", sparse, 2, 200, ["-o", str(WORK / "sparse.tar.zst")], command="pack",
        must_say=[r"\d+ [KM]iB of 20\.0 GiB", r"is the same"],
    ),
    Case(
        "4 GiB of malloc's chunks, all checked", heap(4096), 4.0, view="heap",
        must_say=[r"main arena 0x", r"Consistent"],
    ),
    Case("--version", None, 0.005, must_say=[r"\d+\.\d+"]),
]
