"""The embedded engine as a service: a child process on a loopback port, under a token."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from voice_widget.errors import ErrorInfo, MissingParts, Notice, ServiceUnavailable, SettingError
from voice_widget.realtime.settings.ice_servers import ICE_HEADER, IceServer
from voice_widget.realtime.settings.parts import Part, Stage, StageSpec
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import Answer, Capabilities, Secret
from voice_widget.services.engine_child import EngineChild, check_processes, release, shared
from voice_widget.services.openai import OpenAI, SocketConnection, preload
from voice_widget.services.parts import GivenPart, part_of, places
from voice_widget.services.scripts import ScriptSource, script_of

NAME = "embedded engine"


class Local:
    """The engine that comes with this package: no key, no account, nothing to start.

    Its process is started when the widget is made, shared by all widgets of the kernel with equal settings,
    replaced when it dies and ended with the kernel.

    Each of its parts is a name (``"faster-whisper:small.en"``), a `Part`, or a class or function of yours
    that can be imported; what is not given is the best that is installed.

    Args:
        vad: Speech detection: ``"silero"``, ``"webrtc"`` or ``"level"`` (how loud it is).
        stt: Recognition: ``"whisper"``, ``"pocketsphinx"``, ``"faster-whisper"``, ``"moonshine-voice"``,
            ``"vosk"``, ``"http"``, or ``"scripted"`` (hears what the script says).
        tts: The voice: ``"kokoro"``, ``"flite"``, ``"espeak"``, ``"piper"``, ``"http"``, or ``"tone"`` (every
            word a tone, instantly).
        turn_detector: What `SemanticVad` asks whether a turn is over: ``"rule"`` or ``"smart-turn"``.
        script: Hear and say what stands here instead (see `voice_widget.realtime.script`): the real engine
            for tests in a browser. Each utterance is heard as the next ``hear``; a question, spoken or typed,
            is answered by the first unused exchange with that ``hear``, and by the widget's agent where its
            ``say`` is empty or there is none. Its times do not count, for the sound is real: who speaks, and
            interrupts, does so at the microphone or by `play`. ``stt`` becomes ``"scripted"``.
        in_process: Not available; the engine is a process of its own.

    Raises:
        EngineError: There are no processes here: Python itself runs in the browser.
        SettingError: There is no such part, and the message says which there are.

    Example:
        >>> Local(vad="level", stt="faster-whisper:small.en")
        Local(vad='level', stt='faster-whisper:small.en')
    """

    model: str | None = "embedded"

    def __init__(
        self,
        *,
        vad: GivenPart | None = None,
        stt: GivenPart | None = None,
        tts: GivenPart | None = None,
        turn_detector: GivenPart | None = None,
        script: ScriptSource | None = None,
        in_process: bool = False,
    ) -> None:
        check_processes()
        if in_process:
            raise SettingError(
                "Running the engine inside the kernel is not built yet.", next_step="Leave in_process out."
            )
        given: dict[Stage, GivenPart | None] = {
            "vad": vad,
            "stt": stt,
            "tts": tts,
            "turn_detector": turn_detector,
        }
        parts = {stage: part_of(stage, part) for stage, part in given.items() if part is not None}
        text = None
        if script is not None:
            text = script_of(script).dump()
            parts["stt"] = Part("scripted")
        elif "stt" in parts and parts["stt"].name == "scripted":
            raise SettingError('stt="scripted" needs a script.', next_step="Give script=[{…}].")
        self._spec = StageSpec.of(parts, text, places(parts.values()))
        self._watching: list[Callable[[], None]] = []
        self._child: EngineChild | None = None
        self._client: OpenAI | None = None
        self._client_of = ""
        self._capabilities = Capabilities(
            webrtc=True,
            sideband=True,
            secrets=True,
            verbatim=True,
            kernel_agent=True,
            pauses=True,
            voice_activity=True,
            answers_ahead=True,
            ice_servers=True,
        )

    def __repr__(self) -> str:
        parts = [
            f"{stage}={part.label!r}" if part == Part.parse(part.label) else f"{stage}={part!r}"
            for stage, part in self._spec.given().items()
        ]
        return f"Local({', '.join([*parts, *(['script=…'] if self._spec.script else [])])})"

    @property
    def name(self) -> str:
        """How the panel calls it; once it is warm, with what recognises and what speaks."""
        said = [self.parts[stage] for stage in ("stt", "tts") if stage in self.parts]
        return f"{NAME} ({', '.join(said)})" if said else NAME

    @property
    def scripted(self) -> bool:
        """What it answers may stand in a script."""
        return bool(self._spec.script)

    @property
    def parts(self) -> Mapping[str, str]:
        """Which parts hear and speak, by their stage; known once it is warm."""
        return dict(self._child.parts) if self._child else {}

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; the voices are known once it is warm."""
        return self._capabilities

    @property
    def notice(self) -> ErrorInfo | None:
        """What is not installed or does not work, and what to do about it; known once it is warm."""
        child = self._child
        if child is not None and child.loading is not None:
            return _loads(child.loading)
        if child is not None and child.missing:
            lacks = f"The embedded engine lacks {', '.join(sorted(child.missing))}; typed text still works."
            why, step = _told(child.missing.values(), child.steps)
            step = step or "Mend that, or name another part."
            return MissingParts(" ".join((lacks, *why)), next_step=step).info()
        if child is not None and child.notes:
            why, step = _told(child.notes, child.steps)
            works = "a smaller part works in its place."
            return {
                "code": "smaller_parts",
                "message": " ".join((*why, *child.about)),
                "next_step": f"{step} Until then {works}"
                if step
                else f"There is nothing that has to be done: {works}",
            }
        if child is not None and child.about:
            return {
                "code": "about_parts",
                "message": " ".join(child.about),
                "next_step": "Look whether that fits what you do; if not, name another part.",
            }
        return None

    @contextmanager
    def watched(self, changed: Callable[[], None]) -> Iterator[None]:
        """Meanwhile ``changed`` is called, on the loop, each time the notice may be another one."""
        self._watching.append(changed)
        try:
            yield
        finally:
            self._watching.remove(changed)

    def _changed(self) -> None:
        for changed in list(self._watching):
            changed()

    @property
    def pid(self) -> int | None:
        """The engine's process id while one runs."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        """The engine runs: calls made with it may still be there."""
        return self.pid is not None

    async def engine(self) -> EngineChild:
        """Its process, which can be reached and may still get warm."""
        child = self._of_kernel()
        await child.listen()
        return child

    async def start(self) -> None:
        """Start and warm the engine unless it runs."""
        child = self._of_kernel()
        await asyncio.gather(child.start(), preload())
        if self._child is not child:
            raise ServiceUnavailable("The engine was closed while it started.", next_step="Make a new one.")
        if self._client is None or self._client_of != child.token:  # each process has a token of its own
            old, self._client, self._client_of = self._client, _EngineClient(child), child.token
            if old is not None:
                await old.close()
        await self._client.start()
        self._capabilities = replace(self._capabilities, voices=child.voices)

    async def answer(
        self, offer: str, session: SessionConfig, *, ice_servers: Sequence[IceServer] = ()
    ) -> Answer:
        """Answer a page's offer; the engine can be reached by these servers, too."""
        text = json.dumps([server.dump() for server in ice_servers])
        beside = {ICE_HEADER: base64.b64encode(text.encode()).decode()} if ice_servers else None
        return await (await self._reach()).answer(offer, session, beside=beside)

    async def secret(self, session: SessionConfig) -> Secret:
        """Mint a token for a page that posts its offer itself."""
        return await (await self._reach()).secret(session)

    async def connect(
        self, *, call_id: str | None = None, session: SessionConfig | None = None
    ) -> SocketConnection:
        """Open a session socket or a sideband, over which the engine asks for replies."""
        return await (await self._reach()).connect(call_id=call_id, session=session)

    async def hangup(self, call_id: str) -> None:
        """End a call. An engine that has died has no calls."""
        if self.pid is not None and self._client is not None:
            await self._client.hangup(call_id)

    async def close(self) -> None:
        """Let the engine go; the last user ends its process."""
        child, self._child = self._child, None
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        if child is not None:
            child.watching.remove(self._changed)
            await release(child)

    def _of_kernel(self) -> EngineChild:
        if self._child is None:
            self._child = shared(self._spec)
            self._child.watching.append(self._changed)
        return self._child

    async def _reach(self) -> OpenAI:
        await self.start()
        assert self._client is not None
        return self._client


def _told(sentences: Iterable[str], steps: Mapping[str, str]) -> tuple[list[str], str]:
    """What is wrong, each once and without its next step, and the first of these steps."""
    said = list(dict.fromkeys(sentences))
    why = [sentence.removesuffix(steps.get(sentence, "")).strip() for sentence in said]
    step = next((steps[sentence] for sentence in said if sentence in steps), "")
    if step.startswith("Run: "):
        step = f"Run {step.removeprefix('Run: ').rstrip('.')} and restart the kernel."
    return why, step


def _loads(loading: Mapping[str, Any]) -> Notice:
    of = loading.get("of")
    return {
        "code": "parts_loading",
        "message": f"{str(loading.get('says')).rstrip('.')}.",
        "next_step": "It goes on by itself; the first time takes longest.",
        "progress": min(max(float(of), 0.0), 1.0) if isinstance(of, int | float) else None,
    }


class _EngineClient(OpenAI):
    """`OpenAI` at the engine's address."""

    def __init__(self, child: EngineChild) -> None:
        super().__init__("embedded", child.token, f"http://127.0.0.1:{child.port}/v1", voices=child.voices)
        self._query = {"agent": "kernel"}
        self._child = child

    @property
    def name(self) -> str:
        return NAME
