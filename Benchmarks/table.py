"""The table of results, in Markdown."""

from origin import origin

# The contender that does a part of the work alone.
PART = "inquest, a part"


def seconds(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def render(rows, peers: list[str], runs: int) -> str:
    """One row a case: Inquest's time and memory, its target, and each peer's time as a multiple of Inquest's."""
    lines = ["| " + " | ".join(["case", "target", "Inquest", "met", *peers]) + " |"]
    lines.append("|---" * (4 + len(peers)) + "|")
    for case, entered in rows:
        us = entered[0]
        target = f"< {seconds(case.seconds)}" + (f", < {case.megabytes:.0f} MB" if case.megabytes else "")
        if us.gave_up:
            ours, met = us.gave_up, "**no**"
        else:
            ours = f"**{seconds(us.seconds)}**, {us.megabytes:.0f} MB"
            kept = us.seconds < case.seconds and (case.megabytes is None or us.megabytes < case.megabytes)
            if case.part:
                times = us.seconds / next(contender.seconds for contender in entered if contender.name == PART)
                target += f", < {case.times:g}× of its stacks alone"
                ours += f", {times:.1f}× of its stacks alone"
                kept = kept and times < case.times
            met = "yes" if kept else "**no**"
        cells = [case.name, target, ours, met]
        for name in peers:
            peer = next((contender for contender in entered if contender.name == name), None)
            if peer is None:
                cells.append("–")
            elif peer.gave_up or us.gave_up:
                cells.append(peer.gave_up or seconds(peer.seconds))
            else:
                fewer = f", {len(peer.runs)} run{'s'[: len(peer.runs) != 1]}" if len(peer.runs) < runs else ""
                ratio = peer.seconds / us.seconds
                times = f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"
                cells.append(f"{seconds(peer.seconds)}, {times}×, {peer.megabytes:.0f} MB{fewer}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def introduction(options) -> str:
    return f"""# Results

{origin("cores")}

Wall time and peak resident memory (file pages included) of whole runs, medians of {options.runs}, all contenders in
turn, after one turn that does not count; output goes to a file. Inquest gives names, lines, the verdict and its
evidence; the peers are asked for the stacks of all threads: gdb without the values of arguments, which Inquest does
not print either, eu-stack without a limit of frames. A peer is killed after {options.timeout} s, and run less
often where it takes long. `>` and crashes are the peers' own. Multiples are of Inquest's time.

"""
