"""An MCP server that the kernel calls: started, asked for its tools, and ended by us."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from voice_widget.errors import (
    AgentError,
    MissingParts,
    SettingError,
    VoiceWidgetError,
    refusing_class,
    shown,
)
from voice_widget.services.arguments import check_flag, check_seconds, check_texts
from voice_widget.threads.loop import servers_loop
from voice_widget.threads.work import told
from voice_widget.tools.mcp_checks import address, named_texts, names_of_tools
from voice_widget.tools.mcp_results import parameters, prompt_text, value_of
from voice_widget.tools.mcp_tool import McpTool
from voice_widget.tools.tool import APPROVAL_TIMEOUT_S, TIMEOUT_S, NeedsApproval

if TYPE_CHECKING:
    from mcp import ClientSession

T = TypeVar("T")
INSTALL = 'pip install "voice-widget[mcp]"'
START_S = 20.0
"""So long a server may take to start and say what it has."""
_LAST_WORDS = 400
_MOST_PAGES = 100


@refusing_class('Write LocalMcp(command=["python", "tides.py"]).')
class LocalMcp:
    """An MCP server whose tools the *kernel* calls, whatever service talks.

    Its tools are offered as functions are, with the schemas that the server gives them. It starts with the
    widget and ends with the last widget that was given it, or the kernel. One that does not start, hangs or
    dies costs its tools and not the talk; a call of a tool starts it again, and so does the next call of the
    talk where it did not start.

    Args:
        command: The program and its arguments, to be talked to by its standard input and output.
        url: Instead, the address of a server that runs.
        name: What it is called in messages, and in front of tools whose names are taken; by default it is
            told from the command or the address.
        env: Environment variables for the program, beside the few that it gets.
        cwd: The folder in which it runs.
        headers: HTTP headers for ``url``, such as a token's.
        allowed_tools: The names of its tools that may be called; None: all.
        prefix: Stands in front of all its tools' names.
        needs_approval: As of `Tool`, for all of its tools.
        timeout_s: So many seconds a call may take; None: for ever.
        approval_timeout_s: After so many seconds without an answer a call is rejected; None: never.
        start_timeout_s: So many seconds it may take to start.

    Raises:
        SettingError: It is not said where the server is, or an option is impossible.

    Example:
        >>> LocalMcp(command=["python", "tides.py"]).name
        'tides'
    """

    def __init__(
        self,
        command: Sequence[str] | None = None,
        *,
        url: str | None = None,
        name: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        headers: Mapping[str, str] | None = None,
        allowed_tools: Sequence[str] | None = None,
        prefix: str = "",
        needs_approval: NeedsApproval = False,
        timeout_s: float | None = TIMEOUT_S,
        approval_timeout_s: float | None = APPROVAL_TIMEOUT_S,
        start_timeout_s: float = START_S,
    ) -> None:
        self._command, self._url = _checked_command(command, url), url
        self.name = name or _named(self._command, url)
        check_texts(optional=True, name=name, prefix=None if prefix == "" else prefix)
        if not callable(needs_approval):
            check_flag("needs_approval", needs_approval)
        for what, seconds in (("timeout_s", timeout_s), ("approval_timeout_s", approval_timeout_s)):
            if seconds is not None:
                check_seconds(what, seconds)
        check_seconds("start_timeout_s", start_timeout_s)
        self._env = None if env is None else named_texts("env", env)
        self._cwd = None if cwd is None else _checked_folder(cwd)
        self._headers = {} if headers is None else named_texts("headers", headers)
        self._allowed = None if allowed_tools is None else frozenset(names_of_tools(allowed_tools))
        self._start_s = start_timeout_s
        self.prefix, self.needs_approval = prefix or "", needs_approval
        self.timeout_s, self.approval_timeout_s = timeout_s, approval_timeout_s
        # All of it on the servers' thread.
        self._serving: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[ClientSession] | None = None
        self._end = asyncio.Event()
        self._words = ""  # the last that the program has written to its standard error

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"  # command and address may hold secrets

    # --- any thread ---

    def tools(self) -> Future[list[McpTool]]:
        """Start the server if it does not run; gives its tools.

        Fails with a `VoiceWidgetError`: `MissingParts` without the package, else `AgentError`.
        """
        return self._run(self._list())

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Future[Any]:
        """Call one of its tools, by the server's own name; gives what the tool is to return."""
        return self._run(self._called(tool, dict(arguments)))

    def prompt(self, name: str, arguments: Mapping[str, Any] | None = None) -> str:
        """One of its prompts as a text, to be ``instructions``; starts the server if it does not run.

        Args:
            name: The prompt's name.
            arguments: What it is to be filled with.

        Raises:
            AgentError: The server does not start, or has no such prompt (``mcp_failed``).
            MissingParts: The package is not installed.
            SettingError: The name is no text, or the arguments are no dict.
        """
        if not isinstance(name, str):
            raise SettingError(
                f"{shown(name)} is no name of a prompt.", next_step="Give the prompt's name, as a text."
            )
        if arguments is not None and not isinstance(arguments, Mapping):
            raise SettingError(
                f"{shown(arguments)} cannot fill a prompt.", next_step="Give a dict of values by their names."
            )
        given = {str(key): str(value) for key, value in (arguments or {}).items()}
        return self._run(self._prompted(name, given)).result()  # its steps have limits of their own

    def stop(self) -> Future[None]:
        """End the server. A call of a tool starts it again."""
        return self._run(self._stopped())

    def _run(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, servers_loop())

    # --- on the servers' thread ---

    async def _list(self) -> list[McpTool]:
        session = await self._session()
        found: list[McpTool] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._asked(_page(session, cursor), self._start_s)
            told_of = page.get("tools") or ()
            found += [self._tool(tool) for tool in told_of if self._is_allowed(tool["name"])]
            cursor = page.get("nextCursor")
            if not cursor:
                break
        return found

    def _tool(self, told_of: Mapping[str, Any]) -> McpTool:
        name = str(told_of["name"])

        async def function(**arguments: Any) -> Any:
            return await asyncio.wrap_future(self.call(name, arguments))

        return McpTool(self, name, function, str(told_of.get("description") or ""), parameters(told_of))

    def _is_allowed(self, name: str) -> bool:
        return self._allowed is None or name in self._allowed

    async def _called(self, tool: str, arguments: dict[str, Any]) -> Any:
        session = await self._session()
        result = await self._asked(session.call_tool(tool, arguments))
        try:
            return value_of(result)
        except ValueError as error:
            raise AgentError(str(error)) from None

    async def _prompted(self, name: str, arguments: dict[str, str]) -> str:
        session = await self._session()
        return prompt_text(await self._asked(session.get_prompt(name, arguments), self.timeout_s))

    async def _asked(self, answer: Coroutine[Any, Any, Any], seconds: float | None = None) -> dict[str, Any]:
        """What the server answers, by the protocol's names."""
        from mcp import MCPError
        from mcp.types import CONNECTION_CLOSED

        try:
            async with asyncio.timeout(seconds):
                model = await answer
        except TimeoutError:
            raise self._failed(f"did not answer in {seconds:g} s") from None
        except MCPError as error:
            if error.code != CONNECTION_CLOSED:
                raise self._failed(f"refused: {error.message}") from None
            await self._stopped()
            raise self._failed("has ended", words=True) from None
        except Exception as error:
            raise self._failed(f"failed: {_reason(error)}") from None
        answered: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
        return answered

    async def _session(self) -> ClientSession:
        """The session with the server, which is started if it does not run."""
        if self._serving is None or self._serving.done():
            self._end = asyncio.Event()
            ready = self._ready = asyncio.get_running_loop().create_future()
            self._serving = asyncio.create_task(self._serve(ready), name=f"voice_widget MCP {self.name}")
        assert self._ready is not None
        try:
            async with asyncio.timeout(self._start_s):
                return await asyncio.shield(self._ready)
        except TimeoutError:
            self._serving.cancel()
            raise self._failed(f"did not start in {self._start_s:g} s", words=True) from None

    async def _serve(self, ready: asyncio.Future[ClientSession]) -> None:
        """From its start to its end, in one task: what is opened here is closed here."""
        try:
            with tempfile.TemporaryFile() as errors:  # a program needs a file to write its errors to
                try:
                    async with AsyncExitStack() as stack:
                        ready.set_result(await self._opened(stack, errors))
                        await self._end.wait()
                finally:
                    self._hear(errors)
        except BaseException as error:
            if not ready.done():
                failed = error if isinstance(error, VoiceWidgetError) else self._unstarted(error)
                ready.set_exception(failed)
                ready.exception()  # perhaps nobody waits for it any more
            if not isinstance(error, Exception | BaseExceptionGroup):
                raise

    async def _opened(self, stack: AsyncExitStack, errors: IO[bytes]) -> ClientSession:
        try:
            from mcp import ClientSession, StdioServerParameters
            from mcp.client.stdio import stdio_client
        except ImportError:
            raise MissingParts("MCP servers need a package.", next_step=f"Run: {INSTALL}") from None
        if self._command:
            program, *given = self._command
            server = StdioServerParameters(command=program, args=given, env=self._env, cwd=self._cwd)
            streams = await stack.enter_async_context(stdio_client(server, errlog=errors))  # type: ignore[arg-type]
        else:
            streams = await self._by_http(stack)
        session = await stack.enter_async_context(ClientSession(streams[0], streams[1]))
        await session.initialize()
        return session

    async def _by_http(self, stack: AsyncExitStack) -> Any:
        from mcp.client.streamable_http import streamable_http_client
        from mcp.shared._httpx_utils import create_mcp_http_client

        client = await stack.enter_async_context(create_mcp_http_client(headers=self._headers))
        return await stack.enter_async_context(streamable_http_client(str(self._url), http_client=client))

    async def _stopped(self) -> None:
        serving, self._serving = self._serving, None
        if serving is not None:
            self._end.set()
            _, pending = await asyncio.wait({serving}, timeout=5)
            for task in pending:
                task.cancel()

    def _unstarted(self, error: BaseException) -> AgentError:
        return self._failed(f"did not start: {_reason(error)}", words=True)

    def _failed(self, what: str, *, words: bool = False) -> AgentError:
        says = f" It says: {self._words}" if words and self._words else ""
        return AgentError(
            f"The MCP server {self.name!r} {what}.{says}",
            code="mcp_failed",
            next_step="Start it by itself to see why; the next call, or one of its tools, tries again.",
        )

    def _hear(self, errors: IO[bytes]) -> None:
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - 4 * _LAST_WORDS))
        lines = errors.read().decode("utf-8", "replace").strip().splitlines()
        self._words = lines[-1][-_LAST_WORDS:] if lines else ""


async def _page(session: ClientSession, cursor: str | None) -> Any:
    from mcp.types import PaginatedRequestParams

    return await session.list_tools(params=PaginatedRequestParams(cursor=cursor) if cursor else None)


def _reason(error: BaseException) -> str:
    """What went wrong, of several things at once the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return told(error)[:_LAST_WORDS].rstrip(".")


def _checked_folder(cwd: Any) -> str:
    if not isinstance(cwd, str | os.PathLike):
        raise SettingError(f"`cwd` is {shown(cwd)}, which is no folder.", next_step='Write cwd="servers".')
    return os.fspath(cwd)


def _checked_command(command: Any, url: Any) -> list[str]:
    if (command is None) == (url is None):
        raise SettingError(
            "An MCP server is given by its command or by its address.",
            next_step='Write LocalMcp(command=["python", "tides.py"]), or LocalMcp(url="http://localhost:8000/mcp").',
        )
    if command is None:
        if address(url) is None:
            raise SettingError(
                f"{shown(url)} is no address of an MCP server.",
                next_step='Write LocalMcp(url="http://localhost:8000/mcp").',
            )
        return []
    given = [] if isinstance(command, str | bytes) or not isinstance(command, Sequence) else list(command)
    if not given or not all(isinstance(part, str | os.PathLike) for part in given):
        raise SettingError(
            f"{shown(command)} is no command: it is a list of a program and its arguments.",
            next_step='Write LocalMcp(command=["python", "tides.py"]).',
        )
    return [os.fspath(part) for part in given]


def _named(command: Sequence[str], url: str | None) -> str:
    """A short name: the last part of the command that is no option, or the host."""
    if url is not None:
        return urlsplit(url).hostname or "server"
    words = [PurePath(part).stem for part in command if re.fullmatch(r"[\w./@][\w./@:\\-]*", part)]
    return words[-1] if words else "server"
