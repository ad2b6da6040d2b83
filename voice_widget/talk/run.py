"""One run of a talk, and what is said where it turns: a call that runs, was lost, or has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from voice_widget.call.deliveries import because, future
from voice_widget.call.ways import Offer, Way
from voice_widget.errors import ErrorInfo, PageError, ServiceUnavailable, StateError, VoiceWidgetError
from voice_widget.talk.retrying import Retrying

if TYPE_CHECKING:
    from voice_widget.call.call import Call
    from voice_widget.realtime.session.session import Session

_FOLLOWED_TO_ITS_END = ("call_ended", "call_not_found", "not_found")
NO_WAY = ("ice_failed", "channel_not_open", "media_stopped")
Unanswered = Literal["nothing", "question", "answer"]


class Run:
    """One run of a talk: from Call to the end, over as many calls as it takes.

    Attributes:
        holder: The page that calls; empty: whichever answers.
        talk: The run's name between page and kernel.
        retrying: How it stands with its tries.
        way: How its calls go.
        fell_back: Why they go another way than at first; None: they do not.
        goes_on: The service has to be told what was said before.
        asked_again: How often a question was asked once more that was lost with its call.
        renewed: The page's token was refused; it gets a fresh one, once.
        lost_by: Why the last call that stood was lost.
        new_page: One has come since its holder was heard of.
        unanswered: What was lost with the last call: a question, which can be asked again, or an answer.
        ended: Why it is over; None: it is not.
        over: That it is, for who waits.
    """

    def __init__(self, holder: str, talk: str, way: Way, *, taken: bool, goes_on: bool = False) -> None:
        self.holder, self.talk = holder, talk
        self._taken = asyncio.Event()
        if taken:
            self._taken.set()
        self.way, self.goes_on, self.retrying = way, goes_on, Retrying()
        self.fell_back: VoiceWidgetError | None = None
        self.new_page = False
        self.renewed: VoiceWidgetError | None = None
        self.asked_again = 0
        self.lost_by: VoiceWidgetError | None = None
        self.unanswered: Unanswered = "nothing"
        self.offer: asyncio.Future[Offer] = future()
        self.open_request: str | None = None  # a page's request that has no answer yet
        self.connected: asyncio.Future[None] = future()
        self.ended: VoiceWidgetError | None = None
        self.over = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @property
    def taken(self) -> bool:
        """A page has said that it calls."""
        return self._taken.is_set()

    def take(self, holder: str, talk: str) -> None:
        """A page calls; ``talk`` is its name for the run."""
        self.holder, self.talk = holder, talk
        self._taken.set()

    async def is_taken(self) -> None:
        """Wait for a page."""
        await self._taken.wait()


def lost_with(call: Call | None, session: Session, *, tools: bool) -> Unanswered:
    """What goes with a call that is lost now; ``tools``: they run, and the next call is to answer them."""
    if tools or call is None or call.outbox.owes or session.activity not in ("thinking", "tool"):
        return "nothing"
    said = (row for row in reversed(session.rows) if row["role"] != "system" and row["status"] != "rewound")
    last = next((row for row in said if row["text"]), None)
    asked = last is not None and last["role"] == "user"
    return "question" if asked and session.activity == "thinking" else "answer"


def given_up(
    error: VoiceWidgetError, retrying: Retrying, lost_by: VoiceWidgetError | None = None
) -> VoiceWidgetError:
    """The error after the last try; ``lost_by``: why the last call that stood was lost."""
    tries = retrying.attempt
    if lost_by is not None and lost_by.code == "media_stopped" and error.code in NO_WAY:
        return lost_by  # it is the same fault still: there was a way, and now there is none
    if isinstance(error, PageError) or not tries:
        return error  # it says best itself what to do
    if not retrying.reached:
        if not isinstance(error, ServiceUnavailable):
            return error
        return ServiceUnavailable(
            f"The call did not come about in {tries + 1} tries: {error.message}",
            code=error.code,
            next_step=error.next_step,
        )
    return ServiceUnavailable(
        f"The call was lost, and {tries} tries to get it back failed: {error.message}",
        code="reconnect_failed",
        next_step="Press Retry; the conversation so far is kept.",
    )


def answer_lost(why: VoiceWidgetError | None) -> VoiceWidgetError:
    """What is said of a question whose answer went with the call."""
    return ServiceUnavailable(
        because("The call broke off before the answer was there", why),
        code="answer_lost",
        next_step="Ask again: the conversation so far is kept.",
    )


def trying_again(error: VoiceWidgetError) -> ErrorInfo:
    """What is said while a call that did not come about is tried again."""
    return {
        "code": error.code,
        "message": error.message,
        "next_step": "It is tried again by itself; hang up to stop that.",
    }


def no_page() -> PageError:
    """The error for a call that no page has answered."""
    return PageError(
        "No page has answered with an offer.",
        code="no_page",
        next_step="Show the widget in a notebook cell and press Call.",
    )


def nobody_answers() -> ErrorInfo:
    """What is said while pages are there, and none of them calls."""
    return {
        "code": "no_page",
        "message": "No page has answered yet.",
        "next_step": "Press Call in the widget; show it in a notebook cell if it is not there.",
    }


def left_by_its_page() -> ErrorInfo:
    """What is said when the page with the microphone is gone: no other one takes it by itself."""
    return {
        "code": "page_left",
        "message": "The page that held the call was closed or loaded again, so the call has ended.",
        "next_step": "Press Call to go on; everything said is kept.",
    }


def followed_to_its_end() -> ErrorInfo:
    """What is said when a call that was joined has ended."""
    return {
        "code": "call_over",
        "message": "The call that was followed has ended.",
        "next_step": "Join another one, or press Call for one of your own.",
    }


def no_failure(run: Run, error: VoiceWidgetError) -> ErrorInfo | None:
    """What is said of an end that is no failure; None: it is one.

    A page that is loaded again may not get its farewell through: Firefox closes its socket first.
    """
    if not run.way.ours and run.retrying.reached and error.code in _FOLLOWED_TO_ITS_END:
        return followed_to_its_end()
    if run.retrying.gets_back and error.code == "no_page" and run.new_page:
        return left_by_its_page()
    return None


def no_sound(next_step: str) -> StateError:
    """The error for what needs the sound of a call that was joined."""
    return StateError("A call that was joined has no sound of ours.", code="no_sound", next_step=next_step)


def running() -> StateError:
    """The error for calling twice."""
    return StateError("A call runs already.", code="call_running", next_step="Hang up first: w.disconnect().")


def call_ended() -> StateError:
    """The error for what came after the end."""
    return StateError("The call has ended.", code="call_ended", next_step="Press Call again.")


def closed() -> StateError:
    """The error for using a closed widget."""
    return StateError("The widget is closed.", code="closed", next_step="Make a new VoiceWidget.")
