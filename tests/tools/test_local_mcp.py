"""MCP servers that the kernel calls, with the real package and a real process."""

from __future__ import annotations

import builtins
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import GeneratorType
from typing import Any

import pytest

from voice_widget import Show
from voice_widget.errors import AgentError, MissingParts, SettingError
from voice_widget.threads.loop import SERVERS_THREAD
from voice_widget.tools.local_mcp import LocalMcp

SERVER = Path(__file__).with_name("mcp_server.py")
COMMAND = [sys.executable, str(SERVER)]
SECONDS = 60.0  # a process that imports the package begins; other tests may run beside


@pytest.fixture(scope="module")
def server() -> Iterator[LocalMcp]:
    made = LocalMcp(COMMAND, start_timeout_s=SECONDS)
    yield made
    made.stop().result(SECONDS)


def test_its_tools_have_the_servers_own_schemas(server: LocalMcp) -> None:
    tools = {tool.name: tool for tool in server.tools().result(SECONDS)}
    assert set(tools) == {"high_water", "gauge", "chart", "fail", "hang", "die"}
    spec = tools["high_water"].spec
    assert (spec["type"], spec["name"], spec["description"]) == (
        "function",
        "high_water",
        "When the tide is high.",
    )
    assert spec["parameters"]["required"] == ["port"]
    assert SERVERS_THREAD in {thread.name for thread in threading.enumerate()}


def test_what_its_tools_give(server: LocalMcp) -> None:
    assert server.call("high_water", {"port": "Ostend"}).result(SECONDS) == "In Ostend at 14:10."
    assert json.loads(server.call("gauge", {}).result(SECONDS)) == {"metres": 3}
    steps = server.call("chart", {}).result(SECONDS)
    assert isinstance(steps, GeneratorType)
    shown = next(steps)
    assert isinstance(shown, Show)
    assert (shown.label, shown.value.data) == ("image", b"\x89PNG\r\n")
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == "The chart."


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [("fail", {}, "Error executing tool fail"), ("high_water", {}, "port"), ("none", {}, "none")],
)
def test_what_a_tool_refuses_is_told_in_its_words(
    server: LocalMcp, tool: str, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(AgentError, match=says):
        server.call(tool, arguments).result(SECONDS)


def test_a_prompt_is_a_text_for_the_instructions(server: LocalMcp) -> None:
    assert server.prompt("pilot", {"port": "Ostend"}) == "You are the pilot of Ostend."
    with pytest.raises(AgentError, match=r"refused: .*nobody") as raised:
        server.prompt("nobody")
    assert raised.value.code == "mcp_failed"


def test_one_that_dies_says_its_last_words_and_starts_again_when_it_is_called(server: LocalMcp) -> None:
    with pytest.raises(AgentError, match=r"'mcp_server' has ended\. It says: The sea took me"):
        server.call("die", {}).result(SECONDS)
    assert server.call("high_water", {"port": "Ostend"}).result(SECONDS) == "In Ostend at 14:10."


def test_only_what_is_allowed_is_offered_and_under_a_prefix() -> None:
    server = LocalMcp(COMMAND, allowed_tools=["gauge"], prefix="sea", start_timeout_s=SECONDS)
    (tool,) = server.tools().result(SECONDS)
    assert (tool.name, tool.there, tool.spec["name"]) == ("sea_gauge", "gauge", "sea_gauge")
    server.stop().result(SECONDS)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"command": ["no-such-program"]}, "did not start: FileNotFoundError"),
        (
            {"command": [sys.executable, "-c", "import sys; sys.exit('no sea')"]},
            "did not start: .*It says: no sea",
        ),
        (
            {
                "command": [sys.executable, "-c", "import time; time.sleep(60)"],
                "start_timeout_s": 0.2,
                "name": "mute",
            },
            "'mute' did not start in 0.2 s",
        ),
        ({"url": "http://127.0.0.1:9/mcp"}, "'127.0.0.1' did not start: ConnectError"),
    ],
)
def test_one_that_does_not_start_says_why(given: dict[str, Any], says: str) -> None:
    with pytest.raises(AgentError, match=says):
        LocalMcp(**given).tools().result(SECONDS)


def test_without_the_package_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *args: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "mcp":
            raise ImportError(name)
        return imported(name, *args, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingParts) as raised:
        LocalMcp(COMMAND).tools().result(SECONDS)
    assert raised.value.next_step == 'Run: pip install "voice-widget[mcp]"'


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "by its command or by its address"),
        ({"command": COMMAND, "url": "http://localhost/mcp"}, "by its command or by its address"),
        ({"command": "python tides.py"}, "is no command"),
        ({"command": []}, "is no command"),
        ({"url": "localhost:8000"}, "no address of an MCP server"),
        ({"command": COMMAND, "allowed_tools": "gauge"}, "`allowed_tools`"),
        ({"command": COMMAND, "timeout_s": -1}, "timeout_s"),
        ({"command": COMMAND, "needs_approval": "yes"}, "needs_approval"),
        ({"command": COMMAND, "name": 5}, "name must be a text"),
        ({"command": COMMAND, "prefix": 5}, "prefix must be a text"),
        ({"command": COMMAND, "prefix": 0}, "prefix must be a text"),
        ({"command": COMMAND, "env": 5}, "env must be a dict, not int"),
        ({"command": COMMAND, "env": {"a": 5}}, "In env, 'a' must be a text, not int"),
        ({"command": COMMAND, "env": {5: "a"}}, "In env, the name 5 must be a text, not int"),
        ({"command": COMMAND, "cwd": 5}, "`cwd` is 5"),
        ({"command": COMMAND, "allowed_tools": 5}, "`allowed_tools` is 5"),
        ({"command": COMMAND, "allowed_tools": [5]}, r"`allowed_tools` is \[5\]"),
        ({"command": COMMAND, "unknown": 5}, "LocalMcp has no argument 'unknown'"),
        ({"url": "http://localhost/mcp", "headers": 5}, "headers must be a dict, not int"),
        ({"url": "http://[x"}, "no address of an MCP server"),
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says) as raised:
        LocalMcp(**given)
    assert raised.value.next_step


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((5,), "5 is no name of a prompt"),
        (("pilot", 5), "5 cannot fill a prompt"),
        (("pilot", ["x"]), r"\['x'\] cannot fill a prompt"),
    ],
)
def test_a_prompt_that_cannot_be_asked_for_starts_nothing(given: Any, says: str) -> None:
    server = LocalMcp(COMMAND)
    with pytest.raises(SettingError, match=says) as raised:
        server.prompt(*given)
    assert raised.value.next_step
    assert server._serving is None


def test_a_prompt_may_take_for_ever() -> None:
    server = LocalMcp(COMMAND, timeout_s=None, start_timeout_s=SECONDS)
    assert server.prompt("pilot", {"port": "Ostend"}) == "You are the pilot of Ostend."
    server.stop().result(SECONDS)


def test_its_repr_tells_no_secret() -> None:
    server = LocalMcp(url="https://example.org/mcp", headers={"Authorization": "Bearer s3cret"})
    assert repr(server) == "LocalMcp('example.org')"
