"""An agent that asks any chat-completions endpoint: OpenAI's, or a compatible server of your own.

Example:
    >>> from voice_widget import Chat, VoiceWidget
    >>> w = VoiceWidget(agent=Chat("http://127.0.0.1:11434/v1", "llama3.2"))  # doctest: +SKIP
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from voice_widget.agents import Piece, Turn, Usage
from voice_widget.agents.completions import Calls, first, request, usage
from voice_widget.agents.fitting import fitted, notice
from voice_widget.agents.reasons import reason, told
from voice_widget.errors import AgentError, SettingError, refusing_class, shown
from voice_widget.services.addresses import check_web, host, loopback
from voice_widget.services.arguments import check_seconds, check_texts
from voice_widget.services.refusals import tls_trouble

if TYPE_CHECKING:
    from openai import AsyncOpenAI

KEYS = ("VOICE_WIDGET_CHAT_KEY", "OPENAI_API_KEY")
"""The environment variables in which the key is looked for."""


@refusing_class('Write Chat("http://127.0.0.1:11434/v1", "llama3.2").')
class Chat:
    """Answers by a chat-completions endpoint, which is given the instructions, the history and the tools.

    A history that is too long is cut: the oldest goes first, instructions and the question stay, and
    `w.notice` says so.

    Args:
        base_url: The endpoint's address, which ends in ``/v1``; None: OpenAI's, or ``OPENAI_BASE_URL``.
        model: The model's name.
        key: The key; by default ``VOICE_WIDGET_CHAT_KEY`` or ``OPENAI_API_KEY`` of the environment, read when
            the first turn comes. Servers of your own often need none.
        options: More fields for the request, for instance ``{"temperature": 0.2}``; also those that only
            your server knows. None leaves one out: ``{"stream_options": None}`` where a server refuses to
            count tokens.
        timeout: How many seconds the endpoint may be silent.
        most_messages: At most so many messages of the history are sent; None: any number.
        most_tokens: At most so many tokens are sent in all, estimated by their characters (four a token);
            None: any number.

    Raises:
        SettingError: An argument cannot be.

    Example:
        >>> Chat("http://127.0.0.1:11434/v1", "llama3.2", key="secret")
        Chat(server='127.0.0.1:11434', model='llama3.2')
    """

    def __init__(
        self,
        base_url: str | None,
        model: str,
        key: str | None = None,
        *,
        options: Mapping[str, Any] | None = None,
        timeout: float = 20.0,
        most_messages: int | None = None,
        most_tokens: int | None = 8000,
    ) -> None:
        if base_url is not None:
            check_web(base_url, next_step='Give one such as "http://127.0.0.1:11434/v1".')
        if not isinstance(model, str) or not model.strip():
            raise SettingError(
                "The chat endpoint needs the name of a model.", next_step='Give one such as "gpt-4.1-mini".'
            )
        check_texts(optional=True, key=None if key == "" else key)
        check_seconds("timeout", timeout)
        if options is not None and not isinstance(options, Mapping):
            raise SettingError(
                f"The options of the chat endpoint are {shown(options)}, and no dict.",
                next_step='Give a dict of fields, such as {"temperature": 0.2}.',
            )
        self._most = {"messages": most_messages, "tokens": most_tokens}
        for name, most in self._most.items():
            if most is not None and (type(most) is not int or most < 1):
                raise SettingError(
                    f"`most_{name}` is {most!r}, which is no number of {name}.",
                    next_step=f"Give a number such as 100 as most_{name}, or None for any number.",
                )
        self.model = model
        self._base_url, self._key, self._timeout = base_url, key, timeout
        self._options = dict(options or {})

    def __repr__(self) -> str:
        return f"Chat(server={self.server!r}, model={self.model!r})"

    @property
    def server(self) -> str:
        """The endpoint's host, for people."""
        return host(self._address())

    def preload(self) -> None:
        """Import the client now: it takes the better part of a second."""
        import openai.resources.chat.completions  # noqa: F401

    async def __call__(self, turn: Turn) -> AsyncIterator[Piece]:
        """Stream the answer to a turn.

        Raises:
            AgentError: The endpoint refuses, fails or gives something else.
        """
        calls = Calls()
        fit = fitted(turn, **self._most)
        if fit.cut:
            yield notice(fit)
        async with aclosing(self._deltas(fit.turn)) as deltas:
            async for delta in deltas:
                if isinstance(delta, Usage):
                    yield delta
                    continue
                if delta.get("content"):
                    yield str(delta["content"])
                for part in delta.get("tool_calls") or ():
                    calls.add(part)
        for call in calls.complete():
            yield call

    async def _deltas(self, turn: Turn) -> AsyncGenerator[Mapping[str, Any] | Usage, None]:
        """The pieces of the answer's message, as plain data: compatible servers leave fields out."""
        import openai

        asked: dict[str, Any] = {"model": self.model, "stream": True, **request(turn)}
        # In the body, for servers have fields that the client does not know.
        options = {"stream_options": {"include_usage": True}, **self._options}
        asked["extra_body"] = {
            name: value for name, value in options.items() if name not in asked and value is not None
        }
        if not self._secret():
            asked["extra_headers"] = {"Authorization": openai.Omit()}
        try:
            async with self._client() as client, await client.chat.completions.create(**asked) as stream:
                if "json" in stream.response.headers.get("content-type", ""):
                    # Some servers do not stream and send the whole answer.
                    whole = json.loads(await stream.response.aread())
                    yield first(whole, "message")
                    if (used := usage(whole)) is not None:
                        yield used
                    return
                heard, used = False, None
                async for chunk in stream:
                    heard = True
                    read = chunk.model_dump() if hasattr(chunk, "model_dump") else chunk
                    yield first(read, "delta")
                    used = usage(read) or used
                if not heard:
                    raise ValueError("no chunks")
                if used is not None:
                    yield used
        except openai.APITimeoutError:
            raise self._error(
                "chat_timeout", f"said nothing for {self._timeout:g} s", "Ask again, or use a faster model."
            ) from None
        except openai.APIStatusError as error:
            raise self._refusal(error.status_code, error.body) from None
        except openai.APIConnectionError as error:
            _, what, step = tls_trouble(error) or ("", "", "Check its address, and that it runs.")
            why = f": {what}" if what else ""
            raise self._error("chat_unreachable", f"is not reachable{why}", step) from None
        except openai.APIError as error:
            raise self._error("chat_failed", f"failed: {self._clean(error.message)}", "Ask again.") from None
        except ValueError:
            # Also an HTML page with status 200, and a stream without a single chunk.
            raise self._error(
                "chat_not_json",
                "answers with something else than chat completions",
                "Check the address: it ends in /v1.",
            ) from None

    def _refusal(self, status: int, body: Any) -> AgentError:
        said = self._clean(reason(body))
        because = f": {said}" if said else ""
        if status in (401, 403):
            return self._error(
                "chat_key_refused",
                f"refuses the key ({status}){because}",
                f"Set {KEYS[0]}, and check what the key may do.",
            )
        if status == 404:
            return self._error(
                "chat_model_not_found",
                f"has no model {self.model!r}, or the address is wrong (404){because}",
                "Check the model's name and the address (it ends in /v1).",
            )
        if status == 429:
            return self._error(
                "chat_rate_limited",
                f"is asked too often (429){because}",
                "Wait a little; check the account's quota.",
            )
        if status >= 500:
            return self._error("chat_unavailable", f"fails ({status}){because}", "Ask again in a moment.")
        return self._error(
            "chat_refused",
            f"refuses the request ({status}){because}",
            "Check the tools and the instructions.",
        )

    def _error(self, code: str, what: str, next_step: str) -> AgentError:
        return AgentError(f"The chat endpoint {self.server} {what}.", code=code, next_step=next_step)

    def _clean(self, text: str) -> str:
        """What an endpoint says, without the key that it may repeat."""
        return told(text, self._secret())

    def _secret(self) -> str:
        return self._key or next((os.environ[name] for name in KEYS if os.environ.get(name)), "")

    def _address(self) -> str:
        return self._base_url or os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"

    def _client(self) -> AsyncOpenAI:
        """A client for one turn: one that is kept belongs to a loop, and each work thread has its own."""
        import openai

        return openai.AsyncOpenAI(
            api_key=self._secret() or "none",
            base_url=self._address(),
            timeout=self._timeout,
            max_retries=0,  # who talks does not wait for a second try; they ask again
            http_client=_direct() if loopback(self._address()) else None,
        )


def _direct() -> Any:
    import openai

    # Over loopback no proxy has a say, whatever the environment says.
    return openai.DefaultAsyncHttpxClient(trust_env=False)
