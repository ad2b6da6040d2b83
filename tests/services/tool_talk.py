"""A talk with a tool or an agent by each of the ways to the engine: in memory, and to a served one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, cast

from tests.services.relaying import RelayingPage
from tests.services.tone import QUICK, tone
from tests.stock.serving import TOKEN, Served
from tests.talking import Stage
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.recording.replay import replay
from voice_widget.services.local import Local
from voice_widget.services.openai import OpenAI
from voice_widget.tables.tool_calls import tool_calls_frame
from voice_widget.threads.loop import loop

WAYS = ("memory", "websocket", "sideband", "relay")
# What of a row and of a call does not depend on the time and on whose ids they have.
ROW = ("seq", "role", "text", "status", "source", "interrupted", "stopped_by", "overlap")
CALL = (
    *("number", "seq", "name", "arguments", "approved_arguments", "approval", "reason"),
    *("progress", "output", "error", "traceback", "status"),
)


class Talked:
    """A talk by one of the ways.

    Args:
        way: One of `WAYS`.
        server: What is called by all but the first.
        held: Closes what is opened.
        ears: What hears in our own engine.
        ours: What the talk is given with our own engine only, whose agent is not the server's.
        given: What it is given by every way.
    """

    def __init__(
        self,
        way: str,
        server: Served,
        held: ExitStack,
        *,
        ears: str = "tests.serving:Ears",
        ours: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> None:
        self.way, self._held = way, held
        config = SessionConfig(turn_detection=QUICK)
        if way == "memory":
            engine = Local(vad="level", stt=ears, tts="tone")
            self.stage = Stage(engine, config, **(ours or {}), **given)
        else:
            service = OpenAI(api_key=TOKEN, base_url=server.url, sideband=way != "relay")
            transport = "memory" if way == "websocket" else "webrtc"
            self.stage = Stage(service, config, transport=transport, **given)
        held.callback(self.stage.close)
        self.page: RelayingPage | None = None
        if way in ("memory", "websocket"):
            self.stage.talk.connect().result(30)
        else:
            self.page = held.enter_context(RelayingPage(self.stage))
            self.page.call()

    def ask(self) -> None:
        if self.page is not None:
            self.page.speak(tone())
        else:
            self.stage.talk.play(tone()).result(30)

    @property
    def answers(self) -> list[str]:
        """What the assistant has said, turn by turn."""
        return [row["text"] for row in self.stage.turns if row["role"] == "assistant"]

    def answered(self, times: int) -> None:
        """Wait for so many answers."""
        self.stage.wait(lambda: len(self.answers) >= times, 30)

    def says(self, *texts: str) -> None:
        """Wait until the assistant has said this, and is not heard any more."""

        self.stage.wait(lambda: self.answers == list(texts), 30)
        self.stage.wait(lambda: self.stage.states().get("activity") == "idle", 30)

    def lose(self) -> None:
        """Lose the call, and get it back."""
        before = self.stage.history_of("connection_state").count("connected")
        if self.page is None:
            connection = cast(Any, self.stage.talk._dialler.call)._connection
            loop().call_soon_threadsafe(connection._connection._connection.transport.abort)
        else:
            self.page.say("call.peer", call=self.page.number, state="failed")
            self.stage.message("call.offer_wanted")
            again = RelayingPage(self.stage)
            again.talk = self.page.talk
            self.page = self._held.enter_context(again)
            again.call()
        self.stage.wait(lambda: self.stage.history_of("connection_state").count("connected") > before, 30)

    def rows(self) -> list[tuple[Any, ...]]:
        return [tuple(cast(Any, row)[name] for name in ROW) for row in self.stage.rows()]

    def calls(self) -> list[tuple[Any, ...]]:
        return [tuple(cast(Any, use)[name] for name in CALL) for use in self.stage.talk.ledger.uses()]

    def in_time(self) -> None:
        """Each call has its times, on the clock of the rows; and what is kept says all of it again."""
        (use,) = self.stage.talk.ledger.uses()
        question = self.stage.rows()[0]
        assert question["end_ms"] is not None
        assert use["start_ms"] is not None
        assert use["end_ms"] is not None
        assert use["start_ms"] <= use["end_ms"]
        assert question["end_ms"] <= use["end_ms"]
        frame = tool_calls_frame([use])
        assert frame["duration_ms"].notna().all()
        replayed = replay(self.stage.talk.events.lines())
        assert list(replayed.rows) == self.stage.rows()
        assert replayed.uses == [use]
        assert self.stage.problems == []
