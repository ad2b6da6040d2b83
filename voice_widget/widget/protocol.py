"""The protocol in the user's hand: events, one answer, items, and what was said edited or taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from voice_widget.errors import refusing
from voice_widget.realtime.session.dialogue import Message
from voice_widget.talk.event_checks import Answer
from voice_widget.widget.verbs import Verbs
from voice_widget.widget.waiting import Waiting

if TYPE_CHECKING:
    pass


class Protocol(Verbs):
    """What of a widget's talk can be done by hand."""

    @refusing('Write w.send_event({"type": "response.cancel"}).')
    def send_event(self, event: Mapping[str, Any]) -> Waiting[dict[str, Any]]:
        """Send a client event of the protocol: ``await w.send_event({"type": "response.cancel"})``.

        It stands in ``events_df`` as all do, and is what the waiting gives, with its ``event_id``. A
        ``response.create`` is sent once no other answer is being made; to wait for its answer use `respond`.
        What the service says to it is an event, and ``error`` if it refuses. A row whose item is deleted by
        hand is struck out as by `rewind`; of a finished answer that is truncated the row keeps what is left,
        about, and in ``text_before`` what was said, as with `edit`.

        Args:
            event: One of the eleven that a client may send.

        Raises:
            SettingError: There is no such event (``event_unknown``), or a field of it is not as it must be
                (``event_invalid``). On waiting: the widget does this itself (``event_is_ours``), and the next
                step names its verb.
            StateError: On waiting: there is no call (``no_call``); what is to be truncated is not over
                (``turn_runs``), or what is to be deleted is of a tool that runs (``tool_runs``).
            ServiceError: On waiting: the service does not delete or truncate the item of a row.
        """
        return self._verb(self._wiring.talk.steering.send_event(event), "the event to be sent")

    @refusing('Write w.respond(instructions="Say it in French.").')
    def respond(self, **answer: Unpack[Answer]) -> Waiting[Mapping[str, Any]]:
        """Let the assistant answer now: ``row = await w.respond(instructions="Say it in French.")``.

        What is given counts for this one answer. The waiting gives the finished row, once it was heard; if a
        tool is called first, that of the answer that follows. With ``"none"`` as the ``conversation`` it is
        made beside that and is no row: the waiting gives the protocol's response, with its ``output``.

        Args:
            **answer: By the protocol's names: ``instructions``; ``output_modalities``; ``input``, a list of
                texts or items that stands in for the conversation; ``conversation``, ``"none"`` for an answer
                beside it; ``voice``; ``tool_choice``; ``max_output_tokens``; ``metadata``.

        Raises:
            SettingError: One is unknown or impossible.
            StateError: On waiting: there is no call (``no_call``), or the answer will not come.

        Example:
            >>> asked = w.respond(input=["Is this angry?"], conversation="none", output_modalities=["text"])
            ... # doctest: +SKIP
        """
        return self._verb(self._wiring.talk.steering.respond(answer), "the answer")

    def add_items(self, items: Sequence[str | Mapping[str, Any] | Message]) -> Waiting[list[str]]:
        """Put items into the conversation, and ask for no answer; the waiting gives their ids.

        Messages are rows of the transcript, those of the system with the role ``system``; agents and later
        calls know of them.

        Args:
            items: The protocol's items, ``{"role": "system", "text": "…"}`` for short, `Message`s, or texts,
                which are the user's. A developer's message is one of the system's.

        Raises:
            SettingError: One is no item (``item_invalid``).
            StateError: On waiting: there is no call (``no_call``).
            ServiceError: On waiting: the service refuses one. Those before it are there.

        Example:
            >>> w.add_items([{"role": "system", "text": "The user has arrived."}])  # doctest: +SKIP
        """
        return self._verb(self._wiring.talk.steering.add_items(items), "the items to be there")

    def edit(self, seq: int, text: str) -> Waiting[None]:
        """Put another text in the place of what was said in a finished turn.

        The service, agents and later calls know only the new one; the row keeps what was really said in
        ``text_before``, and the panel strikes that out. Without a call it counts from the next one on.

        Args:
            seq: The turn, by the column ``seq`` of ``transcript_df``.
            text: What is to stand there.

        Raises:
            SettingError: There is no text, or, on waiting, no such turn (``unknown_turn``).
            StateError: On waiting: the turn is not over (``turn_runs``), or failed or was taken back
                (``turn_gone``).
            ServiceError: On waiting: the service refuses it; the row is as it was.
        """
        return self._verb(self._wiring.talk.steering.edit(seq, text), "the turn to be edited")

    def rewind(self, seq: int) -> Waiting[None]:
        """Take back all that was said after a turn, and what tools did there; the turn itself stays.

        An answer that is heard is stopped first. At the service the items are deleted, the last one first;
        their rows stay, with the status ``rewound``, and the panel strikes them out. Agents and later calls
        do not know of them; nor is told what a tool beside the talk gave to a turn that is taken back.

        Args:
            seq: The last turn that stays, by the column ``seq`` of ``transcript_df``; 0: none stays.

        Raises:
            SettingError: On waiting: there is no such turn (``unknown_turn``).
            StateError: On waiting: the user speaks (``turn_runs``), or a tool runs or waits to be allowed
                (``tool_runs``).
            ServiceError: On waiting: the service refuses to delete an item; its row, and those before, are
                as they were.
        """
        return self._verb(self._wiring.talk.steering.rewind(seq), "the turns to be taken back")
