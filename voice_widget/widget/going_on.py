"""A widget's talk as a chat, and the widgets that go on from it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

from voice_widget.realtime.session.chat_checks import as_told
from voice_widget.widget.traits import KernelTrait, KernelWidget

if TYPE_CHECKING:
    from voice_widget.widget.wiring import Wiring


class GoesOn(KernelWidget):
    """What a widget says of the talk as a chat, and the widgets that go on from it."""

    earlier_turns = KernelTrait[int](
        0, "How many turns the talk goes on from.", ask="Give VoiceWidget(history=…)."
    )

    _wiring: Wiring

    @property
    def history(self) -> list[dict[str, Any]]:
        """What the talk goes on from, as `messages` has it: from ``history=``, and no row of this talk."""
        return copy.deepcopy(self._wiring.talk.session.earlier)

    def messages(self, *, whole: bool = False) -> list[dict[str, Any]]:
        """The conversation so far in chat form, with `history`: dicts with ``role`` and ``content``.

        Of an answer that was cut what was heard is there, and of one that sounds still what was made so far.
        A tool's call is a message of the assistant's with ``tool_calls``, and what it gave follows as one
        with the role ``tool``. The instructions are not there.

        Args:
            whole: Of an answer that was cut all that was made, not only what was heard.
        """
        return self.history + self._wiring.messages(whole=whole)

    def fork(self, seq: int | None = None) -> Self:
        """A new widget that goes on from a turn of this talk.

        It has the same service, agent, tools and settings, knows what was heard up to that turn, and is a
        talk of its own: what either says from now on the other does not know.

        Args:
            seq: The ``seq`` of the turn, the last one that is known; by default all of it.

        Raises:
            SettingError: There is no such turn.
        """
        said = as_told(self.history + self._wiring.messages(upto=seq))
        return type(self)(**self._wiring.arguments(), **{"history": said or None})
