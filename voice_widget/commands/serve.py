"""``python -m voice_widget serve``: the engine as a server of its own, with an agent beside it.

It needs no notebook, no key and no network. Whatever speaks OpenAI's Realtime API can call it. Where no
kernel answers, the agent beside it does: the built-in one, a chat endpoint, or yours.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import ipaddress
import logging
import os
import secrets
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from voice_widget.agents import Agent
from voice_widget.agents.functions import as_agent, hints_of
from voice_widget.commands.ice_file import IceFile
from voice_widget.commands.progress import Progress
from voice_widget.engine.stages.events import StageReport
from voice_widget.errors import SettingError, VoiceWidgetError
from voice_widget.realtime.script import Script
from voice_widget.realtime.settings.parts import KNOWN, STAGES, Stage, StageSpec
from voice_widget.services.parts import part_of, places
from voice_widget.services.scripts import script_of

TOKEN_VARIABLE = "VOICE_WIDGET_TOKEN"
PORT = 8766
CLOSE_SECONDS = 3.0


def add_options(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=PORT, help="0: any free one (%(default)s)")
    parser.add_argument(
        "--token",
        help=f"what clients have to bring; by default ${TOKEN_VARIABLE}, which other users of the machine do "
        "not see, or else a random one, which is printed",
    )
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="pages of this origin may call, too (https://host[:port]); those on the loopback always may",
    )
    parser.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="end with the program that started it and holds its standard input, however that ends",
    )
    parser.add_argument("--script", metavar="FILE", help="hear and say what stands there, in that order")
    parser.add_argument(
        "--agent", metavar="builtin|MODULE:FUNCTION", help="what answers (builtin): a function of one turn"
    )
    parser.add_argument(
        "--chat", metavar="URL", help="answer by the chat-completions endpoint at this address"
    )
    parser.add_argument("--chat-model", metavar="NAME", help="the model to ask there")
    parser.add_argument(
        "--ice-servers",
        metavar="FILE",
        help="STUN and TURN servers by which it can be reached, as JSON; read anew for each call",
    )
    for stage in STAGES:
        parser.add_argument(
            f"--{stage.replace('_', '-')}",
            metavar="PART",
            help=f"{', '.join(KNOWN[stage])}, module:Class or JSON (the best that is installed)",
        )


@dataclass(frozen=True)
class Plan:
    """The checked options."""

    host: str
    port: int
    token: str = field(repr=False)
    chosen: bool
    """The token was given, so nobody needs to be told."""
    origins: tuple[str, ...]
    until_stdin_closes: bool
    script: Script | None
    agent: Agent
    ice_servers: IceFile | None
    stages: StageSpec


def checked(options: Namespace) -> Plan:
    """Check everything before anything starts.

    Raises:
        SettingError: Something cannot be.
    """
    token = options.token if options.token is not None else os.environ.get(TOKEN_VARIABLE)
    if token is not None and (not token.strip() or not token.isascii() or not token.isprintable()):
        raise SettingError(
            "The token is empty, or holds what no HTTP header can.",
            next_step="Give letters and digits, or leave it out for a random one.",
        )
    if not 0 <= options.port <= 65535:
        raise SettingError(f"There is no port {options.port}.", next_step="Give one from 0 to 65535.")
    if options.script and (options.agent or options.chat):
        raise SettingError(
            "A script says what is answered, so nobody would ask the agent.",
            next_step="Leave out --script, or --agent and --chat.",
        )
    script = _script(options.script) if options.script else None
    given: dict[Stage, str] = {stage: text for stage in STAGES if (text := getattr(options, stage))}
    if script is not None:
        given.setdefault("stt", "scripted")
    parts = {stage: part_of(stage, text) for stage, text in given.items()}
    if script is None and "stt" in parts and parts["stt"].name == "scripted":
        raise SettingError("--stt scripted needs a script.", next_step="Give --script FILE.")
    return Plan(
        host=options.host,
        port=options.port,
        token=token.strip() if token else secrets.token_urlsafe(24),
        chosen=token is not None,
        origins=tuple(_origin(text) for text in options.allow_origin),
        until_stdin_closes=options.until_stdin_closes,
        script=script,
        agent=_agent(options),
        ice_servers=IceFile(options.ice_servers) if options.ice_servers else None,
        stages=StageSpec.of(parts, script.dump() if script else None, places(parts.values())),
    )


def serve(options: Namespace) -> int:
    """Serve until a signal, or the end of standard input, says that it is enough. Gives the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        plan = checked(options)
        # What is started from here needs no token and shall not find one.
        os.environ.pop(TOKEN_VARIABLE, None)
        return asyncio.run(_run(plan))
    except VoiceWidgetError as error:
        return _refuse(error)
    except KeyboardInterrupt:
        return 0


async def _run(plan: Plan) -> int:
    from voice_widget.agents.builtin.attendant import Attendant
    from voice_widget.engine.http.access import Access
    from voice_widget.engine.http.calls import Calls
    from voice_widget.engine.http.server import Server
    from voice_widget.engine.parent import watch_stdin
    from voice_widget.engine.stages.expectations import ExpectantStages
    from voice_widget.engine.stages.keeper import StageKeeper
    from voice_widget.threads.loop import beside
    from voice_widget.threads.work import Work

    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, over.set)
    if plan.until_stdin_closes:
        watch_stdin(loop, over)
    stages = ExpectantStages(plan.stages)
    keeper = StageKeeper(plan.stages, stages)
    progress = Progress(sys.stderr)
    keeper.on_loading = lambda loading: progress(loading.says, loading.of)
    work, hints = Work(), hints_of(plan.agent)

    def attend(send: Callable[[str], None]) -> Attendant:
        return Attendant(plan.agent, work, send, hints=hints, expect=stages.expect)

    calls = Calls(
        keeper, scripted=plan.script, companion=attend, ice_servers=plan.ice_servers or (lambda: ())
    )
    server = Server(Access(plan.token, origins=plan.origins), calls)
    watching: list[asyncio.Task[Any]] = []
    try:
        try:
            port = await server.start(plan.host, plan.port)
        except OSError as error:
            raise SettingError(
                f"It cannot listen on {plan.host}, port {plan.port}: {error.strerror or error}.",
                next_step="Give another --port (0: any free one) or --host.",
            ) from None
        # Offers are answered before the stages are warm: a page connects meanwhile.
        keeper.start()
        _tell(plan, port)
        preload = getattr(plan.agent, "preload", None)
        if preload is not None:
            watching.append(asyncio.create_task(beside(preload)))
        settled = asyncio.create_task(keeper.settled.wait())
        ended = asyncio.create_task(over.wait())
        watching += [settled, ended]
        await asyncio.wait((settled, ended), return_when=asyncio.FIRST_COMPLETED)
        progress.over()
        if settled.done() and keeper.report.missing:
            sentences = dict.fromkeys(keeper.report.missing.values())
            raise VoiceWidgetError(
                " ".join(sentences), next_step="To do without, use --vad level, --script FILE and --tts tone."
            )
        # What was loaded stays: the collector need not look at it again, which would delay frames.
        gc.collect()
        gc.freeze()
        if settled.done():
            _print(told(keeper.report))
        await ended
        return 0
    finally:
        for task in watching:
            task.cancel()
        # A part that hangs must not keep the process.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(server.close(), keeper.close())


def _tell(plan: Plan, port: int) -> None:
    everywhere = plan.host in ("0.0.0.0", "::")
    host = "127.0.0.1" if everywhere else f"[{plan.host}]" if ":" in plan.host else plan.host
    url = f"http://{host}:{port}"
    lines = [f"voice_widget serves OpenAI's Realtime API at {url}/v1"]
    if not plan.chosen:
        lines.append(f"token: {plan.token}")
    lines += [
        f'notebook:  VoiceWidget(service=OpenAI(base_url="{url}/v1", api_key="TOKEN"))',
        f'openai:    AsyncOpenAI(base_url="{url}/v1", api_key="TOKEN").realtime.connect(model="embedded")',
        f'curl:      curl -X POST -H "Authorization: Bearer TOKEN" {url}/v1/realtime/client_secrets',
    ]
    _print(lines)
    if not _loopback(plan.host):
        print(
            f"Everyone who reaches {plan.host} may try: the token and all speech travel unencrypted.\n"
            "→ Put a proxy with TLS in front of it, or listen on 127.0.0.1.",
            file=sys.stderr,
            flush=True,
        )


def told(report: StageReport) -> list[str]:
    """Which parts were taken, why smaller ones, and what one must know of them.

    Example:
        >>> told(StageReport((), parts={"vad": "level", "tts": "tone"}, notes=("kokoro is slow here.",)))
        ['parts:     vad level, tts tone', 'note:      kokoro is slow here.']
    """
    parts = ", ".join(f"{stage} {part}" for stage, part in report.parts.items())
    return [f"parts:     {parts}", *(f"note:      {said}" for said in (*report.notes, *report.about))]


def _print(lines: Iterable[str]) -> None:
    with contextlib.suppress(BrokenPipeError, ValueError):
        print("\n".join(lines), flush=True)


def _script(path: str) -> Script:
    try:
        return script_of(path)
    except SettingError as error:
        step = 'Give a file such as [{"hear": "how many rows", "say": "Two hundred."}].'
        raise SettingError(error.message, next_step=error.next_step or step) from None


def _agent(options: Namespace) -> Agent:
    if options.chat_model and not options.chat:
        raise SettingError(
            "--chat-model names a model but --chat no endpoint.",
            next_step="Give --chat URL, for instance http://127.0.0.1:11434/v1.",
        )
    if options.chat:
        if options.agent:
            raise SettingError("Only one can answer.", next_step="Give --agent or --chat.")
        from voice_widget.agents.chat import Chat

        return Chat(options.chat, options.chat_model or "")
    if options.agent in (None, "builtin"):
        from voice_widget.agents.builtin.agent import Assistant

        return Assistant()
    return _load(options.agent)


def _load(path: str) -> Agent:
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise SettingError(
            f"{path!r} names no agent.",
            next_step="Give --agent MODULE:FUNCTION, for instance my_agents:answer.",
        )
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except Exception as error:  # it is the user's code: anything may happen
        raise SettingError(
            f"The agent {path!r} does not load: {type(error).__name__}: {error}.",
            next_step="Check the names; the module is looked for in this folder and among what is installed.",
        ) from error
    return as_agent(found)


def _origin(text: str) -> str:
    scheme, colon, rest = text.partition("://")
    if scheme not in ("http", "https") or not colon or not rest.rstrip("/") or "/" in rest.rstrip("/"):
        raise SettingError(
            f"{text!r} is no origin.", next_step="Give one such as https://hub.example.org, without a path."
        )
    return text


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _refuse(error: VoiceWidgetError) -> int:
    print(f"{error.message}\n→ {error.next_step}" if error.next_step else error.message, file=sys.stderr)
    return 2
