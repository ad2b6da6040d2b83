"""Everything that an error or a log says, also to those who look closely."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable

from voice_widget.errors import VoiceWidgetError

# Each of them may have a level of its own.
LOGGERS = (
    "",
    "openai",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "websockets",
    "websockets.client",
    "voice_widget",
    "voice_widget.socket",
    "asyncio",
)


def said(error: BaseException | None) -> str:
    """The error as text, as repr, as plain data, and with its whole chain, hidden or not, and all locals."""
    texts: list[str] = []
    while error is not None:
        texts += [str(error), repr(error), repr(error.__dict__)]
        if isinstance(error, VoiceWidgetError):
            texts.append(repr(error.info()))
        whole = traceback.TracebackException.from_exception(error, capture_locals=True)
        # The frames of the tests themselves hold the keys.
        whole.stack = traceback.StackSummary.from_list(
            frame for frame in whole.stack if "/tests/" not in frame.filename
        )
        texts += list(whole.format(chain=False))
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def logged(records: Iterable[logging.LogRecord]) -> str:
    """All records with their arguments."""
    return "\n".join(f"{r.getMessage()} {r.args!r} {r.exc_text or ''}" for r in records)
