"""What pages say to a widget: who each message is for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, cast

from voice_widget.errors import EngineError, ProtocolError
from voice_widget.page.checks import page_message
from voice_widget.page.from_page import EventsWantedMessage, PageMessage, WizardSayMessage
from voice_widget.realtime.wire.images import image_parts
from voice_widget.tables.event_batches import batch
from voice_widget.tables.event_log import EventLog
from voice_widget.talk.live import LiveTalk
from voice_widget.threads import loop as loops
from voice_widget.threads.publisher import Publisher
from voice_widget.threads.work import Faults
from voice_widget.widget import arguments
from voice_widget.widget.diagnosing import Diagnosing
from voice_widget.widget.links import LinkGiver
from voice_widget.widget.report import Report
from voice_widget.widget.showing import Showing

logger = logging.getLogger("voice_widget")


class Receiver:
    """Takes the messages of a widget's pages, on the thread on which the comm brings them, and hands over.

    Args:
        talk: Gets what is about the talk.
        report: Answers a page that wants rows, or messages again.
        showing: Gives a page what it wants to draw.
        publisher: Sends the second bundle, and events.
        log: The events for a page that looks at them.
        wizard: Says what a person at the desk answers, and gives what the page is told.
        diagnosing: Says what a page tells of its connection.
        links: Gives a page the link to a tab of its own.

    Attributes:
        on_main: The last message came on the main thread, where a running cell holds them up.
    """

    def __init__(
        self,
        talk: LiveTalk,
        report: Report,
        showing: Showing,
        publisher: Publisher,
        log: EventLog,
        wizard: Callable[[WizardSayMessage], dict[str, Any]],
        diagnosing: Diagnosing,
        links: LinkGiver,
    ) -> None:
        self._talk, self._report, self._showing = talk, report, showing
        self._publisher, self._log, self._wizard = publisher, log, wizard
        self.diagnosing, self._links = diagnosing, links
        self._faults = Faults(most=20)
        self.on_main = False
        # Read with the first one: a package that is replaced while the kernel runs must not mix them.
        self._extras = _extras()

    def receive(self, content: Any, buffers: Any) -> bool:
        """Take a message of a page; a bad one costs itself. Is it one for `on_msg`, too?

        Not sound, which comes 25 times a second and would keep the user's callbacks from being called.
        """
        self.on_main = loops.on_main_thread()
        try:
            message = page_message(content)
        except ProtocolError as error:
            if self._faults.is_first(error.message):
                logger.warning("%s It was ignored; this is logged once.", error.message)
            return True
        self._hand_over(message, buffers)
        return message["type"] not in ("audio", "audio.played", "recording.piece")

    def _hand_over(self, message: PageMessage, buffers: Any) -> None:
        if message["type"] == "hello":
            self._talk.handle(cast("Mapping[str, Any]", message))
            self._publisher.submit(lambda: self._report.hello(message["page"]))
        elif message["type"] == "missing":
            first, last = message["first"], message["last"]
            self._publisher.submit(lambda: self._report.missing(message["page"], first, last))
        elif message["type"] == "extras.wanted":
            self._publisher.send({**self._extras, "request_id": message["request_id"]})
        elif message["type"] == "events.wanted":
            wanted = message  # as it is known to be by now
            self._publisher.submit(lambda: self._events(wanted))
            self._talk.handle(cast("Mapping[str, Any]", message))
        elif message["type"] == "result.wanted":
            self._showing.wanted(message["request_id"], message["number"])
        elif message["type"] == "wizard.say":
            self._publisher.send(self._wizard(message))
        elif message["type"] == "tab.wanted":
            self._links.wanted(message)
        elif message["type"] == "connection":
            self.diagnosing.told(message)
        elif message["type"] == "images.wanted":
            request_id, item_id = message["request_id"], message["item_id"]
            self._publisher.submit(lambda: self._images(request_id, item_id))
        else:
            self._talk.handle(cast("Mapping[str, Any]", message), buffers)

    def _events(self, wanted: EventsWantedMessage) -> None:
        """Not kept, for a page that missed it asks again; it may be large, and comes often."""
        told = batch(self._log, wanted["after"], wanted["edition"])
        activity = self._talk.activity.since(wanted["activity_after"])
        self._publisher.send(
            {**told, "request_id": wanted["request_id"], "voice_activity": activity}, keep=False
        )

    def _images(self, request_id: str, item_id: str) -> None:
        """Not kept either, for a turn may be redacted."""
        item = loops.call(lambda: self._talk.session.retold(item_id)) or {}
        images = [part.get("image_url") or "" for part in image_parts(item.get("content", ()))]
        told = {"type": "images", "request_id": request_id, "images": images}
        self._publisher.send(told, keep=False)


def _extras() -> dict[str, Any]:
    try:
        return {"type": "extras", "source": arguments.script(arguments.EXTRAS)}
    except EngineError as error:
        return {"type": "request.failed", "error": error.info()}
