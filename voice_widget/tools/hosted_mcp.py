"""An MCP server that the service calls, as the user gives it and as the protocol has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from voice_widget.errors import SettingError, refusing_class, shown
from voice_widget.services.arguments import check_flag, check_seconds, check_texts
from voice_widget.tools.mcp_checks import address, named_texts, names_of_tools
from voice_widget.tools.tool import APPROVAL_TIMEOUT_S

_WHERE = ("server_url", "connector_id", "tunnel_id")


class Further(TypedDict, total=False):
    """What is seldom given, by the protocol's names."""

    tunnel_id: str
    defer_loading: bool
    allowed_callers: Sequence[str]


@refusing_class('Write HostedMcp("docs", "https://example.org/mcp").')
class HostedMcp:
    """An MCP server whose tools the *service* calls: it must be able to reach it.

    What is asked for leave to be called waits for approval, as a function with ``needs_approval`` does. A
    server on your own machine no service reaches; `LocalMcp` is for those.

    Args:
        server_label: A short name of yours for it.
        server_url: Its address.
        connector_id: Instead, the name of a server that the service knows.
        authorization: The access token for it. It goes to the service and nowhere else.
        headers: HTTP headers for it, which may be secret, too.
        allowed_tools: The names of its tools that may be called, or the protocol's own filter; None: all.
        require_approval: ``"always"`` (as services have it by themselves), ``"never"``, or the protocol's
            filter of tools, such as ``{"never": {"tool_names": ["search"]}}``.
        server_description: What it is for, for the model.
        approval_timeout_s: After so many seconds without an answer a call is rejected; None: never.
        **more: Those of `Further`.

    Raises:
        SettingError: It is not said where the server is, twice, or by something that is unknown.

    Example:
        >>> HostedMcp("docs", "https://example.org/mcp", require_approval="never").spec["server_label"]
        'docs'
    """

    def __init__(
        self,
        server_label: str,
        server_url: str | None = None,
        *,
        connector_id: str | None = None,
        authorization: str | None = None,
        headers: Mapping[str, str] | None = None,
        allowed_tools: Sequence[str] | Mapping[str, Any] | None = None,
        require_approval: str | Mapping[str, Any] = "always",
        server_description: str | None = None,
        approval_timeout_s: float | None = APPROVAL_TIMEOUT_S,
        **more: Unpack[Further],
    ) -> None:
        check_texts(
            optional=True,
            connector_id=connector_id,
            authorization=authorization,
            server_description=server_description,
            tunnel_id=more.get("tunnel_id"),
        )
        if (defer := more.get("defer_loading")) is not None:
            check_flag("defer_loading", defer)
        given: dict[str, Any] = {
            "server_url": server_url,
            "connector_id": connector_id,
            "authorization": authorization,
            "headers": None if headers is None else named_texts("headers", headers),
            "allowed_tools": _allowed(allowed_tools),
            "require_approval": _plain(require_approval),
            "server_description": server_description,
            **{name: more.get(name) for name in Further.__annotations__},
            "allowed_callers": _callers(more.get("allowed_callers")),
        }
        for name in more:
            if name not in Further.__annotations__:
                raise SettingError(
                    f"An MCP server has no option {shown(name)}.",
                    next_step=f"There are {', '.join((*given, 'approval_timeout_s'))}.",
                )
        self.spec: dict[str, Any] = {
            "type": "mcp",
            "server_label": _label(server_label),
            **{name: value for name, value in given.items() if value is not None},
        }
        _check_place(self.spec)
        _check_approval(self.spec["require_approval"])
        if approval_timeout_s is not None:
            check_seconds("approval_timeout_s", approval_timeout_s)
        self.server_label, self.approval_timeout_s = self.spec["server_label"], approval_timeout_s

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> HostedMcp:
        """The same from the protocol's own object.

        Raises:
            SettingError: It is not one.
        """
        given = {str(name): value for name, value in spec.items() if name != "type" and value is not None}
        return cls(given.pop("server_label", ""), **given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.server_label!r})"  # what else it has may be secret


@dataclass(eq=False)
class HostedTool:
    """One tool of an MCP server that the service calls.

    Attributes:
        name: Its name there.
        server: The server's label.
        approval_timeout_s: After so many seconds without an answer a call is rejected; None: never.
        cancel_on_interruption: With an interruption nobody wants it any more.
    """

    name: str
    server: str
    approval_timeout_s: float | None = APPROVAL_TIMEOUT_S
    cancel_on_interruption: bool = False


def _callers(given: Any) -> list[str] | None:
    if given is None:
        return None
    if not isinstance(given, list | tuple) or not all(isinstance(caller, str) for caller in given):
        raise SettingError(
            f"`allowed_callers` is {shown(given)}.", next_step='Write allowed_callers=["direct"].'
        )
    return list(given)


def is_hosted(tool: Any) -> bool:
    """The protocol's own object for such a server."""
    return isinstance(tool, Mapping) and tool.get("type") == "mcp"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _allowed(given: Any) -> Any:
    return _plain(given) if given is None or isinstance(given, Mapping) else names_of_tools(given)


def _label(label: Any) -> str:
    if not isinstance(label, str) or not label.strip():
        raise SettingError(
            f"{shown(label)} is no label of an MCP server.",
            next_step='Give it a short name: HostedMcp("docs", "https://example.org/mcp").',
        )
    return str.__str__(label)


def _check_place(spec: Mapping[str, Any]) -> None:
    places = [name for name in _WHERE if spec.get(name)]
    if len(places) != 1:
        told = (
            "It is not said where" if not places else f"By {' and by '.join(places)} it is said twice where"
        )
        raise SettingError(
            f"{told} the MCP server {spec['server_label']!r:.80} is.",
            next_step='Give its address: HostedMcp("docs", "https://example.org/mcp").',
        )
    url = spec.get("server_url")
    if url is None:
        return
    place = address(url)
    if place is None:
        raise SettingError(
            f"{shown(url)} is no address of an MCP server.",
            next_step='Give one such as "https://example.org/mcp".',
        )
    if place.password is not None:
        raise SettingError(
            "The MCP server's address holds a password, and addresses are kept with what was said.",
            next_step='Give it apart: HostedMcp("docs", "https://example.org/mcp", authorization=token).',
        )


def _check_approval(required: Any) -> None:
    if required in ("always", "never") or isinstance(required, Mapping):
        return
    raise SettingError(
        f"`require_approval` is {shown(required)}.",
        next_step='Write require_approval="always", or "never" where nobody is to be asked.',
    )
