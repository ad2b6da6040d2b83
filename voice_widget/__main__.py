"""``python -m voice_widget hello``: try the engine without a browser."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m voice_widget", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    hello = commands.add_parser("hello", help="a scripted caller asks the engine one question aloud")
    hello.add_argument("--question", metavar="TEXT", help="what to ask about the data set that comes with it")
    commands.add_parser("serve", help="the engine as a server of its own (not built yet)")
    options = parser.parse_args(arguments)
    if options.command == "serve":
        print(
            "`serve` is not built yet; the engine runs as a child of Local().\n"
            "→ Use VoiceWidget() in a notebook, or `python -m voice_widget hello`.",
            file=sys.stderr,
        )
        return 2
    from voice_widget.hello import QUESTION
    from voice_widget.hello import hello as run

    return run(options.question or QUESTION)


if __name__ == "__main__":
    sys.exit(main())
