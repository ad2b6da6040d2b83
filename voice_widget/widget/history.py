"""What a talk goes on from, as it may be given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_widget.errors import SettingError, told
from voice_widget.realtime.session.chat_checks import History, checked_chat


def history_of(history: Any) -> History:
    """What was said before: a chat, rows, or the messages of something that has ``messages()``.

    Raises:
        SettingError: It cannot be told.
    """
    if history is None:
        return History(None, [])
    if isinstance(history, type):
        raise SettingError(
            f"The class {history.__name__} was given as `history`, not a talk.",
            code="history_invalid",
            next_step="Give an object of it.",
        )
    try:
        if not isinstance(history, Mapping) and callable(messages := getattr(history, "messages", None)):
            history = messages()
        elif hasattr(history, "columns") and hasattr(history, "to_dict"):  # a DataFrame
            history = history.to_dict("records")
        return checked_chat(history)
    except SettingError:
        raise
    except Exception as error:  # it may be any object of the user's
        raise SettingError(
            told("`history` cannot be read", error),
            code="history_invalid",
            next_step="Give a list of messages, rows of a transcript_df, or a talk.",
        ) from error
