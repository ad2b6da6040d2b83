"""What a response cost, once it has ended."""

from __future__ import annotations

from typing import Any

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.answering.answers import Answer
from voice_widget.realtime.state.changes import ResponseDone, Used
from voice_widget.realtime.state.context import Context


def count(
    context: Context,
    answer: Answer,
    ended: tuple[str, str | None],
    usage: dict[str, Any] | None,
    error: ErrorInfo | None,
    item_id: str | None,
) -> None:
    """Tell that a response has ended, and what it used.

    Args:
        context: Collects what changed.
        answer: The response.
        ended: Its status, and why it ended before it was whole.
        usage: What the service says that it used.
        error: Why it failed, or why what it asked for is not done.
        item_id: Of its first item.
    """
    status, reason = ended
    context.changes.append(ResponseDone(answer.response_id, status, usage, error, answer.out_of_band))
    context.uses.response_ended(answer.response_id, context.at, whole=status == "completed")
    context.changes.append(
        Used(
            "response",
            answer.response_id,
            item_id,
            context.call.call_id,
            status,
            context.call.model,
            answer.created_at,
            context.at,
            usage,
            reason,
            error,
        )
    )
