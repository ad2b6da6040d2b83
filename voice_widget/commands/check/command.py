"""The command: its options, the talks one after another, and what is printed."""

from __future__ import annotations

import asyncio
import json
import math
import os
import shlex
import shutil
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from voice_widget.commands.check import report, sound
from voice_widget.commands.check.options import KEY, MODEL, TALKS, TRANSCRIPTION, WAYS
from voice_widget.commands.check.probes import INSTRUCTIONS, SPOKEN
from voice_widget.commands.check.record import Way
from voice_widget.commands.check.steps import Plan
from voice_widget.commands.check.tour import run
from voice_widget.errors import SettingError, VoiceWidgetError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services.addresses import check_address, host
from voice_widget.services.openai import OpenAI

_KEYED = ("openai.com", "azure.com", "azure.us", "azure.cn")
_SCHEMES = {"ws": "http", "wss": "https"}


@dataclass(frozen=True)
class Order:
    """The checked options."""

    service: OpenAI
    settings: SessionConfig
    ways: tuple[Way, ...]
    talks: tuple[str, ...]
    timeout: float
    recording: bytes | None


def ordered(options: Namespace) -> Order:
    """Check everything before anything starts.

    Raises:
        SettingError: Something cannot be.
    """
    if not (math.isfinite(options.timeout) and 0 < options.timeout <= 600):
        raise SettingError("--timeout is out of range.", next_step="Give 1 to 600 seconds.")
    ways, talks = _parts(WAYS, options), _parts(TALKS, options)
    if not ways or not talks:
        raise SettingError("Nothing is left to try.", next_step="Leave out one --without.")
    address = _address(options.url)
    transcription = None if options.transcription == "none" else {"model": options.transcription}
    settings = SessionConfig(
        model=options.model,
        instructions=INSTRUCTIONS,
        voice=options.voice,
        output_modalities=("audio",),
        input_format={"type": "audio/pcm", "rate": 24000},
        output_format={"type": "audio/pcm", "rate": 24000},
        transcription=transcription,
        turn_detection={
            "type": "server_vad",
            "silence_duration_ms": 500,
            "create_response": True,
            "interrupt_response": True,
        },
    )
    return Order(
        OpenAI(options.model, _key(options, address), address, timeout=min(options.timeout, 30.0)),
        settings,
        cast("tuple[Way, ...]", ways),
        talks,
        options.timeout,
        sound.recording(options.audio) if options.audio else None,
    )


def check(options: Namespace) -> int:
    """Check a server. Gives the exit code: 0 nothing breaks clients, 1 something does, 2 not reached."""
    try:
        order = ordered(options)
        return asyncio.run(_check(order, options))
    except VoiceWidgetError as error:
        print(f"{error.message}\n→ {error.next_step}" if error.next_step else error.message, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


async def _check(order: Order, options: Namespace) -> int:
    def tell(text: str = "") -> None:
        if not options.json:
            print(text, flush=True)

    tell(f"voice_widget checks the Realtime server {order.service.name}, model {options.model!r}.")
    if order.recording is not None:
        speech, what = order.recording, f"the recording {os.path.basename(options.audio)}"
    else:
        speech, what = await sound.spoken(SPOKEN)
    tell(f"The caller's voice: {what}.\n")
    plan = Plan(order.settings, speech, order.timeout)
    try:
        tried = await run(order.service, plan, order.ways, order.talks, lambda talk: tell(report.line(talk)))
    finally:
        await order.service.close()
    if options.json:
        print(json.dumps(report.as_data(order.service.name, options.model, what, tried), indent=1))
    else:
        width = min(shutil.get_terminal_size((100, 24)).columns, 120)
        tell(f"\n{report.told(tried, _again(options), width)}")
    return report.exit_code(tried)


def _parts(known: Sequence[str], options: Namespace) -> tuple[str, ...]:
    """Of the ways, or of the talks, those to be tried: all, unless some are named."""
    named = [name for name in options.only if name in known]
    return tuple(x for x in known if x not in options.without and (not named or x in named))


def _address(url: str) -> str:
    """The address as the client wants it; people also have that of the socket."""
    scheme, colon, rest = url.partition("://")
    address = f"{_SCHEMES.get(scheme, scheme)}{colon}{rest.partition('/realtime')[0].rstrip('/')}"
    check_address(address)
    return address


def _key(options: Namespace, address: str) -> str | None:
    """The key; None leaves it to the client to say that there is none."""
    name = options.api_key_env or KEY
    key = os.environ.get(name, "").strip()
    if not key and options.api_key_env:
        raise SettingError(
            f"The environment variable {name} is not set.", next_step="Set it, or leave --api-key-env out."
        )
    if key:
        return key
    # Most servers of one's own want no key, but the client wants to send one.
    keyed = host(address).endswith(_KEYED)
    return None if keyed else "none"


def _again(options: Namespace) -> str:
    """The command to try again with, without what an address may hold beside the host."""
    address = urlsplit(_address(options.url))
    words = ["python -m voice_widget check", f"{address.scheme}://{host(options.url)}{address.path}"]
    given = {"--model": (options.model, MODEL), "--voice": (options.voice, None)}
    given |= {"--transcription": (options.transcription, TRANSCRIPTION), "--audio": (options.audio, None)}
    given |= {"--api-key-env": (options.api_key_env, None)}
    for name, (value, usual) in given.items():
        if value != usual:
            words += [name, shlex.quote(value)]
    return " ".join(words)
