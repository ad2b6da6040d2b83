"""The embedded engine as a service: a child process on a loopback port, under a token."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from voice_widget.errors import ErrorInfo, MissingParts, ServiceUnavailable, SettingError, shown
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import Answer, Capabilities, Secret
from voice_widget.services.engine_child import EngineChild, EngineSpec, release, shared
from voice_widget.services.openai import OpenAI, SocketConnection, preload
from voice_widget.services.scripts import ScriptSource, script_of

VADS = ("silero", "webrtc", "level")
STTS = ("pocketsphinx", "scripted")
TTSS = ("espeak", "tone")
INSTALL = 'pip install "voice-widget[local]"'


class Local:
    """The engine that comes with this package: no key, no account, nothing to start.

    Its process is started when the widget is made, shared by all widgets of the kernel with equal settings,
    replaced when it dies and ended with the kernel.

    Args:
        vad: ``"silero"``, ``"webrtc"`` or ``"level"`` (how loud it is).
        stt: ``"pocketsphinx"``, or ``"scripted"`` (hears what the script says).
        tts: ``"espeak"``, or ``"tone"`` (every word a tone, instantly).
        script: Hear and say what stands here instead (see `voice_widget.realtime.script`): the real engine
            for tests in a browser. Each utterance is heard as the next ``hear``; a question, spoken or typed,
            is answered by the first unused exchange with that ``hear``, and by the widget's agent where its
            ``say`` is empty or there is none. Its times do not count, for the sound is real: who speaks, and
            interrupts, does so at the microphone or by `play`. ``stt`` becomes ``"scripted"``.
        in_process: Not available; the engine is a process of its own.

    Example:
        >>> Local(vad="level")
        Local(vad='level', stt='pocketsphinx', tts='espeak')
    """

    name = "embedded engine"
    model: str | None = "embedded"

    def __init__(
        self,
        *,
        vad: str = "silero",
        stt: str = "pocketsphinx",
        tts: str = "espeak",
        script: ScriptSource | None = None,
        in_process: bool = False,
    ) -> None:
        if in_process:
            raise SettingError(
                "Running the engine inside the kernel is not built yet.", next_step="Leave in_process out."
            )
        for what, value, known in (("vad", vad, VADS), ("stt", stt, STTS), ("tts", tts, TTSS)):
            if not isinstance(value, str) or value not in known:
                raise SettingError(
                    f"There is no {what} {shown(value)}.", next_step=f"Choose one of {', '.join(known)}."
                )
        text = None
        if script is not None:
            text = script_of(script).dump()
            stt = "scripted"
        elif stt == "scripted":
            raise SettingError('stt="scripted" needs a script.', next_step="Give script=[{…}].")
        self._spec = EngineSpec(vad, stt, tts, text)
        self._child: EngineChild | None = None
        self._client: OpenAI | None = None
        self._client_of = ""
        self._capabilities = Capabilities(
            webrtc=True, sideband=True, secrets=True, verbatim=True, kernel_agent=True
        )

    def __repr__(self) -> str:
        script = ", script=…" if self._spec.script else ""
        return f"Local(vad={self._spec.vad!r}, stt={self._spec.stt!r}, tts={self._spec.tts!r}{script})"

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; the voices are known once it is warm."""
        return self._capabilities

    @property
    def notice(self) -> ErrorInfo | None:
        """What is not installed, with the line to run; known once it is warm."""
        missing = self._child.missing if self._child else {}
        if not missing:
            return None
        return MissingParts(
            f"The embedded engine lacks {', '.join(sorted(missing))}; typed text still works.",
            next_step=f"Run {INSTALL} and restart the kernel.",
        ).info()

    @property
    def pid(self) -> int | None:
        """The engine's process id while one runs."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        """The engine runs: calls made with it may still be there."""
        return self.pid is not None

    async def start(self) -> None:
        """Start and warm the engine unless it runs."""
        if self._child is None:
            self._child = shared(self._spec)
        child = self._child
        await asyncio.gather(child.start(), preload())
        if self._child is not child:
            raise ServiceUnavailable("The engine was closed while it started.", next_step="Make a new one.")
        if self._client is None or self._client_of != child.token:  # each process has a token of its own
            old, self._client, self._client_of = self._client, _EngineClient(child), child.token
            if old is not None:
                await old.close()
        await self._client.start()
        self._capabilities = replace(self._capabilities, voices=child.voices)

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        """Answer a page's offer."""
        return await (await self._reach()).answer(offer, session)

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
            await release(child)

    async def _reach(self) -> OpenAI:
        await self.start()
        assert self._client is not None
        return self._client


class _EngineClient(OpenAI):
    """`OpenAI` at the engine's address."""

    def __init__(self, child: EngineChild) -> None:
        super().__init__("embedded", child.token, f"http://127.0.0.1:{child.port}/v1", voices=child.voices)
        self._query = {"agent": "kernel"}
        self._child = child

    @property
    def name(self) -> str:
        return Local.name
