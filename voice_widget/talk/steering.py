"""The conversation by hand: events, answers and items of the protocol, texts edited, turns taken back.

The verbs may be called from any thread, as those of the talk. What they do to single items happens at the
service first: what that refuses stays in the tables as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from voice_widget.errors import ServiceRefused, StateError, VoiceWidgetError
from voice_widget.realtime.session.said import heard
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.records import Row
from voice_widget.realtime.state.rows import place_of
from voice_widget.realtime.wire.asides import apart
from voice_widget.realtime.wire.events import Event
from voice_widget.realtime.wire.images import image_parts
from voice_widget.services import Service
from voice_widget.talk.dialler import Dialler
from voice_widget.talk.event_checks import (
    checked_event,
    items_of,
    message,
    refuse_ours,
    refuse_unknown_fields,
    refuse_unknown_in,
    response_of,
)
from voice_widget.talk.journal import Journal
from voice_widget.talk.run import closed
from voice_widget.talk.saying import text_to_say
from voice_widget.threads.loop import submit
from voice_widget.tools.tools import Tools

if TYPE_CHECKING:
    from voice_widget.call.call import Call

QUIET_S = 5.0
"""So long an answer that was interrupted may take to end."""


class Steering:
    """Does by hand what a talk does by itself.

    Args:
        dialler: The talk's calls.
        service: Who is called.
        session: What was said.
        journal: What is done is told there.
        tools: Those that answer by themselves.
        new_id: Makes ids.
    """

    def __init__(
        self,
        dialler: Dialler,
        *,
        service: Service,
        session: Session,
        journal: Journal,
        tools: Tools,
        new_id: Callable[[str], str],
    ) -> None:
        self._dialler, self._service, self._session = dialler, service, session
        self._journal, self._tools, self._new_id = journal, tools, new_id
        self._one_by_one = asyncio.Lock()  # of two that change items the second must see what the first did

    # --- verbs: any thread ---

    def send_event(self, event: Any) -> Future[Event]:
        """Send a client event; gives it as it was sent. What asks for an answer waits for another one's end.

        Raises:
            SettingError: It cannot be sent; or, on waiting, it is the talk's own (``event_is_ours``).
            StateError: On waiting: there is no call; or what is to be cut or deleted is not over.
            ServiceError: On waiting: the service does not delete or cut the item of a row.
        """
        self._refuse_closed()
        checked = checked_event(event)
        if self._service.capabilities.kernel_agent:  # others may know more, and tell what they do not know
            refuse_unknown_fields(checked)
        return submit(self._send(checked))

    def respond(self, asked: Mapping[str, Any]) -> Future[Mapping[str, Any]]:
        """Ask for one answer now; gives the finished row, or what is made beside the conversation.

        Raises:
            SettingError: What is asked for is unknown or impossible.
            StateError: On waiting: there is no call.
            VoiceWidgetError: On waiting: there will be no answer.
        """
        self._refuse_closed()
        return submit(self._respond(response_of(asked, self._service, self._new_id)))

    def add_items(self, items: Any) -> Future[list[str]]:
        """Put items into the conversation, and ask for no answer; gives their ids.

        Raises:
            SettingError: One is no item.
            StateError: On waiting: there is no call.
            ServiceError: On waiting: the service refuses one; those before it are there.
        """
        self._refuse_closed()
        made = items_of(items, self._new_id)
        if self._service.capabilities.kernel_agent:
            refuse_unknown_in(made)
        return submit(self._add(made))

    def edit(self, seq: Any, text: Any) -> Future[None]:
        """Put another text in the place of what was said in a finished row.

        Raises:
            SettingError: There is no text, or, on waiting, no such turn.
            StateError: On waiting: the turn is not over, or nothing of it is left.
            ServiceError: On waiting: the service refuses it; the row is as it was.
        """
        self._refuse_closed()
        return submit(self._edit(seq, text_to_say(text)))

    def rewind(self, seq: Any) -> Future[None]:
        """Take back all that stands behind a row; 0: everything.

        Raises:
            SettingError: On waiting: there is no such turn.
            StateError: On waiting: the user speaks, or a tool runs or waits to be allowed.
            ServiceError: On waiting: the service refuses it; what stands before the refused one is as it was.
        """
        self._refuse_closed()
        return submit(self._rewind(seq))

    # --- on the loop ---

    async def _send(self, event: Event) -> Event:
        call = await self._call()
        refuse_ours(event, answers=self._is_ours, own_sound=call.path.audio is not None)
        event = {**event, "event_id": event.get("event_id") or self._new_id("event")}
        if event["type"] == "conversation.item.create":
            item = event["item"]
            event["item"] = {**item, "id": item.get("id") or self._new_id("item")}
            self._local("adding", item_id=event["item"]["id"])
        match event["type"]:
            case "conversation.item.delete":
                await self._delete_by_hand(call, event)
            case "conversation.item.truncate":
                await self._truncate_by_hand(call, event)
            case _:
                await call.send(event)
        return event

    async def _delete_by_hand(self, call: Call, event: Event) -> None:
        """Never silently: the row says it, once the service has done it."""
        self._refuse_running_tool(event["item_id"])
        row = self._session.row(event["item_id"])
        if row is None:
            await call.send(event)  # of a tool's item the service's word is enough
        else:
            await call.outbox.change_item(event)
            self._local("rewound", item_id=row["item_id"])

    async def _truncate_by_hand(self, call: Call, event: Event) -> None:
        """What is left of an answer is its text from now on, and what was said stands beside it."""
        turn = self._session.turns.get(event["item_id"])
        if turn is None:
            await call.send(event)
            return
        if not turn.finished:
            raise StateError(
                f"Turn {turn.seq} is not over.",
                code="turn_runs",
                next_step="Stop it with w.interrupt(), which cuts it where it is heard; or wait for its end.",
            )
        left = turn.heard(event["audio_end_ms"])
        await call.outbox.change_item(event)
        if not left.strip():
            self._local("rewound", item_id=turn.item_id)
        elif len(left) < len(heard(turn)):
            self._local("edited", item_id=turn.item_id, text=left)

    async def _respond(self, response: dict[str, Any]) -> Mapping[str, Any]:
        call = await self._call()
        delivery = call.outbox.deliver([{"type": "response.create", "response": response}])
        return await self._journal.answers.of(delivery, apart=apart(response))

    async def _add(self, items: list[dict[str, Any]]) -> list[str]:
        call = await self._call()
        for item in items:
            self._local("adding", item_id=item["id"])
            await call.outbox.change_item({"type": "conversation.item.create", "item": item})
        return [str(item["id"]) for item in items]

    async def _edit(self, seq: Any, text: str) -> None:
        async with self._one_by_one:
            row = self._finished(seq)
            call, item_id = self._at_service(row)
            if call is not None:
                await self._exchange(call, row, item_id, text)
            self._local("edited", item_id=row["item_id"], text=text)

    async def _exchange(self, call: Call, row: Row, old: str, text: str) -> None:
        """First the new item, then the old one's end: then nothing is lost whatever is refused."""
        new = self._new_id("item")
        item = message(row["role"], text)
        seen = image_parts((self._session.retold(row["item_id"]) or item)["content"])
        item = {"id": new, **item, "content": [*seen, *item["content"]]}
        self._local("editing", item_id=row["item_id"], new_item_id=new)
        try:
            await call.outbox.change_item(
                {"type": "conversation.item.create", "previous_item_id": old, "item": item}
            )
            try:
                await call.outbox.change_item({"type": "conversation.item.delete", "item_id": old})
            except VoiceWidgetError:
                await call.outbox.change_item({"type": "conversation.item.delete", "item_id": new})
                raise
        except VoiceWidgetError:
            self._local("kept", item_id=row["item_id"], new_item_id=new, shown_as=old)
            raise

    async def _rewind(self, seq: Any) -> None:
        async with self._one_by_one:
            kept = None if _is_zero(seq) else self._row(seq)
            last = 0 if kept is None else kept["seq"]
            await self._fall_silent(last)
            call = self._call_of_now()
            for item_id in self._session.uses.items_behind(last, self._session.call_id) if call else ():
                await self._delete(call, item_id)
            for row in reversed(self._session.rows[last:]):
                if row["status"] == "rewound":
                    continue
                call, item_id = self._at_service(row)
                if call is not None and item_id:
                    await self._delete(call, item_id, row)
                self._local("rewound", item_id=row["item_id"])
            self._local("rewound_to", item_id="" if kept is None else kept["item_id"])

    async def _delete(self, call: Call | None, item_id: str, row: Row | None = None) -> None:
        if call is None:
            return
        try:
            await call.outbox.change_item({"type": "conversation.item.delete", "item_id": item_id})
        except ServiceRefused:
            # Of an answer that nobody has heard the item is deleted by itself.
            if row is None or self._session.shown_as(row["item_id"]):
                raise

    async def _fall_silent(self, last: int) -> None:
        """What is being said behind the row is stopped: an answer can be, the user cannot."""
        session = self._session
        if session.user_speaking:
            raise StateError(
                "The user speaks: what is being said cannot be taken back.",
                code="turn_runs",
                next_step="Rewind when the turn is over.",
            )
        if session.uses.unsettled() or self._about_to_run():
            raise StateError(
                "A tool runs or waits to be allowed: what it gives would stand behind what is taken back.",
                code="tool_runs",
                next_step="Rewind when it has ended.",
            )

        def quiet() -> bool:
            goes_on = any(row["item_id"] in session.unfinished for row in session.rows[last:])
            return not goes_on and session.activity in ("idle", "listening")

        if quiet():
            return
        if self._dialler.call is not None:
            await self._dialler.call.interrupt()
        if not await self._journal.answers.until(quiet, QUIET_S):
            raise StateError(
                "What is being said has not ended yet.",
                code="turn_runs",
                next_step="Rewind when the turn is over.",
            )

    # --- small things ---

    def _local(self, what: str, **fields: Any) -> None:
        self._journal.observe(self._journal.call, {"type": f"voice_widget.item.{what}", **fields}, "local")

    def _row(self, seq: Any) -> Row:
        rows = self._session.rows
        return rows[place_of(seq, rows)]

    def _finished(self, seq: Any) -> Row:
        row = self._row(seq)
        if row["item_id"] in self._session.unfinished:
            raise StateError(
                f"Turn {row['seq']} is not over.", code="turn_runs", next_step="Edit it when it has ended."
            )
        if row["status"] in ("failed", "rewound"):
            raise StateError(
                f"Turn {row['seq']} is {row['status']}: nobody is told of it.",
                code="turn_gone",
                next_step="Edit a turn that is part of the conversation.",
            )
        return row

    def _at_service(self, row: Row) -> tuple[Call | None, str]:
        """The call whose service has a row's item, and the id by which it does."""
        call, item_id = self._call_of_now(), self._session.shown_as(row["item_id"])
        return (call, item_id) if call is not None and item_id else (None, "")

    def _call_of_now(self) -> Call | None:
        call = self._dialler.call
        return call if call is not None and call.connected.is_set() and not call.over else None

    async def _call(self) -> Call:
        if (run := self._dialler.run) is None:
            raise StateError(
                "There is no call.", code="no_call", next_step="Connect first: w.connect(), or press Call."
            )
        return await self._dialler.connected_call(run)

    def _refuse_running_tool(self, item_id: str) -> None:
        if self._session.uses.runs(item_id) or item_id in self._about_to_run():
            raise StateError(
                "The item is of a tool that runs or waits to be allowed: what it gives could not be told.",
                code="tool_runs",
                next_step="Delete it when the tool has ended.",
            )

    def _about_to_run(self) -> set[str]:
        """The items of calls that have just come, of tools that run here."""
        rows = self._session.uses.rows()
        return {
            use["item_id"] for use in rows if use["status"] == "requested" and self._tools.runs(use["name"])
        }

    def _is_ours(self, tool_call_id: str) -> bool:
        return any(
            use["tool_call_id"] == tool_call_id and self._tools.runs(use["name"])
            for use in self._session.uses.rows()
        )

    def _refuse_closed(self) -> None:
        if self._dialler.closed:
            raise closed()


def _is_zero(seq: Any) -> bool:
    try:
        return not isinstance(seq, bool) and seq.__index__() == 0
    except Exception:  # it may be any object
        return False
