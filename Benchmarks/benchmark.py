"""Measures every case, Inquest and its peers in turn, and writes one table of medians and ratios."""

import argparse
import re
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

import table
from cases import CASES, Case
from measure import Run, run_once
from peers import WORK, Peer, all_peers

INQUEST = Path(__file__).resolve().parent.parent / "bin/inquest"


@dataclass
class Contender:
    """One program in one case: its command, and its runs so far."""

    name: str
    command: list[str]
    runs: list[Run] = field(default_factory=list)
    spent: float = 0.0

    @property
    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    @property
    def megabytes(self) -> float:
        return statistics.median(run.peak_megabytes for run in self.runs)

    @property
    def gave_up(self) -> str:
        """Why there is no time to compare: it was killed for its time, or it crashed; else empty."""
        if any(run.timed_out for run in self.runs):
            return f"> {max(run.seconds for run in self.runs):.0f} s"
        signals = [-run.status for run in self.runs if run.status < 0]
        return f"crashed (signal {signals[0]})" if signals else ""


def contenders(case: Case, peers: list[Peer]) -> list[Contender]:
    if case.prepare is None:
        return [Contender("inquest", [str(INQUEST), "--version"])] + [
            Contender(peer.name, peer.version) for peer in peers
        ]
    program, core = case.prepare()
    if case.view:
        return [Contender("inquest", [str(INQUEST), "examine", core, case.view, "--exe", program, *case.options])]
    ours = Contender("inquest", [str(INQUEST), case.command, core, "--exe", program, *case.options])
    part = [Contender(table.PART, [str(INQUEST), "examine", core, *case.part, "--exe", program])] if case.part else []
    return [ours] + part + [Contender(peer.name, peer.stacks(program, core)) for peer in peers if case.command == "core"]


def measure(case: Case, peers: list[Peer], runs: int, timeout: int, patience: float) -> list[Contender]:
    """Runs all contenders of a case in turn, `runs` times, after one turn that is not counted.

    A peer that takes minutes is run less often: until it has taken `patience` seconds in all.
    """
    entered = contenders(case, peers)
    for turn in range(runs + 1):
        for contender in entered:
            if contender.gave_up or (contender.runs and contender.spent > patience):
                continue
            output = WORK / f"output-{re.sub('[^a-z0-9.]', '-', contender.name)}"
            run = run_once(contender.command, output, timeout)
            contender.spent += run.seconds
            # What takes a peer long is not made shorter by warm caches: then its first run counts too.
            slow = contender is not entered[0] and run.seconds > patience / 4
            if turn > 0 or slow or run.timed_out or run.status < 0:
                contender.runs.append(run)
            print(f"  {contender.name}: {run.seconds:.3f} s, {run.peak_megabytes:.0f} MB", flush=True)
    return entered


def missing_words(case: Case) -> list[str]:
    """What Inquest should have said of this case and did not: a fast wrong answer is not a result."""
    text = (WORK / "output-inquest").read_text(errors="replace")
    return [pattern for pattern in case.must_say if not re.search(pattern, text)]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="counted runs of each contender (5)")
    arguments.add_argument("--timeout", type=int, default=120, help="seconds after which a peer is killed (120)")
    arguments.add_argument("--patience", type=float, default=40, help="seconds a peer may take in one case (40)")
    arguments.add_argument("--only", default="", help="cases whose name contains this")
    arguments.add_argument("--alone", action="store_true", help="Inquest alone, without its peers")
    arguments.add_argument("--no-write", action="store_true", help="leave RESULTS.md as it is")
    chosen = arguments.parse_args()
    peers = [] if chosen.alone else all_peers()
    print("against: " + (", ".join(peer.name for peer in peers) or "nobody"))

    rows, wrong = [], []
    for case in CASES:
        if chosen.only not in case.name:
            continue
        print(case.name, flush=True)
        entered = measure(case, peers, chosen.runs, chosen.timeout, chosen.patience)
        for pattern in missing_words(case):
            wrong.append(f"{case.name}: inquest did not say /{pattern}/")
        rows.append((case, entered))

    text = table.render(rows, [peer.name for peer in peers], chosen.runs)
    print("\n" + text)
    if not (chosen.no_write or chosen.only or chosen.alone):
        (Path(__file__).resolve().parent / "RESULTS.md").write_text(table.introduction(chosen) + text)
    for line in wrong:
        print("WRONG: " + line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
