"""Errors of other packages as sentences: no key, no such model, too often, not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from voice_widget.agents.reasons import reason, told_of_unknown
from voice_widget.errors import AgentError

_DEEPEST = 8
# A tool may ask servers, too: only what comes of these packages is the model's.
_CLIENTS = frozenset(
    {
        *("anthropic", "boto3", "botocore", "cohere", "google", "groq", "huggingface_hub", "langgraph"),
        *("litellm", "mistralai", "ollama", "openai", "pydantic_ai", "smolagents", "xai_sdk"),
    }
)
_NO_KEY = re.compile(r"api[_ ]?key|credentials", re.IGNORECASE)


class _Words(NamedTuple):
    code: str
    what: str
    next_step: str


_KEY_REFUSED = _Words(
    code="agent_key_refused", what="refuses the key", next_step="Check the key, and what it may do."
)
_KEY_MISSING = _Words(
    code="agent_key_missing",
    what="has no key",
    next_step="Set the key that its message names, and ask again.",
)
_NOT_FOUND = _Words(
    code="agent_model_not_found",
    what="is not there",
    next_step="Check the model's name and the address.",
)
_RATE_LIMITED = _Words(
    code="agent_rate_limited",
    what="is asked too often",
    next_step="Wait a little; check the account's quota.",
)
_UNAVAILABLE = _Words(code="agent_unavailable", what="fails", next_step="Ask again in a moment.")
_REFUSED = _Words(
    code="agent_refused",
    what="refuses the request",
    next_step="Check the agent's tools, settings and history.",
)
_SLOW = _Words(
    code="agent_model_slow", what="did not answer in time", next_step="Ask again, or use a faster model."
)
_UNREACHABLE = _Words(
    code="agent_unreachable", what="is not reachable", next_step="Check its address, and that it runs."
)
_LIMIT = _Words(
    code="agent_limit",
    what="came to a limit of the agent",
    next_step="Raise the limit, or ask for less at once.",
)

# By the name of the class, as several packages have them; the first that fits.
_BY_NAME: tuple[tuple[re.Pattern[str], _Words], ...] = (
    (re.compile(r"UsageLimit|GraphRecursion|MaxSteps|MaxTurns"), _LIMIT),
    (re.compile(r"Authentication|PermissionDenied"), _KEY_REFUSED),
    (re.compile(r"RateLimit|QuotaExceeded"), _RATE_LIMITED),
    (re.compile(r"ContentFilter"), _REFUSED),
    (re.compile(r"(?:API|Read|Connect|Model|Request)Timeout"), _SLOW),
    (
        re.compile(r"APIConnection|ModelConnection|ConnectError"),
        _UNREACHABLE,
    ),
)


@contextmanager
def in_words(agent: str) -> Iterator[None]:
    """What is raised within becomes a sentence, where it is one of those that models and their services have.

    Args:
        agent: What is raised by, for people.

    Raises:
        AgentError: In place of what was raised.
    """
    try:
        yield
    except AgentError:
        raise
    except Exception as error:
        if (words := words_of(error, agent)) is not None:
            raise words from error
        raise


def words_of(error: BaseException, agent: str) -> AgentError | None:
    """The sentence for an error; None: it is none of the model's.

    Example:
        >>> words_of(KeyError("tip"), "PydanticAI")
    """
    for cause in filter(_of_client, _chain(error)):
        status = _status(cause)
        words = _of_status(status) or _of_name(cause)
        if words is None:
            continue
        said = told_of_unknown(reason(getattr(cause, "body", None)) or _text(cause))
        number = f" ({status})" if status else ""
        because = f": {said}" if said else ""
        return AgentError(
            f"The model behind {agent} {words.what}{number}{because}.",
            code=words.code,
            next_step=words.next_step,
        )
    return None


def _of_client(error: BaseException) -> bool:
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return bool(packages & _CLIENTS) or any(name.startswith("langchain") for name in packages)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_DEEPEST):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int:
    for owner in (error, getattr(error, "response", None)):
        status = getattr(owner, "status_code", None)
        if type(status) is int:
            return status
    return 0


def _of_status(status: int) -> _Words | None:
    known = {401: _KEY_REFUSED, 403: _KEY_REFUSED, 404: _NOT_FOUND, 408: _SLOW, 429: _RATE_LIMITED}
    if status in known:
        return known[status]
    return _UNAVAILABLE if status >= 500 else _REFUSED if status >= 400 else None


def _of_name(error: BaseException) -> _Words | None:
    names = [kind.__name__ for kind in type(error).__mro__]
    for pattern, words in _BY_NAME:
        if any(pattern.search(name) for name in names):
            return words
    if {"UserError", "OpenAIError"} & set(names) and _NO_KEY.search(_text(error)):
        return _KEY_MISSING
    return None


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""
