"""A page without a browser: records what crosses the comm and sends what a page would."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm
from ipywidgets.widgets.widget import _instances


class Page(BaseComm):
    """The far end of one widget's comm."""

    def publish_msg(
        self,
        msg_type: str,
        data: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        buffers: Sequence[Any] | None = None,
        **keys: Any,
    ) -> None:
        text = json.dumps(data, default=str)
        if not hasattr(self, "crossed"):
            self.crossed: list[tuple[str, dict[str, Any], int, str]] = []
            self.arrived = threading.Condition()
        with self.arrived:
            self.crossed.append((msg_type, json.loads(text), len(text), threading.current_thread().name))
            self.arrived.notify_all()

    @property
    def state(self) -> dict[str, Any]:
        """What a page, or a saved notebook, would hold."""
        state: dict[str, Any] = {}
        for _, data, _, _ in self.crossed:
            state.update(data.get("state", {}))
        return state

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The custom messages in their order."""
        return [data["content"] for _, data, _, _ in self.crossed if data.get("method") == "custom"]

    def updates(self, name: str) -> list[Any]:
        """The values of a trait that were sent after the opening."""
        return [
            data["state"][name]
            for kind, data, _, _ in self.crossed
            if kind == "comm_msg" and name in data.get("state", {})
        ]

    def says(self, message: Any, *, subshell: bool = True) -> None:
        """Send a custom message, handled on a thread of its own as by a subshell, or on this one."""
        self.delivers({"method": "custom", "content": message}, subshell=subshell)

    def delivers(self, data: Mapping[str, Any], *, subshell: bool = True) -> None:
        """Send any comm message."""
        message = {"content": {"data": data}, "buffers": []}
        if not subshell:
            self.handle_msg(message)
            return
        thread = threading.Thread(target=self.handle_msg, args=(message,), name="subshell-1")
        thread.start()
        thread.join(20)
        assert not thread.is_alive()

    def waits_for(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 20) -> dict[str, Any]:
        """The first custom message that fits."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found[:] = [message for message in self.messages if wanted(message)]
            return bool(found)

        self.waits_until(look, seconds)
        return found[0]

    def waits_until(self, true: Callable[[], bool], seconds: float = 20) -> None:
        """Look each time that something has crossed."""
        with self.arrived:
            assert self.arrived.wait_for(true, seconds), self.messages


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Page]]:
    """Every comm that is opened in this test. Its widgets end with it, also where it fails."""
    opened: list[Page] = []

    def create(**options: Any) -> Page:
        opened.append(Page(**options))
        return opened[-1]

    monkeypatch.setattr(comm, "create_comm", create)
    yield opened
    ours = {page.comm_id for page in opened}
    for widget in [widget for name, widget in _instances.items() if name in ours]:
        widget.close()
