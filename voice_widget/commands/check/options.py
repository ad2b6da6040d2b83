"""The options of the command. To read them nothing heavy is imported."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import get_args

from voice_widget.commands.check.record import Way

KEY = "OPENAI_API_KEY"
MODEL = "gpt-realtime-2.1"
TRANSCRIPTION = "gpt-4o-mini-transcribe"
WAYS: tuple[Way, ...] = get_args(Way)
TALKS = ("session", "typed", "spoken", "tool", "interruption", "barge-in", "bad-requests")
PARTS = (*WAYS, *TALKS)


def add_options(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("url", metavar="URL", help="the server's address, which ends in /v1")
    parser.add_argument("--model", default=MODEL, help="the model to ask for (%(default)s)")
    parser.add_argument("--voice", help="the voice to ask for; by default the server's own")
    parser.add_argument(
        "--transcription", default=TRANSCRIPTION, metavar="MODEL",
        help="what writes down the caller's words, or none (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--api-key-env", metavar="NAME", help=f"the environment variable that holds the key ({KEY})"
    )
    parser.add_argument("--audio", metavar="FILE", help="what the caller says: a WAV file of 16 bits")
    parser.add_argument(
        "--timeout", type=float, default=30.0, metavar="SECONDS", help="for an answer (%(default)g)"
    )
    for name, what in (("--only", "try this only"), ("--without", "leave this out")):
        parser.add_argument(
            name, action="append", default=[], choices=PARTS, metavar="PART",
            help=f"{what}; may be given again: {', '.join(PARTS)}",
        )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print it as JSON")
