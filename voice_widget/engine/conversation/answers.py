"""The answers of one session: which runs, who is asked for it, what is spoken, what takes too long. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from voice_widget.engine.conversation.actions import Action, CancelSpeech, ClearPlayout, EndOfSpeech, Speak
from voice_widget.engine.conversation.items import Items, tokens
from voice_widget.engine.conversation.message import Message
from voice_widget.engine.conversation.plans import Plan
from voice_widget.engine.conversation.playout import Playout
from voice_widget.engine.conversation.responses import Reason, Response, Status
from voice_widget.engine.conversation.scripted import ScriptedReplies
from voice_widget.engine.conversation.wire import Media, Wire, failure, refusal, text_of
from voice_widget.engine.stages.contracts import Word
from voice_widget.realtime.script import Script

NO_AGENT = failure(
    "agent_missing",
    "No agent is attached to this session: open its socket with `agent=kernel`, then ask again.",
)
SILENT_AGENT = failure(
    "agent_timeout", "The agent has not answered in time. Ask again, or interrupt it in the kernel."
)
STAGES_LOST = failure("stages_lost", "The speech process ended and is started again. Please say that again.")
DEAF = failure("recognition_timeout", "What was said could not be recognised in time. Please say it again.")
MUTE = failure("speech_timeout", "The answer could not be spoken in time. Its text is whole.")

MOST_SPOKEN_MS = 5 * 60_000.0
"""So much of one answer is spoken: nobody listens longer, and the speaker keeps only twice that."""


class Answers:
    """Runs responses: one at a time in the conversation, any number beside it.

    Args:
        wire: Makes the events.
        items: The conversation.
        media: How audio travels; only on webrtc the engine knows what was played.
        scripted: What answers; an attached kernel is asked where the script says nothing to a question.
        agent_wait_ms: So long a reply waits for an agent's socket.
        delta_wait_ms: So long it waits for the next sign of the agent, the recogniser or the voice.
    """

    def __init__(
        self,
        wire: Wire,
        items: Items,
        *,
        media: Media,
        scripted: Script | None,
        agent_wait_ms: float,
        delta_wait_ms: float,
    ) -> None:
        self.main: Response | None = None  # the one that runs in the conversation
        self.playout = Playout(wire, items)
        self.kernel_plays = False
        """The kernel, whose client plays by itself, says that an answer sounds there."""
        self.messages: dict[str, Message] = {}  # what was said, by item
        self._wire = wire
        self._items = items
        self._media = media
        self._replies = ScriptedReplies(scripted) if scripted else None
        self._agent_wait_ms = agent_wait_ms
        self._delta_wait_ms = delta_wait_ms
        self._conversation_id = wire.new_id("conv")
        self._running: dict[str, Response] = {}
        self._speeches: dict[str, Response] = {}
        self._agents = 0
        self._owed: tuple[Plan, set[str]] | None = None
        self._unheard: tuple[str, dict[str, str]] | None = None
        """What the user said last, if it has no text and nobody was told so in place of an answer."""
        self._deferred: list[tuple[int, Plan]] = []
        """What was asked for after a commit by hand, and how many commits must be answered before."""
        self._held: list[Speak] | None = None
        """What waits to be spoken while there is no speech process; None while there is one."""
        self.now_ms = 0.0
        self.heard_ms: float | None = None
        """When the last answer ended (where the client plays: will have been played)."""

    @property
    def quiet(self) -> bool:
        """Whether nothing runs and nothing plays."""
        return not self._running and not self.playout

    @property
    def sounding(self) -> bool:
        """Whether the caller hears an answer that can be paused."""
        return self.playout.sounding or self.kernel_plays

    @property
    def can_pause(self) -> bool:
        """Whether what is to be heard can wait: the engine plays it, or a kernel that is told."""
        return self._media == "webrtc" or self._agents > 0

    @property
    def sounding_item(self) -> str | None:
        """What the caller hears, as far as that is known."""
        last = next(reversed(self.messages), None) if self.kernel_plays else None
        return self.playout.item_id or last

    # --- beginning and ending ---------------------------------------------------------------------

    def start(self, plan: Plan, waits_for: set[str]) -> list[Action]:
        """Begin a response. The agent is asked as soon as the text of all these user items is known."""
        response = Response(
            self._wire,
            plan,
            self._items,
            conversation_id=self._conversation_id,
            waits_for=waits_for if plan.text is None else set(),
            now_ms=self.now_ms,
        )
        self._running[response.id] = response
        if plan.in_conversation:
            self.main = response
        out = response.created()
        return out if response.waits_for else out + self._ask(response)

    def owe(self, plan: Plan, waits_for: set[str]) -> list[Action]:
        """Begin a response now, or when the one that runs is done."""
        if self.main is None:
            return self.start(plan, waits_for)
        self._owed = plan, waits_for
        return []

    def defer(self, plan: Plan, commits: int) -> None:
        """Begin a response when so many commits are answered.

        Raises:
            ProtocolError: Another one for the conversation waits already.
        """
        if plan.in_conversation and any(waiting.in_conversation for _, waiting in self._deferred):
            raise refusal(
                "conversation_already_has_active_response",
                "A response that was asked for begins in a moment.",
                next_step="Wait for its `response.done`, or cancel it.",
            )
        self._deferred.append((commits, plan))

    def commits_answered(self, count: int, waits_for: set[str]) -> list[Action]:
        """So many commits were answered: begin what has waited for them."""
        waiting = [(commits - count, plan) for commits, plan in self._deferred]
        self._deferred = [each for each in waiting if each[0] > 0]
        out: list[Action] = []
        for commits, plan in waiting:
            if commits <= 0:
                begin = self.owe if plan.in_conversation else self.start
                out += begin(plan, set(waits_for))
        return out

    def text_known(self, item_id: str, unheard: dict[str, str] | None = None) -> list[Action]:
        """The text of a user item is there; or will never be, for this reason."""
        out: list[Action] = []
        if unheard is not None and item_id == self._items.last_user_id:
            self._unheard = item_id, unheard
        if self._owed:
            self._owed[1].discard(item_id)
        for response in list(self._running.values()):
            if item_id in response.waits_for:
                response.waits_for.discard(item_id)
                response.progress_ms = self.now_ms
                if not response.waits_for:
                    out += self._ask(response)
        return out

    def cancel(self, response_id: str | None) -> list[Action]:
        """A client cancels a response (the one in the conversation when none is named)."""
        response = self.main if response_id is None else self._running.get(response_id)
        if response is None and response_id is None and self._deferred:
            self._deferred = []
            return []
        if response is None:
            raise refusal(
                "response_cancel_not_active", "There is no active response to cancel.", param="response_id"
            )
        return self._close(response, "cancelled", reason="client_cancelled")

    def interrupt(self, reason: Reason, played_ms: float | None, audio_ms: float | None) -> list[Action]:
        """Stop what runs and what plays; what was not heard is cut. Does nothing when all is quiet."""
        self._owed = None
        self._deferred = []
        # First of all the sound stops, then come the words about it.
        out: list[Action] = [ClearPlayout()] if self.playout or self.kernel_plays else []
        playing = self.playout
        self.playout = Playout(self._wire, self._items)
        for response in list(self._running.values()):
            # What is written out of band is nothing that one can talk over.
            if response is self.main or response.plan.manner.modality == "audio":
                out += self._close(response, "cancelled", reason=reason)
        return out + playing.clear(played_ms, audio_ms)

    def _close(self, response: Response, status: Status, *, reason: Reason | None = None) -> list[Action]:
        del self._running[response.id]
        if self.main is response:
            self.main = None
        out = self._gated(response, response.close(status, reason=reason))
        self._speeches = {key: owner for key, owner in self._speeches.items() if owner is not response}
        if response.audio_ms and (self._media == "websocket" or self.playout.holds(response.id)):
            out.append(EndOfSpeech(response.id))
        unplayed_ms = response.audio_ms if self._media == "websocket" and status != "cancelled" else 0.0
        self.heard_ms = self.now_ms + unplayed_ms
        if self._owed and self.main is None:
            (plan, waits_for), self._owed = self._owed, None
            out += self.start(plan, waits_for)
        return out

    def _fail(self, response: Response, why: dict[str, str]) -> list[Action]:
        response.failure = why
        return self._close(response, "failed")

    def _settled(self, response: Response) -> list[Action]:
        if not response.whole:
            return []
        return self._close(response, "failed" if response.failure else "completed")

    # --- the agent --------------------------------------------------------------------------------

    def _ask(self, response: Response) -> list[Action]:
        response.asked = True
        response.progress_ms = self.now_ms
        given = response.plan.input
        if given is None and response.plan.text is None and self._unheard is not None:
            (item_id, why), self._unheard = self._unheard, None
            if self._items.asks(item_id):  # nothing could be said to it but that it was not heard
                return self._fail(response, why)
        response.input_tokens = self._items.tokens() if given is None else tokens(given)
        verbatim = response.plan.text
        if verbatim is None and self._replies is not None:
            verbatim = self._replies.to(self._items.question) if self._agents else self._replies.next()
        if verbatim is not None:
            return self._write(response, verbatim) + self._end(response)
        if self._agents == 0:
            response.alone_since_ms = self.now_ms
            return []
        return [self._request(response)]

    def _request(self, response: Response) -> Action:
        plan = response.plan
        return self._wire.kernel(
            "reply.requested",
            response_id=response.id,
            item_id=self._items.last_user_id or "",
            instructions=plan.instructions,
            tools=list(plan.tools),
            tool_choice=plan.tool_choice,
            max_output_tokens=plan.max_output_tokens,
            conversation="auto" if plan.in_conversation else "none",
            **({"input": list(plan.input)} if plan.input is not None else {}),
        )

    def agents(self, count: int) -> list[Action]:
        """So many kernel sockets are attached now. A new one gets the open requests again."""
        more, self._agents = count > self._agents, count
        out: list[Action] = []
        for response in self._running.values():
            if not response.asked or response.written:
                continue
            if more:
                response.alone_since_ms = None
                response.progress_ms = self.now_ms
                out.append(self._request(response))
            elif count == 0 and response.alone_since_ms is None:
                response.alone_since_ms = self.now_ms
        return out

    def reply(self, event: Mapping[str, Any]) -> list[Action]:
        """A ``voice_widget.reply.*`` of the kernel. What comes for a response that is over is dropped."""
        response = self._running.get(text_of(event, "response_id"))
        if response is None or not response.asked or response.written:
            return []
        response.progress_ms = self.now_ms
        response.alone_since_ms = None
        match event["type"].rpartition(".")[2]:
            case "delta":
                return self._write(response, text_of(event, "delta"))
            case "call":
                arguments = event.get("arguments")
                if not isinstance(arguments, str):
                    arguments = json.dumps(arguments or {})
                if response.exceeds(characters=len(arguments)):
                    # Half a call is none: what is cut there cannot be run.
                    return self._close(response, "incomplete", reason="max_output_tokens")
                call = response.call(text_of(event, "call_id"), text_of(event, "name"), arguments)
                return self._gated(response, call)
            case _:
                return self._end(response, _agent_failure(event.get("error")), event.get("usage"))

    def _write(self, response: Response, text: str) -> list[Action]:
        out = self._gated(response, response.write(text))
        if response.message is not None and response.plan.in_conversation:
            self.messages[response.message.id] = response.message
        if response.message is not None and response.message.full:
            out += self._close(response, "incomplete", reason="max_output_tokens")
        return out

    def _end(self, response: Response, why: dict[str, str] | None = None, used: Any = None) -> list[Action]:
        if response.id not in self._running:
            return []  # too long: it has ended already
        return self._gated(response, response.end(why, used)) + self._settled(response)

    # --- the voice --------------------------------------------------------------------------------

    def _gated(self, response: Response, actions: list[Action]) -> list[Action]:
        """Keep the books on speech; hold it back while there is no process to speak it."""
        out: list[Action] = []
        for action in actions:
            if isinstance(action, Speak):
                self._speeches[action.speech_id] = response
                if self._held is not None:
                    self._held.append(action)
                    continue
            elif isinstance(action, CancelSpeech) and self._held is not None:
                # What never began needs no end.
                waited = [speak for speak in self._held if speak.speech_id != action.speech_id]
                if len(waited) < len(self._held):
                    self._held = waited
                    continue
            out.append(action)
        return out

    def speech_audio(self, speech_id: str, audio_ms: float, words: Sequence[Word]) -> list[Action]:
        """Audio was made."""
        response = self._speeches.get(speech_id)
        if response is None or response.message is None:
            return []
        response.progress_ms = self.now_ms
        characters = sum(word.end - word.start + 1 for word in words)
        too_long = response.exceeds(audio_ms=audio_ms, characters=characters)
        if too_long or response.audio_ms + audio_ms > MOST_SPOKEN_MS:
            return self._close(response, "incomplete", reason="max_output_tokens")
        if audio_ms > 0 and self._media == "webrtc":
            self.playout.add(response.id, response.message)
        return response.message.audio(speech_id, audio_ms, words)

    def speech_done(self, speech_id: str, error: str | None) -> list[Action]:
        """A clause is spoken whole, or failed: then the response does, its text is kept."""
        response = self._speeches.pop(speech_id, None)
        if response is None or response.message is None:
            return []
        response.progress_ms = self.now_ms
        if error is not None:
            response.message.unspoken(speech_id)
            return self._fail(response, failure("speech_failed", f"The answer could not be spoken: {error}"))
        return response.message.spoken(speech_id) + self._settled(response)

    def stages_lost(self) -> list[Action]:
        """The speech process ended: what hung on it fails, what is made already is played."""
        self._held = []
        out: list[Action] = []
        for response in list(self._running.values()):
            if response.waits_for or response in self._speeches.values():
                out += self._fail(response, STAGES_LOST)
        return out

    def stages_back(self) -> list[Action]:
        """There is a speech process again: speak what has waited."""
        held, self._held = self._held or [], None
        return list(held)

    # --- time -------------------------------------------------------------------------------------

    def deadline(self) -> float | None:
        """When `tick` has something to do."""
        return min(
            (due[0] for response in self._running.values() if (due := self._due(response))), default=None
        )

    def tick(self) -> list[Action]:
        """Give up on what has taken too long."""
        out: list[Action] = []
        for response in list(self._running.values()):
            due = self._due(response)
            if due is None or self.now_ms < due[0]:
                continue
            why = due[1]
            # A silent agent is no reason not to speak what it has said so far.
            out += self._end(response, why) if why in (NO_AGENT, SILENT_AGENT) else self._fail(response, why)
        return out

    def _due(self, response: Response) -> tuple[float, dict[str, str]] | None:
        patience = response.progress_ms + self._delta_wait_ms
        if response.waits_for:
            return patience, DEAF
        if response.written:
            return patience, MUTE
        if response.alone_since_ms is not None:
            return response.alone_since_ms + self._agent_wait_ms, NO_AGENT
        return patience, SILENT_AGENT


def _agent_failure(error: Any) -> dict[str, str] | None:
    if not error:
        return None
    if isinstance(error, Mapping):
        sentence = " ".join(str(error[name]) for name in ("message", "next_step") if error.get(name))
        return failure(str(error.get("code") or "agent_failed"), sentence or "The agent failed.")
    return failure("agent_failed", str(error))
