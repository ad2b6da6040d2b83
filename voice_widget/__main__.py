"""``python -m voice_widget serve | hello | check | doctor``.

The engine as a server; one question without a browser; what is wrong with another server, or here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Gives the exit code."""
    from voice_widget.commands import serve
    from voice_widget.commands.check.options import add_options

    parser = argparse.ArgumentParser(prog="python -m voice_widget", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    about = "the engine as a server that speaks OpenAI's Realtime API"
    serve.add_options(commands.add_parser("serve", help=about, description=serve.__doc__))
    hello = commands.add_parser("hello", help="a scripted caller asks the engine one question aloud")
    hello.add_argument("--question", metavar="TEXT", help="what to ask about the data set that comes with it")
    about = "where a Realtime server deviates from the protocol"
    add_options(commands.add_parser("check", help=about))
    about = "is all well with what is installed here?"
    examined = commands.add_parser("doctor", help=about)
    examined.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    options = parser.parse_args(arguments)
    if options.command == "serve":
        return serve.serve(options)
    if options.command == "check":
        from voice_widget.commands.check.command import check

        return check(options)
    if options.command == "doctor":
        from voice_widget.commands.doctor import doctor

        return doctor(as_json=options.json)
    from voice_widget.commands.hello import QUESTION
    from voice_widget.commands.hello import hello as run

    return run(options.question or QUESTION)


if __name__ == "__main__":
    sys.exit(main())
