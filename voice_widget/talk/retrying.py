"""Which ends of a call are followed by another try, and when: a table, as that of the connection. Pure."""

from __future__ import annotations

from typing import Final

from voice_widget.errors import ServiceError, ServiceRefused, ServiceUnavailable, VoiceWidgetError
from voice_widget.realtime.state.table import Machine, Table

WAITS_S = (0.2, 1.5, 5.0)  # before each try
STOOD_S = 5.0  # so long a call has to last, or the next loss counts as the same one

# Unreachable: the service could not be reached for a reason that may pass. Lost: whatever else is no refusal.
# An end that a state does not list is the last one.
RETRYING: Final[Table] = {
    "dialing": {"connected": "standing", "unreachable": "dialing again"},
    "dialing again": {"connected": "standing", "unreachable": "dialing again"},
    "standing": {"unreachable": "getting back", "lost": "getting back"},
    "getting back": {"connected": "standing", "unreachable": "getting back", "lost": "getting back"},
}
LONGEST_WAIT_S = 30.0  # that a service may ask for; who calls should hear of a longer one
_PASSING = frozenset(["service_unavailable", "timeout", "connection_lost", "session_timeout"])


class Retrying:
    """Where a run stands with its tries.

    Attributes:
        attempt: Which try it is; 0: the first, or none since the call stands.
        reached: A call was connected, once at least.

    Example:
        >>> retrying = Retrying()
        >>> retrying.failed(ServiceUnavailable("Overloaded."), at=0.0)
        0.2
        >>> retrying.failed(ServiceRefused("Wrong key."), at=0.3) is None
        True
    """

    def __init__(self) -> None:
        self._machine = Machine(RETRYING)
        self._stands_since = 0.0
        self.attempt = 0
        self.reached = False

    @property
    def again(self) -> bool:
        """A lost call is being got back, or one that did not come about is tried again."""
        return self._machine.state in ("dialing again", "getting back")

    @property
    def gets_back(self) -> bool:
        """A lost call is being got back."""
        return self._machine.state == "getting back"

    def connected(self, at: float) -> None:
        """The call stands."""
        self._machine.fire("connected")
        if not self.reached:
            self.attempt = 0  # those were of the first call; now it is one that can be lost
        self._stands_since, self.reached = at, True

    def failed(self, error: VoiceWidgetError, at: float) -> float | None:
        """A call has come to an end that nobody wanted.

        Args:
            error: Why.
            at: When, on the same clock as `connected`.

        Returns:
            Seconds to wait before the next try; None: there is none.
        """
        # A service that hangs up at once, each time, must not be called for ever.
        if self._machine.state == "standing" and at - self._stands_since > STOOD_S:
            self.attempt = 0
        allowed = RETRYING[self._machine.state].get(trigger_of(error))
        asked = wait_of(error)
        if allowed is None or self.attempt >= len(WAITS_S) or asked > LONGEST_WAIT_S:
            return None
        self._machine.fire(trigger_of(error))
        self.attempt += 1
        return max(WAITS_S[self.attempt - 1], asked)


def wait_of(error: VoiceWidgetError) -> float:
    """Seconds that the service asks to be left alone; 0: it does not say."""
    return (error.retry_after_s or 0.0) if isinstance(error, ServiceError) else 0.0


def trigger_of(error: VoiceWidgetError) -> str:
    """What an end is to the table."""
    if isinstance(error, ServiceRefused):
        if not error.passing:
            return "refused"
        return "unreachable" if wait_of(error) else "lost"
    return "unreachable" if isinstance(error, ServiceUnavailable) and error.code in _PASSING else "lost"
