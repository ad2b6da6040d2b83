"""What is said in a talk: turns that are typed, spoken by the assistant, or played. On the loop thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from voice_widget.audio.microphone import Pace, pcm24k
from voice_widget.audio.streams import is_stream, pieces
from voice_widget.call.deliveries import CallLost, Doubtful, Fatal, future
from voice_widget.call.ways import Page
from voice_widget.errors import SettingError, StateError, VoiceWidgetError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.wire.events import Event
from voice_widget.services import Service
from voice_widget.talk.dialler import Dialler
from voice_widget.talk.images import parts_of
from voice_widget.talk.journal import Journal
from voice_widget.talk.run import Run, no_sound

if TYPE_CHECKING:
    from voice_widget.call.call import Call

MOST_CALLS = 3  # in so many a turn is sent and lost, and then no more


class Saying:
    """Brings turns to the call of the moment, and to the next one if that is lost.

    Args:
        dialler: The talk's calls.
        service: Who is called.
        session: What a call has been told already.
        journal: Gets a fault that no verb can tell of any more.
        page: Sends a message to the pages.
        new_id: Makes ids.
        by_webrtc: Events may have to go by the page's data channel.
    """

    def __init__(
        self,
        dialler: Dialler,
        *,
        service: Service,
        session: Session,
        journal: Journal,
        page: Page,
        new_id: Callable[[str], str],
        by_webrtc: bool = False,
    ) -> None:
        self._dialler, self._service, self._session = dialler, service, session
        self._journal, self._page, self._new_id = journal, page, new_id
        self._by_webrtc = by_webrtc
        self._playing: dict[str, asyncio.Future[None]] = {}  # what pages play now, by request

    async def as_user(self, text: str, page: str = "", images: Iterable[Any] = ()) -> None:
        """A typed user turn, with images as bytes. Without a call one is made, for that page."""
        content = self.content(text, images)
        item = {"id": self._new_id("item"), "type": "message", "role": "user", "content": content}
        await self._deliver(
            {"type": "conversation.item.create", "item": item}, {"type": "response.create"}, page=page
        )

    def content(self, text: str, images: Iterable[Any] = ()) -> list[dict[str, Any]]:
        """The parts of such a turn's item.

        Raises:
            SettingError: There is nothing to say, or an image that is none or too large.
            StateError: The service sees no images.
        """
        seen = parts_of(images, self._service, by_webrtc=self._by_webrtc)
        if seen and not text:
            return seen
        return [*seen, {"type": "input_text", "text": text_to_say(text)}]

    async def verbatim(self, text: str) -> None:
        """Let the assistant say exactly this."""
        await self._deliver(self.exactly(text))

    def exactly(self, text: str) -> Event:
        """The event that lets the assistant say exactly this."""
        response: dict[str, Any] = {"text": text}
        if not self._service.capabilities.verbatim:
            response = {
                "input": [],
                "tool_choice": "none",
                "instructions": f"Say exactly the following text, word for word, and nothing else:\n{text}",
                "metadata": {"voice_widget": "say"},
            }
        return {"type": "response.create", "response": response}

    async def play(self, audio: Any, sample_rate: int, pace: Pace) -> None:
        """Speak as the caller; done when all of it was said."""
        run = self._run()
        if not run.way.ours:
            raise no_sound("Type with send_text(), or leave it and call.")
        call = await self._dialler.connected_call(run)
        work = (
            self._by_page(audio, sample_rate) if run.way.by_page else _speak(call, audio, sample_rate, pace)
        )
        said = call.spawn(work)
        if said is None or ((await asyncio.wait({said})) and said.cancelled()):
            await self._dialler.connected_call(run)  # fails with the reason, if the call is over for good
            raise StateError(
                "The call was lost before all was said.", code="call_lost", next_step="Play it again."
            )
        if (error := said.result()) is not None:
            raise error

    async def _by_page(self, audio: Any, sample_rate: int) -> VoiceWidgetError | None:
        """Let the page say it; what it cannot do is given back: raised here it would end the call."""
        request_id = self._new_id("play")
        played = self._playing[request_id] = future()
        self._page({"type": "play", "request_id": request_id, "sample_rate": sample_rate}, [audio])
        try:
            await played
        except VoiceWidgetError as error:
            return error
        finally:
            self._playing.pop(request_id, None)
        return None

    def played(self, request_id: str, error: VoiceWidgetError | None) -> None:
        """A page has played a recording to its end, or cannot."""
        playing = self._playing.get(request_id)
        if playing is None or playing.done():
            return
        if error is None:
            playing.set_result(None)
        else:
            playing.set_exception(error)

    def _run(self, page: str = "") -> Run:
        return self._dialler.run or self._dialler.dial(page)

    async def _deliver(self, *events: Event, page: str = "") -> None:
        """Send a turn; done once the service has it. A call that is lost before hands it on to the next."""
        received = future()
        run = self._run(page)  # now: who hangs up next means this one too
        task = asyncio.create_task(self._see_through(events, run, received))
        self._dialler.keep(task)
        await asyncio.shield(received)

    async def _see_through(self, events: Sequence[Event], run: Run, received: asyncio.Future[None]) -> None:
        calls = 0
        try:
            while True:
                call = await self._dialler.connected_call(run)
                delivery = call.outbox.deliver(self._not_told(events))
                try:
                    await delivery.received
                    if not received.done():
                        received.set_result(None)
                    await delivery.asked  # a turn whose answer was lost with the call is asked for again
                    return
                except CallLost as lost:
                    # It may itself be what breaks the calls.
                    calls += delivery.left
                    if calls == MOST_CALLS:
                        raise Fatal(calls, lost.why) from None
        except Exception as error:
            told = not received.done()  # else the verb has returned, and nobody else would say it
            if told:
                received.set_exception(error)
            if isinstance(error, Fatal | Doubtful):
                self._journal.unanswered(error, told=told)

    def _not_told(self, events: Sequence[Event]) -> list[Event]:
        """Without what a call has been told as history: the item would be there twice."""
        if self._service.capabilities.kernel_agent:
            return list(events)
        told = self._session.retold
        return [event for event in events if "item" not in event or not told(event["item"]["id"])]


async def _speak(call: Call, audio: Any, sample_rate: int, pace: Pace) -> SettingError | None:
    """Say it; what an iterator does wrong is given back: raised here it would end the call."""
    try:
        if not is_stream(audio):
            await call.speak(pcm24k(audio, sample_rate), pace)
            return None
        async with aclosing(pieces(audio, sample_rate)) as speech:  # type: ignore[type-var]
            await call.speak(speech, pace)
    except SettingError as error:
        return error
    return None


def text_to_say(text: Any) -> str:
    """A text that has something in it.

    Raises:
        SettingError: It has not.
    """
    if not isinstance(text, str) or not text.strip():
        raise SettingError("There is no text to say.", code="no_text", next_step="Give a sentence.")
    return text
