"""The desk in the panel at which a person answers, as `Wizard(desk=True)` wants it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from voice_widget.errors import StateError, VoiceWidgetError
from voice_widget.realtime.state.records import WizardDesk
from voice_widget.widget.traits import KernelTrait, KernelWidget

if TYPE_CHECKING:
    from voice_widget.agents.wizard import Wizard
    from voice_widget.page.from_page import WizardSayMessage


class HasDesk(KernelWidget):
    """What the panel knows of the desk."""

    wizard = KernelTrait[WizardDesk | None](
        None,
        "What the person sees who answers in the assistant's place; None: the panel has no desk.",
        ask="Make the widget with agent=Wizard(desk=True).",
    )


class Desk:
    """Stands between a `Wizard` and the pages of its widget.

    Args:
        agent: The widget's; of anything but a wizard with a desk there is none.
        publish: Gets what the desk shows, whenever that changes; from any thread.
    """

    def __init__(self, agent: Any, publish: Callable[[WizardDesk | None], None]) -> None:
        self._wizard = _wizard_of(agent)
        self._publish = publish
        self._ends: Callable[[], None] = lambda: None
        if self._wizard is not None:
            self._ends = self._wizard.on(lambda waits: self._publish(self.shown()))

    def shown(self) -> WizardDesk | None:
        """What the person sees now."""
        wizard = self._wizard
        if wizard is None:
            return None
        waits = wizard.waiting
        return {
            "question": None if waits is None else waits.text,
            "choices": list(wizard.choices),
            "begun": waits is not None and waits.begun,
        }

    def say(self, message: WizardSayMessage) -> dict[str, Any]:
        """Say what the person typed or picked; gives the answer to the page."""
        asked = {"request_id": message["request_id"]}
        try:
            if self._wizard is None:
                raise StateError(
                    "This widget has no desk.",
                    code="nobody_asked",
                    next_step="Make it with agent=Wizard(desk=True).",
                )
            if message["number"] is None:
                self._wizard.say(message["text"])
            else:
                self._wizard.pick(message["number"])
        except VoiceWidgetError as error:
            return {"type": "request.failed", "error": error.info(), **asked}
        return {"type": "request.done", **asked}

    def close(self) -> None:
        """Nobody sits there any more."""
        self._ends()


def _wizard_of(agent: Any) -> Wizard | None:
    from voice_widget.agents.wizard import Wizard  # few talks have one

    return agent if isinstance(agent, Wizard) and agent.desk else None
