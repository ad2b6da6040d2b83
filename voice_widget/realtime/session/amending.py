"""What is put into a conversation without being said, what gets another text, and what is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.rows import Turn
from voice_widget.realtime.wire.reading import item_text

Event = Mapping[str, Any]
_ROLES = ("assistant", "system", "developer")


class Amending:
    """Handlers of items that a client adds, and of the shell's ``voice_widget.item.*``.

    Args:
        context: The talk.

    Attributes:
        handlers: Of what the shell tells.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._unshown: dict[str, Turn] = {}  # what was sent and has not come back, by the client's event
        self.handlers = {
            "voice_widget.item.adding": self._adding,
            "voice_widget.item.editing": self._editing,
            "voice_widget.item.edited": self._edited,
            "voice_widget.item.kept": self._kept,
            "voice_widget.item.rewound": self._rewound,
            "voice_widget.item.rewound_to": self._rewound_to,
        }

    def sent(self, item: Event, event: Event) -> None:
        """We put an item there: one that was said keeps its row, a message that nobody says gets one."""
        item_id, role = item.get("id"), item.get("role")
        if not item_id:
            return
        turn = self._context.rows.get(item_id)
        if turn is not None:
            turn.shown_as = item_id
        elif item.get("type", "message") == "message" and role in _ROLES and (text := item_text(item)):
            turn = self._context.turn(item_id, "assistant" if role == "assistant" else "system", "added")
            turn.replace(text)
            self._unshown[event.get("event_id") or item_id] = turn
            self._context.show(turn)

    def shown(self, item: Event, previous: str | None) -> bool:
        """The service has an item; False if it is none that was added."""
        item_id = item.get("id") or ""
        turn = self._context.rows.get(item_id) or self._own_name(item, item_id)
        if turn is None or turn.source != "added":
            return False
        self._unshown = {name: other for name, other in self._unshown.items() if other is not turn}
        self._context.place(turn, previous)
        self._context.finish(turn, "completed")
        return True

    def refused(self, event_id: str) -> None:
        """The service refused the client event with this id."""
        if (turn := self._unshown.pop(event_id, None)) is not None:
            self._context.finish(turn, "failed")

    def call_begins(self) -> None:
        """Its service has none of the items yet."""
        self._unshown.clear()
        self._context.rows.call_begins()

    def _own_name(self, item: Event, item_id: str) -> Turn | None:
        """Some services give items ids of their own: then role and text tell."""
        role = "assistant" if item.get("role") == "assistant" else "system"
        text = item_text(item)
        found = (turn for turn in self._unshown.values() if (turn.role, turn.text) == (role, text))
        turn = next(found, None) if text and item.get("role") in _ROLES else None
        if turn is not None and item_id:
            self._context.rows.also(item_id, turn)
        return turn

    # --- what the shell tells ---

    def _adding(self, event: Event) -> None:
        """An item is about to be added, for which nobody asks an answer: it is no question."""
        self._context.rows.added.add(event["item_id"])

    def _editing(self, event: Event) -> None:
        """Another item is about to take the place of a turn's: it makes no row of its own."""
        if (turn := self._context.rows.get(event["item_id"])) is not None:
            self._context.rows.also(event["new_item_id"], turn)

    def _kept(self, event: Event) -> None:
        """It does not take that place after all."""
        if (turn := self._context.rows.get(event["item_id"])) is not None:
            self._context.rows.not_also(event["new_item_id"], turn)
            turn.shown_as = event["shown_as"]

    def _edited(self, event: Event) -> None:
        """Another text stands where something was said. What was really said is never lost."""
        turn = self._context.rows.get(event["item_id"])
        if turn is None or not turn.finished:
            return
        if turn.text_before is None:
            turn.text_before = turn.text
        turn.replace(event["text"])
        turn.status = "completed" if turn.status == "no_transcript" else turn.status
        self._context.show(turn)

    def _rewound(self, event: Event) -> None:
        """A turn was taken back, with what tools did behind it."""
        turn = self._context.rows.get(event["item_id"])
        if turn is None or turn.rewound:
            return
        turn.rewound = True
        if self._context.call.asker is turn:
            self._context.call.asker = None
        self._context.uses.rewound(turn)
        self._context.show(turn)

    def _rewound_to(self, event: Event) -> None:
        """So was what tools did behind this turn, which stays; without an id: at the beginning."""
        self._context.uses.rewound(self._context.rows.get(event["item_id"]))
