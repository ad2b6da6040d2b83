"""A talk without a widget: what it publishes and what it sends to the pages, and ways to wait for both."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from voice_widget.errors import ServiceUnavailable
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.changes import Change, Problem, StateChanged, TurnFinished
from voice_widget.realtime.state.records import Row
from voice_widget.services import Answer, Capabilities
from voice_widget.services.scripted import ScriptedService
from voice_widget.services.scripted_session import ScriptedConnection
from voice_widget.talk.live import LiveTalk


class Stage:
    """A talk and its audience."""

    def __init__(self, service: Any, config: SessionConfig | None = None, **options: Any) -> None:
        self.changes: list[Change] = []
        self.messages: list[dict[str, Any]] = []
        self.buffers: list[Any] = []
        self._news = threading.Condition()
        options.setdefault("transport", "memory")
        options.setdefault("closes_service", True)
        self.talk = LiveTalk(
            service, config or SessionConfig(), publish=self._publish, page=self._page, **options
        )

    def _publish(self, changes: Sequence[Change]) -> None:
        with self._news:
            self.changes.extend(changes)
            self._news.notify_all()

    def _page(self, message: dict[str, Any], buffers: Any) -> None:
        with self._news:
            self.messages.append(message)
            self.buffers.append(buffers)
            self._news.notify_all()

    def wait(self, condition: Callable[[], Any], timeout: float = 10) -> Any:
        """Wait until it holds; gives what it gave."""
        end = time.monotonic() + timeout
        with self._news:
            while not (found := condition()):
                assert time.monotonic() < end, self.told()
                self._news.wait(0.02)  # not everything waited for is published
        return found

    def told(self) -> str:
        return f"states {self.states()}; messages {[m['type'] for m in self.messages]}"

    def states(self) -> dict[str, Any]:
        """The last value of each state."""
        return {c.name: c.value for c in self.changes if isinstance(c, StateChanged)}

    def history_of(self, name: str) -> list[Any]:
        return [c.value for c in self.changes if isinstance(c, StateChanged) and c.name == name]

    def has(self, **states: Any) -> None:
        """Wait until the states have these values."""
        self.wait(lambda: all(self.states().get(name) == value for name, value in states.items()))

    def is_state(self, value: str, timeout: float = 10) -> None:
        self.wait(lambda: self.states().get("connection_state") == value, timeout)

    @property
    def turns(self) -> list[Row]:
        return [c.row for c in self.changes if isinstance(c, TurnFinished)]

    @property
    def problems(self) -> list[str]:
        return [c.error["code"] for c in self.changes if isinstance(c, Problem)]

    def finished(self, count: int, timeout: float = 20) -> list[Row]:
        """Wait for so many finished turns; gives the rows."""
        self.wait(lambda: len(self.turns) >= count, timeout)
        return self.rows()

    def rows(self) -> list[Row]:
        return self.talk.session.rows

    def types(self, text: str) -> None:
        """Say something by typing, and wait for the answer."""
        count = len(self.turns)
        self.talk.send_text(text).result(10)
        self.finished(count + 2)

    def texts(self) -> list[tuple[str, str, str]]:
        """Who said what, and what became of it."""
        return [(row["role"], row["text"], row["status"]) for row in self.rows()]

    def sent(self, kind: str) -> list[dict[str, Any]]:
        """What went to the pages."""
        return [m for m in self.messages if m["type"] == kind]

    def message(self, kind: str, number: int = 1, timeout: float = 10) -> dict[str, Any]:
        """Wait for the so-manieth message of a type."""
        self.wait(lambda: len(self.sent(kind)) >= number, timeout)
        return self.sent(kind)[number - 1]

    def client_events(self, kind: str) -> list[dict[str, Any]]:
        return [e.event for e in self.talk.events if e.direction == "sent" and e.event["type"] == kind]

    def close(self) -> None:
        self.talk.close().result(10)


class PeerService(ScriptedService):
    """A double that answers offers: the page's part is played by the test.

    Documents: an offer is answered with a description and a call's id, by which a sideband is opened. Guess:
    a call whose sideband broke may refuse another.
    """

    def __init__(self, script: Any, clock: Any = None, *, kernel_agent: bool = True) -> None:
        super().__init__(script, clock)
        self.capabilities = Capabilities(
            webrtc=True, sideband=True, verbatim=True, kernel_agent=kernel_agent, voices=("one", "two")
        )
        self.offers: list[str] = []
        self.hung_up: list[str] = []
        self.gone = False
        self.refuses_sidebands = False
        self.starts = 0

    async def start(self) -> None:
        self.starts += 1
        if self.gone:
            raise ServiceUnavailable("It is gone.", next_step="Wait.")

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        if self.gone:
            raise ServiceUnavailable("It is gone.", next_step="Wait.")
        self.offers.append(offer)
        return Answer("the answer", f"rtc_{len(self.offers)}")

    async def connect(
        self, *, call_id: str | None = None, session: SessionConfig | None = None
    ) -> ScriptedConnection:
        if self.gone or (self.refuses_sidebands and call_id in self._attached):
            raise ServiceUnavailable("No such call.", next_step="Call again.")
        self._attached.add(call_id)
        return await super().connect(call_id=call_id, session=session)

    @property
    def _attached(self) -> set[str | None]:
        attached: set[str | None] = self.__dict__.setdefault("attached", set())
        return attached

    async def hangup(self, call_id: str) -> None:
        self.hung_up.append(call_id)


_requests = itertools.count(1)


class FakePage:
    """What a page says.

    Attributes:
        times: So often what is between page and kernel delivers each message.
    """

    times = 1

    def __init__(self, stage: Stage, name: str = "page_1") -> None:
        self.stage, self.name, self.talk = stage, name, f"talk_of_{name}_0"
        self._delivered: list[tuple[dict[str, Any], tuple[Any, ...]]] = []

    def say(self, kind: str, **fields: Any) -> None:
        """Say something of the talk of the moment; ``call.pending`` begins one."""
        if kind == "call.pending":
            self.talk = fields.get("talk") or f"talk_of_{self.name}_{next(_requests)}"
        usual: dict[str, dict[str, Any]] = {
            "call.open": {"key": ""},
            "client_event": {"sent": True},
            "ice.wanted": {"offers": True},
        }
        self.deliver({"type": kind, "talk": self.talk, **usual.get(kind, {}), **fields})

    def deliver(self, message: Mapping[str, Any], *buffers: Any) -> None:
        """Send a message under its own number."""
        numbered = {**message, "page": self.name, "seq": next(_requests)}
        self._delivered.append((numbered, buffers))
        for _ in range(self.times):
            self.stage.talk.handle(numbered, buffers)

    def deliver_again(self) -> None:
        """All that was said so far comes once more."""
        for message, buffers in list(self._delivered):
            self.stage.talk.handle(message, buffers)

    def ask(self, kind: str, **fields: Any) -> str:
        request_id = f"req_{next(_requests)}"
        self.say(kind, request_id=request_id, **fields)
        return request_id

    def reply(self, request_id: str, timeout: float = 10) -> dict[str, Any]:
        """Wait for the answer to a request."""

        def found() -> Any:
            return next((m for m in self.stage.messages if m.get("request_id") == request_id), None)

        return dict(self.stage.wait(found, timeout))

    def call(self) -> int:
        """Press Call and connect; gives the call's number."""
        self.say("call.pending")
        return self.offer()

    def offer(self) -> int:
        answer = self.reply(self.ask("call.open", sdp="the offer", microphone=True))
        assert answer["type"] == "answer", answer
        self.say("call.peer", call=answer["call"], state="connected")
        self.stage.wait(
            lambda: (
                self.stage.states().get("connection_state") == "connected"
                and self.stage.states().get("call_started_at")
            )
        )
        return int(answer["call"])
