"""One run of a talk, and what is said where it turns: a call that runs, was lost, or has ended."""

from __future__ import annotations

import asyncio

from voice_widget.call.deliveries import future
from voice_widget.call.ways import Offer
from voice_widget.errors import ErrorInfo, ServiceUnavailable, StateError, VoiceWidgetError


class Run:
    """One run of a talk: from Call to the end, over as many calls as it takes.

    Attributes:
        holder: The page that calls; empty: whichever answers.
        talk: The run's name between page and kernel.
        taken: A page has said that it calls.
        again: A lost call is being got back.
        joins: The id of the call that is followed; empty: one of our own is made.
        goes_on: The service has to be told what was said before.
        reached: It was connected, once at least.
        renewed: The page's token was refused; it gets a fresh one, once.
        stands_since: When the call was connected, on the loop's clock.
    """

    def __init__(
        self, holder: str, talk: str, *, taken: bool, joins: str = "", goes_on: bool = False
    ) -> None:
        self.holder, self.talk, self.taken, self.again = holder, talk, taken, False
        self.joins, self.goes_on, self.reached = joins, goes_on, False
        self.renewed: VoiceWidgetError | None = None
        self.stands_since = 0.0
        self.offer: asyncio.Future[Offer] = future()
        self.open_request: str | None = None  # a page's request that has no answer yet
        self.connected: asyncio.Future[None] = future()
        self.task: asyncio.Task[None] | None = None


def given_up(error: VoiceWidgetError, tries: int) -> VoiceWidgetError:
    """The error after the last try."""
    return ServiceUnavailable(
        f"The call was lost, and {tries} tries to get it back failed: {error.message}",
        code="reconnect_failed",
        next_step="Press Retry; the conversation so far is kept.",
    )


def followed_to_its_end() -> ErrorInfo:
    """What is said when a call that was joined has ended."""
    return {
        "code": "call_over",
        "message": "The call that was followed has ended.",
        "next_step": "Join another one, or press Call for one of your own.",
    }


def running() -> StateError:
    """The error for calling twice."""
    return StateError("A call runs already.", code="call_running", next_step="Hang up first: w.disconnect().")


def call_ended() -> StateError:
    """The error for what came after the end."""
    return StateError("The call has ended.", code="call_ended", next_step="Press Call again.")


def closed() -> StateError:
    """The error for using a closed widget."""
    return StateError("The widget is closed.", code="closed", next_step="Make a new VoiceWidget.")
