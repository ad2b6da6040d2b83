"""The smallest voice interface, the solution of the exercise in ``how_it_works.ipynb``: the kernel's half."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import anywidget
import traitlets


class VoiceInterface(anywidget.AnyWidget):
    """A call to a Realtime service. The key stays here; each call of the page gets a token of its own.

    Args:
        base_url: Where the service is, ending in ``/v1``.
        key: What the service knows the kernel by.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = "mark { background: none; color: inherit; opacity: 0.4 } mark.on { opacity: 1; font-weight: bold }"

    state = traitlets.Unicode("disconnected").tag(sync=True)
    user_speaking = traitlets.Bool().tag(sync=True)
    assistant_speaking = traitlets.Bool().tag(sync=True)
    transcript = traitlets.List().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self, base_url: str, key: str) -> None:
        super().__init__()
        self._base_url, self._key = base_url, key  # no traits: those go to the page, and into saved notebooks
        self.on_msg(self._answer)

    def _answer(self, _: Any, message: dict[str, Any], buffers: list[memoryview]) -> None:
        if message.get("type") != "token":
            return
        reply = {"type": "token", "id": message["id"], "url": f"{self._base_url}/realtime/calls"}
        try:
            self.send({**reply, "value": self._mint()})
        except OSError as error:  # or the page would wait for ever
            self.send({**reply, "error": f"The kernel got no token: {error}."})

    def _mint(self) -> str:
        """A token that opens calls for a minute."""
        body = {
            "session": {"type": "realtime", "model": "gpt-realtime-2.1"},
            "expires_after": {"anchor": "created_at", "seconds": 60},
        }
        request = urllib.request.Request(
            f"{self._base_url}/realtime/client_secrets",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return str(json.load(answer)["value"])
