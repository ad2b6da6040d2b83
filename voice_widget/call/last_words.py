"""What a service says last before a call ends: services tell why in an ``error``, and close for no reason."""

from __future__ import annotations

from voice_widget.errors import ServiceError, ServiceRefused, ServiceUnavailable
from voice_widget.realtime.state.context import Complaint
from voice_widget.realtime.wire.problems import next_step
from voice_widget.services.refusals import CHECK_THE_KEY, status_of

FRESH_S = 5.0
"""An end so soon after an error has to do with it; a line may break at any time."""


class LastWords:
    """The last words of one call's service, if they were an error."""

    def __init__(self) -> None:
        self._last = Complaint()
        self._at = 0.0

    def heard(self, complaint: Complaint, at: float) -> None:
        """What the service complains of now.

        Args:
            complaint: It; one that is known already is not news.
            at: When, on the clock of `why`.
        """
        if complaint is not self._last:
            self._last, self._at = complaint, at

    def why(self, lost: ServiceError | None, at: float) -> ServiceError:
        """Why the call has ended.

        Args:
            lost: What is known of it otherwise; None: the service ended it in good order.
            at: When.
        """
        if lost is None:
            lost = ServiceUnavailable(
                "The service ended the call.", code="call_ended", next_step="Press Call again."
            )
        words, code = self._last
        message = lost.message if not words or words in lost.message else f"{lost.message} It said: {words}"
        if at - self._at <= FRESH_S and (code == "insufficient_quota" or status_of(code) in (401, 403)):
            step = next_step({"code": code}, CHECK_THE_KEY)
            return ServiceRefused(message, code=code, next_step=step)
        if message == lost.message:
            return lost
        told = type(lost)(message, code=lost.code, next_step=lost.next_step)
        vars(told).update(vars(lost), message=message)
        return told
