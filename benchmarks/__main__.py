"""``python -m benchmarks [NAME …]``: all figures, or those of some modules, each in a process of its own."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time

# The quick ones first; those that need a quiet machine most are not neighbours of a browser.
MODULES = (
    "startup",
    "session",
    "growth",
    "many_talks",
    "sweep",
    "tables",
    "hour",
    "measures",
    "tool_round_trip",
    "comm",
    "word_errors",
    "turns",
    "first_sound",
    "barge_in",
    "whole_turn",
    "pacing",
    "cost",
    "panel",
    "replay",
    "lab",
    "rounds",
    "flows",
    "stock",
    "relay",
    "page_turns",
    "true_times",
    "recording",
    "aligned",
)


def main(names: list[str]) -> int:
    """Run them one after the other; a module that fails does not stop the rest."""
    if unknown := set(names) - set(MODULES):
        print(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}.", file=sys.stderr)
        return 2
    failed = []
    machine = {"name": "machine", "cpus": os.cpu_count(), "python": platform.python_version()}
    print(json.dumps(machine | {"system": platform.platform(), "load": os.getloadavg()}), flush=True)
    for name in names or MODULES:
        started = time.monotonic()
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode:
            failed.append(name)
        took = f"{time.monotonic() - started:.0f} s, load {os.getloadavg()[0]:.1f}"
        print(f"# {name}: {took}{', FAILED' if name in failed else ''}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
