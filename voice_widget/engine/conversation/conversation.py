"""The server side of one session: turns, responses, barge-in, idle. Pure: no I/O, no clock, no thread.

A shell tells it what happened (`client_event`, `speech_started`, `speech_audio`, `tick` ...) and does, in
order, the actions that it returns. The parts: `hearing` what the user says, `answers` what is answered
(`responses`, `message`, `clauses`), `playout` what of it is heard, `floor` who interrupts it, `items` the
conversation, `commands` what clients may do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from voice_widget.engine.conversation.actions import Action, Close, Configure, Send
from voice_widget.engine.conversation.answers import Answers
from voice_widget.engine.conversation.commands import COMMANDS, Command
from voice_widget.engine.conversation.floor import Floor
from voice_widget.engine.conversation.hearing import LOST, Hearing
from voice_widget.engine.conversation.items import Items
from voice_widget.engine.conversation.plans import Plan, plan
from voice_widget.engine.conversation.servers import Servers
from voice_widget.engine.conversation.voices import check_voice
from voice_widget.engine.conversation.wire import Media, Wire, refusal
from voice_widget.engine.stages.contracts import Word
from voice_widget.errors import ProtocolError
from voice_widget.realtime.script import Script
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire import events
from voice_widget.realtime.wire.events import Event


class Conversation:
    """The server side of one session.

    ``now_ms`` is any steady clock, the same for all calls; ``audio_ms`` is the clock of the caller's samples.
    ``played_ms`` is how much was played of the answer that is being played, None when none is. Where
    ``now_ms`` is optional the last one counts.

    Args:
        config: The settings to begin with.
        session_id: The session's id.
        media: ``webrtc`` (the engine plays, the shell reports that) or ``websocket`` (the client plays).
        new_id: Makes ids by prefix.
        expires_at: When the session ends, seconds since the epoch; only shown.
        voices: The voices there are, the default one first; empty: any is taken.
        missing: Parts that are not installed (``stt``, ``tts``) and how to get them. Without ``tts`` answers
            are written, without ``stt`` speech gets no answer.
        scripted: What answers as long as no kernel is attached.
        agent_wait_ms: So long a reply waits for a kernel's socket.
        delta_wait_ms: So long it waits for the next sign of life.

    Raises:
        ProtocolError: ``config`` names a voice that there is not.

    Example:
        >>> talk = Conversation(SessionConfig(), session_id="sess_1", media="webrtc")
        >>> [action.event["type"] for action in talk.speech_started(1200, 1, now_ms=0)]
        ['input_audio_buffer.speech_started']
    """

    def __init__(
        self,
        config: SessionConfig,
        *,
        session_id: str,
        media: Media,
        new_id: Callable[[str], str] = events.new_id,
        expires_at: float = 0,
        voices: Sequence[str] = (),
        missing: Mapping[str, str] | None = None,
        scripted: Script | None = None,
        agent_wait_ms: float = 5000,
        delta_wait_ms: float = 30000,
    ) -> None:
        self.config = self._quiet(config)
        self.media = media
        self.wire = Wire(new_id)
        self.servers = Servers(self.wire)
        self.items = Items()
        self.hearing = Hearing(self.wire, self.items)
        self.answers = Answers(
            self.wire,
            self.items,
            media=media,
            scripted=scripted,
            agent_wait_ms=agent_wait_ms,
            delta_wait_ms=delta_wait_ms,
        )
        self.floor = Floor(self.answers, self._owe, self.wire.kernel)
        self.voices: Sequence[str] = ()
        self._session_id = session_id
        self._expires_at = expires_at
        self._speaks = True
        self._quiet_since_ms: float | None = None  # since when the user is expected to say something
        self._audio_ms = 0.0
        self._set_parts(voices, missing or {})
        check_voice(config.voice, self.voices, "session.audio.output.voice")

    @property
    def configuration(self) -> Configure:
        """How to listen now: for the stages when the session is opened."""
        hints = self.config.transcription if isinstance(self.config.transcription, Mapping) else {}
        prompt = hints.get("prompt") or ""
        return Configure(
            turn_detection=self.turn_detection,
            keywords=tuple(hints.get("keywords") or ()),
            phrases=tuple(line.strip() for line in prompt.splitlines() if line.strip()),
            language=hints.get("language") or "en",
        )

    @property
    def turn_detection(self) -> Mapping[str, Any] | None:
        """The turn detection in force with its defaults; None is push-to-talk."""
        return self.config.turn_taking()

    def open(self) -> Event:
        """The ``session.created`` for someone who attaches now and is greeted."""
        return self.wire.event("session.created", session=self.session())

    def session(self) -> dict[str, Any]:
        """The complete session object in force."""
        return self.config.full(self._session_id, self._expires_at)

    def plan(self, asked: Mapping[str, Any] | None = None) -> Plan:
        """What the next response is to be, with what a client asks for over the session's settings."""
        asked = asked or {}
        raw = asked.get("input")
        given = None if raw is None else self.items.given(raw, self.wire.new_id)
        return plan(self.config, asked, voices=self.voices, speaks=self._speaks, given=given)

    # --- clients ----------------------------------------------------------------------------------

    def client_event(
        self,
        event: Event,
        *,
        now_ms: float,
        played_ms: float | None = None,
        audio_ms: float | None = None,
        origin: str = "",
    ) -> list[Action]:
        """One parsed event of a client or of the kernel. A bad one costs one ``error`` to its origin."""
        self._clock(now_ms, audio_ms)
        event_id = event.get("event_id")
        try:
            events.check(event, complete=True)
            command = COMMANDS.get(event["type"])
            if command is None:
                known = ", ".join(sorted(events.CLIENT_EVENTS))
                raise refusal(
                    "invalid_value", f"There is no event {event['type']!r}. There are: {known}.", param="type"
                )
            return self._watched(command(self, Command(event, event_id, origin, played_ms, audio_ms)))
        except ProtocolError as error:
            return self.refuse(error, event_id=event_id, origin=origin)

    def refuse(self, error: ProtocolError, *, event_id: str | None, origin: str) -> list[Action]:
        """The one ``error`` event that a bad message costs."""
        return [
            self.wire.error(error, event_id=event_id if isinstance(event_id, str) else None, origin=origin)
        ]

    def configure(self, config: SessionConfig) -> list[Action]:
        """New settings, checked: all of them are in force from now on.

        Guess: every end of a call hears of them; of the captures each has one end.
        """
        before = self.configuration
        self.config = self._in_force(config)
        after = self.configuration
        told: list[Action] = [self.wire.send("session.updated", session=self.session())]
        told += self.servers.unlisted(self.config)
        return [*told, after] if after != before else told

    # --- the user's speech ------------------------------------------------------------------------

    def speech_started(
        self,
        at_ms: float,
        utterance: int,
        *,
        now_ms: float,
        played_ms: float | None = None,
        audio_ms: float | None = None,
    ) -> list[Action]:
        """The user begins to speak, perhaps over an answer; by the number of the utterance its text comes."""
        self._clock(now_ms, audio_ms)
        settings = self.turn_detection
        if settings is None or self.hearing.speaking:
            return []
        self._quiet_since_ms = None
        out: list[Action] = []
        if settings.get("interrupt_response", True):
            out = self.floor.begins(
                utterance,
                self.hearing.next_id,
                at_ms,
                settings,
                played_ms,
                audio_ms,
                opening=not (self.items.asked or self.hearing.awaited),
            )
        # The sound stops first, but who listens hears first why (documents: what; guess: in this order).
        stop = [action for action in out if not isinstance(action, Send)]
        tell = [action for action in out if isinstance(action, Send)]
        return [*stop, *self.hearing.started(at_ms, utterance), *tell]

    def speech_stopped(self, at_ms: float, *, now_ms: float) -> list[Action]:
        """The user has stopped: the utterance is committed and, unless told otherwise, answered."""
        self._clock(now_ms, at_ms)
        out = self.hearing.stopped(at_ms)
        if out and not self.floor.ends(at_ms):
            out += self._owe()
        return self._watched(out)

    def spoken_on(
        self, utterance: int, *, now_ms: float, played_ms: float | None = None, audio_ms: float | None = None
    ) -> list[Action]:
        """There is voice for so long that it is no cough."""
        self._clock(now_ms, audio_ms)
        return self.floor.spoken_on(utterance, played_ms, audio_ms)

    def partial(
        self, text: str, utterance: int, *, played_ms: float | None = None, audio_ms: float | None = None
    ) -> list[Action]:
        """What was understood so far of what is being said."""
        out = self.floor.heard(utterance, text, final=False, played_ms=played_ms, audio_ms=audio_ms)
        return out + self.hearing.partial(text, utterance)

    def final(
        self,
        text: str,
        utterance: int,
        failed: str | None = None,
        *,
        late: bool = False,
        now_ms: float,
        played_ms: float | None = None,
        audio_ms: float | None = None,
    ) -> list[Action]:
        """What was understood of an utterance, or why nothing was.

        Empty text is answered too, but for a sound over an answer, which goes on then. What could not be
        recognised is not: its answer fails for the same reason.
        """
        self._clock(now_ms)
        out = self.floor.heard(
            utterance, text, final=True, played_ms=played_ms, audio_ms=audio_ms, failed=failed is not None
        )
        item_id, why, told = self.hearing.final(text, utterance, failed, late=late)
        return self._watched(out + told + (self.answers.text_known(item_id, why) if item_id else []))

    def committed(self, utterance: int, seconds: float = 0.0, *, now_ms: float) -> list[Action]:
        """The answer to ``Listen("commit")``; 0: there was nothing. By itself it asks for no response."""
        self._clock(now_ms)
        # Who commits by hand means it.
        out = self.floor.spoken_on(utterance, None, None, "commit") + self.hearing.committed(
            utterance, seconds
        )
        return self._watched(out + self.answers.commits_answered(1, self.hearing.awaited))

    def lagging(self, ms: float) -> list[Action]:
        """What is said is understood so much later; 0: no longer."""
        return self.hearing.lagging(ms)

    # --- our speech -------------------------------------------------------------------------------

    def speech_audio(
        self, speech_id: str, audio_ms: float, words: Sequence[Word], *, now_ms: float | None = None
    ) -> list[Action]:
        """``audio_ms`` more of a speech was made; the words that start in it have times within the speech."""
        self._clock(now_ms)
        return self.answers.speech_audio(speech_id, audio_ms, words)

    def speech_done(
        self, speech_id: str, error: str | None = None, *, now_ms: float | None = None
    ) -> list[Action]:
        """A speech is whole, or could not be made."""
        self._clock(now_ms)
        return self._watched(self.answers.speech_done(speech_id, error))

    def playout_started(self, response_id: str, audio_ms: float) -> list[Action]:
        """The first voiced frame of an answer goes out."""
        self._clock(None, audio_ms)
        return self.answers.playout.started(response_id, audio_ms)

    def playout_drained(self, response_id: str, audio_ms: float, *, now_ms: float) -> list[Action]:
        """All of an answer has been played."""
        self._clock(now_ms, audio_ms)
        return self._watched(self.answers.playout.drained(response_id, audio_ms))

    # --- the others, and time ---------------------------------------------------------------------

    def agents(self, count: int, *, now_ms: float) -> list[Action]:
        """So many kernel sockets are attached now. A new one gets the open requests again."""
        self._clock(now_ms)
        return self.answers.agents(count)

    def stages_lost(self, *, now_ms: float) -> list[Action]:
        """The speech process ended. What hung on it fails; the session goes on."""
        self._clock(now_ms)
        out = self.answers.stages_lost()
        return out + self.unheard(now_ms=now_ms)

    def unheard(self, *, now_ms: float) -> list[Action]:
        """Nobody listens: what was heard, and what a client commits now, will never have a text."""
        self._clock(now_ms)
        commits = self.hearing.committing
        lost, out = self.hearing.lost()
        out = self.floor.leave() + out
        for item_id in lost:
            out += self.answers.text_known(item_id, LOST)
        return self._watched(out + self.answers.commits_answered(commits, set()))

    def stages_back(
        self, *, now_ms: float, voices: Sequence[str] | None = None, missing: Mapping[str, str] | None = None
    ) -> list[Action]:
        """There is a speech process (again): configure it and speak what has waited."""
        self._clock(now_ms)
        if voices is not None or missing is not None:
            self._set_parts(self.voices if voices is None else voices, missing or {})
        return [self.configuration, *self.answers.stages_back()]

    def expire(self) -> list[Action]:
        """The session has lasted as long as it may."""
        error = refusal(
            "session_expired", "This session has reached its longest duration.", next_step="Open a new one."
        )
        return [*self.refuse(error, event_id=None, origin=""), Close(error.code)]

    def tick(self, now_ms: float) -> list[Action]:
        """Time has passed: give up on what takes too long, speak up when the user says nothing."""
        self._clock(now_ms)
        out = self.answers.tick() + self.floor.tick()
        idle_at = self._idle_at()
        if idle_at is not None and now_ms >= idle_at:
            end_ms = self._audio_ms + self._idle_timeout_ms()
            silence = self.hearing.silence(self._audio_ms, end_ms)
            self._audio_ms = end_ms
            self._quiet_since_ms = None
            out += silence + self.answers.start(self.plan(), set())
        return self._watched(out)

    def deadline(self) -> float | None:
        """When `tick` is needed next."""
        dues = (self.answers.deadline(), self.floor.deadline(), self._idle_at())
        return min((due for due in dues if due is not None), default=None)

    # --- inside -----------------------------------------------------------------------------------

    def _clock(self, now_ms: float | None, audio_ms: float | None = None) -> None:
        if now_ms is not None:
            self.answers.now_ms = now_ms
        if audio_ms is not None:
            self._audio_ms = max(self._audio_ms, audio_ms)

    def _set_parts(self, voices: Sequence[str], missing: Mapping[str, str]) -> None:
        self.voices = tuple(voices)
        self._speaks = "tts" not in missing
        self.hearing.deaf = missing.get("stt")
        self.config = self._in_force(self.config)

    def _in_force(self, config: SessionConfig) -> SessionConfig:
        config = self._quiet(config)
        return replace(config, voice=self.voices[0]) if self.voices and not config.voice else config

    @staticmethod
    def _quiet(config: SessionConfig) -> SessionConfig:
        # Taken, as stock clients send it, but not shown: nothing here reduces noise.
        return replace(config, noise_reduction=None)

    def _answers_by_itself(self) -> bool:
        settings = self.turn_detection
        # Without a recogniser the agent would be asked about nothing.
        return (
            settings is not None and bool(settings.get("create_response", True)) and self.hearing.deaf is None
        )

    def _owe(self) -> list[Action]:
        """Answer what was said, if it is to be."""
        return self.answers.owe(self.plan(), self.hearing.awaited) if self._answers_by_itself() else []

    def _watched(self, actions: list[Action]) -> list[Action]:
        """Watch for the end of an answer: from then on the user is expected to speak."""
        heard_ms = self.answers.heard_ms
        if heard_ms is None or not self.answers.quiet or self.hearing.speaking or self.hearing.awaited:
            self._quiet_since_ms = None
        elif self._quiet_since_ms is None or heard_ms > self._quiet_since_ms:
            self._quiet_since_ms = max(heard_ms, self.answers.now_ms)
        return actions

    def _idle_timeout_ms(self) -> float:
        return float((self.turn_detection or {}).get("idle_timeout_ms") or 0)

    def _idle_at(self) -> float | None:
        if self._quiet_since_ms is None or not self._answers_by_itself():
            return None
        timeout = self._idle_timeout_ms()
        return self._quiet_since_ms + timeout if timeout else None
